"""Everything that happens in a session is one stream, for as many as listen."""

from __future__ import annotations

from functools import partial
from itertools import count
from typing import Any

from reactivex.subject import Subject

from rxrealtime import MemoryTransport, Session, commands, encode
from rxrealtime.cli.moments import Chapter, Moment, Note, moments
from tests.cli import telling
from tests.leaks import run_clean


def test_every_listener_gets_everything_until_the_notes_end() -> None:
    """Sent, received and noted, in order and with times; a lost connection does not end it, the notes do."""

    async def main() -> list[list[Any]]:
        transport, ticks = MemoryTransport(), count()
        session, notes = Session(transport), Subject[Note]()
        seen: list[list[Any]] = [[], []]
        stream = moments(session, notes, lambda: next(ticks))
        for listener in seen:
            stream.subscribe(listener.append, on_completed=partial(listener.append, "end"))
        async with session:
            await session.send(*commands.clear_audio())
            transport.peer.send(encode(telling.started()))
            await transport.peer.flush()
            transport.peer.close(1011, "gone")
            await session.closed
        notes.on_next(Chapter("after"))
        notes.on_completed()
        return seen

    for listener in run_clean(main):
        happened = [moment for moment in listener if isinstance(moment, Moment)]
        assert [(moment.direction, getattr(moment.value, "type", "")) for moment in happened] == [
            ("sent", "input_audio_buffer.clear"),
            ("received", "session.created"),
            ("received", "exception"),
            ("noted", "chapter"),
        ]
        assert [moment.at for moment in happened] == sorted(moment.at for moment in happened)
        assert listener[-1] == "end"
