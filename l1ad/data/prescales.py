"""Prescale tables: what files of events do not say of their seeds."""

import csv
import json
from pathlib import Path
from typing import Any

from l1ad.core.errors import DataError
from l1ad.core.menu import Menu

__all__ = ["read_prescales", "with_prescales"]


def read_prescales(path: Path) -> dict[str, int]:
    """Read a prescale table: a CSV file with the columns `name` and `prescale`, or a JSON object of them.

    Other columns of a CSV file, as prescale tables have them, are left alone.

    Raises:
        DataError: If the file is neither, names a seed twice, or a prescale is no whole number from 0 on.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise DataError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError) as fault:
        raise DataError(f"{path}: not a prescale table ({fault})") from None
    pairs = _of_json(path, text) if path.suffix.lower() == ".json" else _of_csv(path, text)
    prescales: dict[str, int] = {}
    for name, value in pairs:
        if name in prescales:
            raise DataError(f"{path}: seed {name!r} is in the table twice")
        if not str(value).strip().isdecimal():
            raise DataError(
                f"{path}: the prescale of {name!r} is {value!r}; it is a whole number, 1 lets every event "
                "pass and 0 none"
            )
        prescales[name] = int(value)
    if not prescales:
        raise DataError(f"{path}: names no seed")
    return prescales


def with_prescales(menu: Menu, prescales: dict[str, int], *, where: str) -> Menu:
    """Give a menu the prescales of a table; seeds that the events do not have are left out of account.

    Raises:
        DataError: If the table lacks a seed of the menu.
    """
    missing = [name for name in menu.names if name not in prescales]
    if missing:
        more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
        raise DataError(f"{where}: has no prescale for {', '.join(missing[:5])}{more}")
    return Menu(names=menu.names, prescales=tuple(prescales[name] for name in menu.names))


def _of_csv(path: Path, text: str) -> list[tuple[str, Any]]:
    rows = csv.DictReader(text.splitlines(), skipinitialspace=True)
    if rows.fieldnames is None or not {"name", "prescale"} <= set(rows.fieldnames):
        raise DataError(f"{path}: its first line names {rows.fieldnames}; a table has 'name' and 'prescale'")
    return [(row["name"], row["prescale"]) for row in rows]


def _of_json(path: Path, text: str) -> list[tuple[str, Any]]:
    try:
        # Pairs, so that a seed that is there twice is seen.
        found = json.loads(text, object_pairs_hook=list)
    except ValueError as fault:
        raise DataError(f"{path}: not JSON ({fault})") from None
    if not isinstance(found, list) or not all(isinstance(one, tuple) for one in found):
        raise DataError(f"{path}: not a JSON object of seeds and their prescales")
    return found
