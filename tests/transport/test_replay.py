"""A recording as a transport: exact in virtual time, whole at once, honest about a recording that is cut."""

from __future__ import annotations

import asyncio
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
    open_recording,
    read_recording,
)
from rxrealtime.errors import ServerClosed
from rxrealtime.recording.endings import end_of
from rxrealtime.recording.write import RecordingWriter
from rxrealtime.testing.virtual import virtual_run
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


@pytest.mark.parametrize("options", [{"speed": -1.0}, {"interval": -0.1}, {"start": -1.0}])
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


def _kept(folder: Path, form: str) -> Path:
    """Record ten frames, one each half second, and an end at 6 s."""
    writer = RecordingWriter(folder / form)
    for n in range(10):
        writer.write(Frame("received", b"{%d}" % n, n / 2))
        writer.write(Frame("sent", b"{}", n / 2 + 0.1))
    writer.finish(end_of(ServerClosed(1001, "enough"), 6.0))
    writer.close()
    return folder / form


async def _times(transport: ReplayTransport) -> list[Any]:
    """Play in virtual time: what comes and when, and how it ends and when."""
    loop = asyncio.get_running_loop()
    connection = await transport.connect()
    over = loop.create_future()
    got: list[Any] = []
    began = loop.time()

    def end(how: Any = None) -> None:
        got.append((str(how), loop.time() - began))
        over.set_result(None)

    connection.frames.subscribe(lambda frame: got.append((frame.data, loop.time() - began)), end, end)
    await over
    await connection.close()
    return got


@pytest.mark.parametrize("form", ["x.jsonl", "x.jsonl.zst"])
@pytest.mark.parametrize("speed", [1.0, 4.0, 0.0])
def test_a_recording_is_played_to_its_end_and_ends_as_it_did(tmp_path: Path, form: str, speed: float) -> None:
    """Exact in virtual time: frames at their times, the server's close code at its own."""
    path = _kept(tmp_path, form)
    got = virtual_run(lambda: _times(ReplayTransport(path, speed=speed)))
    scale = 1 / speed if speed else 0.0
    assert got == [
        *((b"{%d}" % n, n / 2 * scale) for n in range(10)),
        (str(ServerClosed(1001, "enough")), 6.0 * scale),
    ]


@pytest.mark.parametrize("form", ["x.jsonl", "x.jsonl.zst"])
@pytest.mark.parametrize("start", [3.25, lambda frame: b"7" in frame.data], ids=["a time", "an event"])
def test_a_replay_begins_at_a_time_or_an_event(tmp_path: Path, form: str, start: Any) -> None:
    """What is before does not come, and the clock begins there."""
    path = _kept(tmp_path, form)
    offset = 3.5 if callable(start) else 3.25
    got = virtual_run(lambda: _times(ReplayTransport(open_recording(path), start=start)))
    assert got[:-1] == [(b"{%d}" % n, n / 2 - offset) for n in range(7, 10)]
    assert got[-1][1] == 6.0 - offset


def test_a_replay_that_never_begins_ends(tmp_path: Path) -> None:
    """Nothing is an event that was looked for."""
    path = _kept(tmp_path, "x.jsonl")
    assert virtual_run(lambda: _times(ReplayTransport(path, start=lambda frame: False))) == [("None", 0.0)]


def test_a_replay_can_be_stepped_through(tmp_path: Path) -> None:
    """Nothing comes without a step; the end comes after the last frame by itself."""

    async def main() -> None:
        transport = ReplayTransport(_kept(tmp_path, "x.jsonl"), speed=None)
        transport.step()
        session = Session(transport)
        seen: list[Any] = []
        session.events.subscribe(seen.append, lambda error: None)
        async with session:
            await asyncio.sleep(60)
            assert len(seen) == 1
            transport.step(3)
            await asyncio.sleep(0.1)
            assert len(seen) == 4
            transport.step()
            transport.step()
            await asyncio.sleep(60)
            assert len(seen) == 6
            transport.step(4)
            outcome = await session.closed
        assert len(seen) == 11
        assert isinstance(outcome.cause, ServerClosed)

    virtual_run(main)


def test_a_step_inside_a_delivery_is_the_next_turn(tmp_path: Path) -> None:
    """Each frame may ask for the next one."""

    async def main() -> list[Any]:
        transport = ReplayTransport(_kept(tmp_path, "x.jsonl"), speed=None)
        session = Session(transport)
        seen: list[Any] = []

        def take(event: Any) -> None:
            seen.append(event)
            transport.step()

        session.events.subscribe(take, lambda error: None)
        transport.step()
        async with session:
            await session.closed
        return seen

    assert len(virtual_run(main)) == 11


def test_steps_are_for_a_replay_that_waits_for_them() -> None:
    """One that has a pace cannot be stepped."""
    with pytest.raises(ConfigurationError, match="plays by itself"):
        ReplayTransport([]).step()
