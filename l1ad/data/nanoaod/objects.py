"""From the branches of a block to the inputs of a layout."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.core.layout import InputLayout
from l1ad.data.nanoaod.candidates import Candidates, are_near, joined
from l1ad.data.nanoaod.collections import Collection
from l1ad.data.nanoaod.tree import Branches, Lists
from l1ad.data.nanoaod.units import check_ranges
from l1ad.data.physical import fill_objects, hardware_integers
from l1ad.data.reader import Repairs

__all__ = ["MISSING_ET", "SAME_CLUSTER", "find_candidates", "inputs_of"]

MISSING_ET = 2
"""`kMissingEt` of CMSSW's DataFormats/L1Trigger/interface/EtSum.h; 1 is HT, 3 missing HT, 8 with the HF."""

SAME_CLUSTER = 0.1
"""ΔR within which a scouting photon is taken for the cluster of an electron."""

_SLICE_EVENTS = 8192
"""Events whose padded lists fit a cache; longer slices are slower."""


def inputs_of(
    branches: Branches, collections: Sequence[Collection], layout: InputLayout, repairs: Repairs
) -> NDArray[np.signedinteger]:
    """Fill the inputs of the events of a block.

    Lists of one object type are joined: scouting electrons and photons are the e/γ, without the photons
    within ΔR < 0.1 of an electron, which would count twice. An object whose pT rounds to 0 is absent.

    Returns:
        Hardware integers of the layout, shape (n_events, n_inputs).

    Raises:
        DataError: If lists of one object differ in length, an angle lies beyond its word, a pT is negative, or
            a value is no number.
    """
    inputs_raw = np.zeros((branches.n_events, layout.n_inputs), dtype=layout.dtype)
    by_type: dict[str, Candidates] = {}
    for collection in collections:
        found = find_candidates(branches, collection, repairs)
        check_ranges(found, collection, layout, where=branches.where)
        earlier = by_type.get(collection.object_type)
        if earlier is not None:
            twice = are_near(found, earlier, radius=SAME_CLUSTER)
            repairs.add(f"photons within {SAME_CLUSTER} of an electron left out", int(twice.sum()))
            found = joined(earlier, found.kept(~twice))
        by_type[collection.object_type] = found
    for object_type, found in by_type.items():
        _fill(inputs_raw, layout, object_type, found, repairs, where=branches.where)
    return inputs_raw


def find_candidates(branches: Branches, collection: Collection, repairs: Repairs) -> Candidates:
    """Give the objects of a collection that belong to the crossing that was read out.

    Raises:
        DataError: If its lists differ in length.
    """
    if collection.one_an_event:
        offsets = np.arange(branches.n_events + 1)
        lists = {name: Lists(offsets, branches.numbers(name)) for name in collection.branches}
    else:
        lists = {name: branches.lists(name) for name in collection.branches}
    pt = lists[collection.pt]
    for name, other in lists.items():
        if not np.array_equal(other.offsets, pt.offsets):
            event = int((np.diff(other.offsets) != np.diff(pt.offsets)).argmax())
            lengths = [int(np.diff(one.offsets)[event]) for one in (pt, other)]
            raise DataError(
                f"{branches.where}: event {event} has {lengths[0]} values of {collection.pt!r} and "
                f"{lengths[1]} of {name!r}; these are not lists of the same objects"
            )
    found = Candidates.of_lists(
        pt, None if collection.eta is None else lists[collection.eta], lists[collection.phi]
    )
    ours = np.ones(len(found.pt), dtype=np.bool_)
    if collection.sum_type is not None:
        ours = lists[collection.sum_type].values == MISSING_ET
    if collection.crossing is not None:
        now = lists[collection.crossing].values == 0
        repairs.add("objects of other crossings left out", int((ours & ~now).sum()))
        ours &= now
    found = found.kept(ours)
    if collection.sum_type is not None:
        repairs.add("events without missing ET, taken as 0", int((found.counts == 0).sum()))
    return found


def _fill(
    inputs_raw: NDArray[np.signedinteger],
    layout: InputLayout,
    object_type: str,
    found: Candidates,
    repairs: Repairs,
    *,
    where: str,
) -> None:
    pt = next(field for field in layout.fields if (field.object_type, field.quantity) == (object_type, "pt"))
    # What is no number or negative stays, to be refused where lists are filled.
    raw, _ = hardware_integers(pt, np.where(found.pt >= 0, found.pt, pt.lsb))
    repairs.add(f"{object_type} of less than half a step of pT left out", int((raw == 0).sum()))
    found = found.kept(raw != 0)
    for start in range(0, len(inputs_raw), _SLICE_EVENTS):
        stop = min(start + _SLICE_EVENTS, len(inputs_raw))
        values, present = found.padded(start, stop)
        told = f"{where}, {start} events on" if start else where
        fill_objects(inputs_raw[start:stop], layout, object_type, values, present, repairs, where=told)
