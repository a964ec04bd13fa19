"""Bunch crossings put together from single collisions, turned in φ and mirrored in η."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l1ad.simulate.deposits import Collisions
from l1ad.simulate.grid import ETA_RINGS, PHI_STEP, PHI_TOWERS, TOWERS

__all__ = ["Crossings", "Drawn", "piled_up"]

_CELLS = 2 * TOWERS
_PART, _RING, _COLUMN = np.unravel_index(np.arange(_CELLS), (2, ETA_RINGS, PHI_TOWERS))
# Cell without its φ, as it is and mirrored; shape (2, 2 * TOWERS).
_ROW = np.stack([_CELLS // 2 * _PART + PHI_TOWERS * ring for ring in (_RING, ETA_RINGS - 1 - _RING)]).astype(
    np.int32
)
_COLUMN = _COLUMN.astype(np.int32)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Drawn:
    """Which collisions make up which crossing.

    Attributes:
        which: Number of each collision in its pool, shape (n_drawn,), as all that follow.
        crossing: Crossing that it belongs to, in rising order.
        turn: Towers that it is turned by in φ, 0 to 71.
        mirrored: Whether it is mirrored at η = 0.
    """

    which: NDArray[np.int64]
    crossing: NDArray[np.int64]
    turn: NDArray[np.int64]
    mirrored: NDArray[np.bool_]

    @classmethod
    def at_random(
        cls, which: NDArray[np.int64], crossing: NDArray[np.int64], rng: np.random.Generator
    ) -> "Drawn":
        """Turn and mirror each collision at random: nature prefers no direction."""
        turn = rng.integers(PHI_TOWERS, size=len(which))
        return cls(which=which, crossing=crossing, turn=turn, mirrored=rng.random(len(which)) < 0.5)

    @classmethod
    def as_it_is(cls, n_collisions: int) -> "Drawn":
        """Put each collision into a crossing of its own, neither turned nor mirrored."""
        each = np.arange(n_collisions)
        return cls(which=each, crossing=each, turn=np.zeros_like(each), mirrored=each < 0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Crossings:
    """What the particles of crossings leave in the detector.

    Attributes:
        et: Transverse energies in GeV, the electromagnetic part first, shape (n_crossings, 2, ETA_RINGS,
            PHI_TOWERS).
        muon_crossing: Crossing of each true muon.
        muons: True muons, of the dtype `MUON`, directions as turned and mirrored.
    """

    et: NDArray[np.float64]
    muon_crossing: NDArray[np.int64]
    muons: NDArray[np.void]


def piled_up(parts: list[tuple[Collisions, Drawn]], n_crossings: int) -> Crossings:
    """Sum the energies of all collisions of each crossing.

    Args:
        parts: Pools, and what is drawn from each.
        n_crossings: Crossings to make.
    """
    energies = np.zeros(n_crossings * _CELLS)
    owners, muons = [], []
    for source, drawn in parts:
        cell, et = _deposits(source, drawn)
        energies += np.bincount(cell, weights=et, minlength=n_crossings * _CELLS)
        owner, found = _muons(source, drawn)
        owners.append(owner)
        muons.append(found)
    return Crossings(
        et=energies.reshape(n_crossings, 2, ETA_RINGS, PHI_TOWERS),
        muon_crossing=np.concatenate(owners),
        muons=np.concatenate(muons),
    )


def _deposits(source: Collisions, drawn: Drawn) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """List cell of the crossings and energy of every deposit of the drawn collisions."""
    flat, count = _members(source.deposit_start, drawn.which)
    tower = source.tower[flat]
    column = _COLUMN[tower] + np.repeat(drawn.turn.astype(np.int32), count)
    column -= PHI_TOWERS * (column >= PHI_TOWERS)
    mirrored = np.repeat(drawn.mirrored, count)
    row = np.where(mirrored, _ROW[1][tower], _ROW[0][tower])
    return np.repeat(drawn.crossing * _CELLS, count) + row + column, source.et[flat]


def _muons(source: Collisions, drawn: Drawn) -> tuple[NDArray[np.int64], NDArray[np.void]]:
    flat, count = _members(source.muon_start, drawn.which)
    muons = source.muons[flat]
    muons["phi"] = np.mod(muons["phi"] + PHI_STEP * np.repeat(drawn.turn, count), 2 * np.pi)
    muons["eta"] = np.where(np.repeat(drawn.mirrored, count), -muons["eta"], muons["eta"])
    return np.repeat(drawn.crossing, count), muons


def _members(start: NDArray[np.int64], which: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """List the positions of all members of the picked groups, and how many each group has."""
    count = start[which + 1] - start[which]
    end = np.cumsum(count)
    return np.arange(end[-1] if len(end) else 0) + np.repeat(start[which] - end + count, count), count
