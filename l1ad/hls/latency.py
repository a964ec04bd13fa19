"""A latency estimate before any synthesis: how many adders lie between input and accept bit."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l1ad.core.network import Activation, Pooling2D, Reshape, Weighted
from l1ad.core.score import ScoreFunction
from l1ad.core.tensor import TensorType
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.core.units import Clock

__all__ = ["LatencyEstimate", "adder_levels", "estimated_latency"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyEstimate:
    """An estimate, not a measurement and not a synthesis report.

    Attributes:
        adder_levels: Adders in a row on the longest path.
        level_ns: Assumed delay of one adder with its routing.
        latency_ns: Their product.
        latency_cycles: Whole clock cycles that hold it.
        clock_mhz: The clock.
    """

    adder_levels: int
    level_ns: float
    latency_ns: float
    latency_cycles: int
    clock_mhz: float


def estimated_latency(trigger: TriggerAlgorithm, clock: Clock, *, level_ns: float) -> LatencyEstimate:
    """Estimate the latency by counting adder levels, each taking the same time whatever its width."""
    levels = sum(adder_levels(trigger).values())
    latency_ns = levels * level_ns
    return LatencyEstimate(
        adder_levels=levels,
        level_ns=level_ns,
        latency_ns=latency_ns,
        latency_cycles=math.ceil(latency_ns / clock.period_ns),
        clock_mhz=clock.mhz,
    )


def adder_levels(trigger: TriggerAlgorithm) -> dict[str, int]:
    """Count the adders in a row of each stage.

    Scaling: one to subtract, one to round. Dense layer or convolution: a tree over the signed digits of
    the weights of its busiest output (a product with a constant is a sum of shifted inputs). Pooling: a
    tree over the window, of comparisons or adders. Activation: one to round. Score: the partial products
    of a square, a tree over the squares; of the output itself, one to round. Threshold: one comparison.
    """
    levels = {"scaling": int(any(trigger.scaling.offsets)) + 1}
    for layer, given in trigger.network.given():
        if not isinstance(layer, Reshape):
            levels[layer.name] = _levels(layer, given)
    if trigger.score.function is ScoreFunction.OUTPUT:
        levels["score"] = 1
    else:
        mean_bits = max(one.width for one in trigger.network.output_type.types)
        levels["score"] = _tree_depth(mean_bits) + _tree_depth(trigger.network.n_outputs)
    levels["threshold"] = 1
    return levels


def _levels(layer: Weighted | Pooling2D | Activation, given: TensorType) -> int:
    if isinstance(layer, Activation):
        return 1
    if isinstance(layer, Pooling2D):
        return _tree_depth(layer.window_indices().shape[1])
    return _tree_depth(_terms_of_busiest(layer, given))


def _terms_of_busiest(layer: Weighted, given: TensorType) -> int:
    """Count the terms of the longest sum. Inputs that are always zero and padding add none."""
    used = np.array([[one.width > 0 for one in given.of_each(layer.n_in)]], dtype=np.int64)
    digits = _signed_digits(layer.weights_raw).reshape(-1, len(layer.bias_raw))
    terms = layer.terms(used) @ digits + (layer.bias_raw != 0)
    return int(terms.max(initial=1))


def _tree_depth(terms: int) -> int:
    return math.ceil(math.log2(max(1, terms)))


def _signed_digits(weights_raw: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count the non-zero digits of each weight in canonical signed-digit form.

    Their number is the number of ones of 3w XOR w (Reitwiesner, Advances in Computers 1 (1960) 231).
    """
    magnitude = np.abs(weights_raw)
    changed = (3 * magnitude) ^ magnitude
    count = np.vectorize(lambda bits: int(bits).bit_count(), otypes=[np.int64])
    return np.asarray(count(changed))
