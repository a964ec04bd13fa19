"""What no score depends on is removed, and nothing else: every number that remains is what it was."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from l1ad.core.dead import Removed, without_dead
from l1ad.core.fixed import FixedType, Overflow, Rounding
from l1ad.core.layout import InputLayout
from l1ad.core.layouts import numbered_inputs
from l1ad.core.network import (
    Activation,
    ActivationFunction,
    Conv2D,
    Dense,
    FrozenNetwork,
    Layer,
    Reshape,
    Weighted,
    exact_accumulator,
)
from l1ad.core.scaling import Scaling
from l1ad.core.score import Score, ScoreFunction
from l1ad.core.tensor import TensorType
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.core.trigger_file import algorithm_digest, load_trigger, save_trigger

Builder = Callable[..., TriggerAlgorithm]
Events = Callable[[TriggerAlgorithm, int], NDArray[np.int64]]
ExactCast = Callable[[Fraction, FixedType], int]

NOTHING = Removed(inputs=(), neurons={}, latents=())
LINEAR, RELU = ActivationFunction.LINEAR, ActivationFunction.RELU
WEIGHT, BIAS = FixedType(6, 3), FixedType(8, 4)
NO_BIT = FixedType(0, 0, signed=False)
SUM = FixedType(30, 20)
UNSIGNED = FixedType(8, 4, signed=False)
WORD = FixedType(20, 20, False, Rounding.TRN, Overflow.SAT)
WHOLE = TensorType.uniform(FixedType(5, 5))


def numbers(trigger: TriggerAlgorithm, inputs_raw: NDArray[np.int64]) -> dict[str, NDArray[np.float64]]:
    """Give every tensor as real numbers (as `float64` they lose nothing), and the score word."""
    network, scaled = trigger.network, trigger.scaling.apply(inputs_raw)
    traced = {"inputs": scaled, **network.trace(scaled)}
    types = {"inputs": network.input_type, **network.types}
    score = trigger.score.apply(traced[network.layers[-1].name], network.output_type)
    found = {name: np.ldexp(raw, -types[name].fraction) for name, raw in traced.items()}
    return found | {"score": score.astype(np.float64)}


def kept_elements(trigger: TriggerAlgorithm, removed: Removed) -> dict[str, NDArray[np.bool_]]:
    """Tell which elements of each tensor remain; channels stand last, so that those of a filter recur."""
    kept = {"inputs": np.array([name not in removed.inputs for name in trigger.layout.names])}
    gone: dict[str, tuple[int, ...]] = dict(removed.neurons)
    gone[[layer.name for layer in trigger.network.layers if isinstance(layer, Weighted)][-1]] = removed.latents
    source: Dense | Conv2D | None = None
    for layer in trigger.network.layers:
        source = layer if isinstance(layer, Weighted) else source
        if source is not None:
            neurons = np.arange(layer.n_out) % len(source.bias_raw)
            kept[layer.name] = ~np.isin(neurons, gone.get(source.name, ()))
    return kept


def assert_the_rest_is_the_same(
    before: TriggerAlgorithm, after: TriggerAlgorithm, removed: Removed, inputs_raw: NDArray[np.int64]
) -> None:
    was, found = numbers(before, inputs_raw), numbers(after, inputs_raw)
    np.testing.assert_array_equal(found["score"], was["score"])
    kept = kept_elements(before, removed)
    assert not found["inputs"][:, ~kept["inputs"]].any()
    found["inputs"] = found["inputs"][:, kept["inputs"]]
    for name, elements in kept.items():
        np.testing.assert_array_equal(found[name], was[name][:, elements], err_msg=name)
    assert without_dead(after) == (after, NOTHING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Formats:
    """Draws the number formats of one network."""

    rng: np.random.Generator
    of_each: bool
    sums: str

    def one(self, *, signed: bool) -> FixedType:
        modes = Rounding(self.rng.choice(list(Rounding))), Overflow(self.rng.choice(list(Overflow)))
        return FixedType(int(self.rng.integers(5, 8)), int(self.rng.integers(3, 6)), signed, *modes)

    def tensor(self, n: int, *, signed: bool = False) -> TensorType:
        return TensorType(tuple(self.one(signed=signed) for _ in range(n if self.of_each else 1)))

    def accumulator(self, exact: FixedType) -> FixedType:
        rounding = Rounding(self.rng.choice(list(Rounding)))
        return {
            "exact": exact,
            "wraps": FixedType(exact.width - 3, exact.integer - 3),
            "drops bits": FixedType(exact.width - 2, exact.integer, True, rounding),
            "drops bits, wraps, unsigned": FixedType(exact.width - 6, exact.integer - 3, False, rounding),
        }[self.sums]

    def dense(self, name: str, given: TensorType, weights: NDArray[np.int64], bias: NDArray[np.int64]) -> Dense:
        exact = exact_accumulator(
            given=given, weights_raw=weights, weight_type=WEIGHT, bias_raw=bias, bias_type=BIAS
        )
        return Dense(
            name=name, weights_raw=weights, weight_type=WEIGHT, bias_raw=bias, bias_type=BIAS,
            accumulator=self.accumulator(exact),
        )  # fmt: skip


def planted(seed: int, *, of_each: bool, sums: str) -> tuple[TriggerAlgorithm, Removed]:
    """Draw an 8-7-6-5 network in which some parts, known beforehand, are dead."""
    rng = np.random.default_rng(seed)
    draw = Formats(rng=rng, of_each=of_each, sums=sums)
    first, second, third = (
        rng.choice([-1, 1], shape) * rng.integers(6, 32, shape) for shape in ((8, 7), (7, 6), (6, 5))
    )
    biases = [rng.choice([-1, 1], n) * rng.integers(20, 128, n) for n in (7, 6, 5)]
    second[0] = np.abs(second[0])  # else a sum of what is never negative may never be positive
    first[5], first[6, np.arange(7) != 4] = (
        0,
        0,
    )  # nobody reads input 6; input 7 only a neuron that nobody reads
    first[:, 1], second[4] = 0, 0
    second[6, np.arange(6) != 3], third[3] = 0, 0  # the last neuron is read by one alone that nobody reads
    second[:, 0], second[:, 5], biases[1][5] = 0, 0, -1
    third[:, 1], biases[2][1], third[:, 3], biases[2][3] = 0, 0, 0, 64

    rows = [("input", slot, "value", 1.0, "1", -32 * (slot != 2), 31 * (slot != 2)) for slot in range(8)]
    scaling = Scaling(
        layout=InputLayout.from_rows("eight", rows), offsets=(3.0,) * 8,
        shifts=tuple(rng.integers(0, 3, 8).tolist()), working=FixedType(10, 7),
        result=draw.tensor(8, signed=True),
    )  # fmt: skip
    hidden = [draw.tensor(n) for n in (7, 6)]
    mean = TensorType.uniform(FixedType(9, 6, True, Rounding.RND_CONV, Overflow.SAT))
    layers: tuple[Layer, ...] = (
        draw.dense("dense_1", scaling.result, first, biases[0]),
        Activation(name="relu_1", function=RELU, n=7, result=hidden[0]),
        draw.dense("dense_2", hidden[0], second, biases[1]),
        Activation(name="relu_2", function=RELU, n=6, result=hidden[1]),
        Reshape(name="same", input_shape=(6,), target_shape=(1, 6)),
        Reshape(name="flat", input_shape=(1, 6), target_shape=(6,)),
        draw.dense("dense_3", hidden[1], third, biases[2]),
        Activation(name="mean", function=LINEAR, n=5, result=mean),
    )
    network = FrozenNetwork(n_inputs=8, input_type=scaling.result, layers=layers)
    score = Score(FixedType(16, 12, False, Rounding.TRN, Overflow.SAT))
    trigger = TriggerAlgorithm(
        name="planted", scaling=scaling, network=network, score=score, thresholds={"some": 900},
        provenance={"seed": seed},
    )  # fmt: skip
    dead = Removed(
        inputs=("input_3_value", "input_6_value", "input_7_value"),
        neurons={"dense_1": (1, 4, 6), "dense_2": (0, 3, 5)},
        latents=(1,),
    )
    return trigger, dead


@pytest.mark.parametrize("of_each", [False, True], ids=["uniform", "types of each"])
@pytest.mark.parametrize("sums", ["exact", "wraps", "drops bits", "drops bits, wraps, unsigned"])
@pytest.mark.parametrize("seed", range(6))
def test_what_was_planted_is_removed_and_every_other_number_stays(
    seed: int, sums: str, of_each: bool, events_for: Events
) -> None:
    trigger, dead = planted(seed, of_each=of_each, sums=sums)
    smaller, removed = without_dead(trigger)
    assert removed == dead
    shapes = [one.weights_raw.shape for one in smaller.network.layers if isinstance(one, Dense)]
    assert shapes == [(8, 4), (4, 3), (3, 4)]
    inputs_raw = events_for(trigger, 2000)
    assert_the_rest_is_the_same(trigger, smaller, removed, inputs_raw)
    assert np.unique(numbers(trigger, inputs_raw)["score"]).size > 20
    sums_of = [
        [one.accumulator for one in each.network.layers if isinstance(one, Dense)]
        for each in (trigger, smaller)
    ]
    assert sums_of[0] == sums_of[1]


@pytest.mark.parametrize("name", ["elements_trigger", "images_trigger", "small_trigger"])
def test_algorithms_of_every_kind_score_as_before(
    name: str, request: pytest.FixtureRequest, events_for: Events
) -> None:
    trigger: TriggerAlgorithm = request.getfixturevalue(name)
    smaller, removed = without_dead(trigger)
    assert removed.inputs
    assert_the_rest_is_the_same(trigger, smaller, removed, events_for(trigger, 2000))


@pytest.mark.parametrize("seed", range(1, 5))
def test_an_encoder_loses_the_eta_of_met_and_keeps_its_scores_and_thresholds(
    seed: int, build_trigger: Builder, events_for: Events
) -> None:
    trigger = build_trigger(seed=seed, widths=(12, 6, 3), thresholds={"some": 900})
    smaller, removed = without_dead(trigger)
    assert removed.inputs[0] == "met_eta"
    assert smaller.scaling.result.types[1] == NO_BIT
    assert smaller.scaling.result.types[0] == trigger.scaling.result.types[0]
    assert smaller.thresholds == trigger.thresholds
    assert_the_rest_is_the_same(trigger, smaller, removed, events_for(trigger, 2000))


def test_the_smaller_algorithm_comes_back_from_its_file(build_trigger: Builder, tmp_path: Path) -> None:
    smaller, _ = without_dead(build_trigger(widths=(12, 6, 3)))
    save_trigger(smaller, tmp_path / "trigger.json")
    loaded = load_trigger(tmp_path / "trigger.json")
    assert algorithm_digest(loaded) == algorithm_digest(smaller)
    assert without_dead(loaded) == (loaded, NOTHING)


def test_an_algorithm_without_dead_parts_comes_back_as_it_is() -> None:
    trigger = of_layers(dense("dense", [[3, -4], [5, 6], [-7, 8]], [1, 2]))
    assert without_dead(trigger) == (trigger, NOTHING)
    assert NOTHING.sentence() == "nothing is dead"


def of_layers(
    *layers: Layer,
    given: TensorType = WHOLE,
    word: FixedType = WORD,
    function: ScoreFunction = ScoreFunction.SUM_OF_SQUARES,
) -> TriggerAlgorithm:
    """Give an algorithm that reads whole numbers from -16 to 15 as they are."""
    layout = numbered_inputs(layers[0].n_in, width=5, signed=True)
    n = layout.n_inputs
    scaling = Scaling(layout=layout, offsets=(0.0,) * n, shifts=(0,) * n, working=FixedType(8, 8), result=given)
    network = FrozenNetwork(n_inputs=n, input_type=given, layers=layers)
    return TriggerAlgorithm(name="by hand", scaling=scaling, network=network, score=Score(word, function))


def dense(
    name: str,
    weights: list[list[int]],
    bias: list[int],
    *,
    accumulator: FixedType = SUM,
    bias_type: FixedType = BIAS,
) -> Dense:
    return Dense(
        name=name, weights_raw=np.array(weights), weight_type=WEIGHT, bias_raw=np.array(bias),
        bias_type=bias_type, accumulator=accumulator,
    )  # fmt: skip


def relu(*types: FixedType, n: int = 2, function: ActivationFunction = RELU) -> Activation:
    return Activation(name="relu", function=function, n=n, result=TensorType(types))


@pytest.mark.parametrize("rounding", list(Rounding))
@pytest.mark.parametrize("weight", [5, -5])
def test_a_constant_goes_into_the_bias_as_the_accumulator_rounded_it(
    rounding: Rounding, weight: int, exactly_cast: ExactCast, events_for: Events
) -> None:
    accumulator = FixedType(12, 10, True, rounding)
    second = dense("second", [[7], [weight]], [-27], accumulator=accumulator)
    trigger = of_layers(dense("first", [[8, 0], [8, 0], [3, 0]], [1, 13]), relu(UNSIGNED), second)
    smaller, removed = without_dead(trigger)
    assert removed == Removed(inputs=(), neurons={"first": (1,)}, latents=())
    last = smaller.network.layers[-1]
    assert isinstance(last, Dense)
    product, bias = Fraction(13, 16) * Fraction(weight, 8), Fraction(-27, 16)
    expected = exactly_cast(product, accumulator) + exactly_cast(bias, accumulator)
    assert int(last.bias_raw[0]) * last.bias_type.lsb == expected * accumulator.lsb
    assert_the_rest_is_the_same(trigger, smaller, removed, events_for(trigger, 500))


@pytest.mark.parametrize(
    ("constant", "weight", "bias", "held"),
    [
        (16, 8, 20, "ap_fixed<8,4>"),  # 1 + 1.25
        (16, 12, 127, "ap_fixed<9,5>"),  # 1.5 + 7.9375
        (1, 1, 0, "ap_fixed<2,-5>"),  # 2^-7
        (16, -31, -128, "ap_fixed<9,5>"),  # -3.875 - 8
    ],
)
def test_a_bias_keeps_its_type_or_gets_the_narrowest_that_holds_it(
    constant: int, weight: int, bias: int, held: str
) -> None:
    second = dense("second", [[7], [weight]], [bias])
    first = dense("first", [[8, 0], [8, 0]], [1, constant])
    smaller, _ = without_dead(of_layers(first, relu(UNSIGNED), second))
    last = smaller.network.layers[-1]
    assert isinstance(last, Dense)
    assert str(last.bias_type) == held
    assert int(last.bias_raw[0]) * last.bias_type.lsb == Fraction(constant * weight, 128) + Fraction(bias, 16)


@pytest.mark.parametrize(
    ("weight", "bias", "function", "result", "constant"),
    [
        (1, -64, RELU, UNSIGNED, 0),  # never above -0.25
        (1, 127, LINEAR, FixedType(2, 2, False, Rounding.TRN, Overflow.SAT), 3),  # never below 4.1
        (1, 127, LINEAR, FixedType(2, 6), 0),  # always in the first step of 16
        (0, -100, LINEAR, FixedType(4, 3, False), 1.5),  # -6.5 + 8
        (0, 100, LINEAR, FixedType(4, 2, False, Rounding.TRN, Overflow.SAT_ZERO), 0),
        (9, 31, RELU, NO_BIT, 0),
    ],
)
def test_a_neuron_is_dead_whatever_keeps_it_constant(
    weight: int, bias: int, function: ActivationFunction, result: FixedType, constant: float, events_for: Events
) -> None:
    first = dense("first", [[8, weight], [8, weight]], [1, bias])
    trigger = of_layers(first, relu(UNSIGNED, result, function=function), dense("second", [[7], [5]], [3]))
    inputs_raw = events_for(trigger, 500)
    assert set(numbers(trigger, inputs_raw)["relu"][:, 1]) == {constant}
    smaller, removed = without_dead(trigger)
    assert removed.neurons == {"first": (1,)}
    assert_the_rest_is_the_same(trigger, smaller, removed, inputs_raw)


def test_a_negative_sum_that_wraps_to_positive_ones_is_alive(events_for: Events) -> None:
    wraps = FixedType(8, 5)
    first = dense("first", [[8, 10], [8, 10]], [1, -128], accumulator=wraps)
    trigger = of_layers(first, relu(UNSIGNED), dense("second", [[7], [5]], [3]))
    assert numbers(trigger, events_for(trigger, 500))["relu"][:, 1].any()
    assert without_dead(trigger) == (trigger, NOTHING)


@pytest.mark.parametrize(
    ("types", "gone"),
    [((UNSIGNED,), (1, 2)), ((NO_BIT, UNSIGNED, UNSIGNED), (0, 2)), ((NO_BIT,) * 3, ())],
)
def test_of_a_tensor_that_is_dead_as_a_whole_one_element_with_bits_stays(
    types: tuple[FixedType, ...], gone: tuple[int, ...], events_for: Events
) -> None:
    first = dense("first", [[8, 2, 3], [8, 4, 5]], [1, 2, 3])
    trigger = of_layers(first, relu(*types, n=3), dense("second", [[0]] * 3, [3]))
    smaller, removed = without_dead(trigger)
    assert removed.neurons == ({"first": gone} if gone else {})
    assert_the_rest_is_the_same(trigger, smaller, removed, events_for(trigger, 200))


def test_where_nothing_is_ever_scored_one_latent_one_neuron_and_one_input_stay(events_for: Events) -> None:
    first, second = dense("first", [[0, 0], [0, 0]], [0, 3]), dense("second", [[0, 0], [0, 0]], [0, 0])
    trigger = of_layers(first, relu(UNSIGNED), second)
    smaller, removed = without_dead(trigger)
    assert removed == Removed(inputs=("input_2_value",), neurons={"first": (1,)}, latents=(1,))
    assert_the_rest_is_the_same(trigger, smaller, removed, events_for(trigger, 200))


def test_a_latent_that_is_constant_but_not_zero_stays() -> None:
    trigger = of_layers(dense("dense", [[3, 0, 0], [5, 0, 0]], [1, 2, 0]))
    smaller, removed = without_dead(trigger)
    assert removed == Removed(inputs=(), neurons={}, latents=(2,))
    assert smaller.network.n_outputs == 2


def test_an_output_that_is_the_score_stays_even_when_it_is_always_zero() -> None:
    result = relu(FixedType(4, 4, False, Rounding.TRN, Overflow.SAT), n=1)
    trigger = of_layers(dense("dense", [[1], [1]], [-128]), result, function=ScoreFunction.OUTPUT)
    assert without_dead(trigger) == (trigger, NOTHING)


@pytest.mark.parametrize(
    ("given", "steps"),
    [((FixedType(5, 5), FixedType(8, 5), FixedType(5, 5)), (3, 0)), ((FixedType(3, 5),), (-2, 0))],
    ids=["the finest is dead", "all are coarser than whole numbers"],
)
def test_numbers_stay_where_the_finest_step_of_a_tensor_changes(
    given: tuple[FixedType, ...], steps: tuple[int, int], events_for: Events
) -> None:
    finer = FixedType(11, 4, signed=False)
    first = dense("first", [[8, 5], [0, 0], [6, 7]], [1, 2])
    trigger = of_layers(first, relu(UNSIGNED, finer), dense("second", [[7], [0]], [3]), given=TensorType(given))
    smaller, removed = without_dead(trigger)
    assert removed == Removed(inputs=("input_2_value",), neurons={"first": (1,)}, latents=())
    assert (trigger.scaling.result.fraction, smaller.scaling.result.fraction) == steps
    assert (trigger.network.types["relu"].fraction, smaller.network.types["relu"].fraction) == (7, 4)
    assert_the_rest_is_the_same(trigger, smaller, removed, events_for(trigger, 500))


def test_inputs_keep_their_bits_where_sums_would_become_wider_than_is_emulated() -> None:
    layer = dense("dense", [[3], [0]], [1], accumulator=FixedType(20, 37))
    trigger = of_layers(
        layer, given=TensorType.uniform(FixedType(50, 70)), word=FixedType(40, 80, signed=False)
    )
    assert without_dead(trigger) == (trigger, NOTHING)


def test_a_constant_stays_where_the_bias_would_become_wider_than_is_emulated() -> None:
    widest = FixedType(61, 51)
    first = dense("first", [[8, 0], [8, 0]], [1, 16])
    for bias, gone in ((2**59, {"first": (1,)}), (2**60 - 1, {})):
        second = dense("second", [[7], [5]], [bias], bias_type=widest)
        assert without_dead(of_layers(first, relu(UNSIGNED), second))[1].neurons == gone


def test_what_was_removed_is_said_in_a_sentence_and_laid_out_for_json() -> None:
    removed = Removed(inputs=("met_eta", "jet_1_phi"), neurons={"dense_1": tuple(range(9))}, latents=(2,))
    assert removed.sentence() == (
        "removed as dead: 2 of the inputs (met_eta, jet_1_phi); 9 of dense_1 (0, 1, 2, 3, 4, 5, ...); "
        "1 of the latents (2)"
    )
    document = {
        "inputs": ["met_eta", "jet_1_phi"],
        "neurons": {"dense_1": list(range(9))},
        "latents": [2],
        "sentence": removed.sentence(),
    }
    assert json.loads(json.dumps(removed.document())) == document
