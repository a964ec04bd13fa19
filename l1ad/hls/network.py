"""The network as hls4ml writes it: every number format given, nothing left to be inferred."""

import contextlib
import importlib.util
import io
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from l1ad.core.errors import ToolError
from l1ad.core.network import Conv2D, Dense, FrozenNetwork
from l1ad.hls.layers import INPUT_LAYER, described_layers
from l1ad.hls.target import HlsTarget, Strategy

__all__ = ["namespace_of", "network_graph", "without_keras", "write_network"]

_BACKEND = "Vitis"


def write_network(network: FrozenNetwork, *, name: str, target: HlsTarget, folder: Path) -> None:
    """Write the hls4ml network into `folder`: its C++, weights, and the headers it includes.

    Everything is in a C++ namespace of its own, so that two algorithms can live in one program; without,
    two models once shared their weights and a trigger fired on every event.

    Weights are written into the headers only. hls4ml's default keeps a second copy in text files that
    C simulation reads and synthesis does not, so the two could disagree.

    Args:
        network: The frozen network.
        name: C++ name of its function and files; a safe identifier.
        target: Part, clock and strategy.
        folder: Where to put it; made anew.

    Raises:
        ToolError: If hls4ml is of another version, or the network is one that it cannot hold.
    """
    scratch = folder.with_name(f"{folder.name}.hls4ml")
    try:
        graph = network_graph(network, name=name, target=target, folder=scratch)
        # hls4ml narrates every step on stdout.
        with without_keras(), contextlib.redirect_stdout(io.StringIO()):
            graph.write()
        _make_inner(scratch / "firmware" / f"{name}.cpp")
        if target.strategy is Strategy.DISTRIBUTED_ARITHMETIC:
            _name_shifts(scratch / "firmware" / "nnet_utils" / "nnet_code_gen.h", namespace_of(name))
        shutil.move(scratch / "firmware", folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def network_graph(network: FrozenNetwork, *, name: str, target: HlsTarget, folder: Path) -> Any:
    """Make hls4ml's graph of a network, to be written into `folder` or compiled there."""
    if target.strategy is Strategy.DISTRIBUTED_ARITHMETIC and importlib.util.find_spec("da4ml") is None:
        raise ToolError("strategy distributed_arithmetic needs da4ml: pip install 'l1ad[rtl]'")
    import hls4ml
    from hls4ml.model.graph import ModelGraph

    from l1ad.hls.written_layer import register_written_layer

    register_written_layer(_BACKEND)
    described = described_layers(network)
    reuse = _reuse_factors(network, target)
    config = hls4ml.converters.create_config(
        output_dir=str(folder),
        project_name=name,
        backend=_BACKEND,
        part=target.part,
        clock_period=target.clock.period_ns,
        io_type="io_parallel",
        namespace=namespace_of(name),
        write_weights_txt=False,
    )
    config["TraceOutput"] = True
    config["HLSConfig"] = {
        "Model": {
            "Precision": "ap_fixed<16,6>",
            "ReuseFactor": 1,
            "Strategy": target.strategy.value,
        },
        "LayerName": {
            one.layer["name"]: {**one.config, "ReuseFactor": reuse.get(one.layer["name"], 1)}
            for one in described
        },
    }
    with contextlib.redirect_stdout(io.StringIO()):
        graph = ModelGraph.from_layer_list(config, [one.layer for one in described])
    for layer in graph.get_layers():  # hls4ml changes what it cannot do, and only prints so
        if layer.name in reuse and layer.get_attr("reuse_factor") != reuse[layer.name]:
            raise ToolError(f"{layer.name!r}: hls4ml took another reuse factor than {reuse[layer.name]}")
    return graph


def _reuse_factors(network: FrozenNetwork, target: HlsTarget) -> dict[str, int]:
    """Give each layer with weights the largest reuse factor that it can have, up to the target's.

    hls4ml can share multipliers only so that they come out even: 57 x 32 products by 1, 3, 19, 57 and so on.
    """
    from hls4ml.backends import get_backend

    backend = get_backend(_BACKEND)
    factors = {}
    for layer in network.layers:
        if isinstance(layer, Dense | Conv2D) and target.strategy is Strategy.RESOURCE:
            known = backend.get_valid_reuse_factors(*layer.sum.weights_raw.shape)
            factors[layer.name] = max(int(one) for one in known if one <= target.reuse_factor)
    return factors


def namespace_of(name: str) -> str:
    """Name the C++ namespace of a network."""
    return f"{name}_nn"


def _make_inner(source: Path) -> None:
    """Turn hls4ml's top-level function into one that is called by ours.

    Its port directive belongs to a top level, and its input is reshaped into one word where the caller
    keeps one register an input.
    """
    lines = source.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if "#pragma HLS INTERFACE" not in line]
    reshape = f"#pragma HLS ARRAY_RESHAPE variable={INPUT_LAYER} complete"
    found = [index for index, line in enumerate(kept) if reshape in line]
    if len(lines) - len(kept) != 1 or len(found) != 1:
        raise ToolError(
            f"{source.name}: hls4ml wrote other directives than version 1.3 does; install hls4ml 1.3"
        )
    kept[found[0]] = kept[found[0]].replace("ARRAY_RESHAPE", "ARRAY_PARTITION")
    source.write_text("".join(kept), encoding="utf-8")


def _name_shifts(source: Path, namespace: str) -> None:
    """Let the code of distributed arithmetic, which is in our namespace, find `nnet::bit_shift`.

    hls4ml 1.3 writes it as if it were in `nnet`, where it is when no namespace is given.
    """
    text = source.read_text(encoding="utf-8")
    opening = f"namespace {namespace} {{\n"
    if text.count(opening) != 1:
        raise ToolError(
            f"{source.name}: hls4ml wrote another namespace than version 1.3 does; install hls4ml 1.3"
        )
    source.write_text(text.replace(opening, f"{opening}using nnet::bit_shift;\n"), encoding="utf-8")


@contextlib.contextmanager
def without_keras() -> Iterator[None]:
    """Keep hls4ml from importing Keras and TensorFlow, which takes seconds and is not needed here.

    `VivadoWriter.write_yml` tries to, and goes on without when it cannot (hls4ml 1.3).
    """
    if "keras" in sys.modules:
        yield
        return
    sys.modules["keras"] = None  # type: ignore[assignment]  # how Python spells "cannot be imported"
    try:
        yield
    finally:
        del sys.modules["keras"]
