"""A firmware folder: built, estimated, held against its budget, accepted or not."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from l1ad.api.progress import progress_bar
from l1ad.api.shown import Shown, grown
from l1ad.config.acceptance import AcceptanceConfig, load_acceptance
from l1ad.config.loading import parse_config
from l1ad.config.run import FirmwareConfig
from l1ad.core.resources import ResourceEstimate
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.flow.acceptance import Acceptance as FoundAcceptance
from l1ad.flow.acceptance import accept, save_acceptance
from l1ad.flow.build import Build, build
from l1ad.flow.check import check_firmware
from l1ad.flow.run_directory import RunDirectory
from l1ad.flow.synthesize import synthesize_open
from l1ad.flow.wave import record_events
from l1ad.report.acceptance_tables import acceptance_remarks, acceptance_suite, acceptance_table
from l1ad.report.document import Table
from l1ad.report.firmware_tables import budget_table, cells_table
from l1ad.report.junit import write_junit
from l1ad.report.plain_tables import made_table
from l1ad.synthesis.budget import BudgetLine, Verdict

__all__ = ["Acceptance", "Budget", "Cells", "Firmware", "accepted", "built", "checked", "synthesized", "waved"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Cells(Shown, ResourceEstimate):
    """Cells of the Verilog, an open estimate before placement; attributes as `ResourceEstimate`."""

    def headline(self) -> str:
        """Say the sums."""
        return (
            f"{self.total.lut:,} LUT, {self.total.ff:,} FF, {self.total.dsp:,} DSP by {self.tool}, an estimate"
        )

    def document(self) -> dict[str, Any]:
        """Lay the estimate out for JSON, as `l1ad synth open --json`."""
        return {**asdict(self), "total": asdict(self.total)}

    def tables(self) -> tuple[Table, ...]:
        """Show each module and the sum."""
        return (cells_table(self),)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Budget(Shown):
    """Everything known of a firmware folder beside its limits.

    Attributes:
        lines: The figures, each with its limit, source and verdict.
    """

    lines: tuple[BudgetLine, ...]

    @property
    def over(self) -> tuple[str, ...]:
        """Figures that are over their limit; where there is one, `l1ad check` exits with 3."""
        return tuple(line.what for line in self.lines if line.verdict is Verdict.OVER)

    def headline(self) -> str:
        """Say what is over, if anything is."""
        return (
            f"over budget: {', '.join(self.over)}"
            if self.over
            else f"{len(self.lines)} figures, none over budget"
        )

    def document(self) -> list[dict[str, Any]]:
        """Lay the figures out for JSON, as `l1ad check --json`."""
        return [asdict(line) for line in self.lines]

    def tables(self) -> tuple[Table, ...]:
        """Show each figure beside its limit."""
        return (budget_table(self.document()),)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Acceptance(Shown, FoundAcceptance):
    """The verdict on a delivery; attributes as `l1ad.flow.acceptance.Acceptance`."""

    def headline(self) -> str:
        """Say whether it is accepted."""
        verdict = "accepted" if self.accepted else f"not accepted, {len(self.failed)} checks fail"
        return f"{self.folder.name}: {verdict} by {self.budget} ({len(self.lines)} checks)"

    def document(self) -> dict[str, Any]:
        """Lay the verdict out for JSON, as `l1ad accept --json`."""
        return FoundAcceptance.document(self)

    def tables(self) -> tuple[Table, ...]:
        """Show every check."""
        return (acceptance_table(self.document()),)

    def remarks(self) -> tuple[str, ...]:
        """Say how many checks it passed, and why it failed those that it failed."""
        return acceptance_remarks(self.document())


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Firmware(Shown, Build):
    """A firmware folder that was just built; attributes as `l1ad.flow.build.Build`."""

    def headline(self) -> str:
        """Say where it is, what for, and its planned latency."""
        return (
            f"{self.folder}: for {self.target}, {len(self.thresholds)} accept bits, planned "
            f"{self.latency_cycles} of {self.budget_cycles} cycles of {self.clock_mhz:g} MHz"
        )

    def document(self) -> dict[str, Any]:
        """Lay the build out for JSON, as `l1ad build --json`."""
        return {**asdict(self), "folder": str(self.folder)}

    def tables(self) -> tuple[Table, ...]:
        """Show the stages of the pipeline, by the delay model."""
        rows = ((str(number), f"{one:.2f}") for number, one in enumerate(self.stage_ns, start=1))
        return (made_table("stages", "Stages, by the delay model", ("stage", "longest path in ns"), rows),)

    def remarks(self) -> tuple[str, ...]:
        """Say what is missing or over."""
        told = [] if self.thresholds else ["no threshold is set, so there is no accept bit"]
        return (*told, *([] if self.within_budget else ["built, but the planned latency is over budget"]))

    def synthesize(self, *, progress: bool | None = None) -> Cells:
        """Estimate the cells with Yosys, as `l1ad synth open`."""
        return synthesized(self.folder, progress=progress)

    def check(self) -> Budget:
        """Hold everything known against the target's budget, as `l1ad check`."""
        return checked(self.folder)

    def accept(
        self,
        budget: str | Path | AcceptanceConfig,
        *,
        events: str | Path | None = None,
        verify: bool = False,
        junit: str | Path | None = None,
        progress: bool | None = None,
    ) -> Acceptance:
        """Hold the folder against the budget of whoever takes it, as `l1ad accept`; `junit` is for CI."""
        return accepted(
            self.folder, budget, run=None, events=events, verify=verify, junit=junit, progress=progress
        )

    def wave(
        self,
        events: str | Path,
        event_numbers: int | Sequence[int],
        out: str | Path,
        *,
        progress: bool | None = None,
    ) -> Path:
        """Record every signal of the Verilog while named events pass into a `.vcd`, as `l1ad wave`; give it."""
        return waved(self.folder, events, event_numbers, out, progress=progress)


