"""GeV and radians that somebody took for hardware integers."""

import numpy as np

from l1ad.core.errors import DataError
from l1ad.core.layout import FEATURE, InputLayout
from l1ad.data.events import EventBatch

__all__ = ["UnitsCheck", "check_units"]

_FEWEST_EVENTS, _FEWEST_OBJECTS = 1000, 100
_FURTHEST = {"eta": 5, "phi": 6}
"""How far η and φ go in units, rounded to integers; their hardware steps go at least ten times as far."""


class UnitsCheck:
    """How far the angles of all objects go, block by block."""

    def __init__(self, layout: InputLayout) -> None:
        self._name = layout.name
        self._columns = {
            quantity: np.array(
                [
                    i for i, one in enumerate(layout.fields)
                    if one.quantity == quantity and one.object_type != FEATURE and one.raw_max >= 10 * furthest
                ], dtype=np.int64,
            )
            for quantity, furthest in _FURTHEST.items()
        }  # fmt: skip
        self._reached = dict.fromkeys(self._columns, 0)
        self._n_events = self._n_objects = 0

    def add(self, events: EventBatch) -> None:
        """Look at the next events."""
        if not len(events):
            return
        self._n_events += len(events)
        self._n_objects += int(np.count_nonzero(events.inputs_raw[:, np.unique(events.layout.pt_of_input)] > 0))
        for quantity, columns in self._columns.items():
            values = events.inputs_raw[:, columns]
            if values.size:
                furthest = max(int(values.max()), -int(values.min()))
                self._reached[quantity] = max(self._reached[quantity], furthest)

    def check(self, *, where: str) -> None:
        """Refuse integers that are units rounded, not hardware steps.

        From a thousand events with a hundred objects on it is plain: angles of which none leaves the first 6 of
        144 steps do not happen. Tables and images without η and φ are not judged.

        Args:
            where: File, for the message.

        Raises:
            DataError: If no |η| is beyond 5 and no φ beyond 6, though their words go far beyond.
        """
        if self._n_events < _FEWEST_EVENTS or self._n_objects < _FEWEST_OBJECTS:
            return
        judged = all(columns.size for columns in self._columns.values())
        if judged and all(self._reached[quantity] <= furthest for quantity, furthest in _FURTHEST.items()):
            raise DataError(
                f"{where}: in {self._n_events} events no |η| is beyond {_FURTHEST['eta']} and no φ beyond "
                f"{_FURTHEST['phi']}: these look like GeV and radians rounded to integers, not like hardware "
                f"steps of layout {self._name!r}; divide by the step of each quantity first"
            )


def check_units(events: EventBatch) -> None:
    """Refuse events whose integers are units rounded; see `UnitsCheck.check`."""
    check = UnitsCheck(events.layout)
    check.add(events)
    check.check(where=events.where or events.sample)
