"""How results look: escaped, readable on light and dark, short in one line."""

from dataclasses import FrozenInstanceError, dataclass
from html.parser import HTMLParser
from typing import Any

import pytest
from rich.console import Console

from l1ad.api.progress import progress_bar
from l1ad.api.shown import Shown, grown
from l1ad.report.document import State, Table
from l1ad.report.firmware_tables import budget_table

NASTY = "<script>alert('µ & ν')</script>[bold]"


@dataclass(frozen=True, slots=True)
class Plain:
    value: int


@dataclass(frozen=True, slots=True, repr=False)
class Example(Shown, Plain):
    folded: bool = False

    def headline(self) -> str:
        return f"{self.value} of {NASTY}"

    def document(self) -> dict[str, Any]:
        return {"value": self.value}

    def tables(self) -> tuple[Table, ...]:
        rows = ((NASTY, "1"), ("b", "a sentence that is longer than thirty characters"))
        states = (State.GOOD, State.BAD)
        return (
            Table(name="t", title=NASTY, header=("what", NASTY), rows=rows, states=states, folded=self.folded),
        )

    def remarks(self) -> tuple[str, ...]:
        return (NASTY,)


class Tags(HTMLParser):
    """Lists tags, and checks that each is closed where it should be."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self.open.append(tag)
        self.seen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("folded", [False, True])
def test_html_is_well_formed_and_escapes_everything(folded: bool) -> None:
    parsed = Tags()
    parsed.feed(Example(3, folded)._repr_html_())
    assert parsed.open == []
    assert "script" not in parsed.seen
    assert ("details" in parsed.seen) is folded
    assert parsed.text.count(NASTY) == 5
    assert parsed.seen.count("tr") == 3


def test_html_takes_text_and_background_from_the_notebook() -> None:
    html = Example(3)._repr_html_()
    assert "color:inherit" in html
    assert "background:none" in html
    assert 'title="bad"' in html


def test_a_terminal_shows_headline_tables_and_remarks_without_markup() -> None:
    console = Console(width=200, record=True, file=None, quiet=False, force_terminal=False)
    with console.capture() as capture:
        console.print(Example(3))
    text = capture.get()
    assert text.count("[bold]") == 5
    assert text.startswith("3 of ")


def test_one_line_says_kind_and_headline() -> None:
    assert repr(Example(3)) == f"<Example: 3 of {NASTY}>"


def test_a_result_keeps_the_values_of_the_step_and_cannot_be_changed() -> None:
    result = grown(Example, Plain(7), folded=True)
    assert (result.value, result.folded) == (7, True)
    with pytest.raises(FrozenInstanceError):
        result.value = 8  # type: ignore[misc]


def test_a_verdict_becomes_the_state_of_its_row() -> None:
    line = {"what": "LUT", "value": 1500, "limit": 1000.0, "unit": "", "source": "Yosys", "note": "15 %"}
    table = budget_table([{**line, "verdict": verdict} for verdict in ("over", "within", "unknown")])
    assert table.states == (State.BAD, State.GOOD, State.OPEN)
    assert table.rows[0] == ("LUT", "1,500", "1,000", "", "over", "Yosys; 15 %")


def test_progress_is_silent_outside_a_terminal_unless_it_is_wanted(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar("train") as tell:
        tell(1, 2, "")
    assert capsys.readouterr().err == ""
    with progress_bar("train", True) as tell:
        tell(1, 2, "loss 3")
    told = capsys.readouterr().err
    assert "train: 1 of 2 loss 3" in told
    assert "train: done in " in told
    assert told.endswith("\n")
