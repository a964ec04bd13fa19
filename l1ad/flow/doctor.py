"""Whether this machine can do the work: packages, tools, resources, and small trials that run something."""

import os
import shutil
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from l1ad import __version__
from l1ad.core.machine import usable_cores
from l1ad.core.plain import plain
from l1ad.flow.doctor_findings import Finding, Health
from l1ad.flow.doctor_packages import core_findings, extra_findings, package_conflicts
from l1ad.flow.doctor_tools import graphics_cards, tool_findings
from l1ad.flow.doctor_trials import compiler_trial, emulator_trial, verilator_trial

__all__ = ["Diagnosis", "diagnose"]

_GIB = 2**30
_LEAST_MEMORY, _LEAST_DISK = 4, 5
"""GiB under which the demo's training and firmware become a matter of luck."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """Everything that was looked at, in the order it is shown.

    Attributes:
        findings: What was found.
    """

    findings: tuple[Finding, ...]

    @property
    def works(self) -> bool:
        """Whether everything that nothing works without is in order."""
        return all(one.health is Health.GOOD for one in self.findings if one.needed)

    def document(self) -> dict[str, Any]:
        """Lay it out for JSON."""
        return {"works": self.works, "findings": plain(self.findings)}


def diagnose() -> Diagnosis:
    """Look at packages, tools, machine and conflicts, and run the trials; nothing is written or installed."""
    parts: tuple[Callable[[], list[Finding]], ...] = (
        _python,
        core_findings,
        extra_findings,
        package_conflicts,
        tool_findings,
        graphics_cards,
        _machine,
        lambda: [emulator_trial()],
        lambda: [compiler_trial()],
        lambda: [verilator_trial()],
    )
    with ThreadPoolExecutor(len(parts)) as pool:  # most of them wait for a program
        found = list(pool.map(lambda part: part(), parts))
    return Diagnosis(findings=tuple(one for part in found for one in part))


def _python() -> list[Finding]:
    version = sys.version.split()[0]
    return [
        Finding(group="package", name="python", found=version, needed=True),
        Finding(group="package", name="l1ad", found=__version__, needed=True),
    ]


def _machine() -> list[Finding]:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / _GIB
    free = shutil.disk_usage(Path.cwd()).free / _GIB
    return [
        Finding(group="machine", name="cores", found=str(usable_cores())),
        _enough("memory", total, _LEAST_MEMORY, "GiB in all"),
        _enough("disk", free, _LEAST_DISK, "GiB free in the working directory"),
    ]


def _enough(name: str, gib: float, least: int, unit: str) -> Finding:
    little = gib < least
    return Finding(
        group="machine", name=name, found=f"{gib:.1f} {unit}", health=Health.ODD if little else Health.GOOD,
        note=f"little: the demo wants {least} GiB" if little else "",
    )  # fmt: skip
