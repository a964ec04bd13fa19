"""What the detector tests share: hand-made particles, a detector without noise, objects by name."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from l1ad.config.sample import DetectorConfig
from l1ad.core.layout import ugt_57
from l1ad.simulate.generator import Particles
from l1ad.simulate.trigger_objects import simulated_inputs

Kinematics = tuple[int, float, float, float, float]
Seen = Callable[..., dict[str, int]]


def _particles(*kinematics: Kinematics) -> Particles:
    """Make one event of massless particles, each `(pdg_id, charge, pt, eta, phi)`."""
    pdg_id, charge, pt, eta, phi = (np.array(column) for column in zip(*kinematics, strict=True))
    return Particles(
        n_events=1,
        event=np.zeros(len(kinematics), dtype=np.int64),
        pdg_id=pdg_id.astype(np.int64),
        charge=charge.astype(np.float64),
        pt=pt.astype(np.float64),
        eta=eta.astype(np.float64),
        phi=phi.astype(np.float64),
        energy=pt * np.cosh(eta),
    )


def _seen(particles: Particles, detector: DetectorConfig, *, seed: int = 1) -> dict[str, int]:
    """Run detector and trigger on one event; give the inputs that are not zero, by name."""
    inputs: NDArray[np.int16] = simulated_inputs(particles, detector, np.random.default_rng(seed))
    return {
        name: int(value) for name, value in zip(ugt_57().names, inputs[0].tolist(), strict=True) if value != 0
    }


@pytest.fixture(scope="session")
def particles() -> Callable[..., Particles]:
    """Give a maker of one event from hand-made particles."""
    return _particles


@pytest.fixture(scope="session")
def seen() -> Seen:
    """Give what the trigger sees of an event: the inputs that are not zero, by name."""
    return _seen


@pytest.fixture(scope="session")
def exact_detector() -> DetectorConfig:
    """Give a detector that measures every energy and muon exactly, up to its steps."""
    return DetectorConfig(
        em_stochastic=0,
        em_constant=0,
        hadron_stochastic=0,
        hadron_constant=0,
        muon_efficiency=1,
        muon_pt_resolution=0,
        muon_angle_resolution=0,
    )
