"""A conversation in the terminal, a line a turn, with a provider or with the embedded server."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing, nullcontext
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Literal

import click
import reactivex
from reactivex import Observable, abc
from reactivex import operators as rx
from reactivex.subject import Subject

from rxrealtime import Agent, Session, Tool, commands, ops, session_config
from rxrealtime.audio import AudioFormat, read_wav
from rxrealtime.cli.keeping import Keeper, keeping
from rxrealtime.cli.lines import lines_of
from rxrealtime.cli.place import Place
from rxrealtime.cli.printable import printable
from rxrealtime.cli.taping import recording
from rxrealtime.cli.telling import OWN, is_foreign, is_told_here, tell, tell_error, tell_failure, warn
from rxrealtime.cli.turning import Ask, Begun, Over, Print, Tell, Waits, shown_step
from rxrealtime.errors import ConfigurationError, RealtimeError, RequestRejectedError
from rxrealtime.events import Error, ResponseCreate, ResponseCreated, SessionConfig
from rxrealtime.events.base import with_event_id
from rxrealtime.settings import merged, output_format

__all__ = ["Talk", "hold_talk", "run_talk"]

Spoken = tuple[bytes, AudioFormat]
_NO_WAITS: Waits = ()


@dataclass(frozen=True, slots=True)
class Talk:
    """What to talk with.

    Args:
        place: Where.
        modality: "text" for written answers, "audio" for spoken ones, of which the transcript is shown.
        tools: What the model may call.
        audio: A WAV file to speak as the first turn.
        folder: Where to keep what was said.
        recording: Where to record the session.
    """

    place: Place
    modality: Literal["text", "audio"] = "text"
    tools: tuple[Tool, ...] = ()
    audio: Path | None = None
    folder: Path | None = None
    recording: Path | None = None

    @property
    def agent(self) -> Agent:
        """What the model is told to be: nothing but how to answer; a file that is spoken is a turn of its own."""
        settings = session_config(output_modalities=(self.modality,))
        if self.audio:
            settings = merged(settings, session_config(turn_detection=None))
        return Agent("talk", tools=self.tools, settings=settings)


def run_talk(talk: Talk, descriptor: int) -> None:
    """Hold a talk; files are read before it and written after it, however it ended.

    Args:
        talk: With what, and how.
        descriptor: What to read the user's lines from.

    Raises:
        RealtimeError: As `hold_talk`; or the file or the folder is not possible, or what was said cannot be kept.
    """
    spoken = _read(talk.audio) if talk.audio else None
    if talk.folder is None:
        asyncio.run(hold_talk(talk, descriptor, spoken))
        return
    with keeping(talk.folder, tell) as keeper:
        asyncio.run(hold_talk(talk, descriptor, spoken, keeper))


async def hold_talk(talk: Talk, descriptor: int, spoken: Spoken | None = None, keeper: Keeper | None = None) -> None:
    """Talk until the input ends, or a line says ``/quit``; ``/history`` shows the conversation so far.

    Args:
        talk: With what, and how.
        descriptor: What to read the user's lines from.
        spoken: What to speak as the first turn.
        keeper: Who keeps what was said.

    Raises:
        RealtimeError: The session was not opened, was refused its configuration, or was lost.
    """
    session = Session(talk.place.transport(), agent=talk.agent)
    warn(talk.place)
    session.failures.pipe(rx.filter(is_told_here)).subscribe(tell_failure, on_error=_leave)
    session.events.pipe(ops.of_type(Error), rx.filter(is_foreign)).subscribe(tell_error, on_error=_leave)
    session.faults.subscribe(lambda fault: tell(f"contained: {fault}"))
    if keeper:
        session.audio.subscribe(keeper.hear, on_error=_leave)
    try:
        async with recording(session, talk.recording) if talk.recording else nullcontext():
            await _converse(session, spoken, descriptor)
    except RealtimeError as error:
        ended = session.closed.outcome  # a send that the end of the session overtook knows less of it
        raise (ended.cause if ended and ended.cause else error) from None
    finally:
        if keeper:
            keeper.take(session.history.value, output_format(session.config or SessionConfig()))


def _read(file: Path) -> Spoken:
    try:
        return read_wav(file.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"--audio {file}: {error.strerror}") from error
    except ValueError as error:
        raise ConfigurationError(f"--audio {file}: {error}") from error


async def _converse(session: Session, spoken: Spoken | None, descriptor: int) -> None:
    prompt = "> " if os.isatty(descriptor) and sys.stdout.isatty() else ""
    # before the session is open: a server that speaks first may do so in one piece with session.created
    shown = aiter(_everything(session).pipe(ops.mealy(shown_step, _NO_WAITS), ops.to_async_iterable()))
    async with session, aclosing(lines_of(descriptor)) as lines:
        if prompt:
            tell("end with Ctrl-D or /quit; /history shows the conversation")
        turn = _Turn(session, shown, lines, prompt)
        if spoken:
            await turn.speak(*spoken)
        while (line := await turn.next_line(prompt)) is not None:
            await turn.take(line)


def _everything(session: Session) -> Observable[object]:
    """Give what happens in a session as one stream, and before the end of each response how long it took."""

    def subscribe(observer: abc.ObserverBase[object], scheduler: abc.SchedulerBase | None) -> abc.DisposableBase:
        traffic: Subject[object] = Subject()
        traffic.pipe(ops.latencies()).subscribe(observer.on_next, _leave, scheduler=scheduler)
        traffic.subscribe(observer)
        return reactivex.merge(session.events, session.activity, session.sent).subscribe(traffic, scheduler=scheduler)

    return Observable(subscribe)


class _Turn:
    """One turn after the other."""

    def __init__(self, session: Session, shown: AsyncIterator[Any], lines: AsyncIterator[str], prompt: str) -> None:
        self._session = session
        self._shown = shown
        self._lines = lines
        self._prompt = prompt
        self._numbers = count(1)
        self._over = False
        self._open = False

    async def speak(self, pcm16: bytes, format: AudioFormat) -> None:
        """Speak a recording as the user's turn, and show the answer."""
        await self._session.audio_in(reactivex.of(pcm16), format=format, respond=False)
        await self._answer(*commands.respond())

    async def take(self, line: str) -> None:
        """Say a line, or do what it commands, and show the answer."""
        if line.strip() == "/history":
            click.echo(printable(str(self._session.history.value)))
            return
        message, create = commands.say(line)
        await self._session.send(message)
        await self._answer(create)

    async def _answer(self, create: ResponseCreate) -> None:
        """Ask for an answer, and show it; what the server says before, unasked, is shown too."""
        try:
            event_id = f"{OWN}{next(self._numbers)}"
            created = await self._session.request(with_event_id(create, event_id), timeout=None)
        except RequestRejectedError as refused:
            tell(str(refused))
            return
        await self._show(created.response.id if isinstance(created, ResponseCreated) else None)

    async def next_line(self, prompt: str) -> str | None:
        """Wait for a line that says something; None at the end of the input, and for ``/quit``.

        Raises:
            Exception: What ended the session meanwhile.
        """
        line: str | None = None if self._over else ""
        while line is not None and not line.strip():
            click.echo(prompt, nl=False)
            line = await _unless_closed(self._session, anext(self._lines, None))
            if line is None and prompt:
                click.echo()
        self._over = line is None or line.strip() == "/quit"
        return None if self._over else line

    async def _show(self, response_id: str | None) -> None:
        """Show what happens until the answer is complete that begins with a response; None stands for any."""
        begun = response_id is None
        async for shown in self._shown:
            match shown:
                case Print():
                    self._print(shown.text)
                case Tell():
                    self._remark(shown.text)
                case Ask():
                    await self._ask(shown)
                case Begun():
                    begun = begun or shown.response_id == response_id
                case Over():
                    self._end_line()
                    if begun:
                        return

    def _print(self, text: str) -> None:
        click.echo(text, nl=False)
        self._open = not text.endswith("\n") if text else self._open

    def _remark(self, text: str) -> None:
        """Tell something; on a terminal it does not stand in the line of the answer."""
        self._end_line()
        tell(text)

    def _end_line(self) -> None:
        if self._open:
            click.echo()
        self._open = False

    async def _ask(self, ask: Ask) -> None:
        """Ask whether a call may run; the end of the input is no, and so is whatever is not yes."""
        self._remark(ask.question)
        answer = await self.next_line("y/n> " if self._prompt else "")
        allowed = (answer or "").strip().lower() in ("y", "yes")
        if allowed:
            await self._session.approve(ask.call_id)
        else:
            await self._session.reject(ask.call_id)


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


def _leave(_: Exception) -> None:
    """Ignore the end of the session here: it is raised where the session is used."""
