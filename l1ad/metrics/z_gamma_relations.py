"""Relations between the variables of a Zγ event that hold exactly in true ones."""

import numpy as np
from numpy.typing import NDArray

from l1ad.data.z_gamma import NAMES

__all__ = ["relation_faults"]

Reals = NDArray[np.float64]


def relation_faults(events: Reals) -> dict[str, float]:
    """Tell how far events are from the relations: the median fault, or the share that breaks an inequality.

    Args:
        events: Variables, shape (n_events, 18), columns as `l1ad.data.z_gamma.VARIABLES`.

    Returns:
        By name, 0 for true events but for rounding: of energies, E = √(m² + (pT cosh η)²), and of
        pT(ℓℓ) / m(ℓℓγ) the relative fault; of Δφ the fault in rad; of inequalities the share that breaks them.
    """
    of = dict(zip(NAMES, np.asarray(events, dtype=np.float64).T, strict=True))
    turn = np.mod(of["phi_met"] - of["phi_Zy"] + np.pi, 2 * np.pi) - np.pi
    ratio = of["pt_ll"] / np.maximum(of["m_lly"], 1e-9)
    return {
        "energy of Zγ": _median(of["e_Zy"] / _energy(of["m_lly"], of["pt_Zy"], of["eta_Zy"]) - 1),
        "energy of ℓℓ": _median(of["e_ll"] / _energy(of["m_ll"], of["pt_ll"], of["eta_ll"]) - 1),
        "pT(ℓℓ) / m(ℓℓγ)": _median(of["pt_ll_over_m_lly"] / np.maximum(ratio, 1e-9) - 1),
        "Δφ(missing pT, Zγ)": _median(of["dphi_met_Zy"] - np.abs(turn)),
        "ΔR(ℓ,ℓ) ≥ Δφ(ℓ,ℓ)": float(np.mean(of["dr_ll"] < of["dphi_ll"] - 1e-9)),
        "jets ≥ central jets": float(np.mean(of["n_j"] < of["n_cj"])),
    }


def _energy(mass: Reals, pt: Reals, eta: Reals) -> Reals:
    return np.maximum(np.sqrt(mass**2 + (pt * np.cosh(eta)) ** 2), 1e-9)


def _median(faults: Reals) -> float:
    return float(np.median(np.abs(faults)))
