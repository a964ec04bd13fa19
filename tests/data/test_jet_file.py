"""Dijet events: their masses, their files, what is refused, and what a network sees of them."""

import re
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from l1ad.core.errors import DataError
from l1ad.data.jet_file import JetEvents, jet_provenance, read_jet_events, write_jet_events
from l1ad.data.jet_inputs import QUANTITIES, JetScale, present, represented


def events(n: int, seed: int = 1, particles: int = 6) -> JetEvents:
    """Make jets that are the sums of massless particles about an axis, two back to back."""
    rng = np.random.default_rng(seed)
    axis = rng.uniform(-np.pi, np.pi, (n, 1, 1)) + np.array([0.0, np.pi])[:, None]
    pt = -np.sort(-rng.exponential(100, (n, 2, particles)), axis=2)
    pt[:, :, -1] = 0.0
    eta = rng.uniform(-1, 1, (n, 2, 1)) + 0.2 * rng.normal(size=pt.shape)
    phi = axis + 0.2 * rng.normal(size=pt.shape)
    momenta = np.stack([pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)], axis=3)
    px, py, pz = np.moveaxis(momenta.sum(axis=2), 2, 0)
    energy = (pt * np.cosh(eta)).sum(axis=2)
    jet_pt = np.hypot(px, py)
    mass = np.sqrt(energy**2 - px**2 - py**2 - pz**2)
    jets = np.stack([jet_pt, np.arcsinh(pz / jet_pt), np.arctan2(py, px), mass], axis=2)
    return JetEvents(jets=jets.astype(np.float32), constituents=momenta.astype(np.float32))


def test_the_dijet_mass_is_that_of_all_particles() -> None:
    found = events(50)
    momenta = found.constituents.astype(np.float64).sum(axis=(1, 2))
    energy = np.sqrt(np.square(found.constituents.astype(np.float64)).sum(axis=3)).sum(axis=(1, 2))
    np.testing.assert_allclose(found.mass_gev, np.sqrt(energy**2 - np.square(momenta).sum(axis=1)), rtol=1e-4)


def test_events_come_back_from_a_file_with_what_made_them(tmp_path: Path) -> None:
    made = events(30)
    path = tmp_path / "jets.h5"
    write_jet_events(path, [made.take(slice(0, 12)), made.take(slice(12, None))], provenance={"seed": 1})
    found = read_jet_events(path)
    np.testing.assert_array_equal(found.jets, made.jets)
    np.testing.assert_array_equal(found.constituents, made.constituents)
    assert jet_provenance(path) == {"seed": 1}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"jets": None}, "no dataset 'jets'; it has constituents"),
        ({"jets": np.ones((5, 2, 3))}, "'jets' has shape (5, 2, 3); (n_events, 2, 4) is wanted"),
        ({"constituents": np.ones((4, 2, 6, 3))}, "'constituents' has shape (4, 2, 6, 3); (5, 2, n, 3)"),
        ({"jets": np.full((5, 2, 4), np.nan)}, "'jets', event 0: a value is no finite number"),
        ({"constituents": np.zeros((5, 2, 6, 3))}, "event 0 has a jet without constituents"),
        ({"jets": np.zeros((5, 2, 4))}, "event 0 has a jet without pT"),
        ({"constituents": np.arange(180.0).reshape(5, 2, 6, 3)}, "constituents do not fall in pT"),
        ({"jets": 1.0}, "'jets' holds float64 of shape (); 'jets' and 'constituents' are arrays of numbers"),
        ({"jets": np.array([b"a"] * 5)}, "'jets' holds |S1 of shape (5,)"),
    ],
)
def test_a_file_that_is_none_is_refused(changed: dict[str, object], message: str, tmp_path: Path) -> None:
    made = events(5)
    with h5py.File(tmp_path / "jets.h5", "w") as file:
        for name, values in ({"jets": made.jets, "constituents": made.constituents} | changed).items():
            if values is not None:
                file[name] = values
    with pytest.raises(DataError, match=re.escape(message)):
        read_jet_events(tmp_path / "jets.h5")


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000), angle=st.floats(-3, 3))
def test_a_turn_about_the_beam_leaves_normalised_inputs_as_they_are(seed: int, angle: float) -> None:
    made = events(4, seed)
    cos, sin = np.cos(angle), np.sin(angle)
    turned = made.constituents @ np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]])
    jets = made.jets.astype(np.float64)
    jets[:, :, 2] = np.mod(jets[:, :, 2] + angle + np.pi, 2 * np.pi) - np.pi
    other = JetEvents(jets=jets.astype(np.float32), constituents=turned.astype(np.float32))
    np.testing.assert_allclose(represented(made, "normalised"), represented(other, "normalised"), atol=3e-5)


def test_what_is_not_there_is_zero_in_both_representations() -> None:
    made = events(20)
    there = present(made)
    assert there.shape == (40, 6)
    assert not there[:, -1].any()
    assert there[:, :-1].all()
    for inputs in QUANTITIES:
        assert (represented(made, inputs)[~there] == 0).all()
    fractions = represented(made, "normalised")[:, :, 0]
    assert (fractions.sum(axis=1) > 1).all()  # scalar sums are above the vector sum


def test_a_scale_gives_each_quantity_the_same_size_and_comes_back() -> None:
    made = events(200)
    particles, there = represented(made, "momenta"), present(made)
    scale = JetScale.of(particles, there)
    shown = scale.shown(particles)
    assert shown.shape == (400, 18)
    np.testing.assert_allclose(np.square(shown.reshape(400, 6, 3)[there]).mean(axis=0), 1, rtol=1e-5)
    np.testing.assert_allclose(scale.restored(shown), particles, rtol=1e-5)
