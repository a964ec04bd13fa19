"""What two implementations are compared by: the raw integers of every tensor, under common names."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["RESERVED_NAMES", "SCALED_INPUTS", "SCORE", "Trace", "accept_name"]

Trace = dict[str, NDArray[np.int64]]
"""Tensor name -> raw integers of shape (n_events, n_elements), in the order of the data flow."""

SCALED_INPUTS = "scaled_inputs"
SCORE = "score"
RESERVED_NAMES = frozenset({SCALED_INPUTS, SCORE, "scaled", "input"})
"""Names that no layer can have: those of other tensors, and two that the C++ keeps for itself."""


def accept_name(threshold: str) -> str:
    """Name the accept bit of a threshold."""
    return f"accept:{threshold}"
