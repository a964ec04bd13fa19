"""QONNX out: a trigger algorithm as one file that qonnx and ONNX Runtime both run, integer for integer.

The graph takes hardware integers as floating-point numbers and gives the score word. Every tensor holds
real numbers (`raw * 2**-fraction`); images are channels first, as ONNX's convolution wants them. float32
is used where all values and all partial sums are proven to fit its 24 bits in any order, float64 elsewhere.
The proof is about IEEE arithmetic: where an accelerator multiplies in TF32 or bfloat16, turn that off.

qonnx runs a graph for one number of events: `ChangeBatchSize(n)` and `InferShapes()` set it, as
`run.qonnx_trace` does by itself.
"""

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import l1ad
from l1ad.core.errors import ToolError
from l1ad.core.integer import shift_raw
from l1ad.core.network import FrozenNetwork
from l1ad.core.scaling import Scaling
from l1ad.core.score import Score, ScoreFunction
from l1ad.core.tensor import TensorType
from l1ad.core.trace import SCALED_INPUTS
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.core.trigger_file import algorithm_digest
from l1ad.exchange.qonnx.casts import cast
from l1ad.exchange.qonnx.graph import EVENTS, Graph, Value, exact_dtype, power_of_two
from l1ad.exchange.qonnx.layers import write_layer
from l1ad.exchange.qonnx.quant import DOMAIN, DOMAIN_VERSION, OPSET, quant_function

if TYPE_CHECKING:
    from onnx import ModelProto, ValueInfoProto

__all__ = ["INPUTS", "SCORE_RAW", "TENSORS_KEY", "export_network_qonnx", "export_qonnx"]

INPUTS = "inputs"
SCORE_RAW = "score_raw"
TENSORS_KEY = "l1ad.fraction_bits"
"""Metadata entry: JSON, fraction bits of every tensor that has a name of its own."""

_IR_VERSION = 9


def export_qonnx(trigger: TriggerAlgorithm, path: Path) -> None:
    """Write a trigger algorithm as QONNX, at once or not at all.

    Args:
        trigger: The algorithm.
        path: The file, e.g. `axo_demo.qonnx`. The same algorithm gives the same bytes.

    Raises:
        NotExactError: If floating point cannot hold the algorithm's sums.
        ToolError: If the package `onnx` is missing.
    """
    _needs_onnx()
    graph = Graph()
    inputs = _inputs(graph, trigger)
    value = _scaled(graph, inputs, trigger.scaling)
    fractions = {INPUTS: 0}
    value = _network(graph, trigger.network, value, fractions)
    value = _scored(graph, trigger.score, value, trigger.network.output_type)
    fractions[SCORE_RAW] = 0
    metadata = {
        "l1ad.algorithm_digest": algorithm_digest(trigger),
        "l1ad.inputs": json.dumps(trigger.layout.names),
        "l1ad.name": trigger.name,
        "l1ad.version": l1ad.__version__,
        "l1ad.thresholds": json.dumps(dict(trigger.thresholds)),
        TENSORS_KEY: json.dumps(fractions),
    }
    _save(_model(graph, inputs, value, metadata), path)


def export_network_qonnx(network: FrozenNetwork, path: Path) -> None:
    """Write a network alone as QONNX: real inputs in, the last layer's real outputs out.

    Raises:
        NotExactError: If floating point cannot hold the network's sums.
        ToolError: If the package `onnx` is missing.
    """
    _needs_onnx()
    graph = Graph()
    low, high = network.input_type.raw_bounds(network.n_inputs)
    fraction = network.input_type.fraction
    largest = max(abs(int(low.min())), abs(int(high.max())))
    dtype = exact_dtype(largest, fraction, "the input")
    inputs = Value(name=INPUTS, dtype=dtype, fraction=fraction, low=low, high=high)
    graph.tensors[INPUTS] = (dtype, (EVENTS, network.n_inputs))
    graph.scope = "input"
    value = graph.named(cast(graph, inputs, network.input_type), SCALED_INPUTS)
    fractions = {INPUTS: fraction}
    value = _network(graph, network, value, fractions)
    _save(_model(graph, inputs, value, {TENSORS_KEY: json.dumps(fractions)}), path)


def _needs_onnx() -> None:
    try:
        import onnx  # noqa: F401
    except ImportError as missing:
        raise ToolError(f"QONNX is written by the package onnx ({missing}); install l1ad[onnx]") from None


