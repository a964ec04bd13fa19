"""The document of a jets study: what it says on top, and that nothing that failed is hidden."""

from typing import Any

import pytest

from l1ad.report.document import Document, State, Table
from l1ad.report.document_markdown import markdown_document
from l1ad.report.html import html_document
from l1ad.report.studies.jets.document import jets_document
from l1ad.report.studies.jets.results import JetFamilyResults, JetsCounts, JetsResults, SignalMade

BINS = 3


def flat(p_value: float | None) -> dict[str, Any]:
    return {"chi2": 3.0, "n_bins": BINS, "p_value": p_value}


def profile(p_value: float | None) -> dict[str, Any]:
    return {"fraction": [0.1, 0.11, None], "low": [0.09, 0.1, None], "high": [0.11, 0.12, None],
            "flatness": flat(p_value)}  # fmt: skip


def counted(p_value: float | None) -> dict[str, Any]:
    return {"observed": [30, 10, 0], "expected": [28.0, 11.0, 0.4], "uncertainty": [3.0, 1.0, 0.1],
            "pulls": [0.3, -0.2, None], "closure": flat(p_value), "observed_sum": 40, "expected_sum": 39.4,
            "uncertainty_sum": 3.5}  # fmt: skip


def search(significance: float) -> dict[str, Any]:
    return {"limit": 0.8, "expected": 0.5, "low": 0.4, "high": 0.7, "p_value": 0.01,
            "significance": significance, "best": 1.1}  # fmt: skip


def family(
    name: str, middle: float, *, significance: float | None = 4.0, flatness: float = 0.5, closes: float = 0.5,
    carried: float = 0.5,
    **changed: Any,
) -> JetFamilyResults:  # fmt: skip
    found = None if significance is None else search(significance)
    area = {"value": middle, "low": middle - 0.01, "high": middle + 0.01}
    signal = {"all": area, "near": area, "curve": {"background": [0.01, 0.1, 1.0], "signal": [0.1, 0.4, 1.0]}}
    quantity = {"n": [900, 20], "mean": [0.1, 0.0], "width": [1.0, 0.9], "true_width": [4.0, 1.0],
                "edges": [-1.0, 0.0, 1.0], "true": [5, 6], "reconstructed": [4, 7]}  # fmt: skip
    hunted = {"injected": 150, "injected_inside": 120, "injected_outside": 10, "expected_to_pass": 50.0,
              "efficiency": area, "with": counted(0.01), "shape": [1.0, 45.0, 4.0], "without": found,
              "search": found}  # fmt: skip
    given: dict[str, Any] = {
        "name": name, "kind": "vanilla", "inputs": "momenta",
        "training": {
            "parameters": 1_000, "trained_jets": 500, "epochs": 3, "best_epoch": 2, "ending": "EPOCHS",
            "seconds": 4.0, "reconstruction": {"px (GeV)": quantity},
            "history": {"reconstruction": [3.0, 2.0, 1.9], "validation_reconstruction": [2.5, 2.0, 2.1]},
        },
        "found": {
            "usable": True, "score": "reconstruction",
            "scores": {"reconstruction": {"correlation": area, "signals": {"bump": signal}}},
            "cuts": {"0.1": {"flat": profile(1e-9), "inside": profile(flatness), "outside": profile(0.2),
                             "without": counted(closes), "carried_over": counted(carried),
                             "signals": {"bump": hunted}}},
        },
        "further": ({"bump": middle},),
    }  # fmt: skip
    return JetFamilyResults(**(given | changed))


def results(*families: JetFamilyResults, **changed: Any) -> JetsResults:
    given: dict[str, Any] = {
        "families": families or (family("first", 0.8), family("second", 0.7)),
        "signals": {"bump": SignalMade(title="G → XX", mass_gev=2000, selected=900, inside=700)},
        "counts": JetsCounts(training=200, held=100, inside=400, luminosity_fb=0.1, mass=(300, 90, 10)),
        "edges_gev": (1300.0, 1500.0, 2000.0, 3000.0), "kept": ("0.1",), "of_event": "smaller",
        "fitted_in": "each", "prediction": "smooth", "window": 0.15, "delta_eta": 1.4, "limits": True,
        "made": True, "settings": {"seed": "1"}, "digests": {"background": "d" * 64}, "versions": {"l1ad": "1"},
    }  # fmt: skip
    return JetsResults(**(given | changed))


def verdicts(document: Document) -> dict[str, tuple[str, State]]:
    return {one.what: (one.found, one.state) for one in document.verdicts}


def table(document: Document, name: str) -> Table:
    (found,) = [one for one in document.blocks if isinstance(one, Table) and one.name == name]
    return found


CUT, BEST, CLOSURE, INJECTED = (
    "the cut keeps its fraction at every m(jj)", "best family", "closure without a signal", "injected signals",
)  # fmt: skip


