"""A table as it is shown, as columns that other programs read: one number a cell."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from l1ad.report.document import Table
from l1ad.report.numbers import UNKNOWN

__all__ = ["numeric_columns"]

_NUMBER = r"[-−]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:e[-+]?\d+)?"
_END = rf"(?:{_NUMBER}|∞)"
_UNIT = r"(?: (?P<unit>[^\W\d][^\s()±,;:]*|%))?"
_SHAPES = tuple(
    re.compile(shape)
    for shape in (
        rf"(?P<value>{_NUMBER}){_UNIT}(?: \((?P<low>{_END}) to (?P<high>{_END})\))?",
        rf"(?P<value>{_NUMBER}) ± (?P<error>{_NUMBER}){_UNIT}",
        rf"(?P<value>{_NUMBER}) \+(?P<up>{_NUMBER}) −(?P<down>{_NUMBER}){_UNIT}",
        rf"> (?P<low>{_NUMBER}){_UNIT}",
    )
)
_PARTS = {"value": "", "low": " low", "high": " high", "error": " error", "up": " up", "down": " down"}
"""Parts of a cell, and what the names of their columns end with."""

_ABSENT = ("", UNKNOWN)


@dataclass(frozen=True, slots=True)
class _Cell:
    unit: str
    parts: dict[str, str]


def numeric_columns(table: Table) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Give header and rows with numbers parted from their intervals, errors and units.

    A column whose every cell is a number with one unit becomes a column of numbers, with the unit in its name;
    where an interval follows there are columns `NAME low` and `NAME high`, after ± `NAME error`, after + and −
    `NAME up` and `NAME down`. `> 3` has a lower end and no value. What is not known is empty, as pandas reads
    it, in every column. Other columns stay what they are, and so do those whose new names another column has.
    """
    columns = [list(column) for column in zip(*table.rows, strict=True)] or [[] for _ in table.header]
    taken = set(table.header)
    names: list[str] = []
    cells: list[list[str]] = []
    for name, column in zip(table.header, columns, strict=True):
        for new, values in _parted(name, column, taken - {name}):
            names.append(new)
            cells.append(values)
            taken.add(new)
    return tuple(names), list(zip(*cells, strict=True))


def _parted(name: str, column: Sequence[str], taken: set[str]) -> list[tuple[str, list[str]]]:
    """Give a column as it is, or as one for each part of its numbers."""
    found = [None if cell in _ABSENT else _read(cell) for cell in column]
    known = [one for one in found if one is not None]
    is_numbers = len(known) == sum(cell not in _ABSENT for cell in column)
    units = {one.unit for one in known}
    as_shown = ["" if cell in _ABSENT else cell for cell in column]
    if not known or not is_numbers or len(units) > 1:
        return [(name, as_shown)]
    (unit,) = units
    titled = f"{name} ({unit})" if unit and unit not in name else name
    parts = [part for part in _PARTS if part == "value" or any(part in one.parts for one in known)]
    columns = [
        (titled + _PARTS[part], ["" if one is None else one.parts.get(part, "") for one in found])
        for part in parts
    ]
    return [(name, as_shown)] if taken & {new for new, _ in columns} else columns


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
