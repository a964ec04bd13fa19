import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from l1ad.cli.main import app
from l1ad.core.errors import ConfigError, DataError, UnresolvedRateError
from l1ad.core.trigger_file import load_trigger
from l1ad.data.event_writer import writing_events
from l1ad.data.opening import load_events

REFERENCE = Path(__file__).parents[2] / "firmware" / "reference" / "trigger.json"
ZERO_BIAS = ["--events", "sample:zero_bias", "--bunches", "2340"]
# The reference algorithm was trained on other collisions; these are rates that it can keep.
BUDGETS = ["--budget", "tight=20 kHz", "--budget", "loose=100 kHz"]


@pytest.fixture
def trigger(tmp_path: Path) -> Path:
    file = tmp_path / "trigger.json"
    shutil.copyfile(REFERENCE, file)
    return file


@pytest.fixture(scope="module")
def rated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give an algorithm with thresholds for zero bias."""
    file = tmp_path_factory.mktemp("rated") / "trigger.json"
    shutil.copyfile(REFERENCE, file)
    run(["thresholds", str(file), *ZERO_BIAS, *BUDGETS])
    return file


def run(arguments: list[str], *, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["rates", *arguments], catch_exceptions=True)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result.output


def printed(arguments: list[str]) -> dict[str, object]:
    text = run([*arguments, "--json"])
    document: dict[str, object] = json.loads(text[text.index("{") :])
    return document


def test_thresholds_go_into_the_trigger_file_with_their_names(trigger: Path) -> None:
    found = printed(["thresholds", str(trigger), *ZERO_BIAS, *BUDGETS, "--pure", "pure_loose=50 kHz"])
    rates = found["rates"]
    assert isinstance(rates, dict)
    assert load_trigger(trigger).thresholds == {name: one["threshold_raw"] for name, one in rates.items()}
    assert rates["tight"]["rate_hz"] <= 20_000 and rates["pure_loose"]["pure"]["rate_hz"] <= 50_000
    assert [one["kind"] for one in rates.values()] == ["total", "total", "pure"]
    assert not list(trigger.parent.glob(".*"))  # what was counted is not left behind


def test_thresholds_can_be_looked_at_without_being_written(trigger: Path) -> None:
    before = trigger.read_bytes()
    run(["thresholds", str(trigger), *ZERO_BIAS, *BUDGETS, "--no-write"])
    assert trigger.read_bytes() == before


def test_two_processes_set_the_same_thresholds_as_one(trigger: Path) -> None:
    one = printed(["thresholds", str(trigger), *ZERO_BIAS, *BUDGETS])
    two = printed(["thresholds", str(trigger), *ZERO_BIAS, *BUDGETS, "--workers", "2"])
    assert one == two


def test_a_budget_that_is_not_resolved_is_refused_or_extrapolated_on_request(trigger: Path) -> None:
    before = trigger.read_bytes()
    narrow = ["thresholds", str(trigger), "--events", "sample:a_to_4l", "--bunches", "2340"]
    with pytest.raises(UnresolvedRateError, match="5000 zero-bias events cannot resolve 2 kHz: at least 13158"):
        run([*narrow, "--budget", "tight=2 kHz"])
    assert trigger.read_bytes() == before


def test_the_menu_says_what_the_algorithm_adds(rated: Path) -> None:
    found = printed(["menu", str(rated), *ZERO_BIAS, "--signal", "a_to_4l=sample:a_to_4l"])
    comparison, gains = found["comparison"], found["gains"]
    assert isinstance(comparison, dict) and isinstance(gains, dict)
    menu = comparison["menu"]["rate_khz"]
    for one in comparison["thresholds"]:
        assert one["menu_with"]["rate_khz"] == pytest.approx(menu + one["rates"]["pure"]["rate_khz"])
    assert {"menu", "thresholds"} < set(gains["a_to_4l"])
    text = run(["menu", str(rated), *ZERO_BIAS, "--signal", "a_to_4l=sample:a_to_4l"])
    for words in ("Rates beside the menu", "Overlap", "gained beyond the menu", "tight, pure"):
        assert words in text


def test_a_menu_file_decides_which_seeds_count(rated: Path, tmp_path: Path) -> None:
    menu = tmp_path / "menu.csv"
    menu.write_text("name,prescale\nL1_SingleMu22,1\nL1_HTT360,2\n")
    found = printed(["menu", str(rated), *ZERO_BIAS, "--menu", str(menu)])
    comparison = found["comparison"]
    assert isinstance(comparison, dict)
    assert [(one["name"], one["prescale"]) for one in comparison["seeds"]] == [
        ("L1_SingleMu22", 1),
        ("L1_HTT360", 2),
    ]


def test_stability_is_tested_along_every_column_that_the_events_have(rated: Path) -> None:
    found = printed(
        ["stability", str(rated), *ZERO_BIAS, "--pileup", "48", "--sculpt", "ht", "--seed", "L1_HTT360"]
    )
    steadiness = found["steadiness"]
    assert isinstance(steadiness, dict)
    assert set(steadiness) == {"tight", "loose", "L1_HTT360"}
    assert {"pile-up", "lumi section", "bunch crossing"} <= set(steadiness["tight"])
    text = run(["stability", str(rated), *ZERO_BIAS, "--pileup", "48", "--sculpt", "ht"])
    for words in ("p of one rate", "bootstrap of lumi sections", "At a mean pile-up of 48", "Sculpting"):
        assert words in text


def test_a_quantity_that_the_events_do_not_have_is_named_with_those_that_they_do(rated: Path) -> None:
    with pytest.raises(DataError, match="'sphericity' is no quantity of the events; there are met_pt"):
        run(["stability", str(rated), *ZERO_BIAS, "--sculpt", "sphericity"])


def test_rates_of_a_tail_are_labelled_as_such(rated: Path) -> None:
    highest = load_trigger(rated).thresholds["tight"]
    text = run(["tail", str(rated), *ZERO_BIAS, "--threshold", str(highest + 20_000)])
    assert "generalised Pareto fit" in text
    assert "agrees with all above" in text


def test_a_review_shows_steps_and_thresholds_over_pileup_and_writes_its_table(
    rated: Path, tmp_path: Path
) -> None:
    out = tmp_path / "review.csv"
    text = run(["review", str(rated), *ZERO_BIAS, "--pileup", "48", "--out", str(out)])
    assert "what a step of the threshold changes" in text
    assert "Thresholds that keep today's rates" in text
    rows = list(csv.DictReader(out.read_text().splitlines()))
    assert [int(row["threshold_raw"]) for row in rows] == list(load_trigger(rated).thresholds.values())
    assert all(float(row["pure_rate_khz"]) <= float(row["total_rate_khz"]) for row in rows)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "a rate needs its stream: give either --bunches"),
        (["--bunches", "2340", "--events-per-day", "5"], "give either --bunches"),
        (["--bunches", "2340", "--budget", "a=1 kHz", "--pure", "a=1 kHz"], "a total and a pure budget"),
        (["--bunches", "2340", "--budget", "a=40 MHz"], "is not a rate budget"),
    ],
)
def test_what_no_rate_can_be_counted_with_is_refused(trigger: Path, arguments: list[str], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        run(["thresholds", str(trigger), "--events", "sample:a_to_4l", *arguments])


def test_files_of_different_pileup_are_not_counted_together_unawares(trigger: Path, tmp_path: Path) -> None:
    events = load_events("sample:zero_bias", stop=20_000)
    assert events.pileup is not None
    files = [tmp_path / "a.h5", tmp_path / "b.h5"]
    later = replace(events.select(10_000, 20_000), pileup=events.pileup[10_000:] + 10)
    for file, part in zip(files, (events.select(0, 10_000), later), strict=True):
        with writing_events(file, {}) as writer:
            writer.append(part)
    both = ["--events", str(files[0]), "--events", str(files[1]), "--bunches", "2340", "--budget", "a=20 kHz"]
    with pytest.raises(DataError, match="lie at another pile-up than those of the other files"):
        run(["thresholds", str(trigger), *both])
    run(["thresholds", str(trigger), *both, "--mixed"])
