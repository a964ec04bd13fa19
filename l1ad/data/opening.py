"""The one way to events, whatever the format of their file."""

import hashlib
import importlib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import h5py

from l1ad.core.errors import DataError
from l1ad.core.layout import InputLayout
from l1ad.data.event_file import EventFile, file_digest
from l1ad.data.event_header import INPUTS
from l1ad.data.events import EventBatch, concatenated
from l1ad.data.hdf5 import opened_hdf5
from l1ad.data.nanoaod.files import digest_of_files
from l1ad.data.reader import BLOCK_EVENTS, EventFormat, EventReader
from l1ad.data.samples import locate_events

__all__ = ["Objects", "ReadOptions", "events_digest", "load_events", "open_events"]


class Objects(StrEnum):
    """Which objects to take from NanoAOD."""

    UNPACKED = "unpacked"
    """Level-1 objects as the trigger recorded them (`L1EG_*`, ...)."""
    EMULATED = "emulated"
    """Level-1 objects as the emulator made them again (`L1EmulEG_*`, ...)."""
    SCOUTING = "scouting"
    """Objects of the HLT scouting stream (`ScoutingPFJet_*`, ...)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """What a file does not say of itself.

    Attributes:
        format: Format of the file; None finds out.
        layout: Columns of a table or of images.
        objects: Objects to take from NanoAOD; None takes the first kind that is there.
        dataset: Name of the dataset or tree; None takes the usual one of the format.
        sample: Name of the sample; None takes the file's.
    """

    format: EventFormat | None = None
    layout: InputLayout | None = None
    objects: Objects | None = None
    dataset: str | None = None
    sample: str | None = None


def open_events(location: str | Path, options: ReadOptions | None = None) -> EventReader:
    """Open events of any format.

    Args:
        location: `sample:NAME` for one that ships, a path, and for NanoAOD also a glob or a URL.
        options: What the file does not say of itself.

    Raises:
        DataError: If there is no such file, or it is none of a known format.
    """
    options = options or ReadOptions()
    path = locate_events(str(location))
    found = options.format or _format_of(str(location), path)
    if found is EventFormat.L1AD:
        return EventFile(path)
    # Readers of other formats bring libraries along that nobody else should wait for.
    module, function = _READERS[found]
    reader: EventReader = getattr(importlib.import_module(module), function)(str(location), options)
    return reader


_READERS = {
    EventFormat.ADC2021: ("l1ad.data.adc2021.reader", "open_adc2021"),
    EventFormat.NANOAOD: ("l1ad.data.nanoaod.reader", "open_nanoaod"),
    EventFormat.UGT: ("l1ad.data.ugt.reader", "open_ugt"),
    EventFormat.TABLE: ("l1ad.data.tables.reader", "open_table"),
    EventFormat.IMAGES: ("l1ad.data.images", "open_images"),
}


def load_events(
    location: str | Path, options: ReadOptions | None = None, *, stop: int | None = None
) -> EventBatch:
    """Read events into memory, all of them or the first `stop`."""
    reader = open_events(location, options)
    wanted = reader.n_events if stop is None else min(stop, reader.n_events)
    batches: list[EventBatch] = []
    for block in reader.blocks(min(BLOCK_EVENTS, max(1, wanted))):
        batches.append(block.select(0, wanted - sum(map(len, batches))))
        if sum(map(len, batches)) >= wanted:
            break
    return concatenated(batches)


def events_digest(location: str | Path) -> str:
    """Digest what events are read from: the bytes of the file, and of those that it puts in a row.

    Files of a glob are digested in a row, those behind a URL by their identity (`digest_of_files`).

    Raises:
        DataError: If there is no such file.
    """
    path = locate_events(str(location))
    if not path.is_file() and _format_of(str(location), path) is EventFormat.NANOAOD:
        return digest_of_files(str(location))  # a glob or a URL
    if not path.is_file():
        raise DataError(f"{path}: no such file")
    if _format_of(str(location), path) is not EventFormat.L1AD:
        return file_digest(path)
    sources = EventFile(path).virtual_sources
    if not sources:
        return file_digest(path)
    parts = [file_digest(path), *(events_digest(source) for source in sources)]
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()


_BY_SUFFIX = {
    ".root": EventFormat.NANOAOD,
    ".txt": EventFormat.UGT,
    ".csv": EventFormat.TABLE,
    ".parquet": EventFormat.TABLE,
    ".pq": EventFormat.TABLE,
}


_BY_DATASET = (
    ({"Particles"}, EventFormat.ADC2021),
    ({"jetConstituentList", "jetConstituentsList", "constituents"}, EventFormat.IMAGES),
)


def _format_of(location: str, path: Path) -> EventFormat:
    """Tell a format by the ending of the name, and HDF5 by what is inside."""
    is_url = "://" in location
    by_suffix = _BY_SUFFIX.get(Path(location.split("?")[0] if is_url else location).suffix.lower())
    if by_suffix is not None:
        return by_suffix
    if is_url:
        return EventFormat.NANOAOD  # the one format that comes from afar
    if not path.is_file():
        raise DataError(f"{path}: no such file")
    if not h5py.is_hdf5(path):
        return EventFormat.L1AD  # whose reader says what is wrong with it
    try:
        with opened_hdf5(path) as file:
            for names, found in _BY_DATASET:
                if not names.isdisjoint(file):
                    return found
            return EventFormat.L1AD if INPUTS in file or "layout" in file.attrs else EventFormat.TABLE
    except DataError:
        return EventFormat.L1AD
