from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from l1ad.core.errors import UnresolvedRateError
from l1ad.core.fixed import FixedType
from l1ad.rates.histogram import ScoreHistogram
from l1ad.rates.tail_fit import fit_tail
from l1ad.rates.tail_onset import choose_onset
from l1ad.rates.tails import Tail

WORD = FixedType(30, 30, signed=False)
N_EVENTS = 20_000
BEYOND = 0.1 / N_EVENTS
"""A tenth of the share that the sample resolves."""


def sample_of(truth: Any, rng: np.random.Generator, n_events: int = N_EVENTS) -> NDArray[np.int64]:
    return np.asarray(np.floor(truth.rvs(n_events, random_state=rng)), np.int64)


def tail_of(truth: Any, *, seed: int, n_tail: int, score_type: FixedType = WORD, n_replicas: int = 100) -> Tail:
    rng = np.random.default_rng(seed)
    fit = fit_tail(ScoreHistogram.of(sample_of(truth, rng)), score_type=score_type, n_tail=n_tail)
    return Tail.of(fit, rng=rng, n_replicas=n_replicas)


def covered(truth: Any, *, n_repeats: int, n_tail: int) -> tuple[float, float, float]:
    """Give how often the band holds the true threshold, ends below it, and begins above it."""
    true = int(np.ceil(truth.isf(BEYOND)))
    bands = [
        tail_of(truth, seed=seed, n_tail=n_tail, n_replicas=60).threshold_for(BEYOND)
        for seed in range(n_repeats)
    ]
    assert all(band.extrapolated for band in bands)
    low, high = np.array([(band.low_raw, band.high_raw) for band in bands]).T
    return (
        float(np.mean((low <= true) & (true <= high))),
        float(np.mean(high < true)),
        float(np.mean(true < low)),
    )


@pytest.mark.parametrize("shape", [0.0, 0.2, -0.2])
def test_the_band_ten_times_beyond_the_sample_covers_the_truth_of_a_pareto_tail_as_stated(shape: float) -> None:
    """The standard error of a coverage of 68 % in 300 repetitions is 2.7 %."""
    inside, too_low, too_high = covered(stats.genpareto(shape, scale=200.0), n_repeats=300, n_tail=200)
    assert 0.60 < inside < 0.76
    assert max(too_low, too_high) < 0.30


def test_the_band_of_a_score_like_chi_squared_misses_to_thresholds_that_are_too_low() -> None:
    """Eight Gaussian means squared: the tail becomes exponential so slowly that the fit takes it to end."""
    inside, too_low, too_high = covered(stats.chi2(8, scale=50.0), n_repeats=300, n_tail=200)
    assert 0.5 < inside < 0.7
    assert too_low > 1.5 * too_high


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000), st.floats(1e-9, 5e-3))
def test_the_threshold_of_a_share_is_the_lowest_that_no_more_passes(seed: int, share: float) -> None:
    tail = tail_of(stats.genpareto(0.1, scale=200.0), seed=seed, n_tail=150, n_replicas=40)
    read = tail.threshold_for(share)
    assert tail.share_at(read.threshold_raw).share <= share * (1 + 1e-6)
    assert tail.share_at(read.threshold_raw - 1).share > share
    assert read.low_raw <= read.threshold_raw <= read.high_raw
    assert tail.threshold_for(share / 2).threshold_raw > read.threshold_raw


def test_the_band_of_a_share_holds_the_shares_whose_bands_hold_the_threshold() -> None:
    tail = tail_of(stats.genpareto(0.1, scale=200.0), seed=1, n_tail=300)
    read = tail.share_at(2600)
    assert 0 < read.low < read.share < read.high
    assert tail.threshold_for(read.low).low_raw == pytest.approx(2600, abs=1)
    assert tail.threshold_for(read.high).high_raw == pytest.approx(2600, abs=1)
    wide = tail.share_at(2600, coverage=0.95)
    assert wide.low < read.low and read.high < wide.high


def test_at_the_onset_the_share_is_the_counted_one_with_its_binomial_error() -> None:
    tail = tail_of(stats.genpareto(0.1, scale=200.0), seed=2, n_tail=300, n_replicas=4000)
    read, counted = tail.share_at(tail.fit.onset_raw), tail.fit.n_above / N_EVENTS
    assert read.share == counted
    assert (read.high - read.low) / 2 == pytest.approx(np.sqrt(counted / N_EVENTS), rel=0.1)


