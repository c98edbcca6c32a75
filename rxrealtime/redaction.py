"""What looks like a credential is taken out of texts that others wrote before they are shown."""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["redacted"]

_KEY = re.compile(r"\b(?:sk|ek|rk)[-_][A-Za-z0-9_\-*.]{6,}|(?<=[Bb]earer )[^\s\"'\\\\]+")
_MASK = "***"


def redacted(text: str, secrets: Iterable[str] = ()) -> str:
    """Mask the credentials in a text of a server, which may quote the one it refuses.

    Args:
        text: What a server said.
        secrets: Credentials that are known, whatever they look like.

    Returns:
        The text, with what is or looks like a credential (``sk-...``, ``ek_...``, ``Bearer ...``) masked.

    Example:
        >>> redacted("Incorrect API key provided: sk-proj-1234567890.")
        'Incorrect API key provided: ***'
    """
    for secret in secrets:
        text = text.replace(secret, _MASK) if secret else text
    return _KEY.sub(_MASK, text)
