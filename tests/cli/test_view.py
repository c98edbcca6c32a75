"""The picture fits the terminal, whatever happened, and shows what matters."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from rxrealtime.cli.moments import Moment
from rxrealtime.cli.story import Story
from rxrealtime.cli.view import Size, picture
from rxrealtime.outcome import Outcome
from tests.cli import telling
from tests.cli.telling import Chapter, Ended, noted, received, said, story, told


def _drawn(shown: Story, columns: int = 80, rows: int = 24) -> list[str]:
    console = Console(file=io.StringIO(), width=columns, height=rows, force_terminal=False)
    with console.capture() as capture:
        console.print(picture(shown, Size(columns, rows), 1.5))
    return capture.get().splitlines()


def _long_story() -> list[Moment]:
    turns = [noted(Chapter(f"turn {number}")) for number in range(30)]
    spoken = [told(f"number {number}: {'word ' * 30}", item_id=f"i{number}") for number in range(30)]
    return [*turns, *spoken, *(received(telling.started(), at) for at in range(100)), received(telling.failure(), 100)]


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (140, 40), (200, 60), (60, 12)])
@pytest.mark.parametrize("length", [0, 1, 40, 161])
def test_the_picture_has_one_size(columns: int, rows: int, length: int) -> None:
    """It leaves two rows free and is as wide as the terminal, from the first moment to the last: nothing jumps."""
    drawn = _drawn(story(_long_story()[:length]), columns, rows)
    assert len(drawn) == max(rows - 2, 11)
    assert max(map(len, drawn)) == columns


def test_the_last_lines_are_shown_whole() -> None:
    """The kind and the place of a failure can be read at 80 columns, and so can the end of the conversation."""
    drawn = "\n".join(_drawn(story([*_long_story(), *said("Bye now.")])))
    assert "! FAILED json in …tput_text.delta" in drawn
    assert "failed   json at 100.00 s" in drawn
    assert "user  Bye now." in drawn
    assert "100 in  2 out  1 failed" in drawn


def test_what_a_model_says_is_no_markup() -> None:
    """Brackets and control sequences of a model are text, not styles."""
    drawn = "\n".join(_drawn(story([told("[bold]loud[/bold] \x1b[31mred [/nothing]")])))
    assert "[bold]loud[/bold] red" in drawn
    assert "[/nothing]" in drawn
    assert "\x1b" not in drawn


def test_the_end_is_shown() -> None:
    """How the session ended stands below the picture."""
    assert any("closed by us" in row for row in _drawn(story([noted(Ended(Outcome()))])))
