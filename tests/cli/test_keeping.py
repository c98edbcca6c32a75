"""What was said can be read and heard afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest

from rxrealtime import History
from rxrealtime.audio import PCM16_24K, PCMU, AudioFormat, read_wav
from rxrealtime.cli.keeping import Keeper, keeping
from rxrealtime.errors import ConfigurationError, RealtimeError
from rxrealtime.operators import AudioChunk
from rxrealtime.server.voices import speak, transcribe


def _hear(keeper: Keeper, item_id: str, audio: bytes) -> None:
    keeper.hear(AudioChunk("r", item_id, 0, audio))


@pytest.mark.parametrize("format", [PCM16_24K, AudioFormat(rate=16_000), PCMU])
def test_each_answer_is_a_file_that_can_be_heard(tmp_path: Path, format: AudioFormat) -> None:
    """Chunks of two answers that come mixed are two WAV files at the rate of the session, in their order."""
    keeper = Keeper(tmp_path / "new" / "kept")
    one, two = speak("First.", format), speak("Second.", format)
    _hear(keeper, "a", one[:1000])
    _hear(keeper, "b", two)
    _hear(keeper, "a", one[1000:])
    keeper.take(History(), format)
    assert keeper.save() == f"kept the conversation, and 2 of its answers as WAV, in {tmp_path / 'new' / 'kept'}"
    kept = sorted((tmp_path / "new" / "kept").iterdir())
    assert [file.name for file in kept] == ["answer-001.wav", "answer-002.wav", "conversation.txt"]
    heard = [read_wav(file.read_bytes()) for file in kept[:2]]
    assert [transcribe(*each) for each in heard] == ["First.", "Second."]
    assert [each.rate for _, each in heard] == [format.rate] * 2


def test_nothing_said_is_an_empty_conversation(tmp_path: Path) -> None:
    """A talk that never began leaves its file all the same."""
    with keeping(tmp_path, lambda _: None):
        pass
    assert (tmp_path / "conversation.txt").read_text("utf-8") == "\n"


def test_a_folder_that_cannot_be_is_said_before_anything_is_said(tmp_path: Path) -> None:
    """A file in the place of the folder is one sentence that names the option."""
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match=r"^--save \S*/file: File exists$"):
        Keeper(tmp_path / "file")


def test_files_that_cannot_be_written_are_told(tmp_path: Path) -> None:
    """If that is all that went wrong, it is what is raised, and nothing is said to be kept."""
    told: list[str] = []
    with (
        pytest.raises(RealtimeError, match=r"^--save \S+: No such file or directory$"),
        keeping(tmp_path / "kept", told.append),
    ):
        _remove(tmp_path / "kept")
    assert told == []


@pytest.mark.parametrize("wrong", [ConnectionResetError("gone"), KeyboardInterrupt()])
def test_what_ended_the_talk_stays_what_is_raised(tmp_path: Path, wrong: BaseException) -> None:
    """What was said until then is kept; that it could not be kept does not hide why the talk ended."""
    told: list[str] = []
    for lost in (False, True):
        with pytest.raises(type(wrong)), keeping(tmp_path / "kept", told.append):
            if lost:
                _remove(tmp_path / "kept")
            raise wrong
    assert [line.partition(" ")[0] for line in told] == ["kept", "--save"]


def _remove(folder: Path) -> None:
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
