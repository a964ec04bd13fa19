"""Runs side by side: numbers against brute force."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import gmean
from sklearn.metrics import roc_auc_score

from l1ad.config.run import FirmwareConfig
from l1ad.core.network import Dense
from l1ad.core.resources import ModuleResources, ResourceEstimate, Resources
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.core.trigger_file import save_trigger
from l1ad.data.events import EventBatch
from l1ad.flow.build import build
from l1ad.flow.classical import SUPERVISED
from l1ad.flow.compare import DEPLOYED, FLOAT, compare
from l1ad.flow.emulate import emulate_run
from l1ad.flow.manifest import read_manifest
from l1ad.flow.results import save_estimate, save_verification
from l1ad.flow.run_directory import RunDirectory
from l1ad.report.comparison import Comparison
from tests.flow.compared.runs import (
    POINTS,
    SIGNALS,
    Builder,
    algorithm,
    begun,
    configured,
    expected_scores,
    passes,
    took,
)


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
