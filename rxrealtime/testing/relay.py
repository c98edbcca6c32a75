"""One conversation through a proxy: frames both ways, with the faults in between."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from websockets.exceptions import ConnectionClosed, InvalidState
from websockets.protocol import Protocol, State

from rxrealtime.errors import ConnectionLost, ServerClosed
from rxrealtime.frames import Direction, Frame
from rxrealtime.server.outputs import Disconnect, GoSilent
from rxrealtime.testing.lines import schedule_of
from rxrealtime.testing.outputs import Deliver, Injected, Output, Pause
from rxrealtime.testing.plans import FaultState, finish, step
from rxrealtime.testing.tap import Tapped
from rxrealtime.testing.tapes import Tape

__all__ = ["Relay"]

_WAITING: Final = 1024
"""How many frames may be on their way in one direction; then the sender is not read from."""
_NO_CODE: Final = 1005
_INTERNAL: Final = 1011


@dataclass(frozen=True, slots=True)
class _Over:
    """One side has ended.

    Args:
        close: How the other is to end.
    """

    close: Disconnect


_Queued: TypeAlias = Deliver | Disconnect | GoSilent | _Over


class Relay:
    """Carry frames between a client and a server until either ends.

    Args:
        client: The client's connection.
        server: The connection to the server.
        state: The plan at work.
        note: Called with what was injected.
        tape: Records what the client sends and is sent.
    """

    def __init__(
        self,
        client: Tapped,
        server: Tapped,
        state: FaultState,
        note: Callable[[Injected], None],
        tape: Tape,
    ) -> None:
        self._ends: dict[Direction, Tapped] = {"received": client, "sent": server}
        self._state = state
        self._note = note
        self._tape = tape
        self._lines: dict[Direction, asyncio.Queue[tuple[float, _Queued]]] = {
            "received": asyncio.Queue(_WAITING),
            "sent": asyncio.Queue(_WAITING),
        }
        self._due: dict[Direction, float] = {"received": 0.0, "sent": 0.0}
        self._clock = asyncio.get_running_loop().time
        self._opened = self._clock()

    async def run(self, first: tuple[Output, ...]) -> None:
        """Carry frames until the end; then neither side is open.

        Args:
            first: What happens before the first frame.
        """
        acts = [self._read("received"), self._read("sent"), self._write("received"), self._write("sent")]
        await self._put(first)
        tasks = [asyncio.get_running_loop().create_task(act) for act in acts]
        try:
            await asyncio.wait(tasks[2:], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            for end in self._ends.values():
                end.transport.abort()

    async def _read(self, direction: Direction) -> None:
        """Take frames of one direction and put what becomes of them on their way."""
        source = self._ends["sent" if direction == "received" else "received"]
        try:
            while True:
                data, binary = await source.receive()
                frame = Frame(direction, data, self._clock() - self._opened)
                if direction == "sent":
                    self._tape.frame(frame, binary)
                self._state, outputs = step(self._state, frame, binary=binary)
                await self._put(outputs)
                await asyncio.sleep(sum(one.seconds for one in outputs if isinstance(one, Pause)))
        except ConnectionClosed as closed:
            if not self._state.ended:
                self._state, outputs = finish(self._state, direction)
                await self._put(outputs)
                await self._queue(direction, _Over(_passed_on(closed)))

    async def _put(self, outputs: tuple[Output, ...]) -> None:
        for output in outputs:
            match output:
                case Injected():
                    self._note(output)
                    self._tape.fault(output)
                case Deliver(frame):
                    await self._queue(frame.direction, output)
                case Disconnect() | GoSilent():
                    await self._queue("received", output)

    async def _queue(self, direction: Direction, delivery: _Queued) -> None:
        at, self._due[direction] = (
            (self._due[direction],) * 2
            if isinstance(delivery, _Over)
            else schedule_of(delivery, self._due[direction], self._clock())
        )
        await self._lines[direction].put((at, delivery))

    async def _write(self, direction: Direction) -> None:
        """Deliver what is on its way, each at its time; return after the end."""
        while True:
            at, delivery = await self._lines[direction].get()
            await asyncio.sleep(max(at - self._clock(), 0.0))
            if not isinstance(delivery, Deliver):
                return await self._finish(direction, delivery)
            if not await _written(self._ends[direction], delivery):
                await asyncio.Event().wait()  # its reader tells the other side how it ended
            if direction == "received":
                self._tape.frame(delivery.frame, delivery.binary)

    async def _finish(self, direction: Direction, end: Disconnect | GoSilent | _Over) -> None:
        """End what goes one way, and with it the conversation."""
        target = self._ends[direction]
        match end:
            case Disconnect():
                self._tape.ends_by(_loss(end))
                await _end(target, end)
                await _end(self._ends["sent"], Disconnect() if end.code is None else Disconnect(1001))
            case GoSilent():
                target.transport.pause_reading()
                self._ends["sent"].transport.pause_reading()
                await target.wait_closed()
            case _Over(close):
                if direction == "received":
                    self._tape.ends_by(_loss(close))
                if kept := _kept(target):
                    target.transport.write(kept)
                await _end(target, close)


async def _written(target: Tapped, deliver: Deliver) -> bool:
    """Write a frame, and wait while nobody reads it; False if the connection is over."""
    try:
        _frame(target.protocol, deliver)
        if not deliver.joined:
            target.transport.write(_kept(target))
            await target.drain()
    except (InvalidState, OSError):
        return False
    return True


def _frame(protocol: Protocol, deliver: Deliver) -> None:
    """Frame a message, in its fragments."""
    data = deliver.frame.data
    payload = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    first, *rest = _fragments(payload, deliver.fragments)
    begin = protocol.send_binary if deliver.binary else protocol.send_text
    begin(first, fin=not rest)
    for number, piece in enumerate(rest, 1):
        protocol.send_continuation(piece, fin=number == len(rest))


def _kept(target: Tapped) -> bytes:
    """Take out what is framed and not yet written."""
    return b"".join(target.protocol.data_to_send()) if target.state is State.OPEN else b""


def _fragments(payload: bytes, count: int) -> list[bytes]:
    """Cut a payload into so many pieces; the last ones are empty if it is short."""
    size = -(-len(payload) // count)
    return [payload[n * size : (n + 1) * size] for n in range(count)]


def _loss(close: Disconnect) -> ConnectionLost:
    """Name what the client sees."""
    return ConnectionLost() if close.code is None else ServerClosed(close.code, close.reason)


async def _end(target: Tapped, close: Disconnect) -> None:
    if close.code is None:
        target.transport.abort()
    else:
        await target.close(close.code, close.reason)


def _passed_on(closed: ConnectionClosed) -> Disconnect:
    """Tell how the other side is to end: with the code and the reason of this one, or as abruptly."""
    if closed.rcvd is not None:
        code = 1000 if closed.rcvd.code == _NO_CODE else closed.rcvd.code
        return Disconnect(code, closed.rcvd.reason)
    return Disconnect() if closed.sent is None else Disconnect(_INTERNAL, "the proxy closed the other side")
