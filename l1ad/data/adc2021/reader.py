"""Files of the anomaly detection challenge 2021 (arXiv:2107.02157), read into hardware integers."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.core.layout import InputLayout
from l1ad.core.layouts import ugt_57
from l1ad.data.adc2021.checks import ObjectRows, check_scale
from l1ad.data.events import EventBatch
from l1ad.data.hdf5 import json_object, named_dataset, opened_hdf5, read_rows, texts
from l1ad.data.opening import ReadOptions
from l1ad.data.padded_lists import fill_lists
from l1ad.data.reader import BLOCK_EVENTS, EventFormat, EventReader, Repairs

__all__ = ["CLASSES", "NAMES", "PARTICLES", "ROWS", "Adc2021File", "object_layout", "open_adc2021"]

PARTICLES = "Particles"
NAMES = "Particles_Names"
CLASSES = "Particles_Classes"

ROWS = {"met": slice(0, 1), "eg": slice(1, 5), "mu": slice(5, 9), "jet": slice(9, 19)}
"""Rows of each kind of object; the class of the kinds is 1 to 4 in this order, 0 is no object."""

_SHAPES = ((19, 4), (19, 3), (57,), (56,))
_LOOKED_AT = 10_000
"""Events whose scale is judged when the file is opened."""


def open_adc2021(location: str, options: ReadOptions) -> EventReader:
    """Open a file of the challenge, or a copy in one of the forms that go round.

    The dataset `Particles` is (events, 19, 4): pT in GeV, η, φ in rad and class of MET, 4 e/γ, 4 µ and 10 jets.
    Copies without the class, (events, 19, 3), and flattened ones of 57 or, without the η of MET, 56 columns are
    read as well. Jets are kept as far as the file has them, up to |η| = 5.2; the published files were cut at 4.

    Args:
        location: Path of the HDF5 file.
        options: `dataset` names another dataset than `Particles`; `layout` may be any with the inputs of
            `ugt_57`, whatever their steps; `sample` stands for the stem of the file's name.

    Raises:
        DataError: If the file is missing, cut off or empty, or its particles are not those of the challenge in
            GeV, rad and pseudorapidity.
    """
    return Adc2021File(Path(location), options)


class Adc2021File:
    """A file of the challenge, its header and the scale of its first events checked."""

    format = EventFormat.ADC2021

    def __init__(self, path: Path, options: ReadOptions) -> None:
        """Check the header.

        Raises:
            DataError: As `open_adc2021` says.
        """
        self.path = path
        self.repairs = Repairs()
        self.layout = object_layout(options.layout or ugt_57(), where=str(path))
        self._dataset = options.dataset or PARTICLES
        with opened_hdf5(path) as file:
            particles = _particles(file, self._dataset, path)
            self.n_events = len(particles)
            self.provenance: dict[str, Any] = json_object(file.attrs.get("provenance"))
            self.sample = options.sample or str(file.attrs.get("sample", path.stem))
            check_scale(_as_objects(read_rows(particles, 0, _LOOKED_AT, path))[..., 0], where=str(path))

    def blocks(self, block_events: int = BLOCK_EVENTS, *, start: int = 0) -> Iterator[EventBatch]:
        """Read the events from number `start` on, block by block; the number of an event is its row.

        Raises:
            DataError: At the first event that holds no numbers of the challenge.
        """
        with opened_hdf5(self.path) as file:
            particles = _particles(file, self._dataset, self.path)
            for first in range(start, self.n_events, block_events):
                stop = min(first + block_events, self.n_events)
                yield self._batch(_as_objects(read_rows(particles, first, stop, self.path)), first)

    def _batch(self, objects: NDArray[np.float64], first: int) -> EventBatch:
        where = str(self.path)
        read = ObjectRows(values=objects, rows=ROWS, first=first, where=where)
        read.check_values()
        if objects.shape[2] == 4:
            read.check_classes(self.repairs)
        inputs_raw = np.zeros((len(objects), self.layout.n_inputs), dtype=self.layout.dtype)
        for kind, rows in ROWS.items():
            values = {"pt": objects[:, rows, 0], "eta": objects[:, rows, 1], "phi": objects[:, rows, 2]}
            if kind == "met":
                self.repairs.add("η of MET that was not 0, left out", int((values.pop("eta") != 0).sum()))
            fill_lists(inputs_raw, self.layout, kind, values, self.repairs, where=where)
        return EventBatch(
            layout=self.layout,
            inputs_raw=inputs_raw,
            event_number=np.arange(first, first + len(objects)),
            sample=self.sample,
            where=f"{where}, from event {first} on" if first else where,
        )


def object_layout(layout: InputLayout, *, where: str) -> InputLayout:
    """Return the layout if its inputs are those of the challenge.

    Raises:
        DataError: If one is missing or there is another; the first of them is named.
    """
    expected = ugt_57().names
    odd = next(
        (name for name in (*expected, *layout.names) if (name in expected) != (name in layout.names)), None
    )
    if odd is None:
        return layout
    lacks = odd in expected
    raise DataError(
        f"{where}: layout {layout.name!r} {'has no' if lacks else 'also has'} {odd!r}; the challenge has "
        "MET, 4 e/γ, 4 µ and 10 jets, as layout 'ugt_57'"
    )


def _particles(file: h5py.File, name: str, path: Path) -> h5py.Dataset:
    particles = named_dataset(file, name, path)
    if particles.shape[1:] not in _SHAPES or particles.dtype.kind not in "fiu":
        raise DataError(
            f"{path}: {name!r} is {particles.dtype} of shape {particles.shape}; the challenge has numbers of "
            "(events, 19, 4), its copies (events, 19, 3), (events, 57) or (events, 56)"
        )
    if not len(particles):
        raise DataError(f"{path}: holds no events")
    _check_names(file, particles, path)
    return particles


def _check_names(file: h5py.File, particles: h5py.Dataset, path: Path) -> None:
    """Refuse a file that names its quantities or classes in another order; one may name none."""
    quantities = [name.lower() for name in texts(file.get(NAMES))] if NAMES in file else []
    if quantities and quantities[:3] != ["pt", "eta", "phi"] and particles.ndim == 3:
        raise DataError(f"{path}: {NAMES!r} says {', '.join(quantities)}; the order is Pt, Eta, Phi, Class")
    classes = texts(file.get(CLASSES)) if CLASSES in file else ()
    codes = [re.search(r"class_(\d+)$", name) for name in classes]
    if [code.group(1) for code in codes if code] not in ([], ["1", "2", "3", "4"]):
        raise DataError(
            f"{path}: {CLASSES!r} says {', '.join(classes)}; the classes are 1 MET, 2 e/γ, 3 µ and 4 jets"
        )


def _as_objects(values: NDArray[Any]) -> NDArray[np.float64]:
    """Bring any form of a file into (events, 19, 3 or 4)."""
    values = np.asarray(values, dtype=np.float64)
    if values.ndim == 3:
        return values
    if values.shape[1] == 56:  # pT and φ of MET lead
        values = np.insert(values, 1, 0.0, axis=1)
    return values.reshape(len(values), 19, 3)
