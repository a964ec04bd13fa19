"""The 18 variables of a Z boson with a photon, and tables of them: simulated, or the user's."""

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.data.event_file import file_digest
from l1ad.data.tables.files import TableFile, open_table_file
from l1ad.data.tables.values import listed

__all__ = ["NAMES", "VARIABLES", "Variable", "VariableKind", "ZGammaTable", "read_z_gamma_table"]

Reals = NDArray[np.float64]

_ROWS_AT_ONCE = 50_000


class VariableKind(Enum):
    """What values a variable can have."""

    SIZE = "size"
    """0 or more."""
    SIGNED = "signed"
    """Any number."""
    AZIMUTH = "azimuth"
    """An angle on a circle, -π to π."""
    OPENING = "opening"
    """An angle between two directions, 0 to π."""
    COUNT = "count"
    """A whole number of 0 or more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A variable of an event.

    Attributes:
        name: Its column.
        label: What an axis calls it, with its unit.
        kind: What values it can have.
    """

    name: str
    label: str
    kind: VariableKind


def _variable(name: str, label: str, kind: VariableKind) -> Variable:
    return Variable(name=name, label=label, kind=kind)


VARIABLES = (
    _variable("m_lly", "m(ℓℓγ) (GeV)", VariableKind.SIZE),
    _variable("phi_Zy", "φ(Zγ) (rad)", VariableKind.AZIMUTH),
    _variable("eta_Zy", "η(Zγ)", VariableKind.SIGNED),
    _variable("pt_Zy", "pT(Zγ) (GeV)", VariableKind.SIZE),
    _variable("e_Zy", "E(Zγ) (GeV)", VariableKind.SIZE),
    _variable("m_ll", "m(ℓℓ) (GeV)", VariableKind.SIZE),
    _variable("phi_ll", "φ(ℓℓ) (rad)", VariableKind.AZIMUTH),
    _variable("eta_ll", "η(ℓℓ)", VariableKind.SIGNED),
    _variable("pt_ll", "pT(ℓℓ) (GeV)", VariableKind.SIZE),
    _variable("e_ll", "E(ℓℓ) (GeV)", VariableKind.SIZE),
    _variable("dr_ll", "ΔR(ℓ,ℓ)", VariableKind.SIZE),
    _variable("met", "Missing pT (GeV)", VariableKind.SIZE),
    _variable("phi_met", "φ of missing pT (rad)", VariableKind.AZIMUTH),
    _variable("n_j", "Jets, |η| < 4.5", VariableKind.COUNT),
    _variable("n_cj", "Central jets, |η| < 2.5", VariableKind.COUNT),
    _variable("dphi_ll", "Δφ(ℓ,ℓ) (rad)", VariableKind.OPENING),
    _variable("dphi_met_Zy", "Δφ(missing pT, Zγ) (rad)", VariableKind.OPENING),
    _variable("pt_ll_over_m_lly", "pT(ℓℓ) / m(ℓℓγ)", VariableKind.SIZE),
)
"""The variables, in the order of columns everywhere."""

NAMES = tuple(one.name for one in VARIABLES)
"""Their names, in that order."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ZGammaTable:
    """Events of background and of a resonance.

    Attributes:
        background: Shape (n_background, 18), columns as `VARIABLES`.
        signal: Shape (n_signal, 18).
        digest: SHA-256 of the file.
    """

    background: Reals
    signal: Reals
    digest: str


def read_z_gamma_table(path: Path, label: str) -> ZGammaTable:
    """Read the variables of events and which of them are signal, from CSV, Parquet or HDF5.

    Columns beside the 18 and the label are not looked at.

    Args:
        path: The file.
        label: Column that is 1 for signal and 0 for background.

    Raises:
        DataError: If a column is missing, a value is none that its variable can have, or there is only one
            kind of event.
    """
    table = open_table_file(str(path), None)
    missing = [name for name in (*NAMES, label) if name not in table.names]
    if missing:
        raise DataError(
            f"{path}: lacks {listed(missing, near=table.names)}; a table of Zγ events has {', '.join(NAMES)} "
            f"and {label!r}"
        )
    kinds: dict[str, type] = {**dict.fromkeys(NAMES, np.float64), label: np.int64}
    pieces = list(table.pieces(kinds, start=0, rows=_ROWS_AT_ONCE))
    columns = {name: np.concatenate([piece[name] for piece in pieces]) for name in kinds} if pieces else {}
    if not columns or len(np.unique(columns[label])) < 2:
        raise DataError(f"{path}: column {label!r} has no two values; a study needs background 0 and signal 1")
    for variable in VARIABLES:
        _refuse(
            np.flatnonzero(~_possible(columns[variable.name], variable.kind)), columns, variable.name, table
        )
    _refuse(np.flatnonzero((columns[label] != 0) & (columns[label] != 1)), columns, label, table)
    values = np.column_stack([columns[name] for name in NAMES])
    is_signal = columns[label] == 1
    return ZGammaTable(background=values[~is_signal], signal=values[is_signal], digest=file_digest(path))


def _possible(values: Reals, kind: VariableKind) -> NDArray[np.bool_]:
    match kind:
        case VariableKind.SIGNED:
            found = np.ones(len(values), bool)
        case VariableKind.AZIMUTH:
            found = np.abs(values) <= np.pi + 1e-3
        case VariableKind.OPENING:
            found = (values >= 0) & (values <= np.pi + 1e-3)
        case VariableKind.SIZE:
            found = values >= 0
        case VariableKind.COUNT:
            found = (values >= 0) & (values % 1 == 0)
    return np.asarray(found, dtype=np.bool_)


def _refuse(
    rows: NDArray[np.intp], columns: dict[str, NDArray[np.float64]], name: str, table: TableFile
) -> None:
    if not len(rows):
        return
    row, value = int(rows[0]), columns[name][rows[0]]
    kind = next((one.kind.value for one in VARIABLES if one.name == name), None)
    right = {
        None: "1 is signal, 0 background",
        "size": "it is 0 or more",
        "azimuth": "it lies between -π and π rad",
        "opening": "it lies between 0 and π rad",
        "count": "it is a whole number of 0 or more",
    }[kind]
    raise DataError(f"{table.place(row)}: column {name!r} is {value:g}; {right}")