def _inputs(graph: Graph, trigger: TriggerAlgorithm) -> Value:
    low, high = trigger.layout.raw_min, trigger.layout.raw_max
    dtype = exact_dtype(max(abs(int(low.min())), int(high.max())), 0, "the input")
    graph.tensors[INPUTS] = (dtype, (EVENTS, len(low)))
    return Value(name=INPUTS, dtype=dtype, fraction=0, low=low, high=high)


def _scaled(graph: Graph, value: Value, scaling: Scaling) -> Value:
    """Write `(x - offset) >> shift` in the working type, where bits fall off, and the cast after it."""
    graph.scope = SCALED_INPUTS
    fraction, shifts = scaling.working.fraction, np.array(scaling.shifts, dtype=np.int64)
    low, high = ((end << fraction) - scaling.offsets_raw for end in (value.low, value.high))
    largest = max(abs(int(low.min())), abs(int(high.max()))) << max(0, -int(shifts.min()))
    value = graph.in_dtype(value, max(value.dtype, exact_dtype(largest, fraction, "the input scaling")))
    value = graph.apply("Sub", value, np.array(scaling.offsets))
    if scaling.lossless_before_cast:
        value = graph.apply("Mul", value, power_of_two(-shifts))
    else:
        value = graph.apply("Mul", value, power_of_two(fraction - shifts))
        value = graph.apply("Floor", value)
        value = graph.apply("Mul", value, power_of_two(-fraction))
    low, high = (
        np.array([shift_raw(x, shift) for x, shift in zip(end, scaling.shifts, strict=True)])
        for end in (low, high)
    )
    value = replace(value, fraction=fraction, low=low, high=high)
    return graph.named(cast(graph, value, scaling.result), SCALED_INPUTS)


def _network(graph: Graph, network: FrozenNetwork, value: Value, fractions: dict[str, int]) -> Value:
    """Write every layer and note the fraction bits of each tensor."""
    fractions[SCALED_INPUTS] = value.fraction
    for layer, given in network.given():
        value = write_layer(graph, layer, value, layer.output_type(given))
        fractions[layer.name] = value.fraction
    return value


def _scored(graph: Graph, score: Score, value: Value, mean_type: TensorType) -> Value:
    """Write what becomes of the outputs, the cast to the score word, and its raw integer."""
    graph.scope = SCORE_RAW
    value = graph.as_flat(value)
    if score.function is ScoreFunction.SUM_OF_SQUARES:
        squares = np.maximum(value.low**2, value.high**2)
        largest, fraction = int(squares.sum()), score.fraction(mean_type)
        value = graph.in_dtype(value, max(value.dtype, exact_dtype(largest, fraction, "the sum of squares")))
        squared = replace(value, name=graph.node("Mul", [value.name] * 2, value.shape, value.dtype))
        axes = graph.tensor_constant(np.array([1], dtype=np.int64), "axes")
        name = graph.node("ReduceSum", [squared.name, axes], (1,), value.dtype, keepdims=1)
        ends = np.zeros(1, dtype=np.int64), np.array([largest])
        value = replace(value, name=name, fraction=fraction, low=ends[0], high=ends[1])
    word = cast(graph, value, TensorType.uniform(score.result))
    raw = graph.apply("Mul", word, power_of_two(score.result.fraction))
    return graph.named(raw, SCORE_RAW)


def _model(graph: Graph, inputs: Value, output: Value, metadata: Mapping[str, str]) -> "ModelProto":
    from onnx import checker, helper, numpy_helper, shape_inference

    known = {name: _information(name, *kind) for name, kind in graph.tensors.items()}
    constants = [numpy_helper.from_array(array, name) for name, array in graph.constants.items()]
    inside = [kind for name, kind in known.items() if name not in (inputs.name, output.name)]
    model = helper.make_model(
        helper.make_graph(
            graph.nodes, "l1ad", [known[inputs.name]], [known[output.name]],
            constants, value_info=inside,
        ),
        functions=[quant_function()],
        opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid(DOMAIN, DOMAIN_VERSION)],
        ir_version=_IR_VERSION,
        producer_name="l1ad",
        producer_version=l1ad.__version__,
    )  # fmt: skip
    helper.set_model_props(model, dict(sorted(metadata.items())))
    checker.check_model(model, full_check=True)
    shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    return model


def _information(name: str, dtype: str, shape: tuple[int | str, ...]) -> "ValueInfoProto":
    from onnx import helper

    return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(np.dtype(dtype)), shape)


def _save(model: "ModelProto", path: Path) -> None:
    """Write the file under a temporary name and rename it, so that no reader meets half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(model.SerializeToString(deterministic=True))
        umask = os.umask(0)
        os.umask(umask)
        Path(temporary).chmod(0o666 & ~umask)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
