"""What φ and η can be: bounds of the decoder's outputs."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.core.layout import FEATURE, InputField
from l1ad.training.inputs import InputMap

__all__ = ["bounded", "output_ranges"]

_ETA = {"eg": 3.0, "tau": 3.0, "mu": 2.1}
_ANY_ETA = 4.0
"""Largest |η| of each kind of object, and of any other."""


def output_ranges(inputs: InputMap) -> NDArray[np.float32]:
    """Give the half-width of what each input can be, as it is shown, shape (n_inputs,).

    Govorkova et al., arXiv:2108.03986, section 3: |η| up to 3 for e/γ (here τ too), 2.1 for muons and 4 for
    jets and all else, whatever the trigger's words could hold; φ half a turn. Infinite where nothing is known,
    as for pT and for the columns of tables. Outputs are centred on 0, where η is 0 and both input maps show the
    middle of φ; a φ that is shown off its middle gets the width that reaches its farther end.
    """
    return np.array([_half_width(inputs, column) for column in range(inputs.layout.n_inputs)], np.float32)


def bounded(outputs: Any, ranges: NDArray[np.float32]) -> Any:
    """Bend the decoder's outputs into their ranges with tanh; those without one stay as they are.

    Args:
        outputs: The decoder's outputs, shape (n_events, n_inputs).
        ranges: Half-widths, shape (n_inputs,); infinite where there is none.
    """
    from keras import ops

    finite = np.isfinite(ranges)
    # No infinity enters the product: 0 times it would make the gradient of the other branch NaN.
    widths = np.where(finite, ranges, 1.0).astype(np.float32)
    return ops.where(finite, widths * ops.tanh(outputs), outputs)


def _half_width(inputs: InputMap, column: int) -> float:
    field: InputField = inputs.layout.fields[column]
    scale, offset = float(inputs.scale[column]), float(inputs.offset[column])
    if field.object_type == FEATURE:
        return float("inf")
    if field.quantity == "eta":
        return _ETA.get(field.object_type, _ANY_ETA) / field.lsb * scale
    if field.quantity == "phi":
        return max(offset - field.raw_min, field.raw_max + 1 - offset) * scale
    return float("inf")
