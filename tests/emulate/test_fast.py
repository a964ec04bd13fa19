"""The fast engine equals the reference on every event, or declines."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from l1ad.core.fixed import FixedType, Overflow, Rounding
from l1ad.core.layout import ugt_57
from l1ad.core.network import Activation, ActivationFunction, Dense, FrozenNetwork, Layer, exact_accumulator
from l1ad.core.scaling import Scaling
from l1ad.core.score import Score
from l1ad.core.tensor import TensorType
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.emulate.bounds import bounds
from l1ad.emulate.compare import crafted_extremes
from l1ad.emulate.engine import trace
from l1ad.emulate.fast import fast_engine

Events = Callable[[int], NDArray[np.int16]]
LAYOUT = ugt_57()


def random_algorithm(seed: int, *, weight_bits: int = 6, wide: int = 0) -> TriggerAlgorithm:
    """Draw an algorithm: shape, weights, every number format, rounding and overflow."""
    rng = np.random.default_rng(seed)

    def drawn(width: int, integer: int, *, signed: bool = True) -> FixedType:
        rounding, overflow = rng.choice(list(Rounding)), rng.choice(list(Overflow))
        return FixedType(width + wide, integer, signed, Rounding(rounding), Overflow(overflow))

    fraction = int(rng.integers(0, 7))
    scaling = Scaling(
        layout=LAYOUT,
        offsets=tuple(float(x) for x in rng.integers(-30, 30, 57)),
        shifts=tuple(int(x) for x in rng.integers(-1, 7, 57)),
        working=FixedType(15 + fraction, 15),
        result=TensorType.uniform(drawn(8, int(rng.integers(2, 7)))),
    )
    layers: list[Layer] = []
    given, n_in = scaling.result, 57
    for number, n_out in enumerate(rng.integers(2, 12, int(rng.integers(1, 4))), start=1):
        limit = 2 ** (weight_bits - 1)
        weights = rng.integers(-limit, limit, (n_in, n_out)) * (rng.random((n_in, n_out)) < 0.5)
        bias = rng.integers(-120, 120, n_out)
        weight_type, bias_type = FixedType(weight_bits, 1), FixedType(8, int(rng.integers(1, 5)))
        exact = exact_accumulator(
            given=given, weights_raw=weights, weight_type=weight_type, bias_raw=bias, bias_type=bias_type
        )
        dropped = int(rng.choice([0, 0, 3]))  # sometimes too narrow, so that it wraps
        accumulator = FixedType(exact.width - dropped, exact.integer - dropped)
        layers.append(
            Dense(
                name=f"dense_{number}", weights_raw=weights, weight_type=weight_type,
                bias_raw=bias, bias_type=bias_type, accumulator=accumulator,
            )
        )  # fmt: skip
        function = ActivationFunction(rng.choice(list(ActivationFunction)))
        given = TensorType.uniform(drawn(7, int(rng.integers(1, 7)), signed=bool(rng.integers(2))))
        layers.append(Activation(name=f"cast_{number}", function=function, n=int(n_out), result=given))
        n_in = int(n_out)
    network = FrozenNetwork(n_inputs=57, input_type=scaling.result, layers=tuple(layers))
    score = Score(drawn(int(rng.integers(8, 20)), 9, signed=False))
    return TriggerAlgorithm(name="drawn", scaling=scaling, network=network, score=score)


def drawn_events(seed: int) -> NDArray[np.int64]:
    drawn = np.random.default_rng(seed).integers(LAYOUT.raw_min, LAYOUT.raw_max + 1, (3000, 57))
    return np.concatenate([crafted_extremes(LAYOUT), drawn])


@pytest.mark.parametrize("seed", range(150))
def test_any_algorithm_gets_the_same_scores_from_both_engines(seed: int) -> None:
    trigger = random_algorithm(seed)
    engine = fast_engine(trigger)
    assert engine is not None
    inputs_raw = drawn_events(seed)
    np.testing.assert_array_equal(engine.scores(inputs_raw), trace(trigger, inputs_raw)["score"][:, 0])


@pytest.mark.parametrize("seed", range(20))
def test_wider_formats_move_to_double_precision_and_stay_exact(seed: int) -> None:
    trigger = random_algorithm(seed, weight_bits=14, wide=6)
    engine = fast_engine(trigger)
    assert engine is not None
    assert engine.dtype == "float64"
    inputs_raw = drawn_events(seed)
    np.testing.assert_array_equal(engine.scores(inputs_raw), trace(trigger, inputs_raw)["score"][:, 0])


def test_an_algorithm_beyond_double_precision_is_declined() -> None:
    trigger = random_algorithm(1, weight_bits=24, wide=20)
    assert fast_engine(trigger) is None


def test_the_usual_formats_are_proven_for_single_precision(trigger: TriggerAlgorithm, events: Events) -> None:
    engine = fast_engine(trigger)
    assert engine is not None
    assert engine.dtype == "float32"
    inputs_raw = events(5000)
    np.testing.assert_array_equal(engine.scores(inputs_raw), trace(trigger, inputs_raw)["score"][:, 0])


@pytest.mark.parametrize("seed", range(30))
def test_no_tensor_ever_leaves_its_bounds(seed: int) -> None:
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
