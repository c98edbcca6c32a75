"""What was said, kept in a folder: the conversation as text, and the model's voice as WAV files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rxrealtime import History
from rxrealtime.audio import PCM16_24K, AudioFormat, to_pcm16, wav_bytes
from rxrealtime.errors import ConfigurationError, RealtimeError
from rxrealtime.operators import AudioChunk

__all__ = ["Keeper", "keeping"]


@contextmanager
def keeping(folder: Path, tell: Callable[[str], None]) -> Iterator[Keeper]:
    """Keep what is said meanwhile, however it ends.

    Args:
        folder: Where.
        tell: Called with what was kept; and with why nothing was, if something else went wrong before.

    Raises:
        ConfigurationError: The folder is not possible.
        RealtimeError: The files cannot be written, and nothing else was wrong.
    """
    keeper = Keeper(folder)
    try:
        yield keeper
    except BaseException:
        try:
            tell(keeper.save())
        except RealtimeError as error:
            tell(str(error))
        raise
    tell(keeper.save())


class Keeper:
    """Keeps a conversation in a folder.

    Args:
        folder: Where; it is made at once, before anything is said that could not be kept.

    Raises:
        ConfigurationError: It cannot be made, or written to.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._history = History()
        self._format = PCM16_24K
        self._voice: dict[str, bytearray] = {}
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "conversation.txt").touch()
        except OSError as error:
            raise ConfigurationError(f"--save {folder}: {error.strerror}") from error

    def hear(self, chunk: AudioChunk) -> None:
        """Take a piece of the model's audio."""
        self._voice.setdefault(chunk.item_id, bytearray()).extend(chunk.data)

    def take(self, history: History, format: AudioFormat) -> None:
        """Take the conversation as it is now, and the format of the model's audio."""
        self._history, self._format = history, format

    def save(self) -> str:
        """Write the conversation, and a WAV file for each item that the model spoke.

        Returns:
            A line that tells what was kept. What an interruption cut off is in the WAV files too: it was received, if
            not heard.

        Raises:
            RealtimeError: The files cannot be written.
        """
        try:
            (self._folder / "conversation.txt").write_text(f"{self._history}\n", encoding="utf-8")
            for number, audio in enumerate(self._voice.values(), 1):
                pcm16 = to_pcm16(bytes(audio), self._format)
                (self._folder / f"answer-{number:03}.wav").write_bytes(wav_bytes(pcm16, self._format.rate))
        except OSError as error:
            raise RealtimeError(f"--save {self._folder}: {error.strerror}") from error
        spoken = f", and {len(self._voice)} of its answers as WAV" if self._voice else ""
        return f"kept the conversation{spoken}, in {self._folder}"
