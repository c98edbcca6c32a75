"""The command line as such: version, usage, and output that nobody reads."""

from __future__ import annotations

import subprocess
import sys

import pytest
from click.testing import CliRunner

from rxrealtime import __version__
from rxrealtime.cli import main


def test_the_version_is_told() -> None:
    """--version names the package and its version."""
    assert CliRunner().invoke(main, ["--version"]).output == f"rxrealtime, version {__version__}\n"


@pytest.mark.parametrize(
    "arguments", [["sing"], ["demo", "--loud"], ["serve", "--port", "x"], ["demo", "--speed", "0"]]
)
def test_wrong_usage_is_exit_code_2(arguments: list[str]) -> None:
    """What is not a command or an option is click's to refuse."""
    result = CliRunner().invoke(main, arguments)
    assert (result.exit_code, "Traceback" in result.output) == (2, False)


@pytest.mark.parametrize("command", ["demo", "talk", "serve", "record", "replay", "convert"])
def test_every_command_explains_itself(command: str) -> None:
    """Help comes without running anything."""
    result = CliRunner().invoke(main, [command, "--help"])
    assert result.exit_code == 0
    assert "Usage" in result.output


def test_a_closed_pipe_is_quiet() -> None:
    """Output that nobody reads any more ends the demonstration without a word."""
    with subprocess.Popen(
        [sys.executable, "-m", "rxrealtime", "demo", "--plain", "--speed", "6"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert b"session" in process.stdout.readline()
        process.stdout.close()
        assert process.wait(30) == 1
        assert process.stderr.read() == b""
