"""The shape of a notebook's outputs: what kinds of things each cell shows, not what they say."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

__all__ = ["SAYS", "private", "shape", "texts", "unsaid"]

SAYS: Final[Mapping[str, tuple[str, ...]]] = {
    "1-first-session": (
        "assistant: I am the embedded server of rxrealtime.",
        "JsonFailed - not JSON",
        "SchemaFailed - response.done: response",
        "BinaryFailed - 2 bytes",
        "UnknownEvent",
        "'closed by us'",
    ),
    "2-composing-operators": ("['completed', 'completed']", "chunks of {960} bytes", "('response.done', 1)"),
    "3-malformed-frames": (
        "37 values for 37 frames",
        "True",
        "fail: ['input_audio_buffer.cleared', 'exception'], not JSON",
        "drop: ['input_audio_buffer.cleared', 'input_audio_buffer.cleared'], closed by us, dropped: {'json': 1}",
    ),
    "4-a-recording": (
        "complete: True",
        'function_call: get_weather({"city": "Oslo"})',
        "{'get_weather': 1} - 4 turns - 0 failures - closed by us",
        "user: Thank you.",
    ),
    "5-tools-and-interruption": (
        "[('get_weather', 'ok')]",
        "asked for: refund",
        "function_call_output: over the limit",
        "interrupted",
        "[incomplete] [heard",
    ),
}
"""What the outputs of each notebook must say, beside their shape: what its text promises to its reader."""

_TAG: Final = re.compile(r"<([a-z]+)")
_IMAGE: Final = re.compile(r"data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)")
_PRIVATE: Final = re.compile(r"(?:/(?:home|root|work|tmp|usr|opt|var|Users)/)|(?: at 0x[0-9a-f]+)|(?:[A-Z]:\\)")


def shape(notebook: Mapping[str, Any]) -> list[list[str]]:
    """Give what each code cell shows.

    Args:
        notebook: A notebook as JSON.

    Returns:
        For each code cell its outputs in order: streams by name, others by their MIME types, HTML by its elements.
        Pieces of one stream count once.
    """
    return [_outputs(cell) for cell in notebook["cells"] if cell["cell_type"] == "code"]


def texts(notebook: Mapping[str, Any]) -> Iterator[str]:
    """Give all that the outputs say, the drawings included."""
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            said = [output.get("text", ""), *output.get("data", {}).values(), *output.get("traceback", [])]
            for part in map(_joined, said):
                yield part
                yield from (base64.b64decode(found).decode() for found in _IMAGE.findall(part))


def private(notebook: Mapping[str, Any]) -> list[str]:
    """Give what tells of the machine on which a notebook was executed: paths and addresses."""
    return [found.group() for text in texts(notebook) for found in _PRIVATE.finditer(text)]


def unsaid(stem: str, notebook: Mapping[str, Any]) -> list[str]:
    """Give what a notebook must say and does not.

    Args:
        stem: The name of its file, without the ending; one that is not in `SAYS` must say something, too.
        notebook: The notebook as JSON.
    """
    said = list(texts(notebook))
    return [words for words in SAYS.get(stem, ("what is in SAYS",)) if not any(words in text for text in said)]


def _outputs(cell: Mapping[str, Any]) -> list[str]:
    found: list[str] = []
    for kind in map(_kind, cell["outputs"]):
        if found[-1:] != [kind] or not kind.startswith("stream"):
            found.append(kind)
    return found


def _kind(output: Mapping[str, Any]) -> str:
    if output["output_type"] == "stream":
        return f"stream {output['name']}"
    if output["output_type"] == "error":
        return f"error {output['ename']}"
    elements = dict.fromkeys(_TAG.findall(_joined(output["data"].get("text/html", ""))))
    return " ".join((output["output_type"], *sorted(output["data"]), *elements))


def _joined(text: object) -> str:
    return "".join(text) if isinstance(text, list) else str(text)
