"""Whether rates are steady, as tables of what `l1ad rates stability --json` prints."""

from collections.abc import Mapping
from typing import Any

from l1ad.report.document import Table
from l1ad.report.plain_tables import estimate_text, figure_text, filled, made_table

__all__ = ["stability_remarks", "stability_tables"]

_MOST_CORRELATED = 10
_MOST_SLICES = 5


def stability_tables(document: Mapping[str, Any]) -> tuple[Table, ...]:
    """Show tests of constancy and trend, rates at another pile-up, correlations and sculpting."""
    return filled(
        (_steadiness_table(document), _pileup_table(document["at_pileup"]),
         _correlation_table(document["correlations"]), _sculpting_table(document["sculpting"]))
    )  # fmt: skip


def stability_remarks(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Say what a bootstrap of lumi sections gives, and what carries the rates at another pile-up."""
    told = [
        f"{column}: {estimate_text(rate)} by a bootstrap of lumi sections"
        for column, rate in document["by_lumi_section"].items()
    ]
    there = document["at_pileup"]
    if there is not None:
        told.append(
            f"at a mean pile-up of {there['mean_pileup']:.4g}: {there['effective_events']:,.0f} effective "
            f"events; heaviest weight {there['largest_weight']:.3g}"
        )
    return tuple(told)


def _steadiness_table(document: Mapping[str, Any]) -> Table:
    header = (
        "rate", "along", "slices", "p of one rate", "slope, % a unit", "p of no trend", "slices that differ",
    )  # fmt: skip
    rows = (
        (column, slicing, str(len(one["titles"])), figure_text(one["constancy"]["p_value"], ".3g"),
         _slope_text(one["trend"]), figure_text(one["trend"]["p_value"], ".3g"),
         "; ".join(outlier["title"] for outlier in one["outliers"][:_MOST_SLICES]) or "none")
        for column, along in document["steadiness"].items()
        for slicing, one in along.items()
    )  # fmt: skip
    return made_table("stability", f"Stability, {document['stream']}", header, rows)


def _slope_text(trend: Mapping[str, Any]) -> str:
    slope, error = trend["slope"], trend["error"]
    return "-" if slope is None or error is None else f"{100 * slope:+.3g} ± {100 * error:.2g}"


def _pileup_table(there: Mapping[str, Any] | None) -> Table:
    mean, rates = (0.0, {}) if there is None else (there["mean_pileup"], there["rates"])
    rows = ((name, estimate_text(rate)) for name, rate in rates.items())
    return made_table("at_pileup", f"At a mean pile-up of {mean:.4g}", ("threshold", "rate"), rows)


def _correlation_table(correlations: Mapping[str, Any]) -> Table:
    # What is surely not zero first: a handful of events correlates with anything.
    strongest = sorted(
        correlations.items(), key=lambda item: (item[1]["error"] or 0.0) - abs(item[1]["spearman"] or 0.0)
    )
    header = ("quantity", "rank correlation", "correlation with log(1 + score)", "bits of information")
    rows = (
        (name, f"{figure_text(one['spearman'], '+.3f')} ± {figure_text(one['error'], '.3f')}",
         figure_text(one["pearson"], "+.3f"), figure_text(one["mutual_information_bits"], ".3f"))
        for name, one in strongest[:_MOST_CORRELATED]
    )  # fmt: skip
    return made_table("score_correlations", "What the score goes with", header, rows)


def _sculpting_table(sculpting: Mapping[str, Any]) -> Table:
    header = ("quantity", "threshold", "largest distance of the spectra", "by chance")
    rows = (
        (name, threshold, figure_text(one["distance"], ".3f"), figure_text(one["by_chance"], ".3f"))
        for name, of in sculpting.items()
        for threshold, one in of.items()
    )
    return made_table("sculpting", "Sculpting: accepted events beside all", header, rows)
