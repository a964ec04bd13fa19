"""Thresholds and what they leave of the signals, as tables of what `l1ad rates thresholds --json` prints."""

from collections.abc import Mapping
from typing import Any

from l1ad.report.document import Table
from l1ad.report.numbers import rate_text
from l1ad.report.plain_tables import made_table, percent_text

__all__ = ["efficiency_table", "threshold_remarks", "threshold_table", "threshold_tables"]


def threshold_tables(document: Mapping[str, Any]) -> tuple[Table, ...]:
    """Show the thresholds, the usual ladder where it is another, and what they leave of a run's signals."""
    ladder = (
        _rungs_table(f"ladder_{kind}", f"The usual ladder, {kind} rates", rungs)
        for kind, rungs in document["ladder"].items()
        if _raws(rungs) - _raws(document["rates"])
    )
    found = (efficiency_table(document),) if "efficiencies" in document else ()
    return (threshold_table(document), *ladder, *found)


def threshold_table(document: Mapping[str, Any]) -> Table:
    """Show thresholds in hardware units, with their rates and intervals.

    Args:
        document: Its `rates` and its `stream`, also of a run's `summary.json`.
    """
    return _rungs_table("thresholds", f"Thresholds for {document['stream']}", document["rates"])


def threshold_remarks(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Say what the events do not resolve, and what was counted."""
    events = f"{document['n_events']:,} events"
    if not document["equal_weights"]:
        events += f" (effective {document['effective_events']:,.0f}; intervals scaled Garwood)"
    seen = f"{document['excluded']:,} that the training has seen are left out"
    if not document["checked"]:
        seen = "what the training has seen is not known here; give its run, or be sure of these events"
    beside = "no menu" if document["menu"] is None else f"a menu of {document['menu']} seeds"
    counted = f"counted on {events}, {beside}; {seen}. Intervals: {100 * document['coverage']:.2f} %"
    return (*(f"{name}: {why}" for name, why in document["unresolved"].items()), counted)


def efficiency_table(document: Mapping[str, Any]) -> Table:
    """Show what each threshold leaves of each signal.

    Args:
        document: Its `budgets` and `efficiencies`, also of a run's `summary.json`.
    """
    titles = (f"{name}, {budget}" for name, budget in document["budgets"].items())
    rows = (
        (name, f"{one['auc']:.4f}", *(percent_text(point) for point in one["at"].values()))
        for name, one in document["efficiencies"].items()
    )
    return made_table("efficiencies", "Signal efficiency", ("signal", "AUC", *titles), rows)


def _rungs_table(name: str, title: str, rungs: Mapping[str, Any]) -> Table:
    header = ("threshold", "budget", "hardware units", "interval", "rate", "pure rate", "events", "note")
    rows = (
        (called, f"{one['budget']} {one['kind']}", str(one["threshold_raw"]),
         f"{one['threshold_low_raw']} to {one['threshold_high_raw']}", rate_text(one),
         "" if one["pure"] is None else rate_text(one["pure"]), f"{one['n_pass']} of {one['n_total']:,}",
         one["note"] or (f"{one['tied']} tied" if one["tied"] > 1 else ""))
        for called, one in rungs.items()
    )  # fmt: skip
    return made_table(name, title, header, rows)


def _raws(rungs: Mapping[str, Any]) -> set[int]:
    return {one["threshold_raw"] for one in rungs.values()}
