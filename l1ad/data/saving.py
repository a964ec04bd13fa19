"""The one way to write events block by block, whatever the format."""

import importlib
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from l1ad.core.errors import DataError
from l1ad.data.events import EventBatch
from l1ad.data.reader import EventFormat

__all__ = ["Writer", "format_to_write", "left_out", "saving_events"]


class Writer(Protocol):
    """An open file of events that grows block by block.

    Attributes:
        n_events: Events written so far.
    """

    n_events: int

    def append(self, events: EventBatch, /) -> None:
        """Write the next events."""
        ...


_WRITERS = {
    EventFormat.L1AD: ("l1ad.data.event_writer", "writing_events"),
    EventFormat.ADC2021: ("l1ad.data.adc2021.writer", "writing_adc2021"),
    EventFormat.UGT: ("l1ad.data.ugt.writer", "writing_ugt"),
    EventFormat.TABLE: ("l1ad.data.tables.writer", "writing_table"),
}

_BY_SUFFIX = {
    ".h5": EventFormat.L1AD,
    ".hdf5": EventFormat.L1AD,
    ".txt": EventFormat.UGT,
    ".csv": EventFormat.TABLE,
    ".parquet": EventFormat.TABLE,
    ".pq": EventFormat.TABLE,
}


def format_to_write(path: Path) -> EventFormat:
    """Tell the format of a file to write by its ending.

    Raises:
        DataError: If the ending is of no format that is written.
    """
    found = _BY_SUFFIX.get(path.suffix.lower())
    if found is None:
        raise DataError(
            f"{path}: ends in none of {', '.join(_BY_SUFFIX)}; name one, or say the format to write"
        )
    return found


def saving_events(
    path: Path, provenance: dict[str, Any], *, to: EventFormat | None = None
) -> AbstractContextManager[Writer]:
    """Open a file to write block by block; it appears under its name when all is written.

    Args:
        path: The file.
        provenance: What made the events; what is added to it until the end is written as well.
        to: Format; None tells it by the ending.

    Raises:
        DataError: If the format is only read.
    """
    wanted = to or format_to_write(path)
    if wanted not in _WRITERS:
        raise DataError(f"{path}: {wanted} is read, not written; there are {', '.join(_WRITERS)}")
    # Writers of other formats bring libraries along that nobody else should wait for.
    module, function = _WRITERS[wanted]
    opened: AbstractContextManager[Writer] = getattr(importlib.import_module(module), function)(
        path, provenance
    )
    return opened


def left_out(writer: Writer) -> tuple[str, ...]:
    """List what is known of the events and has no place in the format."""
    return tuple(getattr(writer, "left_out", ()))
