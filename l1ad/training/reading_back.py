"""From what the network is shown back to hardware integers, inside a compiled step."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.training.inputs import InputMap

__all__ = ["hardware_steps"]


def hardware_steps(shown: Any, inputs: InputMap, columns: NDArray[np.integer]) -> Any:
    """Read the hardware integers that some of the inputs stand for, as float32.

    Without a cast they are the integers that were shown. A cast leaves one of the integers that look the same:
    the one nearest to its step, or the end of the range that it saturates at. Exact up to 24 bits.

    Args:
        shown: What is shown of those inputs, shape (n_events, n_columns).
        inputs: How it is shown.
        columns: Which inputs, shape (n_columns,).
    """
    from keras import ops

    low, high = (end[columns].astype(np.float32) for end in (inputs.layout.raw_min, inputs.layout.raw_max))
    scale, offset = inputs.scale[columns].astype(np.float32), inputs.offset[columns].astype(np.float32)
    return ops.clip(ops.round(shown / scale + offset), low, high)
