"""Recorded sessions of OpenAI, played by the embedded server to the ``openai`` client."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rxrealtime.server.loopback import LoopbackServer
from rxrealtime.server.recorded import script_from_recording
from tests.conftest import Recording
from tests.leaks import run_clean

openai = pytest.importorskip("openai", reason="needs the openai package, which is not installed")

_SHARED = Path(__file__).resolve().parents[3] / "shared" / "recordings"
NAMES = sorted(path.stem for path in _SHARED.glob("openai-*.jsonl"))


async def replayed(path: Path, recording: Recording) -> list[Any]:
    """Send what was sent, each when it was its turn; give what the client makes of what comes."""
    seen: list[Any] = []
    async with LoopbackServer(script_from_recording(path)) as server:
        base = server.url.partition("/realtime")[0]
        http = openai.DefaultAsyncHttpxClient(verify=False)  # no certificates are read; nothing is fetched over HTTP
        client = openai.AsyncOpenAI(api_key="not-a-key", websocket_base_url=base, base_url=base, http_client=http)
        async with client, client.realtime.connect(model="gpt-realtime") as connection:
            for direction, data in recording:
                if direction == "sent":
                    await connection.send(json.loads(data))
                else:
                    seen.append(await connection.recv())
    return seen


@pytest.mark.parametrize("name", NAMES)
def test_a_recording_is_played_to_the_client(name: str, recordings: Callable[[str], Recording]) -> None:
    """Every event comes, in order, as an object of its type that holds what was recorded."""
    recording = recordings(name)
    seen = run_clean(lambda: replayed(_SHARED / f"{name}.jsonl", recording))
    recorded = [json.loads(data) for direction, data in recording if direction == "received"]
    assert [(event.type, event.event_id) for event in seen] == [(row["type"], row["event_id"]) for row in recorded]
    done = [event.response.status for event in seen if event.type == "response.done"]
    assert done == [row["response"]["status"] for row in recorded if row["type"] == "response.done"]
    assert done
