"""Running an exported QONNX file: by qonnx's own executor and by ONNX Runtime, as raw integers."""

import contextlib
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError, NotExactError, ToolError
from l1ad.core.progress import Progress, silent
from l1ad.core.trace import SCORE, Trace
from l1ad.exchange.qonnx.export import INPUTS, SCORE_RAW, TENSORS_KEY
from l1ad.exchange.qonnx.graph import EVENTS

if TYPE_CHECKING:
    from onnx import ModelProto

__all__ = ["onnxruntime_trace", "qonnx_trace"]

_BLOCK_EVENTS = 8192
_IR_VERSION = 10  # read since ONNX Runtime 1.18


def qonnx_trace(path: Path, inputs_raw: NDArray[np.integer]) -> Trace:
    """Run a file of `export_qonnx` by the executor of qonnx, node by node.

    It starts ONNX Runtime anew for every node: a batch of thousands costs little more than one event.

    Args:
        path: The file.
        inputs_raw: Hardware integers, or raw integers of the inputs for `export_network_qonnx`; shape
            (n_events, n_inputs).

    Returns:
        Raw integers of every tensor by the emulator's names.

    Raises:
        NotExactError: If a value is no whole number of steps.
        ToolError: If a package is missing.
    """
    try:
        from qonnx.core.modelwrapper import ModelWrapper
        from qonnx.core.onnx_exec import execute_onnx
    except ImportError as missing:
        raise ToolError(f"this check runs qonnx ({missing}); install l1ad[onnx]") from None
    model, fractions = _loaded(path)
    if not len(inputs_raw):
        raise DataError("qonnx runs one event or more; there are none")
    for tensor in (*model.graph.input, *model.graph.output, *model.graph.value_info):
        for dimension in tensor.type.tensor_type.shape.dim:
            if dimension.dim_param == EVENTS:
                dimension.dim_value = len(inputs_raw)
    real = _real_inputs(model, inputs_raw, fractions, path)
    with _readable_models():
        context = execute_onnx(ModelWrapper(model), {INPUTS: real}, return_full_exec_context=True)
    return _trace(context, fractions, path)


def onnxruntime_trace(path: Path, inputs_raw: NDArray[np.integer], *, progress: Progress = silent) -> Trace:
    """Run a file of `export_qonnx` by ONNX Runtime on the processor, block by block.

    Args:
        path: The file.
        inputs_raw: As for `qonnx_trace`.
        progress: Told the number of events done.

    Returns:
        Raw integers of every tensor by the emulator's names.

    Raises:
        NotExactError: If a value is no whole number of steps.
        ToolError: If a package is missing.
    """
    try:
        import onnxruntime
    except ImportError as missing:
        raise ToolError(f"this check runs ONNX Runtime ({missing}); install l1ad[onnx]") from None
    model, fractions = _loaded(path)
    kinds = {one.name: one for one in model.graph.value_info}
    known = [name for name in fractions if name in kinds]
    model.graph.output.extend(kinds[name] for name in known)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    names = [one.name for one in session.get_outputs()]
    traces = []
    for start in range(0, max(1, len(inputs_raw)), _BLOCK_EVENTS):
        block = inputs_raw[start : start + _BLOCK_EVENTS]
        values = session.run(names, {INPUTS: _real_inputs(model, block, fractions, path)})
        traces.append(_trace(dict(zip(names, values, strict=True)), fractions, path))
        progress(min(len(inputs_raw), start + _BLOCK_EVENTS), len(inputs_raw), "")
    return {name: np.concatenate([one[name] for one in traces]) for name in traces[0]}


@contextlib.contextmanager
def _readable_models() -> Iterator[None]:
    """Let qonnx write the model it makes of each node in a version that ONNX Runtime reads.

    qonnx takes the newest that onnx knows: onnx 1.22 writes version 14, ONNX Runtime 1.31 reads up to 13.
    Not needed any more once qonnx gives a version of its own.
    """
    import onnx

    newest = onnx.IR_VERSION
    onnx.IR_VERSION = min(newest, _IR_VERSION)
    try:
        yield
    finally:
        onnx.IR_VERSION = newest


def _loaded(path: Path) -> tuple["ModelProto", dict[str, int]]:
    try:
        import onnx
    except ImportError as missing:
        raise ToolError(f"QONNX is read by the package onnx ({missing}); install l1ad[onnx]") from None
    try:
        model = onnx.load(path, load_external_data=False)
        metadata = {one.key: one.value for one in model.metadata_props}
        fractions = {str(name): int(bits) for name, bits in json.loads(metadata[TENSORS_KEY]).items()}
    except OSError as fault:
        raise DataError(f"{path}: {fault.strerror or fault}") from None
    except Exception as fault:
        raise DataError(f"{path}: not a QONNX file of l1ad ({fault}); `l1ad export` writes one") from None
    return model, fractions


def _real_inputs(
    model: "ModelProto", inputs_raw: NDArray[np.integer], fractions: dict[str, int], path: Path
) -> NDArray[Any]:
    from onnx import helper

    kind = model.graph.input[0].type.tensor_type
    wanted = kind.shape.dim[1].dim_value
    if inputs_raw.ndim != 2 or inputs_raw.shape[1] != wanted or inputs_raw.dtype.kind not in "iu":
        raise DataError(
            f"{path} reads integers of shape (events, {wanted}), not {inputs_raw.dtype} {inputs_raw.shape}"
        )
    dtype = helper.tensor_dtype_to_np_dtype(kind.elem_type)
    return np.asarray(np.ldexp(inputs_raw.astype(np.float64), -fractions[INPUTS]), dtype=dtype)


def _trace(values: dict[str, NDArray[Any]], fractions: dict[str, int], path: Path) -> Trace:
    """Count values in steps of their tensor; images, held channels first, become flat, channels last."""
    trace: Trace = {}
    for name, fraction in fractions.items():
        if name == INPUTS:
            continue
        if name not in values:
            raise DataError(f"{path}: has no tensor {name!r}, which its metadata names")
        real = np.asarray(values[name], dtype=np.float64)
        flat = np.moveaxis(real, 1, -1) if real.ndim == 4 else real
        flat = flat.reshape(len(real), math.prod(flat.shape[1:]))
        steps = np.ldexp(flat, fraction)
        raw = np.rint(steps)
        if not np.array_equal(raw, steps):
            event, element = np.argwhere(raw != steps)[0]
            raise NotExactError(
                f"{path}: event {event}, {name!r}, element {element}: {flat[event, element]} is no whole "
                f"number of steps of 2**{-fraction}"
            )
        trace[SCORE if name == SCORE_RAW else name] = raw.astype(np.int64)
    return trace
