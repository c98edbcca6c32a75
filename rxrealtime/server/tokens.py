"""Counting tokens, plausibly: nobody here has a tokenizer, but the sums are right.

Source: the rates of audio are the documented ones of 2026-08: a token per 100 ms of the user's audio and per 50 ms of
the model's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from math import ceil
from typing import Final

from rxrealtime.audio import AudioFormat
from rxrealtime.events import (
    ContentPart,
    FunctionCall,
    FunctionCallOutput,
    InputTokenDetails,
    Item,
    Message,
    OutputTokenDetails,
    Usage,
)

__all__ = ["NO_USAGE", "count_items", "count_spoken", "count_text", "pieces", "usage"]

_PIECE: Final = re.compile(r"\s*\S{1,16}|\s+")
_INPUT_TOKEN_MS: Final = 100
_OUTPUT_TOKEN_MS: Final = 50
_IMAGE_TOKENS: Final = 85
"""Of any image: nobody looks at it."""


def pieces(text: str) -> list[str]:
    """Cut a text as a model gives it out, a word with the blank before it at a time; joined they are the text."""
    return _PIECE.findall(text)


def count_text(text: str) -> int:
    """Return how many tokens a text is counted as."""
    return len(pieces(text))


def count_spoken(n_bytes: int, format: AudioFormat) -> int:
    """Return how many tokens the model's audio is counted as."""
    return ceil(format.bytes_to_ms(n_bytes) / _OUTPUT_TOKEN_MS)


def count_items(items: Iterable[tuple[Item, AudioFormat]]) -> tuple[int, int, int]:
    """Return how many tokens of text, of audio and of images a context is counted as."""
    counted = [_count_item(item, format) for item, format in items]
    return sum(c[0] for c in counted), sum(c[1] for c in counted), sum(c[2] for c in counted)


def _count_item(item: Item, format: AudioFormat) -> tuple[int, int, int]:
    match item:
        case Message():
            return _count_parts(item.content or (), format)
        case FunctionCall():
            return count_text(item.arguments or "") + 1, 0, 0
        case FunctionCallOutput():
            return count_text(item.output or ""), 0, 0
        case _:
            return 0, 0, 0


def _count_parts(parts: Iterable[ContentPart], format: AudioFormat) -> tuple[int, int, int]:
    found = tuple(parts)
    audio = sum(ceil(format.bytes_to_ms(len(part.audio or b"")) / _INPUT_TOKEN_MS) for part in found)
    images = sum(_IMAGE_TOKENS for part in found if part.image_url)
    return sum(count_text(part.text or "") for part in found), audio, images


def usage(input_tokens: tuple[int, int, int], output_tokens: tuple[int, int]) -> Usage:
    """Return the usage of a response.

    Args:
        input_tokens: Tokens of text, of audio and of images in its context.
        output_tokens: Tokens of text and of audio that it gave out.
    """
    text, audio, images = input_tokens
    uncached = InputTokenDetails(text_tokens=0, audio_tokens=0, image_tokens=0)
    return Usage(
        total_tokens=sum(input_tokens) + sum(output_tokens),
        input_tokens=sum(input_tokens),
        output_tokens=sum(output_tokens),
        input_token_details=InputTokenDetails(
            text_tokens=text, audio_tokens=audio, image_tokens=images, cached_tokens=0, cached_tokens_details=uncached
        ),
        output_token_details=OutputTokenDetails(text_tokens=output_tokens[0], audio_tokens=output_tokens[1]),
    )


NO_USAGE: Final = usage((0, 0, 0), (0, 0))
"""The usage of a response that failed, as recorded in issue threads: zeros."""
