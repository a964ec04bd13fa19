"""The command that shows reports: a table for people, documents for machines."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from l1ad.cli.synthesis import SYNTH_COMMANDS
from l1ad.core.errors import ToolError

XmlBuilder = Callable[..., str]


def run(*arguments: str) -> Result:
    app = typer.Typer()
    for name, command, _ in SYNTH_COMMANDS:
        app.command(name)(command)
    return CliRunner().invoke(app, ["report", *arguments])


@pytest.fixture
def reports(tmp_path: Path, csynth_xml: XmlBuilder, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "slow_csynth.xml").write_text(
        csynth_xml(target="25.00", estimated="33.400", latency=("3", "40"))
    )
    (tmp_path / "undefined_csynth.xml").write_text(csynth_xml(latency=("undef", "undef")))
    return tmp_path


def test_a_row_a_report_then_what_to_know_about_it(reports: Path) -> None:
    result = run(*sorted(path.name for path in reports.iterdir()))
    assert result.exit_code == 0
    table, notes = result.output.split("└")
    rows = [
        [cell.strip() for cell in line.strip("│").split("│")] for line in table.splitlines() if "csynth" in line
    ]
    assert rows == [
        ["slow_csynth.xml", "HLS 2023.1", "", "3 to 40", "1", "25 / 33.4", "1,200", "800", "5", "3"],
        ["undefined_csynth.xml", "HLS 2023.1", "", "-", "1", "5 / 3.21", "1,200", "800", "5", "3"],
    ]
    assert "slow_csynth.xml: latency is not fixed: 3 to 40 cycles\n" in notes
    assert "slow_csynth.xml: estimated clock 33.4 ns exceeds the target of 25 ns\n" in notes
    assert "undefined_csynth.xml: latency is undefined" in notes


def test_json_gives_a_list_of_documents(reports: Path) -> None:
    result = run("--json", str(reports))
    documents = json.loads(result.output)
    assert [Path(one["file"]).name for one in documents] == ["slow_csynth.xml", "undefined_csynth.xml"]
    assert documents[1]["latency_cycles_max"] is None
    assert documents[0]["used"]["lut"] == 1200
    assert "estimated clock 33.4 ns exceeds the target of 25 ns" in documents[0]["notes"]


def test_a_file_that_is_no_report_is_refused(reports: Path) -> None:
    (reports / "notes.txt").write_text("dear diary")
    result = run("slow_csynth.xml", "notes.txt")
    assert isinstance(result.exception, ToolError)
    assert "notes.txt: begins with 'dear diary'" in str(result.exception)


def test_a_folder_without_reports_is_refused(reports: Path) -> None:
    (reports / "empty").mkdir()
    assert isinstance(run("empty").exception, ToolError)
