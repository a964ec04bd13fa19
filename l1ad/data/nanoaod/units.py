"""Hardware integers where NanoAOD should have GeV, rad and pseudorapidity: found by what they look like."""

import math

import numpy as np

from l1ad.core.errors import DataError
from l1ad.core.layout import InputLayout
from l1ad.data.nanoaod.candidates import Candidates
from l1ad.data.nanoaod.collections import Collection

__all__ = ["check_ranges", "check_steps", "lowest_pt"]

_ENOUGH = 100
"""Objects from which on chance makes no list of whole numbers out of halves."""

_FULL_TURN = 2 * math.pi + 0.02
"""Azimuth beyond which it is no angle in rad; more than 2π by the last bit that the shortest storage keeps."""


def check_ranges(found: Candidates, collection: Collection, layout: InputLayout, *, where: str) -> None:
    """Refuse angles that no word of the trigger can hold, as when hardware integers stand for them.

    η ends where the word does, with all its bits: ±5.57 for calorimeter objects of the µGT, ±2.78 for its
    muons. What lies between there and the last step in use saturates.

    Raises:
        DataError: At the first such value.
    """
    of_type = {field.quantity: field for field in layout.fields if field.object_type == collection.object_type}
    eta = of_type["eta"]
    checks = [(collection.phi, found.phi, _FULL_TURN, "rad")]
    if collection.eta is not None:
        checks.append((collection.eta, found.eta, 2 ** (eta.width - 1) * eta.lsb, "pseudorapidity"))
    for branch, values, limit, meant in checks:
        beyond = np.abs(values) > limit
        if beyond.any():
            first = int(beyond.argmax())
            raise DataError(
                f"{where}: event {found.event[first]}: {branch!r} is {values[first]:g}, beyond ±{limit:.2f}; "
                f"are these hardware integers, not {meant}?"
            )


def check_steps(found: Candidates, collection: Collection, *, where: str) -> None:
    """Refuse pT of Level-1 e/γ or jets that are whole numbers without exception, as hardware integers are.

    The trigger's pT are multiples of 0.5 GeV, of which about half are no whole numbers.

    Raises:
        DataError: If there are 100 or more, and all are whole.
    """
    if len(found.pt) >= _ENOUGH and np.array_equal(found.pt, np.floor(found.pt)):
        raise DataError(
            f"{where}: all of the first {len(found.pt)} values of {collection.pt!r} are whole numbers, to "
            f"{found.pt.max():g}; they look like hardware integers (hwPt), not GeV in steps of 0.5"
        )


def lowest_pt(found: Candidates) -> float | None:
    """Find the lowest pT in GeV, None where there are no objects."""
    return float(found.pt.min()) if len(found.pt) else None
