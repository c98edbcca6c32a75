"""The command ``rxrealtime talk`` as a process: its pipes, its terminal, its options and its exit code."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from rxrealtime.audio import PCM16_24K, read_wav, wav_bytes
from rxrealtime.server.voices import speak, transcribe
from tests.cli.terminal import whole_output

_MEASURED = re.compile(r"rxrealtime: first words after \d+ ms, the response took \d+ ms")


def _command(
    *arguments: str, stdin: str = "", folder: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    variables = {name: value for name, value in os.environ.items() if name != "OPENAI_API_KEY"} | environment
    variables["PYTHONPATH"] = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
    return subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-m", "rxrealtime", "talk", *arguments],
        input=stdin,
        env=variables,
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        timeout=30,
        check=False,
    )


def test_without_key_and_url_it_is_the_embedded_server() -> None:
    """It says so in one line that names OPENAI_API_KEY, answers what comes through the pipe, and exits with 0."""
    done = _command(stdin="hello\n")
    assert (done.returncode, done.stdout) == (0, "Hello! How can I help?\n")
    line, measured = done.stderr.splitlines()
    assert "OPENAI_API_KEY" in line
    assert _MEASURED.fullmatch(measured)
    assert "embedded server" in line


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ws://127.0.0.1:1/v1/realtime", "cannot reach 127.0.0.1:1"),
        ("ftp://example.invalid", "a session opens ws:// or wss:// urls"),
        ("wss://api.openai.com/v1/realtime", "no key: set OPENAI_API_KEY"),
    ],
)
def test_an_error_is_one_line(url: str, why: str) -> None:
    """No traceback, no second line: what is wrong, and exit code 1."""
    done = _command("--url", url, stdin="hello\n")
    (line,) = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (1, "")
    assert line.startswith("rxrealtime: ")
    assert why in line


def test_a_file_is_spoken_and_what_was_said_is_kept(tmp_path: Path) -> None:
    """The file is the first turn, lines follow; the answers are shown, and can be heard in the folder."""
    (tmp_path / "said.wav").write_bytes(wav_bytes(speak("Hello?"), PCM16_24K.rate))
    done = _command("--spoken", "--audio", "said.wav", "--save", "kept", stdin="echo\n", folder=tmp_path)
    assert (done.returncode, done.stdout) == (0, "Hello! How can I help?\nYou said: echo\n")
    assert done.stderr.splitlines()[-1] == "rxrealtime: kept the conversation, and 2 of its answers as WAV, in kept"
    assert "first audio after" in done.stderr
    assert "assistant: You said: echo" in (tmp_path / "kept" / "conversation.txt").read_text("utf-8")
    kept = [(tmp_path / "kept" / f"answer-00{number}.wav").read_bytes() for number in (1, 2)]
    assert [transcribe(*read_wav(file)) for file in kept] == done.stdout.splitlines()


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--audio", "slow.wav"), "the source is audio/pcm at 16000 Hz, and the session expects audio/pcm at 24000 Hz"),
        (("--audio", "text.wav"), "--audio text.wav: not a readable WAV file"),
        (("--audio", "none.wav"), "--audio none.wav: No such file or directory"),
        (("--save", "text.wav"), "--save text.wav: File exists"),
        (("--tools", "none_of_tests"), "--tools 'none_of_tests': expected module:attribute"),
    ],
)
def test_an_option_that_is_not_possible_is_one_line(tmp_path: Path, options: tuple[str, str], why: str) -> None:
    """It names the option, or both formats, and the exit code is 1."""
    (tmp_path / "slow.wav").write_bytes(wav_bytes(bytes(16_000), 16_000))
    (tmp_path / "text.wav").write_text("text", "utf-8")
    done = _command("--url", "loopback:", *options, stdin="hello\n", folder=tmp_path)
    (line,) = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (1, "")
    assert line.startswith(f"rxrealtime: {why}")


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
def test_on_a_terminal_it_says_how_to_end_it() -> None:
    """A person gets a prompt, and is told what to type; through a pipe nobody is."""
    ours, theirs = os.openpty()
    os.write(ours, b"hello\n/quit\n")
    command = [sys.executable, "-m", "rxrealtime", "talk", "--url", "loopback:"]
    done = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=subprocess.PIPE)  # noqa: S603 - our own interpreter
    os.close(theirs)
    shown = whole_output(ours)
    _, told = done.communicate(timeout=30)
    assert done.returncode == 0
    assert "end with Ctrl-D or /quit" in told.decode()
    assert "> Hello! How can I help?" in shown


def test_ctrl_c_ends_it() -> None:
    """SIGINT while it waits for a line: exit code 130, and nothing but the session's own words on stderr."""
    with subprocess.Popen(
        [sys.executable, "-m", "rxrealtime", "talk", "--url", "loopback:"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(b"hello\n")
        process.stdin.flush()
        assert process.stdout.readline() == b"Hello! How can I help?\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
        said = process.stderr.read().decode().splitlines()
        assert [line for line in said if line and not _MEASURED.fullmatch(line)] == []
