"""How rates are printed: one table for each question."""

from typing import TYPE_CHECKING, Any

import typer

from l1ad.cli.terminal import print_table
from l1ad.report.numbers import rate_text

if TYPE_CHECKING:
    from l1ad.flow.rate_menu import BesideMenu
    from l1ad.flow.rate_stability import RateStability
    from l1ad.rates.weighted import RateEstimate

__all__ = [
    "estimate_text",
    "print_menu",
    "print_run_rates",
    "print_stability",
    "print_summary_rates",
    "print_thresholds",
]

_MOST_CORRELATED = 10
_MOST_SLICES = 5
_QUANTITIES_SHOWN = 8


def print_thresholds(document: dict[str, Any]) -> None:
    """Print thresholds with their rates, and the ladder."""
    _print_rungs(f"Thresholds for {document['stream']}", document["rates"])
    for kind, rungs in document["ladder"].items():
        if {one["threshold_raw"] for one in rungs.values()} - _raws(document["rates"]):
            _print_rungs(f"The usual ladder, {kind} rates", rungs)
    for name, why in document["unresolved"].items():
        typer.echo(f"{name}: {why}")
    events = f"{document['n_events']:,} events"
    if not document["equal_weights"]:
        events += f" (effective {document['effective_events']:,.0f}; intervals scaled Garwood)"
    seen = f"{document['excluded']:,} that the training has seen are left out"
    if not document["checked"]:
        seen = "what the training has seen is not known here; give its run, or be sure of these events"
    beside = "no menu" if document["menu"] is None else f"a menu of {document['menu']} seeds"
    typer.echo(f"counted on {events}, {beside}; {seen}. Intervals: {100 * document['coverage']:.2f} %")


def print_run_rates(document: dict[str, Any]) -> None:
    """Print the thresholds of a run, and what they leave of the signals."""
    print_thresholds(document)
    print_efficiencies(document)


def print_summary_rates(summary: dict[str, Any]) -> None:
    """Print the thresholds of a finished run without the ladder, and what they leave of the signals."""
    _print_rungs(f"Thresholds for {summary['stream']}", summary["rates"])
    print_efficiencies(summary)


def print_efficiencies(document: dict[str, Any]) -> None:
    """Print the efficiency of each signal at each threshold."""
    rows = [
        [name, f"{one['auc']:.4f}", *(_percent(point) for point in one["at"].values())]
        for name, one in document["efficiencies"].items()
    ]
    titles = [f"{name}, {budget}" for name, budget in document["budgets"].items()]
    print_table("Signal efficiency", ["signal", "AUC", *titles], rows)


def _raws(rungs: dict[str, Any]) -> set[int]:
    return {one["threshold_raw"] for one in rungs.values()}


def _print_rungs(title: str, rungs: dict[str, Any]) -> None:
    print_table(
        title,
        ["threshold", "budget", "hardware units", "interval", "rate", "pure rate", "events", "note"],
        [
            [name, f"{one['budget']} {one['kind']}", str(one["threshold_raw"]),
             f"{one['threshold_low_raw']} to {one['threshold_high_raw']}", rate_text(one),
             "" if one["pure"] is None else rate_text(one["pure"]), f"{one['n_pass']} of {one['n_total']:,}",
             one["note"] or (f"{one['tied']} tied" if one["tied"] > 1 else "")]
            for name, one in rungs.items()
        ],
    )  # fmt: skip


def print_menu(result: "BesideMenu") -> None:
    """Print rates of seeds and thresholds, overlap, gain and what the pure sample is made of."""
    comparison = result.comparison
    entries = [*comparison.seeds, *(one.rates for one in comparison.thresholds)]
    print_table(
        f"Rates beside the menu, {result.stream}",
        ["seed", "prescale", "before prescale", "after", "pure", "proportional"],
        [
            [one.name, str(one.prescale),
             *map(estimate_text, (one.before, one.after, one.pure, one.proportional))]
            for one in entries
        ],
    )  # fmt: skip
    typer.echo(f"the menu alone: {estimate_text(comparison.menu)}")
    for one in comparison.thresholds:
        typer.echo(f"with {one.rates.name} at {one.threshold_raw}: {estimate_text(one.menu_with)}")
    names, n_seeds = comparison.overlap.names, len(comparison.seeds)
    print_table(
        "Overlap: part of what the threshold accepts that the seed accepts too, before prescale",
        ["seed", *names[n_seeds:]],
        [
            [
                names[column],
                *(_share(comparison.overlap.share[row, column]) for row in range(n_seeds, len(names))),
            ]
            for column in range(n_seeds)
        ],
    )
    rows = [
        [signal, one.name, _part(gain.menu), _part(one.total), _part(one.gained)]
        for signal, gain in result.gains.items()
        for one in gain.thresholds
    ]
    if rows:
        header = ["signal", "threshold", "the menu", "threshold", "gained beyond the menu"]
        print_table("Efficiency", header, rows)
    _print_composition(result)


