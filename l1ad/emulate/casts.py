"""Every tensor of an algorithm with the values just before its cast: what overflow is about."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l1ad.core.fixed import FixedType
from l1ad.core.network import Activation, ActivationFunction, Conv2D, Dense
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

    def types(self) -> tuple[FixedType, ...]:
        """Give the number format of every element."""
        return self.result.of_each(self.n_elements)


def casts(trigger: TriggerAlgorithm) -> list[Cast]:
    """List the tensors in the order of the data flow: input, layers, score.

    Pooling and a change of shape cast nothing: their values before are those after.
    """
    scaling = trigger.scaling
    found = [
        Cast(tensor=SCALED_INPUTS, n_elements=trigger.layout.n_inputs, fraction=scaling.working.fraction,
             result=scaling.result)
    ]  # fmt: skip
    for layer, given in trigger.network.given():
        result = layer.output_type(given)
        fraction = given.fraction if isinstance(layer, Activation) else result.fraction
        found.append(Cast(tensor=layer.name, n_elements=layer.n_out, fraction=fraction, result=result))
    score = TensorType.uniform(trigger.score.result)
    fraction = trigger.score.fraction(trigger.network.output_type)
    return [*found, Cast(tensor=SCORE, n_elements=1, fraction=fraction, result=score)]


def values_before_casts(
    trigger: TriggerAlgorithm, inputs_raw: NDArray[np.integer]
) -> dict[str, NDArray[np.int64]]:
    """Compute what each cast is given, as raw integers with the cast's `fraction`, shape (n_events, n)."""
    before = {SCALED_INPUTS: trigger.scaling.shifted(inputs_raw)}
    current = trigger.scaling.apply(inputs_raw)
    for layer, given in trigger.network.given():
        after = layer.apply(current, given)
        if isinstance(layer, Dense | Conv2D):
            total = layer.sum.of(layer.terms(current), given.fraction)
            before[layer.name] = total.reshape(len(current), -1)
        elif isinstance(layer, Activation):
            relu = layer.function is ActivationFunction.RELU
            before[layer.name] = np.maximum(current, 0) if relu else current
        else:
            before[layer.name] = after
        current = after
    before[SCORE] = trigger.score.total(current)[:, None]
    return before
