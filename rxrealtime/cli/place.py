"""Where to talk: a provider, or the embedded server."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from rxrealtime import OPENAI_URL, Transport, WebSocketTransport, realtime_url
from rxrealtime.hosts import is_loopback
from rxrealtime.loopback import LoopbackTransport

__all__ = ["Place"]

_LOOPBACK = "loopback:"


@dataclass(frozen=True, slots=True)
class Place:
    """Where to talk.

    Args:
        url: What the user named; None if nothing.
        model: The model, None for the default.
        key: The key, None if there is none.
    """

    url: str | None = None
    model: str | None = None
    key: str | None = field(default=None, repr=False)

    @property
    def embedded(self) -> bool:
        """Whether it is the embedded server, for want of anything else."""
        return self.url is None and self.key is None

    @property
    def exposes_key(self) -> bool:
        """Whether the key goes over the network in the clear."""
        plain = (self.url or "").startswith(("ws:", "http:"))
        return self.key is not None and plain and not is_loopback(urlsplit(self.url or "").hostname or "")

    def transport(self) -> Transport:
        """Build the transport.

        Raises:
            ConfigurationError: The url or the model is not possible.
        """
        if self.embedded or self.url == _LOOPBACK:
            return LoopbackTransport()
        url = realtime_url(self.url or OPENAI_URL, model=self.model)
        return WebSocketTransport(url, api_key=self.key)
