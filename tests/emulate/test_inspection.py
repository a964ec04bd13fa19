"""What is proven holds on every event, and a witness really does what it is said to do."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from l1ad.core.fixed import FixedType, Overflow, Rounding
from l1ad.core.network import Conv2D, FrozenNetwork, Padding
from l1ad.core.score import Score
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.emulate.casts import casts, values_before_casts
from l1ad.emulate.engine import trace
from l1ad.emulate.inspection import TensorReport, inspect

Drawn = Callable[..., TriggerAlgorithm]
DrawnEvents = Callable[[int], NDArray[np.int64]]


def by_name(trigger: TriggerAlgorithm) -> dict[str, TensorReport]:
    return {report.tensor: report for report in inspect(trigger)}


@pytest.mark.parametrize("seed", range(25))
def test_a_tensor_proven_to_stay_inside_does_so_on_every_event(
    seed: int, random_algorithm: Drawn, drawn_events: DrawnEvents
) -> None:
    trigger = random_algorithm(seed)
    before = values_before_casts(trigger, drawn_events(seed))
    reports = by_name(trigger)
    assert list(reports) == [cast.tensor for cast in casts(trigger)]
    for cast in casts(trigger):
        report, values = reports[cast.tensor], before[cast.tensor] * 2.0**-cast.fraction
        assert report.low <= values.min(), cast.tensor
        assert values.max() <= report.high, cast.tensor
        if not report.leaving:
            one, half = cast.types()[0], Fraction(1, 2)
            assert float((one.raw_min - half) * one.lsb) <= values.min()
            assert values.max() <= float((one.raw_max + half) * one.lsb)


@pytest.mark.parametrize("seed", range(25))
def test_a_witness_takes_its_element_out_of_the_format_when_emulated(
    seed: int, random_algorithm: Drawn
) -> None:
    trigger = random_algorithm(seed)
    found = 0
    for cast in casts(trigger):
        witness = by_name(trigger)[cast.tensor].witness
        if witness is None:
            continue
        found += 1
        event = np.array([witness.inputs_raw], dtype=np.int64)
        trigger.layout.check(event, where="witness")
        value = values_before_casts(trigger, event)[cast.tensor][0, witness.element] * 2.0**-cast.fraction
        assert value == witness.value
        assert abs(value) > abs(witness.limit) or value * witness.limit <= 0
        after = trace(trigger, event)[cast.tensor][0, witness.element] * 2.0**-cast.result.fraction
        one = cast.types()[witness.element]
        assert abs(after - value) >= float(one.lsb) / 2
    assert found > 0


@pytest.mark.parametrize("seed", range(10))
def test_the_headroom_is_what_can_be_taken_from_the_score_word_and_no_more(
    seed: int, random_algorithm: Drawn, drawn_events: DrawnEvents
) -> None:
    trigger = random_algorithm(seed)
    wide = FixedType(40, 24, False, Rounding.TRN, Overflow.SAT)
    trigger = replace(trigger, score=Score(wide), thresholds={})
    spare = by_name(trigger)["score"].headroom_bits
    assert spare > 0
    fitting = replace(trigger, score=Score(replace(wide, width=40 - spare, integer=24 - spare)))
    assert by_name(fitting)["score"].leaving == 0
    assert by_name(fitting)["score"].headroom_bits == 0
    events = drawn_events(seed)
    np.testing.assert_array_equal(trace(fitting, events)["score"], trace(trigger, events)["score"])


def test_products_and_ebops_are_counted_from_the_weights(trigger: TriggerAlgorithm) -> None:
    report = by_name(trigger)["dense_1"]
    weights = trigger.network.layers[0].weights_raw  # type: ignore[union-attr]
    assert report.multiplications == np.count_nonzero(weights)
    enclosed = sum(len(f"{abs(int(one)):b}".strip("0")) for one in weights.flat)  # 6 is 110: two bits
    assert report.ebops == 8 * enclosed
    assert report.sparsity == np.mean(weights == 0)
    assert (report.shape, report.weight_type) == ("57 x 3", "ap_fixed<6,1>")


@pytest.mark.parametrize("seed", range(8))
def test_of_an_image_network_every_tensor_is_listed_and_what_is_proven_holds(
    seed: int, random_image_algorithm: Drawn, drawn_images: DrawnEvents
) -> None:
    trigger = random_image_algorithm(seed)
    before, reports = values_before_casts(trigger, drawn_images(seed)), by_name(trigger)
    assert list(reports) == ["scaled_inputs", *(layer.name for layer in trigger.network.layers), "score"]
    for cast in casts(trigger):
        report, values = reports[cast.tensor], before[cast.tensor] * 2.0**-cast.fraction
        assert report.low <= values.min(), cast.tensor
        assert values.max() <= report.high, cast.tensor
        if report.witness is not None:
            event = np.array([report.witness.inputs_raw])
            element = report.witness.element
            reached = values_before_casts(trigger, event)[cast.tensor][0, element] * 2.0**-cast.fraction
            after = trace(trigger, event)[cast.tensor][0, element] * 2.0**-cast.result.fraction
            assert reached == report.witness.value
            assert abs(after - reached) >= float(cast.types()[element].lsb) / 2
    conv = next(layer for layer in trigger.network.layers if isinstance(layer, Conv2D))
    if conv.padding is Padding.VALID:
        positions = conv.result_shape[0] * conv.result_shape[1]
        assert reports[conv.name].multiplications == positions * np.count_nonzero(conv.weights_raw)


def test_an_accumulator_too_narrow_is_named_with_the_event_that_wraps_it(trigger: TriggerAlgorithm) -> None:
    dense, mean = trigger.network.layers
    exact = dense.accumulator  # type: ignore[union-attr]
    narrow = replace(dense, accumulator=FixedType(exact.width - 3, exact.integer - 3))  # type: ignore[arg-type]
    network = FrozenNetwork(n_inputs=57, input_type=trigger.scaling.result, layers=(narrow, mean))
    report = by_name(replace(trigger, network=network))["dense_1"]
    assert by_name(trigger)["dense_1"].leaving == 0
    assert report.leaving == 3
    assert report.overflow == "AP_WRAP"
    assert report.witness is not None
    assert abs(report.witness.value) > 2.0 ** (exact.integer - 4)
