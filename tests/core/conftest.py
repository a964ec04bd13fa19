"""What the core tests share: casts by exact arithmetic, and one small algorithm."""

import math
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from l1ad.core.fixed import FixedType, Overflow, Rounding
from l1ad.core.layouts import ugt_57
from l1ad.core.network import Activation, ActivationFunction, Dense, FrozenNetwork, exact_accumulator
from l1ad.core.scaling import Scaling
from l1ad.core.score import Score
from l1ad.core.tensor import TensorType
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.core.trigger_file import save_trigger


def _rounded(scaled: Fraction, rounding: Rounding) -> int:
    """Round to a whole number by the definition of each mode in UG1399."""
    below = math.floor(scaled)
    above = below + 1
    if scaled == below or rounding is Rounding.TRN:
        return below
    if rounding is Rounding.TRN_ZERO:
        return math.trunc(scaled)
    if scaled - below != above - scaled:
        return min(below, above, key=lambda whole: abs(scaled - whole))
    return {
        Rounding.RND: above,
        Rounding.RND_MIN_INF: below,
        Rounding.RND_ZERO: min(below, above, key=abs),
        Rounding.RND_INF: max(below, above, key=abs),
        Rounding.RND_CONV: below if below % 2 == 0 else above,
    }[rounding]


def _cast(value: Fraction, to: FixedType) -> int:
    """Cast a real number to a raw integer by the definition of each overflow mode in UG1399."""
    rounded = _rounded(value * Fraction(2) ** (to.width - to.integer), to.rounding)
    values = 1 << to.width
    highest = (values // 2 if to.signed else values) - 1
    lowest = -highest - 1 if to.signed else 0
    # One signed bit holds -1 and 0 and no symmetric range; the ap_types headers saturate it as AP_SAT.
    if to.overflow is Overflow.SAT_SYM and to.signed and to.width > 1:
        lowest = -highest
    if lowest <= rounded <= highest:
        return rounded
    if to.overflow is Overflow.SAT_ZERO:
        return 0
    if to.overflow is Overflow.WRAP:
        residue = rounded % values
        return residue - values if residue > highest else residue
    return highest if rounded > highest else lowest


@pytest.fixture(scope="session")
def exactly_cast() -> Callable[[Fraction, FixedType], int]:
    """Give the oracle of every cast: a real number in, the raw integer out, in exact arithmetic."""
    return _cast


def _dense(rng: np.random.Generator, name: str, n_in: int, n_out: int, given: TensorType) -> Dense:
    weight_type, bias_type = FixedType.from_cpp("ap_fixed<6,2>"), FixedType.from_cpp("ap_fixed<8,4>")
    weights_raw = rng.integers(-9, 10, size=(n_in, n_out))
    bias_raw = rng.integers(-40, 41, size=n_out)
    accumulator = exact_accumulator(
        given=given,
        weights_raw=weights_raw,
        weight_type=weight_type,
        bias_raw=bias_raw,
        bias_type=bias_type,
    )
    return Dense(
        name=name,
        weights_raw=weights_raw,
        weight_type=weight_type,
        bias_raw=bias_raw,
        bias_type=bias_type,
        accumulator=accumulator,
    )


def _activation(name: str, function: ActivationFunction, n: int, cpp: str) -> Activation:
    return Activation(name=name, function=function, n=n, result=TensorType.uniform(FixedType.from_cpp(cpp)))


@pytest.fixture(scope="session")
def small_trigger() -> TriggerAlgorithm:
    """Give a 57-8-3 encoder with random small weights on `ugt_57`, with two thresholds."""
    rng = np.random.default_rng(2026)
    layout = ugt_57()
    of_quantity = {"pt": (20.5, 6), "eta": (0.0, 3), "phi": (72.0, 2)}
    offsets, shifts = zip(*(of_quantity[field.quantity] for field in layout.fields), strict=True)
    scaling = Scaling(
        layout=layout,
        offsets=offsets,
        shifts=shifts,
        working=FixedType.from_cpp("ap_fixed<18,13>"),
        result=TensorType.uniform(FixedType.from_cpp("ap_fixed<8,6,AP_RND_CONV,AP_SAT>")),
    )
    hidden = _activation("relu_1", ActivationFunction.RELU, 8, "ap_ufixed<8,5,AP_RND_CONV,AP_SAT>")
    layers = (
        _dense(rng, "dense_1", 57, 8, scaling.result),
        hidden,
        _dense(rng, "dense_mean", 8, 3, hidden.result),
        _activation("mean", ActivationFunction.LINEAR, 3, "ap_fixed<9,5,AP_RND_CONV,AP_SAT>"),
    )
    return TriggerAlgorithm(
        name="small",
        scaling=scaling,
        network=FrozenNetwork(n_inputs=57, input_type=scaling.result, layers=layers),
        score=Score(FixedType.from_cpp("ap_ufixed<18,14>")),
        thresholds={"tight": 4000, "loose": 800},
        provenance={"data": "none", "seed": 2026},
    )


@pytest.fixture
def saved(small_trigger: TriggerAlgorithm, tmp_path: Path) -> Path:
    """Give the path of a fresh `trigger.json` of the small algorithm, alone in its folder."""
    path = tmp_path / "trigger.json"
    save_trigger(small_trigger, path)
    return path
