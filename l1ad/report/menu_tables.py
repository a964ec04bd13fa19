"""An algorithm beside the trigger menu, as tables of what `l1ad rates menu --json` prints."""

from collections.abc import Mapping
from typing import Any

from l1ad.report.document import Table
from l1ad.report.plain_tables import estimate_text, figure_text, filled, made_table, percent_text

__all__ = ["menu_remarks", "menu_tables"]

_QUANTITIES_SHOWN = 8
_RATES = ("before", "after", "pure", "proportional")


def menu_tables(document: Mapping[str, Any]) -> tuple[Table, ...]:
    """Show rates of seeds and thresholds, overlap, gain, and what the pure sample is made of."""
    return filled(
        (_rates_table(document), _overlap_table(document["comparison"]), _gain_table(document["gains"]),
         _composition_table(document["composition"]))
    )  # fmt: skip


def menu_remarks(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Say what the menu takes alone, and with each threshold."""
    comparison = document["comparison"]
    with_thresholds = (
        f"with {one['rates']['name']} at {one['threshold_raw']}: {estimate_text(one['menu_with'])}"
        for one in comparison["thresholds"]
    )
    return (f"the menu alone: {estimate_text(comparison['menu'])}", *with_thresholds)


def _rates_table(document: Mapping[str, Any]) -> Table:
    comparison = document["comparison"]
    entries = (*comparison["seeds"], *(one["rates"] for one in comparison["thresholds"]))
    header = ("seed", "prescale", "before prescale", "after", "pure", "proportional")
    rows = (
        (one["name"], str(one["prescale"]), *(estimate_text(one[kind]) for kind in _RATES)) for one in entries
    )
    return made_table("menu_rates", f"Rates beside the menu, {document['stream']}", header, rows)


def _overlap_table(comparison: Mapping[str, Any]) -> Table:
    overlap, n_seeds = comparison["overlap"], len(comparison["seeds"])
    names, share = overlap["names"], overlap["share"]  # no share where the threshold accepts nothing
    rows = (
        (names[column], *(figure_text(share[row][column], ".1%") for row in range(n_seeds, len(names))))
        for column in range(n_seeds)
    )
    title = "Overlap: part of what the threshold accepts that the seed accepts too, before prescale"
    return made_table("menu_overlap", title, ("seed", *names[n_seeds:]), rows)


def _gain_table(gains: Mapping[str, Any]) -> Table:
    header = ("signal", "threshold", "the menu", "threshold", "gained beyond the menu")
    rows = (
        (signal, one["name"], percent_text(gain["menu"]), percent_text(one["total"]),
         percent_text(one["gained"]))
        for signal, gain in gains.items()
        for one in gain["thresholds"]
    )  # fmt: skip
    return made_table("menu_gain", "Efficiency", header, rows)


def _composition_table(composition: Mapping[str, Any]) -> Table:
    everything = composition["everything"]
    shown = list(everything["spectra"])[:_QUANTITIES_SHOWN]
    populations = [("all events", everything)]
    for one in composition["thresholds"]:
        populations += [(f"{one['name']}, total", one["total"]), (f"{one['name']}, pure", one["pure"])]
    rows = (
        (title, f"{one['n_events']:,}", *(figure_text(one["spectra"][name]["mean"], ".4g") for name in shown))
        for title, one in populations
    )
    title = "What events are made of, means"
    return made_table("menu_composition", title, ("events", "number", *shown), rows)
