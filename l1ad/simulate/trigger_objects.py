"""From crossings to the objects of the global trigger: candidates, hardware integers, menu bits."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l1ad.config.detector import TriggerConfig
from l1ad.core.layout import InputLayout
from l1ad.core.layouts import ugt_57
from l1ad.simulate.calorimeter import Candidates, egamma, jets, measured_towers, missing_energy
from l1ad.simulate.crossing import Crossings
from l1ad.simulate.muons import muons

__all__ = ["TriggerObjects", "found_objects", "hardware_inputs"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TriggerObjects:
    """What the trigger finds in crossings.

    Attributes:
        n_crossings: Number of crossings.
        met: One entry a crossing.
        egamma: e/γ candidates.
        muons: Muons.
        jets: Jets.
        htt: Sum of the pT of jets in GeV, shape (n_crossings,).
    """

    n_crossings: int
    met: Candidates
    egamma: Candidates
    muons: Candidates
    jets: Candidates
    htt: NDArray[np.float64]


def found_objects(crossings: Crossings, trigger: TriggerConfig, rng: np.random.Generator) -> TriggerObjects:
    """Run the trigger's algorithms on crossings."""
    n_crossings = len(crossings.et)
    towers = measured_towers(crossings.et, trigger, rng)
    found = jets(towers, trigger)
    summed = (found.pt >= trigger.sums_jet_gev) & (np.abs(found.eta) < trigger.sums_jet_eta_max)
    return TriggerObjects(
        n_crossings=n_crossings,
        met=missing_energy(towers, trigger),
        egamma=egamma(towers, trigger),
        muons=muons(crossings, trigger, rng),
        jets=found,
        htt=np.bincount(found.event[summed], weights=found.pt[summed], minlength=n_crossings).astype(
            np.float64
        ),
    )


def hardware_inputs(objects: TriggerObjects) -> NDArray[np.int16]:
    """Write the objects into the words of the global trigger.

    Objects are sorted by pT, capped at 4 e/γ, 4 µ and 10 jets, and zero where absent. pT is cut down to
    hardware steps and stops at the highest, as the words do; η is rounded, φ cut down.

    Returns:
        Hardware integers of the layout `ugt_57`, shape (n_crossings, 57).
    """
    layout = ugt_57()
    inputs = np.zeros((objects.n_crossings, layout.n_inputs), dtype=np.int16)
    for object_type, found in (
        ("met", objects.met), ("eg", objects.egamma), ("mu", objects.muons), ("jet", objects.jets)
    ):  # fmt: skip
        _fill(inputs, layout, object_type, found)
    return inputs


def _fill(inputs: NDArray[np.int16], layout: InputLayout, object_type: str, found: Candidates) -> None:
    """Write the leading objects of one type into their columns."""
    columns = {
        (field.slot, field.quantity): (index, field)
        for index, field in enumerate(layout.fields)
        if field.object_type == object_type
    }
    slots = 1 + max(slot for slot, _ in columns)
    pt_field = columns[0, "pt"][1]
    # A muon's index 0 means no muon, so its pT counts from 1.
    pt_raw = _cut_down(found.pt, pt_field.lsb) + int(object_type == "mu")
    order = np.lexsort((found.phi, found.eta, -pt_raw, found.event))
    event = found.event[order]
    rank = np.arange(len(event)) - np.searchsorted(event, event)
    raw = {
        "pt": np.minimum(pt_raw, pt_field.raw_max)[order],
        "eta": np.round(found.eta / columns[0, "eta"][1].lsb).astype(np.int64)[order],
        "phi": _cut_down(found.phi, columns[0, "phi"][1].lsb)[order],
    }
    for slot in range(slots):
        here = (rank == slot) & (raw["pt"] > 0)
        for quantity, values in raw.items():
            column, field = columns[slot, quantity]
            inputs[event[here], column] = np.clip(values[here], field.raw_min, field.raw_max)


def _cut_down(values: NDArray[np.float64], lsb: float) -> NDArray[np.int64]:
    """Count whole hardware steps.

    Tower centres and single towers lie exactly on an edge between steps, where the last bit of a
    floating-point number would decide; a millionth of a step puts them on its upper side.
    """
    return np.floor(values / lsb + 1e-6).astype(np.int64)
