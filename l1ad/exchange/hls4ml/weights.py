"""Weights of an hls4ml project: decimals in headers or text files, as the raw integers C++ makes of them."""

import re
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from l1ad.core.fixed import FixedType
from l1ad.core.integer import INT64_SAFE_BITS, requantize
from l1ad.exchange.hls4ml.source import Config, Hls4mlSource
from l1ad.exchange.hls4ml.text import shortened
from l1ad.exchange.imported import ModelFileError

__all__ = ["read_constants"]

_DECIMAL = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?", re.ASCII)


def read_constants(
    source: Hls4mlSource, name: str, *, kind: str, config: Config, count: int
) -> tuple[NDArray[np.int64], FixedType, tuple[str, ...]]:
    """Read an array of weights, biases or scales.

    Synthesis takes the values of the header; C simulation may read a text file in their place. Where a
    project has both they must agree. A value between two steps of its type is rounded as C++ rounds a
    `double`, with the type's own modes.

    Args:
        source: The project.
        name: Name of the array, e.g. `w2`.
        kind: Name of its type in the layer's configuration, e.g. `weight_t`.
        config: The layer's configuration.
        count: Number of values the layer needs.

    Returns:
        Raw integers of shape (count,), their type, and a note if any value was rounded.

    Raises:
        ModelFileError: If values are missing, too few, too many, no numbers, or two sources disagree.
    """
    to = source.fixed(kind, config)
    from_header = _header_values(source, name, to, count)
    from_text = _text_values(source, name)
    values = from_header if from_header is not None else from_text
    if values is None:
        raise ModelFileError(
            f"{source.root}: {name!r} has no values, neither in a header nor in weights/{name}.txt"
        )
    raw, note = _raw(source, name, values, to, spelled=source.spelling(kind, config))
    if from_header is not None and from_text is not None:
        other, _ = _raw(source, name, from_text, to, spelled="")
        if not np.array_equal(raw, other):
            raise ModelFileError(
                f"{source.root}/weights: {name}.h and {source.text_files[name]} hold different values; "
                "synthesis takes the header and C simulation the text file"
            )
    if len(raw) != count:
        raise ModelFileError(
            f"{source.root}: {name!r} has {len(raw)} values where struct {config.name} needs {count}; "
            "is the file whole?"
        )
    return raw, to, note


def _header_values(source: Hls4mlSource, name: str, to: FixedType, count: int) -> list[str] | None:
    array = source.arrays.get(name)
    if array is None:
        return None
    declared = source.fixed(array.type_name)
    if declared != to:
        raise ModelFileError(f"{source.root}: {name!r} is an array of {declared} where its layer takes {to}")
    if array.size.strip() and source.number(array.size) != count:
        raise ModelFileError(
            f"{source.root}: {name!r} is declared with {array.size} elements; its layer takes {count}"
        )
    return _split(array.values)


def _text_values(source: Hls4mlSource, name: str) -> list[str] | None:
    """Read the text file that C simulation takes an array from; None where there is none."""
    path = source.root / "weights" / Path(source.text_files.get(name, ".")).name
    if not path.is_file():
        return None
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return _split(lines[0] if lines else "")  # nnet::load_weights_from_txt reads one line


def _split(text: str) -> list[str]:
    values = [value.strip() for value in text.split(",")]
    return values[:-1] if values[-1] == "" else values


def _raw(
    source: Hls4mlSource, name: str, values: list[str], to: FixedType, *, spelled: str
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Cast decimals as C++ does; whole-number types must be met exactly, since there C++ rounds otherwise."""
    known: dict[str, int] = {}
    rounded: set[str] = set()
    for value in set(values):
        if not _DECIMAL.fullmatch(value):
            raise ModelFileError(
                f"{source.root}: {name!r} holds {shortened(value, 20)!r}, which is no decimal number"
            )
        exact = Fraction(float(value))  # a C++ literal is a double first
        known[value] = _cast(exact, to)
        if exact != known[value] * to.lsb:
            rounded.add(value)
    raw = np.array([known[value] for value in values], dtype=np.int64)
    if not rounded:
        return raw, ()
    example = min(rounded, key=values.index)
    became = f"{example} to {float(known[example] * to.lsb):.12g}"
    if spelled.startswith(("ap_int", "ap_uint")):
        raise ModelFileError(f"{source.root}: {name!r} holds {example}, which is not exact in {spelled}")
    n_rounded = sum(value in rounded for value in values)
    return raw, (
        f"{name}: {n_rounded} of {len(values)} values are not exact in {to}; C++ rounds them, e.g. {became}",
    )


def _cast(value: Fraction, to: FixedType) -> int:
    if to.width > INT64_SAFE_BITS:
        raise ModelFileError(f"weights of {to} are wider than the {INT64_SAFE_BITS} bits that are emulated")
    numerator = np.array([value.numerator], dtype=object)
    return int(requantize(numerator, fraction=value.denominator.bit_length() - 1, to=to)[0])
