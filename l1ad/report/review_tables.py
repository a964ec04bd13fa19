"""The tail of the scores and a menu review, as tables and as CSV of what `l1ad rates ... --json` prints."""

import csv
import io
from collections.abc import Mapping
from typing import Any

from l1ad.report.document import Table
from l1ad.report.plain_tables import estimate_text, filled, made_table

__all__ = ["review_csv", "review_remarks", "review_tables", "tail_remarks", "tail_tables"]

_KHZ = ("rate_khz", "low_khz", "high_khz")


def tail_tables(document: Mapping[str, Any]) -> tuple[Table, ...]:
    """Show the fits from each onset, and the rates."""
    onsets = (
        (str(one["onset_raw"]), f"{one['n_above']:,}", f"{one['shape']:+.3f} ± {one['shape_error']:.3f}",
         f"{one['scale']:.4g}", "yes" if one["agrees"] else "no")
        for one in document["onsets"]
    )  # fmt: skip
    rates = (
        (name, str(one["threshold_raw"]), estimate_text(one), one["label"])
        for name, one in document["rates"].items()
    )
    return filled(
        (made_table("tail_onsets", "Generalised Pareto fits by onset",
                    ("onset", "events", "shape", "scale", "agrees with all above"), onsets),
         made_table("tail_rates", "Rates", ("threshold", "hardware units", "rate", "from"), rates))
    )  # fmt: skip


def tail_remarks(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Say from where on the tail is fitted, and how well."""
    return (
        f"chosen: above {document['onset_raw']}, {document['n_above']:,} events; goodness of fit p = "
        f"{document['p_value']:.3g}",
    )


def review_tables(document: Mapping[str, Any]) -> tuple[Table, ...]:
    """Show what a step of each threshold changes, and thresholds over pile-up."""
    steps = (
        (name, f"{one['step']:+d}" if one["step"] else "0", str(one["threshold_raw"]),
         estimate_text(one["total"]), "" if one["pure"] is None else estimate_text(one["pure"]),
         estimate_text(one["change"]) if one["step"] else "")
        for name, of in document["steps"].items()
        for one in of
    )  # fmt: skip
    over_pileup = (
        (f"{float(mean):g}", name, str(one["threshold_raw"]), f"{one['low_raw']} to {one['high_raw']}",
         estimate_text(one["total"]))
        for mean, of in document["over_pileup"].items()
        for name, one in of.items()
    )  # fmt: skip
    title = f"{document['algorithm']}: what a step of the threshold changes, {document['stream']}"
    return filled(
        (made_table("steps", title,
                    ("threshold", "step", "hardware units", "rate", "pure rate", "change"), steps),
         made_table("over_pileup", "Thresholds that keep today's rates",
                    ("mean pile-up", "threshold", "hardware units", "interval", "rate"), over_pileup))
    )  # fmt: skip


def review_remarks(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Say for which pile-up there is no threshold, and why."""
    return tuple(f"pile-up {float(mean):g}: {why}" for mean, why in document["unresolved"].items())


def review_csv(document: Mapping[str, Any]) -> str:
    """Lay the table of a menu review out as CSV, rates in kHz."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(
        ["seed", "threshold_raw", "prescale", *(f"total_{one}" for one in _KHZ),
         *(f"pure_{one}" for one in _KHZ), "n_pass", "n_events", "stream"]
    )  # fmt: skip
    for name, one in document["thresholds"].items():
        total, pure = one["total"], one["pure"]
        writer.writerow(
            [f"{document['algorithm']}_{name}", one["threshold_raw"], 1, *(f"{total[end]:.6g}" for end in _KHZ),
             *("" if pure is None else f"{pure[end]:.6g}" for end in _KHZ), total["n_pass"],
             document["n_events"], document["stream"]]
        )  # fmt: skip
    return stream.getvalue()
