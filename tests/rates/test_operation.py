import numpy as np
import pytest

from l1ad.core.errors import DataError, UnresolvedRateError
from l1ad.core.fixed import FixedType
from l1ad.core.layouts import ugt_57
from l1ad.data.events import EventBatch
from l1ad.rates.operation import at_profile, steps_around, thresholds_over_pileup
from l1ad.rates.pileup_profile import PileupProfile
from l1ad.rates.rate_account import RateAccount
from l1ad.rates.stream import Budget, ZeroBiasStream

STREAM = ZeroBiasStream(2340)
WORD = FixedType(18, 14, signed=False)


def account_of(mean: float, n_events: int, seed: int = 1) -> RateAccount:
    """Count events whose score grows with their pile-up."""
    rng, layout = np.random.default_rng(seed), ugt_57()
    pileup = rng.poisson(mean, n_events).astype(np.float64)
    events = EventBatch(
        layout=layout, inputs_raw=np.zeros((n_events, layout.n_inputs), layout.dtype),
        event_number=np.arange(n_events), sample="made", pileup=pileup,
    )  # fmt: skip
    return RateAccount.of(events, np.floor(rng.exponential(4 * pileup)).astype(np.int64))


def test_the_change_of_a_step_is_the_difference_of_the_rates() -> None:
    account = account_of(50, 50_000)
    found = steps_around(1000, account, STREAM)
    here = next(one for one in found if not one.step)
    assert here.change.n_pass == 0
    for one in found:
        assert abs(one.total.rate_khz - here.total.rate_khz) == pytest.approx(one.change.rate_khz)
        assert (one.total.rate_khz <= here.total.rate_khz) == (one.step >= 0) or not one.change.n_pass


def test_a_threshold_is_not_moved_below_zero() -> None:
    assert [one.threshold_raw for one in steps_around(3, account_of(50, 100), STREAM)] == [2, 3, 4, 7, 19]


def test_rates_at_another_pileup_are_those_of_a_sample_that_has_it() -> None:
    there = at_profile(account_of(50, 400_000), PileupProfile.poisson(54)).sample(STREAM)
    assert there.weight == pytest.approx(400_000)
    for threshold in (400, 800):
        moved = at_profile(account_of(50, 400_000), PileupProfile.poisson(54))
        moved_rate = moved.sample(STREAM).rate_of(moved.total.passing(threshold))
        direct = account_of(54, 400_000, seed=2)
        true_rate = direct.sample(STREAM).rate_of(direct.total.passing(threshold))
        error = np.hypot(moved_rate.high_khz - moved_rate.low_khz, true_rate.high_khz - true_rate.low_khz) / 2
        assert abs(moved_rate.rate_khz - true_rate.rate_khz) < 4 * error


def test_more_pileup_asks_for_a_higher_threshold() -> None:
    budgets = {"loose": Budget.parse("50 kHz")}
    found = thresholds_over_pileup(account_of(50, 200_000), budgets, (46, 50, 54), STREAM, score_type=WORD)
    thresholds = [found[mean]["loose"].threshold_raw for mean in (46, 50, 54)]
    assert thresholds == sorted(set(thresholds))
    assert all(one["loose"].total.rate_khz <= 50 for one in found.values())


def test_a_pileup_that_the_sample_does_not_have_is_refused() -> None:
    with pytest.raises(UnresolvedRateError, match=r"no events for \d+\.\d% of a profile of mean 100"):
        at_profile(account_of(50, 1000), PileupProfile.poisson(100))
    with pytest.raises(DataError, match="pile-up of the events is not known"):
        at_profile(RateAccount.of_scores(np.arange(10)), PileupProfile.poisson(50))
