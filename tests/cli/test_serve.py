"""The embedded server alone: it tells its url, stops when told to, and names what is wrong."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from websockets.asyncio.client import connect

from rxrealtime import Session, WebSocketTransport, commands
from rxrealtime.cli import main
from rxrealtime.cli.serve import run_server
from rxrealtime.events import ResponseOutputTextDone
from rxrealtime.server.loopback import LoopbackServer


async def _ask(url: str, key: str) -> str:
    async with Session(WebSocketTransport(url, api_key=key)) as session:
        (create,) = commands.say("Knock")[:1]
        await session.send(create, *commands.respond(output_modalities=("text",)))
        async for event in session:
            if isinstance(event, ResponseOutputTextDone):
                return event.text
    return ""


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_a_scenario_until_it_is_told_to_stop(stop: signal.Signals, tmp_path: Path) -> None:
    """It prints its url, answers by the scenario to those who know the token, and ends with exit code 0."""
    scenario = tmp_path / "scenario.json"
    scenario.write_text('{"rules": [{"on": "knock", "say": "Who is there?"}]}', "utf-8")
    command = [sys.executable, "-m", "rxrealtime", "serve", "--port", "0", "--scenario", str(scenario), "--pace", "0"]
    with subprocess.Popen(  # noqa: S603 - our own interpreter
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env=os.environ | {"RXREALTIME_TOKEN": "open sesame"},
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        said = process.stdout.readline()
        assert said.startswith("serving ws://127.0.0.1:")
        assert asyncio.run(_ask(said.split()[1], "open sesame")) == "Who is there?"
        process.send_signal(stop)
        assert process.wait(20) == 0
        assert process.stderr.read() == ""


def _refused(*options: str) -> str:
    result = CliRunner().invoke(main, ["serve", *options])
    (line,) = result.output.splitlines()
    assert result.exit_code == 1
    assert line.startswith("rxrealtime: ")
    return line


def test_other_machines_need_a_token() -> None:
    """An address that others can reach is not listened on without a token."""
    assert "needs a token" in _refused("--host", "0.0.0.0", "--port", "0")  # noqa: S104 - it is refused


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{\n"rules": [,]}', "line 2: not JSON"),
        ('{"rules": [{"on": "a"}, {"on": "b", "say": 3}]}', "rule 2: say: must be a string"),
        ("[]", "a scenario is a JSON object"),
    ],
)
def test_a_bad_scenario_is_named_with_its_place(text: str, why: str, tmp_path: Path) -> None:
    """One line names the file and the line or the rule."""
    path = tmp_path / "bad.json"
    path.write_text(text, "utf-8")
    line = _refused("--scenario", str(path))
    assert str(path) in line
    assert why in line


def test_an_unknown_file_and_a_taken_port_are_named(tmp_path: Path) -> None:
    """A file that is not there is one line."""
    missing = tmp_path / "missing.json"
    assert f"{missing}: cannot be read" in _refused("--scenario", str(missing))


def test_it_stands_in_front_of_another_server_and_prints_each_fault() -> None:
    """The url first, then a line for each fault with the number of its frame; no credential."""
    command = [sys.executable, "-m", "rxrealtime", "serve", "--port", "0", "--seed", "3"]
    command += ["--fault", "extra_field:types=session.created", "--fault", "delay:seconds=0.01,every=100"]

    async def main() -> str:
        async with LoopbackServer(token="open sesame") as server:  # noqa: S106
            process = await asyncio.create_subprocess_exec(
                *command, "--upstream", server.url, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            )
            assert process.stdout is not None
            said = (await process.stdout.readline()).decode()
            assert await _ask(said.split()[1], "open sesame")
            process.send_signal(signal.SIGTERM)
            assert await process.wait() == 0
            return said + (await process.stdout.read()).decode()

    first, *lines = asyncio.run(main()).splitlines()
    assert first.startswith("serving ws://127.0.0.1:")
    assert lines[0].startswith("fault: connection 0, frame 0 received (session.created): extra_field")
    assert "sesame" not in "".join(lines)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--fault", "truncate"), "--fault needs --upstream"),
        (("--upstream", "ws://127.0.0.1:1/x", "--pace", "2"), "for the embedded server"),
        (("--upstream", "ws://127.0.0.1:1/x", "--fault", "zork"), "there is no fault 'zork'"),
        (("--upstream", "ftp://127.0.0.1", "--port", "0"), "a session opens ws://"),
    ],
)
def test_what_a_proxy_cannot_do_is_one_line(options: tuple[str, ...], why: str) -> None:
    """Which option, and why."""
    assert why in _refused(*options)


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("bad.json", '{"steps": [\n{"wait": "x"}]}', "line 2: step 1: wait: must be a number"),
        ("bad.yaml", "steps:\n  - wiat: 1\n", "line 2: step 1: a step has one of expect"),
    ],
)
def test_a_bad_script_is_named_with_its_line(name: str, text: str, why: str, tmp_path: Path) -> None:
    """One line names the file, its line and the step."""
    path = tmp_path / name
    path.write_text(text, "utf-8")
    assert f"{path}: {why}" in _refused("--scenario", str(path))


def test_a_recording_that_cannot_be_played_is_named(tmp_path: Path) -> None:
    """One line, whether it is not there, is no recording, or comes with a scenario."""
    missing = tmp_path / "missing.jsonl"
    assert "cannot read the recording" in _refused("--recording", str(missing))
    missing.write_text("{\n", "utf-8")
    assert "line 1 is not JSON" in _refused("--recording", str(missing))
    assert "not both" in _refused("--recording", str(missing), "--scenario", str(missing))


async def _served(run: Callable[[], Awaitable[None]], first: asyncio.Future[str]) -> list[str]:
    task = asyncio.ensure_future(run())
    async with connect((await first).split()[1]) as connection:
        await connection.send('{"type": "response.create"}')
        said = [str(await connection.recv())]
    task.cancel()
    await asyncio.wait([task])
    return said


@pytest.mark.parametrize("option", ["recording", "scenario"])
def test_it_plays_a_recording_or_a_script(option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the file has to say reaches the client."""
    path = tmp_path / "file.json"
    event = {"type": "mine"}
    rows = [{"direction": "sent", "event": {"type": "response.create"}}, {"direction": "received", "event": event}]
    script = {"bare": True, "steps": [{"expect": "response.create"}, {"send": event}]}
    path.write_text("\n".join(map(json.dumps, rows)) if option == "recording" else json.dumps(script), "utf-8")

    async def main() -> list[str]:
        first: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        monkeypatch.setattr("click.echo", first.set_result)
        files: dict[str, Any] = {option: str(path)}
        return await _served(lambda: run_server(("127.0.0.1", 0), token=None, pace=None, **files), first)

    assert asyncio.run(main()) == [json.dumps(event)]
