"""Hypothesis strategies for the Realtime protocol: legal events, whole conversations, and frames that are broken.

They are made of the fields of the models and of the JSON grammar, never by asking a decoder, so that any decoder can
be tested with them. Needs the extra package ``hypothesis``.
"""

from rxrealtime.testing.strategies.conversations import conversations
from rxrealtime.testing.strategies.events import client_events, server_events, wire_events
from rxrealtime.testing.strategies.faulty import FaultyTrace, traces_with_faults
from rxrealtime.testing.strategies.frames import frames
from rxrealtime.testing.strategies.malformed import Malformation, malformations, malformed_frames
from rxrealtime.testing.strategies.mutations import MUTATIONS
from rxrealtime.testing.strategies.scale import Numbered, multiplied

__all__ = [
    "MUTATIONS",
    "FaultyTrace",
    "Malformation",
    "Numbered",
    "client_events",
    "conversations",
    "frames",
    "malformations",
    "malformed_frames",
    "multiplied",
    "server_events",
    "traces_with_faults",
    "wire_events",
]
