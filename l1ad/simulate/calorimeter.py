"""The calorimeter as the trigger reads it: towers, e/γ clusters, jets, missing energy."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l1ad.config.detector import TriggerConfig
from l1ad.simulate.grid import ETA_CENTRES, ETA_RINGS, PHI_STEP, PHI_TOWERS, RING_NUMBER

__all__ = ["TOWER_STEP_GEV", "Candidates", "Towers", "egamma", "jets", "measured_towers", "missing_energy"]

TOWER_STEP_GEV = 0.5
_PAD = 7
"""Towers around a jet's middle that its window of 9 and the strips of 3 beside it reach."""

Grid = NDArray[np.int64]
Index = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Towers:
    """Towers of crossings, in steps of 0.5 GeV, shape (n_crossings, ETA_RINGS, PHI_TOWERS).

    Attributes:
        electromagnetic: Energy of the electromagnetic part.
        total: Energy of both parts.
        pileup_towers: Towers over 0 in the rings nearest to η = 0, which measure pile-up, shape (n_crossings,).
    """

    electromagnetic: Grid
    total: Grid
    pileup_towers: Index


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidates:
    """Trigger objects before they are sorted and capped, one entry per object.

    Attributes:
        event: Index of the crossing.
        pt: Transverse energy or momentum in GeV.
        eta: Pseudorapidity.
        phi: Azimuth in rad, 0 to 2π.
        isolated: Whether little is around it.
    """

    event: Index
    pt: NDArray[np.float64]
    eta: NDArray[np.float64]
    phi: NDArray[np.float64]
    isolated: NDArray[np.bool_]


def measured_towers(et: NDArray[np.float64], trigger: TriggerConfig, rng: np.random.Generator) -> Towers:
    """Add noise, suppress zeros, cut down to steps of 0.5 GeV, saturate.

    Args:
        et: Transverse energies in GeV, shape (n_crossings, 2, ETA_RINGS, PHI_TOWERS).
        trigger: Noise and thresholds.
        rng: Source of the noise.
    """
    noisy = et + np.float32(trigger.noise_gev) * rng.standard_normal(et.shape, dtype=np.float32)
    steps = (noisy * (1 / TOWER_STEP_GEV)).astype(np.int32)  # towards zero; what is negative goes next
    steps[noisy < trigger.zero_suppression_gev] = 0
    highest = int(trigger.tower_saturation_gev / TOWER_STEP_GEV)
    total = np.minimum(steps.sum(axis=1), highest)
    middle = slice(ETA_RINGS // 2 - trigger.pileup_rings, ETA_RINGS // 2 + trigger.pileup_rings)
    return Towers(
        electromagnetic=np.minimum(steps[:, 0], highest),
        total=total,
        pileup_towers=np.count_nonzero(total[:, middle], axis=(1, 2)),
    )


def egamma(towers: Towers, trigger: TriggerConfig) -> Candidates:
    """Find e/γ candidates: 3 x 3 towers around a local electromagnetic maximum with little behind it.

    Isolated are those with little in the 9 x 9 towers around them; what pile-up leaves there on average grows
    with the pile-up towers and is allowed for, as in Stage-2's look-up tables.
    """
    em, total = _padded(towers.electromagnetic), _padded(towers.total)
    place = _maxima(em, towers.electromagnetic, trigger.egamma_seed_gev, reach=1)
    members = _window(em, place, 1)
    members[members < trigger.egamma_member_gev / TOWER_STEP_GEV] = 0
    cluster = TOWER_STEP_GEV * members.sum(axis=(1, 2))
    event, ring, _ = place
    behind = TOWER_STEP_GEV * (towers.total - towers.electromagnetic)[place]
    around = TOWER_STEP_GEV * _window(total, place, 4).sum(axis=(1, 2)) - cluster
    allowed = trigger.isolation_fraction * cluster
    allowed += trigger.isolation_per_tower_gev * towers.pileup_towers[event]
    pt = trigger.egamma_scale * cluster
    kept = behind <= trigger.egamma_hadronic_fraction * cluster + TOWER_STEP_GEV
    kept &= (pt >= trigger.egamma_threshold_gev) & (np.abs(ETA_CENTRES[ring]) < trigger.egamma_eta_max)
    return _candidates(place, pt, around <= allowed, kept)


def jets(towers: Towers, trigger: TriggerConfig) -> Candidates:
    """Find jets: 9 x 9 towers around a local maximum, pile-up subtracted.

    The pile-up is that of the strips of 3 x 9 towers on the four sides, the three with the least energy, which
    are as large as the jet together ("chunky donut").
    """
    total = _padded(towers.total)
    place = _maxima(total, towers.total, trigger.jet_seed_gev, reach=4)
    around = _window(total, place, _PAD)
    inside = slice(_PAD - 4, _PAD + 5)
    strips = [
        around[:, : _PAD - 4, inside], around[:, _PAD + 5 :, inside],
        around[:, inside, : _PAD - 4], around[:, inside, _PAD + 5 :],
    ]  # fmt: skip
    sums = np.sort(np.stack([strip.sum(axis=(1, 2)) for strip in strips], axis=1), axis=1)
    energy = around[:, inside, inside].sum(axis=(1, 2)) - sums[:, :3].sum(axis=1)
    pt = trigger.jet_scale * TOWER_STEP_GEV * energy
    kept = (pt >= trigger.jet_threshold_gev) & (np.abs(ETA_CENTRES[place[1]]) < trigger.jet_eta_max)
    return _candidates(place, pt, np.ones_like(kept), kept)


def missing_energy(towers: Towers, trigger: TriggerConfig) -> Candidates:
    """Sum the towers as vectors and turn round; small ones stay out, the more pile-up the more of them.

    One entry a crossing.
    """
    n_crossings = len(towers.total)
    threshold = trigger.met_pileup_gev * towers.pileup_towers[:, None] * RING_NUMBER
    threshold = np.where(np.abs(ETA_CENTRES) < trigger.met_eta_max, threshold, np.inf) / TOWER_STEP_GEV
    by_phi = np.where(towers.total >= threshold[:, :, None], towers.total, 0).sum(axis=1)
    phi = (np.arange(PHI_TOWERS) + 0.5) * PHI_STEP
    x, y = -(by_phi @ np.cos(phi)), -(by_phi @ np.sin(phi))
    return Candidates(
        event=np.arange(n_crossings),
        pt=TOWER_STEP_GEV * np.hypot(x, y),
        eta=np.zeros(n_crossings),
        phi=np.mod(np.arctan2(y, x), 2 * np.pi),
        isolated=np.ones(n_crossings, dtype=bool),
    )


Place = tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]


