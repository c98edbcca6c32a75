"""A line with latency: the scheduling of responses at one end, the engine of the embedded server at the other."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

from rxrealtime.activity import ResponseDropped
from rxrealtime.audio import PCMU
from rxrealtime.errors import SchemaError
from rxrealtime.events import (
    ClientEvent,
    Error,
    Event,
    InputAudioBufferAppend,
    ResponseCancel,
    ResponseCreate,
    ResponseCreated,
    ResponseDone,
    SendFailed,
    SessionConfig,
    SessionUpdate,
)
from rxrealtime.operators import Unanswered, Wanted
from rxrealtime.operators.scheduling import ResponseMode, Scheduling, schedule
from rxrealtime.operators.wanted import CancelDropped, RaceLost
from rxrealtime.server.engine import next_due, open_session, step
from rxrealtime.server.scenarios import Scenario
from rxrealtime.server.state import Input, Received, Tick
from rxrealtime.server.voices import speak

__all__ = ["ALREADY_ACTIVE", "Line"]

ALREADY_ACTIVE = "conversation_already_has_active_response"
_SPEECH = InputAudioBufferAppend(audio=speak("hi", PCMU))
_SILENCE = InputAudioBufferAppend(audio=b"\xff" * 8 * 120)


@dataclass
class _Trip:
    """A create on its way: when it left the client, and when the server took it."""

    left: int
    taken: int | None = None


@dataclass
class _Birth:
    """A response: when the server created it, when the client was told, and the create that asked for it."""

    at: int
    told: int | None = None
    create: str | None = None


@dataclass
class Line:
    """A client that schedules and a server, with frames on their way between them.

    Args:
        mode: The mode of the scheduling.
        interrupt: Whether the server stops a response when the user speaks.

    Attributes:
        fates: What became of each create, by its ``event_id``; each is to have one fate.
        races: How often each create lost a race.
    """

    mode: ResponseMode
    interrupt: bool = True
    up: deque[ClientEvent] = field(default_factory=deque)
    down: deque[Event] = field(default_factory=deque)
    told: list[Event] = field(default_factory=list)
    fates: dict[str, list[str]] = field(default_factory=dict)
    races: Counter[str] = field(default_factory=Counter)
    trips: dict[str, _Trip] = field(default_factory=dict)
    names: set[str | None] = field(default_factory=set)
    births: dict[str, _Birth] = field(default_factory=dict)
    cancels: dict[str, str] = field(default_factory=dict)
    failing: str | None = None
    now: float = 0.0
    moment: int = 0

    def __post_init__(self) -> None:
        self.client = Scheduling(self.mode, max_waiting=3)
        self.server, _ = open_session(Scenario())
        detection = {"type": "server_vad", "silence_duration_ms": 40, "interrupt_response": self.interrupt}
        heard = {"format": {"type": "audio/pcmu"}, "turn_detection": detection}
        config = SessionConfig.model_validate({"output_modalities": ["text"], "audio": {"input": heard}})
        self.server, _ = step(self.server, Received(SessionUpdate(session=config)))

    def want(self, *events: ClientEvent) -> None:
        """Want to send events."""
        for event in events:
            self.tell(Wanted(event))

    def talk(self) -> None:
        """Be the user, who says something and is silent again."""
        self.want(_SPEECH, _SILENCE)

    def tell(self, *values: object) -> tuple[object, ...]:
        """Tell the scheduling something, and do what it says; gives what it said at once."""
        said: list[object] = []
        for value in values:
            self.client, outputs = schedule(self.client, value)
            said.extend(outputs)
            for output in outputs:
                self._do(output)
        return tuple(said)

    def deliver(self) -> None:
        """Let the server take the next event of the client."""
        event = self.up.popleft()
        active = self.server.active
        outputs = self._serve(Received(event, self.now))
        if isinstance(event, ResponseCreate):
            self._taken(event, outputs, active.id if active else "")

    def receive(self) -> None:
        """Let the client take the next event of the server."""
        event = self.down.popleft()
        self.moment += 1
        if isinstance(event, ResponseCreated) and event.response.conversation_id:
            self.births[event.response.id or ""].told = self.moment
        said = self.tell(event)
        if isinstance(event, ResponseCreated | ResponseDone | Error):
            self.told.append(event)
        if isinstance(event, Error) and event.detail.event_id in self.trips:
            self._rejected(event, event.detail.event_id or "", said)
        if isinstance(event, Error):
            self.cancels = {to: cancel for to, cancel in self.cancels.items() if cancel != event.detail.event_id}

    def wait(self, seconds: float) -> None:
        """Let time pass at the server."""
        end = self.now + seconds
        while (due := next_due(self.server)) is not None and due <= end:
            self._serve(Tick(max(self.now, due)))
        self.now = end

    def drain(self) -> None:
        """Let everything arrive, and every response end."""
        self.catch_up()
        while next_due(self.server) is not None:
            self.wait(1.0)
            self.catch_up()

    def catch_up(self) -> None:
        """Let everything arrive that is on its way, and what it leads to."""
        while self.up or self.down:
            self.hear()
            while self.down:
                self.receive()

    def hear(self) -> None:
        """Let the server take all that the client sent."""
        while self.up:
            self.deliver()

    def ignore(self) -> None:
        """Let the server never see the create that has no answer, and the client wait for it in vain."""
        create = self.client.unanswered
        assert create is not None
        self.up = deque(event for event in self.up if event.event_id != create.event_id)
        self._fate(create.event_id, "unanswered")
        self.tell(Unanswered(create.event_id))

    def _do(self, output: object) -> None:
        match output:
            case ResponseDropped():
                self._fate(output.event_id, "merged" if output.merged_into else "dropped")
            case RaceLost() | CancelDropped():
                pass
            case Event() if getattr(output, "type", "") == self.failing:
                self._fail(output)
            case Event():
                self._leave(output)

    def _leave(self, event: Any) -> None:
        self.moment += 1
        self.up.append(event)
        assert event.event_id or not isinstance(event, ResponseCreate | ResponseCancel)
        self.names.add(event.event_id)
        match event:
            case ResponseCreate(event_id=str()):
                assert event.event_id not in self.trips or self.races[event.event_id], "an id is used once"
                self.trips[event.event_id] = _Trip(self.moment)
            case ResponseCancel(event_id=str(), response_id=str()):
                assert event.response_id not in self.cancels, "B223: cancelled once"
                done = [told.response.id for told in self.told if isinstance(told, ResponseDone)]
                assert event.response_id not in done, "B227: no cancel after response.done"
                self.cancels[event.response_id] = event.event_id
        self.tell(event)

    def _fail(self, event: Any) -> None:
        self.failing = None
        if isinstance(event, ResponseCreate):
            self._fate(event.event_id or "", "not sent")
        self.tell(SendFailed(SchemaError("no"), event_type=event.type))

    def _serve(self, received: Input) -> list[Event]:
        self.moment += 1
        self.server, outputs = step(self.server, received)
        events = [output for output in outputs if isinstance(output, Event)]
        self.down.extend(events)
        begun = [event.response for event in events if isinstance(event, ResponseCreated)]
        self.births |= {response.id or "": _Birth(self.moment) for response in begun if response.conversation_id}
        return events

    def _taken(self, event: ResponseCreate, outputs: list[Event], active: str) -> None:
        create = event.event_id or ""
        self.trips[create].taken = self.moment
        for output in outputs:
            if isinstance(output, ResponseCreated):
                self._fate(create, "created")
                if output.response.conversation_id:
                    self.births[output.response.id or ""].create = create
            elif isinstance(output, Error) and output.detail.code == ALREADY_ACTIVE:
                assert self._crossed(active, create), "R1: it was asked for while another one was known to run"

    def _rejected(self, event: Error, create: str, said: tuple[object, ...]) -> None:
        if RaceLost(create) in said:
            self.races[create] += 1
            assert (event.detail.code, self.races[create]) == (ALREADY_ACTIVE, 1), "a race is lost once"
            return
        assert event.detail.code != ALREADY_ACTIVE or self.races[create] == 1, "R1: a lost race is not surfaced"
        self._fate(create, "rejected")

    def _crossed(self, response: str, create: str) -> bool:
        """Tell whether a response of the server's own, or one that came too late because of such, met a create."""
        birth, trip = self.births[response], self.trips[create]
        met = birth.at < (trip.taken or 0) and (birth.told is None or birth.told > trip.left)
        return met and (birth.create is None or any(self._crossed(other, birth.create) for other in self.births))

    def _fate(self, create: str, fate: str) -> None:
        self.fates.setdefault(create, []).append(fate)
