"""A strict scripted transport: a server that is a list of lines, and a test that fails when the client leaves them.

    script = ScriptedTransport(
        server_sends({"type": "session.created", "event_id": "event_1", "session": {"type": "realtime"}}),
        client_sends("session.update", session={"instructions": "Be brief."}),
        server_sends(SESSION_UPDATED),
        client_sends("response.create"),
        server_sends(CREATED, DONE, after=0.5),
        server_closes(1001),
    )
    with script:
        async with Session(script, agent=agent): ...

It works on any event loop; on a `VirtualLoop` its delays take no time.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Iterable
from types import TracebackType
from typing import Final, Self

from rxrealtime.errors import ConfigurationError, ConnectionLost
from rxrealtime.frames import Frame
from rxrealtime.testing.matching import Difference, compare
from rxrealtime.testing.scripts import ClientSends, Line, ServerEnds, ServerSends
from rxrealtime.transport.base import Connection
from rxrealtime.transport.inlet import Inlet
from rxrealtime.transport.memory import MemoryPeer, MemoryTransport

__all__ = ["ScriptError", "ScriptedTransport"]

_WIDTH: Final = 38


class ScriptError(AssertionError):
    """The client left the script; the message holds what was expected and what came, side by side."""


class ScriptedTransport:
    """A transport whose far end follows a script, strictly.

    A frame that is not expected raises `ScriptError` where it is sent and ends the connection, so that nothing waits
    for what will not come. Leaving ``with`` raises it again, for those clients that swallow what ``send`` raises, and
    also when a line of the client is still missing.

    Args:
        *lines: What happens, in order; see `client_sends`, `server_sends`, `server_closes`, `server_vanishes`.
        ignoring: Types that the client may send at any time, such as ``input_audio_buffer.append``.

    Raises:
        ConfigurationError: Something follows the end of the connection.

    Attributes:
        received: What the client sent, in order.

    Example:
        >>> from rxrealtime import Session, commands
        >>> from rxrealtime.testing import client_sends, server_closes
        >>> async def main():
        ...     with ScriptedTransport(client_sends("response.create"), server_closes()) as script:
        ...         async with Session(script) as session:
        ...             await session.send(*commands.respond())
        >>> asyncio.run(main())
    """

    def __init__(self, *lines: Line, ignoring: Collection[str] = ()) -> None:
        ends = [place for place, line in enumerate(lines) if isinstance(line, ServerEnds)]
        if ends and ends[0] != len(lines) - 1:
            raise ConfigurationError(f"line {ends[0] + 1} of the script ends the connection, but more lines follow")
        self._peer = _Peer(lines, frozenset(ignoring))

    async def connect(self) -> Connection:
        """Open the connection; see `Transport.connect`.

        Raises:
            ConfigurationError: A script is played once, and this one was.
        """
        return await MemoryTransport(self._peer).connect()

    @property
    def received(self) -> list[Frame]:
        """What the client sent, in order."""
        return self._peer.received

    def check(self) -> None:
        """See to it that the client sent everything that the script expects.

        Raises:
            ScriptError: It did not, or it sent something else.
        """
        error = self._peer.error or self._peer.missing()
        if error is not None:
            raise error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        found = self._peer.error or self._peer.missing()
        if found is None or error is found:
            return
        if error is None or self._peer.error is not None:
            raise found from error
        error.add_note(str(found))


class _Peer(MemoryPeer):
    """The far end: it reads the script."""

    def __init__(self, lines: tuple[Line, ...], ignoring: frozenset[str]) -> None:
        super().__init__()
        self.error: ScriptError | None = None
        self._lines = lines
        self._ignoring = ignoring
        self._place = 0
        self._waiting = False
        self._opened: float | None = None
        self._matched: list[tuple[str, str]] = []

    def attach(self, inlet: Inlet) -> None:
        """Begin with the script."""
        if self._opened is not None:
            raise ConfigurationError("a script is played once: make a new ScriptedTransport")
        super().attach(inlet)
        self._opened = asyncio.get_running_loop().time()
        self._play()

    def accept(self, frame: Frame) -> None:
        """Compare what the client sent with the line that is due."""
        super().accept(frame)
        event = json.loads(frame.data)
        kind = event.get("type")
        if kind in self._ignoring:
            return
        line = self._due()
        found = compare(line.fields, event) if isinstance(line, ClientSends) and line.type == kind else []
        if not isinstance(line, ClientSends) or line.type != kind or found:
            self._fail(line, kind, found)
        self._matched.append((str(kind), str(kind)))
        self._place += 1
        self._play()

    def missing(self) -> ScriptError | None:
        """Give the error of a client that has not sent everything."""
        missing = [line.type for line in self._lines[self._place :] if isinstance(line, ClientSends)]
        if not missing:
            return None
        rows = [*self._matched, *((kind, "") for kind in missing)]
        return ScriptError(f"the client did not send {missing[0]}\n{_side_by_side(rows, len(self._matched))}")

    def _due(self) -> Line | None:
        return self._lines[self._place] if self._place < len(self._lines) and not self._waiting else None

    def _fail(self, line: Line | None, kind: object, found: Iterable[Difference]) -> None:
        expected = line.type if isinstance(line, ClientSends) else "nothing"
        rows = [*self._matched, (expected, str(kind))]
        text = _side_by_side(rows, len(rows) - 1)
        for difference in found:
            text += f"\n{_row(f'  {difference.path}: {difference.expected}', difference.actual)}"
        self.error = ScriptError(f"the client sent something else than the script expects\n{text}")
        self.vanish(ConnectionLost("the client left the script"))
        raise self.error

    def _play(self) -> None:
        """Do what the server has to, up to the next line of the client."""
        while self._due() is not None and self.error is None and self.close_code is None:
            line = self._lines[self._place]
            if isinstance(line, ClientSends):
                return
            if line.after:
                self._waiting = True
                asyncio.get_running_loop().call_later(line.after, self._resume, line)
                return
            self._act(line)

    def _resume(self, line: ServerSends | ServerEnds) -> None:
        self._waiting = False
        if self.error is None and self.close_code is None:
            self._act(line)
            self._play()

    def _act(self, line: ServerSends | ServerEnds) -> None:
        self._place += 1
        now = asyncio.get_running_loop().time() - (self._opened or 0.0)
        match line:
            case ServerSends(payloads):
                for payload in payloads:
                    self.send(payload, now)
            case ServerEnds(None):
                self.vanish()
            case ServerEnds((code, reason)):
                self.close(code, reason)


def _side_by_side(rows: list[tuple[str, str]], failed: int) -> str:
    lines = [_row("  expected", "actual")]
    lines += [_row(f"{'>' if place == failed else ' '} {one}", other) for place, (one, other) in enumerate(rows)]
    return "\n".join(lines)


def _row(one: str, other: str) -> str:
    return f"{one:{_WIDTH}} | {other}".rstrip()
