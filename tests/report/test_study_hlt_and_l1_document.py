"""The document of a study of HLT and L1 objects: what it says on top, and what its tables hold."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from l1ad.metrics.ensemble import Spread
from l1ad.metrics.repetitions import repeated
from l1ad.report.charts import Chart, Heatmap
from l1ad.report.document import Document, State, Table
from l1ad.report.html import html_document
from l1ad.report.studies.hlt_and_l1.document import hlt_and_l1_document
from l1ad.report.studies.hlt_and_l1.results import (
    BothResults,
    Cell,
    Deployed,
    Entry,
    Figure,
    Found,
    MetCurve,
    SampleView,
    Trained,
    Volatility,
)

KINDS = (("l1", "zero_bias"), ("hlt", "zero_bias"), ("hlt", "accepted"))


def figure(middle: float, error: float = 0.01) -> Figure:
    values = [middle - 0.01, middle, middle + 0.01]
    return Figure(repeated=repeated(values, np.random.default_rng(1)), error=error)


def cell(view: str, stream: str, scored: str, area: float, kept: float = 0.1) -> Cell:
    found = Found(
        auc=figure(area),
        efficiency={"1 %": figure(0.3)},
        pure={"1 %": figure(0.2)},
        stream={"10 %": figure(kept)},
    )
    return Cell(
        trained=Trained(family="plain", view=view, stream=stream), scored=scored, signals={"top": found},
        same_events=figure(0.6).repeated, met=figure(0.4).repeated,
    )  # fmt: skip


def volatility(view: str, stream: str, low: float) -> Volatility:
    spread = Spread.of([0.7, 0.72])
    return Volatility(
        trained=Trained(family="plain", view=view, stream=stream), auc={"top": spread},
        efficiency={"top": spread},
        threshold=Spread.of([9.0, 11.0]), correlation_mean=0.97, correlation_low=low, common={"1 %": 0.5},
    )  # fmt: skip


def results(*, cross: float = 0.8, after: float = 0.1, low: float = 0.95, **changed: Any) -> BothResults:
    cells = tuple(
        cell(view, stream, scored, 0.8 if view == scored else cross, after if stream == "accepted" else 0.1)
        for view, stream in KINDS
        for scored in ("l1", "hlt")
    )
    edges = np.array([0.0, 10.0, 20.0])
    parts = np.array([[0.1, np.nan], [0.2, np.nan], [0.3, np.nan]])
    curves = tuple(
        MetCurve(trained=Trained(family="plain", view=view, stream="zero_bias"), edges=edges, quantiles=parts,
                 passed={"zero_bias": parts, "top": parts})
        for view in ("l1", "hlt")
    )  # fmt: skip
    entry = Entry(name="met_pt", unit="GeV", events=10, true_width=12.3, mean=-0.51, width=4.2)
    absent = Entry(name="mu_4_pt", unit="GeV", events=0, true_width=np.nan, mean=np.nan, width=np.nan)
    given: dict[str, Any] = {
        "signals": ("top",), "cells": cells,
        "volatility": tuple(volatility(view, stream, low) for view, stream in KINDS),
        "pairs": {"plain": {"zero_bias": figure(0.3).repeated, "top": figure(0.7).repeated}},
        "curves": curves, "entries": {"plain": {"l1": (entry, absent), "hlt": (entry, absent)}},
        "views": tuple(
            SampleView(sample="top", view=view, events=10, accepted=0.7, met=(1.0, 2.0, 3.0),
                       objects={"eg": 1.0, "mu": 0.5, "jet": 4.0},
                       leading={"eg": 20.0, "mu": np.nan, "jet": 50.0}, correlation=0.5)
            for view in ("l1", "hlt")
        ),
        "counts": {"training, zero_bias": 100, "test, zero_bias": 80, "training, accepted": 40},
        "effective": 12.4, "accepted_signals": {"top": 0.7}, "failed": {"plain, l1, zero_bias": 0},
        "seconds": {"plain, l1, zero_bias": 3.0},
        "deployed": Deployed(name="tiny", run="algorithms/tiny", training=2, trainings=3, loss=1.5),
        "trainings": 3, "made": True, "digests": {"top, l1": "d" * 64}, "versions": {"l1ad": "1"},
        "settings": {"seed": "1"},
    }  # fmt: skip
    return BothResults(**(given | changed))


def verdicts(document: Document) -> dict[str, tuple[str, State]]:
    return {one.what: (one.found, one.state) for one in document.verdicts}


def table(document: Document, name: str) -> Table:
    return next(block for block in document.blocks if isinstance(block, Table) and block.name == name)


def test_a_fall_on_the_others_objects_beyond_the_tests_errors_is_bad() -> None:
    told = verdicts(hlt_and_l1_document(results(cross=0.7)))["plain on the other's objects"]
    assert told[0].startswith("AUC changes by -0.100 (")
    assert told[1] is State.BAD
    alike = verdicts(hlt_and_l1_document(results(cross=0.79)))["plain on the other's objects"]
    assert alike[1] is State.OPEN


def test_the_gain_of_training_on_accepted_events_is_told_with_whether_intervals_part() -> None:
    for after, text, parted in ((0.2, "top +10.0", "part for 1 of 1"), (0.1, "top +0.0", "part for 0 of 1")):
        document = hlt_and_l1_document(results(after=after))
        one = next(v for v in document.verdicts if v.what == "plain, trained on what L1 accepts")
        assert text in one.found
        assert parted in one.why
        assert "12 effective" in one.why


@pytest.mark.parametrize(("low", "state"), [(0.95, State.GOOD), (0.4, State.BAD)])
def test_volatile_trainings_are_bad(low: float, state: State) -> None:
    told = verdicts(hlt_and_l1_document(results(low=low)))["volatility"]
    assert f"{low:.2f}" in told[0]
    assert told[1] is state


def test_failed_trainings_are_not_hidden() -> None:
    told = verdicts(hlt_and_l1_document(results(failed={"plain, l1, zero_bias": 1})))["trainings"]
    assert told == ("1 of 3 failed", State.BAD)


def test_tables_hold_each_network_and_each_entry() -> None:
    document = hlt_and_l1_document(results())
    assert [row[1:4] for row in table(document, "cross_figures").rows] == [
        ("L1", "L1", "top"), ("L1", "HLT", "top"), ("HLT", "L1", "top"), ("HLT", "HLT", "top"),
    ]  # fmt: skip
    assert [row[1] for row in table(document, "stream_figures").rows] == ["zero bias", "what L1 accepts"]
    present, absent = table(document, "entries_plain").rows
    assert present == ("met_pt", "GeV", "10", "-0.5 ± 4.2", "12.3", "10", "-0.5 ± 4.2", "12.3")
    assert absent[2:5] == ("0", "–", "–")
    heat = next(block for block in document.blocks if isinstance(block, Heatmap))
    assert heat.rows == ("plain: L1 → L1", "plain: L1 → HLT", "plain: HLT → L1", "plain: HLT → HLT")
    names = [block.name for block in document.blocks if isinstance(block, Chart)]
    assert names == ["met_profile", "turn_on_plain_l1", "turn_on_plain_hlt"]


def test_the_page_says_where_the_events_are_from_and_what_was_deployed() -> None:
    page = html_document(hlt_and_l1_document(results()))
    assert "algorithms/tiny" in page
    assert "made here" in page
    own = html_document(hlt_and_l1_document(replace(results(), made=False, deployed=None)))
    assert "made here</strong>" not in own
    assert "No network was to be deployed" in own
