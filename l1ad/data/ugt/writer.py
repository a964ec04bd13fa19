"""Writing µGT test-vector files."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.core.ports import InputPorts, Interface, input_ports
from l1ad.core.units import BUNCH_SLOTS
from l1ad.data.events import EventBatch, check_alike
from l1ad.data.partial_file import growing_file
from l1ad.data.ugt.lines import N_ALGORITHMS, ugt_lines
from l1ad.data.ugt.reader import ALGORITHM

__all__ = ["UgtWriter", "writing_ugt"]


class UgtWriter:
    """An open test-vector file that grows block by block.

    Attributes:
        n_events: Events written so far.
        left_out: What is known of the events and has no place in a line, by name.
    """

    def __init__(self, file: IO[bytes], path: Path) -> None:
        self.n_events = 0
        self.left_out: tuple[str, ...] = ()
        self._file, self._path = file, path
        self._first: EventBatch | None = None
        self._ports: InputPorts | None = None

    def append(self, events: EventBatch) -> None:
        """Write the next events, menu bits as algorithm bits.

        Seeds that are called `algo_NNN` go to bit NNN, others to the first bits in the order of the menu.
        Without a crossing of their own, events follow each other through the orbit.

        Raises:
            DataError: If they are of another kind than those before, or the menu has more than 512 seeds.
            NotExactError: If the layout holds an input that the words of the global trigger do not have.
        """
        if self._first is None or self._ports is None:
            self._ports, self._first = input_ports(events.layout, Interface.UGT), events.select(0, 0)
            self.left_out = ("event_number", *(name for name in events.columns if name != "bunch_crossing"))
        check_alike(self._first, events)
        crossings = events.bunch_crossing
        if crossings is None:
            crossings = np.arange(self.n_events, self.n_events + len(events)) % BUNCH_SLOTS
        words = self._ports.pack(events.inputs_raw)
        self._file.write(ugt_lines(crossings, words, _algorithm_bits(events, self._path)))
        self.n_events += len(events)


@contextmanager
def writing_ugt(path: Path, provenance: dict[str, Any]) -> Iterator[UgtWriter]:
    """Open a test-vector file to write block by block; it appears under its name when all is written.

    The tools of the global trigger know lines of events only, so that `provenance` is not in the file.

    Raises:
        DataError: If no events were written.
    """
    del provenance
    with growing_file(path) as partial:
        with partial.open("wb") as file:
            writer = UgtWriter(file, path)
            yield writer
        if not writer.n_events:
            raise DataError(f"{path}: no events to write")


def _algorithm_bits(events: EventBatch, path: Path) -> NDArray[np.bool_]:
    if events.menu is None or events.menu_bits is None:
        return np.zeros((len(events), 0), dtype=np.bool_)
    names = events.menu.names
    if len(names) > N_ALGORITHMS:
        raise DataError(f"{path}: a test vector has {N_ALGORITHMS} algorithm bits, the menu {len(names)} seeds")
    numbered = {f"{ALGORITHM}{number:03d}": number for number in range(N_ALGORITHMS)}
    if not set(names) <= set(numbered):
        return events.menu_bits
    bits = np.zeros((len(events), N_ALGORITHMS), dtype=np.bool_)
    bits[:, [numbered[name] for name in names]] = events.menu_bits
    return bits
