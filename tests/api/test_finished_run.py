"""A run with every step done, from Python and from the command line beside it."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

import l1ad
from l1ad.api.summary import Report
from l1ad.cli.main import app
from l1ad.core.errors import DataError

TESTED_BY = "zero_bias_1khz"


def printed(*arguments: str, codes: tuple[int, ...] = (0,)) -> Any:
    done = CliRunner().invoke(app, [*arguments, "--json"])
    assert done.exit_code in codes, done.output
    return json.loads(done.stdout)


def same(document: Any) -> Any:
    """Read a document as JSON gives it back."""
    return json.loads(json.dumps(document))


def test_a_whole_run_leaves_a_report_whose_tables_are_those_of_its_parts(finished_run: l1ad.Run) -> None:
    summary = json.loads((finished_run.path / "summary.json").read_text(encoding="utf-8"))
    report = Report(file=finished_run.path / "report.html", summary=summary)
    assert report.file.is_file()
    assert set(summary["seconds"]) >= {"train", "evaluate", "freeze", "build", "verify", "accept", "report"}
    assert summary["mismatches"] == 0
    tables = {table.name: table for table in report.tables()}
    assert list(tables) == ["agreement", "thresholds", "efficiencies", "budget", "acceptance"]
    assert tables["budget"] == finished_run.check().tables()[0]
    assert tables["thresholds"].rows[0][2] == str(finished_run.algorithm.thresholds_raw["tight"])
    assert "accepted by zero_bias_1khz" in " ".join(report.remarks())


def test_an_evaluation_is_the_one_that_the_command_line_prints(finished_run: l1ad.Run) -> None:
    found = finished_run.evaluate()
    document = printed("evaluate", str(finished_run.path))
    assert same(found.document()) == document
    scores, criteria = found.tables()
    point = document["points"][0]
    value = document["scores"]["mean_squares"]["a_to_4l"]["at"][point]["efficiency"]["value"]
    assert ("mean_squares", f"{value:.2%}") in scores.rows
    assert criteria.rows == tuple((name, f"{value:.4g}") for name, value in document["criteria"].items())


def test_budget_and_cells_are_those_that_the_command_line_prints(finished_run: l1ad.Run) -> None:
    budget = finished_run.check()
    codes = (0, 3)  # what no training for an hour has made small may be over
    assert same(budget.document()) == printed("check", str(finished_run.firmware), codes=codes)
    kept = json.loads((finished_run.firmware / "results" / "estimate.json").read_text(encoding="utf-8"))
    cells = finished_run.synthesize()
    assert cells.tables()[0].rows[-1][:2] == ("all", f"{cells.total.lut:,}")
    document = same(cells.document())
    assert document["modules"] == kept["modules"]
    assert document["total"]["lut"] in [line.value for line in budget.lines]


def test_an_acceptance_is_the_command_lines_and_the_report_shows_it(
    finished_run: l1ad.Run, tmp_path: Path
) -> None:
    found = finished_run.accept(TESTED_BY, junit=tmp_path / "mine.xml")
    command = ["accept", str(finished_run.firmware), "--budget", TESTED_BY, "--run", str(finished_run.path)]
    document = printed(*command, "--junit", str(tmp_path / "theirs.xml"), codes=(0, 3))
    assert same(found.document()) == document
    cases = [
        [(case.attrib["name"], [child.tag for child in case]) for case in suite.iter("testcase")]
        for suite in (ElementTree.parse(tmp_path / f"{whose}.xml") for whose in ("mine", "theirs"))  # noqa: S314
    ]
    assert cases[0] == cases[1]
    assert len(cases[0]) == len(found.lines) == len(found.tables()[0].rows)
    kept = finished_run.directory.read_json("acceptance.json", step="accept")
    assert kept["checks"] == document["checks"]
    failed = [one["name"] for one in document["checks"] if one["verdict"] == "fail"]
    assert [remark.split(": ")[1] for remark in found.remarks()[1:]] == failed


def test_a_comparison_is_the_one_that_the_command_line_prints(finished_run: l1ad.Run, tmp_path: Path) -> None:
    found = l1ad.compare([finished_run], reference=finished_run.path, classical=False, out=tmp_path / "mine")
    document = printed(
        "compare", str(finished_run.path), "--reference", str(finished_run.path), "--no-classical",
        "--out", str(tmp_path / "theirs"),
    )  # fmt: skip
    assert same(found.document()) == document
    assert {path.name for path in (tmp_path / "mine").iterdir()} == {
        path.name for path in (tmp_path / "theirs").iterdir()
    }
    (table,) = found.tables()
    assert table.header[0] == "algorithm"
    assert len(table.rows) == len(found.algorithms)
    with pytest.raises(DataError):
        l1ad.compare([tmp_path])


def test_a_wave_of_one_event_is_recorded(finished_run: l1ad.Run, tmp_path: Path) -> None:
    number = int(l1ad.load_events("sample:a_to_4l", stop=1).event_number[0])
    file = finished_run.wave("sample:a_to_4l", number, tmp_path / "event.vcd")
    assert file.read_text(encoding="utf-8").lstrip().startswith("$")
    with pytest.raises(DataError, match="no event -1"):
        finished_run.wave("sample:a_to_4l", [-1], tmp_path / "none.vcd")
