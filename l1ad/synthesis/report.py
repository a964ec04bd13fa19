"""What a synthesis tool reported, as values: an absent figure is None, never 0."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any

__all__ = ["PipelineType", "ReportKind", "SynthesisReport", "ToolResources"]


class ReportKind(StrEnum):
    """What a report is about."""

    HLS_SYNTHESIS = "hls_synthesis"
    COSIMULATION = "cosimulation"
    UTILISATION = "utilisation"
    TIMING = "timing"


class PipelineType(StrEnum):
    """How the top level is pipelined, in the words of the HLS tools; `none` of Vivado HLS is `no`."""

    NO = "no"
    YES = "yes"
    FUNCTION = "function"
    LOOP = "loop"
    DATAFLOW = "dataflow"
    OTHER = "other"

    @classmethod
    def from_text(cls, text: str) -> "PipelineType":
        """Read the tool's word, e.g. 'loop auto-rewind stp'; a word that is not known is OTHER."""
        word = text.strip().lower().partition(" ")[0]
        if word == "none":
            return cls.NO
        return cls(word) if word in set(cls) else cls.OTHER


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResources:
    """Numbers of a part's resources; None is "the report does not say".

    Attributes:
        lut: Look-up tables.
        ff: Flip-flops; in Vivado's reports with the few latches, as its line of registers counts them.
        dsp: DSP slices.
        bram_18k: Block RAM in halves of 18 kbit; a tile of 36 kbit is two.
        uram: Ultra RAM blocks.
    """

    lut: int | None = None
    ff: int | None = None
    dsp: int | None = None
    bram_18k: int | None = None
    uram: int | None = None

    def __post_init__(self) -> None:
        for name, number in self.counts().items():
            if number is not None and number < 0:
                raise ValueError(f"{number} {name} cannot be used; a count is 0 or more")

    def counts(self) -> dict[str, int | None]:
        """Give the numbers by name."""
        return {one.name: getattr(self, one.name) for one in fields(self)}

    @property
    def all_zero(self) -> bool:
        """Whether the report gives numbers and every one of them is 0."""
        given = [number for number in self.counts().values() if number is not None]
        return bool(given) and not any(given)


@dataclass(frozen=True, slots=True, kw_only=True)
class SynthesisReport:
    """One report of an HLS or FPGA tool. None is "the report does not say, or says it is undefined".

    Attributes:
        source: File name of the report.
        kind: What it is about.
        tool: Name of the tool, if the file says one, e.g. 'Vitis HLS', 'Vivado', or 'xsim'.
        version: Version of the tool, e.g. '2024.1'.
        part: Part number as the tool spells it.
        top: Top-level function or module.
        target_clock_ns: Clock period asked for.
        clock_uncertainty_ns: Part of it that the HLS tool keeps free.
        estimated_clock_ns: Shortest period that the tool expects, or after placement and routing has achieved.
        latency_cycles_min: Fewest clock cycles from input to output.
        latency_cycles_max: Most.
        interval_cycles_min: Fewest clock cycles between accepted inputs.
        interval_cycles_max: Most.
        pipeline: How the top level is pipelined.
        used: ToolResources used.
        available: ToolResources of the part.
        status: Co-simulation: Pass, Fail or NA. Vivado: the design state, e.g. Synthesized or Routed.
        worst_slack_ns: Timing reports: worst negative slack of setup (WNS); below 0 is not met.
        total_slack_ns: Timing reports: total negative slack of setup (TNS).
        remarks: What the reader of this format had to say; shown as part of `notes`.
    """

    source: str
    kind: ReportKind
    tool: str | None = None
    version: str | None = None
    part: str | None = None
    top: str | None = None
    target_clock_ns: float | None = None
    clock_uncertainty_ns: float | None = None
    estimated_clock_ns: float | None = None
    latency_cycles_min: int | None = None
    latency_cycles_max: int | None = None
    interval_cycles_min: int | None = None
    interval_cycles_max: int | None = None
    pipeline: PipelineType | None = None
    used: ToolResources = ToolResources()
    available: ToolResources = ToolResources()
    status: str | None = None
    worst_slack_ns: float | None = None
    total_slack_ns: float | None = None
    remarks: tuple[str, ...] = ()

    @property
    def clock_exceeded(self) -> bool | None:
        """Whether the estimated clock is longer than the target; None without both."""
        if self.estimated_clock_ns is None or self.target_clock_ns is None:
            return None
        return self.estimated_clock_ns > self.target_clock_ns

    @property
    def timing_met(self) -> bool | None:
        """Whether no path is too slow; None unless the report gives a slack."""
        return None if self.worst_slack_ns is None else self.worst_slack_ns >= 0

    @property
    def overused(self) -> dict[str, tuple[int, int]]:
        """Resources used beyond what the part has: name -> (used, available)."""
        available = self.available.counts()
        pairs = ((name, used, available[name]) for name, used in self.used.counts().items())
        known = ((name, used, there) for name, used, there in pairs if used is not None and there is not None)
        return {name: (used, there) for name, used, there in known if used > there}

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person who reads the figures must be told."""
        return (*self.remarks, *_cycle_notes(self), *_clock_notes(self), *_resource_notes(self))

    def document(self) -> dict[str, Any]:
        """Give the report as JSON knows values; `notes` in place of `remarks`."""
        values = asdict(self)
        del values["remarks"]
        return {**values, "notes": list(self.notes)}


def _cycle_notes(report: SynthesisReport) -> Iterator[str]:
    if report.kind is ReportKind.COSIMULATION:
        status = (report.status or "NA").lower()
        if status == "na":
            yield "co-simulation gave no result (NA): it did not run to its end"
        elif status != "pass":
            yield f"co-simulation did not pass ({report.status}): the RTL differs from the C, or it broke off"
        elif report.interval_cycles_max is None:
            yield "initiation interval was not measured by the co-simulation"
    if report.kind is ReportKind.HLS_SYNTHESIS:
        if report.latency_cycles_max is None:
            yield "latency is undefined: the tool could not bound it; is every loop of a fixed length?"
        if report.interval_cycles_max is None:
            yield "initiation interval is undefined"
    for what, low, high in (
        ("latency", report.latency_cycles_min, report.latency_cycles_max),
        ("initiation interval", report.interval_cycles_min, report.interval_cycles_max),
    ):
        if low is not None and high is not None and low != high:
            yield f"{what} is not fixed: {low} to {high} cycles"


def _clock_notes(report: SynthesisReport) -> Iterator[str]:
    estimated, target, margin = report.estimated_clock_ns, report.target_clock_ns, report.clock_uncertainty_ns
    if estimated is not None and target is not None:
        word = "estimated" if report.kind is ReportKind.HLS_SYNTHESIS else "achieved"
        if estimated > target:
            yield f"{word} clock {estimated:g} ns exceeds the target of {target:g} ns"
        elif margin is not None and estimated > target - margin:
            yield f"{word} clock {estimated:g} ns meets {target:g} ns, but not with its margin of {margin:g} ns"
    elif target is not None and report.kind is ReportKind.HLS_SYNTHESIS:
        yield "no estimated clock: the tool found nothing to time"
    if report.timing_met is False:
        yield f"timing is not met: worst negative slack {report.worst_slack_ns:g} ns"


def _resource_notes(report: SynthesisReport) -> Iterator[str]:
    if report.used.all_zero:
        yield "all resources are zero, which is suspicious: was the logic optimised away?"
    if report.overused:
        over = (f"{used} {name.upper()} of {there}" for name, (used, there) in report.overused.items())
        yield f"does not fit the part: {', '.join(over)}"
