"""Which host is this machine and nothing else."""

from __future__ import annotations

import ipaddress

__all__ = ["is_loopback"]


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine, reached from this machine only.

    Args:
        host: A name or an address, as in a url or to listen on.

    Returns:
        True for ``localhost`` and the loopback addresses; names that look like one do not count.
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
