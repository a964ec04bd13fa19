"""Single cuts as scores: is the anomaly trigger just a MET detector?"""

import numpy as np
from numpy.typing import NDArray

from l1ad.data.events import EventBatch

__all__ = ["single_cuts"]

_JET_GEV = 30.0
_JET_ETA = 2.5
"""Jets that count in HT, as in the seeds of the CMS menu (JINST 15 (2020) P10017)."""

_LEADING = {"jet": "leading jet", "eg": "leading e/γ", "mu": "leading µ"}

Scores = NDArray[np.int64]


def single_cuts(events: EventBatch) -> dict[str, Scores]:
    """Score events by one quantity each, in hardware steps; only of objects that the layout has.

    MET, HT (jets of at least 30 GeV within |η| < 2.5), the leading jet, e/γ and muon, and the multiplicity:
    how many objects are there.

    Returns:
        Scores by the name of the cut, shape (n_events,) each.
    """
    layout, raw = events.layout, events.inputs_raw
    fields = layout.fields
    found: dict[str, Scores] = {}
    pt_of = {
        kind: [i for i, f in enumerate(fields) if f.object_type == kind and f.quantity == "pt"]
        for kind in {f.object_type for f in fields}
    }
    if columns := pt_of.get("met"):
        found["MET"] = raw[:, columns[0]].astype(np.int64)
    if columns := pt_of.get("jet"):
        found["HT"] = _scalar_sum(events, columns)
    for kind, name in _LEADING.items():
        if columns := pt_of.get(kind):
            found[name] = raw[:, columns].max(axis=1).astype(np.int64)
    every = [column for columns in pt_of.values() for column in columns]
    if every:
        found["multiplicity"] = layout.present(raw)[:, every].sum(axis=1, dtype=np.int64)
    return found


def _scalar_sum(events: EventBatch, columns: list[int]) -> Scores:
    fields, raw = events.layout.fields, events.inputs_raw
    total = np.zeros(len(events), np.int64)
    for column in columns:
        counted = raw[:, column] * fields[column].lsb >= _JET_GEV
        for other, field in enumerate(fields):
            if (field.object_type, field.slot, field.quantity) == ("jet", fields[column].slot, "eta"):
                counted &= np.abs(raw[:, other] * field.lsb) < _JET_ETA
        total += np.where(counted, raw[:, column], 0)
    return total
