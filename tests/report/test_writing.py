import csv
import json
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest

from l1ad.report.document import Block, Document, Paragraph, Section
from l1ad.report.writing import write_document
from tests.report.documents import (
    budget_table,
    overlap_map,
    score_chart,
    threshold_slider,
    whole_document,
)

FILES = {
    "report.html", "report.md", "report.json",
    "figures/rate.png", "figures/rate.pdf", "figures/rate.csv",
    "figures/overlap.png", "figures/overlap.pdf", "figures/overlap.csv",
    "tables/budget.csv", "tables/long.csv", "tables/threshold.csv",
}  # fmt: skip


class ImpatienceError(Exception):
    """The reader's patience ended."""


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def small(*blocks: Block) -> Document:
    return Document(
        title="Small", subtitle="", verdicts=(), sections=(Section(id="only", title="Only", blocks=blocks),)
    )


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("written")
    assert write_document(whole_document(), folder) == folder / "report.html"
    return folder


def test_a_document_is_a_page_markdown_json_and_what_lies_beside_them(written: Path) -> None:
    assert files(written) == FILES
    assert "<title>" in (written / "report.html").read_text(encoding="utf-8")
    assert matplotlib.image.imread(written / "figures/rate.png").std() > 0.05
    assert (written / "figures/overlap.pdf").read_bytes().startswith(b"%PDF-")


def test_every_link_of_the_markdown_leads_to_a_file(written: Path) -> None:
    text = (written / "report.md").read_text(encoding="utf-8")
    links = {one.split(")")[0] for one in text.split("](")[1:]} - {"#rates"}
    assert links == {one for one in FILES if "/" in one}


def test_the_json_is_the_document(written: Path) -> None:
    text = (written / "report.json").read_text(encoding="utf-8")
    assert json.loads(text) == json.loads(json.dumps(whole_document().document()))
    assert "Higgs → ττ" in text
    assert json.loads(text)["data"]["mean"] is None


def test_the_csv_of_a_figure_has_the_numbers_that_are_drawn(written: Path) -> None:
    with (written / "figures/overlap.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    values = [float(row["value"] or "nan") for row in rows]
    np.testing.assert_array_equal(values, overlap_map(size=3).values.ravel())


def test_progress_is_told_of_each_block_and_each_file(tmp_path: Path) -> None:
    told: list[tuple[int, int, str]] = []
    document = small(budget_table(), Paragraph("Words."), threshold_slider())
    write_document(document, tmp_path, name="short", progress=lambda *one: told.append(one))
    notes = ["budget", "threshold", "short.md", "short.html", "short.json", ""]
    assert told == [(done, 5, note) for done, note in enumerate(notes)]


def test_equal_documents_give_equal_bytes(written: Path, tmp_path: Path) -> None:
    write_document(whole_document(), tmp_path)
    assert {name: (tmp_path / name).read_bytes() for name in FILES} == {
        name: (written / name).read_bytes() for name in FILES
    }


@pytest.mark.parametrize("at", ["budget", "other", "report.md", "report.html", "report.json"])
def test_an_interrupted_write_leaves_the_old_json_and_no_pieces(at: str, tmp_path: Path) -> None:
    write_document(small(budget_table()), tmp_path)
    before = (tmp_path / "report.json").read_bytes()

    def interrupt(_done: int, _total: int, note: str) -> None:
        if note == at:
            raise ImpatienceError

    with pytest.raises(ImpatienceError):
        write_document(small(threshold_slider("other"), budget_table()), tmp_path, progress=interrupt)
    assert (tmp_path / "report.json").read_bytes() == before
    assert files(tmp_path) <= {
        "report.html",
        "report.md",
        "report.json",
        "tables/budget.csv",
        "tables/other.csv",
    }
    assert "tables/budget.csv" in files(tmp_path)


def test_what_the_former_document_had_alone_is_removed_and_nothing_else(tmp_path: Path) -> None:
    write_document(small(score_chart("old"), budget_table("kept"), budget_table("gone")), tmp_path)
    mine = tmp_path / "figures/mine.png"
    mine.write_bytes(b"not of the document")
    write_document(small(budget_table("kept")), tmp_path)
    texts = {"report.html", "report.md", "report.json"}
    assert files(tmp_path) == {*texts, "tables/kept.csv", "figures/mine.png"}


@pytest.mark.parametrize(
    "name", ["../outside", "../../outside", "a/../../../outside", ".hidden", "/outside", ""]
)
def test_a_former_file_that_was_changed_by_hand_removes_nothing_elsewhere(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "one" / "two"
    write_document(small(), folder)
    bystanders = [tmp_path / "outside.csv", tmp_path / "one/outside.csv", folder / "outside.csv",
                  folder / "tables/.hidden.csv", folder / "tables/.csv"]  # fmt: skip
    for path in bystanders:
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
    forged = {"sections": [{"blocks": [{"kind": "table", "name": name}]}]}
    (folder / "report.json").write_text(json.dumps(forged))
    write_document(small(), folder)
    assert all(path.is_file() for path in bystanders)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "3", '{"sections": 3}', '{"sections": [1]}', '{"sections": [{"blocks": [{"kind": []}]}]}',
     '{"sections": [{"blocks": [{"kind": "table", "name": 7}]}]}', "\xff"],
)  # fmt: skip
def test_a_former_file_that_is_no_document_does_not_hinder(text: str, tmp_path: Path) -> None:
    (tmp_path / "report.json").write_bytes(text.encode("latin-1"))
    write_document(small(), tmp_path)
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["title"] == "Small"


@pytest.mark.parametrize("name", ["a/b", "..", "", ".hidden", "a\\b", "two\nlines"])
def test_a_block_whose_name_is_none_of_a_file_is_refused_before_anything_is_written(
    name: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=r"is not the name of a file, e\.g\. 'rate_by_pileup'"):
        write_document(small(budget_table("good"), budget_table(name)), tmp_path)
    assert files(tmp_path) == set()
