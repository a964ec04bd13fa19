"""Dijet events with the constituents of both jets: as values, and in HDF5."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.data.hdf5 import json_object, named_dataset, opened_hdf5, read_rows, refuse_full_disk
from l1ad.data.partial_file import growing_file

__all__ = ["JetEvents", "jet_provenance", "read_jet_events", "write_jet_events"]

Reals = NDArray[np.float64]

FORMAT = "l1ad dijet events, version 1"
_JETS, _QUANTITIES = 2, 4
_ROWS_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class JetEvents:
    """Events of two jets, the leading one first.

    Attributes:
        jets: pT (GeV), η, φ and mass (GeV) of each jet, shape (n_events, 2, 4).
        constituents: px, py and pz in GeV of the particles of each jet, by falling pT, with zeros where a jet
            has fewer, shape (n_events, 2, n_constituents, 3).
    """

    jets: NDArray[np.float32]
    constituents: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.jets)

    @property
    def delta_eta(self) -> Reals:
        """|Δη| of the two jets, shape (n_events,)."""
        return np.asarray(np.abs(self.jets[:, 0, 1] - self.jets[:, 1, 1]), dtype=np.float64)

    @property
    def mass_gev(self) -> Reals:
        """Mass of the two jets together, shape (n_events,)."""
        pt, eta, phi, mass = np.moveaxis(self.jets.astype(np.float64), 2, 0)
        px, py, pz = pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)
        energy = np.sqrt(px**2 + py**2 + pz**2 + mass**2)
        squared = energy.sum(1) ** 2 - px.sum(1) ** 2 - py.sum(1) ** 2 - pz.sum(1) ** 2
        return np.asarray(np.sqrt(np.maximum(squared, 0.0)), dtype=np.float64)

    def take(self, which: NDArray[Any] | slice) -> "JetEvents":
        """Give some of the events."""
        return JetEvents(jets=self.jets[which], constituents=self.constituents[which])


def write_jet_events(path: Path, pieces: Iterable[JetEvents], *, provenance: dict[str, Any]) -> None:
    """Write events piece by piece; the file appears when all are written.

    Args:
        path: The file: datasets `jets` and `constituents`, of the shapes of `JetEvents`.
        pieces: Events, all with the same number of constituents, at least one piece.
        provenance: What made them, as JSON knows it.

    Raises:
        DataError: If there is no room on the disk.
    """
    with growing_file(path) as partial, h5py.File(partial, "w") as file:
        file.attrs["format"] = FORMAT
        file.attrs["provenance"] = json.dumps(provenance, indent=1)
        for piece in pieces:
            refuse_full_disk(path, piece.jets.nbytes + piece.constituents.nbytes)
            for name in ("jets", "constituents"):
                _append(file, name, getattr(piece, name))


def read_jet_events(path: Path) -> JetEvents:
    """Read a file of dijet events: ours, or one with the same two datasets.

    Raises:
        DataError: If a dataset is missing, of another shape, holds what is no finite number, or is in disorder,
            or if a jet is empty.
    """
    with opened_hdf5(path) as file:
        events = JetEvents(**{name: _read(file, name, path) for name in ("jets", "constituents")})
    _check(events, path)
    return events


def jet_provenance(path: Path) -> dict[str, Any]:
    """Read what made the events of a file; empty of others' files."""
    with opened_hdf5(path) as file:
        return json_object(file.attrs.get("provenance"))


def _read(file: h5py.File, name: str, path: Path) -> NDArray[np.float32]:
    dataset = named_dataset(file, name, path)
    if not dataset.shape or dataset.dtype.kind not in "fiu":
        raise DataError(
            f"{path}: {name!r} holds {dataset.dtype} of shape {dataset.shape}; 'jets' and 'constituents' are "
            "arrays of numbers, one row an event"
        )
    rows = [
        read_rows(dataset, start, start + _ROWS_AT_ONCE, path).astype(np.float32)
        for start in range(0, len(dataset), _ROWS_AT_ONCE)
    ]
    return np.concatenate(rows) if rows else np.zeros(dataset.shape, np.float32)


def _append(file: h5py.File, name: str, values: NDArray[np.float32]) -> None:
    if name not in file:
        file.create_dataset(
            name, (0, *values.shape[1:]), np.float32, maxshape=(None, *values.shape[1:]),
            chunks=(100, *values.shape[1:]), compression="lzf", shuffle=True, track_times=False,
        )  # fmt: skip
    done = len(file[name])
    file[name].resize(done + len(values), axis=0)
    file[name][done:] = values


def _check(events: JetEvents, path: Path) -> None:
    jets, constituents = events.jets, events.constituents
    if jets.ndim != 3 or jets.shape[1:] != (_JETS, _QUANTITIES):
        raise DataError(f"{path}: 'jets' has shape {jets.shape}; (n_events, 2, 4) is wanted: pT, η, φ, mass")
    if constituents.ndim != 4 or constituents.shape[:2] != jets.shape[:2] or constituents.shape[3] != 3:
        raise DataError(
            f"{path}: 'constituents' has shape {constituents.shape}; ({len(jets)}, 2, n, 3) is wanted"
        )
    for name, values in (("jets", jets), ("constituents", constituents)):
        finite = np.isfinite(values)
        if not finite.all():
            event = int(np.argwhere(~finite)[0, 0])
            raise DataError(f"{path}: {name!r}, event {event}: a value is no finite number")
    if len(jets) and (jets[:, :, 0] <= 0).any():
        event = int(np.argwhere(jets[:, :, 0] <= 0)[0, 0])
        raise DataError(f"{path}: event {event} has a jet without pT; every event has two")
    squared = np.square(constituents[..., :2]).sum(axis=-1)
    empty = ~(squared > 0).any(axis=2)
    if empty.any():
        event = int(np.argwhere(empty)[0, 0])
        raise DataError(f"{path}: event {event} has a jet without constituents; each has at least one")
    rising = np.diff(squared, axis=2) > 1e-3 * (1 + squared[:, :, :-1])
    if rising.any():
        event = int(np.argwhere(rising)[0, 0])
        raise DataError(f"{path}: event {event}: constituents do not fall in pT; order them")
