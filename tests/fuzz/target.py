"""What the fuzzer holds about any bytes; the test of the crashes that were found holds the same."""

from __future__ import annotations

import re

from rxrealtime.codec import decode, decode_client, encode
from rxrealtime.events import Event, ExceptionEvent, UnknownEvent

__all__ = ["check"]

_HUGE = re.compile(rb"[eE]\+?[0-9]{3}|[0-9]{300}")
"""What may be a number beyond a double: it is read as infinity, which has no JSON that gives it back."""


def check(data: bytes) -> None:
    """Hold D1 for one frame, as the server's and as the client's, and that an event survives the wire.

    Args:
        data: Any bytes.
    """
    for read in (decode, decode_client):
        value = read(data)
        if not isinstance(value, (Event, UnknownEvent)):
            assert isinstance(value, ExceptionEvent)
            assert value.frame is not None and value.frame.data is data
            repr(value)
        elif not _HUGE.search(data):
            assert read(encode(value)) == value
