"""Deciding a handshake: who may connect, to which path, with which model. No I/O happens here.

Source: the paths and the ways to authenticate are those of eight client libraries, measured in 2026-11: a bearer
token, an ``api-key`` header, or the subprotocol ``openai-insecure-api-key.<key>`` of browsers.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, urlsplit

from rxrealtime.server.engine import DEFAULT_MODEL
from rxrealtime.server.faults import Refusal

__all__ = ["REALTIME", "Admission", "admit"]

REALTIME: Final = "realtime"
"""The subprotocol that a server selects when a client offers it."""
_PATHS: Final = frozenset({"/v1/realtime", "/openai/v1/realtime"})
_KEY_PROTOCOL: Final = "openai-insecure-api-key."


@dataclass(frozen=True, slots=True)
class Admission:
    """A client that may come in.

    Args:
        model: The model its url names.
        beta: Whether it asks for the beta shape, which a GA server refuses after the upgrade.
    """

    model: str = DEFAULT_MODEL
    beta: bool = False


def admit(target: str, headers: Mapping[str, str], token: str | None) -> Admission | Refusal:
    """Decide a handshake.

    Args:
        target: Path and query of the request.
        headers: Its headers, names in lower case.
        token: What a client has to know; None if anybody may come.

    Returns:
        The admission, or how to refuse: 404 for another path, 401 for a missing or wrong token.
    """
    url = urlsplit(target)
    if url.path.rstrip("/") not in _PATHS:
        return Refusal(404, f"Invalid URL (GET {url.path[:100]})", "unknown_url")
    if token is not None and not _knows(headers, token):
        return Refusal(401, "Incorrect API key provided, or none.", "invalid_api_key")
    query = parse_qs(url.query)
    model = (query.get("model") or query.get("deployment") or [DEFAULT_MODEL])[0]
    return Admission(model, "realtime=v1" in headers.get("openai-beta", ""))


def _knows(headers: Mapping[str, str], token: str) -> bool:
    """Compare in constant time, all that was given."""
    expected = token.encode()
    found = [hmac.compare_digest(key.encode("utf-8", "surrogateescape"), expected) for key in _keys(headers)]
    return any(found)


def _keys(headers: Mapping[str, str]) -> Iterator[str]:
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        yield bearer.strip()
    if "api-key" in headers:
        yield headers["api-key"]
    for offered in headers.get("sec-websocket-protocol", "").split(","):
        if offered.strip().startswith(_KEY_PROTOCOL):
            yield offered.strip().removeprefix(_KEY_PROTOCOL)
