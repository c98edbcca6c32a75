"""Remarks on what happens in a conversation, in the words of every command."""

from __future__ import annotations

from rxrealtime.activity import Interrupted
from rxrealtime.events import Response, StatusDetails

__all__ = ["cut_remark", "end_remark"]


def cut_remark(interrupted: Interrupted) -> str:
    """Tell how much of an answer was heard that was interrupted."""
    heard, received = interrupted.heard_ms / 1000, interrupted.received_ms / 1000
    return f"interrupted after {heard:.1f} s of {received:.1f} s"


def end_remark(response: Response) -> str | None:
    """Tell how a response ended that did not complete, and why if that is known; None of one that did."""
    if response.status in (None, "completed"):
        return None
    details = response.status_details
    error = details.error if isinstance(details, StatusDetails) else None
    reason = details.reason if isinstance(details, StatusDetails) else details
    why = error.message if error and error.message else reason
    return f"the response is {response.status}" + (f": {why}" if why else "")
