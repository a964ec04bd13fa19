import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import optimize, stats

from l1ad.core.errors import ConfigError, DataError, UnresolvedRateError
from l1ad.core.fixed import FixedType
from l1ad.rates.histogram import ScoreHistogram
from l1ad.rates.tail_fit import FEWEST_EVENTS, fit_tail, onset_of, scan_onsets

WORD = FixedType(30, 30, signed=False)


def scores(shape: float, scale: float, n_events: int, seed: int) -> NDArray[np.int64]:
    """Draw generalised Pareto scores, cut to whole numbers."""
    drawn = stats.genpareto.rvs(shape, scale=scale, size=n_events, random_state=np.random.default_rng(seed))
    return np.asarray(np.floor(drawn), np.int64)


def highest_likelihood(
    excess: NDArray[np.int64], weights: NDArray[np.float64], last: int
) -> tuple[float, float]:
    """Find shape and scale by SciPy's own distribution and optimiser."""

    def minus(place: NDArray[np.float64]) -> float:
        tail = stats.genpareto(place[1], scale=np.exp(place[0]))
        share = tail.sf(excess) - np.where(excess >= last, 0.0, tail.sf(excess + 1))
        return -float((weights * np.log(np.maximum(share, 1e-300))).sum())

    start = np.array([np.log(excess.mean() + 0.5), 0.05])
    best = optimize.minimize(minus, start, method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-9})
    return float(best.x[1]), float(np.exp(best.x[0]))


@pytest.mark.parametrize("scale", [2.0, 50.0, 4000.0])
@pytest.mark.parametrize("shape", [-0.3, 0.0, 0.4])
def test_the_fit_is_the_maximum_that_scipy_finds(shape: float, scale: float) -> None:
    sample = scores(shape, scale, 400, seed=3)
    fit = fit_tail(ScoreHistogram.of(sample), score_type=WORD, from_threshold_raw=0)
    expected = highest_likelihood(sample, np.ones(400), WORD.raw_max)
    assert (fit.shape, fit.scale) == pytest.approx(expected, rel=1e-3, abs=1e-3 * fit.shape_error)


def test_a_weighted_fit_is_the_maximum_that_scipy_finds() -> None:
    sample, weights = scores(0.1, 50.0, 400, seed=4), np.random.default_rng(4).uniform(0.1, 3.0, 400)
    fit = fit_tail(ScoreHistogram.of(sample, weights), score_type=WORD, from_threshold_raw=20)
    chosen = sample >= 20
    expected = highest_likelihood(sample[chosen] - 20, weights[chosen], WORD.raw_max)
    assert (fit.shape, fit.scale) == pytest.approx(expected, rel=1e-3)
    assert fit.share_above == pytest.approx(weights[chosen].sum() / weights.sum())


def test_one_event_at_the_end_of_the_word_counts_as_there_or_beyond() -> None:
    word = FixedType(8, 8, signed=False)
    sample = np.append(np.minimum(scores(0.0, 30.0, 200, seed=5), 254), 255)
    fit = fit_tail(ScoreHistogram.of(sample), score_type=word, from_threshold_raw=10)
    excess = sample[sample >= 10] - 10
    expected = highest_likelihood(excess, np.ones(len(excess)), 245)
    assert (fit.shape, fit.scale) == pytest.approx(expected, rel=1e-3)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**20), st.floats(0.01, 100.0), st.integers(0, 10**6))
def test_moving_the_scores_moves_the_onset_and_the_unit_of_the_weights_is_free(
    seed: int, unit: float, move: int
) -> None:
    sample = scores(0.1, 100.0, 300, seed)
    here = fit_tail(ScoreHistogram.of(sample), score_type=WORD, n_tail=200)
    there = fit_tail(ScoreHistogram.of(sample + move, np.full(300, unit)), score_type=WORD, n_tail=200)
    assert there.onset_raw == here.onset_raw + move
    for name in ("shape", "scale", "shape_error", "scale_error", "effective_above", "effective_fit"):
        assert getattr(there, name) == pytest.approx(getattr(here, name), rel=1e-4, abs=1e-6)
    assert here.effective_fit == pytest.approx(here.n_above)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**20), st.integers(1, 299), st.sampled_from([1.0, 5.0, 500.0]))
def test_the_onset_is_the_lowest_with_no_more_events_than_asked_for(
    seed: int, n_tail: int, scale: float
) -> None:
    histogram = ScoreHistogram.of(scores(0.1, scale, 300, seed))
    onset = onset_of(histogram, n_tail)
    assert histogram.passing(onset).n_events <= n_tail < histogram.passing(onset - 1).n_events


@pytest.mark.parametrize(("shape", "scale"), [(-0.2, 200.0), (0.0, 200.0), (0.3, 200.0), (0.1, 1.5)])
def test_shape_and_scale_miss_the_truth_by_as_much_as_their_errors_say(shape: float, scale: float) -> None:
    pulls = []
    for seed in range(200):
        fit = fit_tail(
            ScoreHistogram.of(scores(shape, scale, 500, seed)), score_type=WORD, from_threshold_raw=0
        )
        pulls.append(((fit.shape - shape) / fit.shape_error, (fit.scale - scale) / fit.scale_error))
    spread = np.std(pulls, axis=0)
    assert np.all((spread > 0.85) & (spread < 1.15))  # three standard errors of a spread of 200
    assert np.all(np.abs(np.mean(pulls, axis=0)) < 0.5)  # the bias of a maximum, of the order of 1/n


