"""How the tail, a review and its CSV are laid out."""

import csv
import io
from typing import TYPE_CHECKING, Any

import typer

from l1ad.cli.rates_tables import estimate_text
from l1ad.cli.terminal import print_table
from l1ad.report.numbers import rate_text

if TYPE_CHECKING:
    from l1ad.flow.rate_review import RateReview

__all__ = ["print_review", "print_tail", "review_csv"]

_ENDS = ("rate", "low", "high")


def print_tail(document: dict[str, Any]) -> None:
    """Print the fits from each onset, and the rates."""
    print_table(
        "Generalised Pareto fits by onset",
        ["onset", "events", "shape", "scale", "agrees with all above"],
        [
            [str(one["onset_raw"]), f"{one['n_above']:,}", f"{one['shape']:+.3f} ± {one['shape_error']:.3f}",
             f"{one['scale']:.4g}", "yes" if one["agrees"] else "no"]
            for one in document["onsets"]
        ],
    )  # fmt: skip
    typer.echo(
        f"chosen: above {document['onset_raw']}, {document['n_above']:,} events; goodness of fit p = "
        f"{document['p_value']:.3g}"
    )
    print_table(
        "Rates",
        ["threshold", "hardware units", "rate", "from"],
        [
            [name, str(one["threshold_raw"]),
             rate_text({f"{key}_hz": 1000 * one[f"{key}_khz"] for key in _ENDS}), one["label"]]
            for name, one in document["rates"].items()
        ],
    )  # fmt: skip


def print_review(result: "RateReview") -> None:
    """Print what a unit changes, and thresholds over pile-up."""
    rows = [
        [name, f"{one.step:+d}" if one.step else "0", str(one.threshold_raw), estimate_text(one.total),
         "" if one.pure is None else estimate_text(one.pure), estimate_text(one.change) if one.step else ""]
        for name, steps in result.steps.items()
        for one in steps
    ]  # fmt: skip
    print_table(
        f"{result.algorithm}: what a step of the threshold changes, {result.stream}",
        ["threshold", "step", "hardware units", "rate", "pure rate", "change"], rows,
    )  # fmt: skip
    rows = [
        [
            f"{mean:g}",
            name,
            str(one.threshold_raw),
            f"{one.low_raw} to {one.high_raw}",
            estimate_text(one.total),
        ]
        for mean, of in result.over_pileup.items()
        for name, one in of.items()
    ]
    if rows:
        header = ["mean pile-up", "threshold", "hardware units", "interval", "rate"]
        print_table("Thresholds that keep today's rates", header, rows)
    for mean, why in result.unresolved.items():
        typer.echo(f"pile-up {mean:g}: {why}")


def review_csv(result: "RateReview") -> str:
    """Lay the table of a menu review out as CSV, rates in kHz."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    columns = ["rate_khz", "low_khz", "high_khz"]
    writer.writerow(
        ["seed", "threshold_raw", "prescale", *(f"total_{one}" for one in columns),
         *(f"pure_{one}" for one in columns), "n_pass", "n_events", "stream"]
    )  # fmt: skip
    for name, one in result.thresholds.items():
        pure = ["", "", ""] if one.pure is None else [f"{getattr(one.pure, name):.6g}" for name in columns]
        total = [f"{getattr(one.total, column):.6g}" for column in columns]
        writer.writerow(
            [f"{result.algorithm}_{name}", one.threshold_raw, 1, *total, *pure, one.total.n_pass,
             result.n_events, result.stream]
        )  # fmt: skip
    return stream.getvalue()
