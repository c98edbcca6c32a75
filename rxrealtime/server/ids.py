"""Identifiers, made of a seed and a counter instead of randomness: the same run has the same ids.

They look like the recorded ones of 2026-08, a prefix and 21 characters of base 62. Nobody is to parse them.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Final

__all__ = ["Ids", "make_id"]

_TAIL: Final = 21
_ALPHABET: Final = (digits + ascii_uppercase + ascii_lowercase).encode()
_LETTERS: Final = bytes(_ALPHABET[byte % len(_ALPHABET)] for byte in range(256))
"""A letter or digit for every byte of a digest."""


def make_id(prefix: str, seed: int, number: int) -> str:
    """Return an identifier such as ``item_2Wq...``.

    Args:
        prefix: What it names: "event", "sess", "conv", "resp", "item", "call".
        seed: The seed of the session.
        number: A number that no other id of the session has.

    Returns:
        The prefix, an underscore and 21 letters and digits; for an item 26 characters, of which servers allow 32.
    """
    digest = blake2b(f"{prefix}/{seed}/{number}".encode(), digest_size=_TAIL).digest()
    return f"{prefix}_{digest.translate(_LETTERS).decode('ascii')}"


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
        ids, (one,) = self.mint_all(prefix, 1)
        return ids, one

    def mint_all(self, prefix: str, count: int) -> tuple[Ids, tuple[str, ...]]:
        """Return the source after several ids of one kind, and the ids in order."""
        last = self.minted + count
        return Ids(self.seed, last), tuple(make_id(prefix, self.seed, n) for n in range(self.minted + 1, last + 1))

    @property
    def session(self) -> str:
        """The id of the session."""
        return make_id("sess", self.seed, 0)

    @property
    def conversation(self) -> str:
        """The id of the default conversation."""
        return make_id("conv", self.seed, 0)
