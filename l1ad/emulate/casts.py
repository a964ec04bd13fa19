"""Every cast of an algorithm, with the values just before it: what overflow is about."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l1ad.core.fixed import FixedType
from l1ad.core.integer import shift_raw
from l1ad.core.network import ActivationFunction, Dense
from l1ad.core.scaling import Scaling
from l1ad.core.tensor import TensorType
from l1ad.core.trace import SCALED_INPUTS, SCORE
from l1ad.core.trigger import TriggerAlgorithm

__all__ = ["Cast", "casts", "values_before_casts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """A place where values are brought into a number format.

    Attributes:
        tensor: Name of the tensor that results.
        n_elements: Its elements.
        fraction: Fraction bits of the values before.
        result: Number format(s) after.
    """

    tensor: str
    n_elements: int
    fraction: int
    result: TensorType

    def type_of(self, element: int) -> FixedType:
        """Give the number format of an element."""
        return self.result.of_each(self.n_elements)[element]


def casts(trigger: TriggerAlgorithm) -> list[Cast]:
    """List the casts in the order of the data flow: input, accumulators, activations, score."""
    scaling, network = trigger.scaling, trigger.network
    found = [
        Cast(tensor=SCALED_INPUTS, n_elements=trigger.layout.n_inputs, fraction=scaling.working.fraction,
             result=scaling.result)
    ]  # fmt: skip
    given = scaling.result
    for layer in network.layers:
        fraction = layer.accumulator.fraction if isinstance(layer, Dense) else given.fraction
        found.append(
            Cast(tensor=layer.name, n_elements=layer.n_out, fraction=fraction, result=layer.output_type())
        )
        given = layer.output_type()
    score = TensorType.uniform(trigger.score.result)
    return [*found, Cast(tensor=SCORE, n_elements=1, fraction=2 * given.fraction, result=score)]


def values_before_casts(
    trigger: TriggerAlgorithm, inputs_raw: NDArray[np.integer]
) -> dict[str, NDArray[np.int64]]:
    """Compute what each cast is given, as raw integers with the cast's `fraction`, shape (n_events, n)."""
    before = {SCALED_INPUTS: _shifted(trigger.scaling, inputs_raw)}
    current, given = trigger.scaling.apply(inputs_raw), trigger.scaling.result
    for layer in trigger.network.layers:
        if isinstance(layer, Dense):
            fraction = layer.accumulator.fraction
            align = fraction - given.fraction - layer.weight_type.fraction
            bias = layer.bias_raw << (fraction - layer.bias_type.fraction)
            before[layer.name] = (current @ layer.weights_raw << align) + bias
        else:
            relu = layer.function is ActivationFunction.RELU
            before[layer.name] = np.maximum(current, 0) if relu else current
        current = layer.apply(current, given)
        given = layer.output_type()
    before[SCORE] = np.einsum("ij,ij->i", current, current)[:, None]
    return before


def _shifted(scaling: Scaling, inputs_raw: NDArray[np.integer]) -> NDArray[np.int64]:
    difference = (inputs_raw.astype(np.int64) << scaling.working.fraction) - scaling.offsets_raw
    columns = [shift_raw(difference[:, i], shift) for i, shift in enumerate(scaling.shifts)]
    return np.stack(columns, axis=1)
