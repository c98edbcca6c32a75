"""A loudspeaker in the stream: it plays, it stops, and what it played is known before the cut is made."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from reactivex import Observable
from reactivex.subject import Subject

from rxrealtime import operators as ops
from rxrealtime.activity import Interrupted
from rxrealtime.events import ConnectionFailed, ResponseCancel
from rxrealtime.operators import AudioChunk
from rxrealtime.signals import Interrupt, Played
from tests.operators.barging import SPEECH, Talk, cut, in_force, interrupted
from tests.operators.streams import splits
from tests.operators.wire import audio, audio_done, created, done, write


class _Tape:
    """A speaker that writes down what it has to do, and plays nothing by itself."""

    def __init__(self, *last: Played, broken: Exception | None = None) -> None:
        self.said: Subject[Played] = Subject()
        self.deeds: list[Any] = []
        self._last = last
        self._broken = broken

    def play(self, chunk: AudioChunk) -> None:
        """Note a chunk."""
        if self._broken:
            raise self._broken
        self.deeds.append(chunk)

    def stop(self, response_id: str | None = None) -> None:
        """Note whom to stop, and tell the last that was played."""
        self.deeds.append(("stop", response_id))
        for played in self._last:
            self.said.on_next(played)

    @property
    def played(self) -> Observable[Played]:
        """What is said to have been played."""
        return self.said


def _deeds(*values: Any) -> list[Any]:
    tape = _Tape()
    assert Talk(ops.run_speaker(tape)).at(0.0, *values) == list(values)
    return tape.deeds


def _audio_of(deeds: list[Any], item: str = "a") -> bytes:
    return b"".join(deed.data for deed in deeds if isinstance(deed, AudioChunk) and deed.item_id == item)


def test_audio_is_played_and_everything_passes() -> None:
    """Chunks go to the speaker in order; other events are none of its business."""
    assert _deeds(created(), audio(b"12"), write("Hi"), audio(b"34", "b", 1, "s"), done()) == [
        AudioChunk("r", "a", 0, b"12"),
        AudioChunk("s", "b", 1, b"34"),
    ]


@given(splits(bytes(range(21))))
def test_chunks_are_whole_samples_for_any_split(pieces: list[bytes]) -> None:
    """A sample that is split between deltas is played once it is whole; half a sample at the end is no audio."""
    deeds = _deeds(created(), *map(audio, pieces), audio_done(), done(), audio(b"xy"))
    assert _audio_of(deeds) == bytes(range(20)) + b"xy"
    assert all(len(chunk.data) % 2 == 0 for chunk in deeds)


def test_a_sample_of_g711_is_one_byte() -> None:
    """Then nothing is held back; another format begins anew, and so does another connection."""
    assert _audio_of(_deeds(in_force("g711_ulaw"), audio(b"1"), audio(b"2"))) == b"12"
    assert _audio_of(_deeds(audio(b"1"), in_force("g711_ulaw"), audio(b"2"), in_force("pcm16"), audio(b"34"))) == b"234"
    assert _audio_of(_deeds(audio(b"1"), ConnectionFailed(OSError("gone")), audio(b"23"))) == b"23"


def test_what_interrupts_stops_it() -> None:
    """Speech and a general Interrupt stop everything, others one response; nothing else does."""
    assert _deeds(SPEECH, Interrupt(), Interrupt("r")) == [("stop", None), ("stop", None), ("stop", "r")]
    # an item that began after the cancel is told as unheard: no reason to stop what is heard
    assert _deeds(Interrupt(playback=False), ResponseCancel(response_id="r"), Interrupted("r", "b", 0, 0, 9)) == []
    assert _deeds(in_force(type="server_vad", interrupt_response=False), SPEECH) == []


def test_late_audio_of_what_was_stopped_is_not_played() -> None:
    """Until it is done; another response is."""
    deeds = _deeds(created(), audio(b"12"), SPEECH, audio(b"34"), audio(b"56", "b", response="s"), done(), audio(b"78"))
    assert (_audio_of(deeds), _audio_of(deeds, "b")) == (b"1278", b"56")


def test_what_was_played_is_known_before_the_cut_is_made() -> None:
    """What the speaker tells while it is stopped comes before what stopped it: the cut is where the sound ended."""
    tape = _Tape(Played("a", ms=300))
    talk = Talk(lambda traffic: traffic.pipe(ops.run_speaker(tape), ops.interruption()))
    talk.at(0.0, created(), audio(bytes(48_000)))
    tape.said.on_next(Played("a", ms=20))
    assert talk.at(9.0, SPEECH) == [interrupted(320, 1000), cut(320)]


def test_a_speaker_that_fails_ends_the_stream() -> None:
    """What it raises is the error of the stream; what it played before was given, and it is listened to no longer."""
    for tape in (_Tape(broken=OSError("unplugged")), _Tape()):
        talk = Talk(ops.run_speaker(tape))
        assert len(talk.at(0.0, created())) == 1
        if not tape.deeds:
            tape.said.on_next(Played("a", ms=1))
        got = talk.at(0.0, audio(b"12"))
        if got == [audio(b"12")]:
            error = OSError("unplugged")
            tape.said.on_error(error)
            got = [error]
        assert [type(found) for found in got] == [OSError]
        assert talk.at(1.0, created("s")) == []
        assert tape.said.observers == []


def test_the_speaker_is_left_when_the_stream_ends() -> None:
    """Its reports are not waited for."""
    tape = _Tape()
    talk = Talk(ops.run_speaker(tape))
    talk.source.on_completed()
    assert tape.said.observers == []
