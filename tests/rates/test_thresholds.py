import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from l1ad.core.errors import DataError, UnresolvedRateError
from l1ad.core.fixed import FixedType
from l1ad.rates.rate_account import RateAccount
from l1ad.rates.stream import Budget, PreselectedStream, ZeroBiasStream
from l1ad.rates.thresholds import LADDER, RateKind, rates_at, set_threshold, set_thresholds

from .test_rate_account import events_of, scores_of

STREAM = PreselectedStream(86_400.0)  # one event per second: a budget in Hz is a fraction of the stream
ZERO_BIAS = ZeroBiasStream(2340)


def hz(rate: float) -> Budget:
    return Budget(rate, f"{rate:g} Hz")


@given(st.integers(0, 2**32), st.floats(0.01, 0.9), st.booleans())
@settings(max_examples=40)
def test_total_and_pure_rates_stay_within_their_budgets(seed: int, share: float, weighted: bool) -> None:
    account = RateAccount.of(events_of(400, weighted=weighted, seed=seed), scores_of(400))
    for kind in RateKind:
        found = set_threshold(account, hz(share), STREAM, kind=kind)
        assert found.pure is not None
        limited = found.total if kind is RateKind.TOTAL else found.pure
        assert limited.rate_khz <= share / 1000 * (1 + 1e-12)
        looser = rates_at(found.threshold_raw - 1, account, STREAM)
        assert looser.pure is not None
        rate = looser.total if kind is RateKind.TOTAL else looser.pure
        # A budget that is a float can lie a rounding below what it names: 248 of 400 are more than 0.62.
        at_least = share / 1000 * (1 - 1e-12)
        assert rate.rate_khz > at_least or found.threshold_raw == account.total.score_raw.min()


def test_a_pure_budget_allows_a_lower_threshold_than_a_total_one() -> None:
    account = RateAccount.of(events_of(2000), scores_of(2000))
    total, pure = (set_threshold(account, hz(0.05), STREAM, kind=kind) for kind in RateKind)
    assert pure.threshold_raw < total.threshold_raw
    assert total.pure is not None and total.pure.rate_khz < total.total.rate_khz


def test_the_interval_of_a_threshold_covers_the_true_one_about_as_often_as_it_says() -> None:
    rng, share, covered = np.random.default_rng(3), 0.01, 0
    truth = int(np.ceil(np.log(share) / np.log(1 - 1e-4))) + 1  # P(geometric >= t) = (1 - p)^(t - 1)
    for _ in range(300):
        found = set_threshold(RateAccount.of_scores(rng.geometric(1e-4, 2000)), hz(share), STREAM)
        assert found.low_raw <= found.threshold_raw <= found.high_raw
        covered += found.low_raw <= truth <= found.high_raw
    assert 0.64 <= covered / 300 <= 0.80  # 68 %, and a little more because counts are whole


def test_events_at_the_threshold_are_counted_as_tied() -> None:
    account = RateAccount.of_scores(np.array([1] * 90 + [5] * 7 + [9] * 3))
    found = set_threshold(account, hz(0.1), STREAM)
    assert (found.threshold_raw, found.tied, found.total.n_pass) == (2, 0, 10)
    assert rates_at(5, account, STREAM).tied == 7


def test_every_rung_of_the_ladder_is_a_budget_and_higher_than_the_one_before() -> None:
    account = RateAccount.of_scores(np.random.default_rng(1).geometric(1e-3, 400_000))
    found = set_thresholds(account, {name: Budget.parse(text) for name, text in LADDER.items()}, ZERO_BIAS)
    thresholds = [one.threshold_raw for one in found.values()]
    assert thresholds == sorted(set(thresholds))
    assert [one.budget for one in found.values()] == list(LADDER.values())


def test_scores_that_are_all_equal_set_no_threshold() -> None:
    account = RateAccount.of_scores(np.full(100_000, 7))
    with pytest.raises(DataError, match="all 100000 events have the score 7"):
        set_thresholds(account, {"tight": Budget.parse("1 kHz")}, ZERO_BIAS)


def test_a_pure_rate_without_a_menu_is_refused() -> None:
    with pytest.raises(DataError, match="decisions of a trigger menu"):
        set_threshold(RateAccount.of_scores(scores_of(100)), hz(0.1), STREAM, kind=RateKind.PURE)


def test_a_budget_below_what_one_event_stands_for_is_refused_with_the_number_that_is_needed() -> None:
    with pytest.raises(UnresolvedRateError, match="100 zero-bias events cannot resolve 1 kHz: at least 26315"):
        set_threshold(RateAccount.of_scores(scores_of(100)), Budget.parse("1 kHz"), ZERO_BIAS)
    account = RateAccount.of(events_of(100), scores_of(100))
    with pytest.raises(UnresolvedRateError, match=r"effective at the top of 100.* cannot resolve 0\.001 Hz"):
        set_threshold(account, hz(0.001), STREAM)


def test_a_threshold_beyond_the_score_word_is_refused() -> None:
    account = RateAccount.of_scores(np.array([1] * 50 + [7] * 50))
    with pytest.raises(UnresolvedRateError, match="highest score 7; give the score word more integer bits"):
        set_threshold(account, hz(0.1), STREAM, score_type=FixedType(3, 3, signed=False))
