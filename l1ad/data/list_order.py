"""The lists of objects in a layout, and what can be odd about one."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l1ad.core.layout import InputLayout

__all__ = ["ObjectList", "has_gap", "object_lists", "out_of_order"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectList:
    """A list of objects of one type, ordered by pT.

    Attributes:
        object_type: Type, e.g. `jet`.
        pt: Column of each slot's pT.
        others: Columns of the other quantities of each slot.
    """

    object_type: str
    pt: tuple[int, ...]
    others: tuple[tuple[int, ...], ...]


def object_lists(layout: InputLayout) -> tuple[ObjectList, ...]:
    """Find the lists of objects with a pT, MET as a list of one; regions and features are none."""
    pt: dict[str, dict[int, int]] = {}
    for column, field in enumerate(layout.fields):
        if field.quantity == "pt":
            pt.setdefault(field.object_type, {})[field.slot] = column
    lists = []
    for object_type, of_slot in pt.items():
        columns = tuple(of_slot[slot] for slot in sorted(of_slot))
        others = tuple(
            tuple(int(i) for i in np.flatnonzero(layout.pt_of_input == column) if i != column)
            for column in columns
        )
        lists.append(ObjectList(object_type=object_type, pt=columns, others=others))
    return tuple(lists)


def out_of_order(pt_raw: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Tell which lists of pT, shape (n_events, n_slots), do not fall; gaps are not counted."""
    highest = np.maximum.accumulate(pt_raw[:, ::-1], axis=1)[:, ::-1]
    there = pt_raw[:, :-1] > 0
    return np.asarray((there & (highest[:, 1:] > pt_raw[:, :-1])).any(axis=1))


def has_gap(pt_raw: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Tell which lists of pT have an absent object before one that is there."""
    return np.asarray(((pt_raw[:, :-1] == 0) & (pt_raw[:, 1:] > 0)).any(axis=1))
