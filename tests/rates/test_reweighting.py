"""Rates at another pile-up profile against samples that were drawn there."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from l1ad.core.errors import DataError, UnresolvedRateError
from l1ad.rates.intervals import clopper_pearson
from l1ad.rates.pileup_profile import PileupProfile
from l1ad.rates.reweighting import mixture, reweighted
from l1ad.rates.sliced import SlicedCounts
from l1ad.rates.stream import ZeroBiasStream

STREAM = ZeroBiasStream(2340)
KHZ = STREAM.rate_hz / 1000
Reals = NDArray[np.float64]


def share_at(pileup: NDArray[np.int64]) -> Reals:
    """Share that passes at a pile-up: it grows as a trigger's does."""
    return np.asarray(0.002 * np.exp((pileup - 50) / 12), dtype=np.float64)


def sampled(mean: float, n_events: int, seed: int, *, weighted: bool = False) -> SlicedCounts:
    rng = np.random.default_rng(seed)
    pileup = rng.poisson(mean, n_events).astype(np.int64)
    passed = rng.random((1, n_events)) < share_at(pileup)
    weights = np.where(rng.random(n_events) < np.where(passed[0], 0.8, 0.3), 0.5, 2.0)
    return SlicedCounts.of(pileup[:, None], passed, weights if weighted else np.ones(n_events))


def truth_khz(target: PileupProfile) -> float:
    return float(target.share @ share_at(target.pileup)) * KHZ


def test_the_own_profile_gives_the_own_rate_and_the_interval_of_clopper_pearson() -> None:
    counts = sampled(50, 100_000, seed=1)
    every, passed = counts.column(0), counts.column(1)
    own = PileupProfile.of(dict(zip(counts.keys[:, 0].tolist(), every.weight.tolist(), strict=True)))
    found = reweighted({"a": counts}, ["anomaly"], own, STREAM)
    rate, n_pass = found.rates["anomaly"], int(passed.n_events.sum())
    low, high = clopper_pearson(n_pass, 100_000)
    assert rate.n_pass == n_pass
    assert rate.rate_khz == pytest.approx(KHZ * n_pass / 100_000)
    assert found.effective_events == pytest.approx(100_000)
    assert found.largest_weight == pytest.approx(1)
    assert found.uncovered == 0
    # A little narrower: the pile-up of the target is given, that of a sample fluctuates.
    assert 0.97 < (rate.high_khz - rate.low_khz) / (KHZ * (high - low)) <= 1.001


def test_a_rate_at_one_pileup_is_counted_from_its_events_alone() -> None:
    counts = sampled(50, 50_000, seed=2)
    place = int(np.searchsorted(counts.keys[:, 0], 53))
    n_events, n_pass = counts.counted.n_events[place].tolist()
    found = reweighted({"a": counts}, ["anomaly"], PileupProfile.of({53: 7.0}), STREAM)
    low, high = clopper_pearson(n_pass, n_events)
    rate = found.rates["anomaly"]
    assert (found.mean_pileup, rate.n_pass) == (53, n_pass)
    assert (found.effective_events, rate.effective_pass) == pytest.approx((n_events, n_pass))
    assert (rate.rate_khz, rate.low_khz, rate.high_khz) == pytest.approx(
        (KHZ * n_pass / n_events, KHZ * low, KHZ * high)
    )


@pytest.mark.parametrize("mean", [44.0, 56.0])
def test_the_interval_at_another_mean_covers_the_true_rate_as_often_as_it_says(mean: float) -> None:
    target = PileupProfile.poisson(mean)
    truth, hits = truth_khz(target), 0
    for seed in range(300):
        found = reweighted({"a": sampled(50, 20_000, seed)}, ["x"], target, STREAM, uncovered=0.02)
        hits += found.rates["x"].low_khz <= truth <= found.rates["x"].high_khz
    # Clopper-Pearson covers rather more than it says.
    assert stats.binomtest(hits, 300, 0.6827, alternative="less").pvalue > 0.01
    assert hits < 0.8 * 300


def test_weighted_events_have_a_wider_interval_than_their_number() -> None:
    target = PileupProfile.poisson(53)
    plain = reweighted({"a": sampled(50, 50_000, 3)}, ["x"], target, STREAM)
    heavy = reweighted({"a": sampled(50, 50_000, 3, weighted=True)}, ["x"], target, STREAM)
    rate = heavy.rates["x"]
    assert heavy.effective_events < plain.effective_events < 50_000
    assert rate.low_khz < rate.rate_khz < rate.high_khz
    assert rate.effective_pass < plain.rates["x"].effective_pass


def test_where_nothing_passes_the_upper_end_is_that_of_the_effective_events() -> None:
    counts = SlicedCounts.of(np.array([[10]] * 40 + [[11]] * 10), np.zeros((1, 50), np.bool_), np.ones(50))
    found = reweighted({"a": counts}, ["x"], PileupProfile.of({10: 0.5, 11: 0.5}), STREAM)
    assert found.effective_events == pytest.approx(1 / (0.25 / 40 + 0.25 / 10))
    _, high = clopper_pearson(0, 32)
    assert (found.rates["x"].rate_khz, found.rates["x"].low_khz) == (0, 0)
    assert found.rates["x"].high_khz == pytest.approx(KHZ * high)
    assert found.largest_weight == pytest.approx(2.5)


