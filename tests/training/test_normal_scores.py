"""Normal scores of Zγ variables: there and back, counts, azimuths, and what lies outside of the training."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.data.z_gamma import NAMES
from l1ad.training.normal_scores import NormalScores

Reals = NDArray[np.float64]


def events(seed: int, n: int = 2_000) -> Reals:
    rng = np.random.default_rng(seed)
    found = rng.gamma(2.0, 30.0, size=(n, 18))
    for name in ("phi_Zy", "phi_ll", "phi_met"):
        found[:, NAMES.index(name)] = rng.uniform(-np.pi, np.pi, n)
    for name in ("n_j", "n_cj"):
        found[:, NAMES.index(name)] = rng.poisson(0.7, n)
    return found


def learned(seed: int = 1) -> NormalScores:
    return NormalScores.of(events(seed), np.random.default_rng(2))


def test_what_is_shown_of_the_training_has_marginals_of_n_0_1() -> None:
    shown = learned().shown(events(1), np.random.default_rng(3))
    np.testing.assert_allclose(shown.mean(axis=0), 0.0, atol=0.03)
    np.testing.assert_allclose(shown.std(axis=0), 1.0, atol=0.04)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 1_000))
def test_events_within_the_training_come_back(seed: int) -> None:
    scores = learned()
    some = events(1)[np.random.default_rng(seed).permutation(2_000)[:50]]
    back = scores.events(scores.shown(some, np.random.default_rng(seed)))
    turned = np.abs(np.mod(back - some + np.pi, 2 * np.pi) - np.pi)
    azimuths = [NAMES.index(name) for name in ("phi_Zy", "phi_ll", "phi_met")]
    others = [place for place in range(18) if place not in azimuths]
    # Read back from float32.
    np.testing.assert_allclose(back[:, others], some[:, others], rtol=1e-3, atol=1e-3)
    assert turned[:, azimuths].max() < 1e-3


def test_what_lies_outside_is_seen_but_never_generated() -> None:
    scores, training = learned(), events(1)
    place = NAMES.index("m_lly")
    odd = training[:1].copy()
    odd[0, place] = training[:, place].max() + 3 * training[:, place].std()
    shown = scores.shown(odd, np.random.default_rng(1))
    assert shown[0, place] == pytest.approx(scores.scores[-1] + 3, abs=0.01)
    assert scores.events(shown)[0, place] == pytest.approx(training[:, place].max())


def test_whatever_is_read_back_is_an_event() -> None:
    found = learned().events(np.random.default_rng(1).normal(0, 3, size=(500, 18)))
    assert (found[:, NAMES.index("m_ll")] >= 0).all()
    for name in ("phi_Zy", "phi_ll", "phi_met"):
        assert np.abs(found[:, NAMES.index(name)]).max() <= np.pi
    counts = found[:, [NAMES.index("n_j"), NAMES.index("n_cj")]]
    assert (counts % 1 == 0).all()
    assert (counts >= 0).all()


def test_equal_counts_of_an_event_are_shown_alike() -> None:
    training = events(1)
    training[:, NAMES.index("n_cj")] = training[:, NAMES.index("n_j")]
    scores = NormalScores.of(training, np.random.default_rng(2))
    shown = scores.shown(training, np.random.default_rng(3))
    np.testing.assert_array_equal(shown[:, NAMES.index("n_j")], shown[:, NAMES.index("n_cj")])


def test_azimuths_turn_with_the_system() -> None:
    scores, some = learned(), events(1)[:20]
    turned = some.copy()
    azimuths = [NAMES.index(name) for name in ("phi_Zy", "phi_ll", "phi_met")]
    turned[:, azimuths] = np.mod(some[:, azimuths] + 1.0 + np.pi, 2 * np.pi) - np.pi
    first, second = (scores.shown(one, np.random.default_rng(1)) for one in (some, turned))
    np.testing.assert_allclose(first[:, azimuths[1:]], second[:, azimuths[1:]], atol=1e-3)


def test_too_few_events_and_a_variable_that_never_varies_are_refused() -> None:
    with pytest.raises(DataError, match="19 events to learn distributions from; at least 20 do"):
        NormalScores.of(events(1, 19), np.random.default_rng(1))
    still = events(1, 100)
    still[:, 0] = 91.0
    with pytest.raises(DataError, match="'m_lly' is the same in all 100 training events"):
        NormalScores.of(still, np.random.default_rng(1))
