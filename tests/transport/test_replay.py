"""A recording as a transport: exact in virtual time, whole at once, honest about a recording that is cut."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from reactivex.scheduler import VirtualTimeScheduler

from rxrealtime import (
    ConfigurationError,
    ConnectionFailed,
    Frame,
    RecordingError,
    ReplayTransport,
    Session,
    decode,
    read_recording,
)
from tests.leaks import run_clean

LINE = b'{"direction": "received", "event": {"type": "input_audio_buffer.cleared"}, "at": %d}\n'


async def _replayed(source: Any, **options: Any) -> tuple[list[Any], Any]:
    session = Session(ReplayTransport(source, **options))
    seen: list[Any] = []
    session.events.subscribe(seen.append, lambda error: None)
    async with session:
        outcome = await session.closed
    return seen, outcome.cause


def test_a_recorded_session_replays_to_the_events_of_its_frames(shared: Path) -> None:
    """Every recording, at once: what decodes is what arrives, in order, and the end is an end, not an error."""
    for path in (shared / "recordings").glob("*.jsonl"):
        seen, cause = run_clean(lambda path=path: _replayed(path, speed=0))
        assert seen == [decode(frame.data) for frame in read_recording(path) if frame.direction == "received"]
        assert cause is None


@pytest.mark.parametrize("speed", [1.0, 4.0])
def test_a_replay_in_virtual_time_is_exact(speed: float) -> None:
    """Each frame comes at its own time, divided by the speed."""

    async def main() -> list[float]:
        scheduler = VirtualTimeScheduler()
        frames = [Frame("received", b"{}", at) for at in (0.0, 0.5, 0.5, 3.25)] + [Frame("sent", b"{}", 4.0)]
        connection = await ReplayTransport(frames, speed=speed, scheduler=scheduler).connect()
        times: list[float] = []
        connection.frames.subscribe(lambda frame: times.append(connection.now()), on_completed=lambda: times.append(-1))
        scheduler.start()
        await connection.close()
        return times

    assert run_clean(main) == [0.0, 0.5 / speed, 0.5 / speed, 3.25 / speed, -1]


def test_a_recording_without_times_can_be_given_an_interval() -> None:
    """Seconds between frames."""

    async def main() -> list[float]:
        scheduler = VirtualTimeScheduler()
        frames = [Frame("received", b"{}") for _ in range(3)]
        connection = await ReplayTransport(frames, interval=0.1, scheduler=scheduler).connect()
        times: list[float] = []
        connection.frames.subscribe(lambda frame: times.append(round(frame.at, 6)))
        scheduler.start()
        await connection.close()
        return times

    assert run_clean(main) == [0.0, 0.1, 0.2]


@pytest.mark.parametrize(
    ("tail", "said"),
    [
        (b'{"direction": "recei', "is cut off: the recording ends here"),
        (b"nonsense\n", "line 3 is not JSON"),
        (b"[1]\n", "line 3: expected"),
        (b'{"direction": "up", "event": {}}\n', "line 3: expected"),
        (b'{"direction": "sent", "event": {}, "at": "noon"}\n', '"at" must be seconds'),
        (b'{"direction": "sent"}\n', '"event" must be there'),
    ],
)
def test_a_recording_that_is_cut_gives_what_it_has_and_then_one_clear_error(
    tmp_path: Path, tail: bytes, said: str
) -> None:
    """Nothing that was recorded before is lost."""
    path = tmp_path / "cut.jsonl"
    path.write_bytes(LINE % 0 + LINE % 0 + tail)
    seen, cause = run_clean(lambda: _replayed(path, speed=0))
    assert [event.type for event in seen] == ["input_audio_buffer.cleared"] * 2 + ["exception"]
    assert isinstance(seen[-1], ConnectionFailed)
    assert isinstance(cause, RecordingError)
    assert said in str(cause)


def test_a_missing_recording_is_one_clear_error() -> None:
    """When the session is entered; the message names the file."""
    with pytest.raises(RecordingError, match=r"cannot read the recording nowhere\.jsonl: No such file"):
        run_clean(lambda: _replayed("nowhere.jsonl"))


@pytest.mark.parametrize("options", [{"speed": -1.0}, {"interval": -0.1}])
def test_time_does_not_run_backwards(options: dict[str, float]) -> None:
    """Refused when the transport is built."""
    with pytest.raises(ConfigurationError, match="negative"):
        ReplayTransport([], **options)  # type: ignore[arg-type]  # one of the two


def test_closing_a_replay_in_the_middle_stops_it() -> None:
    """No timer is left, and the file is closed."""

    async def main() -> int:
        frames = [Frame("received", b"{}", float(at)) for at in range(100)]
        session = Session(ReplayTransport(frames))
        seen: list[Any] = []
        session.events.subscribe(seen.append)
        async with session:
            await anext(aiter(session))
        return len(seen)

    assert run_clean(main) == 1
