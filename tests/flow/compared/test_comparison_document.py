"""What a comparison leaves in its folder and prints."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from l1ad.core.plain import plain
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.data.events import EventBatch
from l1ad.flow.compare import save_comparison
from l1ad.flow.run_directory import RunDirectory
from l1ad.report.comparison import Comparison
from l1ad.report.comparison_document import comparison_document
from l1ad.report.document import Document, Paragraph, State, Table
from l1ad.report.html import html_document
from l1ad.report.numbers import plain_number
from l1ad.report.slider import Slider
from tests.flow.compared.runs import SIGNALS, TITLES, Command, algorithm, expected_scores, passes


def table(document: Document, name: str) -> Table:
    (found,) = (one for one in document.blocks if isinstance(one, Table) and one.name == name)
    return found


def test_the_folder_holds_one_page_and_the_whole_result(comparison: Comparison, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "comparison"
    assert save_comparison(comparison, folder) == folder / "comparison.html"
    names = ["comparison.html", "comparison.json", "comparison.md", "figures", "tables"]
    assert sorted(path.name for path in folder.iterdir()) == names
    for signal in SIGNALS:
        assert (folder / f"figures/rate_{signal}.png").read_bytes().startswith(b"\x89PNG")
        assert (folder / f"figures/rate_{signal}.pdf").read_bytes().startswith(b"%PDF")

    data = json.loads((folder / "comparison.json").read_text(encoding="utf-8"))["data"]
    assert data == comparison.document()
    assert data["budgets"] == ["20 kHz", "60 kHz"]
    first, _, real = data["algorithms"]
    assert set(first["cost"]) == {"lut", "latency_cycles", "latency_ns", "ebops", "sparsity"}
    assert set(first["signals"]["a_to_4l"]) == {"auc", "at"}
    assert set(first["ratios"]["20 kHz"]) == {"signals", "geometric_mean", "wins"}
    assert isinstance(first["signals"]["a_to_4l"]["at"]["20 kHz"]["threshold_raw"], int)
    # A rank means nothing outside the comparison.
    assert real["signals"]["a_to_4l"]["at"]["20 kHz"]["threshold_raw"] is None


def test_the_tables_show_every_algorithm_with_ratios_at_the_budgets(comparison: Comparison) -> None:
    document = comparison_document(comparison)
    tight = table(document, "efficiency_20_khz")
    assert tight.header[-2:] == ("geometric mean ratio", "wins")
    assert [row[0] for row in tight.rows] == ["first", "second", "real"]
    assert tight.rows[1][-2:] == ("1.000 (1.000 to 1.000)", "0 of 2")
    assert not tight.folded
    assert table(document, "efficiency_fpr_1e_3").header[2:] == ("a_to_4l", TITLES["h_to_tautau"])
    assert table(document, "costs").rows[2][1:] == ("–", "–", "–", "–")
    settings = {row[0]: row[1:] for row in table(document, "settings").rows}
    assert settings["model.backend"] == ("qkeras", "qkeras", "float")
    assert settings["model.latent"] == ("3", "3", "8")


def test_signals_are_called_as_people_call_them_and_files_by_name(comparison: Comparison) -> None:
    title = TITLES["h_to_tautau"]
    blocks = {block.name: block for block in comparison_document(comparison).blocks if hasattr(block, "name")}
    shown = {"efficiency_map", "rate_choice", "areas_under_curve", "pure_efficiency"}
    for name in shown | {"rate_h_to_tautau"}:
        laid_out = str(plain(blocks[name]))
        assert title in laid_out, name
        assert "h_to_tautau" not in laid_out.replace("rate_h_to_tautau", ""), name
    assert comparison.document()["titles"]["a_to_4l"] == "a_to_4l"
    assert comparison.document()["titles"]["h_to_tautau"] == title


def test_the_slider_shows_a_rate_with_three_digits(comparison: Comparison) -> None:
    (slider,) = (one for one in comparison_document(comparison).blocks if isinstance(one, Slider))
    text = html_document(comparison_document(comparison))
    shown = [plain_number(at, 3) for at in slider.positions.tolist()]
    assert len(set(shown)) == len(shown)
    for mark, at in slider.marks.items():
        assert f'{mark} <span class="note">{plain_number(at, 3)}</span></button>' in text


def test_the_verdicts_are_those_of_the_ratios(comparison: Comparison) -> None:
    found = {verdict.what: verdict for verdict in comparison_document(comparison).verdicts}
    assert set(found) == {f"{name} at {point}" for name in ("first", "real") for point in ("20 kHz", "60 kHz")}
    for what, verdict in found.items():
        name, point = what.split(" at ")
        mean = algorithm(comparison, name).ratios[point].geometric_mean
        expected = State.GOOD if mean.low > 1 else State.BAD if mean.high < 1 else State.OPEN
        assert verdict.state is expected
        assert f"{mean.value:.2f} times second" == verdict.found


def test_the_slider_finds_at_a_budget_what_the_tables_say(comparison: Comparison) -> None:
    document = comparison_document(comparison)
    (slider,) = (one for one in document.blocks if isinstance(one, Slider))
    for point, at in slider.marks.items():
        place = slider.positions.tolist().index(at)
        for row, one in zip(slider.rows, comparison.algorithms, strict=True):
            for column, signal in enumerate(SIGNALS):
                assert row.values[place, column] == 100 * one.measured[signal].at[point].efficiency.value
            mean = np.sqrt(row.values[place, 0] * row.values[place, 1])
            assert row.values[place, 2] == pytest.approx(mean)


def test_decisions_in_common_are_those_of_brute_force(
    comparison: Comparison, events: dict[str, EventBatch], triggers: dict[str, TriggerAlgorithm]
) -> None:
    assert comparison.overlap.names == ("first", "second", "real")
    assert comparison.overlap.point == "60 kHz"
    accepted = {}
    for name in comparison.overlap.names:
        scores = expected_scores(name, events, triggers)
        accepted[name] = passes(scores, "background", "60 kHz")
    both = np.count_nonzero(accepted["first"] & accepted["real"])
    either = np.count_nonzero(accepted["first"] | accepted["real"])
    assert comparison.overlap.common[0, 2] == both / either


def test_a_bound_that_another_algorithm_exceeds_is_said_to_be_none(comparison: Comparison) -> None:
    values = {
        (one.name, signal): one.measured[signal].at["20 kHz"].efficiency.value
        for one in comparison.algorithms
        for signal in SIGNALS
    }
    low, high = (
        pick(comparison.algorithms, key=lambda one: values[one.name, "a_to_4l"]) for pick in (min, max)
    )
    assert low.measured["a_to_4l"].at["20 kHz"].efficiency.high < values[high.name, "a_to_4l"]
    bounded = [replace(one, is_upper_bound=one is low) for one in comparison.algorithms]
    found = replace(comparison, algorithms=tuple(bounded))
    assert found.exceeded["a_to_4l"] == high.name
    assert f"The upper bound is none at 20 kHz for a_to_4l ({high.name})" in shown(found)
    bounded = [replace(one, is_upper_bound=one is high) for one in comparison.algorithms]
    assert "a_to_4l" not in replace(comparison, algorithms=tuple(bounded)).exceeded
    assert comparison.exceeded == {}
    assert "upper bound" not in shown(comparison)


def shown(comparison: Comparison) -> str:
    blocks = comparison_document(comparison).blocks
    return "\n".join(block.text for block in blocks if isinstance(block, Paragraph))


def test_the_same_comparison_is_the_same_bytes(comparison: Comparison, tmp_path: Path) -> None:
    for folder in ("one", "two"):
        save_comparison(comparison, tmp_path / folder)
    files = [path for path in (tmp_path / "one").rglob("*") if path.is_file()]
    assert len(files) > 10
    for path in files:
        other = tmp_path / "two" / path.relative_to(tmp_path / "one")
        assert path.read_bytes() == other.read_bytes(), path.name


def test_the_command_prints_one_row_an_algorithm_and_writes_the_folder(
    runs: dict[str, RunDirectory], l1ad: Command, tmp_path: Path
) -> None:
    first, real = str(runs["first"].path), str(runs["real"].path)
    done = l1ad("compare", first, real, "--out", "made", "--reference", first, "--no-classical", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Efficiency at 20 kHz, in %" in done.stdout
    rows = [line for line in done.stdout.splitlines() if line.startswith(("│ first", "│ real"))]
    assert len(rows) == 2
    assert "1.000" in rows[0]
    document = json.loads((tmp_path / "made" / "comparison.json").read_text(encoding="utf-8"))["data"]
    assert [one["name"] for one in document["algorithms"]] == ["first", "real"]
    again = l1ad("compare", real, "--out", "made", "--no-classical", "--json", cwd=tmp_path)
    written = json.loads((tmp_path / "made" / "comparison.json").read_text("utf-8"))
    assert json.loads(again.stdout) == written["data"]
