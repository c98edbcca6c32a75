"""Where a session connects to: pure decisions."""

from __future__ import annotations

import pytest

from rxrealtime import ConfigurationError, InvalidUrlError, WebSocketTransport, realtime_url
from rxrealtime.transport.endpoints import origin


def test_the_default_is_the_providers_endpoint_with_the_default_model() -> None:
    """Host, path and model as the reference has them."""
    assert realtime_url() == "wss://api.openai.com/v1/realtime?model=gpt-realtime"


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("https://h/v1", "wss://h/v1/realtime?model=m"),
        ("http://h:1/v1/", "ws://h:1/v1/realtime?model=m"),
        ("wss://h/v1/realtime?api-version=1&x=", "wss://h/v1/realtime?api-version=1&x=&model=m"),
        ("wss://h/v1/realtime?model=other", "wss://h/v1/realtime?model=m"),
        ("wss://h/custom/path", "wss://h/custom/path?model=m"),
    ],
)
def test_base_path_query_and_model_compose_without_losing_values(base: str, expected: str) -> None:
    """http becomes ws, the query is kept, the named model wins."""
    assert realtime_url(base, model="m") == expected


@pytest.mark.parametrize("query", ["model=x", "call_id=rtc_1", "deployment=d", "intent=transcription"])
def test_a_base_that_says_what_it_opens_gets_no_default_model(query: str) -> None:
    """What the caller wrote is used as it is."""
    assert realtime_url(f"wss://h/v1/realtime?{query}") == f"wss://h/v1/realtime?{query}"


def test_a_call_takes_the_place_of_the_model() -> None:
    """Attach and create exclude each other."""
    assert realtime_url(call_id="rtc_1") == "wss://api.openai.com/v1/realtime?call_id=rtc_1"
    with pytest.raises(ConfigurationError, match="not both"):
        realtime_url(model="m", call_id="rtc_1")
    with pytest.raises(ConfigurationError, match="empty"):
        realtime_url(call_id="")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("ftp://h/", "ws:// or wss://"),
        ("", "ws:// or wss://"),
        ("api.openai.com", "ws:// or wss://"),
        ("wss://", "no host"),
        ("wss://h:99999/", "not a url"),
        ("wss://h:0/", "no valid port"),
        ("wss://user:secret@h/", "no credentials in the url"),
        ("wss://h/#part", "no fragment"),
        ("wss://[::1", "not a url"),
    ],
)
def test_a_wrong_url_is_refused_with_one_sentence_that_gives_nothing_away(url: str, said: str) -> None:
    """Before anything is opened; the message holds neither password nor query."""
    with pytest.raises(InvalidUrlError, match=said) as raised:
        WebSocketTransport(url)
    assert "secret" not in str(raised.value)


def test_origin_has_the_default_ports() -> None:
    """RFC 6454, section 4."""
    assert origin("https://H/x") == origin("wss://h:443/y") == ("wss", "h", 443)
    assert origin("ws://h") == ("ws", "h", 80)


@pytest.mark.parametrize(
    "headers", [{"Host": "x"}, {"sec-websocket-key": "x"}, {"User-Agent": "x"}, {"X-A": "a\r\nB: c"}, {"Ä": "x"}]
)
def test_reserved_or_broken_headers_are_refused_by_name(headers: dict[str, str]) -> None:
    """Nothing of the handshake can be smuggled in, and no value is quoted."""
    with pytest.raises(ConfigurationError, match="header"):
        WebSocketTransport("wss://h/", headers=headers)


def test_the_repr_of_a_transport_shows_neither_query_nor_credentials() -> None:
    """A notebook prints it."""
    transport = WebSocketTransport("wss://h/v1?api-key=secret", api_key="secret", headers={"X-Key": "secret"})
    assert repr(transport) == "WebSocketTransport(wss://h/v1)"