def test_where_everything_passes_the_rate_is_that_of_the_stream() -> None:
    counts = SlicedCounts.of(np.array([[10]] * 40), np.ones((1, 40), np.bool_), np.ones(40))
    rate = reweighted({"a": counts}, ["x"], PileupProfile.of({10: 1.0}), STREAM).rates["x"]
    assert (rate.rate_khz, rate.high_khz) == pytest.approx((KHZ, KHZ))
    assert rate.low_khz == pytest.approx(KHZ * clopper_pearson(40, 40)[0])


def test_a_target_beyond_the_sample_is_refused_with_how_much_is_not_covered() -> None:
    counts = sampled(50, 1000, seed=4)
    last = int(counts.keys[-1, 0])
    target = PileupProfile.of({50: 3.0, last + 1: 1.0})
    words = f"no events for 25 % of the target, at pile-up from {last + 1} to {last + 1}, and has some from"
    with pytest.raises(UnresolvedRateError, match=words):
        reweighted({"a": counts}, ["x"], target, STREAM)
    found = reweighted({"a": counts}, ["x"], target, STREAM, uncovered=0.3)
    assert (found.uncovered, found.mean_pileup) == (0.25, 50)
    with pytest.raises(UnresolvedRateError, match="no events for 100 % of the target"):
        reweighted({"a": counts}, ["x"], PileupProfile.of({last + 1: 1.0}), STREAM, uncovered=1.0)


def test_files_of_one_profile_are_told_mixed_no_more_often_than_by_chance() -> None:
    found = []
    for seed in range(200):
        files = {str(one): sampled(50, 4000, 1000 + 3 * seed + one) for one in range(3)}
        found.append(mixture(files).p_value)
    assert stats.kstest(found, "uniform").pvalue > 0.01


def test_files_of_different_profiles_are_refused_by_name_unless_told() -> None:
    files = {"low.h5": sampled(40, 4000, 1), "a.h5": sampled(60, 20_000, 2), "b.h5": sampled(60, 20_000, 3)}
    target = PileupProfile.poisson(60)
    with pytest.raises(DataError, match=r"low.h5: \d+ % of its pile-up is not that of all 3 files"):
        reweighted(files, ["x"], target, STREAM, uncovered=0.01)
    found = reweighted(files, ["x"], target, STREAM, uncovered=0.01, mixed=True)
    assert found.mixture.mixed and found.mixture.file == "low.h5"
    assert found.mixture.p_value < 1e-6
    rate = found.rates["x"]
    width = rate.high_khz - rate.low_khz
    assert abs(rate.rate_khz - truth_khz(target)) < 3 * width
    assert mixture({"a.h5": files["a.h5"], "b.h5": files["b.h5"]}).mixed is False


def test_one_file_is_not_mixed_and_none_or_an_empty_one_is_refused() -> None:
    counts = sampled(50, 1000, seed=5)
    assert (mixture({"a": counts}).p_value, mixture({"a": counts}).mixed) == (1.0, False)
    with pytest.raises(DataError, match="no file, so no pile-up to compare"):
        mixture({})
    with pytest.raises(DataError, match=r"b.h5: no events with a pile-up and a weight"):
        mixture({"a.h5": counts, "b.h5": SlicedCounts.none(1, 1)})


def test_profiles_add_up_to_one_and_have_their_mean() -> None:
    poisson = PileupProfile.poisson(62.5)
    assert poisson.share.sum() == pytest.approx(1)
    assert poisson.mean == pytest.approx(62.5, rel=1e-9)
    assert PileupProfile.of({4: 1, 2: 3}).share.tolist() == [0.75, 0.25]


def test_a_profile_is_read_from_a_csv_file(tmp_path: Path) -> None:
    path = tmp_path / "profile.csv"
    path.write_text("pileup, weight\n50, 3\n40, 1\n")
    profile = PileupProfile.read(path)
    assert (profile.pileup.tolist(), profile.share.tolist()) == ([40, 50], [0.25, 0.75])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("mu,weight\n1,2\n", "its first line names .*; a profile has 'pileup' and 'weight'"),
        ("pileup,weight\n50.5,2\n", "line 2: '50.5', '2' is no whole pile-up and its weight"),
        ("pileup,weight\n50\n", "line 2: '50', None is no whole pile-up"),
        ("pileup,weight\n50,2\n50,3\n", "line 3: pile-up 50 is there twice"),
        ("pileup,weight\n50,-2\n", "pile-up 50 has weight -2.0; it is not negative, and finite"),
        ("pileup,weight\n50,nan\n", "pile-up 50 has weight nan"),
        ("pileup,weight\n", "no pile-up has a weight"),
    ],
)
def test_what_is_no_profile_is_refused(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "profile.csv"
    path.write_text(text)
    with pytest.raises(DataError, match=words):
        PileupProfile.read(path)


def test_a_missing_file_and_a_mean_of_zero_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        PileupProfile.read(tmp_path / "none.csv")
    with pytest.raises(DataError, match="a mean pile-up of 0 is none"):
        PileupProfile.poisson(0)
