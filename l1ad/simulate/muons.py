"""Muons as the trigger measures them."""

import numpy as np

from l1ad.config.detector import TriggerConfig
from l1ad.simulate.calorimeter import Candidates
from l1ad.simulate.crossing import Crossings

__all__ = ["muons"]

_HIGHEST_ETA = 2.45


def muons(crossings: Crossings, trigger: TriggerConfig, rng: np.random.Generator) -> Candidates:
    """Measure muons at the vertex.

    ln(measured / true pT) is Gaussian, for some muons three times as wide. A muon that did not come from the
    beam is measured lower, because the trigger takes the beam for granted.
    """
    true = crossings.muons
    draws = rng.standard_normal((3, len(true)))
    in_tail = rng.random(len(true)) < trigger.muon_tail_probability
    width = trigger.muon_pt_resolution * np.where(in_tail, 3.0, 1.0)
    found = rng.random(len(true)) < trigger.muon_efficiency
    pt = (
        trigger.muon_scale
        * true["pt"]
        * np.exp(width * draws[0])
        / (1 + true["impact_cm"] / trigger.muon_reach_cm)
    )
    eta = true["eta"] + trigger.muon_angle_resolution * draws[1]
    phi = true["phi"] + trigger.muon_angle_resolution * draws[2]
    return Candidates(
        event=crossings.muon_crossing[found],
        pt=pt[found].astype(np.float64),
        eta=np.clip(eta, -_HIGHEST_ETA, _HIGHEST_ETA)[found].astype(np.float64),
        phi=np.mod(phi, 2 * np.pi)[found].astype(np.float64),
        isolated=np.ones(int(found.sum()), dtype=bool),
    )
