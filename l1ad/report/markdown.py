"""The report as Markdown: what a trigger expert asks first, then the details."""

import math
from typing import Any

from l1ad.report.content import ReportContent
from l1ad.report.figures import FIGURES

__all__ = ["markdown_report", "rate_text", "table"]


def markdown_report(content: ReportContent) -> str:
    """Write the whole report."""
    parts = [
        f"# Trigger algorithm `{content.name}`",
        _agreement(content.summary),
        "## Rate",
        f"Stream: {content.summary['stream']}. An event is accepted when `score >= threshold`; events used in "
        "training are not counted. Intervals: Clopper-Pearson, 68.27 %. A threshold is set and counted on the "
        "same events: where n of N passed, n + 1 of N + 1 are to be expected of new ones.",
        _rates(content.summary),
        _figure("rate"),
        "## Efficiency",
        "Intervals are the central 68.27 % of a bootstrap that sets the threshold anew on each drawn "
        "background.",
        _efficiencies(content),
        _figure("scores"),
        _figure("roc"),
        "## Latency and resources",
        _latency(content.summary),
        table(["figure", "value", "limit", "unit", "verdict", "source"], _budget(content.summary["budget"])),
        "## Number formats",
        table(["layer", "shape", "weights", "result", "sparsity"], content.layers),
        *_origin(content),
        "## Provenance",
        table(["what", "SHA-256"], _digests(content.summary["digests"])),
        table(["package", "version"], [[k, v] for k, v in content.summary["versions"].items()]),
    ]
    return "\n\n".join(parts) + "\n"


def _origin(content: ReportContent) -> list[str]:
    """Tell where the network comes from: its training, or the model it was imported from."""
    notes = "\n".join(f"- {note}" for note in content.notes)
    if not content.history:
        return ["## Import", f"Imported from {content.origin}.", notes or "Nothing was rounded on the way."]
    parts = ["## Training", _figure("training"), *([notes] if notes else [])]
    if content.score_costs:
        header = ["signal", "working point", "Σµ², deployed", "best score", "which"]
        parts += [
            "What deploying Σµ² alone costs: efficiencies of the trained model with every score it allows, on "
            "the same events. The others need σ or the decoder on the FPGA.",
            table(header, content.score_costs),
        ]
    return parts


def rate_text(rate: dict[str, Any]) -> str:
    """Write a rate with its interval: kHz from 100 Hz up, events per day below a hundredth of a hertz.

    Of a rate of 0 the upper end decides.
    """
    decisive = rate["rate_hz"] or rate["high_hz"]
    unit, size = (
        ("kHz", 1e3) if decisive >= 100 else ("Hz", 1.0) if decisive >= 0.01 else ("events/day", 1 / 86_400)
    )
    low, value, high = (rate[key] / size for key in ("low_hz", "rate_hz", "high_hz"))
    # As many decimals as show two digits of the smaller error.
    error = min(high - value, value - low) or high - value or 1.0
    decimals = max(0, 1 - math.floor(math.log10(error)))
    return f"{value:.{decimals}f} +{high - value:.{decimals}f} −{value - low:.{decimals}f} {unit}"


def table(header: list[str], rows: list[list[str]]) -> str:
    """Lay a table out in Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _agreement(summary: dict[str, Any]) -> str:
    rows = [
        [one["implementation"], str(one["events"]), str(one["values"]), str(one["differing_events"])]
        for one in summary["agreements"]
    ]
    text = [
        f"**{summary['mismatches']} integers differ over {summary['events_verified']} events between "
        f"{', '.join(summary['implementations'])}.** No tolerance; compared is every tensor that "
        "an implementation has: layers, score word, accept bits.",
        table(["against the emulator", "events", "integers compared", "events that differ"], rows),
    ]
    text += [f"Not compared: {name} ({why})." for name, why in summary["skipped"].items()]
    floating = summary["float_comparison"]
    if floating is not None:
        text.append(
            "Float model (same weights, nothing rounded or clipped; a statistical comparison): rank "
            f"correlation {floating['spearman']:.4f} on {floating['events']} background events; at equal rate "
            f"({floating['accepted']} accepted) {floating['differing_decisions']} decisions differ."
        )
    return "\n\n".join(text)


def _rates(summary: dict[str, Any]) -> str:
    rows = [
        [name, f"{rate['budget']} {rate['kind']}", str(rate["threshold_raw"]),
         f"{rate['threshold_low_raw']} to {rate['threshold_high_raw']}", rate_text(rate),
         "" if rate["pure"] is None else rate_text(rate["pure"]), f"{rate['n_pass']} of {rate['n_total']}"]
        for name, rate in summary["rates"].items()
    ]  # fmt: skip
    header = ["threshold", "budget", "hardware units", "interval", "rate", "pure rate", "events"]
    return table(header, rows)


def _efficiencies(content: ReportContent) -> str:
    summary = content.summary
    rows = []
    for name, one in summary["efficiencies"].items():
        at = [
            f"{100 * e['value']:.2f} % ({100 * e['low']:.2f} to {100 * e['high']:.2f})"
            for e in one["at"].values()
        ]
        rows.append([content.titles[name], f"{one['auc']:.4f}", *at])
    return table(["signal", "AUC", *(f"at {summary['budgets'][name]}" for name in summary["rates"])], rows)


def _digests(digests: dict[str, Any]) -> list[list[str]]:
    named = {**digests, **{f"events of {name}": one for name, one in digests["events"].items()}}
    return [[name, f"`{digest}`"] for name, digest in named.items() if name != "events"]


def _latency(summary: dict[str, Any]) -> str:
    latency = summary["latency"]
    stages = ", ".join(f"{one:.2f}" for one in latency["stage_ns"])
    return (
        f"**{latency['latency_cycles']} cycles** of {latency['clock_mhz']:g} MHz "
        f"({latency['latency_ns']:g} ns), {latency['kind']}, against a budget of {latency['budget_cycles']}; "
        f"target `{latency['target']}`. Longest paths of the stages: {stages} ns of "
        f"{latency['usable_ns']:g} ns, by the target's delay model, an assumption before placement."
    )


def _budget(lines: list[dict[str, Any]]) -> list[list[str]]:
    return [
        [line["what"], _number(line["value"]), _number(line["limit"]), line["unit"], line["verdict"],
         "; ".join(filter(None, (line["source"], line["note"])))]
        for line in lines
    ]  # fmt: skip


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:,.6g}" if isinstance(value, float) else f"{value:,}"


def _figure(name: str) -> str:
    return f"![{FIGURES[name]}](figures/{name}.png)\n\n*{FIGURES[name]}*"
