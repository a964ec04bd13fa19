"""A table as it is shown, as columns that other programs read: one number a cell."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from l1ad.report.document import Table
from l1ad.report.numbers import UNKNOWN

__all__ = ["csv_columns"]

_UNITS = ("%", "Hz", "kHz", "MHz", "events/day", "MeV", "GeV", "TeV", "fb", "pb", "nb", "ns", "µs", "ms", "s",
          "min", "h", "rad", "kB", "MB", "GB")  # fmt: skip
"""What may follow a number; other words make a cell text."""

_NUMBER = r"[-−+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:e[-+]?\d+)?"
_END = rf"(?:{_NUMBER}|∞)"
_UNIT = rf"(?:(?:(?= ?%) ?| )(?P<unit>{'|'.join(map(re.escape, _UNITS))}))?"
_INTERVAL = rf" \((?P<low>{_END}) to (?P<high>{_END})\)"
_SHAPES = tuple(
    re.compile(shape)
    for shape in (
        rf"(?P<value>{_NUMBER}){_UNIT}(?:{_INTERVAL})?",
        rf"(?P<value>{_NUMBER}){_INTERVAL}{_UNIT}",
        rf"(?P<value>{_NUMBER}) ± (?P<error>{_NUMBER}){_UNIT}",
        rf"(?P<value>{_NUMBER}) \+(?P<up>{_NUMBER}) −(?P<down>{_NUMBER}){_UNIT}",
        rf"> (?P<low>{_NUMBER}){_UNIT}",
    )
)
_PARTS = {"value": "", "low": " low", "high": " high", "error": " error", "up": " up", "down": " down"}
"""Parts of a cell, and what the names of their columns end with."""

_ABSENT = ("", "-", UNKNOWN)

_Columns = list[tuple[str, list[str]]]


@dataclass(frozen=True, slots=True)
class _Cell:
    unit: str
    parts: dict[str, str]


def csv_columns(table: Table) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Give header and rows with numbers parted from their intervals, errors and units.

    A column whose every cell is a number with one unit becomes a column of numbers, with the unit in its name;
    where an interval follows there are columns `NAME low` and `NAME high`, after ± `NAME error`, after + and −
    `NAME up` and `NAME down`. `> 3` has a lower end and no value. What is not known is empty, in every column.

    Other columns stay what they are: the first, which names the rows; those with words, or with numbers of
    different units; and those whose new names another column has.
    """
    columns = [list(column) for column in zip(*table.rows, strict=True)] or [[] for _ in table.header]
    as_shown: list[_Columns] = [
        [(name, ["" if cell in _ABSENT else cell for cell in column])]
        for name, column in zip(table.header, columns, strict=True)
    ]
    parted = [
        shown if not place else _parted(table.header[place], columns[place]) or shown
        for place, shown in enumerate(as_shown)
    ]
    times = Counter(name for one in (*as_shown, *parted) for name in {name for name, _ in one})
    for place, (shown, new) in enumerate(zip(as_shown, parted, strict=True)):
        kept = {name for name, _ in shown}
        if any(times[name] > 1 + (name in kept) for name, _ in new):
            parted[place] = shown
    flat = [column for one in parted for column in one]
    return tuple(name for name, _ in flat), list(zip(*(values for _, values in flat), strict=True))


def _parted(name: str, column: Sequence[str]) -> _Columns:
    """Give a column of numbers as one for each of their parts; nothing if it is something else."""
    found = [None if cell in _ABSENT else _read(cell) for cell in column]
    known = [one for one in found if one is not None]
    units = {one.unit for one in known}
    if len(known) < sum(cell not in _ABSENT for cell in column) or len(units) != 1:
        return []
    (unit,) = units
    # A whole word of the name: Hz is not in one that tells kHz.
    is_told = re.search(rf"(?<!\w){re.escape(unit)}(?!\w)", name) is not None
    titled = name if not unit or is_told else f"{name} ({unit})"
    parts = [part for part in _PARTS if part == "value" or any(part in one.parts for one in known)]
    return [
        (titled + _PARTS[part], ["" if one is None else one.parts.get(part, "") for one in found])
        for part in parts
    ]


def _read(cell: str) -> _Cell | None:
    """Read a number with what follows it; None if it is something else."""
    for shape in _SHAPES:
        match = shape.fullmatch(cell)
        if match is not None:
            found = match.groupdict()
            unit = found.pop("unit") or ""
            return _Cell(unit, {part: _plain(text) for part, text in found.items() if text is not None})
    return None


def _plain(text: str) -> str:
    return text.replace(",", "").replace("−", "-").replace("∞", "inf")
