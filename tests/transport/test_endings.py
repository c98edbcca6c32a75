"""What the end of a websocket means, from the close codes alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rxrealtime import ConnectionLost, FrameTooLarge, KeepaliveLost, ServerClosed
from rxrealtime.redaction import redacted
from rxrealtime.transport.endings import Closing, Evidence, ending

CLOSINGS = st.none() | st.builds(
    Closing, st.integers(1000, 4999), st.sampled_from(["", "bye", "keepalive ping timeout"])
)


@given(
    CLOSINGS, CLOSINGS, st.none() | st.booleans(), st.builds(Evidence, st.none(), st.floats(0, 9), st.integers(0, 9))
)
def test_every_combination_has_a_name(
    received: Closing | None, sent: Closing | None, answered: bool | None, evidence: Evidence
) -> None:
    """T4: also when both codes are missing, as after an end of file."""
    assert isinstance(ending(received, sent, answered, evidence), ConnectionLost)


@given(st.integers(1000, 4999), st.text(max_size=20))
def test_a_close_of_the_server_keeps_code_and_reason(code: int, reason: str) -> None:
    """T4: what the server wrote is what the user reads, but for credentials."""
    found = ending(Closing(code, reason), Closing(code, reason), True, Evidence())
    assert type(found) is ServerClosed
    assert (found.code, found.reason) == (code, redacted(reason))


def test_s5_a_key_in_the_reason_of_a_close_is_masked() -> None:
    """S5: a server may quote what it refuses."""
    found = ending(Closing(1008, "Incorrect API key provided: sk-c4n4ry1"), Closing(1008), True, Evidence())
    assert str(found) == "the server closed the connection with code 1008, 'Incorrect API key provided: ***'"


def test_no_code_at_all_is_a_lost_connection() -> None:
    """T4: the peer vanished."""
    assert type(ending(None, None, None, Evidence())) is ConnectionLost


def test_our_1009_is_a_frame_that_was_too_large() -> None:
    """B2: with the limit, whether or not the peer answered our close."""
    for answer in (None, Closing(1009)):
        found = ending(answer, Closing(1009, "over size limit"), False if answer else None, Evidence(max_frame_bytes=7))
        assert isinstance(found, FrameTooLarge)
        assert found.limit == 7


def test_our_protocol_error_blames_the_peer() -> None:
    """T4: 1002 from us."""
    assert "broke the websocket protocol" in str(ending(None, Closing(1002, "bad opcode"), None, Evidence()))


@pytest.mark.parametrize(
    ("evidence", "said"),
    [
        (Evidence(blocked=12.3), "our event loop was blocked for 12.3 s"),
        (Evidence(unsent_bytes=5), "a buffer was full"),
        (Evidence(), "the peer was silent"),
    ],
)
def test_t7_a_death_by_keepalive_says_which(evidence: Evidence, said: str) -> None:
    """T7: our loop, a full buffer, or the peer."""
    found = ending(None, Closing(1011, "keepalive ping timeout"), None, evidence)
    assert isinstance(found, KeepaliveLost)
    assert said in str(found)


def test_t7_a_server_that_gave_up_on_us_says_so_too() -> None:
    """T7: its 1011 came because we did not answer: perhaps our loop stood still."""
    found = ending(Closing(1011, "keepalive ping timeout"), Closing(1011), True, Evidence(blocked=30.0))
    assert "our event loop was blocked for 30.0 s" in str(found)
