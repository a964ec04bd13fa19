"""The summary of a run: what a program reads of it, in one file."""

import hashlib
import json
import platform
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import l1ad
from l1ad.config.loading import load_config
from l1ad.config.target import TargetConfig
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.core.trigger_file import algorithm_digest, load_trigger, trigger_digest
from l1ad.data.opening import events_digest
from l1ad.flow.build import TARGET_FILE, TRIGGER_FILE
from l1ad.flow.check import check_firmware
from l1ad.flow.events import sources
from l1ad.flow.results import load_estimate
from l1ad.flow.run_directory import RunDirectory
from l1ad.rtl.project import DESIGN_FILE

__all__ = ["ACCEPTANCE", "VERIFICATION", "run_summary", "verification_digest"]

ACCEPTANCE, VERIFICATION = "acceptance.json", "verify.json"
"""Where a run keeps its last acceptance, and its last verification."""

NOT_VERIFIED: dict[str, Any] = {
    "events_verified": 0, "mismatches": None, "implementations": [], "agreements": [], "skipped": {},
    "timing": None, "float_comparison": None, "divergences": {},
}  # fmt: skip
NOT_BUILT: dict[str, Any] = {"latency": None, "resources": None, "budget": []}


def run_summary(
    run: RunDirectory, trigger: TriggerAlgorithm, verified: dict[str, Any] | None, rated: dict[str, Any]
) -> dict[str, Any]:
    """Put together what the steps found; of steps that were not run there are empty lists and nulls.

    Args:
        run: The run.
        trigger: Its algorithm with the thresholds.
        verified: What `l1ad verify` found of it; None where it was not verified.
        rated: What `l1ad rates thresholds` found of it.
    """
    folder = run.firmware(trigger)
    found = NOT_VERIFIED if verified is None else verified
    return {
        "name": trigger.name,
        **{key: value for key, value in found.items() if key != "trigger_digest"},
        **(_of_firmware(folder, found["timing"]) if _is_built(folder, trigger) else NOT_BUILT),
        "thresholds": dict(trigger.thresholds),
        "stream": rated["stream"],
        "budgets": rated["budgets"],
        "rates": rated["rates"],
        "efficiencies": rated["efficiencies"],
        "firmware": str(folder),
        "digests": {
            "algorithm": algorithm_digest(trigger),
            "trigger": trigger_digest(trigger),
            "training": str(trigger.provenance.get("training_digest", "")),
            "events": {
                name: events_digest(where) for name, where in sources(run.config.data).items()
            },
        },
        "versions": {
            "l1ad": l1ad.__version__,
            "python": platform.python_version(),
            **{name: version(name) for name in ("numpy", "hls4ml", "scikit-learn", "scipy")},
            **_text_versions(trigger),
        },
        **_acceptance(run, trigger),
    }  # fmt: skip


def verification_digest(run: RunDirectory) -> str:
    """Give the digest of the last verification of a run; empty where there is none."""
    path = run.path / VERIFICATION
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _is_built(folder: Path, trigger: TriggerAlgorithm) -> bool:
    """Tell whether a folder holds firmware of this very state of the algorithm."""
    path = folder / TRIGGER_FILE
    return path.is_file() and trigger_digest(load_trigger(path)) == trigger_digest(trigger)


def _of_firmware(folder: Path, timing: dict[str, Any] | None) -> dict[str, Any]:
    estimate = load_estimate(folder)
    return {
        "latency": _latency(timing, folder),
        "resources": None if estimate is None else {**asdict(estimate), "total": asdict(estimate.total)},
        "budget": [asdict(line) for line in check_firmware(folder)],
    }


def _latency(timing: dict[str, Any] | None, folder: Path) -> dict[str, Any]:
    """Tell the latency: measured in simulation where it was, else as the pipeline was planned."""
    design = json.loads((folder / "rtl" / DESIGN_FILE).read_text(encoding="utf-8"))
    target = load_config(folder / TARGET_FILE, TargetConfig)
    cycles = design["planned_latency_cycles"] if timing is None else timing["latency_max"]
    return {
        "kind": "planned by the delay model" if timing is None else "measured in cycle-true simulation",
        "latency_cycles": cycles,
        "latency_ns": cycles * target.clock.period_ns,
        "initiation_interval_cycles": design["initiation_interval_cycles"]
        if timing is None
        else timing["interval_min"],
        "clock_mhz": target.clock_mhz,
        "budget_cycles": target.budget.latency_cycles,
        "within_budget": cycles <= target.budget.latency_cycles,
        "stage_ns": design["stage_ns"],
        "usable_ns": design["usable_ns"],
        "target": target.name,
    }


def _text_versions(trigger: TriggerAlgorithm) -> dict[str, str]:
    versions = trigger.provenance.get("versions", {})
    return {str(k): str(v) for k, v in versions.items()} if isinstance(versions, dict) else {}


def _acceptance(run: RunDirectory, trigger: TriggerAlgorithm) -> dict[str, Any]:
    """Give the last acceptance of this very algorithm, if it was not verified again since."""
    if not (run.path / ACCEPTANCE).is_file():
        return {}
    accepted = run.read_json(ACCEPTANCE, step="accept")
    of = (accepted.pop("trigger_digest", None), accepted.pop("verification_digest", None))
    if of != (trigger_digest(trigger), verification_digest(run)):
        return {}
    return {"acceptance": accepted}
