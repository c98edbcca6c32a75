"""The logger that the websockets library gets from both socket edges: it says nothing.

At the level of debugging the library writes every header, credentials included, and the head of every frame. What is
worth knowing of a connection, the edges report themselves.
"""

from __future__ import annotations

import logging

__all__ = ["WIRE_LOG"]

WIRE_LOG = logging.getLogger("rxrealtime.wire")
"""Never enabled, whatever the root logger's level is."""

WIRE_LOG.setLevel(logging.CRITICAL + 1)
