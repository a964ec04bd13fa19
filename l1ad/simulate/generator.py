"""Pythia 8: from settings to the final-state particles of a batch of events."""

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import ConfigError, ToolError
from l1ad.core.quiet import silenced

if TYPE_CHECKING:
    import pythia8mc

__all__ = ["Generator", "Particles", "pythia_version"]

_MISSING = "Pythia 8 is not installed; it comes with the extra 'simulate': pip install 'l1ad[simulate]'"
_PYTHIA_SEED_LIMIT = 900_000_000  # Random:seed; 0 would mean the time of day
_ALWAYS = ("Print:quiet = on", "Next:numberCount = 0", "ParticleDecays:limitTau0 = on")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Particles:
    """Final-state particles of a batch of events, one entry per particle.

    Attributes:
        n_events: Events in the batch.
        event: Index of each particle's event in the batch.
        pdg_id: PDG number.
        charge: Electric charge, in units of e.
        pt: Transverse momentum in GeV.
        eta: Pseudorapidity.
        phi: Azimuth in rad, -π to π.
        energy: Energy in GeV.
        radius_m: Distance from the beam at which it came into being.
        impact_cm: Transverse distance at which it passes the beam, as if it flew straight.
        pthat: Transverse momentum of the hardest exchange of each event in GeV, shape (n_events,).
    """

    n_events: int
    event: NDArray[np.int64]
    pdg_id: NDArray[np.int64]
    charge: NDArray[np.float64]
    pt: NDArray[np.float64]
    eta: NDArray[np.float64]
    phi: NDArray[np.float64]
    energy: NDArray[np.float64]
    radius_m: NDArray[np.float64]
    impact_cm: NDArray[np.float64]
    pthat: NDArray[np.float64]


class Generator:
    """A started Pythia. Equal seeds and settings give equal events in equal batches."""

    def __init__(
        self, settings: list[str], *, beam_energy_gev: float, seed: int, initialised: Path | None = None
    ) -> None:
        """Start Pythia.

        Args:
            settings: Pythia settings, one `Name = value` each.
            beam_energy_gev: Proton-proton centre-of-mass energy.
            seed: Any non-negative number.
            initialised: File of what Pythia works out at its start of multiparton interactions, which takes
                seconds where collisions may be diffractive; written if it is not there, else read.

        Raises:
            ToolError: If Pythia is not installed.
            ConfigError: If Pythia does not know a setting or cannot start with them.
        """
        self._pythia = _started(settings, beam_energy_gev=beam_energy_gev, seed=seed, initialised=initialised)

    def batch(self, n_events: int) -> Particles:
        """Generate the next events.

        Raises:
            ToolError: If Pythia gives up on an event.
        """
        return _generated(self._pythia, n_events)

    def skip(self, n_events: int) -> None:
        """Generate the next events and look at none of them: Pythia's own speed."""
        for _ in range(n_events):
            self._pythia.next()

    @property
    def cross_section_mb(self) -> float:
        """Cross section of the settings in mb, as the events so far estimate it."""
        return float(self._pythia.infoPython().sigmaGen())


def pythia_version() -> str:
    """Name the installed Pythia, e.g. `8.317.2`."""
    try:
        return version("pythia8mc")
    except PackageNotFoundError:
        raise ToolError(_MISSING) from None


def _started(
    settings: list[str], *, beam_energy_gev: float, seed: int, initialised: Path | None
) -> "pythia8mc.Pythia":
    try:
        import awkward  # noqa: F401 -- Pythia hands its events over in it
        import pythia8mc
    except ImportError:
        raise ToolError(_MISSING) from None
    pythia = pythia8mc.Pythia("", False)
    own = (
        f"Beams:eCM = {beam_energy_gev}",
        "Random:setSeed = on",
        f"Random:seed = {seed % (_PYTHIA_SEED_LIMIT - 1) + 1}",
    )
    with silenced(1):  # Pythia prints its own account of a fault beside our sentence
        for setting in (*_ALWAYS, *own, *settings):
            if not pythia.readString(setting):
                raise ConfigError(f"Pythia does not know the setting {setting!r}")
        if initialised is not None:
            pythia.settings.mode("MultipartonInteractions:reuseInit", 3)
            pythia.settings.word("MultipartonInteractions:initFile", str(initialised))
        if not pythia.init():
            raise ConfigError(f"Pythia cannot start with {', '.join(settings)}; run it alone to see why")
    return pythia


def _generated(pythia: "pythia8mc.Pythia", n_events: int) -> Particles:
    import awkward as ak

    batch = pythia.nextBatch(n_events)
    if len(batch) != n_events:
        raise ToolError(f"Pythia gave up after {len(batch)} of {n_events} events")
    flat = ak.flatten(batch.prt)
    final = np.asarray(flat.status) > 0
    pdg_id, px, py, pz, energy = (
        np.asarray(column)[final].astype(np.float64)
        for column in (flat.id, flat.p.px, flat.p.py, flat.p.pz, flat.p.e)
    )
    # A particle of the collision itself has no production vertex.
    x, y = (ak.to_numpy(ak.fill_none(one, 0.0))[final] for one in (flat.vProd.px, flat.vProd.py))
    pt = np.maximum(np.hypot(px, py), 1e-9)
    unique, where = np.unique(pdg_id.astype(np.int64), return_inverse=True)
    charges = np.array([pythia.particleData.charge(int(one)) for one in unique])
    return Particles(
        n_events=n_events,
        event=np.repeat(np.arange(n_events), ak.to_numpy(ak.num(batch.prt)))[final],
        pdg_id=pdg_id.astype(np.int64),
        charge=charges[where],
        pt=pt,
        eta=np.arcsinh(pz / pt),
        phi=np.arctan2(py, px),
        energy=energy,
        radius_m=np.hypot(x, y) / 1000,  # Pythia gives mm
        impact_cm=np.abs(x * py - y * px) / pt / 10,
        pthat=np.sqrt(np.asarray(batch.info.pT2Hat, dtype=np.float64)),
    )
