"""Tables of lumi sections for data quality: numbers of each section, and whether people called it good."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.data.event_file import file_digest
from l1ad.data.hdf5 import named_dataset, opened_hdf5, read_rows, refuse_full_disk, texts
from l1ad.data.partial_file import growing_file
from l1ad.data.quality_columns import chosen_names, read_column_table
from l1ad.data.quality_rows import QualityRows, check_rows

__all__ = ["QualityTable", "QualityWriter", "read_quality_table", "writing_quality_table"]

FORMAT = "l1ad data quality table, version 1"
_ROWS_AT_ONCE = 1_000
_BESIDE = ("good", "failure_mode", "run", "lumi_section")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class QualityTable:
    """Sections of a table.

    Attributes:
        names: Names of the features that were asked for.
        rows: Their values and labels.
        digest: SHA-256 of the file.
    """

    names: tuple[str, ...]
    rows: QualityRows
    digest: str


class QualityWriter:
    """An open table that grows piece by piece."""

    def __init__(self, file: h5py.File, path: Path, names: Sequence[str]) -> None:
        self._file, self._path, self._names = file, path, tuple(names)
        self._content = hashlib.sha256()
        width = len(names)
        kinds: dict[str, tuple[Any, tuple[int, ...]]] = {
            "features": (np.float32, (width,)), "good": (np.bool_, ()),
            "failure_mode": (h5py.string_dtype(), ()), "run": (np.int64, ()), "lumi_section": (np.int64, ()),
        }  # fmt: skip
        for name, (kind, more) in kinds.items():
            file.create_dataset(
                name, (0, *more), kind, maxshape=(None, *more), chunks=(100, *more), compression="lzf",
                shuffle=True, track_times=False,
            )  # fmt: skip

    def append(self, rows: QualityRows) -> None:
        """Write the next sections.

        Raises:
            DataError: If a number is not finite, or there is no room on the disk.
        """
        check_rows(rows, self._names, str(self._path))
        refuse_full_disk(self._path, rows.features.nbytes + 100 * len(rows))
        for name in ("features", *_BESIDE):
            values = getattr(rows, name)
            dataset = self._file[name]
            done = len(dataset)
            dataset.resize(done + len(values), axis=0)
            dataset[done:] = values.astype(object) if name == "failure_mode" else values
        self._content.update(_content(rows))

    def close(self) -> None:
        """Note the digest of all rows."""
        self._file.attrs["digest"] = self._content.hexdigest()


@contextmanager
def writing_quality_table(
    path: Path, names: Sequence[str], *, provenance: dict[str, Any]
) -> Iterator[QualityWriter]:
    """Open a table to write; it appears under its name when all is written, or not at all.

    Args:
        path: The file, HDF5: `features` of shape (n_sections, n_features), and `names`, `good`, `failure_mode`,
            `run` and `lumi_section` beside it.
        names: Names of the features.
        provenance: What made it, as JSON knows it.
    """
    with growing_file(path) as partial, h5py.File(partial, "w") as file:
        file.attrs["format"] = FORMAT
        file.attrs["provenance"] = json.dumps(provenance, indent=1)
        file.create_dataset("names", data=np.array(names, dtype=object), dtype=h5py.string_dtype(),
                            track_times=False)  # fmt: skip
        writer = QualityWriter(file, path, names)
        yield writer
        writer.close()


def read_quality_table(path: Path, wanted: Sequence[str] | None, *, label: str = "good") -> QualityTable:
    """Read chosen features and the labels of a table: one of ours, or columns in CSV, Parquet or HDF5.

    Args:
        path: The file.
        wanted: Names, or beginnings of names, of features; None for all.
        label: Column of other tables that is 1 for a good section and 0 for a bad one. Columns `run`,
            `lumi_section` and `failure_mode` are none of the features where they are there.

    Raises:
        DataError: If the file is missing or damaged, a feature is not there, a value is missing or no finite
            number, or all sections are good, or all bad.
    """
    if _is_ours(path):
        names, rows = _read_own(path, wanted)
    else:
        names, rows = read_column_table(path, wanted, label)
    check_rows(rows, names, str(path))
    if rows.good.all() or not rows.good.any():
        kind = "good" if rows.good.all() else "bad"
        raise DataError(f"{path}: all {len(rows)} sections are {kind}; a study needs some of each")
    return QualityTable(names=names, rows=rows, digest=file_digest(path))


def _is_ours(path: Path) -> bool:
    if path.suffix.lower() not in (".h5", ".hdf5"):
        return False
    with opened_hdf5(path) as file:
        return bool(file.attrs.get("format") == FORMAT)


def _read_own(path: Path, wanted: Sequence[str] | None) -> tuple[tuple[str, ...], QualityRows]:
    with opened_hdf5(path) as file:
        features = named_dataset(file, "features", path)
        names = texts(named_dataset(file, "names", path))
        if features.ndim != 2 or features.shape[1] != len(names):
            raise DataError(f"{path}: 'features' has shape {features.shape} for {len(names)} names")
        chosen = chosen_names(names, wanted, str(path))
        columns = [names.index(name) for name in chosen]
        content, pieces = hashlib.sha256(), []
        for start in range(0, len(features), _ROWS_AT_ONCE):
            rows = _rows(file, path, start, min(start + _ROWS_AT_ONCE, len(features)))
            content.update(_content(rows))
            pieces.append(rows.of(columns))
        if content.hexdigest() != file.attrs.get("digest"):
            raise DataError(f"{path}: its rows are not those that were written; was it changed by hand?")
    return chosen, QualityRows.joined(pieces)


def _rows(file: h5py.File, path: Path, start: int, stop: int) -> QualityRows:
    found = {name: read_rows(named_dataset(file, name, path), start, stop, path)
             for name in ("features", *_BESIDE)}  # fmt: skip
    found["failure_mode"] = np.array([one.decode() for one in found["failure_mode"]], dtype=np.str_)
    return QualityRows(**found)


def _content(rows: QualityRows) -> bytes:
    """Give the bytes that a digest is of, the same however rows are cut into pieces."""
    modes: NDArray[np.bytes_] = np.char.encode(rows.failure_mode, "utf-8").astype("S40")
    parts = (rows.good, rows.run.astype(np.int64), rows.lumi_section.astype(np.int64))
    numbers = [np.ascontiguousarray(one).view(np.uint8).reshape(len(rows), -1) for one in parts]
    features = np.ascontiguousarray(rows.features).view(np.uint8).reshape(len(rows), -1)
    return np.concatenate([features, *numbers, modes.view(np.uint8).reshape(len(rows), -1)], axis=1).tobytes()
