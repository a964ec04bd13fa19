"""Mistakes on the way to the inputs, as functions from the right hardware integers to the wrong ones."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from l1ad.core.layout import InputLayout

__all__ = ["INPUT_MISTAKES", "InputMistake", "has_full_list", "has_object"]

Inputs = NDArray[np.integer]
Change = Callable[[InputLayout, Inputs], Inputs]

_NAMES = {"met": "MET", "eg": "e/γ", "mu": "muons", "jet": "jets"}


@dataclass(frozen=True, slots=True, kw_only=True)
class InputMistake:
    """One mistake.

    Attributes:
        name: A few words.
        text: What it means, as a sentence for people.
        change: The inputs that it leads to; those of a layout without the objects it is about stay.
    """

    name: str
    text: str
    change: Change


def has_object(layout: InputLayout, inputs_raw: Inputs, *, object_type: str) -> NDArray[np.bool_]:
    """Tell which events have an object of a type, shape (n_events,)."""
    return np.asarray((inputs_raw[:, _columns(layout, object_type, "pt")] > 0).any(axis=1))


def has_full_list(layout: InputLayout, inputs_raw: Inputs, *, object_type: str) -> NDArray[np.bool_]:
    """Tell which events fill every slot of a type, so that there may have been more, shape (n_events,)."""
    columns = _columns(layout, object_type, "pt")
    return np.asarray((inputs_raw[:, columns] > 0).all(axis=1) & bool(columns))


def whole_gev(layout: InputLayout, inputs_raw: Inputs, *, object_types: tuple[str, ...]) -> Inputs:
    """Cut pT down to whole GeV; a muon's index of the global trigger counts from 1, and stays 1 at least."""
    changed = inputs_raw.copy()
    for object_type in object_types:
        for column in _columns(layout, object_type, "pt"):
            step = max(1, round(1 / layout.fields[column].lsb))
            first = int(_counts_from_one(layout, object_type))
            raw = changed[:, column]
            changed[:, column] = np.where(raw > 0, (raw - first) // step * step + first, raw)
    return changed


def pt_from_zero(layout: InputLayout, inputs_raw: Inputs) -> Inputs:
    """Count the pT of muons from 0 and not from 1, which makes it one step less."""
    changed = inputs_raw.copy()
    for column in _columns(layout, "mu", "pt"):
        changed[:, column] -= changed[:, column] > 0
    return changed


def zeroed(layout: InputLayout, inputs_raw: Inputs, *, object_type: str, quantities: tuple[str, ...]) -> Inputs:
    """Set quantities of all objects of a type to zero."""
    changed = inputs_raw.copy()
    for quantity in quantities:
        changed[:, _columns(layout, object_type, quantity)] = 0
    return changed


def half_a_turn(layout: InputLayout, inputs_raw: Inputs, *, object_type: str) -> Inputs:
    """Count φ from -π and not from 0, for objects that are there."""
    changed, present = inputs_raw.copy(), layout.present(inputs_raw)
    for column in _columns(layout, object_type, "phi"):
        steps = layout.fields[column].raw_max + 1
        turned = (changed[:, column] + steps // 2) % steps
        changed[:, column] = np.where(present[:, column], turned, changed[:, column])
    return changed


def coarse_angles(layout: InputLayout, inputs_raw: Inputs) -> Inputs:
    """Give the angles of muons in steps four times as large, those of the calorimeter in the global trigger."""
    changed = inputs_raw.copy()
    for quantity in ("eta", "phi"):
        changed[:, _columns(layout, "mu", quantity)] >>= 2
    return changed


def not_padded(layout: InputLayout, inputs_raw: Inputs) -> Inputs:
    """Leave absent objects out, so that all later inputs move up and the zeros come last."""
    order = np.argsort(~layout.present(inputs_raw), axis=1, kind="stable")
    return _in_range(layout, np.take_along_axis(inputs_raw, order, axis=1))


def not_capped(layout: InputLayout, inputs_raw: Inputs, *, object_type: str) -> Inputs:
    """Leave one object more in each full list, so that the inputs behind it move by the width of an object.

    What that object was is not in the inputs: the last of its list stands in for it.
    """
    found = [i for i, field in enumerate(layout.fields) if field.object_type == object_type]
    full = has_full_list(layout, inputs_raw, object_type=object_type)
    last = [i for i in found if layout.fields[i].slot == layout.fields[found[-1]].slot]
    changed = inputs_raw.copy()
    if found and found[-1] + 1 + len(last) <= layout.n_inputs:
        behind = found[-1] + 1
        changed[full, behind + len(last) :] = inputs_raw[full, behind : layout.n_inputs - len(last)]
        changed[full, behind : behind + len(last)] = inputs_raw[full][:, last]
    return _in_range(layout, changed)


def by_falling_pt(layout: InputLayout, inputs_raw: Inputs, *, falling: bool) -> Inputs:
    """Sort each list by pT, falling or rising, absent objects last."""
    changed = inputs_raw.copy()
    for object_type in dict.fromkeys(field.object_type for field in layout.fields):
        pt_raw = inputs_raw[:, _columns(layout, object_type, "pt")].astype(np.int64)
        key = np.where(pt_raw > 0, -pt_raw if falling else pt_raw, np.iinfo(np.int64).max)
        order = np.argsort(key, axis=1, kind="stable")
        quantities = {field.quantity for field in layout.fields if field.object_type == object_type}
        for quantity in quantities if pt_raw.shape[1] else ():
            columns = _columns(layout, object_type, quantity)
            if len(columns) == pt_raw.shape[1]:
                changed[:, columns] = np.take_along_axis(inputs_raw[:, columns], order, axis=1)
    return changed


def _columns(layout: InputLayout, object_type: str, quantity: str) -> list[int]:
    """List the columns of a quantity, by slot as the layout has them; none where it has no such object."""
    return [
        index
        for index, field in enumerate(layout.fields)
        if (field.object_type, field.quantity) == (object_type, quantity)
    ]


def _counts_from_one(layout: InputLayout, object_type: str) -> bool:
    """Tell whether index 1 is 0 GeV, as for muons of the global trigger."""
    return layout.name == "ugt_57" and object_type == "mu"


def _in_range(layout: InputLayout, inputs_raw: Inputs) -> Inputs:
    """Read what stands in the place of another input as its bits say, and keep it within the layout."""
    changed = inputs_raw.astype(np.int64)
    for column, field in enumerate(layout.fields):
        sign = (1 << (field.width - 1)) if field.signed else 0
        bits = changed[:, column] & ((1 << field.width) - 1)
        changed[:, column] = np.clip((bits ^ sign) - sign, field.raw_min, field.raw_max)
    return changed.astype(layout.dtype)


_PARTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("all objects", tuple(_NAMES)),
    *((name, (kind,)) for kind, name in _NAMES.items()),
)

INPUT_MISTAKES: tuple[InputMistake, ...] = (
    *(
        InputMistake(name=f"truncated pT of {name}", text=f"pT of {name} was cut down to whole GeV",
                     change=partial(whole_gev, object_types=kinds))
        for name, kinds in _PARTS
    ),
    InputMistake(name="muon pT from 0", text="the pT index of muons counts from 0 and not from 1",
                 change=pt_from_zero),
    *(
        InputMistake(name=f"muon {' and '.join(names)} zero", text=f"{' and '.join(names)} of muons are zero",
                     change=partial(zeroed, object_type="mu", quantities=quantities))
        for names, quantities in (
            (("η",), ("eta",)), (("φ",), ("phi",)), (("η", "φ"), ("eta", "phi")),
        )
    ),
    InputMistake(name="muon φ turned", text="φ of muons counts from -π and not from 0",
                 change=partial(half_a_turn, object_type="mu")),
    InputMistake(name="muon angles coarse", text="angles of muons are in the steps of the calorimeter",
                 change=coarse_angles),
    *(
        InputMistake(name=f"{name} left out", text=f"the inputs of {name} are zero",
                     change=partial(zeroed, object_type=kind, quantities=("pt", "eta", "phi")))
        for kind, name in _NAMES.items()
    ),
    InputMistake(name="absent objects left out", text="lists are not padded, so that later inputs move up",
                 change=not_padded),
    *(
        InputMistake(name=f"list of {name} one too long",
                     text=f"one object more than the list of {name} has moves the inputs behind it",
                     change=partial(not_capped, object_type=kind))
        for kind, name in _NAMES.items() if kind not in ("met", "jet")
    ),
    InputMistake(name="lists sorted", text="lists were sorted by pT, which the firmware does not do",
                 change=partial(by_falling_pt, falling=True)),
    InputMistake(name="lists reversed", text="lists have the lowest pT first",
                 change=partial(by_falling_pt, falling=False)),
)  # fmt: skip
"""All that are tried."""
