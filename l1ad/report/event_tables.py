"""What events hold and what became of them, as tables of what `l1ad data info` and `convert --json` print."""

from collections.abc import Iterable, Mapping
from typing import Any

from l1ad.core.layout import InputLayout
from l1ad.report.document import Table
from l1ad.report.plain_tables import filled, made_table

__all__ = ["conversion_remarks", "conversion_tables", "event_remarks", "event_tables"]

_SEEDS = 20
_WIDEST_FIELD = 60
_PLAIN = ("feature", "met")
"""Types of which an input is called by its own name."""


def event_tables(document: Mapping[str, Any], layout: InputLayout) -> tuple[Table, ...]:
    """Show what a file holds, its columns, objects, labels and seeds, and what is odd about it.

    Args:
        document: The summary, as `l1ad data info --json`.
        layout: What its inputs mean.
    """
    labels = ((name, f"{count:,}") for name, count in document["labels"].items())
    return filled(
        (_overview(document), _columns(document["columns"]), _objects(document["quality"]),
         _ranges(document["quality"], layout), made_table("labels", "Labels", ("label", "events"), labels),
         _seeds(document["seeds"]), _counts("repairs", "Reading put right", document["repairs"]),
         _counts("oddities", "What is odd", _oddities(document["quality"])), _inputs(document, layout))
    )  # fmt: skip


