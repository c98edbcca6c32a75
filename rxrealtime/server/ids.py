"""Identifiers, made of a seed and a counter instead of randomness: the same run has the same ids.

They look like the recorded ones of 2026-08, a prefix and 21 characters of base 62. Nobody is to parse them.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Final

__all__ = ["Ids", "make_id"]

_ALPHABET: Final = digits + ascii_uppercase + ascii_lowercase
_PAIRS: Final = tuple(second + first for first in _ALPHABET for second in _ALPHABET)
"""Two digits at a time, the lower one first: an id is made for every event."""
_TAIL: Final = 21


def make_id(prefix: str, seed: int, number: int) -> str:
    """Return an identifier such as ``item_2Wq...``.

    Args:
        prefix: What it names: "event", "sess", "conv", "resp", "item", "call".
        seed: The seed of the session.
        number: A number that no other id of the session has.

    Returns:
        The prefix, an underscore and 21 letters and digits; for an item 26 characters, of which servers allow 32.
    """
    value = int.from_bytes(blake2b(f"{prefix}/{seed}/{number}".encode(), digest_size=20).digest(), "big")
    tail: list[str] = []
    for _ in range(_TAIL // 2):
        value, pair = divmod(value, len(_PAIRS))
        tail.append(_PAIRS[pair])
    return f"{prefix}_{''.join(tail)}{_ALPHABET[value % len(_ALPHABET)]}"


@dataclass(frozen=True, slots=True)
class Ids:
    """The source of the ids of one session.

    Args:
        seed: Makes the ids of two sessions differ.
        minted: How many were given out.
    """

    seed: int = 0
    minted: int = 0

    def mint(self, prefix: str) -> tuple[Ids, str]:
        """Return the source after this id, and the id."""
        return Ids(self.seed, self.minted + 1), make_id(prefix, self.seed, self.minted + 1)

    @property
    def session(self) -> str:
        """The id of the session."""
        return make_id("sess", self.seed, 0)

    @property
    def conversation(self) -> str:
        """The id of the default conversation."""
        return make_id("conv", self.seed, 0)
