"""Session configurations for tests: any that the GA protocol can express, and some that it cannot."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from rxrealtime.events import SessionConfig

__all__ = ["configs", "mcp_with"]

_WORDS = st.sampled_from(["", "a", "b", "marin", "server_vad", "semantic_vad", "auto", "audio/pcm", "pcm16"])
_NUMBERS = st.integers(-5, 30_000) | st.floats(0, 2)
_NAMES = st.lists(st.sampled_from(["text", "audio", "a", "b"]), max_size=3)
_FREE = st.recursive(
    st.none() | st.booleans() | _NUMBERS | _WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_WORDS, inner, max_size=3),
    max_leaves=6,
)
_OBJECT = st.dictionaries(_WORDS, _FREE, max_size=3)


def _some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Any of these fields, each with a value, null, or absent."""
    return st.fixed_dictionaries({}, optional={name: st.none() | values for name, values in fields.items()})


_FORMAT = _WORDS | _some(type=_WORDS, rate=st.sampled_from([8_000, 24_000]))
_VOICE = _WORDS | _some(id=_WORDS, name=_WORDS)
_INPUT = _some(
    format=_FORMAT,
    transcription=_some(model=_WORDS, language=_WORDS, keywords=_NAMES, zork=_FREE),
    noise_reduction=_some(type=_WORDS, strength=_NUMBERS),
    turn_detection=_some(type=_WORDS, threshold=_NUMBERS, eagerness=_WORDS, create_response=st.booleans(), zork=_FREE),
)
_TOOL = _some(
    type=st.sampled_from(["function", "mcp"]),
    name=_WORDS,
    description=_WORDS,
    parameters=_OBJECT,
    server_label=_WORDS,
    authorization=_WORDS,
    allowed_tools=_NAMES | _OBJECT,
    require_approval=_WORDS | _OBJECT,
)
_SESSION = _some(
    instructions=_WORDS,
    output_modalities=_NAMES,
    audio=_some(input=_INPUT, output=_some(format=_FORMAT, voice=_VOICE, speed=_NUMBERS)),
    tools=st.lists(_TOOL, max_size=3),
    tool_choice=_WORDS | _some(type=_WORDS, name=_WORDS),
    parallel_tool_calls=st.booleans(),
    reasoning=_some(effort=_WORDS),
    max_output_tokens=st.integers(1, 4096) | st.just("inf"),
    truncation=_WORDS | _some(type=_WORDS, retention_ratio=_NUMBERS),
    prompt=_some(id=_WORDS, variables=_OBJECT),
    tracing=_WORDS | _some(workflow_name=_WORDS, metadata=_OBJECT),
    include=_NAMES,
    zork=_FREE,
)


def configs() -> st.SearchStrategy[SessionConfig]:
    """Any configuration; what is not drawn is not set."""
    return _SESSION.map(SessionConfig.model_validate)


def mcp_with(secret: str) -> dict[str, Any]:
    """The tools of an MCP server, whose address, authorization and headers hold a secret."""
    return {
        "type": "mcp",
        "server_label": "shop",
        "server_url": f"https://shop.example/{secret}/mcp",
        "authorization": secret,
        "headers": {"api-key": secret},
    }
