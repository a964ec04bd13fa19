"""The document of a lepton + X study: numbers as shown, and that nothing extrapolated looks measured."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from l1ad.metrics.ranks import Bounded
from l1ad.report.document import Document, State, Table
from l1ad.report.document_markdown import markdown_document
from l1ad.report.html import html_document
from l1ad.report.studies.lepton_plus_x.document import lepton_plus_x_document
from l1ad.report.studies.lepton_plus_x.results import (
    FeatureDistances,
    FeatureOverlay,
    LeptonPlusXResults,
    PValues,
    TrainingResult,
)
from l1ad.report.studies.lepton_plus_x.scores import (
    PointResult,
    ProcessAccount,
    ScoreKind,
    ScoreResult,
    SignalAtPoint,
)
from l1ad.report.studies.lepton_plus_x.verdicts import efficiency_text, error_text, section_text

SHARES = np.geomspace(1e-4, 1, 5)


def bounded(value: float, half: float = 0.01) -> Bounded:
    return Bounded(value=value, low=value - half, high=value + half)


def account(name: str, **changed: Any) -> ProcessAccount:
    given: dict[str, Any] = {
        "name": name, "title": name.upper(), "generated": 1000, "passed": 200, "cross_section_pb": 500.0,
        "cross_section_error_pb": 4.0, "acceptance": 0.2, "acceptance_error": 0.01, "filtered_pb": 100.0,
        "filtered_error_pb": 5.0, "training": 100, "unseen": 100,
    }  # fmt: skip
    return ProcessAccount(**(given | changed))


def point(name: str, efficiency: float, *, extrapolated: bool) -> PointResult:
    nothing = Bounded(value=math.inf, low=3.0, high=math.inf)
    found = SignalAtPoint(
        efficiency=bounded(efficiency) if efficiency else Bounded(value=0.0, low=0.0, high=0.01),
        n_pass=int(100 * efficiency),
        events_pb=bounded(2.0) if efficiency else nothing, purity_pb=bounded(5.0) if efficiency else nothing,
    )  # fmt: skip
    return PointResult(
        name=name, share=0.01, events_per_day=50.0, extrapolated=extrapolated, n_pass=8,
        counted_per_day=Bounded(value=60.0, low=40.0, high=90.0), effective_pass=7.0,
        label="told", composition={} if extrapolated else {"w": 0.75}, signals={"lq": found},
    )  # fmt: skip


def score(name: str, kind: ScoreKind, efficiency: float = 0.3, **changed: Any) -> ScoreResult:
    given: dict[str, Any] = {
        "name": name, "kind": kind, "auc": {"lq": bounded(0.8)}, "efficiencies": {"lq": np.full(5, efficiency)},
        "points": (point("50 events/day", efficiency, extrapolated=True),
                   point("1 % of the stream", efficiency, extrapolated=False)),
        "refused": {},
    }  # fmt: skip
    return ScoreResult(**(given | changed))


def results(**changed: Any) -> LeptonPlusXResults:
    far = FeatureDistances(kolmogorov=0.1, wasserstein=0.2)
    overlay = FeatureOverlay(
        name="st", unit="GeV", edges=np.arange(4.0), true=np.array([0.5, 0.5, 0.0]),
        prior=np.array([0.4, 0.6, 0.0]), codes=np.array([0.5, 0.4, 0.1]), of_prior=far, of_codes=far, floor=far,
    )  # fmt: skip
    given: dict[str, Any] = {
        "made": True, "accounts": (account("w"),), "signals": (account("lq", training=0, unseen=0),),
        "stream_pb": 100.0, "stream_error_pb": 5.0, "events_per_day": 1e6, "luminosity_fb": 5.0, "unseen": 100,
        "effective": 90.0, "trained": 120, "points": ("50 events/day", "1 % of the stream"),
        "headline": "vae total",
        "scores": (score("vae total", ScoreKind.FLOAT), score("frozen", ScoreKind.DEPLOYABLE, 0.0),
                   score("st", ScoreKind.CUT, 0.1), score("trees for lq", ScoreKind.SUPERVISED, 0.9)),
        "roc_shares": SHARES,
        "trainings": (TrainingResult(name="vae", backend="float", epochs=9, best_epoch=8, reconstruction=50.0,
                                     kl=3.0, collapsed=0, latents=4, seconds=12.0,
                                     versions={"keras": "3.9"}, warnings=()),),
        "left_out": {"vae_hgq": "backend hgq is not installed here"},
        "p_values": PValues(
            score="vae total", edges=np.linspace(0, 1, 3), stream=np.array([0.4, 0.6]),
            stream_error=np.array([0.1, 0.1]), tail_edges=np.array([-2.0, -1.0, 0.0]),
            processes={"W": np.array([0.1, 0.9])}, signals={"LQ": np.array([0.5, 0.5])}, floor=1e-3,
            kolmogorov=0.05, probability=0.4,
        ),
        "overlays": {"vae": (overlay,)}, "lepton_gev": 23.0, "versions": {"l1ad": "1"},
        "digests": {"stream.h5": "d" * 64}, "settings": {"seed": "1"},
    }  # fmt: skip
    return LeptonPlusXResults(**(given | changed))


def table(document: Document, name: str) -> list[tuple[str, ...]]:
    return next(list(one.rows) for one in document.blocks if isinstance(one, Table) and one.name == name)


def verdict(document: Document, what: str) -> tuple[str, State]:
    return next((one.found, one.state) for one in document.verdicts if one.what == what)


def test_the_main_table_says_of_every_threshold_whether_it_is_extrapolated() -> None:
    rows = table(lepton_plus_x_document(results()), "main")
    assert [row[1] for row in rows] == ["vae total", "frozen", "trees for lq"]
    assert {row[-1] for row in rows} == {"extrapolated"}
    assert rows[0][2:5] == ("30.0 (29.0 to 31.0)", "2.0 (2.0 to 2.0)", "5.0 (5.0 to 5.0)")
    assert rows[1][2:5] == ("0.00 (0.00 to 1.00)", "> 3.0", "> 3.0")


def test_a_threshold_that_could_not_be_set_has_its_row_and_its_reason() -> None:
    refused = score("vae total", ScoreKind.FLOAT, points=(), refused={"50 events/day": "no tail fits"})
    document = lepton_plus_x_document(results(scores=(refused,)))
    assert table(document, "main")[0][2:] == ("–", "–", "–", "none, see below")
    assert table(document, "refused") == [("vae total", "50 events/day", "no tail fits")]
    assert verdict(document, "budget: 50 events/day") == ("no threshold could be set", State.OPEN)


def test_points_are_marked_measured_or_extrapolated_and_compared_with_the_best_feature() -> None:
    rows = {row[0]: row[1:] for row in table(lepton_plus_x_document(results()), "points_0")}
    assert rows["vae total"] == ("30.0 (29.0 to 31.0) x", "30.0 (29.0 to 31.0) m")
    assert rows["best single feature"][1] == "10.0 (9.0 to 11.0) m st"
    assert rows["headline over the feature, measured"] == ("–", "× 3.00 ± 0.32")


def test_an_extrapolation_that_the_count_contradicts_is_called_bad() -> None:
    one = score("vae total", ScoreKind.FLOAT)
    far = replace(one.points[0], counted_per_day=Bounded(value=250.0, low=110.0, high=500.0))
    document = lepton_plus_x_document(results(scores=(replace(one, points=(far, one.points[1])),)))
    found, state = verdict(document, "budget: 50 events/day")
    assert "1 let more of the unseen events pass than they should" in found
    assert state is State.BAD
    assert table(document, "thresholds")[0] == (
        "vae total", "50 events/day", "50", "extrapolated", "8", "250 (110 to 500)",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("what", "changed", "found", "state"),
    [
        ("budget: 50 events/day", {}, "0 of 3 thresholds measured, the others extrapolated", State.OPEN),
        ("p-values of the stream", {}, "even: KS distance 0.050, probability 0.40", State.GOOD),
        (
            "p-values of the stream",
            {"p_values": replace(results().p_values, probability=1e-4)},
            "not even: KS distance 0.050, probability 0.0001",
            State.BAD,
        ),
        ("deployable", {}, "frozen and scored by the emulator: frozen; left out: vae_hgq", State.GOOD),
        (
            "against single features",
            {},
            "vae total above the best feature for 1 of 1 signals, beyond intervals for 1",
            State.GOOD,
        ),
        ("trainings", {}, "1 trained; every latent says something", State.GOOD),
        (
            "trainings",
            {"trainings": (replace(results().trainings[0], collapsed=2),)},
            "1 trained; latents that say nothing in vae",
            State.OPEN,
        ),
    ],
)
def test_verdicts(what: str, changed: dict[str, Any], found: str, state: State) -> None:
    assert verdict(lepton_plus_x_document(results(**changed)), what) == (found, state)


def test_the_document_says_what_is_not_the_publication_s_and_is_written_whole() -> None:
    document = lepton_plus_x_document(results())
    text = markdown_document(document)
    assert "They are not comparable with the published ones" in text
    assert "no pile-up" in text
    assert "html" in html_document(document)


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        (efficiency_text(Bounded(value=0.01234, low=0.0113, high=0.0134)), "1.23 (1.13 to 1.34)"),
        (efficiency_text(Bounded(value=1.0, low=1.0, high=1.0)), "100.0 (100.0 to 100.0)"),
        (efficiency_text(None), "–"),
        (section_text(Bounded(value=0.01234, low=0.0113, high=math.inf)), "0.012 (0.011 to ∞)"),
        (section_text(Bounded(value=12345.0, low=9876.0, high=20000.0)), "12,000 (9,900 to 20,000)"),
        (section_text(Bounded(value=math.inf, low=2.21, high=math.inf)), "> 2.2"),
        (error_text(46880.3, 312.0), "46,880 ± 310"),
        (error_text(2.345, 0.0123), "2.345 ± 0.012"),
        (error_text(46880.3, 0.0), "46,900"),
    ],
)
def test_numbers_are_shown_to_their_errors(shown: str, text: str) -> None:
    assert shown == text
