"""Runs side by side: numbers against brute force, refusals, and what lands in the folder."""

import json
import math
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import gmean
from sklearn.metrics import roc_auc_score

from l1ad.config.model import ModelConfig
from l1ad.config.run import DataConfig, FirmwareConfig, RatesConfig, RunConfig
from l1ad.core.errors import DataError, UnresolvedRateError
from l1ad.core.network import Dense
from l1ad.core.resources import ModuleResources, ResourceEstimate, Resources
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.core.trigger_file import save_trigger
from l1ad.data.event_writer import write_events
from l1ad.data.events import EventBatch
from l1ad.data.model_scores import write_model_scores
from l1ad.data.opening import events_digest, load_events
from l1ad.emulate.engine import emulate
from l1ad.flow.build import build
from l1ad.flow.classical import SUPERVISED
from l1ad.flow.compare import DEPLOYED, FLOAT, compare, save_comparison
from l1ad.flow.emulate import emulate_run
from l1ad.flow.manifest import read_manifest
from l1ad.flow.results import save_estimate, save_verification
from l1ad.flow.run_directory import RunDirectory
from l1ad.report.comparison import ComparedAlgorithm, Comparison
from l1ad.report.comparison_markdown import comparison_report

Builder = Callable[..., TriggerAlgorithm]
Command = Callable[..., subprocess.CompletedProcess[str]]

