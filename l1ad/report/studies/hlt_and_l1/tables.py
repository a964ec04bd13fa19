"""Tables of a study of HLT and L1 objects."""

import math
from collections.abc import Mapping

from l1ad.report.document import Table
from l1ad.report.numbers import UNKNOWN, value_text
from l1ad.report.studies.hlt_and_l1.results import BothResults, Entry, Trained, Volatility
from l1ad.report.studies.hlt_and_l1.verdicts import figure_text, find_cell, spread_text

__all__ = [
    "cross_table",
    "entry_table",
    "pair_table",
    "stream_table",
    "trained_text",
    "view_name",
    "view_table",
    "volatility_table",
]

_VIEW = {"l1": "L1", "hlt": "HLT"}
_STREAM = {"zero_bias": "zero bias", "accepted": "what L1 accepts"}
_TYPES = {"eg": "e/γ", "mu": "µ", "jet": "jet"}


def view_name(view: str) -> str:
    """Write a view as people do."""
    return _VIEW[view]


def trained_text(trained: Trained) -> str:
    """Say what a network is, e.g. `vanilla, HLT objects of zero bias`."""
    return f"{trained.family}, {_VIEW[trained.view]} objects of {_STREAM[trained.stream]}"


def cross_table(results: BothResults) -> Table:
    """Lay out what every network of zero bias finds in both views, signal by signal."""
    cells = [one for one in results.cells if one.trained.stream == "zero_bias"]
    points = list(next(iter(cells[0].signals.values())).efficiency)
    header = (
        "network", "trained on", "asked about", "signal", "AUC",
        *(f"% found at {point} of zero bias" for point in points),
        f"% found at {points[0]} and not taken by L1's menu",
    )  # fmt: skip
    rows = tuple(
        (
            one.trained.family, _VIEW[one.trained.view], _VIEW[one.scored], name, figure_text(found.auc),
            *(figure_text(found.efficiency[point], 1, 100.0) for point in points),
            figure_text(found.pure[points[0]], 1, 100.0),
        )
        for one in cells
        for name, found in one.signals.items()
    )  # fmt: skip
    return Table(name="cross_figures", title="Each network asked about both", header=header, rows=rows)


def pair_table(results: BothResults) -> Table:
    """Lay out how alike events are ordered: by one network in both views, and by two networks in their own."""
    rows = []
    for family, of in results.pairs.items():
        for trained, other in (("l1", "hlt"), ("hlt", "l1")):
            found = find_cell(results, family, trained, "zero_bias", other)
            compared = f"{_VIEW[trained]} network, both views"
            rows.append((family, compared, "zero_bias", spread_text(found.same_events)))
        rows += [(family, "each network on its own view", name, spread_text(one)) for name, one in of.items()]
    header = ("network", "scores compared", "events", "rank correlation")
    return Table(name="same_events", title="Event by event", header=header, rows=tuple(rows))


def stream_table(results: BothResults) -> Table:
    """Lay out HLT networks trained on zero bias and on what L1 accepts, on HLT objects."""
    cells = [one for one in results.cells if one.trained.view == "hlt" and one.scored == "hlt"]
    first = next(iter(cells[0].signals.values()))
    point, shares = next(iter(first.efficiency)), list(first.stream)
    header = (
        "network", "trained on", "signal", "AUC against zero bias", f"% found at {point} of zero bias",
        *(f"% accepted by L1 and found at {share} of its stream" for share in shares), "% accepted by L1",
    )  # fmt: skip
    rows = tuple(
        (
            one.trained.family, _STREAM[one.trained.stream], name, figure_text(found.auc),
            figure_text(found.efficiency[point], 1, 100.0),
            *(figure_text(found.stream[share], 1, 100.0) for share in shares),
            value_text(100 * results.accepted_signals[name], decimals=1),
        )
        for one in cells
        for name, found in one.signals.items()
    )  # fmt: skip
    return Table(name="stream_figures", title="HLT objects", header=header, rows=rows)


def entry_table(family: str, views: Mapping[str, tuple[Entry, ...]]) -> Table:
    """Lay out how every entry comes back, L1 and HLT side by side."""
    told = ("events", "reconstructed − true", "width of the entry itself")
    header = ("entry", "unit", *(f"{_VIEW[view]}: {what}" for view in views for what in told))
    rows = tuple(
        (same[0].name, same[0].unit, *(cell for one in same for cell in _entry(one)))
        for same in zip(*views.values(), strict=True)
    )
    return Table(
        name=f"entries_{family}", title=f"Reconstruction by {family}: mean ± width", header=header, rows=rows,
        folded=True,
    )  # fmt: skip


def _entry(one: Entry) -> tuple[str, str, str]:
    if not one.events or math.isnan(one.width):
        return "0", UNKNOWN, UNKNOWN
    # As many decimals as show two digits of the width.
    size = one.width or one.true_width or 1.0
    decimals = min(4, max(1, 1 - math.floor(math.log10(size))))
    difference = f"{value_text(one.mean, decimals=decimals)} ± {value_text(one.width, decimals=decimals)}"
    return f"{one.events:,}", difference, value_text(one.true_width, decimals=decimals)


def volatility_table(results: BothResults) -> Table:
    """Lay out how far trainings spread that differ in their seed alone."""
    shares = list(results.volatility[0].common)
    header = (
        "network", *(f"AUC of {name}" for name in results.signals),
        *(f"% of {name} found at {shares[0]}" for name in results.signals),
        f"threshold at {shares[0]}, relative spread",
        "rank correlation, mean (lowest)", *(f"same events accepted at {share}" for share in shares),
    )  # fmt: skip
    return Table(
        name="volatility_figures", title="In their own view", header=header,
        rows=tuple(_volatility(one, results.signals) for one in results.volatility),
    )  # fmt: skip


def _volatility(one: Volatility, signals: tuple[str, ...]) -> tuple[str, ...]:
    relative = one.threshold.relative_volatility
    return (
        trained_text(one.trained),
        *(
            f"{one.auc[name].mean:.3f} ({one.auc[name].low:.3f} to {one.auc[name].high:.3f})"
            for name in signals
        ),
        *(
            f"{100 * one.efficiency[name].mean:.1f} ({100 * one.efficiency[name].low:.1f} to "
            f"{100 * one.efficiency[name].high:.1f})"
            for name in signals
        ),
        UNKNOWN if relative is None else f"{100 * relative:.1f} %",
        f"{one.correlation_mean:.3f} ({one.correlation_low:.3f})",
        *(f"{100 * share:.0f} %" for share in one.common.values()),
    )


def view_table(results: BothResults) -> Table:
    """Lay out what the samples look like in both views."""
    header = (
        "sample", "view", "events", "% accepted by L1", "MET (GeV): median (16 to 84 %)",
        "MET, rank correlation of the views",
        *(f"mean number of {name}" for name in _TYPES.values()),
        *(f"median pT of the leading {name} (GeV)" for name in _TYPES.values()),
    )  # fmt: skip
    rows = tuple(
        (
            one.sample, _VIEW[one.view], f"{one.events:,}", value_text(100 * one.accepted, decimals=2),
            f"{one.met[1]:.1f} ({one.met[0]:.1f} to {one.met[2]:.1f})", f"{one.correlation:.2f}",
            *(value_text(one.objects[kind]) for kind in _TYPES),
            *(value_text(one.leading[kind], decimals=1) for kind in _TYPES),
        )
        for one in results.views
    )  # fmt: skip
    return Table(name="sample_views", title="The same events seen twice", header=header, rows=rows)
