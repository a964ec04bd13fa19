"""The 18 variables of Zγ events: hand-made particles first, then events of Pythia."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from l1ad.data.z_gamma import NAMES
from l1ad.metrics.z_gamma_relations import relation_faults
from l1ad.simulate.generator import Particles
from l1ad.simulate.z_gamma import ZGammaProduction, make_chunk
from l1ad.simulate.z_gamma_variables import z_gamma_variables

pytest.importorskip("fastjet", reason="FastJet is not installed")

Make = Callable[..., Particles]
ELECTRON, MUON, PHOTON, PION, NEUTRINO = 11, 13, 22, 211, 12
FIRST, SECOND = (ELECTRON, -1, 45.0, 0.3, 0.2), (-ELECTRON, 1, 40.0, -0.8, 2.9)
GAMMA = (PHOTON, 0, 50.0, 0.5, -1.6)
COLLISIONS = 400


class Still(np.random.Generator):
    """Random numbers that are all 0: no particle is smeared."""

    def standard_normal(self, *args: Any, **_: Any) -> Any:
        return np.zeros(args)


def variables(particles: Particles) -> list[dict[str, float]]:
    found = z_gamma_variables(particles, Still(np.random.PCG64(1)))
    return [dict(zip(NAMES, row, strict=True)) for row in found.tolist()]


def vector(*kinematics: tuple[float, ...]) -> tuple[float, float, float, float]:
    """Sum massless momenta."""
    parts = [
        (pt * math.cos(phi), pt * math.sin(phi), pt * math.sinh(eta), pt * math.cosh(eta))
        for _, _, pt, eta, phi in kinematics
    ]
    px, py, pz, energy = (math.fsum(one) for one in zip(*parts, strict=True))
    return px, py, pz, energy


def test_the_variables_are_those_of_four_vectors(particles: Make) -> None:
    (found,) = variables(particles(FIRST, SECOND, GAMMA))
    for system, members, mass in (("Zy", (FIRST, SECOND, GAMMA), "m_lly"), ("ll", (FIRST, SECOND), "m_ll")):
        px, py, pz, energy = vector(*members)
        assert found[f"e_{system}"] == pytest.approx(energy)
        assert found[f"pt_{system}"] == pytest.approx(math.hypot(px, py))
        assert found[f"phi_{system}"] == pytest.approx(math.atan2(py, px))
        assert found[f"eta_{system}"] == pytest.approx(math.asinh(pz / math.hypot(px, py)))
        assert found[mass] == pytest.approx(math.sqrt(energy**2 - px**2 - py**2 - pz**2))
    assert found["dphi_ll"] == pytest.approx(2.7)
    assert found["dr_ll"] == pytest.approx(math.hypot(1.1, 2.7))
    # Nothing else is there: what is missing recoils against the system.
    assert found["met"] == pytest.approx(found["pt_Zy"])
    assert found["dphi_met_Zy"] == pytest.approx(math.pi)
    assert found["pt_ll_over_m_lly"] == pytest.approx(found["pt_ll"] / found["m_lly"])
    assert found["n_j"] == found["n_cj"] == 0


@pytest.mark.parametrize(
    ("changed", "selected"),
    [
        ({}, True),
        ({0: (MUON, -1, 45.0, 0.3, 0.2)}, False),  # flavours differ
        ({1: (ELECTRON, -1, 40.0, -0.8, 2.9)}, False),  # charges are alike
        ({0: (ELECTRON, -1, 24.0, 0.3, 0.2), 1: (-ELECTRON, 1, 20.0, -0.8, 2.9)}, False),  # none leads
        ({1: (-ELECTRON, 1, 14.0, -0.8, 2.9)}, False),
        ({1: (-ELECTRON, 1, 40.0, 2.6, 2.9)}, False),
        ({1: (-ELECTRON, 1, 40.0, 0.3, 0.5)}, False),  # m(ℓℓ) below 40 GeV
        ({2: (PHOTON, 0, 19.0, 0.5, -1.6)}, False),
        ({2: (PHOTON, 0, 50.0, 2.4, -1.6)}, False),
        ({2: (PHOTON, 0, 50.0, 0.3, 0.5)}, False),  # at ΔR 0.3 from a lepton
        ({3: (PION, 1, 6.0, 0.5, -1.5)}, False),  # beside the photon
        ({3: (PION, 1, 4.0, 0.5, -1.5)}, True),
        ({3: (PION, 1, 6.0, 0.5, -1.3)}, True),
        ({3: (NEUTRINO, 0, 60.0, 0.5, -1.6)}, True),
    ],
)
def test_events_are_selected_as_the_docstring_says(
    changed: dict[int, tuple[float, ...]], selected: bool, particles: Make
) -> None:
    every: dict[int, tuple[float, ...]] = {0: FIRST, 1: SECOND, 2: GAMMA, **changed}
    assert len(variables(particles(*every.values()))) == int(selected)


def test_leptons_get_the_photons_near_them_back(particles: Make) -> None:
    radiated = (PHOTON, 0, 10.0, 0.35, 0.2)
    (found,) = variables(particles(FIRST, SECOND, GAMMA, radiated))
    px, py, _, energy = vector(FIRST, SECOND, radiated)
    assert found["e_ll"] == pytest.approx(energy)
    assert found["pt_ll"] == pytest.approx(math.hypot(px, py))


def test_jets_are_counted_without_leptons_and_photon(particles: Make) -> None:
    jets = ((PION, 1, 35.0, 1.5, 1.5), (PION, 1, 31.0, -3.5, -0.5), (PION, 1, 29.0, 2.0, -2.5))
    (found,) = variables(particles(FIRST, SECOND, GAMMA, *jets))
    assert (found["n_j"], found["n_cj"]) == (2, 1)


def test_events_do_not_depend_on_their_neighbours(particles: Make) -> None:
    muons = (MUON, -1, 45.0, 0.3, 0.2), (-MUON, 1, 40.0, -0.8, 2.9)
    both = particles(FIRST, SECOND, GAMMA, FIRST, *muons, GAMMA, event=[0, 0, 0, 1, 2, 2, 2])
    first, second = variables(both)
    assert first == second == variables(particles(FIRST, SECOND, GAMMA))[0]


def test_the_last_chunk_of_each_kind_has_what_is_left() -> None:
    production = ZGammaProduction(seed=1, background=6_000, signal=300, mass_gev=250.0, width_gev=1.0)
    assert production.background_chunks == 3
    assert [production.collisions_of(number) for number in range(production.chunks)] == [
        2_500,
        2_500,
        1_000,
        300,
    ]


@pytest.fixture(scope="module")
def chunks(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    pytest.importorskip("pythia8mc", reason="the extra 'simulate' is not installed")
    folder = tmp_path_factory.mktemp("chunks")
    production = ZGammaProduction(seed=1, background=COLLISIONS, signal=200, mass_gev=250.0, width_gev=1.0)
    found = []
    for number in range(2):
        make_chunk(production, number, folder / f"{number}.npz")
        with np.load(folder / f"{number}.npz", allow_pickle=False) as file:
            found.append(file["variables"])
    return found


def test_events_of_pythia_fulfil_the_relations(chunks: list[Any]) -> None:
    for events in chunks:
        assert len(events) > 30
        assert max(relation_faults(events).values()) < 1e-9


def test_the_resonance_and_the_z_are_where_they_should_be(chunks: list[Any]) -> None:
    background, signal = chunks
    for events in chunks:
        assert abs(np.median(events[:, NAMES.index("m_ll")]) - 91.2) < 2
    assert abs(np.median(signal[:, NAMES.index("m_lly")]) - 250) < 4
    assert np.median(background[:, NAMES.index("m_lly")]) < 180


def test_equal_seeds_make_equal_chunks(tmp_path: Path) -> None:
    pytest.importorskip("pythia8mc", reason="the extra 'simulate' is not installed")
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        production = ZGammaProduction(seed=seed, background=60, signal=1, mass_gev=250.0, width_gev=1.0)
        make_chunk(production, 0, tmp_path / name)
    first, second, other = ((tmp_path / name).read_bytes() for name in "abc")
    assert first == second != other
