"""What every picture can do: show itself in a notebook, and become SVG, HTML or PNG."""

from __future__ import annotations

import base64
from abc import ABC, abstractmethod
from collections.abc import Callable
from importlib import import_module
from typing import Any

from rxrealtime.errors import ConfigurationError
from rxrealtime.views.svg import drawing, escaped, label

__all__ = ["Picture", "image"]


class Picture(ABC):
    """A picture that is a value. A notebook shows it as an image, also on a page that is not trusted."""

    __slots__ = ()

    @abstractmethod
    def to_svg(self) -> str:
        """Draw it."""

    @property
    @abstractmethod
    def title(self) -> str:
        """What it shows, in a few words."""

    def to_html(self) -> str:
        """Give a page of its own that needs nothing else."""
        title = escaped(self.title)
        return (
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
            f"<body>{self.to_svg()}</body></html>\n"
        )

    def to_png(self, scale: float = 2.0) -> bytes:
        """Give the picture in points; needs the extra ``rxrealtime[png]``.

        Args:
            scale: Points a unit of the drawing, above 0.

        Raises:
            ConfigurationError: The extra is not installed, or the machine has no fonts: all text would be missing.
        """
        return rendered(self.to_svg(), scale)

    def _repr_html_(self) -> str:
        return image(self.to_svg(), self.title)


def image(svg: str, title: str) -> str:
    """Give a drawing as an image that is shown in an untrusted notebook, too.

    Args:
        svg: The drawing.
        title: What is read out in its place.
    """
    data = base64.b64encode(svg.encode()).decode("ascii")
    return f'<img alt="{escaped(title)}" src="data:image/svg+xml;base64,{data}"/>'


def rendered(svg: str, scale: float = 2.0) -> bytes:
    """Render a drawing as PNG.

    Args:
        svg: The drawing.
        scale: Points a unit of the drawing, above 0.

    Raises:
        ConfigurationError: resvg-py is not installed, or finds no fonts.
    """
    try:
        resvg_py = import_module("resvg_py")
    except ImportError as error:
        raise ConfigurationError("pictures in points need resvg-py: pip install 'rxrealtime[png]'") from error
    if not _has_fonts(resvg_py.svg_to_bytes):
        raise ConfigurationError("no fonts are found, so that text would be missing: install some, such as DejaVu")
    return bytes(resvg_py.svg_to_bytes(svg_string=svg, zoom=scale))


def _has_fonts(render: Callable[..., Any]) -> bool:
    """Tell whether text leaves a trace: without fonts it vanishes in silence."""
    empty, written = drawing(20, 20, ()), drawing(20, 20, (label(0, 15, "W"),))
    return bytes(render(svg_string=empty)) != bytes(render(svg_string=written))
