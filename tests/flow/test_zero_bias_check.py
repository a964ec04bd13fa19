"""The check of a zero-bias sample from its file to its folder, and on the command line."""

import json
from pathlib import Path

import numpy as np
import pytest

from l1ad.cli.zero_bias import check_events
from l1ad.core.errors import ConfigError, DataError
from l1ad.core.layouts import regions_18x14
from l1ad.core.menu import Menu
from l1ad.data.event_writer import writing_events
from l1ad.data.events import EventBatch
from l1ad.data.opening import load_events
from l1ad.flow.zero_bias_check import (
    checked_zero_bias,
    refuse_other_folder,
    save_zero_bias_check,
    simulated_bunches,
)
from l1ad.rates.zero_bias_objects import BENCHMARKS, Benchmark

SAMPLE = "sample:zero_bias"
FIGURES = {"multiplicities.png", "spectra.png", "rates.png", "pileup.png", "lumi_sections.png"}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write some events of the sample that ships, with weights, and every column and menu of our own."""
    n_events, rng = 20_000, np.random.default_rng(1)
    found = load_events(SAMPLE, stop=n_events)
    leading = [found.layout.names.index(name) for name in ("jet_1_pt", "eg_1_pt")]
    events = EventBatch(
        layout=found.layout, inputs_raw=found.inputs_raw, event_number=found.event_number, sample="weighted",
        run=np.full(n_events, 5), lumi_section=1 + np.arange(n_events) // 400,
        bunch_crossing=rng.integers(0, 3564, n_events), pileup=rng.poisson(40, n_events).astype(np.float64),
        weight=rng.choice([0.5, 1.5], n_events), menu=Menu(names=("L1_SingleJet60", "L1_EG"), prescales=(1, 5)),
        menu_bits=found.inputs_raw[:, leading] >= 120,
    )  # fmt: skip
    path = tmp_path_factory.mktemp("events") / "weighted.h5"
    with writing_events(path, {"configuration": {"fill": {"trains": 49, "bunches_per_train": 48}}}) as writer:
        writer.append(events)
    return path


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write some events of which nothing is known beside their objects."""
    found, path = load_events(SAMPLE, stop=3000), tmp_path_factory.mktemp("events") / "bare.h5"
    events = EventBatch(
        layout=found.layout, inputs_raw=found.inputs_raw, event_number=found.event_number, sample="bare"
    )
    with writing_events(path, {}) as writer:
        writer.append(events)
    return path


def test_the_sample_that_ships_has_the_rates_that_a_count_gives() -> None:
    told: list[tuple[int, int]] = []
    check = checked_zero_bias(
        SAMPLE, colliding_bunches=2340, progress=lambda done, total, _: told.append((done, total))
    )
    events = load_events(SAMPLE)
    n_events = len(events)
    assert told[-1] == (n_events, n_events)
    assert (check.n_events, check.weight, check.equal_weights) == (n_events, float(n_events), True)
    for quantity, column in (("eg", "eg_1_pt"), ("jet", "jet_1_pt"), ("met", "met_pt"), ("mu", "mu_1_pt")):
        values = events.inputs_raw[:, events.layout.names.index(column)].astype(int)
        curve = check.curves[quantity]
        for gev in (1, 5, 20):
            passing = np.count_nonzero(values >= 2 * gev + (quantity == "mu"))
            assert curve.n_pass[gev - 1] == passing
            assert curve.rate_khz[gev - 1] == pytest.approx(passing / n_events * 2340 * 11.2455)


def test_of_events_without_columns_the_objects_are_checked_alone(bare: Path) -> None:
    check = checked_zero_bias(str(bare), colliding_bunches=2340)
    assert (check.n_events, check.mean_pileup) == (3000, None)
    assert (check.by_pileup, check.by_lumi_section, check.menu) == ((), (), None)


