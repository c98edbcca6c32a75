"""Recording a session: all of it, without getting in its way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rxrealtime import MemoryTransport, RecordingError, ReplayTransport, Session, commands, open_recording, record
from rxrealtime.errors import ConnectionLost, HandshakeRejected, ServerClosed
from rxrealtime.recording.entries import Entry, Mark
from rxrealtime.server.faults import inject
from rxrealtime.server.loopback import LoopbackServer
from rxrealtime.transport.memory import MemoryFaults
from tests.frames import transcript_delta
from tests.leaks import run_clean


def _marks(path: Path) -> list[Mark]:
    return [entry for entry in open_recording(path).entries() if isinstance(entry, Mark)]


def test_both_directions_are_recorded_byte_for_byte(tmp_path: Path) -> None:
    """Malformed and binary frames too, in the order in which they were seen, each at its time."""
    given = [b'{"type":"input_audio_buffer.cleared","x" : 1}', b"{", b"\xff\x00\xfe", "é".encode()]

    async def main() -> list[bytes | str]:
        transport = MemoryTransport()
        session = Session(transport)
        async with record(session, tmp_path / "x.jsonl", origin="ws://host/?key=c"), session:
            for n, frame in enumerate(given):
                transport.peer.send(frame, n / 4)
            await transport.peer.flush()
            await session.send(*commands.say("hello"))
        return [frame.data for frame in transport.peer.received]

    sent = run_clean(main)
    found = open_recording(tmp_path / "x.jsonl")
    frames = list(found.frames())
    assert [frame.data for frame in frames if frame.direction == "received"] == given
    assert [frame.at for frame in frames][: len(given)] == [n / 4 for n in range(len(given))]
    assert [frame.data for frame in frames if frame.direction == "sent"] == sent
    assert found.complete
    assert found.header.origin == "ws://host/?key=***"
    assert found.header.started.endswith("+00:00")


@pytest.mark.parametrize(("code", "reason"), [(1000, ""), (1001, "session expired"), (1008, "no more"), (None, "")])
def test_how_a_connection_ended_is_recorded_and_ends_the_replay(tmp_path: Path, code: int | None, reason: str) -> None:
    """With the same cause, code and reason."""

    async def live() -> Any:
        transport = MemoryTransport()
        session = Session(transport)
        session.events.subscribe(on_error=lambda error: None)
        async with record(session, tmp_path / "x.jsonl.zst"), session:
            transport.peer.send(b'{"type":"session.created","event_id":"e","session":{"type":"realtime"}}')
            if code is None:
                transport.peer.vanish()
            else:
                transport.peer.close(code, reason)
            return (await session.closed).cause

    async def replayed() -> Any:
        session = Session(ReplayTransport(tmp_path / "x.jsonl.zst", speed=0))
        session.events.subscribe(on_error=lambda error: None)
        async with session:
            return (await session.closed).cause

    ends = [run_clean(live), run_clean(replayed)]
    assert type(ends[0]) is type(ends[1])
    assert str(ends[0]) == str(ends[1])
    assert isinstance(ends[0], ConnectionLost if code is None else ServerClosed)
    (end,) = [mark for mark in _marks(tmp_path / "x.jsonl.zst") if mark.kind == "end"]
    assert end.detail.get("code") == code


def test_a_session_that_was_not_opened_leaves_a_recording_that_says_why(tmp_path: Path) -> None:
    """The end is there; credentials that the server quoted are not."""

    async def main() -> None:
        session = Session(
            MemoryTransport(faults=MemoryFaults(connect=HandshakeRejected(401, "wrong key sk-c4n4ry123")))
        )
        session.events.subscribe(on_error=lambda error: None)
        recording = record(session, tmp_path / "x.jsonl")
        with pytest.raises(HandshakeRejected):
            await session.open()
        await recording.close()

    run_clean(main)
    marks = _marks(tmp_path / "x.jsonl")
    assert [mark.kind for mark in marks] == ["failure", "end"]
    assert marks[-1].detail == {"by": "failure", "error": "HandshakeRejected"}
    assert b"c4n4ry" not in (tmp_path / "x.jsonl").read_bytes()


def test_what_is_no_frame_is_marked_without_payload(tmp_path: Path) -> None:
    """A send that failed, and an observer that raised."""

    def bug(_: object) -> None:
        raise ValueError("c4n4ry")

    async def main() -> None:
        transport = MemoryTransport(faults=MemoryFaults(send=RuntimeError("c4n4ry")))
        session = Session(transport)
        session.events.subscribe(bug)
        async with record(session, tmp_path / "x.jsonl"), session:
            with pytest.raises(RuntimeError):
                await session.send(*commands.say("hello"))

    run_clean(main)
    kinds = {mark.detail.get("kind"): mark.detail.get("error") for mark in _marks(tmp_path / "x.jsonl")}
    assert kinds == {"send": "RuntimeError", "fault": "ValueError", None: None}
    assert b"c4n4ry" not in (tmp_path / "x.jsonl").read_bytes()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_one_fault_and_the_session_goes_on() -> None:
    """It is told once in the stream, and by close()."""

    async def main() -> list[str]:
        transport = MemoryTransport()
        session = Session(transport)
        told: list[str] = []
        session.faults.subscribe(lambda fault: told.append(str(fault.exception)))
        seen: list[Entry] = []
        session.events.subscribe(seen.append)
        recording = record(session, "/dev/full")
        async with session:
            while not told:
                transport.peer.send(transcript_delta("x"))
                await transport.peer.flush()
            before = len(seen)
            for _ in range(3):
                transport.peer.send(transcript_delta("x"))
            await transport.peer.flush()
            assert len(seen) == before + 3
        with pytest.raises(RecordingError, match="No space left on device"):
            await recording.close()
        return told

    assert run_clean(main) == ["cannot write the recording /dev/full: No space left on device"]


def test_a_recording_can_be_stopped_before_the_session_ends(tmp_path: Path) -> None:
    """It says so, and is sealed; stopping twice is nothing."""

    async def main() -> None:
        transport = MemoryTransport()
        async with Session(transport) as session:
            recording = record(session, tmp_path / "x.jsonl.zst")
            transport.peer.send(transcript_delta("a"), 1.0)
            await transport.peer.flush()
            await recording.close()
            transport.peer.send(transcript_delta("b"), 2.0)
            await transport.peer.flush()
            await recording.close()
            assert recording.path == tmp_path / "x.jsonl.zst"
            assert recording.lost == 0

    run_clean(main)
    found = open_recording(tmp_path / "x.jsonl.zst")
    assert found.complete
    assert [frame.data for frame in found.frames()] == [transcript_delta("a")]
    assert _marks(tmp_path / "x.jsonl.zst")[-1].text == "the recording was stopped"


def test_a_recording_ends_with_its_session_by_itself(tmp_path: Path) -> None:
    """Also one that nobody closes."""

    async def main() -> None:
        async with LoopbackServer(pace=0, faults=inject("{", after=1)) as server:
            session = Session(server.url)
            record(session, tmp_path / "x.jsonl.zst")
            async with session:
                await anext(aiter(session))

    run_clean(main)
    while not (tmp_path / "x.jsonl.zst").exists():
        pass
    assert open_recording(tmp_path / "x.jsonl.zst").complete
