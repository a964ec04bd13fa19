"""Is it in GeV, rad and pseudorapidity? What a file of the challenge of 2021 can be instead, and is told."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.data.reader import Repairs

__all__ = ["ObjectRows", "check_scale"]

Reals = NDArray[np.float64]

_QUANTITIES = ("pT", "η", "φ", "class")
_ETA_LIMIT = {"met": np.inf, "eg": 5.2, "mu": 2.5, "jet": 5.2}
"""Where the detectors end; |η| beyond is another quantity."""
_PHI_LIMIT = 6.4
"""A full turn and a margin, whether counted from 0 or from -π."""
_ENOUGH = 1000
"""Events after which something must have had more than 1 GeV."""


def check_scale(pt: Reals, *, where: str) -> None:
    """Refuse transverse momenta that are all too small to be in GeV.

    Judged from 1000 events on, of which at least one object has more than 1 GeV: the challenge asks for a
    lepton of 23 GeV in each.

    Args:
        pt: Of the first events, shape (n_events, n_objects).
        where: File, for the message.

    Raises:
        DataError: If none is above 1.
    """
    finite = pt[np.isfinite(pt)]
    if len(pt) >= _ENOUGH and finite.size and finite.min() >= 0 and finite.max() <= 1:
        raise DataError(
            f"{where}: no pT of the first {len(pt)} events is above {finite.max():g}; these look like scaled "
            "inputs, or TeV; give pT in GeV, η as it is and φ in rad"
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ObjectRows:
    """Events of the challenge as they were read, to be checked.

    Attributes:
        values: pT, η, φ and, where the file has it, class, shape (n_events, 19, 3 or 4).
        rows: Rows of each kind of object; their classes count from 1 in this order.
        first: Number of the first event.
        where: File, for messages.
    """

    values: Reals
    rows: Mapping[str, slice]
    first: int
    where: str

    def check_values(self) -> None:
        """Refuse what is no number or no physical value, with the likely cause.

        Raises:
            DataError: At the first such value, by event, object and quantity.
        """
        pt, eta, phi = (self.values[..., quantity] for quantity in range(3))
        if not np.isfinite(self.values).all():
            for quantity in range(self.values.shape[2]):
                odd = ~np.isfinite(self.values[..., quantity])
                self._refuse(odd, quantity, "; every value must be a finite number")
        standardised = "; these look like standardised inputs, not physical units; give pT in GeV as it was"
        self._refuse(pt < 0, 0, standardised)
        beyond_eta, beyond_phi = np.abs(eta) > self._of_rows(_ETA_LIMIT), np.abs(phi) > _PHI_LIMIT
        if beyond_eta.any() or beyond_phi.any():
            cause = self._cause(beyond_eta)
            self._refuse(beyond_eta, 1, cause)
            self._refuse(beyond_phi, 2, cause)

    def check_classes(self, repairs: Repairs) -> None:
        """Refuse an object whose class is neither the one of its row nor 0, which says there is none.

        One that has pT though its class is 0 is kept and counted: copies exist whose classes were lost.

        Raises:
            DataError: At the first object of another class.
        """
        expected = self._of_rows({kind: code for code, kind in enumerate(self.rows, start=1)})
        classes = self.values[..., 3]
        strange = (classes != expected) & (classes != 0)
        if strange.any():
            event, row = np.argwhere(strange)[0]
            raise DataError(
                f"{self.where}: event {self.first + event}, {self._object(int(row))} is of class "
                f"{classes[event, row]:g}; in its row it is {expected[row]:g}, or 0 where there is none; is "
                "the order MET, 4 e/γ, 4 µ, 10 jets?"
            )
        lost = (classes == 0) & (self.values[..., 0] > 0)
        repairs.add("objects with pT though their class is 0, kept", int(lost.sum()))

    def _refuse(self, odd: NDArray[np.bool_], quantity: int, cause: str) -> None:
        if not odd.any():
            return
        event, row = np.argwhere(odd)[0]
        raise DataError(
            f"{self.where}: event {self.first + event}, {self._object(int(row))}: {_QUANTITIES[quantity]} is "
            f"{self.values[event, row, quantity]:g}{cause}"
        )

    def _cause(self, beyond_eta: NDArray[np.bool_]) -> str:
        """Guess what the values are instead, from all of the block."""
        eta, phi = np.abs(self.values[..., 1]).max(), np.abs(self.values[..., 2]).max()
        if not (self.values[..., 1:3] % 1).any():
            return (
                f"; η up to {eta:g} and φ up to {phi:g}: these look like hardware integers of the global "
                "trigger, not physical units; multiply them by their steps (pT 0.5 GeV, η 0.0435 or for a muon "
                "0.010875, φ 2π/144 or 2π/576)"
            )
        if not beyond_eta.any() and phi <= 360:
            return f"; φ up to {phi:g}: are these degrees? give φ in rad"
        return (
            f"; η up to {eta:g} and φ up to {phi:g}: η ends at 5.2, for a muon at 2.5, and φ is in rad; is the "
            "order pT, η, φ?"
        )

    def _of_rows(self, of_kind: Mapping[str, float]) -> Reals:
        """Repeat a value of each kind for each of its rows, shape (19,)."""
        each = [np.full(rows.stop - rows.start, of_kind[kind]) for kind, rows in self.rows.items()]
        return np.concatenate(each).astype(np.float64)

    def _object(self, row: int) -> str:
        kind = next(kind for kind, rows in self.rows.items() if rows.start <= row < rows.stop)
        return kind if kind == "met" else f"{kind} {row - self.rows[kind].start + 1}"
