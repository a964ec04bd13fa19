"""Events drawn from a decoder's densities, against those very densities."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from l1ad.config.layout import find_layout
from l1ad.training.environment import framework_found, prepared_framework
from l1ad.training.inputs import InputMap
from l1ad.training.likelihood_families import Family
from l1ad.training.likelihood_samples import drawn_events
from l1ad.training.likelihoods import FeatureLikelihoods

LAYOUT = find_layout("lepton_plus_x")
DRAWN = 20_000


@pytest.fixture(scope="module")
def inputs() -> InputMap:
    if not framework_found("float"):
        pytest.skip("neither the extra 'qkeras' nor 'hgq' is installed")
    prepared_framework("float", 1)
    scale = np.array([1 / 8 if field.raw_max > 8 else 1.0 for field in LAYOUT.fields])
    return InputMap(layout=LAYOUT, offset=np.zeros(21), scale=scale, grid=None)


def probabilities(
    inputs: InputMap, densities: FeatureLikelihoods, outputs: NDArray[np.float32], column: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Integrate the density of one input over each of its hardware steps, by what is minimised in training."""
    field = LAYOUT.fields[column]
    raw = np.arange(field.raw_min, min(field.raw_max, 1500) + 1)
    events = np.zeros((len(raw), 21), np.int64)
    events[:, column] = raw
    weights = np.zeros((len(raw), 21), np.float32)
    weights[:, column] = 1
    shown = inputs.shown(events)
    minus_log = np.asarray(densities.negative_log_likelihood(shown, np.repeat(outputs, len(raw), 0), weights))
    family = densities.families[column]
    size = 1.0 if family.is_discrete else field.lsb
    found = np.exp(-minus_log.astype(np.float64)) * size
    if family is Family.LOG_NORMAL:
        found[0] = np.exp(-float(minus_log[0]))  # a share of zeros, not a density
    return raw, found


@pytest.mark.parametrize("seed", [1, 2])
def test_what_is_drawn_has_the_probabilities_that_training_minimises(inputs: InputMap, seed: int) -> None:
    densities = FeatureLikelihoods(inputs)
    rng = np.random.default_rng(seed)
    outputs = rng.uniform(0.5, 2.0, (1, densities.n_outputs)).astype(np.float32)
    drawn = drawn_events(densities, LAYOUT, np.repeat(outputs, DRAWN, axis=0), rng)
    LAYOUT.check(drawn, where="drawn")
    assert {one.value for one in densities.families} == {one.value for one in Family}
    for column, field in enumerate(LAYOUT.fields):
        raw, expected = probabilities(inputs, densities, outputs, column)
        assert expected.sum() == pytest.approx(1, abs=0.03), field.name
        bins = np.r_[raw - 0.5, raw[-1] + 0.5]
        found = np.histogram(drawn[:, column], bins)[0] / DRAWN
        distance = np.abs(np.cumsum(found) - np.cumsum(expected / expected.sum())).max()
        # Beside statistics, the density at the middle of a step stands for the step; log-normals bend there.
        assert distance < stats.kstwobign.isf(1e-4) / np.sqrt(DRAWN) + 0.02, field.name


def test_parameters_far_off_give_events_within_the_layout(inputs: InputMap) -> None:
    densities = FeatureLikelihoods(inputs)
    for size in (-1e6, 1e6):
        outputs = np.full((50, densities.n_outputs), size, np.float32)
        LAYOUT.check(drawn_events(densities, LAYOUT, outputs, np.random.default_rng(1)), where="drawn")


def test_the_same_seed_draws_the_same_events(inputs: InputMap) -> None:
    densities = FeatureLikelihoods(inputs)
    outputs = np.ones((20, densities.n_outputs), np.float32)
    first, second = (drawn_events(densities, LAYOUT, outputs, np.random.default_rng(4)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
