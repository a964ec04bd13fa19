"""Padded lists of other files: which of their entries are objects, and how ours are written there."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from l1ad.core.layout import InputField, InputLayout
from l1ad.data.physical import fill_objects, hardware_integers, physical_values
from l1ad.data.reader import Repairs

__all__ = ["fill_lists", "written_values"]

Reals = NDArray[np.float64]


def fill_lists(
    inputs_raw: NDArray[np.signedinteger],
    layout: InputLayout,
    object_type: str,
    values: Mapping[str, Reals],
    repairs: Repairs,
    *,
    where: str,
) -> None:
    """Write padded lists into their inputs; an entry is an object when it has pT.

    An entry without pT is taken out whole, also where code that zeroed objects in place left its η or φ
    standing, and so is one whose pT rounds to no step: neither may leave an angle behind in an input. The gap
    closes, since lists are sorted by pT. All of it is counted.

    Args:
        inputs_raw: Inputs to fill, shape (n_events, n_inputs); changed in place.
        layout: What they mean.
        object_type: Type of the objects; the layout must have a pT for it.
        values: By quantity, `pt` among them, in the units of the layout, shape (n_events, n_objects); finite,
            no pT negative.
        repairs: Told what was put right.
        where: File, for messages.
    """
    pt = values["pt"]
    others = np.zeros(pt.shape, dtype=np.bool_)
    for quantity, numbers in values.items():
        if quantity != "pt":
            others |= numbers != 0
    repairs.add("objects without pT whose η or φ survived, removed", int((others & (pt == 0)).sum()))
    present = pt > _softest(_pt_of(layout, object_type))
    repairs.add("objects with a pT of less than half a step, removed", int(((pt > 0) & ~present).sum()))
    fill_objects(inputs_raw, layout, object_type, values, present, repairs, where=where)


def written_values(layout: InputLayout, inputs_raw: NDArray[np.integer]) -> Reals:
    """Give physical values as files of others hold them, which tell an object by its pT.

    What belongs to no object is 0. A muon of the µGT's index 1, which is 0 GeV, gets a quarter of a step, lest
    it be taken for none; it rounds back to 1.

    Returns:
        Values in the units of the layout, shape (n_events, n_inputs).
    """
    values = np.empty(inputs_raw.shape, dtype=np.float64)
    present = layout.present(inputs_raw)
    for column, (field, pt) in enumerate(zip(layout.fields, layout.pt_of_input, strict=True)):
        raw = inputs_raw[:, column]
        values[:, column] = physical_values(field, raw)
        if field.quantity == "pt" and pt == column:
            values[(raw > 0) & (values[:, column] == 0), column] = field.lsb / 4
        elif pt != column:
            values[~present[:, column], column] = 0.0
    return values


def _pt_of(layout: InputLayout, object_type: str) -> InputField:
    return next(f for f in layout.fields if f.object_type == object_type and f.quantity == "pt")


def _softest(pt: InputField) -> float:
    """Find the highest pT that is no object: 0 where the index counts from 1, else half a step."""
    counts_from_one = hardware_integers(pt, np.zeros(1))[0][0] > 0
    return 0.0 if counts_from_one else pt.lsb / 2