def test_what_lies_beyond_the_sample_is_marked_and_says_what_it_comes_from() -> None:
    tail = tail_of(stats.genpareto(0.1, scale=200.0), seed=3, n_tail=300)
    fit = tail.fit
    origin = f"{fit.n_above} events above {fit.onset_raw} by a generalised Pareto fit"
    for beyond in (tail.threshold_for(BEYOND), tail.share_at(fit.highest_raw + 1)):
        assert beyond.extrapolated
        assert beyond.label == f"extrapolated from {origin}"
    for within in (tail.threshold_for(Fraction(20, N_EVENTS)), tail.share_at(fit.onset_raw + 50)):
        assert not within.extrapolated
        assert within.label == f"smoothed over {origin}"
    assert tail.threshold_for(0.99 / N_EVENTS).extrapolated


def test_the_lower_end_of_a_share_is_nothing_where_the_tail_may_have_ended() -> None:
    tail = tail_of(stats.genpareto(-0.3, scale=300.0), seed=4, n_tail=300)
    read = tail.share_at(int(tail.fit.endpoint_raw) + 20)
    assert (read.low, read.share) == (0.0, 0.0)
    assert read.extrapolated


def test_what_the_tail_cannot_tell_is_refused() -> None:
    word = FixedType(11, 11, signed=False)
    tail = tail_of(stats.genpareto(0.0, scale=150.0), seed=5, n_tail=300, score_type=word)
    with pytest.raises(
        UnresolvedRateError, match=r"a share of 0.1 is none of the tail above \d+, which holds 0.01"
    ):
        tail.threshold_for(0.1)
    with pytest.raises(UnresolvedRateError, match="a share of 0 is none"):
        tail.threshold_for(0.0)
    with pytest.raises(
        UnresolvedRateError, match=r"would be \d+, beyond the score word, which ends at 2047; give"
    ):
        tail.threshold_for(1e-8)
    for outside in (tail.fit.onset_raw - 1, 2048):
        with pytest.raises(UnresolvedRateError, match=f"threshold {outside} is outside the fitted tail"):
            tail.share_at(outside)


def test_the_same_source_of_randomness_gives_the_same_band() -> None:
    truth = stats.genpareto(0.1, scale=200.0)
    first, again = (tail_of(truth, seed=6, n_tail=100).threshold_for(BEYOND) for _ in range(2))
    assert first == again


@pytest.mark.parametrize("scale", [200.0, 2.0])
def test_p_values_of_a_tail_that_is_one_are_uniform_with_fine_scores_and_coarse(scale: float) -> None:
    truth = stats.genpareto(0.1, scale=scale)
    p_values = [tail_of(truth, seed=seed, n_tail=200, n_replicas=60).goodness.p_value for seed in range(150)]
    assert stats.kstest(p_values, "uniform").pvalue > 0.01


def test_a_second_population_in_the_tail_is_a_bad_fit() -> None:
    rng = np.random.default_rng(7)
    scores = np.concatenate(
        [sample_of(stats.genpareto(0.0, scale=100.0), rng), rng.normal(900, 20, 60).astype(int)]
    )
    fit = fit_tail(ScoreHistogram.of(scores), score_type=WORD, n_tail=1000)
    assert Tail.of(fit, rng=rng).goodness.p_value < 0.01


def test_the_onset_chosen_leaves_the_bulk_out() -> None:
    """Below 1000 the scores are uniform; from there on they fall as a Pareto tail, in one event of ten."""
    rng = np.random.default_rng(8)
    tail = 1000 + sample_of(stats.genpareto(0.2, scale=150.0), rng, 2000)
    histogram = ScoreHistogram.of(np.concatenate([rng.integers(0, 1000, 18_000), tail]))
    chosen = choose_onset(histogram, score_type=WORD, rng=rng, n_tails=(8000, 4000, 1500, 700, 300, 100))
    assert chosen.tail.fit.onset_raw >= 1000
    assert chosen.agreeing[:2] == (False, False)
    assert chosen.tail.goodness.p_value == chosen.p_values[-1] >= 0.05


def test_the_lowest_onset_is_chosen_where_all_is_one_tail() -> None:
    lowest = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        histogram = ScoreHistogram.of(sample_of(stats.genpareto(0.1, scale=200.0), rng, 5000))
        chosen = choose_onset(histogram, score_type=WORD, rng=rng, n_tails=(1000, 300, 100), n_replicas=40)
        lowest.append(chosen.tail.fit is chosen.fits[0])
    assert sum(lowest) >= 15  # two tests at 5 % each: fewer than 15 of 20 happens once in a hundred times


def test_a_sample_with_no_pareto_tail_anywhere_is_refused() -> None:
    """Only every 25th score occurs, all the way up, as no smooth tail does."""
    rng = np.random.default_rng(9)
    scores = sample_of(stats.genpareto(0.0, scale=2.0), rng) * 25 + 1000
    with pytest.raises(UnresolvedRateError, match=r"no onset from \d+ to \d+ begins a generalised Pareto tail"):
        choose_onset(ScoreHistogram.of(scores), score_type=WORD, rng=rng, n_tails=(2000, 1000))
