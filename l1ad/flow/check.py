"""Step `check`: a firmware folder against the budget of its target."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from l1ad.config.loading import load_config
from l1ad.config.target import TargetConfig
from l1ad.core.errors import ToolError
from l1ad.flow.build import TARGET_FILE
from l1ad.flow.manifest import check_manifest
from l1ad.flow.results import load_estimate, load_verification
from l1ad.rtl.project import DESIGN_FILE
from l1ad.synthesis.budget import Budget, BudgetLine, compared, estimate_lines, report_lines
from l1ad.synthesis.finding import find_reports
from l1ad.synthesis.reading import read_report

__all__ = ["check_firmware"]

_MEASURED = "measured in cycle-true simulation"
_PLANNED = "planned by the delay model; run `l1ad verify`"


def check_firmware(folder: Path) -> list[BudgetLine]:
    """Hold everything known of a firmware folder against its budget.

    Agreement and latency come from the last `l1ad verify` of this very build, resources from `l1ad synth
    open`, and the rest from the reports of vendor tools below the folder. What nobody has found yet has a
    line that says how to.

    Raises:
        ToolError: If it is no firmware folder, or a file of it was changed since the build.
    """
    if not (folder / TARGET_FILE).is_file():
        raise ToolError(f"{folder}: no firmware here; `l1ad build` writes it")
    check_manifest(folder)
    target = load_config(folder / TARGET_FILE, TargetConfig)
    budget = _budget(target)
    verified = load_verification(folder)
    design = json.loads((folder / "rtl" / DESIGN_FILE).read_text(encoding="utf-8"))
    lines = [_agreement(verified), *_timing(verified, design, budget), _path(design, target)]
    lines += estimate_lines(load_estimate(folder), budget)
    for report in find_reports(folder):
        lines += report_lines(report.relative_to(folder).as_posix(), read_report(report), budget)
    return lines


def _budget(target: TargetConfig) -> Budget:
    limits, totals = target.budget, target.totals
    return Budget(
        latency_cycles=limits.latency_cycles,
        initiation_interval_cycles=limits.initiation_interval_cycles,
        resources={"lut": limits.lut, "ff": limits.ff, "dsp": limits.dsp, "bram_18k": limits.bram_18k},
        totals={"lut": totals.lut, "ff": totals.ff, "dsp": totals.dsp, "bram_18k": totals.bram_18k},
    )


def _agreement(verified: dict[str, Any] | None) -> BudgetLine:
    if verified is None:
        return compared(
            "integers that differ", None, 0, unit="", source="not verified as built; run `l1ad verify`"
        )
    others = len(verified["implementations"]) - 1
    source = f"{others} implementations, {verified['events_verified']:,} events"
    note = "; ".join(f"not compared: {name}" for name in verified["skipped"])
    return compared("integers that differ", verified["mismatches"], 0, unit="", source=source, note=note)


def _timing(verified: dict[str, Any] | None, design: dict[str, Any], budget: Budget) -> Iterator[BudgetLine]:
    measured = None if verified is None else verified["timing"]
    if measured is None:
        latency, interval, source = (
            design["planned_latency_cycles"],
            design["initiation_interval_cycles"],
            _PLANNED,
        )
    else:
        latency, interval, source = measured["latency_max"], measured["interval_min"], _MEASURED
    yield compared("latency of the Verilog", latency, budget.latency_cycles, unit="cycles", source=source)
    yield compared(
        "initiation interval of the Verilog", interval, budget.initiation_interval_cycles, unit="cycles",
        source=source,
    )  # fmt: skip


def _path(design: dict[str, Any], target: TargetConfig) -> BudgetLine:
    return compared(
        "longest path of the Verilog", max(design["stage_ns"]), target.clock.period_ns, unit="ns",
        source="delay model, an assumption before placement",
        note=f"the pipeline was cut for {design['usable_ns']:g} ns",
    )  # fmt: skip
