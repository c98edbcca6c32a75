"""The far end of a session over memory: what was sent as objects, and short ways to say what a server says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rxrealtime import MemoryTransport
from rxrealtime.events import FunctionCall, Response, ResponseCreated, ResponseDone, ResponseOutputItemDone

__all__ = ["Provider"]


class Provider:
    """A server that is driven by hand.

    Attributes:
        transport: What the session is opened over.
    """

    def __init__(self) -> None:
        self.transport = MemoryTransport()

    @property
    def got(self) -> list[dict[str, Any]]:
        """What the session has sent."""
        return [json.loads(frame.data) for frame in self.transport.peer.received]

    def types(self) -> list[str]:
        """The types of what the session has sent, in order."""
        return [event["type"] for event in self.got]

    async def until(self, count: int) -> dict[str, Any]:
        """Wait until that many events were sent, and give the last one."""
        await self.transport.peer.until_received(count)
        return self.got[count - 1]

    async def say(self, *events: Any) -> None:
        """Send events, models or objects, and wait until they were delivered."""
        for event in events:
            text = json.dumps(event) if isinstance(event, Mapping) else event.model_dump_json(exclude_unset=True)
            body = json.loads(text)
            if not isinstance(event, Mapping):
                body["type"] = event.type
            self.transport.peer.send(json.dumps(body))
        await self.transport.peer.flush()

    async def confirm(self, number: int = 1, **more: Any) -> None:
        """Wait for the session's configuration, and put it in force as it was asked for, but for what is named."""
        asked = (await self.until(number))["session"]
        await self.say({"type": "session.updated", "event_id": "e", "session": {**asked, **more}})

    async def refuse(self, event_id: str | None, code: str = "invalid_value", message: str = "no") -> None:
        """Answer with an error."""
        error = {"type": "invalid_request_error", "code": code, "message": message, "event_id": event_id}
        await self.say({"type": "error", "event_id": "e", "error": error})

    async def begin(self, response_id: str = "r1") -> None:
        """Begin a response in the default conversation."""
        await self.say(ResponseCreated(response=Response(id=response_id, status="in_progress", conversation_id="c")))

    async def end(self, response_id: str = "r1", status: str = "completed", *output: Any) -> None:
        """End a response."""
        ended = Response(id=response_id, status=status, conversation_id="c", output=output)
        await self.say(ResponseDone(response=ended))

    async def call(self, name: str, arguments: str = "{}", *, call_id: str = "call_1", response_id: str = "r1") -> None:
        """Hold a whole response that calls a tool."""
        call = FunctionCall(id=f"i_{call_id}", call_id=call_id, name=name, arguments=arguments, status="completed")
        await self.begin(response_id)
        await self.say(ResponseOutputItemDone(response_id=response_id, output_index=0, item=call))
        await self.end(response_id, "completed", call)
