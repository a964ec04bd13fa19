"""Steps `synth open` and `synth vendor`: what the firmware takes of a part."""

from collections.abc import Iterable
from pathlib import Path

from l1ad.config.loading import load_config
from l1ad.config.target import TargetConfig
from l1ad.core.errors import ToolError
from l1ad.core.progress import Progress, silent
from l1ad.core.resources import ResourceEstimate
from l1ad.flow.build import TARGET_FILE
from l1ad.flow.manifest import check_manifest
from l1ad.flow.results import save_estimate
from l1ad.rtl.synthesis import open_estimate
from l1ad.synthesis.report import SynthesisReport
from l1ad.synthesis.tools import ToolName, find_tools
from l1ad.synthesis.vendor import Step, run_step

__all__ = ["synthesize_open", "synthesize_vendor"]


def synthesize_open(folder: Path, *, yosys: str | None = None, progress: Progress = silent) -> ResourceEstimate:
    """Count the cells of a firmware folder's Verilog with Yosys, and keep the estimate in the folder.

    Args:
        folder: The firmware folder.
        yosys: Program to use instead of the one that is found.
        progress: Told the modules done.
    """
    target, build = _target(folder)
    estimate = open_estimate(folder / "rtl", target.part, yosys=yosys, progress=progress)
    save_estimate(folder, estimate, build=build)
    return estimate


def synthesize_vendor(
    folder: Path,
    steps: Iterable[Step],
    *,
    settings: Path | None = None,
    timeout_s: float,
    progress: Progress = silent,
) -> dict[Step, tuple[SynthesisReport, ...]]:
    """Run the vendor's tools on a firmware folder, step by step; logs are kept in `results/logs`.

    C synthesis, co-simulation and export are of the HLS project, implementation is of the Verilog.

    Args:
        folder: The firmware folder.
        steps: What to run, in order.
        settings: The `settings64.sh` to take the environment from.
        timeout_s: Longest time in s for each step.
        progress: Told the last line that a tool wrote.

    Returns:
        The reports of each step.

    Raises:
        ToolError: If a tool is missing, fails, finds no licence or takes too long.
    """
    _target(folder)
    tools = find_tools(settings)
    reports = {}
    for step in steps:
        if step is Step.IMPLEMENTATION:
            tool, script = tools.named(ToolName.VIVADO), "rtl/vivado_ooc.tcl"
        else:
            tool = tools.hls()
            script = f"hls/{'vivado_hls' if tool.name is ToolName.VIVADO_HLS else 'vitis_hls'}.tcl"
        reports[step] = run_step(step, tool, folder, Path(script), timeout_s=timeout_s, progress=progress)
    return reports


def _target(folder: Path) -> tuple[TargetConfig, str]:
    """Give the target of a folder that is as it was built, and the digest of its manifest."""
    if not (folder / TARGET_FILE).is_file():
        raise ToolError(f"{folder}: no firmware here; `l1ad build` writes it")
    manifest = check_manifest(folder)
    return load_config(folder / TARGET_FILE, TargetConfig), manifest.digest
