"""Recorded sessions as diagrams."""

from __future__ import annotations

from pathlib import Path

import pytest

from rxrealtime import Frame
from rxrealtime.testing import record_marbles
from tests.frames import audio_delta, transcript_delta


def _received(*payloads: bytes) -> list[Frame]:
    return [Frame("received", payload) for payload in payloads]


CREATED = b'{"type": "session.created", "event_id": "e", "session": {"type": "realtime"}}'
CREATE = Frame("sent", b'{"type": "response.create"}')


def test_one_letter_a_type_and_runs_of_deltas() -> None:
    """Small letters came, capital ones went, a run is one sign; the legend counts."""
    runs = _received(*[transcript_delta(), audio_delta()] * 3)
    drawn = record_marbles([*_received(CREATED), CREATE, *runs, *_received(b"{"), *_received(*[audio_delta()] * 2)])

    assert drawn.received == "a-(bc)~!c~"
    assert drawn.sent == "-A--------"
    assert drawn.legend == {
        "a": "session.created",
        "A": "response.create",
        "b": "response.output_audio_transcript.delta",
        "c": "response.output_audio.delta",
        "!": "no event",
    }
    assert drawn.counts == {"a": 1, "A": 1, "b": 3, "c": 5, "!": 1}
    assert drawn.diagram == "server a-(bc)~!c~\nclient -A--------"


def test_the_picture_keeps_to_its_width() -> None:
    """A long session is wrapped, both lines together."""
    drawn = record_marbles([*_received(*[CREATED] * 100), CREATE], width=40)

    assert max(map(len, str(drawn).splitlines())) == 40
    assert str(drawn).count("server ") == str(drawn).count("client ") == 4
    assert "a = session.created x 100" in str(drawn)


def test_nothing_of_the_payload_is_drawn() -> None:
    """Types only."""
    drawn = record_marbles(_received(transcript_delta("canary"), b'{"canary": 1}'))

    assert "canary" not in str(drawn) + repr(drawn)


def test_more_types_than_letters_share_a_sign() -> None:
    """However many types a peer makes up, there is a picture."""
    drawn = record_marbles(_received(*(f'{{"type": "zork.{number}"}}'.encode() for number in range(50))))

    assert len(drawn.received) == 50
    assert drawn.counts["?"] == 14


def test_nothing_is_a_picture_too() -> None:
    """An empty recording."""
    assert record_marbles([]).diagram == "server \nclient "


def test_a_real_recording(shared: Path) -> None:
    """A call and its output, as recorded."""
    drawn = record_marbles(shared / "recordings" / "openai-tool-call-round.jsonl")

    assert drawn.received.startswith("a-b--cdefcg~h")
    assert len(drawn.received) == len(drawn.sent)


@pytest.mark.parametrize("width", [10, 20, 80])
def test_any_width_will_do(width: int) -> None:
    """Narrow terminals wrap more, and the legend is cut."""
    drawn = record_marbles(_received(CREATED, transcript_delta()), width=width)

    assert max(map(len, str(drawn).splitlines())) <= width
