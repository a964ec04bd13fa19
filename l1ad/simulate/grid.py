"""The tower grid of the Stage-2 calorimeter trigger: 82 rings in η by 72 towers in φ."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["ETA_CENTRES", "ETA_MAX", "ETA_RINGS", "PHI_STEP", "PHI_TOWERS", "RING_NUMBER", "TOWERS", "tower_of"]

PHI_TOWERS = 72
PHI_STEP = 2 * np.pi / PHI_TOWERS
ETA_RINGS = 82
TOWERS = ETA_RINGS * PHI_TOWERS

# Edges of the rings of one side: 20 of 0.087, the endcap to |η| = 3, then the forward calorimeter. Ring 29 is
# there in the numbering and has no towers, so it begins where it ends. (CMS HCAL TDR, CERN-LHCC-97-31, with the
# trigger's own last endcap ring; the forward part has half as many towers in φ, which are taken as whole here.)
_EDGES = np.array(
    [
        *(0.087 * ring for ring in range(21)), 1.83, 1.93, 2.043, 2.172, 2.322, 2.5, 2.65, 3.0, 3.0, 3.139,
        3.314, 3.489, 3.664, 3.839, 4.013, 4.191, 4.363, 4.538, 4.716, 4.889, 5.191,
    ]
)  # fmt: skip
_HALF = ETA_RINGS // 2
ETA_MAX = float(_EDGES[-1])
"""Edge of the grid in |η|."""

RING_NUMBER = np.r_[np.arange(_HALF, 0, -1), np.arange(1, _HALF + 1)]
"""Number of each ring counted from η = 0, 1 to 41, shape (82,)."""

_CENTRES = (_EDGES[:-1] + _EDGES[1:]) / 2
ETA_CENTRES = np.r_[-_CENTRES[::-1], _CENTRES]
"""η in the middle of each ring, shape (82,)."""


def tower_of(eta: NDArray[np.floating], phi: NDArray[np.floating]) -> NDArray[np.int64]:
    """Number the tower that a direction hits, `ring * 72 + φ tower`; |η| must lie within `ETA_MAX`."""
    ring = np.minimum(np.searchsorted(_EDGES, np.abs(eta), side="right") - 1, _HALF - 1)
    ring = np.where(np.asarray(eta) >= 0, _HALF + ring, _HALF - 1 - ring)
    column = np.floor(np.mod(phi, 2 * np.pi) / PHI_STEP).astype(np.int64) % PHI_TOWERS
    return np.asarray(ring * PHI_TOWERS + column, dtype=np.int64)
