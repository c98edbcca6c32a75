"""Ids without randomness."""

from __future__ import annotations

from rxrealtime.server.ids import Ids, make_id


def test_ids_are_reproducible_and_differ() -> None:
    """The same seed and number give the same id; another prefix, seed or number another one."""
    made = {make_id(prefix, seed, n) for prefix in ("item", "resp") for seed in range(20) for n in range(50)}
    assert len(made) == 2000
    assert make_id("item", 1, 2) == make_id("item", 1, 2)


def test_minting_counts() -> None:
    """Each minted id is new, and the source before it is unchanged."""
    first, one = Ids(5).mint("item")
    _, two = first.mint("item")
    assert one != two
    assert Ids(5).mint("item") == (first, one)
