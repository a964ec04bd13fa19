"""What differs from the field: which threshold fits recorded bits, how causes are ranked, and what is said."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from l1ad.core.errors import DataError
from l1ad.rates.disagreements import (
    Cause,
    Disagreement,
    FieldComparison,
    RecordedComparison,
    fitted_thresholds,
    ranked,
)
from l1ad.rates.histogram import ScoreHistogram

HIGHEST = 15
Events = list[tuple[int, bool]]
EVENTS = st.lists(st.tuples(st.integers(0, HIGHEST), st.booleans()), min_size=1, max_size=30)


def of(events: Events, accepted: bool) -> ScoreHistogram:
    return ScoreHistogram.of(np.array([score for score, bit in events if bit == accepted], dtype=np.int64))


def wrong(events: Events, threshold: int) -> int:
    return sum((score >= threshold) != bit for score, bit in events)


@given(EVENTS)
def test_no_threshold_contradicts_fewer_bits_than_those_of_the_window(events: Events) -> None:
    window = fitted_thresholds(of(events, True), of(events, False), highest_raw=HIGHEST)
    every = [wrong(events, threshold) for threshold in range(HIGHEST + 2)]
    assert 0 <= window.low <= window.high <= HIGHEST + 1
    assert set(every[window.low : window.high + 1]) == {window.contradicted} == {min(every)}


@given(st.lists(st.integers(0, HIGHEST), min_size=1, max_size=30), st.integers(0, HIGHEST))
def test_the_threshold_that_made_the_bits_is_in_the_window(scores: list[int], threshold: int) -> None:
    events = [(score, score >= threshold) for score in scores]
    window = fitted_thresholds(of(events, True), of(events, False), highest_raw=HIGHEST)
    assert window.low <= threshold <= window.high
    assert window.contradicted == 0


def test_a_threshold_without_recorded_bits_is_refused() -> None:
    with pytest.raises(DataError, match="no recorded bit"):
        fitted_thresholds(ScoreHistogram.none(), ScoreHistogram.none(), highest_raw=HIGHEST)


def cause(name: str, explained: int, consistent: int, *, certain: bool = False) -> Cause:
    return Cause(
        name=name, text=f"it was {name}", explained=explained, disagreeing=10, consistent=consistent,
        agreeing=20, agreement=consistent / 20, certain=certain,
    )  # fmt: skip


def test_an_explanation_that_spoils_what_agrees_ranks_below_one_that_does_not() -> None:
    found = ranked([cause("all", 10, 10), cause("most", 8, 20), cause("none", 0, 20)])
    assert [one.name for one in found] == ["most", "all"]


def test_a_score_met_to_its_last_bit_counts_even_where_the_fault_comes_and_goes() -> None:
    found = ranked([cause("touched", 10, 16), cause("now and then", 9, 1, certain=True)])
    assert [one.name for one in found] == ["now and then", "touched"]


def test_of_causes_that_explain_as_much_the_first_stays_first() -> None:
    assert [one.name for one in ranked([cause("b", 5, 20), cause("a", 5, 20)])] == ["b", "a"]


def test_a_cause_that_explains_more_than_there_is_is_refused() -> None:
    with pytest.raises(DataError, match=r"'odd'.* are no parts"):
        cause("odd", 11, 0)


def comparison(**changes: Any) -> RecordedComparison:
    one = Disagreement(
        event_number=7, run=1, lumi_section=None, bunch_crossing=3, recorded=0, emulated=1, score_raw=900,
        inputs={"jet_1_pt": 300},
    )  # fmt: skip
    plain = RecordedComparison(
        recorded="L1_AXO", emulated="tight", threshold_raw=825, note="", n_events=100, n_not_judged=0,
        n_without_record=0, n_disagreements=1, disagreements=(one,), causes=(), window=None,
    )  # fmt: skip
    return replace(plain, **changes)


def test_the_clean_result_has_no_cause() -> None:
    clean = comparison(n_disagreements=0, disagreements=())
    assert (clean.likely_cause, clean.n_agreements) == (None, 100)
    assert clean.verdict == "L1_AXO: 0 of 100 events differ"


def test_a_cause_that_explains_half_is_none() -> None:
    half = comparison(causes=(cause("half", 5, 20),))
    assert half.likely_cause == "unknown"
    assert "no suspect explains more than half" in half.verdict


def test_the_verdict_names_the_cause_its_counts_and_its_equals() -> None:
    told = comparison(causes=(cause("a", 9, 20), cause("b", 9, 20), cause("c", 9, 19)))
    assert told.likely_cause == "a"
    assert "it was a (explains 9 of 10, leaves 20 of 20 that agree); as well explained by b" in told.verdict


def test_an_unknown_cause_comes_with_what_is_worth_asking() -> None:
    assert "was the seed prescaled or masked?" in comparison().verdict
    assert "is this the algorithm that ran?" in comparison(n_disagreements=95).verdict


def test_the_document_counts_all_parts() -> None:
    document = FieldComparison(
        trigger="axo",
        sample="zero_bias",
        n_events=100,
        parts=(comparison(), comparison(causes=(cause("a", 9, 20),))),
    ).document()
    assert document["n_disagreements"] == 2
    assert [one["likely_cause"] for one in document["parts"]] == ["unknown", "a"]
    assert document["parts"][0]["disagreements"][0]["inputs"] == {"jet_1_pt": 300}
    assert document["parts"][1]["causes"][0]["strength"] == 0.9
