"""Which host is this machine."""

from __future__ import annotations

import pytest

from rxrealtime.hosts import is_loopback


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_loopback_is_this_machine(host: str) -> None:
    """Names and addresses."""
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["127.0.0.1.example.com", "0.0.0.0", "::", "192.168.0.1", "h", "", "localhost.evil"])  # noqa: S104 (that is the point)
def test_what_looks_like_it_is_not(host: str) -> None:
    """Nothing that others could reach, or answer for."""
    assert not is_loopback(host)
