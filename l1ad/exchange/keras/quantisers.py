"""QKeras quantisers as number formats, and the weights they give, exactly as Keras would use them.

Read in `quantizers.py` of qkeras-v3 1.2.1; 0.9.0 computes the same.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l1ad.core.fixed import FixedType, Overflow, Rounding
from l1ad.core.network import ActivationFunction
from l1ad.exchange.constants import Constants, rounded_to
from l1ad.exchange.imported import ModelFileError
from l1ad.exchange.keras.auto_scale import auto_scaled
from l1ad.exchange.keras.spelling import Spelling, spelled

__all__ = ["Quantiser", "quantiser_of", "quantiser_spelled"]

_KNOWN = "linear, relu, quantized_bits, quantized_linear and quantized_relu"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantiser:
    """A quantiser that rounds to steps of a number format.

    Attributes:
        spelling: As the file writes it, for messages and names.
        kind: Number format of the steps. Constants multiplied by a power of two after rounding have
            another point, told by `exponent`.
        function: `RELU` for `quantized_relu`.
        exponent: log2 of the constant alpha of `quantized_bits`, which multiplies what was rounded.
        auto: Whether alpha is found from the weights themselves (`auto_po2`).
    """

    spelling: Spelling
    kind: FixedType
    function: ActivationFunction = ActivationFunction.LINEAR
    exponent: int = 0
    auto: bool = False

    def constants(self, values: NDArray[np.float32]) -> Constants:
        """Quantise weights as Keras does at inference.

        Raises:
            ModelFileError: If Keras itself does not give a step of the format, as float32 has 24 bits.
        """
        if self.auto:
            constants = auto_scaled(values, self.spelling, self.kind)
        else:
            rounded = rounded_to(self.kind, values)
            constants = Constants(raw=rounded.raw, kind=_shifted(self.kind, self.exponent))
        _check_as_keras(values, constants, self.spelling)
        return constants

    def activation_type(self) -> FixedType:
        """Give the number format of a tensor that this quantiser is applied to.

        Raises:
            ModelFileError: If a scale follows the rounding, or is found from the data.
        """
        if self.auto or self.exponent:
            raise ModelFileError(
                f"{self.spelling.where}: {self.spelling} multiplies its result after rounding; an activation "
                "is imported with alpha=1 only"
            )
        return self.kind


def quantiser_of(written: object, where: str, *, of_kernel: bool = False) -> Quantiser | None:
    """Read a quantiser in any form that Keras files hold; None where there is none.

    Args:
        written: The option as it stands in the configuration.
        where: Layer and option, for messages.
        of_kernel: Whether it quantises a kernel. Layers turn the alpha of these from None to `auto_po2`
            (`_set_trainable_parameter`); for a bias or an activation None means 1.

    Raises:
        ModelFileError: Naming what is not known to be exact.
    """
    spelling = spelled(written, where)
    return None if spelling is None else quantiser_spelled(spelling, of_kernel=of_kernel)


def quantiser_spelled(spelling: Spelling, *, of_kernel: bool = False) -> Quantiser:
    """Read a quantiser; see `quantiser_of`."""
    readers = {"quantized_bits": _bits, "quantized_linear": _linear, "quantized_relu": _relu}
    if spelling.name not in readers:
        raise ModelFileError(f"{spelling.where}: {spelling.name!r} is not imported; known are {_KNOWN}")
    spelling.refuse_unless("use_stochastic_rounding", False, None, 0, why="its result is left to chance")
    spelling.refuse_unless("qnoise_factor", 1.0, why="it mixes in what was not quantised; set it to 1")
    return readers[spelling.name](spelling, of_kernel)


def _bits(spelling: Spelling, of_kernel: bool) -> Quantiser:
    alpha = spelling.arguments.get("alpha")
    if alpha is None and of_kernel:
        alpha = "auto_po2"
    if alpha == "auto_po2":
        spelling.refuse_unless("keep_negative", True, why="its own scale is found for signed weights only")
        spelling.refuse_unless("scale_axis", None, why="scales are imported for each output channel")
        for name in ("elements_per_scale", "min_po2_exponent", "max_po2_exponent"):
            spelling.refuse_unless(name, None, why="scales are imported as they are by default")
        return Quantiser(spelling=spelling, kind=_signed_type(spelling, symmetric=True), auto=True)
    symmetric = bool(spelling.whole("symmetric", 0))
    kind = _signed_type(spelling, symmetric=symmetric)
    return Quantiser(spelling=spelling, kind=kind, exponent=_exponent(spelling, alpha))


def _linear(spelling: Spelling, of_kernel: bool) -> Quantiser:
    """Read `quantized_linear`, which divides by alpha before it rounds: a shift of the point alone."""
    alpha = spelling.arguments.get("alpha")
    if alpha is None and of_kernel:
        alpha = "auto_po2"
    kind = _signed_type(spelling, symmetric=bool(spelling.whole("symmetric", 1)))
    return Quantiser(spelling=spelling, kind=_shifted(kind, _exponent(spelling, alpha)))


def _relu(spelling: Spelling, of_kernel: bool) -> Quantiser:  # noqa: ARG001 -- there is no alpha to choose
    spelling.refuse_unless("use_sigmoid", 0, why="a sigmoid is not exact in any number of bits")
    spelling.refuse_unless("negative_slope", 0.0, None, why="only a slope of 0 is known")
    spelling.refuse_unless("relu_upper_bound", None, why="the bound is what its bits can hold")
    spelling.refuse_unless("is_quantized_clip", True, why="the bound is what its bits can hold")
    bits, integer = _bits_and_integer(spelling, keep_negative=False)
    return Quantiser(
        spelling=spelling, kind=FixedType.from_qkeras_relu(bits, integer), function=ActivationFunction.RELU
    )


def _signed_type(spelling: Spelling, *, symmetric: bool) -> FixedType:
    """Give the format of `bits` bits, `integer` of them left of the point, the sign not counted."""
    keep_negative = bool(spelling.whole("keep_negative", 1))
    bits, integer = _bits_and_integer(spelling, keep_negative=keep_negative)
    overflow = Overflow.SAT_SYM if symmetric and keep_negative else Overflow.SAT
    return FixedType(bits, integer + int(keep_negative), keep_negative, Rounding.RND_CONV, overflow)


def _bits_and_integer(spelling: Spelling, *, keep_negative: bool) -> tuple[int, int]:
    bits, integer = spelling.whole("bits", 8), spelling.whole("integer", 0)
    if bits <= int(keep_negative):
        raise ModelFileError(
            f"{spelling.where}: {spelling} has no bit besides the sign; -1 and 1 are no two's complement"
        )
    if bits > 32 or abs(integer) > 32:
        raise ModelFileError(f"{spelling.where}: {spelling} is wider than the 32 bits that are imported")
    return bits, integer


def _shifted(kind: FixedType, exponent: int) -> FixedType:
    return FixedType(kind.width, kind.integer + exponent, kind.signed, kind.rounding, kind.overflow)


def _exponent(spelling: Spelling, alpha: object) -> int:
    """Give log2 of a constant scale."""
    if alpha is None:
        return 0
    if isinstance(alpha, str):
        raise ModelFileError(
            f"{spelling.where}: {spelling.name} with alpha={alpha!r} finds its scale from the data; "
            "only auto_po2 of quantized_bits on weights is known to be a power of two. Use alpha=1"
        )
    if not isinstance(alpha, int | float):
        raise ModelFileError(
            f"{spelling.where}: {spelling.name} with an array as alpha is not imported; use one power of two"
        )
    mantissa, exponent = math.frexp(alpha)
    if mantissa != 0.5:
        raise ModelFileError(
            f"{spelling.where}: alpha={alpha} of {spelling.name} is no power of two, which is what hardware "
            "multiplies by without loss; use alpha=1, 0.5, 2 ..."
        )
    return exponent - 1


def _check_as_keras(values: NDArray[np.float32], constants: Constants, spelling: Spelling) -> None:
    """Refuse weights that Keras's own float32 does not bring onto a step: it returns x + (xq - x)."""
    exact = constants.values
    single = exact.astype(np.float32)
    through = values + (single - values)
    wrong = np.argwhere(through.astype(np.float64) != exact)
    if len(wrong):
        place = tuple(int(index) for index in wrong[0])
        raise ModelFileError(
            f"{spelling.where}: element {place} is {values[place]!r}, so far outside {spelling} that Keras's "
            "own float32 arithmetic leaves its steps; clip the weights"
        )
