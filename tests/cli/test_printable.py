"""What others wrote cannot steer the terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rxrealtime.cli.printable import elided, one_line, printable


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("plain, ünïcode 🙂", "plain, ünïcode 🙂"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07after", "after"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bP1;2qdata\x1b\\after", "after"),
        ("bell\x07 back\x08 return\r\x9b31m", "bell back return31m"),
        ("turned \u202earound", "turned around"),
        ("half \ud800 a character", "half  a character"),
    ],
)
def test_control_sequences_are_left_out(written: str, shown: str) -> None:
    """Text stays, what a terminal would obey goes."""
    assert printable(written) == shown


@given(st.text(st.characters(), max_size=80), st.text(max_size=20))
def test_nothing_steers_the_terminal_wherever_a_text_is_cut(before: str, after: str) -> None:
    """No control character survives but tab and newline, in whole texts and in pieces."""
    for shown in (printable(before + after), printable(before) + printable(after)):
        assert not any((ord(sign) < 32 and sign not in "\n\t") or 127 <= ord(sign) < 160 for sign in shown)


@given(st.text())
def test_a_line_stays_a_line(written: str) -> None:
    """Whatever is written, one line comes out, without blanks around it."""
    shown = one_line(written)
    assert shown.splitlines() in ([], [shown])
    assert shown == shown.strip()


@given(st.text(min_size=1), st.integers(0, 60))
def test_a_long_name_keeps_its_end(name: str, width: int) -> None:
    """A name is never wider than asked, and what is left of it is its end."""
    shown = elided(name, width)
    assert len(shown) <= width
    assert name.endswith(shown.removeprefix("…")) or shown == name
