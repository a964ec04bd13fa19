"""Physical units to hardware integers and back, and lists of objects into the inputs of a layout."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.core.layout import InputField, InputLayout
from l1ad.data.reader import Repairs

__all__ = ["fill_objects", "hardware_integers", "physical_values"]

Reals = NDArray[np.float64]
Integers = NDArray[np.int64]


def hardware_integers(field: InputField, values: NDArray[np.floating]) -> tuple[Integers, NDArray[np.bool_]]:
    """Round physical values to the hardware steps of an input.

    To the nearest step, a tie to the even one. An angle in rad comes round: -π and π are one integer. What
    lies beyond the ends of the word is cut off at them, as the trigger saturates. A muon's pT in steps of the
    µGT counts from 1, index 0 being no muon, so 0 GeV is 1 there; an absent object is the caller's to set to 0.

    Args:
        field: The input.
        values: Finite values in the unit of the input, any shape.

    Returns:
        The integers, and where they were cut off, both of that shape.
    """
    steps = np.round(np.asarray(values, dtype=np.float64) / field.lsb)
    if field.unit == "rad" and field.raw_min == 0:
        steps = np.mod(steps, field.raw_max + 1)
    if _counts_from_one(field):
        steps += 1
    cut = np.clip(steps, field.raw_min, field.raw_max)
    return cut.astype(np.int64), cut != steps


def physical_values(field: InputField, raw: NDArray[np.integer]) -> Reals:
    """Give the physical value of hardware integers: the middle of the step that they stand for.

    Rounding back gives the same integers. The absent 0 stays 0; angles lie between 0 and 2π.
    """
    whole = np.asarray(raw, dtype=np.int64)
    if _counts_from_one(field):
        whole = np.where(whole > 0, whole - 1, 0)
    return np.asarray(whole * field.lsb, dtype=np.float64)


def fill_objects(
    inputs_raw: NDArray[np.signedinteger],
    layout: InputLayout,
    object_type: str,
    values: Mapping[str, Reals],
    present: NDArray[np.bool_],
    repairs: Repairs,
    *,
    where: str,
) -> None:
    """Write lists of objects into their inputs: sorted by pT, capped at the slots there are, absent ones 0.

    Lists that come unsorted are sorted (equal pT in the order they came), longer ones capped, and what leaves
    the words saturates; each is counted in `repairs`.

    Args:
        inputs_raw: Inputs to fill, shape (n_events, n_inputs); changed in place.
        layout: What they mean.
        object_type: `met`, `eg`, `mu` or `jet`.
        values: By quantity (`pt`, `eta`, `phi`; one that is left out is 0), in the units of the layout, shape
            (n_events, n_objects), padded at will.
        present: Which of them are objects, same shape.
        repairs: Told what was put right.
        where: File, for messages.

    Raises:
        DataError: If a present object has a value that is no number, or a negative pT.
    """
    columns = {(f.slot, f.quantity): i for i, f in enumerate(layout.fields) if f.object_type == object_type}
    slots = 1 + max(slot for slot, _ in columns)
    for quantity, numbers in values.items():
        odd = present & (~np.isfinite(numbers) | ((quantity == "pt") & (numbers < 0)))
        if odd.any():
            event, position = np.argwhere(odd)[0]
            raise DataError(
                f"{where}: event {event}, {object_type} {position + 1}: {quantity} is "
                f"{numbers[event, position]}; {odd.sum()} such values in these events"
            )
    pt = np.where(present, values["pt"], -1.0)
    if (pt[:, 1:] > pt[:, :-1]).any():
        repairs.add(f"lists of {object_type} sorted by pT", int((pt[:, 1:] > pt[:, :-1]).any(axis=1).sum()))
        order = np.argsort(-pt, axis=1, kind="stable")
        present = np.take_along_axis(present, order, axis=1)
        values = {name: np.take_along_axis(numbers, order, axis=1) for name, numbers in values.items()}
    beyond = int(present[:, slots:].any(axis=1).sum())
    repairs.add(f"lists of {object_type} capped at {slots}", beyond)
    for (slot, quantity), column in columns.items():
        if slot >= present.shape[1] or quantity not in values:
            continue
        field, here = layout.fields[column], present[:, slot]
        raw, cut = hardware_integers(field, np.where(here, values[quantity][:, slot], 0.0))
        repairs.add(f"{object_type} {quantity} saturated", int((cut & here).sum()))
        inputs_raw[:, column] = np.where(here, raw, 0)


def _counts_from_one(field: InputField) -> bool:
    """Tell the muon pT of the µGT, 9 bits in steps of 0.5 GeV, from one in steps of another layout."""
    is_muon_pt = field.object_type == "mu" and field.quantity == "pt"
    return is_muon_pt and (field.lsb, field.raw_max) == (0.5, 511)
