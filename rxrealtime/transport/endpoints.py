"""Where a session connects to and with which credentials: pure decisions, before any socket.

Source: the provider's reference and recorded handshakes (2026-08): ``wss://api.openai.com/v1/realtime?model=M``, or
``?call_id=rtc_...`` to attach to a call; ``Authorization: Bearer KEY``; the header ``OpenAI-Beta`` must be absent.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from rxrealtime.errors import ConfigurationError, InvalidUrlError

__all__ = ["DEFAULT_MODEL", "OPENAI_URL", "check_headers", "origin", "realtime_url", "websocket_url"]

OPENAI_URL = "wss://api.openai.com/v1/realtime"
DEFAULT_MODEL = "gpt-realtime"
_SCHEMES = {"ws": "ws", "wss": "wss", "http": "ws", "https": "wss"}
_RESERVED = frozenset({"host", "upgrade", "connection", "user-agent"})
_PORTS = {"ws": 80, "wss": 443}


def websocket_url(url: str) -> str:
    """Check a url and give it a websocket scheme.

    Args:
        url: ``ws``, ``wss``, ``http`` or ``https`` with a host; path and query are kept.

    Returns:
        The url with ``ws`` or ``wss``.

    Raises:
        InvalidUrlError: It has another scheme, no host, a bad port, a fragment, or credentials in it.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise InvalidUrlError(f"not a url: {error}") from None
    shown = f"{parts.scheme}://{parts.hostname or ''}" if parts.scheme else "the url"
    if parts.scheme not in _SCHEMES:
        raise InvalidUrlError(f"{shown}: a session opens ws:// or wss:// urls, or loopback:")
    if not parts.hostname or port == 0:
        raise InvalidUrlError(f"{shown}: the url has no host or no valid port")
    if parts.username or parts.password:
        raise InvalidUrlError(f"{shown}: no credentials in the url, they end up in logs; use api_key")
    if parts.fragment:
        raise InvalidUrlError(f"{shown}: a websocket url has no fragment (RFC 6455, section 3)")
    return urlunsplit(parts._replace(scheme=_SCHEMES[parts.scheme]))


def realtime_url(base: str = OPENAI_URL, *, model: str | None = None, call_id: str | None = None) -> str:
    """Compose the url of a session.

    Args:
        base: The endpoint; its path and query are kept. A base that ends in ``/v1`` gets ``/realtime``.
        model: The model to open a session with; `DEFAULT_MODEL` if neither the base nor the call says one.
        call_id: The call to attach to instead.

    Returns:
        A ``ws`` or ``wss`` url.

    Raises:
        ConfigurationError: Both a model and a call are given, or an empty one.
        InvalidUrlError: The base is not a url for a session.
    """
    _check_choice(model, call_id)
    parts = urlsplit(websocket_url(base))
    query = parse_qsl(parts.query, keep_blank_values=True)
    named = ("call_id", call_id) if call_id else ("model", model or _default_model(query))
    if named[1]:
        query = [(key, value) for key, value in query if key not in ("model", "call_id")] + [(named[0], named[1])]
    path = parts.path.rstrip("/")
    path = f"{path}/realtime" if path.endswith("/v1") else parts.path
    return urlunsplit(parts._replace(path=path, query=urlencode(query)))


def _check_choice(model: str | None, call_id: str | None) -> None:
    if model is not None and call_id is not None:
        raise ConfigurationError("give either model (a new session) or call_id (attach to a call), not both")
    if "" in (model, call_id):
        raise ConfigurationError("model and call_id must not be empty")


def _default_model(query: list[tuple[str, str]]) -> str | None:
    """Give the default model for an endpoint that does not say itself what it opens."""
    says = {key for key, _ in query} & {"model", "call_id", "deployment", "intent"}
    return None if says else DEFAULT_MODEL


def origin(url: str) -> tuple[str, str, int | None]:
    """Give scheme, host and port of a url, the port by its default (RFC 6454, section 4)."""
    parts = urlsplit(url)
    scheme = _SCHEMES.get(parts.scheme, parts.scheme)
    return scheme, (parts.hostname or "").lower(), parts.port or _PORTS.get(scheme)


def check_headers(headers: Mapping[str, str]) -> None:
    """Refuse headers that belong to the handshake itself.

    Args:
        headers: What the caller wants to send along.

    Raises:
        ConfigurationError: A name is reserved, or a value could break out of its line. The message names the header,
            never the value.
    """
    for name, value in headers.items():
        if name.lower() in _RESERVED or name.lower().startswith("sec-websocket-"):
            raise ConfigurationError(f"the header {name} belongs to the handshake and cannot be set")
        if not name.isascii() or any(sign in name + value for sign in "\r\n\0"):
            raise ConfigurationError(f"the header {name!r} is not valid: no line breaks, an ASCII name")
