"""What a conversation in the terminal says beside it, on stderr: warnings, failures, errors of the server."""

from __future__ import annotations

import click

from rxrealtime.cli.place import Place
from rxrealtime.cli.printable import one_line
from rxrealtime.events import Error, ExceptionEvent, FailureKind

__all__ = ["OWN", "is_foreign", "is_told_here", "tell", "tell_error", "tell_failure", "warn"]

OWN = "talk_"
"""How the ids of our requests begin: who asked reports their rejection, nobody else."""


def warn(place: Place) -> None:
    """Say what is worth knowing of a place before anybody talks there."""
    if place.embedded:
        tell("no OPENAI_API_KEY and no --url: talking to the embedded server, which is no model")
    if place.exposes_key:
        tell("the key is sent unencrypted: use wss:// beyond this machine")


def is_told_here(failure: ExceptionEvent) -> bool:
    """Leave out what is told elsewhere: the end of the session, and how a response ended."""
    return failure.kind not in (FailureKind.CONNECTION, FailureKind.RESPONSE)


def is_foreign(event: Error) -> bool:
    """Tell whether an error answers no request of ours, for which whoever asked reports it."""
    return not (event.detail.event_id or "").startswith(OWN)


def tell_failure(failure: ExceptionEvent) -> None:
    """Say what failed, and why."""
    what = "frame" if failure.frame else failure.event_type or failure.kind.value
    tell(f"a {what} failed ({failure.kind.value}): {failure.exception}")


def tell_error(event: Error) -> None:
    """Say what the server reports."""
    tell(f"the server reports an error: {event.detail.message or event.detail.code or 'without a message'}")


def tell(message: str) -> None:
    """Say something in one line, whatever is in it."""
    click.echo(f"rxrealtime: {one_line(message)}", err=True)
