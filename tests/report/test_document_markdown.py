import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from l1ad.report.document import Table
from l1ad.report.document_markdown import literal, markdown_document, table
from tests.report.documents import budget_table, overlap_map, threshold_slider, whole_document

READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
LINES = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]))
MARKED = st.text("a1 _*~`|\\<>&[]()!#;:\"'/µ→")
TABLES = st.integers(1, 4).flatmap(
    lambda n: st.lists(st.lists(LINES | MARKED, min_size=n, max_size=n), min_size=1, max_size=4)
)


def cells(text: str) -> list[list[list[Token]]]:
    """Read the tables of a text: row by row, cell by cell, the pieces of each."""
    tokens = READER.parse(text)
    rows: list[list[list[Token]]] = []
    for before, token in pairwise(tokens):
        if token.type == "tr_open":
            rows.append([])
        elif before.type in ("td_open", "th_open"):
            rows[-1].append(token.children or [])
    return rows


def shown(text: str) -> list[list[str]]:
    return [["".join(piece.content for piece in cell) for cell in row] for row in cells(text)]


def run_together(text: str) -> str:
    return " ".join(text.split())


@given(TABLES)
def test_a_reader_of_markdown_sees_each_literal_cell_as_it_is(lines: list[list[str]]) -> None:
    header, *rows = lines
    text = table([literal(one) for one in header], [[literal(one) for one in row] for row in rows])
    assert [[run_together(one) for one in row] for row in shown(text)] == [
        [run_together(one) for one in line] for line in lines
    ]
    assert {piece.type for row in cells(text) for cell in row for piece in cell} <= {"text"}


@given(TABLES)
def test_every_row_has_as_many_cells_as_the_header_whatever_is_in_them(lines: list[list[str]]) -> None:
    header, *rows = lines
    laid_out = table(header, rows).splitlines()
    assert len(laid_out) == 2 + len(rows)
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in laid_out} == {len(header) + 1}


def test_a_name_with_underscores_stays_as_it_is_written() -> None:
    assert literal("h_to_aa_4b < 5 & > 3") == "h_to_aa_4b < 5 & > 3"


def test_cells_that_are_markdown_stay_markdown() -> None:
    assert shown(table(["digest"], [["`ab|cd`"], ["two\nlines"]])) == [["digest"], ["ab|cd"], ["two lines"]]


def test_the_verdicts_come_first_and_lead_to_their_sections() -> None:
    text = markdown_document(whole_document())
    head = text[: text.index("## Rates")]
    assert head.startswith("# Trigger algorithm `demo`\n\nMade-up numbers.\n\n")
    assert shown(head) == [
        ["what", "found", "verdict", "why"],
        ["agreement", "0 of 280,117 events differ", "good", ""],
        ["latency | cycles", "12 > 10", "bad", "limit of the target"],
    ]
    assert "[agreement](#rates)" in head
    assert '<a id="rates"></a>' in head


def test_a_row_tells_its_state_in_a_word() -> None:
    text = markdown_document(whole_document())
    assert shown(text)[-1] == ["`_URAM_` | *all*", "–", "<none>", "open"]
    assert ["figure", "value", "limit", "verdict"] in shown(text)


def test_a_long_table_is_folded_and_still_a_table() -> None:
    text = markdown_document(whole_document())
    _, folded = text.split("<details><summary>Budget | limits</summary>\n\n")
    inside, _ = folded.split("\n\n</details>")
    assert len(shown(inside)) == 4
    assert "[CSV](tables/long.csv)" in inside


def test_a_slider_shows_its_numbers_at_its_marks() -> None:
    text = markdown_document(whole_document())
    assert ["threshold (hardware units)", "1 kHz (30.5)", "highest (1234567)"] in shown(text)
    assert ["rate", "0.33 kHz (0.30 to 0.37)", "–"] in shown(text)
    assert ["h_to_aa_4b", "0.1 %", "0.0 %"] in shown(text)
    assert "[CSV of all 4 settings](tables/threshold.csv)" in text


@pytest.mark.parametrize("block", [overlap_map("a map"), threshold_slider("other"), budget_table("other")])
def test_links_lead_to_the_files_of_the_block(block: Table) -> None:
    text = markdown_document(whole_document(block))
    links = re.findall(r"\]\(([^)]+)\)", text)
    folder = "figures" if block.name == "a map" else "tables"
    assert f"{folder}/{block.name.replace(' ', '%20')}.csv" in links


def test_a_caption_with_marks_of_its_own_is_in_italics_as_a_whole() -> None:
    page = READER.render(markdown_document(whole_document()))
    assert "<p><em>Share of the row's events that the column accepts <em>too</em>.</em></p>" in page
    assert "<p><em>Bands are Clopper-Pearson intervals (68.27 %).</em></p>" in page
