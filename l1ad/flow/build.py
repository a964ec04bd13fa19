"""Step `build`: from `trigger.json` to the firmware folder that is handed over."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

import l1ad
from l1ad.config.run import FirmwareConfig
from l1ad.config.target import TargetConfig, load_target
from l1ad.core.errors import NotExactError
from l1ad.core.fixed import FixedType
from l1ad.core.names import network_name, project_name, top_name
from l1ad.core.ports import input_ports
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.core.trigger_file import save_trigger, trigger_digest
from l1ad.data.vectors import write_vectors
from l1ad.emulate.compare import crafted_extremes
from l1ad.emulate.engine import trace
from l1ad.flow.firmware_folder import replaced_folder
from l1ad.flow.firmware_readme import firmware_readme
from l1ad.flow.manifest import write_manifest
from l1ad.hls.emulator import write_emulator
from l1ad.hls.project import write_hls
from l1ad.hls.target import HlsTarget, Strategy
from l1ad.rtl.delay import DelayModel
from l1ad.rtl.design import pipelined_design
from l1ad.rtl.project import write_rtl
from l1ad.synthesis.vendor_scripts import Script, fill_script

__all__ = ["TARGET_FILE", "TRIGGER_FILE", "Build", "build", "hls_target"]

TRIGGER_FILE, TARGET_FILE = "trigger.json", "target.yaml"

_RANDOM_VECTORS = 1000
_TOOLS = ("hls4ml", "alkaid", "numpy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """What a build left.

    Attributes:
        folder: The firmware folder of the algorithm.
        target: Name of the target.
        thresholds: Names of the thresholds that got an accept bit.
        latency_cycles: Stages of the pipelined Verilog, planned by the delay model; `verify` measures them.
        stage_ns: Longest path of each stage by that model.
        clock_mhz: The clock.
        budget_cycles: Cycles allowed.
    """

    folder: Path
    target: str
    thresholds: tuple[str, ...]
    latency_cycles: int
    stage_ns: tuple[float, ...]
    clock_mhz: float
    budget_cycles: int

    @property
    def within_budget(self) -> bool:
        """Whether the plan keeps within the latency budget."""
        return self.latency_cycles <= self.budget_cycles


def build(trigger: TriggerAlgorithm, firmware: FirmwareConfig, *, force: bool = False) -> Build:
    """Write the firmware folder of an algorithm: HLS, Verilog, emulator, and vectors that ours answered.

    Args:
        trigger: The algorithm.
        firmware: Where and what for.
        force: Whether to replace a folder that holds what no build made.

    Raises:
        NotExactError: If the target's ports or its score word are not those of the algorithm.
        ToolError: If the folder holds what no build made, or the algorithm what no tool can compute.
    """
    target = load_target(firmware.target)
    _check_score(trigger, target)
    ports = input_ports(trigger.layout, target.interface)
    delay = DelayModel(period_ns=target.clock.period_ns, **target.delay.model_dump())
    design = pipelined_design(trigger, ports, delay)
    hls = hls_target(target, firmware)
    vectors_raw = _test_vectors(trigger)
    folder = Path(firmware.folder) / project_name(trigger.name)
    with replaced_folder(folder, force=force) as scratch:
        save_trigger(trigger, scratch / TRIGGER_FILE)
        (scratch / TARGET_FILE).write_text(_target_text(target), encoding="utf-8")
        write_vectors(trigger, ports, vectors_raw, trace(trigger, vectors_raw), scratch / "vectors")
        write_hls(trigger, target=hls, folder=scratch / "hls")
        write_rtl(design, clock=target.clock, delay=delay, folder=scratch / "rtl")
        write_emulator(trigger, target=hls, folder=scratch / "emulator")
        for place, text in _vendor_scripts(trigger, target, [one.name for one in design.modules]):
            (scratch / place).write_text(text, encoding="utf-8")
        made = _made(trigger, target, firmware)
        readme = firmware_readme(trigger, target, ports, design.pipeline, made["command"])
        (scratch / "README.md").write_text(readme, encoding="utf-8")
        write_manifest(scratch, made)
    return Build(
        folder=folder,
        target=target.name,
        thresholds=tuple(trigger.thresholds),
        latency_cycles=design.pipeline.latency_cycles,
        stage_ns=design.pipeline.stage_ns,
        clock_mhz=target.clock_mhz,
        budget_cycles=target.budget.latency_cycles,
    )


def hls_target(target: TargetConfig, firmware: FirmwareConfig) -> HlsTarget:
    """Tell the HLS room what it needs to know of a target."""
    return HlsTarget(
        part=target.part, clock=target.clock, interface=target.interface,
        strategy=Strategy(firmware.strategy), reuse_factor=firmware.reuse_factor,
    )  # fmt: skip


def _check_score(trigger: TriggerAlgorithm, target: TargetConfig) -> None:
    if target.score_word is None:
        return
    wanted, score = FixedType.from_cpp(target.score_word), trigger.score.result
    if (score.width, score.integer, score.signed) != (wanted.width, wanted.integer, wanted.signed):
        raise NotExactError(
            f"the score of {trigger.name!r} is a word of {score}, target {target.name} has one of {wanted}; "
            "set the model's score_type, or build for another target"
        )


def _vendor_scripts(
    trigger: TriggerAlgorithm, target: TargetConfig, modules: list[str]
) -> Iterator[tuple[str, str]]:
    top = top_name(trigger.name)
    files = " ".join(f"{name}.v" for name in (*modules, top))
    words = {
        "NAME": project_name(trigger.name), "NETWORK": network_name(trigger.name), "TOP": top,
        "PART": target.part, "PERIOD_NS": f"{target.clock.period_ns:.3f}", "FILES": files,
        "XDC": f"{top}.xdc", "REPORTS": "../results/vivado",
    }  # fmt: skip
    for script in (Script.VITIS_HLS, Script.VIVADO_HLS):
        yield f"hls/{script.value}", fill_script(script, words)
    yield f"rtl/{Script.VIVADO_OOC.value}", fill_script(Script.VIVADO_OOC, words)


def _made(trigger: TriggerAlgorithm, target: TargetConfig, firmware: FirmwareConfig) -> dict[str, Any]:
    """Tell how the folder was made, so that anyone can make it again from what is in it."""
    shared = f" --reuse-factor {firmware.reuse_factor}" if firmware.reuse_factor > 1 else ""
    return {
        "command": f"l1ad build {TRIGGER_FILE} --target {TARGET_FILE} --strategy {firmware.strategy}{shared}",
        "target": target.name,
        "trigger_digest": trigger_digest(trigger),
        "versions": {"l1ad": l1ad.__version__, **{name: _version(name) for name in _TOOLS}},
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _target_text(target: TargetConfig) -> str:
    return yaml.safe_dump(target.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def _test_vectors(trigger: TriggerAlgorithm) -> NDArray[np.int64]:
    """Crafted extremes, then events drawn evenly over the ranges (the same ones at every build)."""
    layout = trigger.layout
    drawn = np.random.default_rng(57).integers(
        layout.raw_min, layout.raw_max + 1, (_RANDOM_VECTORS, layout.n_inputs)
    )
    return np.concatenate([crafted_extremes(layout), drawn])