def test_the_four_questions_are_answered_on_top() -> None:
    found = verdicts(jets_document(results()))
    assert found[CUT] == (
        "2 of 2 cuts by quantile regression are compatible with it; one threshold for all masses fails in 2",
        State.GOOD,
    )
    assert found[BEST] == ("first: mean AUC 0.800 ± 0.010", State.GOOD)
    assert found[CLOSURE] == (
        "2 of 2 predictions agree with what is counted; with the cut fitted in the sideband alone 0 of 2 fail",
        State.GOOD,
    )
    assert found[INJECTED] == ("G → XX: 4.0σ at 10 %", State.GOOD)
    assert found["trainings"] == ("0 of 4 failed", State.GOOD)


@pytest.mark.parametrize(
    ("families", "question", "state"),
    [
        ((family("a", 0.8, flatness=1e-4), family("b", 0.7)), CUT, State.BAD),
        ((family("a", 0.8, closes=1e-4), family("b", 0.7)), CLOSURE, State.BAD),
        ((family("a", 0.8, carried=1e-4), family("b", 0.7)), CLOSURE, State.OPEN),
        ((family("a", 0.8), family("b", 0.79)), BEST, State.OPEN),
        ((family("a", 0.8, further=({"bump": 0.9}, {"bump": 0.7})), family("b", 0.7)), BEST, State.OPEN),
        ((family("a", 0.8, further=()), family("b", 0.7, further=())), BEST, State.OPEN),
        ((family("a", 0.8, further=(None, None)), family("b", 0.7)), BEST, State.OPEN),
        ((family("a", 0.45),), BEST, State.OPEN),
        ((family("a", 0.8, significance=1.0),), INJECTED, State.BAD),
    ],
)
def test_what_is_not_so_is_not_called_good(
    families: tuple[JetFamilyResults, ...], question: str, state: State
) -> None:
    assert verdicts(jets_document(results(*families)))[question][1] is state


def test_one_threshold_in_too_few_events_to_tell_is_not_said_to_fail() -> None:
    one = family("a", 0.8)
    one.found["cuts"]["0.1"]["flat"] = profile(None)
    found, _ = verdicts(jets_document(results(one)))[CUT]
    assert found.endswith("one threshold for all masses fails in 0")


def test_without_pyhf_it_is_said_that_nothing_was_searched() -> None:
    document = jets_document(results(family("a", 0.8, significance=None), limits=False))
    assert verdicts(document)[INJECTED] == ("not searched", State.OPEN)
    assert table(document, "searches").rows[0][-1] == "–"


def test_a_signal_whose_fit_failed_is_told_and_no_success() -> None:
    document = jets_document(results(family("a", 0.8, significance=None)))
    assert verdicts(document)[INJECTED] == ("G → XX: could not be searched", State.BAD)


@pytest.mark.parametrize(
    ("middle", "words"),
    [(0.2, "no cut gains over none, at best 0.63"), (0.8, "the most that a cut gains over none, at best 2.53")],
)
def test_it_is_said_whether_any_cut_gains_over_none(middle: float, words: str) -> None:
    (told,) = [one.why for one in jets_document(results(family("a", middle))).verdicts if one.what == INJECTED]
    assert f"{words} (a at 10 %, G → XX)" in told


def test_limits_are_told_in_signal_events() -> None:
    row = table(jets_document(results()), "searches").rows[0]
    assert row[3:] == ("150 (120 in the signal region)", "50.0", "165", "120", "75 (60 to 105)", "120", "4.0")


def test_a_network_that_failed_is_named_and_left_out_of_the_rest() -> None:
    broken = family("broken", 0.5, found={"usable": False}, further=({"bump": 0.6},))
    document = jets_document(results(family("a", 0.8), broken))
    assert verdicts(document)["trainings"] == ("1 of 4 failed; networks without a hunt: broken", State.BAD)
    assert [row[0] for row in table(document, "areas").rows] == ["a"]
    assert [row[0] for row in table(document, "trainings").rows] == ["a", "broken"]
    alone = jets_document(results(broken))
    assert [one.id for one in alone.sections] == ["families", "provenance"]


def test_a_mean_is_of_all_trainings_and_its_error_of_events_and_of_them() -> None:
    one = family("a", 0.8, further=({"bump": 0.83}, None, {"bump": 0.77}))
    (row,) = table(jets_document(results(one)), "areas").rows
    error = (0.01**2 + 0.03**2 / 3) ** 0.5
    assert row[4:] == (
        "0.800 (0.790 to 0.810)", f"0.800 ± {error:.3f}", "0.030", "0.800, 0.830, 0.770; 1 failed"
    )  # fmt: skip
    (alone,) = table(jets_document(results(family("a", 0.8, further=()))), "areas").rows
    assert alone[-3:] == ("0.800 ± 0.010", "–", "0.800")


def test_the_document_is_written_as_markdown_and_html_with_what_is_made_said() -> None:
    document = jets_document(results())
    text = markdown_document(document)
    assert "multiparton interactions" in text
    assert "arXiv:2412.03747, from memory" in text
    assert "G → XX" in html_document(document)
