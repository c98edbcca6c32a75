"""Credentials never enter a recording."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rxrealtime import Frame, open_recording
from rxrealtime.recording.credentials import masked, origin_of, without_credentials
from rxrealtime.recording.entries import Header, Mark
from rxrealtime.recording.write import RecordingWriter
from rxrealtime.testing.strategies import frames

CANARY = "c4n4ry-7f3a9b"


def _mcp(**fields: object) -> str:
    tool = {"type": "mcp", "server_label": "shop", "server_url": "https://shop.example/mcp", **fields}
    return json.dumps({"type": "session.update", "session": {"type": "realtime", "tools": [tool]}})


HOLDERS = {
    "authorization of a tool": _mcp(authorization=CANARY),
    "bearer": _mcp(authorization=f"Bearer {CANARY}"),
    "headers of a tool": _mcp(headers={"X-Anything": CANARY, "Other": f"a {CANARY} b"}),
    "key in a url": _mcp(server_url=f"https://shop.example/mcp?api-key={CANARY}&page=1"),
    "token in a url": _mcp(server_url=f"https://shop.example/mcp?page=1&access_token={CANARY}"),
    "path of a url": _mcp(server_url=f"https://shop.example/{CANARY}/mcp"),
    "password in a url": _mcp(server_url=f"https://user:{CANARY}@shop.example/mcp"),
    "user of a url": _mcp(server_url=f"https://{CANARY}@shop.example"),
    "client secret": json.dumps({"client_secret": {"value": CANARY, "expires_at": 1}}),
    "client secret, plain": json.dumps({"client_secret": CANARY}),
    "a quoted key": json.dumps({"type": "error", "error": {"message": f"Incorrect API key: sk-{CANARY}."}}),
    "an ephemeral key": json.dumps({"value": f"ek_{CANARY}"}),
    "a header in a message": json.dumps({"message": f"Authorization: Bearer {CANARY}"}),
    "arguments": json.dumps({"arguments": json.dumps({"api_key": CANARY, "city": "Oslo"})}),
    "names in capitals": json.dumps({"API-KEY": CANARY, "Proxy-Authorization": CANARY, "Cookie": CANARY}),
    "escaped quotes": json.dumps({"password": f'"{CANARY}'}),
    "a frame that is cut off": _mcp(authorization=CANARY).partition(CANARY)[0] + CANARY,
}


@pytest.mark.parametrize("holder", HOLDERS)
@pytest.mark.parametrize("form", ["bytes", "text", "not UTF-8"])
def test_s5_no_credential_enters_a_recording(tmp_path: Path, holder: str, form: str) -> None:
    """Wherever it stands, in a good frame or a broken one."""
    text = HOLDERS[holder]
    assert CANARY in text
    data = text if form == "text" else text.encode() if form == "bytes" else b"\xff" + text.encode()
    writer = RecordingWriter(tmp_path / "x.jsonl")
    writer.write(Frame("sent", data))
    writer.mark(Mark("failure", 0.0, f"Bearer {CANARY}", {"reason": f"the key sk-{CANARY} is wrong"}))
    writer.close()
    assert CANARY.encode() not in (tmp_path / "x.jsonl").read_bytes()
    (frame,) = open_recording(tmp_path / "x.jsonl").frames()
    assert CANARY.encode() not in (frame.data if isinstance(frame.data, bytes) else frame.data.encode())
    if form != "not UTF-8" and holder != "a frame that is cut off":
        json.loads(frame.data)  # it is still JSON


def test_the_rest_of_a_frame_with_a_credential_stays() -> None:
    """Byte for byte."""
    before = '{ "a" :1,  "authorization" : "secret", "headers":{"N" : "v"}, "é":"\\u00e9"}'
    after = '{ "a" :1,  "authorization" : "***", "headers":{"N" : "***"}, "é":"\\u00e9"}'
    assert without_credentials(Frame("sent", before)).data == after
    assert without_credentials(Frame("sent", before.encode())).data == after.encode()


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://shop.example", "https://shop.example"),
        ("https://shop.example/s/1/mcp?page=1", "https://shop.example/***"),
        ("https://me:1@shop.example:81/mcp", "https://shop.example:81/***"),
        ("https:\\/\\/shop.example\\/mcp", "https:\\/\\/shop.example/***"),
    ],
)
def test_of_the_address_of_an_mcp_server_the_host_is_kept(url: str, kept: str) -> None:
    """The rest may be what lets one in."""
    text = f'{{"server_label":"a","server_url":"{url}","type":"mcp"}}'
    assert without_credentials(Frame("sent", text)).data == text.replace(url, kept)


_HOLDERS = re.compile("authorization|headers|server_url|secret|token|key")


@given(st.one_of(frames().filter(lambda data: not _HOLDERS.search(str(data))), st.binary(max_size=64)))
def test_a_frame_without_credentials_stays_the_same_object(data: bytes | str) -> None:
    """Most are looked through once and not touched."""
    frame = Frame("received", data)
    assert without_credentials(frame) is frame


_PIECES = st.sampled_from(
    [
        *("sk-", "ek_", "Bearer ", "authorization", "x-api_key", "apikey", "-token", "_secret", "password", "cookie"),
        *('"', '\\"', ":", "{", "}", " ", "\n", "?", "&", "=", "key=", '"headers":{', "AbCd" * 9, "é", "abcdef"),
    ]
)


@given(st.lists(_PIECES, max_size=24).map("".join))
def test_what_is_looked_over_quickly_is_masked_as_if_it_was_not(text: str) -> None:
    """Long strings without anything that a credential has, such as audio, are not searched; nothing gets lost by it."""
    assert without_credentials(Frame("received", text)).data == masked(text)
    assert without_credentials(Frame("received", text.encode())).data == masked(text).encode()


def test_a_url_is_named_without_credentials(tmp_path: Path) -> None:
    """User, password and the values of unknown keys are left out; the model stays."""
    url = f"wss://user:{CANARY}@host:1/v1/realtime?model=gpt-realtime&api-key={CANARY}&other={CANARY}#{CANARY}"
    named = origin_of(url)
    assert named == "wss://host:1/v1/realtime?model=gpt-realtime&api-key=***&other=***"
    assert origin_of("") == ""
    assert Header(origin=named).origin == named
