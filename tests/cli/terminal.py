"""Our end of a pseudo-terminal."""

from __future__ import annotations

import os

__all__ = ["whole_output"]


def whole_output(descriptor: int) -> str:
    """Read all that comes until the other end is closed everywhere, and close this one."""
    shown = b"".join(iter(lambda: _some(descriptor), b"")).decode()
    os.close(descriptor)
    return shown


def _some(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # Linux: the other end was closed
        return b""