def event_remarks(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Say so where reading put nothing right, and where nothing is odd."""
    return (
        *_nothing("Reading put right", document["repairs"]),
        *_nothing("What is odd", _oddities(document["quality"])),
    )


def conversion_tables(document: Mapping[str, Any]) -> tuple[Table, ...]:
    """Show what was read and put right.

    Args:
        document: The conversion, as `l1ad data convert --json`.
    """
    sources = (
        (one["location"], str(one["format"]), one["sample"], f"{one['events']:,}", one["sha256"][:12])
        for one in document["sources"]
    )
    header = ("source", "format", "sample", "events", "sha256")
    put_right = _counts("repairs", "Put right", _put_right(document))
    return filled((made_table("sources", "Read", header, sources), put_right))


def conversion_remarks(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Say what has no place in the format, and what was written."""
    left_out = document["left_out"]
    lost = [f"no place in {document['format']} for {_listed(left_out)}"] if left_out else []
    size = f"{document['bytes'] / 1e6:.1f} MB, {document['bytes'] / document['events']:.1f} bytes an event"
    written = f"{document['file']}: {document['events']} events of {document['sample']}, {size}"
    return (*_nothing("Put right", _put_right(document)), *lost, written)


def _overview(document: Mapping[str, Any]) -> Table:
    digests = f"of {len(document['digests'])} columns" if document["digests"] else "none"
    rows = [
        ("format", str(document["format"])),
        ("sample", document["sample"]),
        ("layout", f"{document['layout']}, {document['n_inputs']} inputs"),
        ("events", f"{document['n_events']:,}"),
        ("read", f"{document['events_per_second']:,.0f} events/s"),
        ("digests", f"{digests}, all as written" if document["digests_checked"] else digests),
    ]
    if document["virtual_sources"]:
        rows.append(("puts in a row", ", ".join(document["virtual_sources"])))
    rows += [(name, _short(value)) for name, value in document["provenance"].items() if value]
    return made_table("events", document["location"], ("what", "value"), rows)


def _columns(columns: Mapping[str, Any]) -> Table:
    rows = (
        (name, f"{one['low']:,g}", f"{one['high']:,g}", f"{one['mean']:,.4g}", f"{one['total']:,.6g}",
         "" if one["distinct"] is None else f"{one['distinct']:,}")
        for name, one in columns.items()
    )  # fmt: skip
    return made_table("columns", "Columns", ("column", "lowest", "highest", "mean", "sum", "different"), rows)


def _objects(quality: Mapping[str, Any]) -> Table:
    events = max(1, quality["n_events"])
    rows = (
        (one["object_type"], str(one["slots"]), f"{one['events_with'] / events:.3%}",
         f"{one['objects'] / events:.3f}")
        for one in quality["lists"]
    )  # fmt: skip
    return made_table("objects", "Objects", ("type", "slots", "events with one", "mean number"), rows)


def _ranges(quality: Mapping[str, Any], layout: InputLayout) -> Table:
    """Put the slots of each type of object together."""
    ranges: dict[str, list[int]] = {}
    for field, one in zip(layout.fields, quality["inputs"], strict=True):
        name = field.name if field.slot == 0 and field.object_type in _PLAIN else ""
        name = name or f"{field.object_type} {field.quantity}"
        known = ranges.setdefault(name, [one["low"], one["high"], 0])
        known[:] = [min(known[0], one["low"]), max(known[1], one["high"]), known[2] + one["saturated"]]
    rows = ((name, str(low), str(high), f"{count:,}") for name, (low, high, count) in ranges.items())
    header = ("quantity", "lowest", "highest", "at an end of its word")
    return made_table("ranges", "Hardware integers", header, rows)


def _seeds(seeds: list[Mapping[str, Any]]) -> Table:
    rows = (
        (one["name"], str(one["prescale"]), f"{one['fired']:,}", f"{one['fraction']:.3g}")
        for one in seeds[:_SEEDS]
    )
    first = f", the first {_SEEDS} of {len(seeds)}" if len(seeds) > _SEEDS else ""
    header = ("seed", "prescale", "fired", "fraction")
    return made_table("seeds", f"Seeds of the menu{first}", header, rows)


def _inputs(document: Mapping[str, Any], layout: InputLayout) -> Table:
    rows = (
        (field.name, f"{field.lsb:g}", field.unit, str(one["low"]), str(one["high"]), f"{one['saturated']:,}")
        for field, one in zip(layout.fields, document["quality"]["inputs"], strict=True)
    )
    title = f"{layout.n_inputs} inputs, in hardware units"
    header = ("input", "step", "unit", "lowest", "highest", "saturated")
    return made_table("inputs", title, header, rows, folded=True)


def _oddities(quality: Mapping[str, Any]) -> dict[str, int]:
    odd = {
        "events without any object": quality["empty"],
        f"events that came before{_at(quality['first_repeat'])}": quality["repeats"],
        f"events whose inputs came before{_at(quality['first_identical'])}": quality["identical"] or 0,
    }
    for one in quality["lists"]:
        kind = one["object_type"]
        odd[f"lists of {kind} not sorted by pT"] = one["unsorted"]
        odd[f"lists of {kind} with a gap"] = one["gaps"]
        odd[f"events with a {kind} of pT 0 whose η or φ is not 0"] = one["ghosts"]
    return odd


def _put_right(document: Mapping[str, Any]) -> dict[str, int]:
    counts = dict(document["repairs"])
    first = document["first_duplicate"]
    if first is not None:
        fate = "dropped" if document["dropped"] else "kept"
        counts[f"events that came before, {fate}{_at(first)}"] = document["duplicates"]
    return counts


def _counts(name: str, title: str, counts: Mapping[str, int]) -> Table:
    rows = ((what, f"{times:,}") for what, times in counts.items() if times)
    return made_table(name, title, ("what", "times"), rows)


def _nothing(title: str, counts: Mapping[str, int]) -> tuple[str, ...]:
    return () if any(counts.values()) else (f"{title}: nothing",)


def _at(repeat: Mapping[str, Any] | None) -> str:
    if repeat is None:
        return ""
    return f" (first {repeat['event']}: rows {repeat['first_row']} and {repeat['row']})"


def _listed(names: Iterable[str]) -> str:
    every = list(names)
    return ", ".join(every) if len(every) <= 6 else f"{', '.join(every[:5])} and {len(every) - 5} more"


def _short(value: Any) -> str:
    """Say a value of the provenance in a line; what is nested deeper is in the JSON."""
    if isinstance(value, dict):
        plain = {name: one for name, one in value.items() if not isinstance(one, dict | list)}
        value = ", ".join(f"{name} {one}" for name, one in plain.items())
    if isinstance(value, list):
        value = f"{len(value)}, e.g. {_short(value[0])}"
    text = str(value)
    return text if len(text) <= _WIDEST_FIELD else f"{text[: _WIDEST_FIELD - 3]}..."
