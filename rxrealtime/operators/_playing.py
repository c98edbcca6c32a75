"""What plays and what runs: the state of `interruption`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from rxrealtime.audio import PCM16_24K, AudioFormat
from rxrealtime.playback import AudioPartKey, Playback

__all__ = ["REMEMBERED", "Playing", "Running", "nothing_plays"]

REMEMBERED: Final = 32
"""How many responses are remembered as done: their audio may come late, and is no sign that they run."""


class Running(NamedTuple):
    """A response under way: the format of its audio, and whether its items are in the conversation."""

    format: AudioFormat
    in_conversation: bool = True


class Playing(NamedTuple):
    """What plays, and what runs.

    Args:
        playback: What came and was not heard to its end.
        format: The output format of the session.
        speech: Whether the user's speech interrupts.
        running: The responses that were created and are not done.
        halted: Those of which no more audio counts, with the parts that need no mention any more.
        cancelled: Those for which a ``response.cancel`` was given.
        ended: The last responses that were done.
    """

    playback: Playback
    format: AudioFormat
    speech: bool
    running: Mapping[str, Running]
    halted: Mapping[str, frozenset[AudioPartKey]]
    cancelled: frozenset[str]
    ended: tuple[str, ...]

    @property
    def in_conversation(self) -> tuple[str, ...]:
        """The responses that run in the default conversation."""
        return tuple(key for key, running in self.running.items() if running.in_conversation)

    def with_playback(self, playback: Playback) -> Playing:
        """Let something else play; written out, since it happens with every delta."""
        return Playing(playback, *self[1:])

    def keys(self, response_id: str) -> frozenset[AudioPartKey]:
        """Return the parts of a response that are not heard to their end."""
        return frozenset(part.key for part in self.playback.parts if part.key[0] == response_id)

    def runs(self, response_id: str) -> bool:
        """Tell whether a response is not done; its beginning may not have been seen."""
        parts = self.playback.parts
        return response_id in self.running or any(p.key[0] == response_id and not p.complete for p in parts)

    def meant(self, response_id: str | None) -> tuple[str, ...]:
        """Return the responses that are meant: one, or all that are heard and what runs in the conversation."""
        if response_id is not None:
            return (response_id,)
        heard = (part.key[0] for part in self.playback.parts)
        return tuple(dict.fromkeys((*heard, *self.in_conversation)))

    def halting(self, response_ids: Iterable[str]) -> Playing:
        """Let no more audio of these responses count."""
        halted = {key: self.halted.get(key, frozenset()) | self.keys(key) for key in response_ids if self.runs(key)}
        return self._replace(halted={**self.halted, **halted}) if halted else self


def nothing_plays(assumed: bool) -> Playing:
    """Return the state before anything came.

    Args:
        assumed: Whether playing at real time is assumed.
    """
    return Playing(
        Playback(assumed=assumed), PCM16_24K, True, MappingProxyType({}), MappingProxyType({}), frozenset(), ()
    )
