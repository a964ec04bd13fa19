"""The fast engine equals the reference on every event, or declines."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from l1ad.core.errors import NotExactError
from l1ad.core.fixed import FixedType
from l1ad.core.layout import InputField, InputLayout
from l1ad.core.network import Activation, ActivationFunction, Dense, FrozenNetwork, Layer
from l1ad.core.scaling import Scaling
from l1ad.core.score import Score, ScoreFunction
from l1ad.core.tensor import TensorType
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.emulate.bounds import bounds
from l1ad.emulate.engine import emulate, trace
from l1ad.emulate.fast import fast_engine
from l1ad.emulate.proof import casts_each_product

Events = Callable[[int], NDArray[np.int16]]
Drawn = Callable[..., TriggerAlgorithm]
DrawnEvents = Callable[[int], NDArray[np.int64]]


@pytest.mark.parametrize("seed", range(150))
def test_any_algorithm_gets_the_same_scores_from_both_engines(
    seed: int, random_algorithm: Drawn, drawn_events: DrawnEvents
) -> None:
    trigger = random_algorithm(seed)
    engine = fast_engine(trigger)
    assert engine is not None
    inputs_raw = drawn_events(seed)
    np.testing.assert_array_equal(engine.scores(inputs_raw), trace(trigger, inputs_raw)["score"][:, 0])


@pytest.mark.parametrize("seed", range(20))
def test_wider_formats_move_to_double_precision_and_stay_exact(
    seed: int, random_algorithm: Drawn, drawn_events: DrawnEvents
) -> None:
    trigger = random_algorithm(seed, weight_bits=14, wide=6)
    engine = fast_engine(trigger)
    assert engine is not None
    assert engine.dtype == "float64"
    inputs_raw = drawn_events(seed)
    np.testing.assert_array_equal(engine.scores(inputs_raw), trace(trigger, inputs_raw)["score"][:, 0])


def test_an_algorithm_beyond_double_precision_is_declined(random_algorithm: Drawn) -> None:
    trigger = random_algorithm(1, weight_bits=24, wide=20)
    assert fast_engine(trigger) is None


def test_the_usual_formats_are_proven_for_single_precision(trigger: TriggerAlgorithm, events: Events) -> None:
    engine = fast_engine(trigger)
    assert engine is not None
    assert engine.dtype == "float32"
    inputs_raw = events(5000)
    np.testing.assert_array_equal(engine.scores(inputs_raw), trace(trigger, inputs_raw)["score"][:, 0])


@pytest.mark.parametrize("seed", range(120))
def test_images_and_types_of_each_element_get_the_same_scores_from_both_engines(
    seed: int, random_image_algorithm: Drawn, drawn_images: DrawnEvents
) -> None:
    trigger = random_image_algorithm(seed)
    engine = fast_engine(trigger)
    assert engine is not None
    inputs_raw = drawn_images(seed)
    np.testing.assert_array_equal(engine.scores(inputs_raw), trace(trigger, inputs_raw)["score"][:, 0])


@pytest.mark.parametrize("seed", range(6))
def test_an_algorithm_that_casts_each_product_is_left_to_the_reference(
    seed: int, random_image_algorithm: Drawn, drawn_images: DrawnEvents
) -> None:
    trigger = random_image_algorithm(seed, drops=True)
    drops = casts_each_product(trigger.network)
    assert (fast_engine(trigger) is None) == drops
    inputs_raw = drawn_images(seed)
    np.testing.assert_array_equal(
        emulate(trigger, inputs_raw).score_raw, trace(trigger, inputs_raw)["score"][:, 0]
    )


@pytest.mark.parametrize("seed", range(30))
def test_no_tensor_of_an_image_network_ever_leaves_its_bounds(
    seed: int, random_image_algorithm: Drawn, drawn_images: DrawnEvents
) -> None:
    trigger = random_image_algorithm(seed, drops=bool(seed % 2))
    known, traced = bounds(trigger), trace(trigger, drawn_images(seed))
    for name in ["scaled_inputs", *(layer.name for layer in trigger.network.layers)]:
        assert np.all(known[name].low <= traced[name].min(axis=0)), name
        assert np.all(traced[name].max(axis=0) <= known[name].high), name


@pytest.mark.parametrize("seed", range(30))
def test_no_tensor_ever_leaves_its_bounds(
    seed: int, random_algorithm: Drawn, drawn_events: DrawnEvents
) -> None:
    trigger = random_algorithm(seed)
    known, traced = bounds(trigger), trace(trigger, drawn_events(seed))
    for name in ["scaled_inputs", *(layer.name for layer in trigger.network.layers)]:
        assert np.all(known[name].low <= traced[name].min(axis=0)), name
        assert np.all(traced[name].max(axis=0) <= known[name].high), name


def test_progress_ends_at_the_number_of_events(trigger: TriggerAlgorithm, events: Events) -> None:
    engine = fast_engine(trigger)
    assert engine is not None
    told: list[tuple[int, int]] = []
    engine.scores(events(9000), progress=lambda done, total, _note: told.append((done, total)))
    assert told[-1] == (9000, 9000)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def small(inputs: tuple[int, int], input_type: str, casts: list[str], score: str) -> TriggerAlgorithm:
    """Make an algorithm of one input whose casts take integers to places that sums alone never reach."""
    field = InputField(
        object_type="x", slot=0, quantity="v", lsb=1.0, unit="1", raw_min=inputs[0], raw_max=inputs[1]
    )
    scaling = Scaling(
        layout=InputLayout(name="one", fields=(field,)), offsets=(0.0,), shifts=(0,), working=FixedType(30, 30),
        result=TensorType.from_spelling(input_type),
    )  # fmt: skip
    layers: list[Layer] = [
        Activation(
            name=f"cast_{number}",
            function=ActivationFunction.LINEAR,
            n=1,
            result=TensorType.from_spelling(text),
        )
        for number, text in enumerate(casts)
    ]
    network = FrozenNetwork(n_inputs=1, input_type=scaling.result, layers=tuple(layers))
    word = Score(FixedType.from_cpp(score), ScoreFunction.OUTPUT)
    return TriggerAlgorithm(name="small", scaling=scaling, network=network, score=word)


@pytest.mark.parametrize(
    ("inputs", "input_type", "casts", "score"),
    [
        ((-1, 0), "ap_ufixed<31,31>", ["ap_ufixed<8,16>"], "ap_ufixed<18,18>"),
        ((0, 1023), "ap_ufixed<32,8,AP_TRN,AP_SAT>", ["ap_ufixed<8,8>"], "ap_ufixed<18,18>"),
        ((0, 1023), "ap_ufixed<10,10>", ["ap_ufixed<10,10>"], "ap_ufixed<30,10,AP_TRN,AP_SAT>"),
        ((-5, 5), "ap_ufixed<8,170>", ["ap_ufixed<8,170>"], "ap_ufixed<18,180,AP_TRN,AP_SAT>"),
        ((-4000, 4000), "ap_fixed<14,14>", ["ap_fixed<20,4>", "ap_ufixed<9,2>"], "ap_ufixed<24,8>"),
        (
            (-4000, 4000),
            "ap_fixed<14,14>",
            ["ap_fixed<26,2,AP_RND,AP_SAT_ZERO>"],
            "ap_ufixed<26,2,AP_RND,AP_SAT>",
        ),
    ],
)
def test_integers_that_only_a_cast_reaches_are_in_the_proof(
    inputs: tuple[int, int], input_type: str, casts: list[str], score: str
) -> None:
    trigger = small(inputs, input_type, casts, score)
    inputs_raw = np.arange(inputs[0], inputs[1] + 1)[:, None]
    expected = trace(trigger, inputs_raw)["score"][:, 0]
    np.testing.assert_array_equal(emulate(trigger, inputs_raw).score_raw, expected)


def test_sums_at_the_edge_of_what_is_emulated_are_bounded() -> None:
    """An unsigned type of 62 bits holds integers that a signed one of 62 bits does not."""
    trigger = small((0, 1), "ap_ufixed<2,2>", ["ap_ufixed<2,2>"], "ap_ufixed<62,62,AP_TRN,AP_SAT>")
    dense = Dense(
        name="dense", weights_raw=np.array([[2**30 - 1]]), weight_type=FixedType(31, 31),
        bias_raw=np.array([2**61 - 1]), bias_type=FixedType(62, 62),
        accumulator=FixedType(62, 62, signed=False),
    )  # fmt: skip
    with pytest.raises(NotExactError, match="need more than 62 bits"):
        FrozenNetwork(n_inputs=1, input_type=trigger.scaling.result, layers=(dense,))
    narrow = replace(dense, bias_raw=np.array([2**60 - 1]), bias_type=FixedType(61, 61))
    network = FrozenNetwork(n_inputs=1, input_type=trigger.scaling.result, layers=(narrow,))
    word = Score(FixedType.from_cpp("ap_ufixed<62,62,AP_TRN,AP_SAT>"), ScoreFunction.OUTPUT)
    trigger = replace(trigger, network=network, score=word)
    traced, known = trace(trigger, np.array([[0], [1]]))["dense"], bounds(trigger)["dense"]
    assert known.low[0] == traced.min()
    assert known.high[0] >= traced.max() > 2**60
