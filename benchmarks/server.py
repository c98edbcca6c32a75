"""The benchmark's server process: the same prepared stream on every connection, so that it is never the bottleneck.

It speaks just enough of RFC 6455 by hand to write frames that were rendered before the first client came. Run as
`python benchmarks/server.py FRAMES`: it prints its port on the first line and ends when its standard input does.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass

from frames import end_frame, frame_header, opening_frame, stream_chunks

__all__ = ["Script", "main"]

SETTLE_SECONDS = 0.25
"""The pause after session.created, for clients that answer it before they start to read the stream."""

HANDSHAKE_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
CLOSE, PING, PONG = 0x8, 0x9, 0xA


@dataclass(frozen=True, slots=True)
class Script:
    """What every connection is sent, framed: the opening, a pause, the stream, the end mark."""

    opening: bytes
    stream: tuple[bytes, ...]
    end: bytes


def main(frames: int) -> None:
    """Serve until standard input ends.

    Args:
        frames: How many deltas each connection is sent.
    """
    asyncio.run(serve(Script(opening_frame(), stream_chunks(frames), end_frame(frames))))


async def serve(script: Script) -> None:
    """Listen on an ephemeral port of 127.0.0.1, print it, and wait for the end of standard input."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await converse(script, reader, writer)
        writer.close()

    async with await asyncio.start_server(connected, "127.0.0.1", 0) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.to_thread(sys.stdin.read)


async def converse(script: Script, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Shake hands, play the script and answer the client's control frames until its close frame."""
    writer.write(handshake_answer(await reader.readuntil(b"\r\n\r\n")))
    playing = asyncio.create_task(play(script, writer))
    try:
        async for opcode, payload in client_frames(reader):
            if opcode == PING:
                writer.write(frame_header(PONG, len(payload)) + payload)
            elif opcode == CLOSE:
                writer.write(frame_header(CLOSE, len(payload)) + payload)
                break
        await writer.drain()
    finally:
        playing.cancel()
        with contextlib.suppress(asyncio.CancelledError, ConnectionError):
            await playing


async def play(script: Script, writer: asyncio.StreamWriter) -> None:
    """Write the script as fast as the client reads it; whatever the client says meanwhile is ignored."""
    writer.write(script.opening)
    await writer.drain()
    await asyncio.sleep(SETTLE_SECONDS)
    for chunk in script.stream:
        writer.write(chunk)
        await writer.drain()
    writer.write(script.end)
    await writer.drain()


async def client_frames(reader: asyncio.StreamReader) -> AsyncIterator[tuple[int, bytes]]:
    """Read the client's frames: opcode and unmasked payload (RFC 6455 5.2 and 5.3)."""
    while True:
        first, second = await reader.readexactly(2)
        length = second & 0x7F
        if length >= 126:
            length = int.from_bytes(await reader.readexactly(2 if length == 126 else 8), "big")
        mask = await reader.readexactly(4)
        masked = await reader.readexactly(length)
        yield first & 0x0F, bytes(byte ^ mask[index % 4] for index, byte in enumerate(masked))


def handshake_answer(request: bytes) -> bytes:
    """Accept the upgrade whatever its path, without extensions or compression (RFC 6455 4.2.2)."""
    lines = request.decode("latin-1").split("\r\n")[1:]
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    digest = hashlib.sha1(headers["sec-websocket-key"].encode() + HANDSHAKE_GUID, usedforsecurity=False).digest()
    answer = (
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Accept: {base64.b64encode(digest).decode()}",
    )
    return "\r\n".join((*answer, "", "")).encode()


if __name__ == "__main__":
    main(int(sys.argv[1]))