def test_a_weighted_sample_tells_the_shape_of_what_its_weights_stand_for_with_honest_errors() -> None:
    """Drawn from a harder tail than meant, so that high scores weigh little, as in enriched simulation."""
    meant, drawn = stats.genpareto(0.1, scale=200.0), stats.genpareto(0.3, scale=300.0)
    pulls = []
    for seed in range(200):
        exact = drawn.rvs(600, random_state=np.random.default_rng(seed))
        histogram = ScoreHistogram.of(np.floor(exact).astype(np.int64), meant.pdf(exact) / drawn.pdf(exact))
        fit = fit_tail(histogram, score_type=WORD, from_threshold_raw=0)
        pulls.append((fit.shape - 0.1) / fit.shape_error)
        assert fit.effective_above < 600
    assert 0.8 < np.std(pulls) < 1.2
    assert abs(np.mean(pulls)) < 0.5


def test_a_tail_with_a_negative_shape_ends() -> None:
    sample = scores(-0.3, 300.0, 3000, seed=6)
    fit = fit_tail(ScoreHistogram.of(sample), score_type=WORD, n_tail=1000)
    assert fit.endpoint_raw > sample.max()
    assert fit.endpoint_raw == pytest.approx(1000.0, rel=0.1)
    open_ended = fit_tail(ScoreHistogram.of(scores(0.3, 300.0, 1000, seed=6)), score_type=WORD, n_tail=500)
    assert open_ended.endpoint_raw == math.inf


def test_the_modified_scale_does_not_depend_on_the_onset() -> None:
    histogram = ScoreHistogram.of(scores(0.2, 200.0, 20_000, seed=7))
    fits = scan_onsets(histogram, score_type=WORD, n_tails=(10_000, 3000, 1000, 300))
    assert [fit.n_above for fit in fits] == sorted((fit.n_above for fit in fits), reverse=True)
    for fit in fits:
        assert abs(fit.modified_scale - 200.0) < 3 * fit.modified_scale_error
        assert abs(fit.shape - 0.2) < 3 * fit.shape_error
    assert fits[0].modified_scale_error < fits[-1].modified_scale_error


def test_onsets_that_leave_too_few_events_are_left_out_of_a_scan() -> None:
    histogram = ScoreHistogram.of(scores(0.0, 200.0, 400, seed=8))
    fits = scan_onsets(histogram, score_type=WORD, n_tails=(5000, 300, 100, FEWEST_EVENTS - 1))
    assert [fit.n_above > 200 for fit in fits] == [True, False]


def test_a_tail_without_a_mean_and_one_that_ends_abruptly_carry_a_warning() -> None:
    def warnings(shape: float) -> tuple[str, ...]:
        histogram = ScoreHistogram.of(scores(shape, 500.0, 2000, seed=9))
        return fit_tail(histogram, score_type=WORD, from_threshold_raw=0).warnings

    assert warnings(0.1) == ()
    assert "no mean" in warnings(1.4)[0]
    assert "standard errors" in warnings(-0.7)[0]


@pytest.mark.parametrize(
    ("sample", "told"),
    [
        (np.arange(20), "20 events score 0 or above; a tail needs at least 30"),
        (np.full(50, 7), r"the 50 events that score 0 or above have 1 different score; a tail needs"),
        (np.append(np.arange(90), [255, 255]), r"2 events sit at the end of ap_ufixed<8,8.*>, 255, and hide"),
        (np.repeat(np.arange(100, 106), 2 ** np.arange(6)), "the likelihood has no maximum; begin lower"),
    ],
)
def test_a_sample_that_has_no_tail_to_fit_is_refused(sample: NDArray[np.int64], told: str) -> None:
    with pytest.raises(UnresolvedRateError, match=told):
        fit_tail(ScoreHistogram.of(sample), score_type=FixedType(8, 8, signed=False), from_threshold_raw=0)


def test_events_that_weigh_little_do_not_make_up_for_few() -> None:
    weights = np.append(np.full(95, 1e-3), np.ones(5))
    histogram = ScoreHistogram.of(np.arange(100), weights)
    with pytest.raises(UnresolvedRateError, match=r"100 events, worth 5\.2 of equal weight, score 0 or above"):
        fit_tail(histogram, score_type=WORD, from_threshold_raw=0)


def test_what_contradicts_itself_is_refused() -> None:
    histogram = ScoreHistogram.of(np.arange(300))
    with pytest.raises(ConfigError, match="give just one of them"):
        fit_tail(histogram, score_type=WORD)
    with pytest.raises(ConfigError, match="give just one of them"):
        fit_tail(histogram, score_type=WORD, n_tail=50, from_threshold_raw=7)
    with pytest.raises(DataError, match=r"score 299 does not fit ap_ufixed<8,8.*>, which ends at 255"):
        fit_tail(histogram, score_type=FixedType(8, 8, signed=False), n_tail=50)
    with pytest.raises(UnresolvedRateError, match="a tail of 300 events cannot be cut off a sample of 300"):
        fit_tail(histogram, score_type=WORD, n_tail=300)
    with pytest.raises(UnresolvedRateError, match="20 events score 280 or above"):
        scan_onsets(histogram, score_type=WORD, n_tails=(500, 20))
    with pytest.raises(UnresolvedRateError, match="0 events score 0 or above"):
        fit_tail(ScoreHistogram.none(), score_type=WORD, from_threshold_raw=0)
