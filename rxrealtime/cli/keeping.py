"""What was said, kept in a folder: the conversation as text, and the model's voice as WAV files."""

from __future__ import annotations

from pathlib import Path

from rxrealtime import History
from rxrealtime.audio import AudioFormat, to_pcm16, wav_bytes
from rxrealtime.errors import ConfigurationError
from rxrealtime.operators import AudioChunk

__all__ = ["Keeper"]


class Keeper:
    """Keeps a conversation in a folder.

    Args:
        folder: Where; it is made at once, before anything is said that could not be kept.

    Raises:
        ConfigurationError: It cannot be made, or written to.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._voice: dict[str, bytearray] = {}
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "conversation.txt").touch()
        except OSError as error:
            raise ConfigurationError(f"--save {folder}: {error.strerror}") from error

    def hear(self, chunk: AudioChunk) -> None:
        """Take a piece of the model's audio."""
        self._voice.setdefault(chunk.item_id, bytearray()).extend(chunk.data)

    def save(self, history: History, format: AudioFormat) -> tuple[Path, ...]:
        """Write the conversation, and a WAV file for each item that the model spoke.

        Args:
            history: The conversation.
            format: The format of the model's audio.

        Returns:
            The files. What an interruption cut off is in the WAV files too: it was received, if not heard.

        Raises:
            OSError: They cannot be written.
        """
        text = self._folder / "conversation.txt"
        text.write_text(f"{history}\n", encoding="utf-8")
        answers = [self._folder / f"answer-{number:03}.wav" for number in range(1, len(self._voice) + 1)]
        for file, audio in zip(answers, self._voice.values(), strict=True):
            file.write_bytes(wav_bytes(to_pcm16(bytes(audio), format), format.rate))
        return (text, *answers)
