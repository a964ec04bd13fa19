"""Constituents of jets as networks of images and sets read them: (events, constituents, quantities) in HDF5."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.core.layout import InputLayout
from l1ad.data.events import EventBatch
from l1ad.data.hdf5 import json_object, named_dataset, opened_hdf5, read_rows, texts
from l1ad.data.opening import ReadOptions
from l1ad.data.padded_lists import fill_lists
from l1ad.data.reader import BLOCK_EVENTS, EventFormat, EventReader, Repairs

__all__ = ["ConstituentFile", "open_images"]

_USUAL = ("jetConstituentList", "jetConstituentsList", "constituents", "images")
_NAMES = "particleFeatureNames"
_PIECE_VALUES = 4_000_000
"""Values read at once, 32 MB: one block of a hundred constituents would be a gigabyte."""


def open_images(location: str, options: ReadOptions) -> EventReader:
    """Open a file of jet constituents, such as the hls4ml LHC jets (doi:10.5281/zenodo.3602260).

    The layout has one kind of object, with a pT: `constituents_100x3` has 100 of pT, η and φ, the angles
    relative to the jet. Constituents beyond its slots are cut off, softest first, fewer are filled up with
    zeros. Quantities are taken by name where the file names them (`particleFeatureNames`, as `j1_pt` or `pt`;
    capitals and `_` do not matter), else by position, and then there must be as many as the layout has.

    Args:
        location: Path of the HDF5 file.
        options: `layout` must be given; `dataset` is needed where it has none of the usual names; `sample`
            stands for the stem of the file's name.

    Raises:
        DataError: If the file is missing, cut off or empty, or is not of the layout.
    """
    if options.layout is None:
        raise DataError(f"{location}: constituents need a layout, e.g. 'constituents_100x3'")
    return ConstituentFile(Path(location), options.layout, options)


class ConstituentFile:
    """A file of jet constituents, its header checked."""

    format = EventFormat.IMAGES

    def __init__(self, path: Path, layout: InputLayout, options: ReadOptions) -> None:
        """Check the header.

        Raises:
            DataError: As `open_images` says.
        """
        self.path, self.layout = path, layout
        self.repairs = Repairs()
        kinds = {field.object_type for field in layout.fields}
        self._kind = kinds.pop()
        self._quantities = tuple(dict.fromkeys(field.quantity for field in layout.fields))
        if kinds or "pt" not in self._quantities:
            raise DataError(
                f"{path}: layout {layout.name!r} is not one kind of object with a pT, as constituents are"
            )
        with opened_hdf5(path) as file:
            dataset = _constituents(file, options.dataset, path)
            self._name = str(dataset.name)
            self.n_events = len(dataset)
            self._columns = self._of_quantities(file, dataset)
            self.provenance: dict[str, Any] = json_object(file.attrs.get("provenance"))
            self.sample = options.sample or path.stem

    def blocks(self, block_events: int = BLOCK_EVENTS, *, start: int = 0) -> Iterator[EventBatch]:
        """Read the events from number `start` on, block by block; the number of an event is its row.

        Raises:
            DataError: At the first event that holds what is no number.
        """
        with opened_hdf5(self.path) as file:
            dataset = named_dataset(file, self._name, self.path)
            for first in range(start, self.n_events, block_events):
                stop = min(first + block_events, self.n_events)
                inputs_raw = np.zeros((stop - first, self.layout.n_inputs), dtype=self.layout.dtype)
                rows = max(1, _PIECE_VALUES // int(np.prod(dataset.shape[1:])))
                for piece in range(first, stop, rows):
                    end = min(piece + rows, stop)
                    self._fill(inputs_raw[piece - first : end - first], dataset, piece, end)
                yield EventBatch(
                    layout=self.layout,
                    inputs_raw=inputs_raw,
                    event_number=np.arange(first, stop),
                    sample=self.sample,
                    where=f"{self.path}, from event {first} on" if first else str(self.path),
                )

    def _fill(self, inputs_raw: NDArray[Any], dataset: h5py.Dataset, first: int, stop: int) -> None:
        read = read_rows(dataset, first, stop, self.path)
        values = {
            quantity: np.asarray(read[..., column], dtype=np.float64)
            for quantity, column in zip(self._quantities, self._columns, strict=True)
        }
        for quantity, numbers in values.items():
            odd = ~np.isfinite(numbers) | ((quantity == "pt") & (numbers < 0))
            if odd.any():
                event, position = np.argwhere(odd)[0]
                raise DataError(
                    f"{self.path}: event {first + event}, {self._kind} {position + 1}: {quantity} is "
                    f"{numbers[event, position]:g}; "
                    + ("it must be a finite number" if not np.isfinite(numbers[event, position]) else
                       "is it standardised? give pT in GeV, as it was")
                )  # fmt: skip
        fill_lists(inputs_raw, self.layout, self._kind, values, self.repairs, where=str(self.path))

    def _of_quantities(self, file: h5py.File, dataset: h5py.Dataset) -> tuple[int, ...]:
        """Find the column of each quantity of the layout."""
        n_columns = dataset.shape[2]
        names = texts(file[_NAMES]) if _NAMES in file else texts(dataset.attrs.get(_NAMES))
        # The published files name a 17th quantity, j1_pdgid, that they do not hold.
        if len(names) == n_columns + 1 and names[-1].endswith("pdgid"):
            names = names[:-1]
        if not names and n_columns == len(self._quantities):
            return tuple(range(n_columns))
        if len(names) != n_columns:
            raise DataError(
                f"{self.path}: {self._name.strip('/')!r} has {n_columns} quantities and {len(names)} names "
                f"({_NAMES!r}); layout {self.layout.name!r} takes {', '.join(self._quantities)} of them by name"
            )
        plain = [_plain(name) for name in names]
        missing = [quantity for quantity in self._quantities if _plain(quantity) not in plain]
        if missing:
            raise DataError(
                f"{self.path}: no quantity {', '.join(missing)} among {', '.join(names)}, which layout "
                f"{self.layout.name!r} takes"
            )
        return tuple(plain.index(_plain(quantity)) for quantity in self._quantities)


def _constituents(file: h5py.File, name: str | None, path: Path) -> h5py.Dataset:
    if name is None:
        name = next((usual for usual in _USUAL if usual in file), None)
    if name is None:
        raise DataError(
            f"{path}: has none of {', '.join(_USUAL)}, but {', '.join(sorted(file)) or 'nothing'}; name the "
            "dataset of the constituents"
        )
    dataset = named_dataset(file, name, path)
    if dataset.ndim != 3 or dataset.dtype.kind not in "fiu":
        raise DataError(
            f"{path}: {name!r} is {dataset.dtype} of shape {dataset.shape}; constituents are numbers of "
            "(events, constituents, quantities)"
        )
    if not dataset.size:
        raise DataError(f"{path}: holds no events")
    return dataset


def _plain(name: str) -> str:
    """Bring `j1_etarel` and `eta_rel` to one form."""
    return re.sub(r"^j1?_", "", name.lower()).replace("_", "")
