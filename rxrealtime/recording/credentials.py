"""Credentials never enter a recording: they are masked in frames and left out of urls."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from rxrealtime.frames import Frame
from rxrealtime.redaction import redacted

__all__ = ["masked", "origin_of", "without_credentials"]

_MASK: Final = "***"
_NAMES: Final = r"(?:proxy-)?authorization|(?:[\w-]*[-_])?api[-_]?key|[\w-]*[-_](?:token|secret)|password|cookie"
_NEEDLE: Final = re.compile(
    rb'[ser]k[-_]|bearer |authorization|api[-_]?key|[-_](?:token|secret)|password|cookie|"headers"|"server_url"'
    rb"|[?&](?:key|sig|token|code)="
)
"""Is found, in lower case, in every text that has something to mask; most frames have none."""
_LONG: Final = 32
_MARKS: Final = (b"-", b"_", b" ", b"?", b"&")
"""One of these is between the same two quotes as every key, and in every name that is long and has a value to mask."""
_FIELD: Final = re.compile(rf'("(?:{_NAMES})"\s*:\s*)"(?:[^"\\]|\\.)*"?', re.IGNORECASE)
_NESTED: Final = re.compile(rf'(\\"(?:{_NAMES})\\"\s*:\s*)\\"(?:[^"\\]|\\[^"])*(?:\\")?', re.IGNORECASE)
"""The same in JSON inside a string, such as the arguments of a call."""
_HEADERS: Final = re.compile(r'"(?:headers|client_secret)"\s*:\s*\{[^{}]*\}?', re.IGNORECASE)
_VALUE: Final = re.compile(r'(:\s*)"(?:[^"\\]|\\.)*"?')
_QUERY: Final = re.compile(rf"([?&](?:{_NAMES}|key|sig|token|code)=)[^&\"'\s\\]+", re.IGNORECASE)
_ADDRESS: Final = re.compile(
    r'("server_url"\s*:\s*"[\w+.-]+:[\\/]+)(?:[^"/?#@]*@)?([^"\\/?#@]++)([^"]*)', re.IGNORECASE
)
"""An MCP server's: its path may be what lets one in."""
_PUBLIC_KEYS: Final = frozenset({"model", "deployment", "api-version", "call_id", "intent", "provider"})


def without_credentials(frame: Frame) -> Frame:
    """Mask the credentials in a frame: keys by their look, fields and query keys by their name, all values of headers,
    what follows the host in the address of an MCP server.

    Every other byte stays as it is; a frame without credentials is returned unchanged.

    Args:
        frame: A frame, also one that is not JSON.

    Returns:
        The frame to keep.
    """
    data = frame.data
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    if not _NEEDLE.search(_searched(raw)):
        return frame
    kept_text = masked(raw.decode("utf-8", "surrogateescape")) if isinstance(data, bytes) else masked(data)
    kept = kept_text if isinstance(data, str) else kept_text.encode("utf-8", "surrogateescape")
    return frame._replace(data=kept)


def _searched(raw: bytes) -> bytes:
    """Give what has to be searched, in lower case: not the audio, which is most of what comes."""
    return b'"'.join(part if len(part) < _LONG or _is_marked(part) else b"" for part in raw.split(b'"')).lower()


def _is_marked(part: bytes) -> bool:
    return any(mark in part for mark in _MARKS)


def origin_of(url: str) -> str:
    """Give a url as a recording may name it.

    Args:
        url: Where a session connected to.

    Returns:
        The url without user and password, and the values of all query keys masked but for those that are known to be
        none (``model``, ``deployment``, ``api-version`` ...).
    """
    parts = urlsplit(url)
    query = [(key, masked(value) if key in _PUBLIC_KEYS else _MASK) for key, value in parse_qsl(parts.query, True)]
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, urlencode(query, safe="*"), ""))


def masked(text: str) -> str:
    """Mask the credentials in a text; see `without_credentials`."""
    text = _HEADERS.sub(lambda found: _VALUE.sub(rf'\1"{_MASK}"', found[0]), text)
    text = _FIELD.sub(rf'\1"{_MASK}"', text)
    text = _NESTED.sub(rf'\1\\"{_MASK}\\"', text)
    text = _ADDRESS.sub(lambda found: f"{found[1]}{found[2]}{f'/{_MASK}' * bool(found[3])}", text)
    text = _QUERY.sub(rf"\1{_MASK}", text)
    return redacted(text)
