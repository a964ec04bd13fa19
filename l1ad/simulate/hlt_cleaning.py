"""Towers as the HLT has them: pile-up taken away as far as tracks and its evenness allow."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

from l1ad.config.studies.hlt_and_l1 import HltConfig
from l1ad.simulate.crossing import Drawn, piled_up
from l1ad.simulate.deposits import Collisions
from l1ad.simulate.grid import ETA_CENTRES, ETA_RINGS, PHI_TOWERS, TOWERS

__all__ = ["activity", "cleaned_towers", "primary_parts", "without_even_pileup"]

Energies = NDArray[np.float64]
Parts = list[tuple[Collisions, Drawn]]

_PATCH = 6
"""Towers of a patch in φ; about 0.5."""
_STRIPS = (0, 5, 10, 15, 20, 24, 29, 35, 41)
"""Edges of strips in the number of the ring from η = 0, about 0.4 to 1.2 wide."""
_AROUND = 5
_NOTHING_GEV = 1e-6
_HALF = ETA_RINGS // 2


def activity(collisions: Collisions, hlt: HltConfig) -> Energies:
    """Sum the squares of the transverse energies of each collision's towers and muons in reach of the tracks.

    It stands for Σ pT² of the tracks, by which vertices are ordered; shape (n_collisions,).
    """
    n_collisions = len(collisions)
    owner = np.repeat(np.arange(n_collisions), np.diff(collisions.deposit_start))
    within = np.abs(ETA_CENTRES) < hlt.tracker_eta_max
    seen = within[(collisions.tower.astype(np.int64) % TOWERS) // PHI_TOWERS]
    total = np.bincount(
        owner[seen], weights=np.square(collisions.et[seen], dtype=np.float64), minlength=n_collisions
    )
    of_muon = np.repeat(np.arange(n_collisions), np.diff(collisions.muon_start))
    pt = collisions.muons["pt"].astype(np.float64)
    return np.asarray(total + np.bincount(of_muon, weights=np.square(pt), minlength=n_collisions))


def primary_parts(parts: Parts, activities: list[Energies]) -> Parts:
    """Keep of each crossing the collision with the most activity: the vertex that the HLT takes.

    It need not be the one that somebody put there.

    Args:
        parts: Pools and what is drawn from each.
        activities: Activity of every collision of each pool.
    """
    crossing = np.concatenate([drawn.crossing for _, drawn in parts])
    most = np.concatenate([of[drawn.which] for (_, drawn), of in zip(parts, activities, strict=True)])
    order = np.lexsort((-most, crossing))
    first = np.unique(crossing[order], return_index=True)[1]
    best = np.sort(order[first])
    ends = np.cumsum([len(drawn.which) for _, drawn in parts])
    found = []
    for (pool, drawn), end in zip(parts, ends, strict=True):
        own = best[(best < end) & (best >= end - len(drawn.which))] - (end - len(drawn.which))
        found.append((pool, _picked(drawn, own)))
    return found


def cleaned_towers(
    et: Energies, parts: Parts, activities: list[Energies], hlt: HltConfig, rng: np.random.Generator
) -> Energies:
    """Take pile-up away from the towers of crossings.

    Within reach of the tracks, of every collision but the chosen one the charged share goes. Then what is
    even goes, as `without_even_pileup` says. What is left there is weighted by the part of the energy in
    5 x 5 towers around that is the chosen collision's, as tracks would tell (the idea of PUPPI: Bertolini et
    al., arXiv:1407.6013, from memory). Both parts of a tower lose alike.

    Args:
        et: All energies in GeV, shape (n_crossings, 2, ETA_RINGS, PHI_TOWERS).
        parts: What they are the sum of.
        activities: Activity of every collision of each pool.
        hlt: How much the tracks see, and the noise.
        rng: Source of the noise.
    """
    within = (np.abs(ETA_CENTRES) < hlt.tracker_eta_max)[:, None]
    share = np.where(within, hlt.charged_share, 0.0)
    primary = piled_up(primary_parts(parts, activities), len(et)).et
    left = et * (1 - share) + primary * share
    noise = hlt.noise_gev * rng.standard_normal((len(et), ETA_RINGS, PHI_TOWERS), dtype=np.float32)
    total = left.sum(axis=1)
    kept = without_even_pileup(total + noise)
    kept *= np.where(within, _share_around(primary.sum(axis=1), et.sum(axis=1)), 1.0)
    factor = np.divide(kept, total, out=np.zeros_like(kept), where=total > 0.0)
    # Noise adds nothing: it only decides, beside what is there, which towers stay.
    return np.asarray(left * np.minimum(factor, 1.0)[:, None], dtype=np.float64)


def without_even_pileup(total: Energies) -> Energies:
    """Take away what the quiet half of each strip in |η| holds, crossing by crossing.

    From each tower the median over patches of their mean energy a tower goes (as areas are subtracted:
    Cacciari & Salam, arXiv:0707.1378; here constituent by constituent, as Berta et al., arXiv:1403.3108);
    then every tower below the median over patches of their largest tower (SoftKiller: Cacciari, Salam & Soyez,
    arXiv:1407.0408; all from memory). Half of the patches are empty after that.

    Args:
        total: Energies of towers in GeV, shape (n_crossings, ETA_RINGS, PHI_TOWERS).

    Returns:
        What is left, none below 0, same shape.
    """
    n_crossings = len(total)
    sides = np.stack([total[:, _HALF - 1 :: -1], total[:, _HALF:]], axis=1)
    kept = np.zeros_like(sides)
    for first, end in pairwise(_STRIPS):
        strip = sides[:, :, first:end]
        patches = strip.reshape(n_crossings, 2, end - first, PHI_TOWERS // _PATCH, _PATCH)
        even = np.median(patches.mean(axis=(2, 4)), axis=(1, 2))[:, None, None, None]
        over = np.maximum(strip - np.maximum(even, 0.0), 0.0)
        largest = over.reshape(patches.shape).max(axis=(2, 4))
        cut = np.median(largest, axis=(1, 2))[:, None, None, None]
        kept[:, :, first:end] = np.where(over > cut, over, 0.0)
    return np.concatenate([kept[:, 0, ::-1], kept[:, 1]], axis=1)


def _share_around(primary: Energies, total: Energies) -> Energies:
    around, of_all = (
        uniform_filter(one, size=(1, _AROUND, _AROUND), mode=("constant", "constant", "wrap"))
        for one in (primary, total)
    )
    share = np.divide(around, of_all, out=np.zeros_like(around), where=of_all > _NOTHING_GEV)
    return np.asarray(np.clip(share, 0.0, 1.0), dtype=np.float64)


def _picked(drawn: Drawn, which: NDArray[np.int64]) -> Drawn:
    return Drawn(
        which=drawn.which[which],
        crossing=drawn.crossing[which],
        turn=drawn.turn[which],
        mirrored=drawn.mirrored[which],
    )
