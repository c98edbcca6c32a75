"""Ways to carry frames: a websocket, memory, a recording."""

from rxrealtime.transport.base import Connection, Transport
from rxrealtime.transport.endpoints import DEFAULT_MODEL, OPENAI_URL, realtime_url
from rxrealtime.transport.memory import MemoryFaults, MemoryPeer, MemoryTransport
from rxrealtime.transport.replay import ReplayTransport
from rxrealtime.transport.websocket import Key, WebSocketTransport

__all__ = [
    "DEFAULT_MODEL",
    "OPENAI_URL",
    "Connection",
    "Key",
    "MemoryFaults",
    "MemoryPeer",
    "MemoryTransport",
    "ReplayTransport",
    "Transport",
    "WebSocketTransport",
    "realtime_url",
]
