"""The shape of a notebook's outputs: what kinds of things each cell shows, not what they say."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

__all__ = ["private", "shape", "texts"]

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
