"""What a network sees of a jet: the particles' momenta, or their place in the jet."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from l1ad.data.jet_file import JetEvents

__all__ = ["QUANTITIES", "JetScale", "Representation", "present", "represented"]

Float = NDArray[np.float32]
Representation = Literal["momenta", "normalised"]

QUANTITIES: dict[Representation, tuple[str, str, str]] = {
    "momenta": ("px (GeV)", "py (GeV)", "pz (GeV)"),
    "normalised": ("pT / pT(jet)", "η − η(jet)", "φ − φ(jet)"),
}
"""Names of the three numbers of a particle."""


def represented(events: JetEvents, representation: Representation) -> Float:
    """Give the particles of each jet, shape (2 · n_events, n_constituents, 3); both jets of an event together.

    Particles that are not there are zeros in both.
    """
    momenta = events.constituents.reshape(-1, *events.constituents.shape[2:])
    if representation == "momenta":
        return momenta
    pt_jet, eta_jet, phi_jet, _ = (one[:, None] for one in events.jets.reshape(-1, 4).T)
    px, py, pz = np.moveaxis(momenta, 2, 0)
    pt = np.hypot(px, py)
    there = pt > 0
    eta = np.arcsinh(pz / np.where(there, pt, 1.0)) - eta_jet
    phi = np.mod(np.arctan2(py, px) - phi_jet + np.pi, 2 * np.pi) - np.pi
    found = np.stack([pt / pt_jet, np.where(there, eta, 0.0), np.where(there, phi, 0.0)], axis=2)
    return found.astype(np.float32)


def present(events: JetEvents) -> NDArray[np.bool_]:
    """Tell which particles are there, shape (2 · n_events, n_constituents)."""
    return np.asarray((events.constituents[..., :2] != 0).any(axis=-1)).reshape(
        -1, events.constituents.shape[2]
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class JetScale:
    """Units in which a network counts: one for each of the three numbers, the same for all particles.

    One unit a place in the list would make the hundredth particle, which few jets have, as important as
    the first. Nothing is subtracted: what is not there stays 0.

    Attributes:
        unit: Root mean square over the particles that are there, shape (3,).
    """

    unit: NDArray[np.float64]

    @classmethod
    def of(cls, particles: Float, there: NDArray[np.bool_]) -> "JetScale":
        """Measure it on jets, shape (n_jets, n_constituents, 3), and which of their particles are there."""
        squares = np.square(particles[there], dtype=np.float64).mean(axis=0) if there.any() else np.ones(3)
        return cls(unit=np.sqrt(np.where(squares > 0, squares, 1.0)))

    def shown(self, particles: Float) -> Float:
        """Give what a network is shown, shape (n_jets, 3 · n_constituents)."""
        return (particles / self.unit).astype(np.float32).reshape(len(particles), -1)

    def restored(self, shown: NDArray[np.floating]) -> Float:
        """Give particles from what `shown` is made of, shape (n_jets, n_constituents, 3)."""
        return (shown.reshape(len(shown), -1, 3) * self.unit).astype(np.float32)
