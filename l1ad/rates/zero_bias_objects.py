"""Trigger objects and sums of zero-bias events, read from the hardware integers of `ugt_57`."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l1ad.core.layout import InputLayout
from l1ad.core.layouts import ugt_57

__all__ = ["BENCHMARKS", "JET_GEV", "QUANTITIES", "Benchmark", "EventObjects", "Quantity", "event_objects"]

JET_GEV = 30
"""pT from which on a jet counts in HT and in the number of jets, GeV."""

_JET_ETA = 2.4
"""|η| below which a jet counts in HT."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """What a threshold may be set on: the pT of the leading object of a type, or a sum.

    Attributes:
        name: `eg`, `mu`, `jet`, `met` or `ht`.
        title: As people write it.
        lsb_gev: One hardware step.
        offset: Hardware integer that means 0 GeV: 1 for muons, whose 0 means that there is none.
        raw_max: Highest hardware integer; the highest value may stand for more.
    """

    name: str
    title: str
    lsb_gev: float
    offset: int
    raw_max: int

    def threshold_raw(self, gev: float) -> int:
        """Give the lowest hardware integer that reaches a threshold."""
        return math.ceil(gev / self.lsb_gev) + self.offset

    @property
    def edges_gev(self) -> NDArray[np.float64]:
        """Edges of the bins that hold one hardware integer each, shape (raw_max + 2,)."""
        return np.asarray((np.arange(self.raw_max + 2) - self.offset) * self.lsb_gev)


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A single-object threshold that rates are followed at.

    Attributes:
        quantity: Name of the quantity.
        threshold_gev: Reached when pT, MET or HT is at least this.
    """

    quantity: str
    threshold_gev: int

    @property
    def title(self) -> str:
        """What it asks for, e.g. `leading jet ≥ 60 GeV`."""
        return f"{QUANTITIES[self.quantity].title} ≥ {self.threshold_gev} GeV"


def _quantities() -> dict[str, Quantity]:
    fields = {field.name: field for field in ugt_57().fields}
    found = {
        name: Quantity(
            name=name, title=title, lsb_gev=fields[column].lsb, offset=int(name == "mu"),
            raw_max=fields[column].raw_max,
        )
        for name, title, column in (
            ("eg", "leading e/γ", "eg_1_pt"), ("mu", "leading µ", "mu_1_pt"),
            ("jet", "leading jet", "jet_1_pt"), ("met", "MET", "met_pt"),
        )
    }  # fmt: skip
    jet, jets = found["jet"], len(_columns(ugt_57(), "jet", "pt"))
    found["ht"] = Quantity(name="ht", title="HT", lsb_gev=jet.lsb_gev, offset=0, raw_max=jets * jet.raw_max)
    return found


def _columns(layout: InputLayout, object_type: str, quantity: str) -> list[int]:
    return [
        index
        for index, field in enumerate(layout.fields)
        if (field.object_type, field.quantity) == (object_type, quantity)
    ]


QUANTITIES = _quantities()
"""What thresholds are set on, by name."""

BENCHMARKS = tuple(
    Benchmark(name, gev)
    for name, thresholds in (
        ("eg", (15, 25, 40)), ("mu", (5, 10, 22)), ("jet", (60, 120, 180)),
        ("met", (60, 90, 120)), ("ht", (200, 280, 360)),
    )
    for gev in thresholds
)  # fmt: skip
"""Thresholds at which rates are followed over pile-up and time."""

_LAYOUT = ugt_57()
_PT = {name: _columns(_LAYOUT, name, "pt") for name in ("eg", "mu", "jet")}
_MET = _columns(_LAYOUT, "met", "pt")[0]
_JET_ETA_COLUMNS = _columns(_LAYOUT, "jet", "eta")
_JET_ETA_LSB = _LAYOUT.fields[_JET_ETA_COLUMNS[0]].lsb


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EventObjects:
    """Objects and sums of events as hardware integers.

    Attributes:
        pt_raw: pT of the objects of each type, `eg`, `mu` and `jet`, shape (n_events, slots); 0 where absent.
        value_raw: Value of each quantity, shape (n_events,).
    """

    pt_raw: dict[str, NDArray[np.int64]]
    value_raw: dict[str, NDArray[np.int64]]


def event_objects(inputs_raw: NDArray[np.integer]) -> EventObjects:
    """Read objects and sums.

    HT is the sum of the jets in the list with pT >= 30 GeV whose whole step in |η| lies below 2.4, so that the
    ring of towers centred at 2.41, which rounds to 2.3925, does not count, as in the trigger. The trigger sums
    all jets, also those beyond the ten of the list.

    Args:
        inputs_raw: Hardware integers of the layout `ugt_57`, shape (n_events, 57).
    """
    pt = {name: inputs_raw[:, columns].astype(np.int64) for name, columns in _PT.items()}
    counts = pt["jet"] >= QUANTITIES["jet"].threshold_raw(JET_GEV)
    counts &= (np.abs(inputs_raw[:, _JET_ETA_COLUMNS]) + 0.5) * _JET_ETA_LSB <= _JET_ETA
    values = {name: one.max(axis=1) for name, one in pt.items()}
    values["met"] = inputs_raw[:, _MET].astype(np.int64)
    values["ht"] = np.where(counts, pt["jet"], 0).sum(axis=1)
    return EventObjects(pt_raw=pt, value_raw=values)
