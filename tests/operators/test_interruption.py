"""Barge-in: who speaks into the model's audio cuts it to what was heard."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import reactivex
from reactivex.scheduler import VirtualTimeScheduler
from reactivex.scheduler.eventloop import AsyncIOScheduler
from reactivex.subject import Subject

from rxrealtime import operators as ops
from rxrealtime.errors import ConfigurationError
from rxrealtime.events import (
    AudioConfig,
    ConnectionFailed,
    ConversationItemDeleted,
    OutputAudioConfig,
    Response,
    ResponseCancel,
    ResponseCreated,
    SendFailed,
)
from rxrealtime.signals import Interrupt, Played
from tests.operators.barging import SECOND, SPEECH, Talk, aside, cut, in_force, interrupted
from tests.operators.marbles import virtual_run
from tests.operators.streams import terminal
from tests.operators.wire import audio, audio_done, created, done, write

_SECONDS = bytes(SECOND)
_LOST = ConnectionFailed(OSError("gone"))
_CANCEL = ResponseCancel(response_id="r")
_QUIET = Interrupt(generation=False)


def test_speech_cuts_what_plays_to_what_was_heard() -> None:
    """The item that plays is interrupted and cut; the server cancels by itself."""
    talk = Talk()
    assert talk.at(1.0, created(), audio(_SECONDS)) == []
    assert talk.at(1.7, SPEECH) == [interrupted(700, 1000), cut(700)]


def test_audio_adds_up_over_deltas_and_items() -> None:
    """Lengths are counted for each item, whatever the pieces; the item that plays is the one that is cut."""
    talk = Talk()
    talk.at(0.0, created(), *[audio(bytes(SECOND // 4))] * 3, audio(b""), *[audio(bytes(SECOND // 2), "b")] * 3)
    assert talk.at(0.5, SPEECH) == [interrupted(500, 750), interrupted(0, 1500, "b"), cut(500)]


@pytest.mark.parametrize("ending", [audio_done(), done()])
def test_what_was_heard_to_its_end_is_never_cut(ending: Any) -> None:
    """A part of which all is here and was heard is left alone, whether its response runs on or not."""
    talk = Talk()
    talk.at(0.0, created(), audio(_SECONDS), ending)
    assert talk.at(1.0, SPEECH) == []


def test_of_a_running_part_all_that_came_may_have_been_heard() -> None:
    """While more may come, the cut is at what was received, however long ago that was."""
    talk = Talk()
    talk.at(0.0, created(), audio(_SECONDS))
    assert talk.at(60.0, SPEECH) == [interrupted(1000, 1000), cut(1000)]


def test_a_finished_response_that_still_plays_is_cut_and_not_cancelled() -> None:
    """Generation runs ahead: after response.done there is nothing to cancel, and still something to hear."""
    talk = Talk()
    talk.at(0.0, created(), audio(_SECONDS), done())
    assert talk.at(0.4, Interrupt()) == [interrupted(400, 1000), cut(400)]


def test_only_what_was_not_heard_of_several_responses_is_cut() -> None:
    """Of an earlier response that was heard nothing is said, one that waits was not heard at all."""
    talk = Talk()
    for response in ("r", "s", "t"):
        talk.at(0.0, created(response), audio(_SECONDS, response, response=response), done(response=response))
    assert talk.at(1.5, SPEECH) == [
        interrupted(500, 1000, "s", 0, "s"),
        interrupted(0, 1000, "t", 0, "t"),
        cut(500, "s"),
    ]


def test_an_explicit_interruption_cuts_at_the_same_point_and_cancels() -> None:
    """Interrupted, truncate, cancel with the id of the response: in this order, at once."""
    talk = Talk()
    talk.at(0.0, created(), audio(_SECONDS))
    assert talk.at(0.7, Interrupt()) == [interrupted(700, 1000), cut(700), _CANCEL]


def test_generation_and_playback_are_stopped_apart() -> None:
    """Without playback only the response is cancelled, without generation only what plays is cut; each once."""
    talk = Talk()
    talk.at(0.0, created(), audio(_SECONDS))
    assert talk.at(0.2, Interrupt("r", playback=False)) == [_CANCEL]
    assert talk.at(0.4, Interrupt("r", playback=False), Interrupt("r", generation=False)) == [
        interrupted(400, 1000),
        cut(400),
    ]
    assert talk.at(0.6, Interrupt("r"), _QUIET, SPEECH) == []


def test_an_interruption_is_told_once() -> None:
    """Speech after speech, and after an explicit interruption, adds nothing; late audio is not counted as heard."""
    talk = Talk()
    talk.at(0.0, created(), audio(_SECONDS))
    assert len(talk.at(0.5, SPEECH)) == 2
    assert talk.at(0.9, audio(_SECONDS), SPEECH, audio_done(), done(status="cancelled"), SPEECH, _QUIET) == []
    assert talk.at(1.0, audio(_SECONDS, "b")) == []  # after its end the response is forgotten


def test_forced_interruption_after_speech_still_cancels() -> None:
    """Who wants to cancel does, although the server is about to by itself, as long as it has not said so."""
    talk = Talk()
    talk.at(0.0, created(), audio(_SECONDS))
    assert talk.at(0.5, SPEECH, Interrupt("r")) == [interrupted(500, 1000), cut(500), _CANCEL]
    assert talk.at(0.6, done(status="cancelled"), Interrupt("r")) == []


def test_nothing_plays_and_nothing_runs() -> None:
    """Then nothing is said, whatever is asked for."""
    assert Talk().at(1.0, SPEECH, Interrupt(), Interrupt("r"), _QUIET, Played("a", ms=5), _CANCEL) == []


def test_contradictions_are_refused_when_they_are_said() -> None:
    """Stopping neither generation nor playback, and playing less than nothing, are no values."""
    for said in (lambda: Interrupt(generation=False, playback=False), lambda: Played("a", ms=-1)):
        with pytest.raises(ConfigurationError):
            said()


def test_a_response_in_text_is_only_cancelled() -> None:
    """Without audio there is nothing to cut; speech leaves it to the server."""
    talk = Talk()
    talk.at(0.0, created(), write("Hel"))
    assert talk.at(0.5, SPEECH) == []
    assert talk.at(0.6, Interrupt()) == [_CANCEL]


def test_nothing_heard_is_nothing_cut() -> None:
    """At the moment in which audio comes none of it was heard: the item is told, and no cut at 0 is sent."""
    talk = Talk()
    assert talk.at(5.0, created(), audio(_SECONDS), SPEECH) == [interrupted(0, 1000)]


def test_speech_does_not_interrupt_where_it_is_off() -> None:
    """With interrupt_response off speech does nothing, absent and null mean on; an update that is silent keeps it."""
    for value, outputs in ((False, 0), (True, 2), (None, 2)):
        talk = Talk()
        talk.at(0.0, in_force(type="server_vad", interrupt_response=value), in_force(), created(), audio(_SECONDS))
        assert len(talk.at(0.5, SPEECH)) == outputs
        assert len(talk.at(0.6, Interrupt())) == 3 - outputs
    talk = Talk()
    talk.at(0.0, in_force(type="semantic_vad"), created(), audio(_SECONDS))
    assert len(talk.at(0.5, SPEECH)) == 2


def test_an_old_response_is_interrupted_by_its_name_only() -> None:
    """The newer response plays on, runs on, and can be cancelled later; a late done of the old one changes nothing."""
    talk = Talk()
    talk.at(0.0, created("r"), audio(_SECONDS), done(), created("s"), audio(_SECONDS, "b", response="s"))
    assert talk.at(0.5, Interrupt("r")) == [interrupted(500, 1000), cut(500)]
    assert talk.at(0.6, Interrupt("r"), done()) == []
    # what is left of the newer one is heard from the interruption on
    assert talk.at(0.8, Interrupt("s")) == [
        interrupted(300, 1000, "b", 0, "s"),
        cut(300, "b"),
        ResponseCancel(response_id="s"),
    ]


def test_a_cancel_that_was_not_sent_may_be_asked_for_again() -> None:
    """One cancel a response, until its sending failed; what the application cancelled itself counts too."""
    talk = Talk()
    talk.at(0.0, created())
    assert talk.at(0.1, Interrupt(), Interrupt("r")) == [_CANCEL]
    assert talk.at(0.2, SendFailed(OSError(), event_type="response.create"), Interrupt()) == []
    assert talk.at(0.3, SendFailed(OSError(), event_type="response.cancel"), Interrupt()) == [_CANCEL]
    for own in (_CANCEL, ResponseCancel()):
        talk = Talk()
        assert talk.at(0.0, created(), own, Interrupt()) == []
        assert talk.at(0.1, done(), created("s"), Interrupt()) == [ResponseCancel(response_id="s")]


def test_audio_after_a_cancel_does_not_count() -> None:
    """It is not delivered, so nobody hears it; what came before is heard to its end."""
    talk = Talk()
    talk.at(0.0, created(), audio(_SECONDS), _CANCEL, audio(_SECONDS))
    assert talk.at(0.5, _QUIET) == [interrupted(500, 1000), cut(500)]


def test_an_item_that_begins_after_the_interruption_is_told_as_unheard() -> None:
    """It is told once, with its first audio, and never cut."""
    talk = Talk()
    talk.at(0.0, created(), audio(_SECONDS))
    talk.at(0.5, SPEECH)
    late = [audio(_SECONDS, "b"), audio(_SECONDS, "b"), audio(_SECONDS)]
    assert talk.at(0.6, *late, SPEECH) == [interrupted(0, 1000, "b")]
    talk = Talk()
    assert talk.at(0.0, created(), SPEECH, audio(_SECONDS)) == [interrupted(0, 1000)]


def test_what_the_speaker_says_decides() -> None:
    """Reports in bytes and milliseconds add up, and are clamped to what was received."""
    talk = Talk()
    talk.at(0.0, created(), audio(_SECONDS))
    assert talk.at(9.0, Played("a", size_bytes=480), Played("a", ms=15), SPEECH) == [interrupted(25, 1000), cut(25)]
    talk = Talk(assume_playing=False)
    talk.at(0.0, created(), audio(_SECONDS))
    assert talk.at(9.0, Played("a", ms=5000), SPEECH) == [interrupted(1000, 1000), cut(1000)]
    talk = Talk(assume_playing=False)
    talk.at(0.0, created(), audio(_SECONDS), done())
    assert talk.at(9.0, Played("a", ms=5000), SPEECH) == []


def test_who_does_not_report_heard_nothing_if_nothing_is_assumed() -> None:
    """Without the assumption and without a report there is nothing to cut."""
    talk = Talk(assume_playing=False)
    talk.at(0.0, created(), audio(_SECONDS), done())
    assert talk.at(9.0, SPEECH) == [interrupted(0, 1000)]


@pytest.mark.parametrize(
    ("spelling", "bytes_a_second"),
    [
        ({"type": "audio/pcm", "rate": 24_000}, 48_000),
        ({"type": "audio/pcm"}, 48_000),
        ({"type": "audio/pcm", "rate": 16_000}, 32_000),
        ({"type": "audio/pcmu"}, 8_000),
        ({"type": "audio/pcma"}, 8_000),
        ("pcm16", 48_000),
        ("g711_ulaw", 8_000),
        ("g711_alaw", 8_000),
        ({"type": "audio/unheard-of"}, 48_000),
        (None, 48_000),
    ],
)
def test_the_format_in_force_measures_the_audio(spelling: Any, bytes_a_second: int) -> None:
    """Every spelling counts, none and an unknown one as PCM; what a response has of its own counts for it alone."""
    talk = Talk()
    talk.at(0.0, in_force(spelling), created(), audio(bytes(bytes_a_second)))
    assert talk.at(0.25, SPEECH) == [interrupted(250, 1000), cut(250)]
    own = Response(id="s", audio=AudioConfig(output=OutputAudioConfig(format=spelling or "pcm16")))
    talk.at(1.0, done(), in_force({"type": "audio/pcm", "rate": 8_000}))
    talk.at(2.0, ResponseCreated(response=own), audio(bytes(bytes_a_second), "b", response="s"))
    expected = 1000 if spelling != {"type": "audio/unheard-of"} else 3000
    assert talk.at(2.25, SPEECH) == [interrupted(250, expected, "b", 0, "s"), cut(250, "b")]


def test_items_of_an_out_of_band_response_are_not_cut() -> None:
    """Its audio is interrupted, but its items are in no conversation; while it only writes, nobody interrupts it."""
    talk = Talk()
    talk.at(0.0, aside("o"), audio(_SECONDS, response="o"))
    assert talk.at(0.5, Interrupt()) == [interrupted(500, 1000, response="o"), ResponseCancel(response_id="o")]
    talk = Talk()
    assert talk.at(0.0, aside("o"), created("r"), Interrupt()) == [_CANCEL]
    assert talk.at(0.0, Interrupt("o")) == [ResponseCancel(response_id="o")]


def test_what_was_deleted_or_cut_by_others_is_left_alone() -> None:
    """The server would refuse to cut an item that is gone, or that is shorter by now."""
    talk = Talk()
    talk.at(0.0, created(), audio(_SECONDS), audio(_SECONDS, "b"), ConversationItemDeleted(item_id="a"))
    assert talk.at(0.5, _QUIET) == [interrupted(500, 1000, "b"), cut(500, "b")]
    talk = Talk()
    talk.at(0.0, created(), audio(_SECONDS), cut(100), audio(_SECONDS))
    assert talk.at(0.5, cut(100, "other"), SPEECH) == []


def test_a_response_of_which_the_beginning_was_not_seen() -> None:
    """Its audio counts, it is cancelled, and it ends at its response.done."""
    talk = Talk()
    talk.at(0.0, audio(_SECONDS))
    assert talk.at(0.5, Interrupt()) == [interrupted(500, 1000), cut(500), _CANCEL]
    talk = Talk()
    assert talk.at(0.0, done(), ResponseCreated(response=Response()), Interrupt()) == []
    # audio of one that is done is no sign that it runs
    assert talk.at(0.0, audio(_SECONDS)) == []
    assert talk.at(0.5, Interrupt("r")) == [interrupted(500, 1000), cut(500)]


def test_nothing_of_a_lost_connection_is_acted_upon() -> None:
    """After it no item and no response of before is named, and the format is the default again."""
    talk = Talk()
    talk.at(0.0, in_force("g711_ulaw", type="server_vad", interrupt_response=False), created(), audio(_SECONDS), _LOST)
    assert talk.at(0.5, Interrupt(), SPEECH) == []
    talk.at(1.0, created("s"), audio(_SECONDS, "b", response="s"))
    assert talk.at(1.5, SPEECH) == [interrupted(500, 1000, "b", 0, "s"), cut(500, "b")]


def test_what_is_kept_is_bounded() -> None:
    """Responses that were interrupted, cancelled or never played leave nothing behind."""
    talk = Talk(assume_playing=False)
    for number in range(200):
        response, item = f"r{number}", f"a{number}"
        talk.at(0.0, created(response), audio(_SECONDS, item, response=response))
        if number % 2:
            talk.at(0.0, Interrupt(response))
        talk.at(0.0, audio(bytes(480), f"b{number}", response=response), done(response=response))
    told = talk.at(1.0, SPEECH)
    assert 30 <= len(told) <= 32
    assert {found.response_id for found in told} <= {f"r{number}" for number in range(120, 200)}


class _Clock(VirtualTimeScheduler):
    """A scheduler whose clock is set by hand, backwards too."""

    at = 7.0

    @property
    def now(self) -> datetime:
        """The time that was set."""
        return datetime(2026, 8, 1, 12, tzinfo=UTC) + timedelta(seconds=self.at)


def _heard_by(source: Subject[Any], clock: Any = None, early: bool = False) -> list[Any]:
    got: list[Any] = []
    policy = ops.interruption(scheduler=clock if early else None)
    source.pipe(policy).subscribe(got.append, got.append, scheduler=None if early else clock)
    return got


@pytest.mark.parametrize("early", [True, False])
def test_time_is_the_schedulers(early: bool) -> None:
    """A scheduler counts, whether given with the policy or with the subscription."""
    clock, source = _Clock(), Subject[Any]()
    got = _heard_by(source, clock, early)
    source.on_next(audio(_SECONDS))
    clock.at += 0.25
    source.on_next(SPEECH)
    assert got == [interrupted(250, 1000), cut(250)]


def test_a_clock_that_goes_backwards_stands_still() -> None:
    """Nothing is heard meanwhile, and never less than before."""
    clock, source = _Clock(), Subject[Any]()
    got = _heard_by(source, clock)
    source.on_next(audio(_SECONDS))
    clock.at -= 5
    source.on_next(SPEECH)
    assert got == [interrupted(0, 1000)]
    source.on_next(audio(_SECONDS, "b", response="s"))
    clock.at += 5.5
    source.on_next(SPEECH)
    assert got[1:] == [interrupted(500, 1000, "b", 0, "s"), cut(500, "b")]


async def _until(at: float) -> None:
    reached = asyncio.Event()
    asyncio.get_running_loop().call_at(at, reached.set)
    await reached.wait()


@pytest.mark.parametrize("own", [True, False])
def test_on_a_loop_time_is_the_loops_monotonic_one(own: bool) -> None:
    """Without a scheduler, and with the loop's own, whose now is the wall clock, the clock of the loop is read."""

    async def main() -> list[Any]:
        loop, source = asyncio.get_running_loop(), Subject[Any]()
        await _until(5.0)
        got = _heard_by(source, AsyncIOScheduler(loop) if own else None)
        source.on_next(audio(_SECONDS))
        await _until(5.25)
        source.on_next(SPEECH)
        return got

    assert virtual_run(main) == [interrupted(250, 1000), cut(250)]


def test_it_may_be_subscribed_to_before_the_loop_runs() -> None:
    """A pipeline is built and subscribed to where no loop runs yet: the clock begins with the first value."""
    source = Subject[Any]()
    got = _heard_by(source)

    async def main() -> None:
        source.on_next(audio(_SECONDS))
        await _until(0.75)
        source.on_next(SPEECH)

    virtual_run(main)
    assert got == [interrupted(750, 1000), cut(750)]


def test_without_any_clock_the_stream_says_so() -> None:
    """No scheduler and no loop: no value, and an error that says what to give."""
    values, error = terminal(reactivex.of(audio(_SECONDS), SPEECH).pipe(ops.interruption()))
    assert values == []
    assert isinstance(error, ConfigurationError)
    assert "scheduler" in str(error)


def test_terminals_pass_by() -> None:
    """The end and the error of the traffic are those of the policy."""
    error = OSError("gone")
    assert terminal(reactivex.throw(error).pipe(ops.interruption())) == ([], error)
    assert terminal(reactivex.empty().pipe(ops.interruption())) == ([], "completed")
