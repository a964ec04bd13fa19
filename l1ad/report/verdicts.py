"""The summary on top of a report: agreement, budget, rates and acceptance, each with its verdict."""

from collections.abc import Iterator, Mapping
from typing import Any

from l1ad.report.document import State, Verdict
from l1ad.report.numbers import rate_text
from l1ad.report.resources_section import verdict_state

__all__ = ["verdicts"]


def verdicts(summary: Mapping[str, Any]) -> tuple[Verdict, ...]:
    """Answer what a trigger expert asks first.

    Args:
        summary: The run's summary, as in `summary.json`, perhaps with `acceptance`.
    """
    return (_agreement(summary), _latency(summary), *_cells(summary), *_rates(summary), *_accepted(summary))


def _agreement(summary: Mapping[str, Any]) -> Verdict:
    if not summary["agreements"]:
        return Verdict(
            what="Agreement", found="not verified", state=State.OPEN,
            why="l1ad verify compares every implementation", section="agreement",
        )  # fmt: skip
    differing = max(one["differing_events"] for one in summary["agreements"])
    skipped = f"; not compared: {', '.join(summary['skipped'])}" if summary["skipped"] else ""
    return Verdict(
        what="Agreement",
        found=f"{differing:,} of {summary['events_verified']:,} events differ",
        state=State.BAD if summary["mismatches"] else State.GOOD,
        why=f"{', '.join(summary['implementations'])}; no tolerance{skipped}",
        section="agreement",
    )


def _latency(summary: Mapping[str, Any]) -> Verdict:
    latency = summary["latency"]
    if latency is None:
        return Verdict(
            what="Latency", found="no firmware", state=State.OPEN, why="l1ad build writes it",
            section="resources",
        )  # fmt: skip
    return Verdict(
        what="Latency",
        found=f"{latency['latency_cycles']} cycles, {latency['latency_ns']:g} ns",
        state=State.GOOD if latency["within_budget"] else State.BAD,
        why=f"{latency['kind']}; budget {latency['budget_cycles']} cycles of {latency['clock_mhz']:g} MHz",
        section="resources",
    )


def _cells(summary: Mapping[str, Any]) -> Iterator[Verdict]:
    """Tell LUTs, and whatever else is over its limit."""
    for line in summary["budget"]:
        is_shown = line["what"].startswith("LUT") or (
            line["verdict"] == "over"
            and line["what"] != "integers that differ"
            and "latency" not in line["what"]
        )
        if not is_shown:
            continue
        value, limit = ("–" if one is None else f"{one:,.6g}" for one in (line["value"], line["limit"]))
        yield Verdict(
            what=line["what"][:1].upper() + line["what"][1:],
            found=f"{value} {line['unit']}".strip(),
            state=verdict_state(line["verdict"]),
            why=f"limit {limit}; {line['source']}",
            section="resources",
        )


def _rates(summary: Mapping[str, Any]) -> Iterator[Verdict]:
    for name, rate in summary["rates"].items():
        pure = "" if rate["pure"] is None else f"; pure {rate_text(rate['pure'])}"
        yield Verdict(
            what=f"Threshold {name}: {rate['threshold_raw']} hardware units",
            found=rate_text(rate),
            state=State.OPEN if rate["note"] else State.GOOD,  # a note says that it is extrapolated
            why=f"budget {rate['budget']} {rate['kind']}{pure}{'; ' if rate['note'] else ''}{rate['note']}",
            section="rates",
        )


def _accepted(summary: Mapping[str, Any]) -> Iterator[Verdict]:
    accepted = summary.get("acceptance")
    if accepted is None:
        return
    named = {
        verdict: [one["name"] for one in accepted["checks"] if one["verdict"] == verdict]
        for verdict in ("fail", "unclear")
    }
    yield Verdict(
        what=f"Acceptance by {accepted['budget']}",
        found="accepted" if accepted["accepted"] else "not accepted",
        state=State.GOOD if accepted["accepted"] else State.BAD,
        why=f"{len(accepted['checks'])} checks; fails: {', '.join(named['fail']) or 'none'}; unclear: "
        f"{', '.join(named['unclear']) or 'none'}",
        section="delivery",
    )
