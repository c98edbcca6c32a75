"""Counting tokens, plausibly."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rxrealtime.audio import PCM16_24K
from rxrealtime.events import ContentPart, FunctionCall, FunctionCallOutput, Item, McpApprovalResponse, Message
from rxrealtime.server.tokens import count_items, count_spoken, count_text, pieces, usage


@given(st.text())
def test_pieces_joined_are_the_text(text: str) -> None:
    """Cutting a text into pieces loses nothing, and each piece is one token."""
    assert "".join(pieces(text)) == text
    assert count_text(text) == len(pieces(text))


def test_rates_of_audio() -> None:
    """The user's audio costs a token per 100 ms, the model's one per 50 ms, rounded up."""
    audio = bytes(PCM16_24K.ms_to_bytes(110))
    item = Message(role="user", content=(ContentPart(type="input_audio", audio=audio),))
    assert count_items([(item, PCM16_24K)]) == (0, 2, 0)
    assert count_spoken(len(audio), PCM16_24K) == 3


def test_items() -> None:
    """Text, arguments and outputs count as text; items of other kinds as nothing."""
    items: list[Item] = [
        Message(role="user", content=(ContentPart(type="input_text", text="two words"),)),
        FunctionCall(name="f", arguments='{"a": 1}'),
        FunctionCallOutput(output="done"),
        McpApprovalResponse(approve=True),
    ]
    assert count_items((item, PCM16_24K) for item in items) == (2 + 3 + 1, 0, 0)


def test_usage_adds_up() -> None:
    """Totals are the sums of their parts."""
    found = usage((3, 4, 0), (5, 6))
    assert (found.input_tokens, found.output_tokens, found.total_tokens) == (7, 11, 18)
