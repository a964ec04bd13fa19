"""From detector candidates to the 19 objects of the global trigger, in hardware integers."""

import numpy as np
from numpy.typing import NDArray

from l1ad.config.sample import DetectorConfig
from l1ad.core.layout import InputLayout, ugt_57
from l1ad.simulate.calorimeter import PHI_TOWERS, Candidates, Towers, egamma, jets, measured_towers
from l1ad.simulate.generator import Particles

__all__ = ["simulated_inputs"]


def simulated_inputs(
    particles: Particles, detector: DetectorConfig, rng: np.random.Generator
) -> NDArray[np.int16]:
    """Run the detector and the trigger on a batch of events.

    Objects are sorted by pT, capped at 4 e/γ, 4 µ and 10 jets, and zero where absent. pT is cut down to
    hardware steps and stops at the highest; η is rounded, φ cut down.

    Returns:
        Hardware integers of the layout `ugt_57`, shape (n_events, 57).
    """
    layout = ugt_57()
    inputs = np.zeros((particles.n_events, layout.n_inputs), dtype=np.int16)
    towers = measured_towers(particles, detector, rng)
    _fill(inputs, layout, "met", _missing_energy(towers))
    _fill(inputs, layout, "eg", egamma(towers, detector))
    _fill(inputs, layout, "mu", _muons(particles, detector, rng))
    _fill(inputs, layout, "jet", jets(towers, detector))
    return inputs


def _missing_energy(towers: Towers) -> Candidates:
    """Sum all towers as vectors and turn round."""
    phi = (np.arange(PHI_TOWERS) + 0.5) * (2 * np.pi / PHI_TOWERS)
    along_phi = towers.total.sum(axis=1)
    x, y = -(along_phi @ np.cos(phi)), -(along_phi @ np.sin(phi))
    n_events = len(along_phi)
    return Candidates(
        event=np.arange(n_events), pt=np.hypot(x, y), eta=np.zeros(n_events), phi=np.arctan2(y, x) % (2 * np.pi)
    )


def _muons(particles: Particles, detector: DetectorConfig, rng: np.random.Generator) -> Candidates:
    """Measure muons at the vertex."""
    is_muon = np.abs(particles.pdg_id) == 13
    is_muon &= (np.abs(particles.eta) < detector.muon_eta_max) & (particles.pt > detector.muon_threshold_gev)
    draws = rng.standard_normal((3, int(is_muon.sum())))
    found = rng.random(draws.shape[1]) < detector.muon_efficiency
    eta = particles.eta[is_muon] + detector.muon_angle_resolution * draws[1]
    phi = particles.phi[is_muon] + detector.muon_angle_resolution * draws[2]
    return Candidates(
        event=particles.event[is_muon][found],
        pt=(particles.pt[is_muon] * np.exp(detector.muon_pt_resolution * draws[0]))[found],
        eta=np.clip(eta, -detector.muon_eta_max, detector.muon_eta_max)[found],
        phi=(phi % (2 * np.pi))[found],
    )


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
