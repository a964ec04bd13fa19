"""The HLS project as files: written whole into a new folder that takes the old one's place."""

import shutil
import tempfile
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import ToolError
from l1ad.core.network import FrozenNetwork
from l1ad.core.trace import SCORE, Trace, accept_name
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.core.trigger_file import save_trigger
from l1ad.hls.casts import check_casts
from l1ad.hls.layers import computed_layers
from l1ad.hls.manifest import write_manifest
from l1ad.hls.network import write_network
from l1ad.hls.target import HlsTarget
from l1ad.hls.top_level import (
    accept_ports,
    network_name,
    project_name,
    top_header,
    top_name,
    top_source,
)

__all__ = ["TRIGGER_FILE", "write_project"]

TRIGGER_FILE = "trigger.json"


def write_project(
    trigger: TriggerAlgorithm,
    *,
    target: HlsTarget,
    firmware: Path,
    vectors_raw: NDArray[np.integer],
    expected: Trace,
) -> Path:
    """Write `firmware/<name>/` with the algorithm and its HLS project.

    Args:
        trigger: The algorithm.
        target: What it is built for.
        firmware: Folder that holds one folder for each algorithm.
        vectors_raw: Events for the test bench, shape (n_events, n_inputs).
        expected: The emulator's trace of the same events.

    Returns:
        The folder `firmware/<name>`.

    Raises:
        ToolError: If a folder of that name holds something that l1ad did not write, or the algorithm holds
            what C simulation cannot compute.
    """
    folder = firmware / project_name(trigger)
    if folder.exists() and not (folder / TRIGGER_FILE).is_file():
        raise ToolError(f"{folder} exists and holds no {TRIGGER_FILE}; move it away or give another name")
    check_casts(trigger)
    firmware.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=firmware, prefix=f".{folder.name}."))
    try:
        save_trigger(trigger, scratch / TRIGGER_FILE)
        _write_hls(trigger, target, scratch / "hls")
        _write_vectors(trigger, scratch / "hls" / "tb_data", vectors_raw, expected)
        write_manifest(scratch)
        scratch.chmod(0o755)
        _take_place(scratch, folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return folder


def _write_hls(trigger: TriggerAlgorithm, target: HlsTarget, folder: Path) -> None:
    name = top_name(trigger)
    folder.mkdir()
    write_network(trigger.network, name=network_name(trigger), target=target, folder=folder / "network")
    (folder / f"{name}.h").write_text(top_header(trigger), encoding="utf-8")
    (folder / f"{name}.cpp").write_text(top_source(trigger), encoding="utf-8")
    words = _words(trigger, target)
    for template in ("test_bench.cpp", "Makefile", "vitis_hls.tcl"):
        text = (files(__package__) / "templates" / template).read_text(encoding="utf-8")
        for word, value in words.items():
            text = text.replace(f"@{word}@", value)
        (folder / template).write_text(text, encoding="utf-8")


def _words(trigger: TriggerAlgorithm, target: HlsTarget) -> dict[str, str]:
    """Give the templates their words."""
    ports = list(accept_ports(trigger).values())
    return {
        "NAME": project_name(trigger),
        "NETWORK": network_name(trigger),
        "PART": target.part,
        "PERIOD_NS": f"{target.clock.period_ns:g}",
        "TAPS": "\n".join(_taps(trigger.network)),
        "INPUT_FRACTION": str(trigger.network.input_type.fraction),
        "INPUT_ARGUMENTS": ", ".join(f"x[{index}]" for index in range(trigger.layout.n_inputs)),
        "OUTPUT_ARGUMENTS": ", ".join(["score", *ports]),
        "ACCEPT_DECLARATIONS": "\n".join(f"    ap_uint<1> {port};" for port in ports),
        "ACCEPT_RESULTS": "\n".join(f"    out.push_back({port}.to_int64());" for port in ports),
    }


def _taps(network: FrozenNetwork) -> list[str]:
    types = network.types
    return [
        f'    {{"{layer.name}", {layer.n_out}, {types[layer.name].fraction}, {{}}}},'
        for layer in computed_layers(network)
    ]


def _write_vectors(
    trigger: TriggerAlgorithm, folder: Path, vectors_raw: NDArray[np.integer], expected: Trace
) -> None:
    """Write the test bench's events, one a line, and what must come out."""
    folder.mkdir()
    columns = [expected[SCORE], *(expected[accept_name(name)] for name in trigger.thresholds)]
    np.savetxt(folder / "inputs.txt", vectors_raw, fmt="%d")
    np.savetxt(folder / "expected.txt", np.concatenate(columns, axis=1), fmt="%d")


def _take_place(scratch: Path, folder: Path) -> None:
    """Put the new folder where the old one is; the old one comes back if that fails."""
    if not folder.exists():
        scratch.rename(folder)
        return
    old = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}.old."))
    folder.rename(old / folder.name)
    try:
        scratch.rename(folder)
    except OSError:
        (old / folder.name).rename(folder)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)
