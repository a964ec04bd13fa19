"""The document of a study of metrics without signal: verdicts, tables in order, and nothing hidden."""

from dataclasses import replace
from typing import Any

import numpy as np

from l1ad.metrics.rank_correlation import RankCorrelation
from l1ad.metrics.ranks import Bounded
from l1ad.metrics.selection import Choice, Trust
from l1ad.report.charts import Chart, Heatmap, Scale
from l1ad.report.document import Document, State, Table
from l1ad.report.document_markdown import markdown_document
from l1ad.report.html import html_document
from l1ad.report.studies.without_signal.document import without_signal_document
from l1ad.report.studies.without_signal.results import (
    AtPointResults,
    MetricResults,
    ScoreResults,
    VersionResults,
    WithoutSignalResults,
)

POINTS = ("FPR 1e-4", "FPR 1e-5")


def correlation(value: float) -> RankCorrelation:
    return RankCorrelation(
        spearman=Bounded(value=value, low=value - 0.05, high=min(1.0, value + 0.05)), kendall=0.7 * value,
        p_value=0.001, n=20,
    )  # fmt: skip


def metric(value: float, trusted: Trust, undefined: int = 0) -> MetricResults:
    return MetricResults(
        every={point: correlation(0.9) for point in POINTS},
        sound={point: correlation(value) for point in POINTS},
        probability=dict.fromkeys(POINTS, 0.01),
        alike=dict.fromkeys(POINTS, 0.3),
        by_signal={"top": value, "tau": value - 0.1},
        area=Bounded(value=0.8, low=0.75, high=0.85),
        area_by_fault={"noise": 0.9},
        choice=Choice(close=0.8, close_at_random=0.3, median_share=0.95, best_of_all=0.7),
        undefined=undefined,
        trust=trusted,
    )


def score(firm: float | None = 0.9) -> ScoreResults:
    point = AtPointResults(
        allowed=30, fewest=28, median=0.02, lowest=0.01, highest=0.04, by_fault={"noise": 0.01},
        firmness=None if firm is None else correlation(firm),
    )  # fmt: skip
    return ScoreResults(
        sound=20,
        bad=10,
        points=dict.fromkeys(POINTS, point),
        metrics={
            "m1": metric(-0.2, Trust.NOTHING, undefined=2), "entropy": metric(0.8, Trust.RANKS),
            "loss": metric(0.1, Trust.BROKEN_ONLY),
        },
    )  # fmt: skip


def version(name: str, fault: str | None, m1: float) -> VersionResults:
    figure = dict.fromkeys(POINTS, 0.02)
    return VersionResults(
        name=name, kind="sparse", fault=fault, settings={"weight": "0.5", "inputs": "hardware"},
        ending="EPOCHS", epochs=8, metrics={"mean_squares": {"m1": m1, "entropy": 0.7, "loss": 30.0}},
        figure={"mean_squares": figure}, seconds=3.0,
        efficiency={"mean_squares": {point: {"top": 0.03, "tau": 0.01} for point in POINTS}},
    )  # fmt: skip


def results(**changed: Any) -> WithoutSignalResults:
    given: dict[str, Any] = {
        "versions": (version("sparse_01", None, 0.2), version("sparse_02", None, 2.0),
                     version("collapsed_01", "collapsed", 5e6), version("noise_01", "noise", float("nan"))),
        "unusable": {},
        "scores": {"mean_squares": score()},
        "directions": {"m1": True, "entropy": True, "loss": False},
        "texts": {"m1": "compression over score", "entropy": "of the latents", "loss": "the loss"},
        "faults": {"noise": "Trained on noise.", "collapsed": "The penalty outweighs."},
        "signals": ("top", "tau"),
        "events": {"training": 10, "validation": 10, "metrics": 100, "thresholds": 300_000},
        "candidates": 10, "within_factor": 1.25, "digests": {"background": "d" * 64},
        "versions_of": {"l1ad": "1"}, "settings": {"seed": "1"},
    }  # fmt: skip
    return WithoutSignalResults(**(given | changed))


def found(document: Document) -> dict[str, tuple[str, State]]:
    return {one.what: (one.found, one.state) for one in document.verdicts}


def table(document: Document, name: str) -> Table:
    return next(block for block in document.blocks if isinstance(block, Table) and block.name == name)


def test_what_ranks_and_what_tells_broken_ones_stands_on_top() -> None:
    verdicts = found(without_signal_document(results()))
    assert verdicts["Σµ²: rank sound versions"] == ("entropy", State.GOOD)
    assert verdicts["Σµ²: rank the wrong way"] == ("m1", State.BAD)
    assert verdicts["Σµ²: tell broken ones only"] == ("loss", State.OPEN)
    text, state = verdicts["Σµ²: the loss"]
    assert (text, state) == (
        "tells broken ones only: ρ = 0.10 (0.05 to 0.15) among sound versions", State.OPEN,
    )  # fmt: skip
    assert verdicts["versions"] == ("4 measured", State.GOOD)


