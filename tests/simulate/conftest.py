"""What the tests of the simulation share: hand-made particles, an exact detector, a tiny pool."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from l1ad.config.detector import DetectorConfig, TriggerConfig
from l1ad.config.sample import HardConfig, PoolConfig
from l1ad.simulate.crossing import Crossings
from l1ad.simulate.deposits import MUON
from l1ad.simulate.generator import Particles
from l1ad.simulate.grid import ETA_RINGS, PHI_TOWERS
from l1ad.simulate.pool import Pool, make_pool

Kinematics = tuple[int, float, float, float, float]

# Without underlying event, showers or hadrons: the quickest processes that leave something in every event.
BARE = ["PartonLevel:MPI = off", "PartonLevel:ISR = off", "PartonLevel:FSR = off", "HadronLevel:all = off"]
QUICK = ["WeakSingleBoson:ffbar2gmZ = on", "23:onMode = off", "23:onIfAny = 11 13", *BARE]


@pytest.fixture(scope="session")
def quick() -> list[str]:
    """Pythia settings of Z → ℓℓ, 20,000 a second."""
    return QUICK


@pytest.fixture(scope="session")
def particles() -> Callable[..., Particles]:
    """Give a maker of massless particles, each `(pdg_id, charge, pt, eta, phi)`, in one event unless told."""

    def make(
        *kinematics: Kinematics,
        event: Sequence[int] | None = None,
        radius_m: float = 0.0,
        impact_cm: float | Sequence[float] = 0.0,
    ) -> Particles:
        pdg_id, charge, pt, eta, phi = np.array(kinematics, dtype=np.float64).reshape(-1, 5).T
        owner = np.zeros(len(pt), dtype=np.int64) if event is None else np.array(event, dtype=np.int64)
        n_events = 1 + int(owner.max(initial=0))
        return Particles(
            n_events=n_events,
            event=owner,
            pdg_id=pdg_id.astype(np.int64),
            charge=charge,
            pt=pt,
            eta=eta,
            phi=phi,
            energy=pt * np.cosh(eta),
            radius_m=np.full(len(pt), radius_m),
            impact_cm=np.broadcast_to(np.array(impact_cm, dtype=np.float64), len(pt)),
            pthat=np.zeros(n_events),
        )

    return make


@pytest.fixture(scope="session")
def exact_detector() -> DetectorConfig:
    """A detector that keeps every energy as it is; hadrons leave nothing in the electromagnetic part."""
    return DetectorConfig(
        em_stochastic=0, em_constant=0, hadron_stochastic=0, hadron_constant=0, early_shower_probability=0
    )


@pytest.fixture(scope="session")
def exact_trigger() -> TriggerConfig:
    """A trigger without noise that finds every muon, measures exactly and calibrates nothing."""
    return TriggerConfig(
        noise_gev=0, egamma_scale=1, jet_scale=1, met_pileup_gev=0, muon_efficiency=1, muon_scale=1,
        muon_pt_resolution=0, muon_angle_resolution=0,
    )  # fmt: skip


@pytest.fixture(scope="session")
def crossings() -> Callable[..., Crossings]:
    """Give a maker of crossings from towers `{(crossing, part, ring, φ tower): GeV}` and muons."""

    def make(
        filled: dict[tuple[int, int, int, int], float],
        muons: Sequence[tuple[float, float, float, float]] = (),
        muon_crossing: Sequence[int] | None = None,
        n_crossings: int = 1,
    ) -> Crossings:
        et: NDArray[np.float64] = np.zeros((n_crossings, 2, ETA_RINGS, PHI_TOWERS))
        for place, energy in filled.items():
            et[place] = energy
        return Crossings(
            et=et,
            muon_crossing=np.array(
                [0] * len(muons) if muon_crossing is None else muon_crossing, dtype=np.int64
            ),
            muons=np.array(list(muons), dtype=MUON),
        )

    return make


@pytest.fixture(scope="session")
def tiny_pool() -> Callable[..., PoolConfig]:
    """Give a maker of pools of so many Z → ℓℓ, with two hard processes, in well under a second each."""

    def make(*, events: int = 60, seed: int = 5) -> PoolConfig:
        heavy = HardConfig(name="heavy_z", pythia=[*QUICK, "PhaseSpace:mHatMin = 85"], events=40)
        w = HardConfig(name="w", pythia=["WeakSingleBoson:ffbar2W = on", *BARE], events=30)
        return PoolConfig(name="tiny", minimum_bias=QUICK, events=events, hard=[heavy, w], seed=seed)

    return make


@pytest.fixture(scope="session")
def made_pool(
    tiny_pool: Callable[..., PoolConfig], tmp_path_factory: pytest.TempPathFactory
) -> tuple[PoolConfig, Path, Pool]:
    """A finished tiny pool: configuration, folder, collisions."""
    pytest.importorskip("pythia8mc", reason="Pythia is not installed")
    config, folder = tiny_pool(), tmp_path_factory.mktemp("pool")
    return config, folder, make_pool(config, folder)
