"""What `Quant` and its relatives in a graph compute, and what of it a number format says."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.exchange.imported import ModelFileError
from l1ad.exchange.qonnx.read import Node

__all__ = ["QUANT_DOMAINS", "QuantSpec", "Scalars", "dequantised_spec", "is_quant", "quant_spec", "step_bits"]

QUANT_DOMAINS = ("qonnx.custom_op.general", "onnx.brevitas", "finn.custom_op.general")

Scalars = NDArray[np.float64]

_INTEGERS = {
    "int8": (8, True),
    "uint8": (8, False),
    "int16": (16, True),
    "uint16": (16, False),
    "int32": (32, True),
}
_MOST_BITS = 32
_SMALLEST_STEP = 120

_ROUNDINGS: dict[str, Callable[[NDArray[np.floating]], NDArray[np.floating]]] = {
    "ROUND": np.round,
    "HALF_EVEN": np.round,
    "CEIL": np.ceil,
    "FLOOR": np.floor,
    "UP": lambda x: np.sign(x) * np.ceil(np.abs(x)),
    "DOWN": np.trunc,
    "HALF_UP": lambda x: np.sign(x) * np.floor(np.abs(x) + 0.5),
    "HALF_DOWN": lambda x: np.sign(x) * np.ceil(np.abs(x) - 0.5),
}
"""As `resolve_rounding_mode` of qonnx 1.0.0 has them."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class QuantSpec:
    """A quantiser: divide by the scale, clamp to `low` to `high`, round, multiply by the scale.

    Attributes:
        where: The node, for messages.
        scale: Size of a step, powers of two; a number, or an array that goes with the tensor.
        low: Lowest step.
        high: Highest step.
        mode: Rounding mode by QONNX's name.
        bipolar: Whether it gives -1 and +1 steps only.
        given_scale: Step of what it is given, where it says so and rounds to it first.
    """

    where: str
    scale: Scalars
    low: int
    high: int
    mode: str
    bipolar: bool = False
    given_scale: Scalars | None = None

    def apply(self, values: NDArray[np.floating]) -> NDArray[np.floating]:
        """Quantise constants in their own floating-point type, as `int_quant` of qonnx 1.0.0 does."""
        scale = self.scale.astype(values.dtype)
        with np.errstate(over="ignore"):  # what is beyond float32 is beyond the range, too
            steps = values / scale
        if self.bipolar:
            return np.asarray(np.where(steps >= 0, scale, -scale))
        return np.asarray(_ROUNDINGS[self.mode](np.clip(steps, self.low, self.high)) * scale)


def is_quant(node: Node) -> bool:
    """Tell whether a node is one of QONNX's quantisers."""
    return node.domain in QUANT_DOMAINS and node.op in ("Quant", "IntQuant", "BipolarQuant", "Trunc")


def quant_spec(node: Node, constants: Mapping[str, NDArray[Any]]) -> QuantSpec:
    """Read `Quant`, `IntQuant`, `BipolarQuant` or `Trunc` (of QONNX's version 2).

    Raises:
        ModelFileError: If a parameter is computed from the input, a scale is no power of two, a zero point
            is not zero, or a mode is unknown.
    """
    given = [_parameter(node, name, constants) for name in node.inputs[1:]]
    if node.op == "BipolarQuant":
        _counted(node, given, 1)
        scale = _scale(given[0], node)
        return QuantSpec(where=str(node), scale=scale, low=-1, high=1, mode="ROUND", bipolar=True)
    if node.op == "Trunc":
        if len(given) == 4:
            raise ModelFileError(
                f"{node}: Trunc with four parameters changes what its numbers mean; export with QONNX's "
                "version 2 of Trunc, or use a Quant"
            )
        _counted(node, given, 5)
        (scale, zero, _, result_scale, bits), default = given, "FLOOR"
    else:
        _counted(node, given, 3)
        (scale, zero, bits), default = given, "ROUND"
        result_scale = scale
    if (zero != 0).any():
        raise ModelFileError(
            f"{node}: zero point {zero.flat[0]:g}; only zero points of 0 are fixed-point numbers"
        )
    signed, narrow = _flag(node, "signed"), _flag(node, "narrow")
    mode = node.word("rounding_mode", default).upper()
    if mode not in _ROUNDINGS:
        raise ModelFileError(
            f"{node}: {mode!r} is no rounding mode of Quant; known are {', '.join(_ROUNDINGS)}"
        )
    width = _bits(bits, node)
    return QuantSpec(
        where=str(node),
        scale=_scale(result_scale, node),
        # As `min_int` and `max_int` of qonnx: a narrow range lacks the lowest when signed, else the highest.
        low=narrow - (1 << (width - 1)) if signed else 0,
        high=(1 << (width - signed)) - 1 - (narrow if not signed else 0),
        mode=mode,
        bipolar=node.op != "Trunc" and width == 1 and bool(signed),
        given_scale=_scale(scale, node) if node.op == "Trunc" else None,
    )


