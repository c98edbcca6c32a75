"""The strict scripted transport."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import pytest

from rxrealtime import ConfigurationError, ConnectionLost, ServerClosed, Session, commands
from rxrealtime.events import ResponseCreate, SessionCreated
from rxrealtime.testing import (
    ScriptedTransport,
    ScriptError,
    VirtualTimeError,
    client_sends,
    server_closes,
    server_sends,
    server_vanishes,
    virtual_run,
)

CREATED = {"type": "session.created", "event_id": "event_1", "session": {"type": "realtime"}}
ITEM = client_sends("conversation.item.create", item={"role": "user", "content": [{"text": "hi"}]})


def _talk(script: ScriptedTransport, text: str = "hi", *, check: bool = True) -> tuple[list[Any], Any]:
    """Say something, and wait until the server ends it."""

    async def main() -> tuple[list[Any], Any]:
        seen: list[Any] = []
        session = Session(script)
        session.events.subscribe(seen.append, lambda _: None)
        async with session:
            await session.send(*commands.say(text))
            outcome = await session.closed
        return [value.type for value in seen], outcome

    if not check:
        return virtual_run(main)
    with script:
        return virtual_run(main)


def test_a_client_that_keeps_to_the_script_hears_the_server() -> None:
    """Lines are matched in order, by type and by what they name; delays are on the loop's clock."""
    script = ScriptedTransport(
        server_sends(CREATED),
        ITEM,
        client_sends("response.create"),
        server_sends(b"{", {"type": "zork"}, SessionCreated(event_id="e", session={"type": "realtime"}), after=60),
        server_closes(1001, "bye", after=3600),
    )
    types, outcome = _talk(script)

    assert types == ["session.created", "exception", "zork", "session.created", "exception"]
    assert isinstance(outcome.cause, ServerClosed)
    assert [frame.direction for frame in script.received] == ["sent", "sent"]


def test_an_unexpected_frame_fails_where_it_is_sent_and_ends_the_connection() -> None:
    """Expected and actual side by side, what was right above; nothing waits for an answer."""
    script = ScriptedTransport(ITEM, client_sends("response.cancel"), server_closes())

    with pytest.raises(ScriptError) as caught:
        _talk(script)

    assert str(caught.value).splitlines() == [
        "the client sent something else than the script expects",
        "  expected                             | actual",
        "  conversation.item.create             | conversation.item.create",
        "> response.cancel                      | response.create",
    ]


def test_other_fields_are_shown_by_their_path() -> None:
    """A partial match: what the script does not name may be anything, what it names may not."""
    script = ScriptedTransport(ITEM, client_sends("response.create"))

    with pytest.raises(ScriptError, match=r"item\.content\[0\]\.text: 'hi' +\| 'hello'"):
        _talk(script, "hello")


@pytest.mark.parametrize(
    ("fields", "fits"),
    [
        ({"response": {"metadata": {"a": "1"}}}, True),
        ({"response": {"metadata": ...}}, True),
        ({"response": {"metadata": {"b": ...}}}, False),
        ({"response": {"output_modalities": ["text"]}}, True),
        ({"response": {"output_modalities": ["text", ...]}}, False),
        ({"response": {"output_modalities": "text"}}, False),
        ({"conversation": ...}, False),
    ],
)
def test_what_a_line_names_has_to_be_there(fields: dict[str, Any], fits: bool) -> None:
    """Mappings may have more keys, lists are as long as said, ``...`` is any value."""
    event = ResponseCreate(response={"metadata": {"a": "1", "c": "2"}, "output_modalities": ["text"]})

    async def main() -> None:
        with ScriptedTransport(client_sends("response.create", **fields)) as script:
            async with Session(script) as session:
                await session.send(event)

    assert _agrees(lambda: virtual_run(main)) is fits


def test_a_missing_frame_fails_the_test() -> None:
    """A client that stops too early is told what it has not sent."""
    script = ScriptedTransport(server_sends(CREATED), client_sends("session.update"), client_sends("response.create"))

    async def main() -> None:
        async with Session(script):
            await asyncio.sleep(1)

    virtual_run(main)
    with pytest.raises(ScriptError, match=r"did not send session\.update\n.*\n> session\.update +\|\n"):
        script.check()


def test_a_frame_after_the_last_line_is_unexpected() -> None:
    """So is one that comes before the server has said its line."""
    with pytest.raises(ScriptError, match=r"> nothing +\| response\.create"):
        _talk(ScriptedTransport(ITEM))
    with pytest.raises(ScriptError, match=r"> nothing +\| conversation\.item\.create"):
        _talk(ScriptedTransport(server_sends(CREATED, after=1), ITEM, client_sends("response.create")))


def test_a_client_that_swallows_errors_fails_all_the_same() -> None:
    """What ``send`` raised is raised again by ``with``."""
    script = ScriptedTransport(client_sends("response.cancel"))

    async def main() -> None:
        async with Session(script) as session:
            with contextlib.suppress(AssertionError):
                await session.send(*commands.respond())
            assert (await session.closed).by == "failure"  # nothing waits for what will not come

    with pytest.raises(ScriptError, match=r"response\.create"):
        with script:
            virtual_run(main)


def test_leaving_the_script_ends_the_stream_of_frames() -> None:
    """A client that only reads is not left waiting."""
    ends: list[Exception] = []

    async def main() -> None:
        connection = await ScriptedTransport(client_sends("response.cancel")).connect()
        connection.frames.subscribe(on_error=ends.append)
        with pytest.raises(ScriptError):
            await connection.send(b'{"type": "response.create"}')
        await asyncio.sleep(1)

    virtual_run(main)
    assert [type(end) for end in ends] == [ConnectionLost]


def test_a_test_that_fails_for_another_reason_is_told_what_was_missing() -> None:
    """As a note to its own error."""
    with pytest.raises(VirtualTimeError) as caught:
        _talk(ScriptedTransport(ITEM, client_sends("response.create"), client_sends("response.cancel")))

    assert "did not send response.cancel" in caught.value.__notes__[0]


def test_what_may_come_at_any_time_is_ignored() -> None:
    """Audio, for example."""
    script = ScriptedTransport(
        client_sends("response.create"), server_vanishes(), ignoring={"conversation.item.create"}
    )
    types, outcome = _talk(script)

    assert types == ["exception"]
    assert outcome.cause.code == 1006


def test_nothing_can_follow_the_end() -> None:
    """Such a script could never be played."""
    with pytest.raises(ConfigurationError, match="line 1 of the script ends"):
        ScriptedTransport(server_closes(), client_sends("response.create"))


def test_a_script_is_played_once() -> None:
    """A second connection would begin in its middle."""
    script = ScriptedTransport(client_sends("response.create"), server_closes(), ignoring={"conversation.item.create"})
    _talk(script)

    with pytest.raises(ConfigurationError, match="played once"):
        _talk(script, check=False)


def _agrees(compare: Callable[[], object]) -> bool:
    try:
        compare()
    except AssertionError:
        return False
    return True
