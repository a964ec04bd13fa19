"""Lists of objects as ROOT keeps them, one event's after another's, without a loop over events."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l1ad.data.nanoaod.tree import Lists

__all__ = ["Candidates", "are_near", "joined"]

Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidates:
    """Objects of one type of some events.

    Attributes:
        offsets: Where the list of each event begins and, last, the end of all, shape (n_events + 1,).
        pt: Transverse momentum in GeV, shape (n_objects,), as those that follow.
        eta: Pseudorapidity.
        phi: Azimuth in rad.
    """

    offsets: NDArray[np.int64]
    pt: Reals
    eta: Reals
    phi: Reals

    @classmethod
    def of_lists(cls, pt: Lists, eta: Lists | None, phi: Lists) -> "Candidates":
        """Put branches of the same lists together; without one, η is 0."""
        zeros = np.zeros(len(pt.values)) if eta is None else eta.values.astype(np.float64)
        return cls(
            offsets=pt.offsets, pt=pt.values.astype(np.float64), eta=zeros, phi=phi.values.astype(np.float64)
        )

    @property
    def counts(self) -> NDArray[np.int64]:
        """Number of objects of each event, shape (n_events,)."""
        return np.diff(self.offsets)

    @property
    def event(self) -> NDArray[np.int64]:
        """Event of each object, from 0, shape (n_objects,)."""
        return np.repeat(np.arange(len(self.offsets) - 1), self.counts)

    def kept(self, which: NDArray[np.bool_]) -> "Candidates":
        """Return the objects of a mask of shape (n_objects,), in the same order."""
        if which.all():
            return self
        before = np.concatenate([[0], np.cumsum(which, dtype=np.int64)])
        return Candidates(
            offsets=before[self.offsets], pt=self.pt[which], eta=self.eta[which], phi=self.phi[which]
        )

    def padded(self, start: int, stop: int) -> tuple[dict[str, Reals], NDArray[np.bool_]]:
        """Lay out the lists of the events from `start` to `stop` as rows of equal length.

        Returns:
            By quantity the values, 0 where there is no object, and where there is one; each of shape
            (stop - start, objects of the longest list).
        """
        counts = self.counts[start:stop]
        present = np.arange(counts.max(initial=1)) < counts[:, None]
        first, last = self.offsets[start], self.offsets[stop]
        values = {}
        for name, numbers in (("pt", self.pt), ("eta", self.eta), ("phi", self.phi)):
            values[name] = np.zeros(present.shape)
            values[name][present] = numbers[first:last]
        return values, present


def joined(one: Candidates, other: Candidates) -> Candidates:
    """Make one list of two, sorted by pT; what is no number comes last."""
    event, pt = np.concatenate([one.event, other.event]), np.concatenate([one.pt, other.pt])
    order = np.lexsort((-pt, event))
    return Candidates(
        offsets=one.offsets + other.offsets,
        pt=pt[order],
        eta=np.concatenate([one.eta, other.eta])[order],
        phi=np.concatenate([one.phi, other.phi])[order],
    )


def are_near(ones: Candidates, others: Candidates, *, radius: float) -> NDArray[np.bool_]:
    """Tell which of `ones` lie within ΔR = √(Δη² + Δφ²) < radius of one of `others`, of the same event.

    Returns:
        The mask, shape (objects of `ones`,).
    """
    event = ones.event
    partners = others.counts[event]
    which = np.repeat(np.arange(len(event)), partners)
    in_list = np.arange(len(which)) - np.repeat(np.cumsum(partners) - partners, partners)
    partner = others.offsets[event][which] + in_list
    apart_eta = ones.eta[which] - others.eta[partner]
    apart_phi = np.mod(ones.phi[which] - others.phi[partner] + np.pi, 2 * np.pi) - np.pi
    near = np.zeros(len(event), dtype=np.bool_)
    near[which[np.hypot(apart_eta, apart_phi) < radius]] = True
    return near
