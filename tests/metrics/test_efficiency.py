import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from l1ad.metrics.efficiency import Efficiency, efficiency_at_fraction
from l1ad.rates.rate import threshold_for_budget
from l1ad.rates.stream import Budget, PreselectedStream

STREAM = PreselectedStream(86_400.0)  # one event per second: a budget in Hz is a fraction of the stream


def measured(
    background_raw: NDArray[np.int64], signal_raw: NDArray[np.int64], *, fraction: float, seed: int
) -> Efficiency:
    """Set the threshold on the background and measure the signal with it."""
    return efficiency_at_fraction(
        background_raw,
        signal_raw,
        threshold_raw=threshold_for_budget(background_raw, Budget(fraction, "test"), STREAM),
        fraction=fraction,
        rng=np.random.default_rng(seed),
    )


def toy(
    rng: np.random.Generator, *, n_background: int, n_signal: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Draw exponential scores; the signal's mean is three times the background's."""
    background = rng.exponential(1e5, n_background).astype(np.int64)
    return background, rng.exponential(3e5, n_signal).astype(np.int64)


def test_the_value_counts_events_at_or_above_the_threshold() -> None:
    efficiency = efficiency_at_fraction(
        np.arange(1000),
        np.array([0, 989, 990, 990, 991, 5000]),
        threshold_raw=990,
        fraction=0.0105,
        rng=np.random.default_rng(1),
    )
    assert (efficiency.n_pass, efficiency.n_total) == (4, 6)
    assert efficiency.value == 4 / 6


@pytest.mark.parametrize("fraction", [0.0011, 0.0201, 0.3])
@pytest.mark.parametrize("seed", range(5))
def test_the_interval_contains_the_value_and_stays_between_0_and_1(fraction: float, seed: int) -> None:
    background, signal = toy(np.random.default_rng(seed), n_background=1000, n_signal=50)
    efficiency = measured(background, signal, fraction=fraction, seed=seed)
    assert 0.0 <= efficiency.low <= efficiency.value <= efficiency.high <= 1.0
    assert efficiency.low < efficiency.high


def test_the_same_seed_gives_the_same_interval_and_another_seed_another() -> None:
    background, signal = toy(np.random.default_rng(3), n_background=5000, n_signal=2000)
    first = measured(background, signal, fraction=0.0101, seed=1)
    assert measured(background, signal, fraction=0.0101, seed=1) == first
    assert measured(background, signal, fraction=0.0101, seed=2) != first


def test_the_order_of_the_events_does_not_matter() -> None:
    background, signal = toy(np.random.default_rng(4), n_background=2000, n_signal=300)
    forward = measured(background, signal, fraction=0.0101, seed=1)
    assert measured(background[::-1], signal[::-1], fraction=0.0101, seed=1) == forward


def test_a_signal_far_above_or_below_has_no_doubt() -> None:
    background = np.random.default_rng(5).integers(1000, 2000, 5000)
    above = measured(background, np.full(100, 9000), fraction=0.01, seed=1)
    below = measured(background, np.full(100, 10), fraction=0.01, seed=1)
    assert (above.low, above.value, above.high) == (1.0, 1.0, 1.0)
    assert (below.low, below.value, below.high) == (0.0, 0.0, 0.0)


def test_with_a_coarse_score_events_that_tie_stay_out_of_the_interval_too() -> None:
    background = np.repeat([0, 5, 9], [500, 480, 20])
    efficiency = measured(background, np.full(100, 5), fraction=0.05, seed=1)
    assert (efficiency.low, efficiency.value, efficiency.high) == (0.0, 0.0, 0.0)


def test_a_threshold_that_rests_on_few_events_widens_the_interval() -> None:
    background, signal = toy(np.random.default_rng(6), n_background=100_000, n_signal=20_000)
    on_few = measured(background[:1000], signal, fraction=0.0085, seed=1)
    on_many = measured(background, signal, fraction=0.0085, seed=1)
    assert on_few.high - on_few.low > 4 * (on_many.high - on_many.low)


@pytest.mark.parametrize(("n_background", "n_signal"), [(2000, 5000), (6000, 100)])
def test_the_interval_holds_the_true_efficiency_about_as_often_as_a_gaussians_sigma(
    n_background: int, n_signal: int
) -> None:
    """Cover 68.27 % within 60 and 80 %, three standard deviations of 200 toy experiments (3.3 % each).

    In the first case the threshold (on 40 events) is the larger error, in the second the signal's count.
    """
    n_toys, fraction = 200, 0.0202
    # P(score >= t) is exp(-t/1e5) for the background and the third root of it for the signal.
    true_efficiency = fraction ** (1 / 3)
    covered = 0
    for seed in range(n_toys):
        background, signal = toy(
            np.random.default_rng([2026, seed]), n_background=n_background, n_signal=n_signal
        )
        efficiency = measured(background, signal, fraction=fraction, seed=seed)
        covered += efficiency.low <= true_efficiency <= efficiency.high
    assert 0.60 <= covered / n_toys <= 0.80
    assert stats.binomtest(covered, n_toys, 0.6827).pvalue > 0.001