def dequantised_spec(
    quantise: Node | None, clip: Node | None, dequantise: Node, constants: Mapping[str, NDArray[Any]], rank: int
) -> QuantSpec:
    """Read QuantizeLinear, perhaps Clip, and DequantizeLinear, as `QuantToQCDQ` of qonnx writes them.

    Args:
        quantise: The first node; None where stored integers are dequantised.
        clip: The node between, if there is one.
        dequantise: The last node.
        constants: Arrays by name.
        rank: Axes of the tensor, the batch counted.
    """
    scale = _linear_scale(dequantise, constants, rank)
    if quantise is None:
        return QuantSpec(where=str(dequantise), scale=scale, low=0, high=0, mode="ROUND")
    before = _linear_scale(quantise, constants, rank)
    if before.shape != scale.shape or (before != scale).any():
        raise ModelFileError(f"{dequantise}: its scale is not that of {quantise}")
    kind = str(constants[quantise.inputs[2]].dtype) if len(quantise.inputs) > 2 else "uint8"
    if kind not in _INTEGERS or (len(quantise.inputs) < 3 and quantise.number("output_dtype", 0)):
        known = ", ".join(_INTEGERS)
        raise ModelFileError(f"{quantise}: its integers are not told by a zero point of {known}")
    width, signed = _INTEGERS[kind]
    low, high = (-(1 << (width - 1)), (1 << (width - 1)) - 1) if signed else (0, (1 << width) - 1)
    if clip is not None:
        ends = [_parameter(clip, name, constants) if name else None for name in clip.inputs[1:3]]
        low = low if not ends or ends[0] is None else max(low, int(ends[0].flat[0]))
        high = high if len(ends) < 2 or ends[1] is None else min(high, int(ends[1].flat[0]))
    return QuantSpec(where=str(quantise), scale=scale, low=low, high=high, mode="ROUND")


def step_bits(scale: Scalars) -> NDArray[np.int64]:
    """Give the fraction bits of powers of two."""
    return np.asarray(1 - np.frexp(scale)[1], dtype=np.int64)


def _parameter(node: Node, name: str, constants: Mapping[str, NDArray[Any]]) -> Scalars:
    if name not in constants:
        raise ModelFileError(f"{node}: its parameter {name!r} is no constant")
    value = constants[name]
    if not value.size or value.dtype.kind not in "fiu" or not np.isfinite(value).all():
        raise ModelFileError(f"{node}: its parameter {name!r} holds no finite number")
    return value.astype(np.float64)


def _scale(scale: Scalars, node: Node) -> Scalars:
    mantissa, exponent = np.frexp(scale)
    odd = (mantissa != 0.5) | (np.abs(exponent) > _SMALLEST_STEP)
    if odd.any():
        raise ModelFileError(
            f"{node}: scale {scale[odd].flat[0]:.9g} is no power of two, and firmware numbers have no other "
            "steps; train with power-of-two scales"
        )
    return scale


def _linear_scale(node: Node, constants: Mapping[str, NDArray[Any]], rank: int) -> Scalars:
    scale = _scale(_parameter(node, node.inputs[1], constants), node)
    if len(node.inputs) > 2 and node.inputs[2] and (_parameter(node, node.inputs[2], constants) != 0).any():
        raise ModelFileError(f"{node}: only zero points of 0 are fixed-point numbers")
    if not scale.ndim or scale.size == 1:
        return scale.reshape(())
    axis = node.number("axis", 1) % rank
    if scale.ndim != 1:
        raise ModelFileError(f"{node}: scales in blocks of shape {scale.shape} are not known")
    return scale.reshape([-1 if one == axis else 1 for one in range(rank)])


def _counted(node: Node, given: list[Scalars], wanted: int) -> None:
    if len(given) != wanted:
        raise ModelFileError(f"{node}: has {len(given)} parameters after the tensor; {wanted} are wanted")


def _flag(node: Node, name: str) -> int:
    value = node.number(
        name, 1 if name == "signed" and node.op == "Trunc" else (0 if node.op == "Trunc" else -1)
    )
    if value not in (0, 1):
        raise ModelFileError(
            f"{node}: attribute {name!r} is {'missing' if value == -1 else value}; it is 0 or 1"
        )
    return value


def _bits(bits: Scalars, node: Node) -> int:
    if bits.size != 1:
        raise ModelFileError(
            f"{node}: {bits.size} bit widths; qonnx runs one for a tensor, and so is wanted here"
        )
    width = float(bits.flat[0])
    if not width.is_integer() or not 1 <= width <= _MOST_BITS:
        raise ModelFileError(f"{node}: a width of {width:g} bits; 1 to {_MOST_BITS} whole bits can be imported")
    return int(width)
