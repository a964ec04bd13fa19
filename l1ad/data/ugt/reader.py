"""µGT test-vector files as events, their lists left in the order in which the firmware reads them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.core.layout import InputLayout
from l1ad.core.layouts import ugt_57
from l1ad.core.menu import Menu
from l1ad.core.ports import UGT_LISTS, InputPorts, Interface, input_ports
from l1ad.data.events import EventBatch
from l1ad.data.list_order import object_lists, out_of_order
from l1ad.data.opening import ReadOptions
from l1ad.data.reader import BLOCK_EVENTS, EventFormat, Repairs
from l1ad.data.ugt.lines import N_ALGORITHMS, UgtLines, joined_lines, read_ugt_lines

__all__ = ["ALGORITHM", "UgtFile", "open_ugt"]

_PIECE_BYTES = 4 << 20
ALGORITHM = "algo_"
"""What a seed is called of which only the number of its bit is known, before that number."""

_LIST_OF = {"mu": "muon", "eg": "eg", "tau": "tau", "jet": "jet"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """Whole lines of the file: where they are, and the numbers of their first line and first event."""

    offset: int
    size: int
    first_line: int
    first_event: int
    n_events: int


class UgtFile:
    """A test-vector file, every line of which was checked.

    Lists stay in the order in which they stand, because the firmware takes the first words of each, whatever
    their pT. An event's number is its position, its bunch crossing is the line's.

    Attributes:
        algorithms: Numbers of the algorithm bits that are seeds of the menu, `algo_012` for number 12: those
            that were set at least once, unless others are asked for (to read files of one menu in a row).
    """

    format = EventFormat.UGT

    def __init__(self, path: Path, *, layout: InputLayout, sample: str | None = None) -> None:
        """Check every line and find the algorithm bits that are used.

        Raises:
            DataError: If there is no such file, it has no events, or a line is none of a test vector.
            NotExactError: If the layout holds an input that the words do not have.
        """
        self.path, self.layout, self.sample = path, layout, sample or path.stem
        self.provenance: dict[str, Any] = {}
        self.repairs = Repairs()
        self._ports, self._beyond = input_ports(layout, Interface.UGT), _beyond(layout)
        pieces, used = [], np.zeros(N_ALGORITHMS // 8, dtype=np.uint8)
        with _opened(path) as file:
            for piece, lines in _pieces(file, str(path)):
                pieces.append(piece)
                used |= np.bitwise_or.reduce(lines.algorithms, axis=0)
        self._pieces = tuple(pieces)
        self.n_events = sum(piece.n_events for piece in pieces)
        if not self.n_events:
            raise DataError(f"{path}: holds no events")
        self.algorithms = tuple(np.flatnonzero(np.unpackbits(used, bitorder="little")).tolist())

    @property
    def menu(self) -> Menu | None:
        """The algorithm bits as seeds, unprescaled; None where no bit was ever set."""
        names = tuple(f"{ALGORITHM}{number:03d}" for number in self.algorithms)
        return Menu(names=names, prescales=(1,) * len(names)) if names else None

    def blocks(self, block_events: int = BLOCK_EVENTS, *, start: int = 0) -> Iterator[EventBatch]:
        """Read the events from number `start` on, block by block.

        Raises:
            DataError: At the first line whose integers the layout does not allow, e.g. an angle beyond 143.
        """
        waiting: list[UgtLines] = []
        n_waiting, done = 0, start
        with _opened(self.path) as file:
            for piece in self._pieces:
                skipped = max(0, start - piece.first_event)
                if skipped >= piece.n_events:
                    continue
                file.seek(piece.offset)
                lines = read_ugt_lines(file.read(piece.size), first=piece.first_line, where=str(self.path))
                waiting.append(lines.take(slice(skipped, None)))
                n_waiting += piece.n_events - skipped
                while n_waiting >= block_events or (n_waiting and done + n_waiting == self.n_events):
                    lines = joined_lines(waiting)
                    yield self._batch(lines.take(slice(0, block_events)), done)
                    waiting = [lines.take(slice(block_events, None))]
                    done, n_waiting = done + n_waiting - len(waiting[0]), len(waiting[0])

    def _batch(self, lines: UgtLines, first_event: int) -> EventBatch:
        inputs_raw = self._ports.unpack(lines.words)
        self._check(inputs_raw, lines)
        self._count_repairs(inputs_raw, lines)
        bits = np.unpackbits(lines.algorithms, axis=1, bitorder="little").view(np.bool_)
        return EventBatch(
            layout=self.layout,
            inputs_raw=inputs_raw.astype(self.layout.dtype),
            event_number=np.arange(first_event, first_event + len(lines)),
            sample=self.sample,
            where=f"{self.path}, from line {lines.number[0]} on",
            bunch_crossing=lines.crossing,
            menu=self.menu,
            menu_bits=bits[:, list(self.algorithms)] if self.algorithms else None,
        )

    def _check(self, inputs_raw: NDArray[np.int64], lines: UgtLines) -> None:
        outside = (inputs_raw < self.layout.raw_min) | (inputs_raw > self.layout.raw_max)
        if outside.any():
            event, column = np.argwhere(outside)[0]
            field = self.layout.fields[column]
            raise DataError(
                f"{self.path}, line {lines.number[event]}: {field.name!r} is {inputs_raw[event, column]}, "
                f"outside {field.raw_min} to {field.raw_max} of layout {self.layout.name!r}; "
                "is the word in its field?"
            )

    def _count_repairs(self, inputs_raw: NDArray[np.int64], lines: UgtLines) -> None:
        for one in object_lists(self.layout):
            unsorted = int(out_of_order(inputs_raw[:, one.pt]).sum())
            self.repairs.add(
                f"lists of {one.object_type} not sorted by pT, kept as the firmware reads them", unsorted
            )
        for object_type, (slots, ports) in self._beyond.items():
            more = int((ports.unpack(lines.words) > 0).any(axis=1).sum())
            self.repairs.add(f"lists of {object_type} capped at {slots}", more)
        unlike = int((lines.algorithms.any(axis=1) != lines.finor).sum())
        self.repairs.add("FINOR that is not the OR of the algorithm bits, left out", unlike)


def open_ugt(location: str, options: ReadOptions) -> UgtFile:
    """Open a µGT test-vector file, as `ugt_57` or another layout of objects of the global trigger."""
    return UgtFile(Path(location), layout=options.layout or ugt_57(), sample=options.sample)


def _opened(path: Path) -> IO[bytes]:
    if not path.is_file():
        raise DataError(f"{path}: no such file")
    return path.open("rb")


def _pieces(file: IO[bytes], where: str) -> Iterator[tuple[_Piece, UgtLines]]:
    """Cut a file into pieces of whole lines, and read each."""
    offset = first_event = 0
    first_line = 1
    while text := file.read(_PIECE_BYTES) + file.readline():
        lines = read_ugt_lines(text, first=first_line, where=where)
        yield (
            _Piece(offset=offset, size=len(text), first_line=first_line, first_event=first_event,
                   n_events=len(lines)),
            lines,
        )  # fmt: skip
        offset, first_event, first_line = (
            offset + len(text),
            first_event + len(lines),
            first_line + text.count(b"\n"),
        )


def _beyond(layout: InputLayout) -> dict[str, tuple[int, InputPorts]]:
    """Give, by object type, the slots of the layout and the pT of the words beyond them."""
    words = {one.name: one.words for one in UGT_LISTS}
    beyond = {}
    for one in object_lists(layout):
        if one.object_type not in _LIST_OF:
            continue
        slots, there = len(one.pt), words[_LIST_OF[one.object_type]]
        field = layout.fields[one.pt[0]]
        more = tuple(replace(field, slot=slot) for slot in range(slots, there))
        if more:
            beyond[one.object_type] = (
                slots,
                input_ports(InputLayout(name="beyond", fields=more), Interface.UGT),
            )
    return beyond
