"""What was measured, estimated or reported, held against a budget: each figure with its source and verdict."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from l1ad.core.resources import ResourceEstimate
from l1ad.synthesis.report import ReportKind, SynthesisReport

__all__ = ["Budget", "BudgetLine", "Verdict", "compared", "estimate_lines", "report_lines"]


class Verdict(StrEnum):
    """What a figure says of its limit."""

    WITHIN = "within"
    OVER = "over"
    UNKNOWN = "unknown"
    NO_LIMIT = "no limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The limits.

    Attributes:
        latency_cycles: Clock cycles from inputs to outputs.
        initiation_interval_cycles: Clock cycles between two bunch crossings taken in.
        resources: Limit of each resource by its name in reports; None has none.
        totals: What the part has, by the same names.
    """

    latency_cycles: int
    initiation_interval_cycles: int
    resources: Mapping[str, int | None]
    totals: Mapping[str, int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetLine:
    """A figure beside its limit.

    Attributes:
        what: What the figure is.
        value: The figure; None where nobody has found it yet.
        limit: The limit; None where there is none.
        unit: Unit of both.
        source: Who says so: a measurement, an estimate, a report.
        verdict: Whether it keeps within the limit.
        note: What a person must know beside it.
    """

    what: str
    value: float | None
    limit: float | None
    unit: str
    source: str
    verdict: Verdict
    note: str = ""


def compared(
    what: str, value: float | None, limit: float | None, *, unit: str, source: str, note: str = ""
) -> BudgetLine:
    """Hold a figure against the highest that is allowed."""
    if limit is None:
        verdict = Verdict.NO_LIMIT
    elif value is None:
        verdict = Verdict.UNKNOWN
    else:
        verdict = Verdict.WITHIN if value <= limit else Verdict.OVER
    return BudgetLine(what=what, value=value, limit=limit, unit=unit, source=source, verdict=verdict, note=note)


_RESOURCES = {"lut": "LUT", "ff": "FF", "dsp": "DSP", "bram_18k": "BRAM 18k"}


def estimate_lines(estimate: ResourceEstimate | None, budget: Budget) -> Iterator[BudgetLine]:
    """Hold an open estimate of the Verilog against the budget; without one its lines say how to get it."""
    for name, title in _RESOURCES.items():
        value = None if estimate is None else getattr(estimate.total, name)
        source = (
            "not estimated; run `l1ad synth open`"
            if estimate is None
            else f"open estimate before placement, {estimate.tool} {estimate.version}"
        )
        yield compared(
            f"{title} of the Verilog", value, budget.resources.get(name), unit="", source=source,
            note=_share(value, budget.totals.get(name)),
        )  # fmt: skip


def report_lines(name: str, report: SynthesisReport, budget: Budget) -> Iterator[BudgetLine]:
    """Hold a vendor's report against the budget.

    Args:
        name: Where the report is, for the reader.
        report: The report.
        budget: The limits.
    """
    source = f"vendor report {name}"
    notes = "; ".join(report.notes)
    if report.kind is ReportKind.COSIMULATION:
        passed = (report.status or "NA").lower() == "pass"
        failed = (report.status or "NA").lower() == "fail"
        yield BudgetLine(
            what="co-simulation", value=None, limit=None, unit=report.status or "NA", source=source,
            verdict=Verdict.WITHIN if passed else Verdict.OVER if failed else Verdict.UNKNOWN, note=notes,
        )  # fmt: skip
    if report.kind in (ReportKind.COSIMULATION, ReportKind.HLS_SYNTHESIS):
        yield compared(
            "latency",
            report.latency_cycles_max,
            budget.latency_cycles,
            unit="cycles",
            source=source,
            note=notes,
        )
        yield compared(
            "initiation interval", report.interval_cycles_max, budget.initiation_interval_cycles,
            unit="cycles", source=source,
        )  # fmt: skip
    if report.estimated_clock_ns is not None and report.target_clock_ns is not None:
        what = "estimated clock" if report.kind is ReportKind.HLS_SYNTHESIS else "achieved clock"
        yield compared(what, report.estimated_clock_ns, report.target_clock_ns, unit="ns", source=source)
    if report.worst_slack_ns is not None:
        yield compared(
            "time over the period", -report.worst_slack_ns, 0.0, unit="ns", source=source, note=notes
        )
    used = report.used.counts()
    if any(value is not None for value in used.values()):
        for key, title in _RESOURCES.items():
            yield compared(
                title, used.get(key), budget.resources.get(key), unit="", source=source,
                note=_share(used.get(key), budget.totals.get(key)),
            )  # fmt: skip


def _share(value: float | None, total: int | None) -> str:
    return f"{value / total:.1%} of the part" if value is not None and total else ""