SIGNALS = ("a_to_4l", "h_to_tautau")
N_BACKGROUND, FIRST_UNSEEN = 30_000, 12_000
POINTS = ("20 kHz", "60 kHz", "FPR 1e-3", "FPR 1e-4")
BUNCHES_HZ = Fraction(112455, 10) * 2340


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The background and two signals, cut from samples that ship."""
    folder = tmp_path_factory.mktemp("samples")
    paths = {}
    for name, sample, n_events in (
        ("background", "zero_bias", N_BACKGROUND), ("a_to_4l", "a_to_4l", 2_000),
        ("h_to_tautau", "h_to_tautau", 1_500),
    ):  # fmt: skip
        paths[name] = folder / f"{name}.h5"
        write_events(paths[name], load_events(f"sample:{sample}", stop=n_events), {})
    return paths


@pytest.fixture(scope="module")
def events(samples: dict[str, Path]) -> dict[str, EventBatch]:
    return {name: load_events(path) for name, path in samples.items()}


@pytest.fixture(scope="module")
def triggers(build_trigger: Builder) -> dict[str, TriggerAlgorithm]:
    wide = "ap_ufixed<24,20,AP_TRN,AP_SAT>"
    return {
        "first": build_trigger(seed=1, name="first", score_type=wide, mean_type="ap_fixed<12,8>"),
        "second": build_trigger(seed=2, name="second", score_type=wide, mean_type="ap_fixed<12,8>"),
    }


def configured(name: str, samples: dict[str, Path], firmware: Path, **data: Any) -> RunConfig:
    found = DataConfig(
        background=str(samples["background"]),
        signals={signal: str(samples[signal]) for signal in SIGNALS},
        development={},
    )
    return RunConfig(
        name=name,
        data=found.model_copy(update=data),
        model=ModelConfig(latent=3) if name != "real" else ModelConfig(backend="float", score="kl"),
        firmware=FirmwareConfig(folder=str(firmware)),
        rates=RatesConfig(budgets={"loose": "60 kHz", "tight": "20 kHz"}),
    )


def begun(path: Path, config: RunConfig) -> RunDirectory:
    run = RunDirectory(path, config)
    path.mkdir(parents=True)
    run.save_config()
    return run


def real_scores(events: EventBatch) -> NDArray[np.float64]:
    """Score without a trigger: sum of logarithms, many values tied for empty events."""
    return np.asarray(np.log1p(np.abs(events.inputs_raw[:, ::3]).astype(np.float64)).sum(axis=1))


def write_real_scores(run: RunDirectory, events: dict[str, EventBatch], samples: dict[str, Path]) -> None:
    scores = {
        name: {"mean_squares": np.zeros(len(one)), "kl": real_scores(one)} for name, one in events.items()
    }
    digests = {name: events_digest(path) for name, path in samples.items()}
    write_model_scores(run.evaluation_file, scores, digests=digests, training_digest="7e" * 32)


@pytest.fixture(scope="module")
def runs(
    tmp_path_factory: pytest.TempPathFactory,
    samples: dict[str, Path],
    events: dict[str, EventBatch],
    triggers: dict[str, TriggerAlgorithm],
) -> dict[str, RunDirectory]:
    """Two frozen runs, the first with firmware, and one with float scores alone."""
    folder = tmp_path_factory.mktemp("runs")
    found = {
        name: begun(folder / name, configured(name, samples, folder / "firmware"))
        for name in ("first", "second", "real")
    }
    for name, trigger in triggers.items():
        save_trigger(trigger, found[name].trigger_file)
        emulate_run(found[name])
    write_real_scores(found["real"], events, samples)
    return found


@pytest.fixture(scope="module")
def comparison(runs: dict[str, RunDirectory]) -> Comparison:
    return compare([runs["first"], runs["second"], runs["real"]], reference=runs["second"], classical=False)


def expected_scores(
    name: str, events: dict[str, EventBatch], triggers: dict[str, TriggerAlgorithm]
) -> dict[str, NDArray[Any]]:
    """Score from the events, and leave the background that trainings see out."""
    scored: dict[str, NDArray[Any]] = {
        sample: real_scores(one) if name == "real" else emulate(triggers[name], one.inputs_raw).score_raw
        for sample, one in events.items()
    }
    return {**scored, "background": scored["background"][FIRST_UNSEEN:]}


def allowed_at(point: str, n_background: int) -> int:
    if point.startswith("FPR "):
        return math.floor(Fraction(point.removeprefix("FPR ")) * n_background)
    return math.floor(1000 * Fraction(point.removesuffix(" kHz")) / BUNCHES_HZ * n_background)


def passes(scores: dict[str, NDArray[Any]], signal: str, point: str) -> NDArray[np.bool_]:
    """Go down the levels of the background until too many events are at or above one."""
    background = scores["background"]
    for level in np.unique(background)[::-1]:
        if np.count_nonzero(background >= level) > allowed_at(point, len(background)):
            return np.asarray(scores[signal] > level)
    raise AssertionError("no level refuses an event")


def took(events: EventBatch) -> NDArray[np.bool_]:
    assert events.menu is not None
    assert events.menu_bits is not None
    counted = [index for index, prescale in enumerate(events.menu.prescales) if prescale == 1]
    return np.array([any(row[index] for index in counted) for row in events.menu_bits])


def test_every_algorithm_has_its_kind_and_the_points_that_the_events_resolve(comparison: Comparison) -> None:
    assert [(one.name, one.kind) for one in comparison.algorithms] == [
        ("first", DEPLOYED), ("second", DEPLOYED), ("real", FLOAT),
    ]  # fmt: skip
    assert comparison.points == POINTS
    assert (comparison.n_background, comparison.budgets, comparison.reference) == (18_000, 2, "second")
    assert comparison.signals == SIGNALS


@pytest.mark.parametrize("name", ["first", "second", "real"])
def test_areas_and_efficiencies_are_those_of_brute_force(
    name: str,
    comparison: Comparison,
    events: dict[str, EventBatch],
    triggers: dict[str, TriggerAlgorithm],
) -> None:
    one = algorithm(comparison, name)
    scores = expected_scores(name, events, triggers)
    for signal in SIGNALS:
        found = one.measured[signal]
        labels = np.r_[np.zeros(18_000), np.ones(len(scores[signal]))]
        area = roc_auc_score(labels, np.r_[scores["background"], scores[signal]])
        assert found.auc.value == pytest.approx(area, abs=1e-12)
        assert found.auc.low < found.auc.value < found.auc.high
        assert list(found.at) == list(POINTS)
        for point in POINTS:
            passed, at = passes(scores, signal, point), found.at[point]
            assert at.efficiency.n_pass == passed.sum()
            assert at.efficiency.n_total == len(events[signal])
            assert at.efficiency.low <= at.efficiency.value <= at.efficiency.high
            assert at.pure is not None
            assert at.pure.n_pass == (passed & ~took(events[signal])).sum()
            assert at.pure.n_total == len(events[signal])


def test_ratios_and_wins_are_those_of_brute_force(
    comparison: Comparison, events: dict[str, EventBatch], triggers: dict[str, TriggerAlgorithm]
) -> None:
    reference = expected_scores("second", events, triggers)
    for name in ("first", "real"):
        one, scores = algorithm(comparison, name), expected_scores(name, events, triggers)
        assert list(one.ratios) == ["20 kHz", "60 kHz"]
        for point, found in one.ratios.items():
            expected = {
                signal: (passes(scores, signal, point).sum() + 0.5)
                / (passes(reference, signal, point).sum() + 0.5)
                for signal in SIGNALS
            }
            for signal, ratio in expected.items():
                assert found.signals[signal].value == pytest.approx(ratio)
            mean = found.geometric_mean
            assert mean.value == pytest.approx(gmean(list(expected.values())))
            assert mean.low <= mean.value <= mean.high
            assert found.wins == sum(ratio > 1 for ratio in expected.values())


def test_a_run_over_itself_is_exactly_1_and_wins_nowhere(comparison: Comparison) -> None:
    for ratios in algorithm(comparison, "second").ratios.values():
        for one in (ratios.geometric_mean, *ratios.signals.values()):
            assert (one.value, one.low, one.high) == (1.0, 1.0, 1.0)
        assert ratios.wins == 0


def test_results_of_a_run_do_not_depend_on_what_it_is_compared_with(
    comparison: Comparison, runs: dict[str, RunDirectory]
) -> None:
    alone = compare([runs["real"]], classical=False)
    assert alone.reference is None
    together = algorithm(comparison, "real").document()
    assert algorithm(alone, "real").document() == {**together, "ratios": {}}


def test_a_reference_that_is_no_run_of_the_comparison_is_compared_too(
    comparison: Comparison, runs: dict[str, RunDirectory]
) -> None:
    found = compare([runs["real"]], reference=runs["second"], classical=False)
    assert [one.name for one in found.algorithms] == ["real", "second"]
    assert algorithm(found, "real").document() == algorithm(comparison, "real").document()


def test_the_work_of_a_frozen_run_is_counted_weight_by_weight(
    comparison: Comparison, triggers: dict[str, TriggerAlgorithm]
) -> None:
    layers = [layer for layer in triggers["first"].network.layers if isinstance(layer, Dense)]
    weights = [int(weight) for layer in layers for weight in layer.weights_raw.ravel()]
    cost = algorithm(comparison, "first").cost
    # Every product reads eight bits, and a weight has those from its first to its last set bit.
    assert cost.ebops == sum(8 * len(f"{abs(weight):b}".strip("0")) for weight in weights)
    assert cost.sparsity == pytest.approx(weights.count(0) / len(weights))
    assert (cost.lut, cost.latency_cycles, cost.latency_ns) == (None, None, None)
    floating = algorithm(comparison, "real").cost
    assert (floating.ebops, floating.sparsity, floating.lut) == (None, None, None)


def test_cells_and_latency_count_when_they_were_measured_of_this_very_algorithm(
    runs: dict[str, RunDirectory], build_trigger: Builder, tmp_path: Path
) -> None:
    firmware = FirmwareConfig(folder=str(tmp_path / "firmware"))
    trigger = build_trigger(seed=1, name="small", thresholds={"some": 900})
    run = begun(tmp_path / "run", runs["first"].config.model_copy(update={"firmware": firmware}))
    save_trigger(trigger, run.trigger_file)
    emulate_run(run)
    folder = build(trigger, firmware).folder
    digest = read_manifest(folder).digest
    modules = tuple(
        ModuleResources(module=name, resources=Resources(lut=lut)) for name, lut in (("a", 700), ("b", 77))
    )
    estimate = ResourceEstimate(tool="yosys", version="0", family="xc7", modules=modules)
    save_estimate(folder, estimate, build=digest)
    save_verification(folder, {"timing": {"latency_max": 5}}, build=digest)

    cost = compare([run], classical=False).algorithms[0].cost
    assert (cost.lut, cost.latency_cycles) == (777, 5)
    assert cost.latency_ns == 5 * 25  # at 40 MHz

    save_trigger(build_trigger(seed=3, name="small", thresholds={"some": 900}), run.trigger_file)
    emulate_run(run)
    cost = compare([run], classical=False).algorithms[0].cost
    assert (cost.lut, cost.latency_cycles, cost.latency_ns) == (None, None, None)


def test_classical_references_stand_beside_a_run(
    runs: dict[str, RunDirectory], events: dict[str, EventBatch], samples: dict[str, Path], tmp_path: Path
) -> None:
    # Few events to fit to: the fits are what takes time here.
    config = configured("real", samples, tmp_path, training_fraction=0.05, validation_fraction=0.01)
    run = begun(tmp_path / "real", config)
    shutil.copy(runs["real"].evaluation_file, run.evaluation_file)
    found = compare([run], reference=run)
    names = [one.name for one in found.algorithms]
    assert {"real", "MET", "HT", "PCA"} < set(names)
    assert names[-1] == SUPERVISED

    # The one field of MET that is an energy, straight from the events.
    layout = events["background"].layout
    met = next(index for index, name in enumerate(layout.names) if name.startswith("met") and "phi" not in name)
    scores = {name: one.inputs_raw[:, met].astype(np.int64) for name, one in events.items()}
    scores["background"] = scores["background"][1_800:]
    for signal in SIGNALS:
        at = algorithm(found, "MET").measured[signal].at["20 kHz"]
        assert at.efficiency.n_pass == passes(scores, signal, "20 kHz").sum()
    for one in found.algorithms[1:-1]:
        assert list(one.ratios) == ["20 kHz", "60 kHz"]

    supervised = algorithm(found, SUPERVISED)
    for signal in SIGNALS:
        bound = supervised.measured[signal]
        assert bound.at["20 kHz"].efficiency.n_total == len(events[signal]) // 2
        assert bound.at["20 kHz"].pure is not None
        # An upper bound: no other algorithm separates better, beyond its own interval.
        best = max(other.measured[signal].auc.value for other in found.algorithms[:-1])
        assert bound.auc.high > best
    assert supervised.ratios == {}


def test_the_folder_holds_tables_figures_and_the_whole_result(comparison: Comparison, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "comparison"
    save_comparison(comparison, folder)
    names = ["comparison.json", "comparison.md", "efficiency.pdf", "efficiency.png"]
    assert sorted(path.name for path in folder.iterdir()) == names
    assert (folder / "efficiency.png").read_bytes().startswith(b"\x89PNG")
    assert (folder / "efficiency.pdf").read_bytes().startswith(b"%PDF")

    document = json.loads((folder / "comparison.json").read_text(encoding="utf-8"))
    assert document == comparison.document()
    assert set(document) == {
        "stream", "n_background", "points", "budgets", "reference", "signals", "digests", "bound_exceeded",
        "algorithms",
    }  # fmt: skip
    assert document["budgets"] == ["20 kHz", "60 kHz"]
    first, _, real = document["algorithms"]
    assert set(first) == {"name", "kind", "run", "signals", "ratios", "cost", "is_upper_bound"}
    assert set(first["cost"]) == {"lut", "latency_cycles", "latency_ns", "ebops", "sparsity"}
    assert set(first["signals"]["a_to_4l"]) == {"auc", "at"}
    assert set(first["ratios"]["20 kHz"]) == {"signals", "geometric_mean", "wins"}
    assert isinstance(first["signals"]["a_to_4l"]["at"]["20 kHz"]["threshold_raw"], int)
    # A rank means nothing outside the comparison.
    assert real["signals"]["a_to_4l"]["at"]["20 kHz"]["threshold_raw"] is None

    text = (folder / "comparison.md").read_text(encoding="utf-8")
    headings = [line for line in text.splitlines() if line.startswith("## ")]
    assert headings == [
        "## Efficiency at 20 kHz", "## Area under the ROC curve", "## Pure efficiency at 20 kHz",
        "## Efficiency at 60 kHz", "## Efficiency at FPR 1e-3", "## Efficiency at FPR 1e-4", "## Events",
    ]  # fmt: skip
    tables = [line for line in text.splitlines() if line.startswith("| second |")]
    assert len(tables) == 6
    assert "| 1.000 (1.000 to 1.000) | 0 of 2 | – | – |" in tables[0]


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
    assert f"The upper bound is none at 20 kHz for a_to_4l ({high.name})" in comparison_report(found)
    bounded = [replace(one, is_upper_bound=one is high) for one in comparison.algorithms]
    assert "a_to_4l" not in replace(comparison, algorithms=tuple(bounded)).exceeded
    assert comparison.exceeded == {}
    assert "upper bound" not in comparison_report(comparison)


def test_the_same_comparison_is_the_same_bytes(comparison: Comparison, tmp_path: Path) -> None:
    for folder in ("one", "two"):
        save_comparison(comparison, tmp_path / folder)
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ("background", r"their backgrounds .*background\.h5 and .*other\.h5 are not the same events"),
        ("split", "their training_fraction is 0.3 and 0.2, so other events are unseen"),
        ("missing signal", r"signal 'h_to_tautau' is one of \S*first alone"),
        ("more signals", r"signal 'more' is one of \S*changed alone"),
        ("signal", r"their signals 'a_to_4l', .* and .*h_to_tautau\.h5, are not the same events"),
    ],
)
def test_runs_of_other_events_are_refused_with_both_names(
    changed: str, words: str, runs: dict[str, RunDirectory], samples: dict[str, Path], tmp_path: Path
) -> None:
    signals = {name: str(samples[name]) for name in SIGNALS}
    if changed == "background":
        other = load_events(samples["background"]).select(1, N_BACKGROUND)
        write_events(tmp_path / "other.h5", other, {})
    changes: dict[str, dict[str, Any]] = {
        "background": {"background": str(tmp_path / "other.h5")},
        "split": {"training_fraction": 0.2},
        "missing signal": {"signals": {"a_to_4l": signals["a_to_4l"]}},
        "more signals": {"signals": {**signals, "more": signals["a_to_4l"]}},
        "signal": {"signals": {**signals, "a_to_4l": signals["h_to_tautau"]}},
    }
    run = begun(tmp_path / "changed", configured("changed", samples, tmp_path, **changes[changed]))
    match = rf"^\S*first and \S*changed cannot be compared: {words}"
    with pytest.raises(DataError, match=match):
        compare([runs["first"], run], classical=False)


def test_a_copy_of_the_events_elsewhere_is_the_same_events(
    runs: dict[str, RunDirectory], samples: dict[str, Path], tmp_path: Path
) -> None:
    copied = {name: tmp_path / f"copy_of_{name}.h5" for name in samples}
    for name, path in samples.items():
        shutil.copy(path, copied[name])
    shutil.copytree(runs["real"].path, tmp_path / "moved")
    moved = RunDirectory(tmp_path / "moved", configured("real", copied, tmp_path))
    found = compare([runs["real"], moved], reference=moved, classical=False)
    assert algorithm(found, "real").ratios["20 kHz"].geometric_mean.value == 1.0


def test_a_run_without_scores_says_which_steps_write_them(
    runs: dict[str, RunDirectory], samples: dict[str, Path], tmp_path: Path
) -> None:
    run = begun(tmp_path / "bare", configured("bare", samples, tmp_path))
    words = r"bare: no scores to compare; `l1ad emulate \S*bare` writes those of a frozen run, `l1ad evaluate"
    with pytest.raises(DataError, match=words):
        compare([runs["first"], run], classical=False)


def test_float_scores_without_the_kind_of_the_configuration_are_refused(
    runs: dict[str, RunDirectory], samples: dict[str, Path], tmp_path: Path
) -> None:
    config = configured("real", samples, tmp_path)
    model = config.model.model_copy(update={"score": "total"})
    run = begun(tmp_path / "run", config.model_copy(update={"model": model}))
    shutil.copy(runs["real"].evaluation_file, run.evaluation_file)
    with pytest.raises(DataError, match=r"no scores 'total' of 'background', which .*; run `l1ad evaluate"):
        compare([run], classical=False)


def test_float_scores_of_another_training_are_refused(runs: dict[str, RunDirectory], tmp_path: Path) -> None:
    run = begun(tmp_path / "run", runs["real"].config)
    shutil.copy(runs["real"].evaluation_file, run.evaluation_file)
    (run.path / "training").mkdir()
    run.write_json("training/record.json", {"digest": "7e" * 32})
    assert compare([run], classical=False).algorithms[0].kind == FLOAT
    run.write_json("training/record.json", {"digest": "00" * 32})
    with pytest.raises(DataError, match=r"scores of another training; run `l1ad evaluate \S*run` again"):
        compare([run], classical=False)


def test_a_float_score_that_is_no_number_is_refused_with_its_file(
    runs: dict[str, RunDirectory], events: dict[str, EventBatch], samples: dict[str, Path], tmp_path: Path
) -> None:
    run = begun(tmp_path / "run", runs["real"].config)
    scores = {name: {"kl": real_scores(one)} for name, one in events.items()}
    scores["h_to_tautau"]["kl"][7] = np.nan
    digests = {name: events_digest(path) for name, path in samples.items()}
    write_model_scores(run.evaluation_file, scores, digests=digests, training_digest="")
    with pytest.raises(DataError, match=r"evaluation\.h5: scores 2, event 7: nan has no place"):
        compare([run], classical=False)


@pytest.mark.parametrize("name", ["first", "real"])
def test_scores_of_events_that_changed_since_are_refused(
    name: str, runs: dict[str, RunDirectory], samples: dict[str, Path], tmp_path: Path
) -> None:
    path = tmp_path / "changed.h5"
    write_events(path, load_events(samples["a_to_4l"]).select(1, 2_000), {})
    shutil.copytree(runs[name].path, tmp_path / "run")
    signals = {"a_to_4l": str(path), "h_to_tautau": str(samples["h_to_tautau"])}
    run = RunDirectory(tmp_path / "run", configured(name, samples, tmp_path, signals=signals))
    with pytest.raises(DataError, match=r"scores of other events.*run `l1ad (emulate|evaluate) \S*run` again"):
        compare([run], classical=False)


def test_a_run_given_twice_is_refused(runs: dict[str, RunDirectory]) -> None:
    with pytest.raises(DataError, match="first: given twice"):
        compare([runs["first"], runs["second"], runs["first"]], classical=False)


def test_a_budget_that_the_unseen_events_do_not_resolve_is_refused(
    runs: dict[str, RunDirectory], tmp_path: Path
) -> None:
    config = runs["real"].config.model_copy(update={"rates": RatesConfig(budgets={"tight": "1 kHz"})})
    run = begun(tmp_path / "run", config)
    shutil.copy(runs["real"].evaluation_file, run.evaluation_file)
    words = "18000 background events cannot resolve 1 kHz at 2340 colliding bunches: at least 26315 are needed"
    with pytest.raises(UnresolvedRateError, match=words):
        compare([run], classical=False)


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
    document = json.loads((tmp_path / "made" / "comparison.json").read_text(encoding="utf-8"))
    assert [one["name"] for one in document["algorithms"]] == ["first", "real"]
    again = l1ad("compare", real, "--out", "made", "--no-classical", "--json", cwd=tmp_path)
    assert json.loads(again.stdout) == json.loads((tmp_path / "made" / "comparison.json").read_text("utf-8"))


def algorithm(comparison: Comparison, name: str) -> ComparedAlgorithm:
    return next(one for one in comparison.algorithms if one.name == name)
