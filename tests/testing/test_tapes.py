"""A proxy that records what its clients saw."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from rxrealtime import Frame, ReplayTransport, Session, WebSocketTransport, commands, open_recording
from rxrealtime.errors import RecordingError, ServerClosed
from rxrealtime.recording.entries import Mark
from rxrealtime.server.faults import Fault, abort, close
from rxrealtime.server.loopback import LoopbackServer
from rxrealtime.testing import faults as f
from rxrealtime.testing.plans import FaultPlan
from rxrealtime.testing.proxy import FaultProxy
from rxrealtime.testing.tapes import numbered
from tests.leaks import run_clean


def test_what_a_client_sees_through_a_proxy_is_recorded_and_replays(tmp_path: Path) -> None:
    """Broken frames as they arrived, faults as marks, and the end as it was; no header is in the file."""
    path = tmp_path / "talk.jsonl.zst"

    async def live() -> list[str]:
        plan = FaultPlan(5, f.mutate("truncate", every=3), close(code=1011, after=12))
        async with LoopbackServer(pace=0, token="c4n4ry") as server:  # noqa: S106 (a canary)
            async with FaultProxy(f"{server.url}&key=c4n4ry", plan, record=path) as proxy:
                return await _seen(Session(WebSocketTransport(proxy.url, api_key="c4n4ry"), close_timeout=0.5))

    async def replayed() -> list[str]:
        return await _seen(Session(ReplayTransport(path, speed=0)))

    seen = run_clean(live)
    assert run_clean(replayed) == seen
    assert "JsonFailed" in seen
    assert seen[-1].startswith(str(ServerClosed(1011)))
    found = open_recording(path)
    marks = [entry.kind for entry in found.entries() if isinstance(entry, Mark)]
    assert marks[:3] == ["fault"] * 3
    assert marks[-1] == "end"
    assert found.complete
    plain = b"".join(found.raw_lines())
    assert b"c4n4ry" not in plain
    assert b'"dir":"sent"' in plain


def test_closing_a_proxy_tells_how_much_is_sealed(tmp_path: Path) -> None:
    """From 0 to 1, of a conversation that was going on."""
    told: list[float] = []

    async def main() -> None:
        async with LoopbackServer(pace=0) as server:
            async with FaultProxy(server.url, record=tmp_path / "x.jsonl.zst") as proxy, connect(proxy.url) as client:
                await client.recv()
                await proxy.close(told.append)

    run_clean(main)
    assert told == sorted(told)
    assert told[0] >= 0.0 and told[-1] == 1.0
    assert open_recording(tmp_path / "x.jsonl.zst").complete


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (close(1001, "expired", after="session.created"), {"by": "server", "code": 1001, "reason": "expired"}),
        (abort(after="session.created"), {"by": "failure", "error": "ConnectionLost"}),
    ],
)
def test_t4_how_the_server_ended_it_is_recorded(fault: tuple[Fault, ...], said: dict[str, Any], tmp_path: Path) -> None:
    """T4: by its own close, or by none, though no fault of the proxy did it."""

    async def main() -> None:
        async with LoopbackServer(pace=0, faults=fault) as server:
            async with FaultProxy(server.url, record=tmp_path / "x.jsonl") as proxy, connect(proxy.url) as client:
                with pytest.raises(ConnectionClosed):
                    while True:
                        await client.recv()

    run_clean(main)
    end = list(open_recording(tmp_path / "x.jsonl").entries())[-1]
    assert isinstance(end, Mark)
    assert {name: end.detail.get(name) for name in said} == said


async def _seen(session: Session) -> list[str]:
    seen: list[str] = []
    session.events.subscribe(lambda event: seen.append(type(event).__name__), lambda error: None)
    async with session:
        await session.send(*commands.say("hello"))
        seen.append(str((await session.closed).cause))
    return seen


def test_the_op_of_each_message_is_recorded(tmp_path: Path) -> None:
    """Text that is binary on the wire, and binary that is text, stay what they were."""

    async def main() -> None:
        async with LoopbackServer(pace=0) as server, FaultProxy(server.url, record=tmp_path / "x.jsonl") as proxy:
            async with connect(proxy.url) as client:
                await client.recv()
                await client.send(b'{"type":"input_audio_buffer.clear"}')
                await client.send('{"type":"input_audio_buffer.clear"}')
                await client.recv()

    run_clean(main)
    found = open_recording(tmp_path / "x.jsonl")
    sent = [line.op for line in found.lines() if isinstance(line.content, Frame) and line.content.direction == "sent"]
    assert sent == ["binary", "text"]
    assert found.complete


def test_each_connection_has_its_own_recording(tmp_path: Path) -> None:
    """Numbered from the second on."""

    async def main() -> None:
        async with LoopbackServer(pace=0) as server, FaultProxy(server.url, record=tmp_path / "x.jsonl.zst") as proxy:
            for _ in range(3):
                async with connect(proxy.url) as client:
                    await client.recv()

    run_clean(main)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["x-2.jsonl.zst", "x-3.jsonl.zst", "x.jsonl.zst"]
    assert numbered(Path("a/x"), 1) == Path("a/x-2")


def test_a_proxy_that_cannot_record_does_not_start(tmp_path: Path) -> None:
    """Before a client connects."""

    async def main() -> None:
        await FaultProxy("ws://127.0.0.1:1", record=tmp_path / "nowhere" / "x.jsonl").start()

    with pytest.raises(RecordingError, match="there is no folder"):
        run_clean(main)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_told_when_the_proxy_closes(caplog: pytest.LogCaptureFixture) -> None:
    """And in the log; the conversation goes on."""

    async def main() -> None:
        async with LoopbackServer(pace=0) as server:
            proxy = FaultProxy(server.url, record="/dev/full")
            await proxy.start()
            async with connect(proxy.url) as client:
                assert await client.recv()
            with pytest.raises(ConnectionClosed):
                await client.recv()
            with pytest.raises(RecordingError, match="No space left"):
                await proxy.close()

    run_clean(main)
    assert len([one for one in caplog.records if "No space left" in one.message]) == 1