def test_a_file_with_all_columns_is_checked_over_pileup_and_time_and_by_its_menu(file: Path) -> None:
    check = checked_zero_bias(str(file), colliding_bunches=2340)
    assert (check.n_events, check.equal_weights, check.sample) == (20_000, False, "weighted")
    assert check.mean_pileup == pytest.approx(40, abs=0.5)
    assert [one.title for one in check.by_lumi_section[:2]] == ["1 to 5", "6 to 10"]
    assert sum(one.n_events for one in check.by_pileup) == 20_000
    assert check.menu is not None
    jet = check.benchmarks[BENCHMARKS.index(Benchmark("jet", 60))]
    assert check.menu.seeds[0].before == check.menu.total == jet


def test_a_folder_gets_figures_and_numbers_and_a_second_check_replaces_them(
    file: Path, bare: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "new" / "check"
    save_zero_bias_check(checked_zero_bias(str(file), colliding_bunches=2340), folder)
    assert {one.name for one in folder.iterdir()} == {"check.json", *FIGURES}
    assert json.loads((folder / "check.json").read_text())["n_events"] == 20_000
    save_zero_bias_check(checked_zero_bias(str(bare), colliding_bunches=2340), folder)
    assert {one.name for one in folder.iterdir()} == {"check.json", *FIGURES} - {
        "pileup.png",
        "lumi_sections.png",
    }
    assert json.loads((folder / "check.json").read_text())["n_events"] == 3000
    assert [one.name for one in folder.parent.iterdir()] == ["check"]


def test_a_folder_that_holds_something_else_is_refused_and_kept(file: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    words = "holds 'notes.txt', which no earlier check wrote; name a folder that the check can have for itself"
    with pytest.raises(DataError, match=words):
        check_events(str(file), tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize(("name", "text"), [("check.json", '{"format": "other"}'), ("check.json", "nonsense"),
                                            ("plot.png", "")])  # fmt: skip
def test_files_that_only_look_like_a_check_are_refused(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=f"holds '{name}', which no earlier check wrote"):
        refuse_other_folder(tmp_path)


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "check").write_text("")
    with pytest.raises(DataError, match="check: is a file; name a folder"):
        refuse_other_folder(tmp_path / "check")


def test_an_empty_folder_is_taken(bare: Path, tmp_path: Path) -> None:
    save_zero_bias_check(checked_zero_bias(str(bare), colliding_bunches=2340), tmp_path)
    assert (tmp_path / "check.json").is_file()


def test_bunches_come_from_the_simulated_fill_or_must_be_given(file: Path, bare: Path) -> None:
    assert simulated_bunches(str(file)) == 2352
    with pytest.raises(
        ConfigError, match=r"does not say how many bunches collide.* give --bunches, e\.g\. 2340"
    ):
        simulated_bunches(str(bare))


def test_more_bunches_than_fit_the_orbit_are_refused() -> None:
    with pytest.raises(ConfigError, match="4000 colliding bunches do not fit an orbit of 3564 slots"):
        checked_zero_bias(SAMPLE, colliding_bunches=4000)


def test_events_of_another_layout_are_refused_by_name(tmp_path: Path) -> None:
    layout, path = regions_18x14(), tmp_path / "regions.h5"
    inputs = np.zeros((5, layout.n_inputs), dtype=np.int16)
    with writing_events(path, {}) as writer:
        writer.append(EventBatch(layout=layout, inputs_raw=inputs, event_number=np.arange(5), sample="regions"))
    with pytest.raises(DataError, match=r"regions\.h5: layout 'regions_18x14', not 'ugt_57'"):
        checked_zero_bias(str(path), colliding_bunches=2340)


def test_the_command_prints_tables_or_json(
    file: Path, bare: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    check_events(str(file), tmp_path / "tables")
    printed = capsys.readouterr().out
    for words in ("Zero bias weighted", "2352 colliding bunches", "leading jet ≥ 120 GeV", "Rates over pile-up",
                  "Rates over time", "L1_SingleJet60", "JINST 15 (2020) P10017"):  # fmt: skip
        assert words in printed
    check_events(str(bare), tmp_path / "json", bunches=1000, as_json=True)
    document = json.loads(capsys.readouterr().out)
    assert document["colliding_bunches"] == 1000
    assert document == json.loads((tmp_path / "json" / "check.json").read_text(encoding="utf-8"))
