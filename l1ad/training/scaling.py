"""Choosing the input scaling from the background: whole offsets and power-of-two shifts."""

import math

import numpy as np
from numpy.typing import NDArray

from l1ad.core.fixed import FixedType
from l1ad.core.layout import InputField
from l1ad.core.scaling import Scaling, lossless_working_type
from l1ad.core.tensor import TensorType
from l1ad.data.events import EventBatch

__all__ = ["chosen_scaling"]


def chosen_scaling(background: EventBatch, input_type: FixedType) -> Scaling:
    """Bring each quantity of each object type to a width near one.

    All slots of an object type share offset and shift, so that a rare fourth muon is scaled as the
    first. Only present objects count. The offset is half a turn for φ, which counts from 0 to 2π, and
    zero for η, which is symmetric, and for pT, so that an absent object stays the smallest. The shift is
    the power of two nearest to the width (standard deviation) seen in the background. The working type
    is wide enough that no bit is lost before the cast to `input_type`.
    """
    layout = background.layout
    present = layout.present(background.inputs_raw)
    offsets, shifts = [0.0] * layout.n_inputs, [0] * layout.n_inputs
    kinds = {(field.object_type, field.quantity) for field in layout.fields}
    for kind in sorted(kinds):
        columns = [i for i, f in enumerate(layout.fields) if (f.object_type, f.quantity) == kind]
        values = background.inputs_raw[:, columns][present[:, columns]]
        field = layout.fields[columns[0]]
        offset = float((field.raw_max + 1) // 2) if field.quantity == "phi" else 0.0
        shift = _shift(values, field)
        for column in columns:
            offsets[column], shifts[column] = offset, shift
    return Scaling(
        layout=layout,
        offsets=tuple(offsets),
        shifts=tuple(shifts),
        working=lossless_working_type(layout, offsets, shifts),
        result=TensorType.uniform(input_type),
    )


def _shift(values: NDArray[np.int16], field: InputField) -> int:
    width = float(values.std()) if values.size > 1 else 0.0
    if width == 0.0:  # nothing to learn from: take the width of a flat spectrum over the whole range
        width = (field.raw_max - field.raw_min) / math.sqrt(12)
    return round(math.log2(width)) if width > 0 else 0
