"""The command line: ``rxrealtime demo``, ``talk``, ``serve``, ``record``, ``replay`` and ``convert``.

Only click is imported here; what a command needs is imported when it runs.
"""

from __future__ import annotations

import logging
import os
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from rxrealtime._version import __version__
from rxrealtime.errors import ConfigurationError, RealtimeError

__all__ = ["main"]

if TYPE_CHECKING:
    from rxrealtime.cli.showing import Style

_INTERRUPTED: Final = 130
_STYLES: Final[dict[str, Style]] = {"json": "json", "plain": "plain"}


class _Reporting(click.Group):
    """A group whose commands end with one line and no traceback where something is wrong."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; exit code 1 for what went wrong, 130 for Ctrl-C."""
        from rxrealtime.cli.printable import one_line

        _prepare_streams()
        try:
            return super().invoke(ctx)
        except RealtimeError as error:
            click.echo(f"rxrealtime: {one_line(str(error))}", err=True)
            ctx.exit(1)
        except KeyboardInterrupt:
            click.echo(err=True)
            ctx.exit(_INTERRUPTED)


def _prepare_streams() -> None:
    """Let nothing fail that does not fit the terminal's encoding, and say once what the loggers would say again."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    for name in ("rxrealtime", "websockets"):
        logging.getLogger(name).addHandler(logging.NullHandler())


@click.group(cls=_Reporting, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="rxrealtime")
def main() -> None:
    """Realtime model sessions as reactive streams."""


@main.command()
@click.option("--json", "style", flag_value="json", help="One JSON object a line, for machines.")
@click.option("--plain", "style", flag_value="plain", help="Plain lines, as when piped or with NO_COLOR.")
@click.option("--speed", type=click.FloatRange(0.1, 20), default=1.0, hidden=True)
def demo(style: str | None, speed: float) -> None:
    """Show what it does: a conversation with the embedded server, about 10 s.

    A text turn, a spoken turn, a function call and an interruption, while the server sends three malformed frames. It
    needs no key and no network, checks itself, and ends with exit code 1 if anything is not as it should be.
    """
    import asyncio

    from rxrealtime.cli.showing import show_demo

    wrong = asyncio.run(show_demo(_STYLES.get(style or "") or _style_of_output(), speed))
    if wrong:
        raise RealtimeError(f"the demonstration did not go as it should: {'; '.join(wrong)}")
    if style != "json":
        click.echo("ok: four turns, three failures in their places, nothing left over")


def _style_of_output() -> Style:
    capable = sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return "live" if capable else "plain"


@main.command()
@click.option("--url", metavar="URL", help="Where to connect to; by default OpenAI if OPENAI_API_KEY is set.")
@click.option("--model", metavar="MODEL", help="The model to ask for.")
@click.option("--text/--spoken", "written", default=True, help="Answers in text, or spoken and shown.")
@click.option("--tools", metavar="MODULE:NAME", multiple=True, help="Tools to offer: a tool, a function, or a list.")
@click.option("--audio", type=click.Path(path_type=Path), help="A WAV file (mono, 16 bit) to speak as the first turn.")
@click.option("--record", type=click.Path(path_type=Path), help="Record the session: a .jsonl or .jsonl.zst file.")
@click.option("--save", type=click.Path(path_type=Path), help="A folder to keep what was said in, as text and WAV.")
def talk(**given: Any) -> None:
    """Talk to a model in text, a line a turn; end with Ctrl-D or /quit.

    Tools, approvals, interruptions and latencies are shown as they happen; /history shows the conversation. The key is
    taken from OPENAI_API_KEY, and sent to the URL too if one is given. Without key and URL it talks to the embedded
    server. Lines may also come from a pipe.
    """
    from rxrealtime.cli.loading import load_tools
    from rxrealtime.cli.place import Place
    from rxrealtime.cli.talk import Talk, run_talk

    place = Place(given["url"], given["model"], os.environ.get("OPENAI_API_KEY") or None)
    modality: Final = "text" if given["written"] else "audio"
    chosen = Talk(place, modality, load_tools(given["tools"]), given["audio"], given["save"], given["record"])
    with open(os.devnull, "rb") as nothing:
        descriptor = (sys.stdin or nothing).fileno()
        run_talk(chosen, descriptor)


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="0 takes a free one.")
@click.option("--token", envvar="RXREALTIME_TOKEN", help="What clients must know; needed beyond this machine.")
@click.option("--scenario", metavar="FILE", help="A JSON or YAML file that says what is answered.")
@click.option("--recording", metavar="FILE", help="A recorded session to play, its server's side.")
@click.option("--pace", type=click.FloatRange(0), help="How many times faster than real time audio comes; 0: at once.")
@click.option("--quirks", type=click.Choice(["strict", "openai"]), help="Depart from the strict order as OpenAI does.")
@click.option("--upstream", metavar="URL", help="A realtime server to stand in front of, instead of the embedded one.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed gives the same faults.")
@click.option("--fault", "faults", metavar="SPEC", multiple=True, help="NAME:KEY=VALUE,...; may be given again.")
def serve(host: str, port: int, token: str | None, upstream: str | None, **given: Any) -> None:
    """Run the embedded server, or a proxy with faults, until Ctrl-C or SIGTERM.

    With --upstream, every client that connects here is connected to that server, and what the faults say goes wrong on
    the way: truncate:every=10, delay:seconds=0.2,jitter=0.1, close:code=1011,after=50. Each is printed as it happens.
    """
    import asyncio

    from rxrealtime.cli.serve import run_proxy, run_server

    seed, faults = given.pop("seed"), given.pop("faults")
    if upstream is None:
        if faults:
            raise ConfigurationError("--fault needs --upstream: faults go between a client and a server")
        asyncio.run(run_server((host, port), token=token, **given))
        return
    if any(value is not None for value in given.values()):
        named = ", ".join(f"--{name}" for name, value in given.items() if value is not None)
        raise ConfigurationError(f"{named}: for the embedded server, not for --upstream")
    asyncio.run(run_proxy(upstream, host, port, token=token, seed=seed, faults=faults))


_FORCE: Final = click.option("--force", is_flag=True, help="Write over a file that is there.")
_JSON: Final = click.option("--json", "as_json", is_flag=True, help="JSON objects, one a line, for machines.")


@main.command()
@click.option("--out", required=True, type=click.Path(path_type=Path), help="A .jsonl or .jsonl.zst file.")
@click.option("--upstream", metavar="URL", help="The realtime server; by default the embedded one.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="0 takes a free one.")
@click.option("--token", envvar="RXREALTIME_TOKEN", help="What clients must know; needed beyond this machine.")
@click.option("--redact", default="", metavar="WHAT", help="transcripts, audio, or both with a comma between them.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed gives the same faults.")
@click.option("--fault", "faults", metavar="SPEC", multiple=True, help="NAME:KEY=VALUE,...; may be given again.")
@_FORCE
@_JSON
def record(host: str, port: int, redact: str, force: bool, **given: Any) -> None:
    """Record what goes between clients and a realtime server, until Ctrl-C or SIGTERM.

    Point a client here instead of at the server. Each connection is a file: the second is talk-2.jsonl for talk.jsonl.
    Headers are not recorded, keys and tokens in frames are masked; --redact also takes out what was said.

    Without a client at hand, `rxrealtime talk --record FILE` holds a session in the terminal and records that; a
    program records its own session with rxrealtime.record().
    """
    import asyncio

    from rxrealtime.cli.record import RecordWanted, run_record

    taken = tuple(name.strip() for name in redact.split(",") if name.strip())
    asyncio.run(run_record(RecordWanted(address=(host, port), redact=taken, **given), force=force))


@main.command()
@click.argument("recording", type=click.Path(path_type=Path))
@click.option("--speed", type=click.FloatRange(0), default=1.0, show_default=True, help="Times faster; 0: at once.")
@click.option("--from", "start", type=click.FloatRange(0), default=0.0, help="Seconds to begin at.")
@click.option("--event", metavar="TYPE", help="The type of the event to begin with.")
@click.option("--step", is_flag=True, help="Wait for Enter before each frame.")
@_JSON
def replay(recording: Path, **given: Any) -> None:
    """Show a recording frame by frame, at its own pace.

    Received frames are marked with <, sent ones with >, and what is no frame with *. To play a recording to a client,
    use `serve --recording`.
    """
    import asyncio

    from rxrealtime.cli.replay import Playing, play

    asyncio.run(play(Playing(recording, **given)))


@main.command()
@click.argument("recording", type=click.Path(path_type=Path))
@click.argument("target", type=click.Path(path_type=Path))
@_FORCE
@_JSON
def convert(recording: Path, target: Path, force: bool, as_json: bool) -> None:
    """Convert a recording to .jsonl, .jsonl.zst, .parquet (for tables), or .har (lossy, for browsers).

    The ending of the target says in which form. What a killed process left is converted too, without its end.
    """
    from rxrealtime.cli.convert import run_convert

    run_convert(recording, target, force=force, as_json=as_json)


@main.command()
@click.argument("recording", type=click.Path(path_type=Path))
@click.option("--timeline", is_flag=True, help="The timeline, in characters.")
@click.option("--html", type=click.Path(path_type=Path), help="A file for all pictures, as one page.")
@click.option("--svg", type=click.Path(path_type=Path), help="A file for the timeline.")
@click.option("--png", type=click.Path(path_type=Path), help="The same in points; needs the extra png.")
@_JSON
def inspect(recording: Path, **given: Any) -> None:
    """Say what a recording holds: turns, tools, waits, tokens, failures, and whether its end is there."""
    from rxrealtime.cli.inspect import Wanted, inspect_recording

    inspect_recording(recording, Wanted(**given))
