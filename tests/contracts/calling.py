"""A call in virtual time: the policy and the pure engine of the server, and what a listener is given."""

from __future__ import annotations

import json
from collections import deque
from typing import Any

from reactivex import operators as rx
from reactivex.scheduler import VirtualTimeScheduler
from reactivex.subject import Subject

from rxrealtime import operators as ops
from rxrealtime.audio import PCM16_24K, AudioFormat
from rxrealtime.codec import decode, encode
from rxrealtime.events import Event, InputAudioBufferAppend, ResponseCancel
from rxrealtime.server.scenarios import Scenario
from rxrealtime.server.voices import speak
from rxrealtime.speaker import SilentSpeaker
from tests.server.driving import Client

__all__ = ["Call"]

_TICK = 0.02


class Call:
    """A client whose policies are run_speaker (if there is one) and interruption, on one clock with its server.

    Args:
        scenario: What the server says.
        format: The output format; the user speaks PCM16 at 24 kHz.
        speaker: Whether a speaker reports what it played, or playing is assumed.
    """

    def __init__(self, scenario: Scenario, format: AudioFormat = PCM16_24K, *, speaker: bool = False) -> None:
        self.server = Client(scenario)
        self.clock: VirtualTimeScheduler = VirtualTimeScheduler()
        self.traffic: Subject[Any] = Subject()
        self.delivered: list[Any] = []
        self.told: list[tuple[int, list[Any]]] = []
        self.on_the_way: list[Any] | None = None
        self._queue: deque[Any] = deque()
        self._ears = SilentSpeaker(lambda: self.server.now, format)
        heard = self.traffic.pipe(ops.run_speaker(self._ears)) if speaker else self.traffic
        heard.pipe(ops.interruption(scheduler=self.clock, assume_playing=not speaker)).subscribe(self._queue.append)
        self.traffic.pipe(ops.mute_interrupted(), rx.do_action(self.delivered.append)).subscribe()
        wire = {"type": format.encoding} | ({"rate": format.rate} if format.encoding == "audio/pcm" else {})
        session = {"type": "realtime", "audio": {"output": {"format": wire}}}
        self.hear(self.server.got)
        self.say({"type": "session.update", "session": session})

    def say(self, *messages: dict[str, Any]) -> None:
        """Send what the application says, and take in what it led to."""
        self.hear(self.server.send(*messages))

    def hear(self, messages: list[Any]) -> None:
        """Take in what the server sent; what the policy makes of each event comes right after it."""
        if self.on_the_way is not None:
            self.on_the_way += messages
            return
        for message in messages:
            self.tell(decode(json.dumps(message)))

    def tell(self, value: object) -> None:
        """Put a value into the traffic, and then what the policy did about it, in order."""
        self.traffic.on_next(value)
        done, answers = list(self._queue), list[Any]()
        self._queue.clear()
        if done:
            self.told.append((len(self.delivered), done))
        for output in done:
            if isinstance(output, Event):
                answers += self.server.send_raw(encode(output))
            self.traffic.on_next(output)
        self.hear(answers)

    def arrive(self) -> None:
        """Take in what was on the way, since `on_the_way` was made a list."""
        messages, self.on_the_way = self.on_the_way or [], None
        self.hear(messages)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        end = self.server.now + seconds
        while self.server.now + 1e-9 < end:
            came = self.server.wait(min(_TICK, end - self.server.now))
            self.clock.advance_to(max(self.server.now, VirtualTimeScheduler.to_seconds(self.clock.now)))
            self.hear(came)

    def speak(self, text: str, silence_s: float = 0.6) -> None:
        """Speak as the user, in real time."""
        audio = speak(text) + bytes(PCM16_24K.ms_to_bytes(round(silence_s * 1000)))
        size = PCM16_24K.ms_to_bytes(20)
        for at in range(0, len(audio), size):
            event = InputAudioBufferAppend(audio=audio[at : at + size])
            self.hear(self.server.send_raw(encode(event)))
            self.wait(_TICK)

    def of(self, kind: type[Any]) -> list[Any]:
        """Return what was delivered of one class."""
        return [value for value in self.delivered if isinstance(value, kind)]

    @property
    def cancels(self) -> list[Any]:
        """The cancels that the policy sent."""
        return [value for _, outputs in self.told for value in outputs if isinstance(value, ResponseCancel)]
