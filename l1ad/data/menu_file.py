"""Menu files: the seeds that count, with their prescales, and where their bits lie in the events."""

from dataclasses import dataclass
from pathlib import Path

from l1ad.core.errors import DataError
from l1ad.core.menu import Menu
from l1ad.data.prescales import read_prescales

__all__ = ["ChosenMenu", "read_menu"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenMenu:
    """Seeds of the events that a menu file names.

    Attributes:
        menu: These seeds with the prescales of the file, in the order of their bits in the events.
        columns: Column of each in the bits of the events: `menu_bits[:, list(columns)]` are theirs.
        left_out: Seeds of the events that the file does not name.
    """

    menu: Menu
    columns: tuple[int, ...]
    left_out: tuple[str, ...]


def read_menu(path: Path, events: Menu) -> ChosenMenu:
    """Read a menu file for events, in CSV or JSON as `l1ad.data.prescales` reads it.

    Seeds of the events that the file does not name are left out of account. A seed that the file names must
    have its bits in the events: without them the rate of the menu would be too low, and the pure rate of an
    algorithm too high.

    Args:
        path: Table of names and prescales.
        events: Menu that came with the events; its prescales do not count.

    Raises:
        DataError: If the file is none, or names seeds that the events have no bits of.
    """
    prescales = read_prescales(path)
    missing = [name for name in prescales if name not in events.names]
    if missing:
        more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
        raise DataError(
            f"{path}: the events have no bits of {', '.join(missing[:5])}{more}; give events of this menu, or "
            "leave these seeds out of the file"
        )
    columns = tuple(index for index, name in enumerate(events.names) if name in prescales)
    names = tuple(events.names[index] for index in columns)
    return ChosenMenu(
        menu=Menu(names=names, prescales=tuple(prescales[name] for name in names)),
        columns=columns,
        left_out=tuple(name for name in events.names if name not in prescales),
    )
