"""Writing events as files of the anomaly detection challenge 2021, for those who read nothing else."""

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.data.adc2021.reader import CLASSES, NAMES, PARTICLES, ROWS, object_layout
from l1ad.data.events import EventBatch, check_alike
from l1ad.data.hdf5 import refuse_full_disk
from l1ad.data.padded_lists import written_values
from l1ad.data.partial_file import growing_file

__all__ = ["Adc2021Writer", "writing_adc2021"]

_CHUNK_EVENTS = 4096


@dataclass(slots=True)
class Adc2021Writer:
    """An open file of the challenge that grows block by block.

    Attributes:
        file: The open file.
        path: Its name when it will be finished, for messages.
        n_events: Events written so far.
        left_out: What is known of the events and has no place in the format: columns, and seeds of the menu.
    """

    file: h5py.File
    path: Path
    n_events: int = 0
    left_out: tuple[str, ...] = ()
    _first: EventBatch | None = None

    def append(self, events: EventBatch) -> None:
        """Write the next events.

        Raises:
            DataError: If they are of another kind than those before, their layout has other objects than the
                challenge, or the disk has no room for them.
        """
        if self._first is None:
            object_layout(events.layout, where=str(self.path))
            self._first = events.select(0, 0)
            self.left_out = (*events.columns, *(events.menu.names if events.menu else ()))
            self.file.attrs["sample"] = events.sample
            self.file.create_dataset(
                PARTICLES, (0, 19, 4), np.float32, maxshape=(None, 19, 4), chunks=(_CHUNK_EVENTS, 19, 4),
                compression="gzip", shuffle=True, track_times=False,
            )  # fmt: skip
        check_alike(self._first, events)
        particles = _particles(events)
        refuse_full_disk(self.path, particles.nbytes)
        end = self.n_events + len(events)
        self.file[PARTICLES].resize(end, axis=0)
        self.file[PARTICLES][self.n_events : end] = particles
        self.n_events = end


@contextmanager
def writing_adc2021(path: Path, provenance: dict[str, Any]) -> Iterator[Adc2021Writer]:
    """Open a file of the challenge to write block by block; it appears under its name when all is written.

    Reading it again gives the same integers, if the lists are sorted by pT and what belongs to no object is 0,
    as it comes from the trigger. φ lies between -π and π. A muon of index 1, which is 0 GeV, is written as
    0.125 GeV, since a row without pT is no object. Event numbers are lost: an event is known by its row.

    Raises:
        DataError: If no events were written.
    """
    with growing_file(path) as partial, h5py.File(partial, "w") as file:
        writer = Adc2021Writer(file, path)
        yield writer
        if not writer.n_events:
            raise DataError(f"{path}: no events to write")
        file.create_dataset(NAMES, data=[b"Pt", b"Eta", b"Phi", b"Class"], track_times=False)
        classes = [b"MET_class_1", b"Four_Ele_class_2", b"Four_Mu_class_3", b"Ten_Jet_class_4"]
        file.create_dataset(CLASSES, data=classes, track_times=False)
        file.attrs["provenance"] = json.dumps(provenance, indent=1)


def _particles(events: EventBatch) -> NDArray[np.float32]:
    """Lay events out as the challenge does, shape (n_events, 19, 4)."""
    values = written_values(events.layout, events.inputs_raw)
    column = {name: i for i, name in enumerate(events.layout.names)}
    particles = np.zeros((len(events), 19, 4), dtype=np.float32)
    for code, (kind, rows) in enumerate(ROWS.items(), start=1):
        for row in range(rows.start, rows.stop):
            slot = "" if kind == "met" else f"_{row - rows.start + 1}"
            pt, eta, phi = (values[:, column[f"{kind}{slot}_{name}"]] for name in ("pt", "eta", "phi"))
            turned = np.where(phi > math.pi, phi - 2 * math.pi, phi)
            particles[:, row] = np.stack([pt, eta, turned, np.where(pt > 0, code, 0)], axis=1)
    return particles
