"""How the network's outputs become the anomaly score."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import NotExactError
from l1ad.core.fixed import FixedType, Overflow
from l1ad.core.integer import INT64_SAFE_BITS, requantize
from l1ad.core.tensor import TensorType

__all__ = ["Score", "ScoreFunction"]


class ScoreFunction(StrEnum):
    """What is made of the outputs before the cast to the score word."""

    SUM_OF_SQUARES = "sum of squares of the encoder mean"
    """Σµ² of the KL term (Govorkova et al., arXiv:2108.03986, section 4), without variance head and decoder."""
    OUTPUT = "the output"
    """The network's one output, for networks that regress the score itself, as CICADA's student does."""


@dataclass(frozen=True, slots=True)
class Score:
    """The score word. What comes before its cast is exact; only the cast to `result` rounds.

    Attributes:
        result: Number format of the score word, e.g. `ap_ufixed<18,14>` in the µGT.
        function: What is made of the outputs.
    """

    result: FixedType
    function: ScoreFunction = ScoreFunction.SUM_OF_SQUARES

    def check(self, mean_type: TensorType, n_outputs: int) -> None:
        """Refuse a score word that the outputs do not go with.

        Raises:
            NotExactError: If thresholds, which compare bits as an unsigned number, would be fooled, or
                the sum needs more bits than are emulated.
        """
        if self.result.signed or not self.result.width:
            raise NotExactError(
                f"the score word {self.result} is signed; a sum of squares that wraps "
                "would turn negative, and thresholds compare the bits as an unsigned number"
            )
        if self.result.width > INT64_SAFE_BITS:
            raise NotExactError(
                f"the score word {self.result} is wider than the {INT64_SAFE_BITS} bits that are emulated"
            )
        if self.function is ScoreFunction.OUTPUT:
            if n_outputs != 1:
                raise NotExactError(f"a network of {n_outputs} outputs is not itself a score; one is wanted")
            if mean_type.types[0].signed and self.result.overflow is Overflow.WRAP:
                raise NotExactError(
                    f"the output {mean_type.spelling} can be negative and would wrap to a large score in "
                    f"{self.result}; use AP_SAT"
                )
        self.before_cast(mean_type, n_outputs)

    def before_cast(self, mean_type: TensorType, n_outputs: int) -> FixedType:
        """Find the narrowest type that holds every value before the cast, exactly.

        Raises:
            NotExactError: If a sum of squares needs more bits than are emulated.
        """
        if self.function is ScoreFunction.OUTPUT:
            one = mean_type.types[0]
            return FixedType(one.width, one.integer, one.signed)
        low, high = mean_type.raw_bounds(n_outputs)
        largest = sum(max(int(a) ** 2, int(b) ** 2) for a, b in zip(low, high, strict=True))
        width = max(1, largest.bit_length())
        if width > INT64_SAFE_BITS:
            raise NotExactError(
                f"the sum of {n_outputs} squares of {mean_type.spelling} needs {width} bits, "
                f"more than the {INT64_SAFE_BITS} that are emulated; use a narrower type for the mean"
            )
        return FixedType(width, width - 2 * mean_type.fraction, signed=False)

    def total(self, mean_raw: NDArray[np.int64]) -> NDArray[np.int64]:
        """Give the values before the cast, shape (n_events,)."""
        if self.function is ScoreFunction.OUTPUT:
            return mean_raw[:, 0]
        return np.asarray(np.einsum("ij,ij->i", mean_raw, mean_raw))

    def fraction(self, mean_type: TensorType) -> int:
        """Give the fraction bits of `total`."""
        return mean_type.fraction * (1 if self.function is ScoreFunction.OUTPUT else 2)

    def apply(self, mean_raw: NDArray[np.int64], mean_type: TensorType) -> NDArray[np.int64]:
        """Score outputs of shape (n_events, n_outputs); raw integers of shape (n_events,)."""
        return requantize(self.total(mean_raw), fraction=self.fraction(mean_type), to=self.result)
