"""Labels of a table, numbers or words, listed before the first event is read."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.data.reader import BLOCK_EVENTS
from l1ad.data.tables.files import TableFile

__all__ = ["Labels", "labels_of"]

_MOST = 1000


@dataclass(frozen=True, slots=True)
class Labels:
    """Names of labels in the order of their indices."""

    names: tuple[str, ...]

    def indices(self, labels: NDArray[Any]) -> NDArray[np.int64]:
        """Find the index of each label, shape (n_events,)."""
        distinct, which = np.unique(labels.astype(str), return_inverse=True)
        found = np.array([self.names.index(str(name)) for name in distinct], dtype=np.int64)
        return np.asarray(found[which], dtype=np.int64)


def labels_of(table: TableFile) -> Labels:
    """List the labels of a table in a pass over its column `label`.

    Whole numbers from 0 on stay what they are, each its own name; words get indices in the order of
    the alphabet.

    Raises:
        DataError: If there are more than 1000: that is no label.
    """
    distinct: set[str] = set()
    for piece in table.pieces({"label": str}, start=0, rows=BLOCK_EVENTS):
        distinct |= set(map(str, np.unique(piece["label"].astype(str))))
        if len(distinct) > _MOST:
            raise DataError(f"{table.path}: column 'label' has more than {_MOST} different values")
    if all(one.isdecimal() and str(int(one)) == one and int(one) < _MOST for one in distinct):
        return Labels(tuple(map(str, range(1 + max(map(int, distinct))))))
    return Labels(tuple(sorted(distinct)))
