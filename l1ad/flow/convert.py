"""Steps `data convert` and `data join`: events of any format into one file of any format."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np

import l1ad
from l1ad.core.errors import DataError
from l1ad.core.progress import Progress, silent
from l1ad.data.event_file import EventFile, file_digest
from l1ad.data.event_writer import join_event_files
from l1ad.data.events import EventBatch, check_alike
from l1ad.data.nanoaod.files import shown_location
from l1ad.data.opening import ReadOptions, events_digest, open_events
from l1ad.data.prescales import read_prescales, with_prescales
from l1ad.data.reader import EventFormat, EventReader
from l1ad.data.repeats import Repeat, SeenEvents, event_keys
from l1ad.data.samples import locate_events
from l1ad.data.saving import Writer, format_to_write, left_out, saving_events
from l1ad.data.ugt.reader import UgtFile
from l1ad.data.units_check import UnitsCheck
from l1ad.flow.targets import check_target

__all__ = ["Conversion", "Duplicates", "Source", "convert_events", "join_events"]


class Duplicates(StrEnum):
    """What to do with an event whose run, lumi section and number came before."""

    REFUSE = "refuse"
    """Stop, and write nothing."""
    DROP = "drop"
    """Keep the first."""
    KEEP = "keep"
    """Keep all; they are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What events were read from.

    Attributes:
        location: File, glob, URL or `sample:NAME`.
        format: Its format.
        sample: Name of the sample.
        events: Events that were read of it.
        sha256: Digest of the file or files.
    """

    location: str
    format: EventFormat
    sample: str
    events: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """What was written.

    Attributes:
        file: The file.
        format: Its format.
        sample: Name of the sample.
        events: Events in it.
        bytes: Its size.
        sources: What the events were read from, in order.
        repairs: What reading put right, in counts.
        duplicates: Events that came before.
        first_duplicate: The first of them.
        dropped: How many of them were left away.
        left_out: What is known of the events and has no place in the format.
    """

    file: str
    format: EventFormat
    sample: str
    events: int
    bytes: int
    sources: tuple[Source, ...]
    repairs: dict[str, int]
    duplicates: int
    first_duplicate: Repeat | None
    dropped: int
    left_out: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """Lay the result out for JSON."""
        return asdict(self)


def convert_events(
    sources: Sequence[str],
    out: Path,
    *,
    to: EventFormat | None = None,
    options: ReadOptions | None = None,
    sample: str | None = None,
    duplicates: Duplicates = Duplicates.REFUSE,
    n_events: int | None = None,
    prescales: Path | None = None,
    command: str = "",
    progress: Progress = silent,
) -> Conversion:
    """Read events of any format, source after source, and write them as one file.

    In constant memory but for 16 bytes an event to find those that come twice. A conversion that fails or is
    interrupted leaves the file that was there. The files of ours say what they were made of, and how.

    Args:
        sources: What to read, in order; see `open_events`.
        out: File to write.
        to: Format to write; None tells it by the ending of `out`.
        options: What the sources do not say of themselves.
        sample: Name of the sample; None takes that of the sources, joined by `+` if they differ.
        duplicates: What to do with events that come twice.
        n_events: Read so many events at most; None reads all.
        prescales: Prescale table of the seeds, where the sources do not know them.
        command: How the file is made, for its provenance.
        progress: Told the events read.

    Raises:
        DataError: If the sources cannot be read or do not fit together, an event comes twice, a file of ours
            holds GeV and radians, or `out` is one of the sources.
    """
    wanted = to or format_to_write(out)
    for source in sources:
        _check_apart(out, locate_events(source))
    readers = [open_events(source, options) for source in sources]
    _share_menu(readers)
    table = None if prescales is None else read_prescales(prescales)
    name = sample or "+".join(dict.fromkeys(reader.sample for reader in readers))
    total = sum(reader.n_events for reader in readers)
    total = total if n_events is None else min(total, n_events)
    found = [
        Source(
            location=shown_location(source),
            format=reader.format,
            sample=reader.sample,
            events=0,
            sha256=events_digest(source),
        )
        for source, reader in zip(sources, readers, strict=True)
    ]
    provenance = {"command": command, **_versions(), **_origin(found, readers)}
    seen, read = SeenEvents(), [0] * len(readers)
    with saving_events(out, provenance, to=wanted) as writer:
        for index, block in _chained(readers, total):
            read[index] += len(block)
            block = _prescaled(block, table, where=str(prescales))
            _append(writer, block, seen, duplicates, sample=name)
            progress(sum(read), total, "")
        found = [replace(one, events=events) for one, events in zip(found, read, strict=True)]
        repairs: dict[str, int] = {}
        for reader in readers:
            for what, times in reader.repairs.counts.items():
                repairs[what] = repairs.get(what, 0) + times
        dropped = seen.n_repeats if duplicates is Duplicates.DROP else 0
        counts = {"repairs": repairs, "duplicates": {"found": seen.n_repeats, "dropped": dropped}}
        provenance.update({**_origin(found, readers), **counts})
    return Conversion(
        file=str(out), format=wanted, sample=name, events=writer.n_events, bytes=out.stat().st_size,
        sources=tuple(found), repairs=repairs, duplicates=seen.n_repeats, first_duplicate=seen.first,
        dropped=dropped, left_out=left_out(writer),
    )  # fmt: skip


def join_events(paths: Sequence[Path], out: Path, *, command: str = "") -> int:
    """Put event files of ours in a row without a copy, and say in the provenance what they were.

    Returns:
        The number of events.

    Raises:
        DataError: If the files do not fit together, or `out` is one of them.
    """
    for path in paths:
        _check_apart(out, path)
    parts = [
        {"location": str(path), "sample": EventFile(path).sample, "sha256": file_digest(path)} for path in paths
    ]
    provenance = {"command": command, **_versions(), "sources": parts}
    return join_event_files(paths, out, provenance)


def _versions() -> dict[str, Any]:
    return {"versions": {"l1ad": l1ad.__version__, "numpy": np.__version__}}


def _origin(sources: Sequence[Source], readers: Sequence[EventReader]) -> dict[str, Any]:
    both = zip(sources, readers, strict=True)
    return {"sources": [{**asdict(source), "provenance": reader.provenance} for source, reader in both]}


def _append(
    writer: Writer, block: EventBatch, seen: SeenEvents, duplicates: Duplicates, *, sample: str
) -> None:
    again = seen.add(block, event_keys(block))
    if duplicates is Duplicates.REFUSE and seen.first is not None:
        first = seen.first
        raise DataError(
            f"{block.where or block.sample}: {first.event} comes a second time (rows {first.first_row} and "
            f"{first.row} of all); `--duplicates drop` keeps the first, `--duplicates keep` both"
        )
    if duplicates is Duplicates.DROP and again.any():
        block = block.take(~again)
    if len(block):
        writer.append(replace(block, sample=sample))


def _prescaled(block: EventBatch, table: dict[str, int] | None, *, where: str) -> EventBatch:
    if table is None:
        return block
    if block.menu is None:
        raise DataError(
            f"{block.where or block.sample}: has no menu bits that the prescales of {where} are for"
        )
    return replace(block, menu=with_prescales(block.menu, table, where=where))


def _chained(readers: Sequence[EventReader], total: int) -> Iterator[tuple[int, EventBatch]]:
    """Read one source after the other; those that declare hardware integers are checked for it at their end."""
    first: EventBatch | None = None
    for index, reader in enumerate(readers):
        units = UnitsCheck(reader.layout)
        for block in reader.blocks():
            part = block.select(0, total) if len(block) > total else block
            if first is None:
                first = block.select(0, 0)
            check_alike(first, block)
            units.add(part)
            total -= len(part)
            yield index, part
            if not total:
                break
        if reader.format is EventFormat.L1AD:
            units.check(where=str(getattr(reader, "path", reader.sample)))
        if not total:
            return


def _share_menu(readers: Sequence[EventReader]) -> None:
    """Let test vectors read in a row have all algorithm bits that any of them uses."""
    vectors = [reader for reader in readers if isinstance(reader, UgtFile)]
    used = tuple(sorted({number for reader in vectors for number in reader.algorithms}))
    for reader in vectors:
        reader.algorithms = used


def _check_apart(out: Path, source: Path) -> None:
    """Refuse a target that would overwrite a source, while it grows or when it is done.

    Nor may it overwrite a file that a source of HDF5 virtual datasets only points to.
    """
    check_target(out, source)
    check_target(out.with_name(f"{out.name}.partial"), source)
    if source.suffix.lower() in (".h5", ".hdf5") and source.is_file():
        try:
            pointed_to = EventFile(source).virtual_sources
        except DataError:
            return  # of another format, which points nowhere
        for one in pointed_to:
            _check_apart(out, one)
