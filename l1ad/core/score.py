"""How the encoder mean becomes the anomaly score."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import NotExactError
from l1ad.core.fixed import FixedType
from l1ad.core.integer import INT64_SAFE_BITS, requantize
from l1ad.core.tensor import TensorType

__all__ = ["Score"]


@dataclass(frozen=True, slots=True)
class Score:
    """Sum of squares of the encoder mean, Σµ², cast to the score word.

    Dropping the variance head and the decoder leaves Σµ² of the KL term (Govorkova et al.,
    arXiv:2108.03986, section 4). The squares and their sum are exact; only the cast to `result` rounds.

    Attributes:
        result: Number format of the score word, e.g. `ap_ufixed<18,14>` in the µGT.
    """

    result: FixedType

    def exact_sum_type(self, mean_type: TensorType, n_outputs: int) -> FixedType:
        """Find the narrowest unsigned type that holds every sum of squares.

        Raises:
            NotExactError: If the sum needs more bits than are emulated.
        """
        low, high = mean_type.raw_bounds(n_outputs)
        largest = sum(max(int(a) ** 2, int(b) ** 2) for a, b in zip(low, high, strict=True))
        width = max(1, largest.bit_length())
        if width > INT64_SAFE_BITS:
            raise NotExactError(
                f"the sum of {n_outputs} squares of {mean_type.spelling} needs {width} bits, "
                f"more than the {INT64_SAFE_BITS} that are emulated; use a narrower type for the mean"
            )
        return FixedType(width, width - 2 * mean_type.fraction, signed=False)

    def apply(self, mean_raw: NDArray[np.int64], mean_type: TensorType) -> NDArray[np.int64]:
        """Score encoder means of shape (n_events, n_outputs); raw integers of shape (n_events,)."""
        total = np.einsum("ij,ij->i", mean_raw, mean_raw)
        return requantize(total, fraction=2 * mean_type.fraction, to=self.result)
