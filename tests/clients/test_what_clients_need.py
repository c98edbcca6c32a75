"""What eight clients send first and need back, as it was measured, without the clients: see `docs/clients.md`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

from rxrealtime.server.loopback import LoopbackServer
from tests.leaks import run_clean

KEY = "not-a-key"
BEARER = {"Authorization": f"Bearer {KEY}"}
BROWSER = ["realtime", f"openai-insecure-api-key.{KEY}"]
UPDATE = {"type": "session.update", "session": {"type": "realtime", "instructions": "Be brief."}}
TRACING = {"type": "session.update", "session": {"type": "realtime", "tracing": "auto"}}


@dataclass(frozen=True)
class Shape:
    """What a client does when it connects.

    Args:
        headers: With which it authenticates.
        target: The path and the query.
        subprotocols: What it offers.
        deflate: Whether it offers to compress.
        first: What it sends before it reads anything.
    """

    headers: Mapping[str, str] = field(default_factory=lambda: BEARER)
    target: str = "/v1/realtime?model=gpt-realtime"
    subprotocols: list[str] | None = None
    deflate: bool = False
    first: tuple[Mapping[str, Any], ...] = ()


SHAPES = {
    "openai (Python and npm)": Shape(),
    "openai (Python), Azure": Shape({"api-key": KEY}, "/openai/v1/realtime?api-version=1&deployment=gpt-realtime"),
    "openai-agents (Python)": Shape(deflate=True, first=(UPDATE, TRACING)),
    "@openai/agents-realtime, Node": Shape(deflate=True, first=(UPDATE, TRACING)),
    "@openai/agents-realtime, browser": Shape({}, subprotocols=BROWSER, first=(UPDATE, TRACING)),
    "livekit": Shape(first=({**UPDATE, "event_id": "update_1"},)),
    "pipecat": Shape(),
}


async def opened(server: LoopbackServer, shape: Shape) -> ClientConnection:
    """Connect as a client does, and send what it sends first."""
    connection = await connect(
        f"ws://127.0.0.1:{server.port}{shape.target}",
        additional_headers=shape.headers,
        subprotocols=shape.subprotocols,  # type: ignore[arg-type]  # they are strings
        compression="deflate" if shape.deflate else None,
        proxy=None,
    )
    for event in shape.first:
        await connection.send(json.dumps(event))
    return connection


async def until(connection: ClientConnection, last: str) -> list[dict[str, Any]]:
    """Give the events up to the first of a type."""
    seen: list[dict[str, Any]] = []
    while not seen or seen[-1]["type"] != last:
        seen.append(json.loads(await connection.recv()))
    return seen


def of_type(events: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    """Give the events of a type."""
    return [event for event in events if event["type"] == kind]


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_each_client_is_let_in_and_answered(shape: Shape) -> None:
    """By its own way to authenticate; updates that come first are confirmed, each keeps what it does not name."""

    async def main() -> None:
        async with LoopbackServer(token=KEY, pace=0) as server:
            connection = await opened(server, shape)
            assert connection.subprotocol == ("realtime" if shape.subprotocols else None)
            item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hello"}]}
            await connection.send(json.dumps({"type": "conversation.item.create", "item": item}))
            await connection.send(json.dumps({"type": "response.create"}))
            seen = await until(connection, "response.done")
            await connection.close()
        assert seen[0]["type"] == "session.created"
        updated = [event["session"] for event in of_type(seen, "session.updated")]
        assert [session["instructions"] for session in updated] == ["Be brief."] * len(shape.first)
        assert [session["tracing"] for session in updated[1:]] == ["auto"] * len(updated[1:])
        check_needs(seen)

    run_clean(main)


def check_needs(seen: list[dict[str, Any]]) -> None:
    """What they cannot do without: ids everywhere, indices, ids of items of at most 32 characters."""
    assert all(event["event_id"] for event in seen)
    for event in seen:
        if event["type"].startswith("response.") and "item_id" in event:
            assert isinstance(event["output_index"], int)
            assert isinstance(event["content_index"], int)
    added = of_type(seen, "conversation.item.added")
    assert len(added) == 2
    assert all(len(event["item"]["id"]) <= 32 for event in added)


def test_ids_places_and_metadata_of_a_client_come_back() -> None:
    """livekit matches its items and responses by them."""

    async def main() -> None:
        async with LoopbackServer(pace=0) as server:
            connection = await opened(server, Shape())
            for name in ("second", "first"):
                item = {"id": name, "type": "message", "role": "system", "content": []}
                create = {"type": "conversation.item.create", "previous_item_id": "root", "item": item}
                await connection.send(json.dumps(create))
            await connection.send(json.dumps({"type": "response.create", "response": {"metadata": {"id": "mine"}}}))
            seen = await until(connection, "response.done")
            await connection.close()
        placed = [
            (event["item"]["id"], event["previous_item_id"]) for event in of_type(seen, "conversation.item.added")
        ]
        assert placed[:2] == [("second", None), ("first", None)]
        assert [event["response"]["metadata"] for event in of_type(seen, "response.created")] == [{"id": "mine"}]

    run_clean(main)


def test_a_client_that_closes_without_a_code_leaves_nothing() -> None:
    """As the JavaScript agents do; the close frame is answered without one, and the next client comes in."""

    async def main() -> None:
        async with LoopbackServer(pace=0) as server:
            connection = await opened(server, Shape())
            connection.protocol.send_close()
            connection.transport.write(b"".join(connection.protocol.data_to_send()))
            await asyncio.wait_for(connection.wait_closed(), 5)
            assert connection.close_code == 1005
            connection = await opened(server, Shape())
            assert json.loads(await connection.recv())["type"] == "session.created"
            await connection.close()

    run_clean(main)
