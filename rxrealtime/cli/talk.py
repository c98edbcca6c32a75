"""A conversation in the terminal, a line a turn, with a provider or with the embedded server."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Literal
from urllib.parse import urlsplit

import click
from reactivex import operators as rx

from rxrealtime import OPENAI_URL, EventsDropped, Session, WebSocketTransport, commands, ops, realtime_url
from rxrealtime.cli.lines import lines_of
from rxrealtime.cli.printable import one_line, printable
from rxrealtime.errors import RealtimeError, RequestRejectedError
from rxrealtime.events import (
    Error,
    ExceptionEvent,
    FailureKind,
    Response,
    ResponseCreated,
    ResponseDone,
    ResponseOutputAudioTranscriptDelta,
    ResponseOutputTextDelta,
    StatusDetails,
)
from rxrealtime.hosts import is_loopback

__all__ = ["Place", "hold_talk"]

_LOOPBACK = "loopback:"
_OWN = "talk_"
"""How the ids of our requests begin: who asked reports their rejection, nobody else."""


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

    def session(self) -> Session:
        """Build the session.

        Raises:
            ConfigurationError: The url or the model is not possible.
        """
        if self.embedded or self.url == _LOOPBACK:
            return Session(_LOOPBACK)
        url = realtime_url(self.url or OPENAI_URL, model=self.model)
        return Session(WebSocketTransport(url, api_key=self.key))


async def hold_talk(place: Place, modality: Literal["text", "audio"], descriptor: int) -> None:
    """Talk until the input ends, or a line says ``/quit``.

    Args:
        place: Where.
        modality: "text" for written answers, "audio" for spoken ones, of which the transcript is shown.
        descriptor: What to read the user's lines from.

    Raises:
        RealtimeError: The session was not opened, was refused its configuration, or was lost.
    """
    session = place.session()
    if place.embedded:
        _tell("no OPENAI_API_KEY and no --url: talking to the embedded server, which is no model")
    if place.exposes_key:
        _tell("the key is sent unencrypted: use wss:// beyond this machine")
    session.failures.pipe(rx.filter(_is_survived)).subscribe(_tell_failure, on_error=_leave)
    session.events.pipe(ops.of_type(Error), rx.filter(_is_foreign)).subscribe(_tell_error, on_error=_leave)
    session.faults.subscribe(lambda fault: _tell(f"contained: {fault}"))
    try:
        await _converse(session, modality, descriptor)
    except RealtimeError as error:
        ended = session.closed.outcome  # a send that the end of the session overtook knows less of it
        raise (ended.cause if ended and ended.cause else error) from None


async def _converse(session: Session, modality: str, descriptor: int) -> None:
    prompt = "> " if os.isatty(descriptor) and sys.stdout.isatty() else ""
    async with session, aclosing(lines_of(descriptor)) as lines:
        (update,) = commands.configure(output_modalities=(modality,))
        await session.request(update.model_copy(update={"event_id": f"{_OWN}session"}))
        numbers = count(1)
        while (line := await _next_line(session, lines, prompt)) is not None:
            await _turn(session, line, next(numbers))


async def _next_line(session: Session, lines: AsyncIterator[str], prompt: str) -> str | None:
    """Wait for a line that says something; None at the end of the input, and for ``/quit``.

    Raises:
        Exception: What ended the session meanwhile.
    """
    line: str | None = ""
    while line is not None and not line.strip():
        click.echo(prompt, nl=False)
        line = await _unless_closed(session, anext(lines, None))
    if line is None and prompt:
        click.echo()
    return None if line is None or line.strip() == "/quit" else line


async def _unless_closed(session: Session, awaitable: Any) -> Any:
    """Wait for something as long as the session lives; give None if it ends.

    Raises:
        Exception: What ended it.
    """
    waiting, closed = asyncio.ensure_future(awaitable), asyncio.ensure_future(_closed(session))
    try:
        await asyncio.wait((waiting, closed), return_when=asyncio.FIRST_COMPLETED)
        if not closed.done():
            return waiting.result()
        cause = closed.result()
        if cause is not None:
            raise cause
        return None
    finally:
        for task in (waiting, closed):
            task.cancel()
        await asyncio.gather(waiting, closed, return_exceptions=True)


async def _closed(session: Session) -> Exception | None:
    return (await session.closed).cause


async def _turn(session: Session, line: str, number: int) -> None:
    """Say a line, and print the answer while it comes."""
    message, create = commands.say(line)
    try:
        await session.send(message)
        created = await session.request(create.model_copy(update={"event_id": f"{_OWN}response_{number}"}))
    except RequestRejectedError as refused:
        _tell(str(refused))
        return
    if isinstance(created, ResponseCreated):
        await _print_answer(session, created.response)


async def _print_answer(session: Session, response: Response) -> None:
    async for event in session:
        match event:
            case ResponseOutputTextDelta() | ResponseOutputAudioTranscriptDelta():
                click.echo(printable(event.delta), nl=False)
            case EventsDropped():
                _tell(f"{event.count} pieces of the answer were dropped: the terminal is too slow")
            case ResponseDone() if event.response.id == response.id:
                click.echo()
                _tell_status(event.response)
                return


def _tell_status(response: Response) -> None:
    if response.status in (None, "completed"):
        return
    details = response.status_details
    error = details.error if isinstance(details, StatusDetails) else None
    reason = details.reason if isinstance(details, StatusDetails) else details
    why = error.message if error and error.message else reason
    _tell(f"the response is {response.status}" + (f": {why}" if why else ""))


def _is_survived(failure: ExceptionEvent) -> bool:
    return failure.kind is not FailureKind.CONNECTION


def _is_foreign(event: Error) -> bool:
    return not (event.detail.event_id or "").startswith(_OWN)


def _tell_failure(failure: ExceptionEvent) -> None:
    _tell(f"a frame failed ({failure.kind.value}): {failure.exception}")


def _tell_error(event: Error) -> None:
    _tell(f"the server reports an error: {event.detail.message or event.detail.code or 'without a message'}")


def _tell(message: str) -> None:
    click.echo(f"rxrealtime: {one_line(message)}", err=True)


def _leave(_: Exception) -> None:
    """Ignore the end of the session here: it is raised where the session is used."""
