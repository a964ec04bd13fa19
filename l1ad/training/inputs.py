"""What the network is shown: hardware integers, scaled as in the firmware or standardised."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l1ad.core.fixed import FixedType
from l1ad.core.integer import requantize
from l1ad.core.layout import InputLayout
from l1ad.core.scaling import Scaling

__all__ = ["Float", "InputMap", "hardware_inputs", "standardised_inputs"]

Float = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class InputMap:
    """`(raw - offset) * scale`, then a cast where the firmware has one.

    Attributes:
        layout: What the inputs are.
        offset: In hardware steps, shape (n_inputs,).
        scale: Value of one hardware step, shape (n_inputs,).
        grid: Number format of the cast; None where values are kept as they are.
        zero_absent: Whether absent objects are shown as zeros whatever the offset.
    """

    layout: InputLayout
    offset: NDArray[np.float64]
    scale: NDArray[np.float64]
    grid: FixedType | None
    zero_absent: bool = False

    @property
    def absent(self) -> Float:
        """What is shown where an object is absent, shape (n_inputs,)."""
        return np.asarray(self.shown(np.zeros((1, self.layout.n_inputs), np.int64))[0], dtype=np.float32)

    def shown(self, inputs_raw: NDArray[np.integer]) -> Float:
        """Give what the network sees of hardware integers of shape (n_events, n_inputs), same shape."""
        values = (inputs_raw - self.offset) * self.scale
        if self.zero_absent:
            values = values * self.layout.present(inputs_raw)
        if self.grid is None:
            return values.astype(np.float32)
        # Offsets are whole and scales powers of two, so the values are exact: one cast, as in the firmware.
        fraction = max(self.grid.fraction, _fraction_of(self.scale))
        raw = np.rint(values * 2.0**fraction).astype(np.int64)
        cast = requantize(raw, fraction=fraction, to=self.grid)
        return np.asarray(cast * 2.0**-self.grid.fraction, dtype=np.float32)


def hardware_inputs(scaling: Scaling, grid: FixedType | None) -> InputMap:
    """Show what the firmware computes; without `grid` what it has before the cast."""
    return InputMap(
        layout=scaling.layout,
        offset=np.array(scaling.offsets, dtype=np.float64),
        scale=2.0 ** -np.array(scaling.shifts, dtype=np.float64),
        grid=grid,
    )


def standardised_inputs(layout: InputLayout, background_raw: NDArray[np.integer]) -> InputMap:
    """Show pT over its standard deviation where present, per slot, η as it is and φ from −π to π.

    Absent objects are zeros, as in the recipe of Govorkova et al., arXiv:2108.03986, section 3.
    """
    present = layout.present(background_raw)
    offset, scale = np.zeros(layout.n_inputs), np.ones(layout.n_inputs)
    for column, field in enumerate(layout.fields):
        values = background_raw[:, column][present[:, column]] * field.lsb
        if field.quantity == "phi":
            offset[column] = (field.raw_max + 1) / 2
        width = float(values.std()) if field.quantity in ("pt", "et") and len(values) > 1 else 1.0
        scale[column] = field.lsb / (width or 1.0)
    return InputMap(layout=layout, offset=offset, scale=scale, grid=None, zero_absent=True)


def _fraction_of(scale: NDArray[np.float64]) -> int:
    return int(max(0.0, -np.log2(scale).min()))