def built(
    trigger: TriggerAlgorithm,
    config: FirmwareConfig,
    *,
    folder: str | Path | None,
    target: str | Path | None,
    strategy: str | None,
    reuse_factor: int | None,
    force: bool,
) -> Firmware:
    """Build firmware; what is None stays as `config` says it."""
    said = {
        "folder": None if folder is None else str(folder), "target": None if target is None else str(target),
        "strategy": strategy, "reuse_factor": reuse_factor,
    }  # fmt: skip
    changed = {key: value for key, value in said.items() if value is not None}
    wanted = parse_config({**config.model_dump(), **changed}, FirmwareConfig, where="build")
    return grown(Firmware, build(trigger, wanted, force=force))


def synthesized(folder: Path, *, progress: bool | None) -> Cells:
    """Estimate the cells of a firmware folder."""
    with progress_bar("synth open", progress) as tell:
        return grown(Cells, synthesize_open(folder, progress=tell))


def checked(folder: Path) -> Budget:
    """Hold a firmware folder against the budget of its target."""
    return Budget(lines=tuple(check_firmware(folder)))


def accepted(
    folder: Path,
    budget: str | Path | AcceptanceConfig,
    *,
    run: RunDirectory | None,
    events: str | Path | None,
    verify: bool,
    junit: str | Path | None,
    progress: bool | None,
) -> Acceptance:
    """Hold a firmware folder against a budget: one that ships, a YAML file, or a configuration.

    The verdict is kept in the run, where there is one, so that reports show it.
    """
    began = datetime.now(UTC)
    config = budget if isinstance(budget, AcceptanceConfig) else load_acceptance(str(budget))
    counted = None if events is None else str(events)
    with progress_bar("accept", progress) as tell:
        found = accept(folder, config, run=run, events=counted, verify=verify, progress=tell)
    if run is not None:
        save_acceptance(run, found)
    if junit is not None:
        write_junit(acceptance_suite(found.document(), began=began, ended=datetime.now(UTC)), Path(junit))
    return grown(Acceptance, found)


def waved(
    folder: Path,
    events: str | Path,
    event_numbers: int | Sequence[int],
    out: str | Path,
    *,
    progress: bool | None,
) -> Path:
    """Record events in a waveform of the Verilog of a firmware folder."""
    numbers = (event_numbers,) if isinstance(event_numbers, int) else tuple(event_numbers)
    with progress_bar("wave", progress) as tell:
        record_events(folder, str(events), numbers, Path(out), progress=tell)
    return Path(out)