def _print_composition(result: "BesideMenu") -> None:
    composition = result.composition
    shown = list(composition.everything.spectra)[:_QUANTITIES_SHOWN]
    populations = [("all events", composition.everything)]
    for one in composition.thresholds:
        populations += [(f"{one.name}, total", one.total), (f"{one.name}, pure", one.pure)]
    print_table(
        "What events are made of, means",
        ["events", "number", *shown],
        [
            [title, f"{one.n_events:,}", *(_number(one.spectra[name].mean) for name in shown)]
            for title, one in populations
        ],
    )


def print_stability(result: "RateStability") -> None:
    """Print tests of constancy and trend, outliers, and the strongest correlations."""
    rows = [
        [column, slicing, str(len(one.titles)), f"{one.constancy.p_value:.3g}",
         f"{100 * one.trend.slope:+.3g} ± {100 * one.trend.error:.2g}", f"{one.trend.p_value:.3g}",
         "; ".join(outlier.title for outlier in one.outliers[:_MOST_SLICES]) or "none"]
        for column, along in result.steadiness.items()
        for slicing, one in along.items()
    ]  # fmt: skip
    header = [
        "rate",
        "along",
        "slices",
        "p of one rate",
        "slope, % a unit",
        "p of no trend",
        "slices that differ",
    ]
    print_table(f"Stability, {result.stream}", header, rows)
    for column, rate in result.by_lumi_section.items():
        typer.echo(f"{column}: {estimate_text(rate)} by a bootstrap of lumi sections")
    if result.at_pileup is not None:
        there = result.at_pileup
        print_table(
            f"At a mean pile-up of {there.mean_pileup:.4g}",
            ["threshold", "rate"],
            [[name, estimate_text(rate)] for name, rate in there.rates.items()],
        )
        typer.echo(
            f"{there.effective_events:,.0f} effective events; heaviest weight {there.largest_weight:.3g}"
        )
    # What is surely not zero first: a handful of events correlates with anything.
    strongest = sorted(
        result.correlations.items(), key=lambda item: item[1].error - abs(_known(item[1].spearman))
    )
    print_table(
        "What the score goes with",
        ["quantity", "rank correlation", "correlation with log(1 + score)", "bits of information"],
        [
            [name, f"{one.spearman:+.3f} ± {one.error:.3f}", f"{one.pearson:+.3f}",
             f"{one.mutual_information_bits:.3f}"]
            for name, one in strongest[:_MOST_CORRELATED]
        ],
    )  # fmt: skip
    rows = [
        [name, threshold, f"{one.distance:.3f}", f"{one.by_chance:.3f}"]
        for name, of in result.sculpting.items()
        for threshold, one in of.items()
    ]
    if rows:
        header = ["quantity", "threshold", "largest distance of the spectra", "by chance"]
        print_table("Sculpting: accepted events beside all", header, rows)


def estimate_text(estimate: "RateEstimate") -> str:
    """Write a rate with its interval."""
    ends = {"rate_hz": estimate.rate_khz, "low_hz": estimate.low_khz, "high_hz": estimate.high_khz}
    return rate_text({name: 1000 * khz for name, khz in ends.items()})


def _percent(point: dict[str, Any]) -> str:
    return f"{100 * point['value']:.2f} % ({100 * point['low']:.2f} to {100 * point['high']:.2f})"


def _part(efficiency: Any) -> str:
    return _percent({"value": efficiency.efficiency, "low": efficiency.low, "high": efficiency.high})


def _share(share: float) -> str:
    return "-" if share != share else f"{share:.1%}"  # NaN where the threshold accepts nothing


def _known(value: float) -> float:
    return 0.0 if value != value else value


def _number(value: float) -> str:
    return "-" if value != value else f"{value:.4g}"
