from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from l1ad.core.layouts import ugt_57
from l1ad.core.trace import Trace
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.emulate.compare import Agreement, Divergence, compared, crafted_extremes
from l1ad.emulate.engine import emulate, trace

Change = tuple[str, int, int]


@pytest.fixture
def expected() -> Trace:
    """Give a trace of ten events in three tensors."""
    return {
        "dense_1": np.arange(60).reshape(10, 6),
        "dense_2": np.arange(50).reshape(10, 5) - 7,
        "score": np.arange(10).reshape(10, 1),
    }


def changed(trace: Trace, *changes: Change) -> Trace:
    """Copy a trace and lower elements by one, each given as tensor, event, element."""
    copy = {name: tensor.copy() for name, tensor in trace.items()}
    for tensor, event, element in changes:
        copy[tensor][event, element] -= 1
    return copy


def test_equal_traces_agree_in_every_integer(expected: Trace) -> None:
    agreement = compared("C++", expected, changed(expected))
    assert agreement.first is None
    assert str(agreement) == "C++: 0 of 10 events differ (120 integers compared)"
    assert agreement.tensors == ("dense_1", "dense_2", "score")


@pytest.mark.parametrize(
    ("changes", "first"),
    [
        ([("score", 2, 0), ("dense_1", 3, 0)], ("score", 2, 0)),
        ([("score", 2, 0), ("dense_2", 2, 4)], ("dense_2", 2, 4)),
        ([("dense_2", 2, 0), ("dense_1", 2, 5)], ("dense_1", 2, 5)),
        ([("dense_1", 2, 5), ("dense_1", 2, 3), ("dense_1", 9, 0)], ("dense_1", 2, 3)),
    ],
    ids=["lowest event", "earliest tensor", "earliest tensor before element", "lowest element"],
)
def test_the_first_divergence_is_of_the_lowest_event_then_tensor_then_element(
    expected: Trace, changes: list[Change], first: Change
) -> None:
    tensor, event, element = first
    value = int(expected[tensor][event, element])
    assert compared("RTL", expected, changed(expected, *changes)).first == Divergence(
        event=event, tensor=tensor, element=element, expected=value, found=value - 1
    )


def test_a_difference_is_told_with_its_place_its_values_and_how_many_there_are(expected: Trace) -> None:
    found = changed(expected, ("dense_2", 8, 4), ("score", 8, 0), ("score", 9, 0))
    assert str(compared("C++", expected, found)) == (
        "C++: event 8, layer 'dense_2', element 4: emulator 37, C++ 36 (raw); "
        "3 of 120 integers in 2 of 10 events differ"
    )


def test_tensors_that_the_other_does_not_have_are_left_out(expected: Trace) -> None:
    found = {"score": expected["score"].copy(), "carry": np.zeros((10, 2), dtype=np.int64)}
    agreement = compared("RTL", expected, found)
    assert (agreement.tensors, agreement.values) == (("score",), 10)


def test_the_order_of_the_data_flow_is_the_emulators(expected: Trace) -> None:
    backwards = dict(reversed(changed(expected, ("score", 1, 0), ("dense_1", 1, 0)).items()))
    first = compared("C++", expected, backwards).first
    assert first is not None
    assert first.tensor == "dense_1"


def test_traces_without_a_common_tensor_are_refused(expected: Trace) -> None:
    with pytest.raises(ValueError, match=r"C\+\+ has none of the tensors dense_1, dense_2, score"):
        compared("C++", expected, {"dense_9": expected["dense_1"]})


@pytest.mark.parametrize("cut", [np.s_[:9], np.s_[:, :4]])
def test_a_tensor_of_another_shape_is_refused(expected: Trace, cut: slice) -> None:
    found = {**expected, "dense_2": expected["dense_2"][cut]}
    with pytest.raises(ValueError, match=r"RTL, 'dense_2': shape \(\d+, \d+\), emulator \(10, 5\)"):
        compared("RTL", expected, found)


def split_and_joined(expected: Trace, found: Trace, *, at: int) -> Agreement:
    """Compare two parts of a trace and join what came out."""
    parts = [
        compared("C++", {n: t[part] for n, t in expected.items()}, {n: t[part] for n, t in found.items()})
        for part in (slice(None, at), slice(at, None))
    ]
    return parts[0].then(parts[1])


@pytest.mark.parametrize("at", range(1, 10))
@pytest.mark.parametrize(
    "changes",
    [[], [("score", 8, 0)], [("dense_1", 0, 2), ("dense_2", 8, 1)], [("score", 3, 0), ("dense_1", 4, 0)]],
)
def test_comparisons_of_two_parts_join_to_the_comparison_of_the_whole(
    expected: Trace, changes: list[Change], at: int
) -> None:
    found = changed(expected, *changes)
    assert split_and_joined(expected, found, at=at) == compared("C++", expected, found)


def test_the_extremes_are_nothing_everything_and_one_input_at_a_time() -> None:
    layout = ugt_57()
    extremes = crafted_extremes(layout)
    assert extremes.shape == (3 + 2 * 57, 57)
    assert not extremes[0].any()
    np.testing.assert_array_equal(extremes[1], layout.raw_min)
    np.testing.assert_array_equal(extremes[2], layout.raw_max)
    for column, field in enumerate(layout.fields):
        low, high = extremes[3 + column], extremes[60 + column]
        assert (low[column], high[column]) == (field.raw_min, field.raw_max)
        assert np.count_nonzero(low) == (field.raw_min != 0)
        assert np.count_nonzero(high) == (field.raw_max != 0)


def test_the_extremes_are_events_of_the_layout(trigger: TriggerAlgorithm) -> None:
    extremes = crafted_extremes(trigger.layout)
    scores: NDArray[np.int64] = emulate(trigger, extremes).score_raw
    assert scores.shape == (117,)


def test_an_emulator_agrees_with_itself_and_not_with_another_threshold(
    trigger: TriggerAlgorithm, events: Callable[[int], NDArray[np.int16]]
) -> None:
    inputs_raw = events(200)
    traced = trace(trigger, inputs_raw)
    assert compared("again", traced, trace(trigger, inputs_raw)).first is None
    other = trace(trigger.with_thresholds({"tight": 0, "loose": 3_000}), inputs_raw)
    first = compared("other threshold", traced, other).first
    assert first is not None
    assert (first.tensor, first.expected, first.found) == ("accept:tight", 0, 1)
