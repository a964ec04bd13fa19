"""The HLS project as files: top level, network, test bench, Makefile."""

from importlib.resources import files
from pathlib import Path

from l1ad.core.names import accept_ports, network_name, project_name, top_name
from l1ad.core.network import FrozenNetwork
from l1ad.core.ports import InputPorts, input_ports
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.hls.casts import check_casts
from l1ad.hls.layers import computed_layers
from l1ad.hls.network import write_network
from l1ad.hls.target import HlsTarget
from l1ad.hls.top_level import bench_arguments, bench_declarations, top_header, top_source

__all__ = ["write_hls"]


def write_hls(trigger: TriggerAlgorithm, *, target: HlsTarget, folder: Path) -> None:
    """Write the HLS project of an algorithm.

    Args:
        trigger: The algorithm.
        target: What it is built for.
        folder: The folder to make, `firmware/<name>/hls`. Its test bench reads `../vectors`.

    Raises:
        ToolError: If the algorithm holds what C simulation cannot compute.
        NotExactError: If the ports of the target do not hold the inputs.
    """
    check_casts(trigger)
    ports = input_ports(trigger.layout, target.interface)
    name = top_name(trigger.name)
    folder.mkdir()
    network = network_name(trigger.name)
    write_network(trigger.network, name=network, target=target, folder=folder / "network")
    (folder / f"{name}.h").write_text(top_header(trigger, target), encoding="utf-8")
    (folder / f"{name}.cpp").write_text(top_source(trigger, target), encoding="utf-8")
    words = _words(trigger, ports)
    for template in ("test_bench.cpp", "Makefile"):
        text = (files(__package__) / "templates" / template).read_text(encoding="utf-8")
        for word, value in words.items():
            text = text.replace(f"@{word}@", value)
        (folder / template).write_text(text, encoding="utf-8")


def _words(trigger: TriggerAlgorithm, ports: InputPorts) -> dict[str, str]:
    """Give the templates their words."""
    accepts = list(accept_ports(trigger.thresholds).values())
    return {
        "NAME": project_name(trigger.name),
        "NETWORK": network_name(trigger.name),
        "TAPS": "\n".join(_taps(trigger.network)),
        "INPUT_FRACTION": str(trigger.network.input_type.fraction),
        "N_PORTS": str(len(ports.ports)),
        "INPUT_DECLARATIONS": "\n".join(f"    {line}" for line in bench_declarations(ports)),
        "INPUT_ARGUMENTS": bench_arguments(ports, "x"),
        "OUTPUT_ARGUMENTS": ", ".join(["score", *accepts]),
        "ACCEPT_DECLARATIONS": "\n".join(f"    ap_uint<1> {port};" for port in accepts),
        "ACCEPT_RESULTS": "\n".join(f"    out.push_back({port}.to_int64());" for port in accepts),
    }


def _taps(network: FrozenNetwork) -> list[str]:
    types = network.types
    return [
        f'    {{"{layer.name}", {layer.n_out}, {types[layer.name].fraction}, {{}}}},'
        for layer in computed_layers(network)
    ]
