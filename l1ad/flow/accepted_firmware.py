"""What a firmware folder says of itself against an acceptance budget: origin, equality, time, resources."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from l1ad.config.acceptance import BitEqualityConfig, Group, HardwareConfig
from l1ad.core.errors import L1adError, ToolError
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.core.trigger_file import load_trigger, trigger_digest
from l1ad.flow.accepted_line import AcceptanceLine, Verdict, found, held, refused, unmeasured
from l1ad.flow.build import TARGET_FILE, TRIGGER_FILE
from l1ad.flow.check import check_firmware
from l1ad.flow.manifest import check_manifest, read_manifest
from l1ad.flow.results import load_verification
from l1ad.flow.run_directory import RunDirectory
from l1ad.flow.train import RECORD
from l1ad.synthesis.budget import BudgetLine
from l1ad.synthesis.budget import Verdict as BudgetVerdict

__all__ = ["Delivery", "equality_lines", "hardware_lines", "opened_delivery", "provenance_lines"]

VERIFICATION = "results/verification.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A firmware folder as it was handed over.

    Attributes:
        folder: The folder.
        trigger: Its algorithm; None where the file is not as it was saved.
        fault: Why it is not as it was built; empty if it is.
        files: Generated files that the manifest names.
    """

    folder: Path
    trigger: TriggerAlgorithm | None
    fault: str
    files: int


def opened_delivery(folder: Path) -> Delivery:
    """Open a firmware folder, and note what was changed in it.

    Raises:
        ToolError: If it is none.
    """
    if not (folder / TARGET_FILE).is_file() or not (folder / TRIGGER_FILE).is_file():
        raise ToolError(f"{folder}: no firmware here; `l1ad build` writes it")
    fault, files, trigger = "", 0, None
    try:
        files = len(check_manifest(folder).files)
    except ToolError as broken:
        fault = str(broken)
    try:
        trigger = load_trigger(folder / TRIGGER_FILE)
    except L1adError as broken:
        fault = fault or str(broken)
    return Delivery(folder=folder, trigger=trigger, fault=fault, files=files)


def provenance_lines(
    delivery: Delivery, thresholds: tuple[str, ...], run: RunDirectory | None
) -> Iterator[AcceptanceLine]:
    """Check that files, algorithm, verification and training belong together, and the thresholds are there.

    Args:
        delivery: The folder.
        thresholds: Names of the thresholds that the budget is for.
        run: The run that it was built from, if it is there.
    """
    group: Group = "provenance"
    if delivery.fault:
        yield refused(group, "files as built", delivery.fault)
    else:
        yield found(group, "files as built", delivery.files, source="MANIFEST.json, SHA-256 of each file")
    trigger = delivery.trigger
    if trigger is None:
        yield unmeasured(group, "algorithm", f"{TRIGGER_FILE} is not as it was saved")
        return
    digest = trigger_digest(trigger)
    if not delivery.fault:
        yield _same(
            "algorithm of the build", digest, read_manifest(delivery.folder).made.get("trigger_digest"),
            "the manifest was written for",
        )  # fmt: skip
        yield _verified_digest(delivery.folder, digest)
    yield from _training(trigger, run)
    if run is not None:
        yield _same("algorithm of the run", digest, trigger_digest(run.trigger()), f"{run.path} now has")
    for name in thresholds:
        yield _threshold(trigger, name)
    others = [name for name in trigger.thresholds if name not in thresholds]
    if others:
        note = "the budget says nothing of what they may cost"
        yield found(group, "other thresholds", ", ".join(others), source=TRIGGER_FILE, note=note)


def equality_lines(
    delivery: Delivery, limits: BitEqualityConfig, divergence: str = ""
) -> Iterator[AcceptanceLine]:
    """Check that every implementation gave the emulator's integers, in the verification of this very build.

    Args:
        delivery: The folder.
        limits: Implementations that must have been compared, and on how many events.
        divergence: What a verification made now found, in words; empty if nothing.

    Raises:
        ToolError: If the result of the verification lacks what every one has.
    """
    group: Group = "bit_equality"
    document = None if delivery.fault else load_verification(delivery.folder)
    if document is None:
        why = (
            "the folder is not as it was built"
            if delivery.fault
            else "not verified as built; run `l1ad verify`"
        )
        if divergence:
            yield refused(group, "verification", divergence)
        for name in limits.implementations:
            yield unmeasured(group, _differ(name), why, limit=0)
        return
    try:
        compared = {one["implementation"]: one for one in document["agreements"]}
        for name in (*limits.implementations, *(one for one in compared if one not in limits.implementations)):
            if name in compared:
                yield from _equality(
                    compared[name], name in limits.implementations, limits.min_events, divergence
                )
            else:
                why = document["skipped"].get(name, "`l1ad verify` did not compare it")
                yield unmeasured(group, _differ(name), why, limit=0)
    except (KeyError, TypeError, AttributeError) as fault:
        raise ToolError(
            f"{delivery.folder / VERIFICATION}: not a verification ({fault}); run `l1ad verify` again"
        ) from None