def _padded(grid: Grid) -> Grid:
    """Continue the grid round in φ and with zeros in η."""
    round_phi = np.pad(grid, ((0, 0), (0, 0), (_PAD, _PAD)), mode="wrap")
    return np.asarray(np.pad(round_phi, ((0, 0), (_PAD, _PAD), (0, 0))))


def _window(padded: Grid, place: Place, reach: int) -> Grid:
    """Cut out the towers around each place, shape (n_places, 2 reach + 1, 2 reach + 1)."""
    event, ring, column = place
    steps = np.arange(-reach, reach + 1) + _PAD
    _, n_rows, n_columns = padded.shape
    first = (event * n_rows + ring) * n_columns + column
    return np.asarray(np.take(padded.reshape(-1), first[:, None, None] + steps[:, None] * n_columns + steps))


def _maxima(padded: Grid, grid: Grid, seed_gev: float, *, reach: int) -> Place:
    """Find the towers from `seed_gev` on that no other within reach exceeds.

    Of two equal ones the earlier in φ, then in η, is kept: towers after a tower must not exceed it, those
    before must be lower (the mask of Stage-2's jet finder).
    """
    event, ring, column = np.nonzero(grid >= seed_gev / TOWER_STEP_GEV)
    place = event, ring, column
    around, here = _window(padded, place, reach), grid[place][:, None, None]
    steps = np.arange(-reach, reach + 1)
    before = (steps < 0)[None, :] | ((steps == 0)[None, :] & (steps < 0)[:, None])
    best = np.where(before, around < here, around <= here).all(axis=(1, 2))
    return place[0][best], place[1][best], place[2][best]


def _candidates(
    place: Place, pt: NDArray[np.float64], isolated: NDArray[np.bool_], kept: NDArray[np.bool_]
) -> Candidates:
    event, ring, column = (one[kept] for one in place)
    return Candidates(
        event=event,
        pt=pt[kept],
        eta=ETA_CENTRES[ring],
        phi=np.asarray((column + 0.5) * PHI_STEP, dtype=np.float64),
        isolated=isolated[kept],
    )
