"""What people read of events: a summary of a file, and the account of a conversion."""

from typing import TYPE_CHECKING, Any

import typer

from l1ad.cli.terminal import print_table

if TYPE_CHECKING:
    from l1ad.data.quality import Quality
    from l1ad.data.repeats import Repeat
    from l1ad.flow.convert import Conversion
    from l1ad.flow.data import EventSummary

__all__ = ["print_conversion", "print_events"]

_SEEDS = 20
_WIDEST_FIELD = 60


def print_events(summary: "EventSummary") -> None:
    """Print what a file holds, and what is odd about it."""
    quality = summary.quality
    digests = "none" if not summary.digests else f"of {len(summary.digests)} columns"
    rows = [
        ["format", str(summary.format)],
        ["sample", summary.sample],
        ["layout", f"{summary.layout.name}, {summary.layout.n_inputs} inputs"],
        ["events", f"{quality.n_events:,}"],
        ["read", f"{summary.events_per_second:,.0f} events/s"],
        ["digests", f"{digests}, all as written" if summary.digests_checked else digests],
        *([["puts in a row", ", ".join(summary.virtual_sources)]] if summary.virtual_sources else []),
        *([name, _short(value)] for name, value in summary.provenance.items() if value),
    ]
    print_table(summary.location, ["what", "value"], rows)
    _print_columns(summary)
    _print_objects(summary)
    if summary.labels:
        print_table("Labels", ["label", "events"], [[n, f"{count:,}"] for n, count in summary.labels.items()])
    if summary.seeds:
        more = len(summary.seeds) - _SEEDS
        print_table(
            f"Seeds of the menu{f', the first {_SEEDS} of {len(summary.seeds)}' if more > 0 else ''}",
            ["seed", "prescale", "fired", "fraction"],
            [[s.name, str(s.prescale), f"{s.fired:,}", f"{s.fraction:.3g}"] for s in summary.seeds[:_SEEDS]],
        )
    _print_counts("Reading put right", summary.repairs)
    _print_counts("What is odd", _oddities(quality))


def print_conversion(done: "Conversion") -> None:
    """Print what was read, put right and written."""
    rows = [
        [one.location, str(one.format), one.sample, f"{one.events:,}", one.sha256[:12]] for one in done.sources
    ]
    print_table("Read", ["source", "format", "sample", "events", "sha256"], rows)
    counts = dict(done.repairs)
    if done.first_duplicate is not None:
        fate = "dropped" if done.dropped else "kept"
        counts[f"events that came before, {fate}{_at(done.first_duplicate)}"] = done.duplicates
    _print_counts("Put right", counts)
    if done.left_out:
        typer.echo(f"no place in {done.format} for {_listed(done.left_out)}")
    size = f"{done.bytes / 1e6:.1f} MB, {done.bytes / done.events:.1f} bytes an event"
    typer.echo(f"{done.file}: {done.events} events of {done.sample}, {size}")


def _print_columns(summary: "EventSummary") -> None:
    rows = [
        [name, f"{one.low:,g}", f"{one.high:,g}", f"{one.mean:,.4g}", f"{one.total:,.6g}",
         "" if one.distinct is None else f"{one.distinct:,}"]
        for name, one in summary.columns.items()
    ]  # fmt: skip
    if rows:
        print_table("Columns", ["column", "lowest", "highest", "mean", "sum", "different"], rows)


def _print_objects(summary: "EventSummary") -> None:
    quality = summary.quality
    events = max(1, quality.n_events)
    if quality.lists:
        rows = [
            [one.object_type, str(one.slots), f"{one.events_with / events:.3%}", f"{one.objects / events:.3f}"]
            for one in quality.lists
        ]
        print_table("Objects", ["type", "slots", "events with one", "mean number"], rows)
    ranges: dict[str, list[int]] = {}
    for field, one in zip(summary.layout.fields, quality.inputs, strict=True):
        name = field.name if field.slot == 0 and field.object_type in ("feature", "met") else ""
        name = name or f"{field.object_type} {field.quantity}"
        known = ranges.setdefault(name, [one.low, one.high, 0])
        known[:] = [min(known[0], one.low), max(known[1], one.high), known[2] + one.saturated]
    rows = [[name, str(low), str(high), f"{count:,}"] for name, (low, high, count) in ranges.items()]
    print_table("Hardware integers", ["quantity", "lowest", "highest", "at an end of its word"], rows)


def _oddities(quality: "Quality") -> dict[str, int]:
    odd = {
        "events without any object": quality.empty,
        f"events that came before{_at(quality.first_repeat)}": quality.repeats,
        f"events whose inputs came before{_at(quality.first_identical)}": quality.identical or 0,
    }
    for one in quality.lists:
        odd[f"lists of {one.object_type} not sorted by pT"] = one.unsorted
        odd[f"lists of {one.object_type} with a gap"] = one.gaps
        odd[f"events with a {one.object_type} of pT 0 whose η or φ is not 0"] = one.ghosts
    return odd


def _print_counts(title: str, counts: dict[str, int] | Any) -> None:
    rows = [[what, f"{times:,}"] for what, times in counts.items() if times]
    if rows:
        print_table(title, ["what", "times"], rows)
    else:
        typer.echo(f"{title}: nothing")


def _at(repeat: "Repeat | None") -> str:
    return "" if repeat is None else f" (first {repeat.event}: rows {repeat.first_row} and {repeat.row})"


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names) if len(names) <= 6 else f"{', '.join(names[:5])} and {len(names) - 5} more"


def _short(value: Any) -> str:
    """Say a value of the provenance in a line; what is nested deeper is in the JSON."""
    if isinstance(value, dict):
        plain = {name: one for name, one in value.items() if not isinstance(one, dict | list)}
        value = ", ".join(f"{name} {one}" for name, one in plain.items())
    if isinstance(value, list):
        value = f"{len(value)}, e.g. {_short(value[0])}"
    text = str(value)
    return text if len(text) <= _WIDEST_FIELD else f"{text[: _WIDEST_FIELD - 3]}..."