def hardware_lines(delivery: Delivery, limits: HardwareConfig) -> Iterator[AcceptanceLine]:
    """Hold latency, interval, paths and resources against our limits, and where we have none the target's.

    A latency that is only planned is not measured.
    """
    if delivery.fault:
        for group in ("timing", "resources"):
            yield unmeasured(group, "of the firmware", "the folder is not as it was built")
        return
    document = load_verification(delivery.folder)
    simulated = document is not None and document.get("timing") is not None
    for line in check_firmware(delivery.folder):
        base = line.what.removesuffix(" of the Verilog")
        if base == "integers that differ":  # each implementation has a line of its own
            continue
        planned = not simulated and line.what in (
            "latency of the Verilog",
            "initiation interval of the Verilog",
        )
        yield _hardware(line, getattr(limits, _LIMITS[base]) if base in _LIMITS else None, planned)


_LIMITS = {
    "latency": "latency_cycles", "initiation interval": "initiation_interval_cycles", "LUT": "lut", "FF": "ff",
    "DSP": "dsp", "BRAM 18k": "bram_18k",
}  # fmt: skip
"""Key of ours for each figure of `check_firmware`."""

_RESOURCES = ("LUT", "FF", "DSP", "BRAM 18k")


def _same(name: str, digest: str, other: Any, whose: str) -> AcceptanceLine:
    if other == digest:
        return found("provenance", name, digest[:12])
    why = f"{TRIGGER_FILE} is {digest[:12]}, {whose} {str(other)[:12]}; run `l1ad build` again"
    return refused("provenance", name, why, value=digest[:12])


def _verified_digest(folder: Path, digest: str) -> AcceptanceLine:
    name, document = "algorithm verified", load_verification(folder)
    if document is not None:
        return _same(name, digest, document.get("trigger_digest"), "verified was")
    if not (folder / VERIFICATION).exists():
        return unmeasured("provenance", name, "nobody verified this build; run `l1ad verify`")
    return refused(
        "provenance", name, f"{VERIFICATION} is of another build or cannot be read; run `l1ad verify` again"
    )


def _training(trigger: TriggerAlgorithm, run: RunDirectory | None) -> Iterator[AcceptanceLine]:
    name, digest = "training", str(trigger.provenance.get("training_digest") or "")
    if not digest:
        origin = trigger.provenance.get("imported_from")
        told = f"imported from {origin}" if origin else f"{TRIGGER_FILE} does not say"
        yield unmeasured("provenance", name, f"no digest of a training: {told}")
        return
    record = None if run is None else run.path / RECORD
    if record is None or not record.is_file():
        yield found("provenance", name, digest[:12], source=f"provenance in {TRIGGER_FILE}")
        return
    theirs = str(json.loads(record.read_text(encoding="utf-8")).get("digest"))
    if theirs == digest:
        yield found("provenance", name, digest[:12], source="provenance, and the run's record")
    else:
        why = f"{TRIGGER_FILE} is of training {digest[:12]}, {record} of {theirs[:12]}; freeze and build again"
        yield refused("provenance", name, why, value=digest[:12])


def _threshold(trigger: TriggerAlgorithm, name: str) -> AcceptanceLine:
    if name in trigger.thresholds:
        return found("provenance", f"threshold {name!r}", trigger.thresholds[name], source=TRIGGER_FILE)
    there = ", ".join(trigger.thresholds) or "none"
    why = f"{TRIGGER_FILE} has no threshold {name!r}; there is {there}"
    return refused("provenance", f"threshold {name!r}", why)


def _differ(implementation: str) -> str:
    return f"integers that differ, {implementation}"


def _equality(one: dict[str, Any], listed: bool, min_events: int, divergence: str) -> Iterator[AcceptanceLine]:
    name, source = one["implementation"], f"{one['events']:,} events, {one['values']:,} integers"
    note = divergence if one["differing_values"] and name in divergence else ""
    yield held("bit_equality", _differ(name), one["differing_values"], 0, source=source, note=note)
    if listed:
        yield held(
            "bit_equality", f"events compared, {name}", one["events"], min_events, at_least=True,
            source=VERIFICATION,
        )  # fmt: skip


def _hardware(line: BudgetLine, ours: int | None, planned: bool) -> AcceptanceLine:
    group: Group = "resources" if line.what.removesuffix(" of the Verilog") in _RESOURCES else "timing"
    name = line.what if line.what.endswith(" of the Verilog") else f"{line.what}, {line.source}"
    limit = line.limit if ours is None else ours
    if line.value is None:
        if line.verdict is BudgetVerdict.WITHIN:
            return found(group, name, line.unit, source=line.source, note=line.note)
        if line.verdict is BudgetVerdict.OVER:
            why = "; ".join(filter(None, (f"{line.what} says {line.unit}", line.note)))
            return refused(group, name, why, value=line.unit, source=line.source)
        return unmeasured(group, name, line.source, limit=limit, unit=line.unit)
    kept = held(group, name, line.value, limit, unit=line.unit, source=line.source, note=line.note)
    if planned and kept.verdict is Verdict.PASS:
        why = f"{kept.measured_text}, {line.source}"
        return unmeasured(group, name, why, limit=limit, unit=line.unit)
    return kept
