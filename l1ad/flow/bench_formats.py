"""Step `bench formats`: the same events in every format, read side by side."""

import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import ToolError
from l1ad.core.progress import Progress, silent
from l1ad.data.events import EventBatch
from l1ad.data.nanoaod.writer import writing_nanoaod
from l1ad.data.opening import ReadOptions, load_events, open_events
from l1ad.data.reader import BLOCK_EVENTS, EventFormat
from l1ad.data.saving import Writer, saving_events

__all__ = ["FormatSpeed", "bench_formats", "repeated_events"]

_REPEATS = 3
_OURS = "l1ad HDF5"


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatSpeed:
    """How large one format is and how fast it is read, from opening the file to hardware integers.

    Attributes:
        format: Its name.
        events: Events of the file.
        bytes_per_event: Size of the file over its events.
        written_per_second: Events written in a second, once.
        read_per_second: Events read in a second, median over the passes.
        ratio: Speed of reading over that of our own format, each pass beside its own: median of the ratios.
        differing: Events whose integers are not those that were written.
    """

    format: str
    events: int
    bytes_per_event: float
    written_per_second: float
    read_per_second: float
    ratio: float
    differing: int

    def document(self) -> dict[str, Any]:
        """Lay the result out for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """A format to write and to read."""

    file: str
    writing: Callable[[Path], AbstractContextManager[Writer]]
    reading: ReadOptions


def repeated_events(location: str, n_events: int) -> EventBatch:
    """Read the first events, and begin anew where there are not so many; numbered in their order."""
    events = load_events(location, stop=n_events)
    return replace(
        events.take(np.arange(n_events) % len(events)), event_number=np.arange(n_events), where=location
    )


def bench_formats(events: EventBatch, *, progress: Progress = silent) -> list[FormatSpeed]:
    """Write events once in each format, then read all formats in turns, so that a drift slows all alike.

    A format whose library is not installed is left out. Files stay in the cache of the operating system, and
    the checks of each reader are in its time.

    Args:
        events: Events of the layout `ugt_57`.
        progress: Told the files written and read.
    """
    with tempfile.TemporaryDirectory(prefix="l1ad-bench-") as name:
        folder, forms = Path(name), dict(_forms(events))
        steps = len(forms) * (_REPEATS + 2)
        written: dict[str, float] = {}
        for label, form in list(forms.items()):
            progress(len(written), steps, f"writing {label}")
            start = time.perf_counter()
            try:
                with form.writing(folder / form.file) as writer:
                    for block in events.blocks(BLOCK_EVENTS):
                        writer.append(block)
            except ToolError:
                del forms[label]
                continue
            written[label] = len(events) / (time.perf_counter() - start)
        speeds: dict[str, list[float]] = {label: [] for label in forms}
        differing: dict[str, int] = {}
        for turn in range(_REPEATS + 1):  # the first pass warms up and does not count
            for done, (label, form) in enumerate(forms.items()):
                progress(len(forms) * (turn + 1) + done, steps, f"reading {label}")
                start = time.perf_counter()
                blocks = [one.inputs_raw for one in open_events(folder / form.file, form.reading).blocks()]
                taken = time.perf_counter() - start
                if turn:
                    speeds[label].append(len(events) / taken)
                differing[label] = _differing(np.concatenate(blocks), events.inputs_raw)
        sizes = {label: (folder / form.file).stat().st_size for label, form in forms.items()}
    return [
        FormatSpeed(
            format=label,
            events=len(events),
            bytes_per_event=sizes[label] / len(events),
            written_per_second=written[label],
            read_per_second=float(np.median(speeds[label])),
            ratio=float(np.median(np.array(speeds[label]) / np.array(speeds[_OURS]))),
            differing=differing[label],
        )
        for label in forms
    ]


def _forms(events: EventBatch) -> dict[str, _Form]:
    def form(file: str, to: EventFormat) -> _Form:
        layout = events.layout if to is EventFormat.TABLE else None
        return _Form(
            file=file,
            writing=lambda path: saving_events(path, {}, to=to),
            reading=ReadOptions(format=to, layout=layout),
        )

    return {
        _OURS: form("events.h5", EventFormat.L1AD),
        "ADC2021": form("adc2021.h5", EventFormat.ADC2021),
        "µGT test vectors": form("events.txt", EventFormat.UGT),
        "NanoAOD": _Form(
            file="events.root",
            writing=lambda path: writing_nanoaod(path, {}),
            reading=ReadOptions(format=EventFormat.NANOAOD),
        ),
        "Parquet": form("events.parquet", EventFormat.TABLE),
        "HDF5 table": form("table.h5", EventFormat.TABLE),
        "CSV": form("events.csv", EventFormat.TABLE),
    }


def _differing(read: NDArray[np.integer], expected: NDArray[np.integer]) -> int:
    if read.shape != expected.shape:
        return len(expected)
    return int(np.count_nonzero((read != expected).any(axis=1)))