def test_no_metric_that_ranks_is_said_so() -> None:
    given = score()
    nothing = {name: replace(one, trust=Trust.NOTHING) for name, one in given.metrics.items()}
    document = without_signal_document(results(scores={"mean_squares": replace(given, metrics=nothing)}))
    assert found(document)["Σµ²: rank sound versions"] == ("none of 3 metrics", State.BAD)
    loose = replace(score(0.1), metrics=nothing)
    text, state = found(without_signal_document(results(scores={"mean_squares": loose})))[
        "Σµ²: rank sound versions"
    ]
    assert (text, state) == ("none of 3 metrics; no firm order to rank either", State.OPEN)


def test_faults_of_one_version_each_have_no_heatmap_of_areas() -> None:
    given = score()
    alone = {name: replace(one, area_by_fault={}) for name, one in given.metrics.items()}
    for metrics, drawn in ((given.metrics, True), (alone, False)):
        document = without_signal_document(results(scores={"mean_squares": replace(given, metrics=metrics)}))
        names = [block.name for block in document.blocks if isinstance(block, Heatmap)]
        assert ("fault_areas_mean_squares" in names) is drawn


def test_an_order_that_halves_of_the_events_do_not_share_is_open() -> None:
    for firm, state in ((0.9, State.GOOD), (0.1, State.OPEN), (None, State.OPEN)):
        document = without_signal_document(results(scores={"mean_squares": score(firm)}))
        assert found(document)["Σµ²: is there an order"][1] is state


def test_a_sound_version_without_numbers_is_bad_and_a_spoilt_one_is_told() -> None:
    for name, fault, state in (("sparse_09", None, State.BAD), ("too_fast_02", "too_fast", State.GOOD)):
        text, got = found(without_signal_document(results(unusable={name: fault})))["versions"]
        assert name in text
        assert got is state


def test_faults_that_cost_nothing_are_named() -> None:
    given = score()
    points = {
        name: replace(one, by_fault={"noise": 0.01, "untrained": 0.03}) for name, one in given.points.items()
    }
    document = without_signal_document(results(scores={"mean_squares": replace(given, points=points)}))
    assert found(document)["Σµ²: faults that cost nothing"] == ("untrained", State.OPEN)
    assert "Σµ²: faults that cost nothing" not in found(without_signal_document(results()))


def test_metrics_stand_in_the_order_in_which_they_rank_with_their_verdict() -> None:
    rows = table(without_signal_document(results()), "trust_mean_squares_table").rows
    assert [row[0] for row in rows] == ["entropy", "loss", "m1"]
    assert [row[-1] for row in rows] == [
        "can be trusted to rank",
        "tells broken ones only",
        "cannot be trusted",
    ]
    assert [row[1] for row in rows] == ["larger", "smaller", "larger"]


def test_faults_are_shown_with_what_they_cost_and_metrics_with_what_is_undefined() -> None:
    document = without_signal_document(results())
    rows = table(document, "fault_cost_mean_squares").rows
    assert [row[:2] for row in rows] == [("noise", "1"), ("collapsed", "1")]
    assert [row[3] for row in rows] == ["0.50", "–"]
    undefined = {row[0]: row[-1] for row in table(document, "correlations_mean_squares").rows}
    assert undefined == {"m1": "2", "entropy": "–", "loss": "–"}


def test_metrics_over_decades_are_drawn_in_decades_and_what_is_undefined_is_a_gap() -> None:
    charts = {one.name: one for one in without_signal_document(results()).blocks if isinstance(one, Chart)}
    assert charts["scatter_mean_squares_m1"].x.scale is Scale.LOG
    assert charts["scatter_mean_squares_loss"].x.scale is Scale.LINEAR
    sound, bad = charts["scatter_mean_squares_m1"].series
    assert (sound.name, bad.name) == ("sparse, sound", "bad")
    np.testing.assert_array_equal(sound.x, [0.2, 2.0])
    assert np.isnan(bad.x).tolist() == [False, True]


def test_heatmaps_have_a_row_for_each_metric() -> None:
    maps = {one.name: one for one in without_signal_document(results()).blocks if isinstance(one, Heatmap)}
    assert maps["signals_mean_squares"].rows == ("m1", "entropy", "loss")
    assert maps["signals_mean_squares"].columns == ("top", "tau")
    assert maps["fault_areas_mean_squares"].columns == ("noise",)


def test_it_is_written_as_markdown_and_html() -> None:
    document = without_signal_document(results())
    assert "can be trusted to rank" in markdown_document(document)
    assert "Metrics without signal" in html_document(document)
    assert document.document()["data"]["kind"] == "without_signal"
