"""Layers that are written out element by element: HGQ's quantizers, and what `l1ad build` writes itself."""

import re

import numpy as np

from l1ad.core.fixed import FixedType
from l1ad.core.network import Activation, ActivationFunction, Dense, exact_accumulator
from l1ad.core.tensor import TensorType
from l1ad.exchange.hls4ml.chain import Call, Chain, holds
from l1ad.exchange.hls4ml.text import declarations, preprocessed, shortened

__all__ = ["add_written"]

_GENERATED = "nnet_utils/nnet_code_gen.h"
_RESULT = re.compile(r"(?:out|res) ?\[(?P<index>\d+)\] ?= ?(?P<value>.+)$")
_CAST = re.compile(r"(?P<type>ap_u?fixed ?<[^<>]*>) ?\((?P<of>.+)\)$")
_ELEMENT = re.compile(r"(?:inp|data) ?\[(\d+)\]$")
_POSITIVE = re.compile(r"(?P<of>data\[\d+\]) > 0 \? (?P=of) : data_T\(0\)$")
_MEAN = re.compile(
    r"(?P<type>ap_u?fixed<[^<>]*>)\((?P<sum>data\[\d+\](?: \+ data\[\d+\])*)\) >> (?P<bits>\d+)$"
)


def add_written(call: Call, chain: Chain) -> None:
    """Add a function `name<input_t, output_t>(in, out)` of `nnet_code_gen.h`.

    It casts every element to a type of its own, with a ReLU before or without, or it takes means.
    """
    values = _values(call)
    if all(_MEAN.match(value) for value in values):
        _add_means(call, chain, values)
    else:
        _add_casts(call, chain, values)
    chain.cast(f"{call.name}_result", call.source.fixed(call.templates[1]))


def _values(call: Call) -> list[str]:
    """List what each element of the result is set to."""
    path = call.source.root / _GENERATED
    text = preprocessed(path, call.source.root, defined=("__SYNTHESIS__",))[0] if path.is_file() else ""
    wanted = re.compile(rf"\bvoid {re.escape(call.function)} ?\(")
    bodies = [
        one.body for one in declarations(text, str(path)) if one.body is not None and wanted.search(one.head)
    ]
    if len(bodies) != 1:
        raise call.refused(f"this function is not known, and {_GENERATED} does not say what it does")
    values: list[str] = []
    for one in declarations(bodies[0], str(path)):
        match = _RESULT.match(one.head)
        if match is None or one.body is not None or int(match["index"]) != len(values):
            raise call.refused(f"{_GENERATED}: {shortened(one.head)!r} is not understood")
        values.append(match["value"])
    return values


def _add_casts(call: Call, chain: Chain, values: list[str]) -> None:
    if len(values) != chain.n:
        raise call.refused(f"it casts {len(values)} values but is given {chain.n}")
    types: list[FixedType] = []
    functions: set[ActivationFunction] = set()
    for index, value in enumerate(values):
        cast = _CAST.match(value)
        of = cast["of"].strip() if cast is not None else ""
        positive = _POSITIVE.match(of)
        element = _ELEMENT.match(positive["of"] if positive is not None else of)
        if value == "0":  # an element that HGQ pruned
            types.append(FixedType(0, 0, signed=False))
            continue
        if cast is None or element is None or int(element[1]) != index:
            raise call.refused(f"{_GENERATED}: {shortened(value)!r} is no cast of element {index}")
        types.append(FixedType.from_cpp(cast["type"]))
        functions.add(ActivationFunction.RELU if positive is not None else ActivationFunction.LINEAR)
    if len(functions) > 1:
        raise call.refused("some of its elements are rectified and some are not")
    result = TensorType(tuple(types)) if len(set(types)) > 1 else TensorType.uniform(types[0])
    function = functions.pop() if functions else ActivationFunction.LINEAR
    chain.append(Activation(name=chain.unique(call.name), function=function, n=chain.n, result=result))


def _add_means(call: Call, chain: Chain, values: list[str]) -> None:
    """Add means, each a sum of elements in a type with room below, shifted right: a dense layer of 2**-bits."""
    matches = [match for value in values if (match := _MEAN.match(value)) is not None]
    kinds = {(match["type"], int(match["bits"])) for match in matches}
    if len(kinds) != 1:
        raise call.refused("its means are of several types")
    spelled, bits = kinds.pop()
    total = FixedType.from_cpp(spelled)
    weights = np.zeros((chain.n, len(values)), dtype=np.int64)
    for column, match in enumerate(matches):
        rows = [int(index) for index in re.findall(r"data\[(\d+)\]", match["sum"])]
        if max(rows) >= chain.n or len(set(rows)) != len(rows):
            raise call.refused(
                f"{_GENERATED}: {shortened(match[0])!r} is no mean of the {chain.n} values given"
            )
        weights[rows, column] = 1
    declared = chain.declared
    grown = FixedType(declared.width + 2 * bits, declared.integer + bits, declared.signed)
    if not holds(total, grown) or max(weights.sum(axis=0)) > 1 << bits:
        raise call.refused(f"{total} loses bits of its means")
    chain.reshape((chain.n,), call)
    weight_type, bias_type = FixedType(1, 1 - bits, signed=False), FixedType(1, 1, signed=False)
    bias = np.zeros(len(values), dtype=np.int64)
    accumulator = exact_accumulator(
        given=chain.given, weights_raw=weights, weight_type=weight_type, bias_raw=bias, bias_type=bias_type
    )
    chain.append(
        Dense(
            name=chain.unique(call.name), weights_raw=weights, weight_type=weight_type, bias_raw=bias,
            bias_type=bias_type, accumulator=accumulator,
        )
    )  # fmt: skip
