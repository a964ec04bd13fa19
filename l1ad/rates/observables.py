"""Numbers that an event has, by name: of objects, their leading pT, and sums."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.core.layout import InputLayout
from l1ad.core.layouts import ugt_57
from l1ad.rates.zero_bias_objects import JET_GEV, QUANTITIES, event_objects

__all__ = ["Observable", "observables", "observed"]

_UGT = ugt_57()
_TITLES = {"eg": "e/γ", "mu": "µ", "jet": "jet"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Observable:
    """A number that an event has.

    Attributes:
        name: `n_jet` for a number of objects, `jet` for the leading pT of a type, `met` or `ht` for a sum.
        title: As people write it.
        unit: `1` or `GeV`.
        lsb: One hardware step, in `unit`.
        offset: Hardware integer that means 0.
        raw_max: Highest hardware integer.
        always: Whether every event has it; else a hardware integer of 0 says that there is no such object.
    """

    name: str
    title: str
    unit: str
    lsb: float
    offset: int
    raw_max: int
    always: bool


def observables(layout: InputLayout, *, where: str) -> tuple[Observable, ...]:
    """List what events of a layout have: number and leading pT of each type of object, and sums.

    HT is there for `ugt_57` only, where the trigger's rule for its jets is known.

    Raises:
        DataError: If nothing in the layout has a pT, or objects of one type have different steps.
    """
    found: list[Observable] = []
    for name, slots in _pt_columns(layout).items():
        fields, title = [layout.fields[one] for one in slots], _TITLES.get(name, name)
        if len({field.lsb for field in fields}) > 1:
            raise DataError(
                f"{where}: the pT of {name!r} in layout {layout.name!r} has steps of different size"
            )
        leading = Observable(
            name=name, title=f"leading {title}", unit="GeV", lsb=fields[0].lsb,
            offset=QUANTITIES[name].offset if layout == _UGT else 0,
            raw_max=max(field.raw_max for field in fields), always=False,
        )  # fmt: skip
        if name == "met":
            found.append(replace(leading, title="MET", always=True))
            continue
        number = Observable(
            name=f"n_{name}", title=f"number of {title}", unit="1", lsb=1.0, offset=0, raw_max=len(slots),
            always=True,
        )  # fmt: skip
        found += [number, leading]
        if name == "jet":
            found.append(replace(number, name="n_jet30", title=f"number of jets ≥ {JET_GEV} GeV"))
        if name == "jet" and layout == _UGT:
            found.append(replace(leading, name="ht", title="HT", raw_max=QUANTITIES["ht"].raw_max, always=True))
    if not found:
        raise DataError(
            f"{where}: no object of layout {layout.name!r} has a pT in GeV to tell a composition of"
        )
    return tuple(found)


def observed(inputs_raw: NDArray[np.integer], layout: InputLayout) -> dict[str, NDArray[np.int64]]:
    """Read the observables of events as hardware integers, by name, each of shape (n_events,).

    Of `ugt_57` objects and sums are those of `event_objects`. Of other layouts they are found by the names of
    the inputs.

    Args:
        inputs_raw: Hardware integers, shape (n_events, n_inputs).
        layout: What they mean, of which `observables` gives something.
    """
    columns, values = _pt_columns(layout), dict[str, NDArray[np.int64]]()
    if layout == _UGT:
        objects = event_objects(inputs_raw)
        pt = objects.pt_raw
        values.update(met=objects.value_raw["met"], ht=objects.value_raw["ht"])
    else:
        pt = {name: inputs_raw[:, slots].astype(np.int64) for name, slots in columns.items()}
        if "met" in pt:
            values["met"] = pt.pop("met").max(axis=1)
    for name, raw in pt.items():
        values[f"n_{name}"], values[name] = (raw > 0).sum(axis=1), raw.max(axis=1)
    if "jet" in pt:
        lsb = layout.fields[columns["jet"][0]].lsb
        values["n_jet30"] = (pt["jet"] >= math.ceil(JET_GEV / lsb)).sum(axis=1)
    return values


def _pt_columns(layout: InputLayout) -> dict[str, list[int]]:
    columns: dict[str, list[int]] = {}
    for index, field in enumerate(layout.fields):
        if field.quantity == "pt" and field.unit == "GeV":
            columns.setdefault(field.object_type, []).append(index)
    return columns
