from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.emulate.engine import BLOCK_EVENTS, emulate, reference_scores, trace

Events = Callable[[int], NDArray[np.int16]]


def test_the_algorithm_of_these_tests_accepts_some_events_and_not_others(
    trigger: TriggerAlgorithm, events: Events
) -> None:
    decisions = emulate(trigger, events(1000))
    assert len(np.unique(decisions.score_raw)) > 500
    assert 0 < decisions.accepted["tight"].sum() < decisions.accepted["loose"].sum() < 1000


def test_the_emulator_gives_the_score_and_the_bits_of_the_trace(
    trigger: TriggerAlgorithm, events: Events
) -> None:
    inputs_raw = events(1000)
    decisions, traced = emulate(trigger, inputs_raw), trace(trigger, inputs_raw)
    np.testing.assert_array_equal(traced["score"], decisions.score_raw[:, None])
    for name, accepted in decisions.accepted.items():
        np.testing.assert_array_equal(traced[f"accept:{name}"], accepted[:, None].astype(np.int64))


def test_the_trace_holds_every_tensor_in_the_order_of_the_data_flow(
    trigger: TriggerAlgorithm, events: Events
) -> None:
    traced = trace(trigger, events(5))
    assert {name: tensor.shape for name, tensor in traced.items()} == {
        "scaled_inputs": (5, 57),
        "dense_1": (5, 3),
        "mean": (5, 3),
        "score": (5, 1),
        "accept:tight": (5, 1),
        "accept:loose": (5, 1),
    }
    assert list(traced)[:4] == ["scaled_inputs", "dense_1", "mean", "score"]
    assert all(tensor.dtype == np.int64 for tensor in traced.values())


def test_the_score_is_the_sum_of_squares_of_the_mean_in_the_score_word(
    trigger: TriggerAlgorithm, events: Events
) -> None:
    traced = trace(trigger, events(200))
    # The mean has 3 fraction bits, its squares 6, the score word 4: two bits are cut off.
    expected = [min(sum(int(mean) ** 2 for mean in event) // 4, 2**18 - 1) for event in traced["mean"]]
    assert traced["score"][:, 0].tolist() == expected


def test_permuting_events_permutes_their_scores(trigger: TriggerAlgorithm, events: Events) -> None:
    inputs_raw = events(500)
    order = np.random.default_rng(1).permutation(500)
    forward, permuted = emulate(trigger, inputs_raw), emulate(trigger, inputs_raw[order])
    np.testing.assert_array_equal(permuted.score_raw, forward.score_raw[order])
    np.testing.assert_array_equal(permuted.accepted["tight"], forward.accepted["tight"][order])


@pytest.mark.parametrize(
    "n_events", [1, BLOCK_EVENTS - 1, BLOCK_EVENTS, BLOCK_EVENTS + 1, 2 * BLOCK_EVENTS + 1]
)
def test_blocks_do_not_matter(trigger: TriggerAlgorithm, events: Events, n_events: int) -> None:
    inputs_raw = events(n_events)
    pieces = [emulate(trigger, piece).score_raw for piece in np.array_split(inputs_raw, 5) if len(piece)]
    np.testing.assert_array_equal(emulate(trigger, inputs_raw).score_raw, np.concatenate(pieces))


def test_no_events_give_no_scores(trigger: TriggerAlgorithm, events: Events) -> None:
    decisions = emulate(trigger, events(0))
    assert decisions.score_raw.shape == decisions.accepted["tight"].shape == (0,)


@pytest.mark.parametrize("dtype", [np.int16, np.int32, np.int64])
def test_the_width_of_the_given_integers_does_not_matter(
    trigger: TriggerAlgorithm, events: Events, dtype: type[np.signedinteger]
) -> None:
    inputs_raw = events(100)
    expected = emulate(trigger, inputs_raw).score_raw
    np.testing.assert_array_equal(emulate(trigger, inputs_raw.astype(dtype)).score_raw, expected)


def test_given_events_are_not_changed(trigger: TriggerAlgorithm, events: Events) -> None:
    inputs_raw = events(100).astype(np.int64)
    before = inputs_raw.copy()
    emulate(trigger, inputs_raw)
    trace(trigger, inputs_raw)
    np.testing.assert_array_equal(inputs_raw, before)


def test_an_event_at_the_threshold_is_accepted(trigger: TriggerAlgorithm, events: Events) -> None:
    inputs_raw = events(100)
    score = int(np.sort(emulate(trigger, inputs_raw).score_raw)[50])
    at = trigger.with_thresholds({"below": score - 1, "at": score, "above": score + 1})
    decisions = emulate(at, inputs_raw)
    here = int(np.argmax(decisions.score_raw == score))
    assert [bool(decisions.accepted[name][here]) for name in ("below", "at", "above")] == [True, True, False]
    for name, threshold in at.thresholds.items():
        np.testing.assert_array_equal(decisions.accepted[name], decisions.score_raw >= threshold)


def test_progress_counts_events_block_by_block(trigger: TriggerAlgorithm, events: Events) -> None:
    told: list[tuple[int, int]] = []
    n_events = BLOCK_EVENTS + 1
    emulate(trigger, events(n_events), progress=lambda done, total, _: told.append((done, total)))
    assert told[-1] == (n_events, n_events)
    told.clear()
    reference_scores(trigger, events(n_events), progress=lambda done, total, _: told.append((done, total)))
    assert told == [(BLOCK_EVENTS, n_events), (n_events, n_events)]


@pytest.mark.parametrize("run", [emulate, trace])
def test_inputs_out_of_range_are_refused_by_event_and_input(
    trigger: TriggerAlgorithm, events: Events, run: Callable[[TriggerAlgorithm, NDArray[np.int16]], object]
) -> None:
    inputs_raw = events(10)
    inputs_raw[7, 3] = 512
    with pytest.raises(DataError, match="emulator input: event 7, input 'eg_1_pt' is 512, outside 0 to 511"):
        run(trigger, inputs_raw)


@pytest.mark.parametrize("run", [emulate, trace])
def test_real_numbers_are_refused(
    trigger: TriggerAlgorithm, events: Events, run: Callable[[TriggerAlgorithm, NDArray[np.float64]], object]
) -> None:
    with pytest.raises(DataError, match="emulator input: inputs are float64, not hardware integers"):
        run(trigger, events(10).astype(np.float64))


@pytest.mark.parametrize("run", [emulate, trace])
def test_events_of_another_layout_are_refused(
    trigger: TriggerAlgorithm, events: Events, run: Callable[[TriggerAlgorithm, NDArray[np.int16]], object]
) -> None:
    with pytest.raises(DataError, match=r"emulator input: shape \(10, 56\) is not \(events, 57\)"):
        run(trigger, events(10)[:, :56])
