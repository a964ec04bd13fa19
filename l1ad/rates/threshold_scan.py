"""Rates and efficiencies at every threshold that matters, counted at once."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from l1ad.core.errors import DataError
from l1ad.rates.histogram import ScoreHistogram
from l1ad.rates.intervals import ONE_SIGMA
from l1ad.rates.rate_account import RateAccount
from l1ad.rates.stream import Stream, ZeroBiasStream
from l1ad.rates.weighted import Sample, WeightedCount

__all__ = ["Curve", "ThresholdScan", "binomial_curve"]

Integers = NDArray[np.int64]
Reals = NDArray[np.float64]

_FINE_UP_TO_KHZ = 100.0
_FINE_SHARE = 0.1
_FINE, _COARSE = 1200, 250


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curve:
    """A number at each of many places, with its interval; all three of shape (n_places,)."""

    value: Reals
    low: Reals
    high: Reals


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ThresholdScan:
    """What passes at each of many thresholds: events with `score_raw >= threshold_raw`.

    Attributes:
        threshold_raw: Thresholds in hardware units, ascending, shape (n_thresholds,).
        n_pass: Background events that pass, of any weight, shape (n_thresholds,).
        n_events: Background events.
        stream_khz: Rate of the stream that the background is a sample of.
        fine_khz: Rate up to which thresholds lie closely; above it they are coarser.
        coverage: Coverage of the intervals.
        rate_khz: Rate, before prescale.
        pure_khz: Rate of the events that no seed of the menu accepts; None without a menu.
        efficiency: Part of each signal that passes, by name, with its Clopper-Pearson interval.
    """

    threshold_raw: Integers
    n_pass: Integers
    n_events: int
    stream_khz: float
    fine_khz: float
    coverage: float
    rate_khz: Curve
    pure_khz: Curve | None
    efficiency: Mapping[str, Curve]

    @classmethod
    def of(
        cls,
        account: RateAccount,
        stream: Stream,
        *,
        signals: Mapping[str, Integers],
        thresholds_raw: Collection[int],
        coverage: float = ONE_SIGMA,
    ) -> "ThresholdScan":
        """Count at up to some 1500 thresholds, from 0 to the first that no event of the background passes.

        Up to a rate of 100 kHz, or a tenth of a stream that is preselected or slower than that, every integer
        is a threshold; where those are too many, they are thinned evenly in the logarithm of the rate. Above
        that rate they are fewer.

        Args:
            account: Events of the background.
            stream: What they are a sample of.
            signals: Scores of each signal in hardware units, by name, each of shape (n_events,).
            thresholds_raw: Thresholds that must be among them.
            coverage: Coverage of the intervals.

        Raises:
            DataError: If no event has a weight, or a signal has no events.
        """
        empty = next((name for name, scores in signals.items() if not len(scores)), None)
        if empty is not None:
            raise DataError(f"signal {empty!r} has no events to count at thresholds")
        sample, total = account.sample(stream, coverage=coverage), account.total
        fine_khz = _FINE_SHARE * sample.stream_khz
        if isinstance(stream, ZeroBiasStream):
            fine_khz = min(fine_khz, _FINE_UP_TO_KHZ)
        places = np.union1d(
            _positions(total, fine_khz / sample.stream_khz * sample.weight),
            np.array(list(thresholds_raw), np.int64),
        )
        passed = _passing(total, places)
        free = account.free
        return cls(
            threshold_raw=places, n_pass=passed.n_events, n_events=sample.n_events,
            stream_khz=sample.stream_khz, fine_khz=fine_khz, coverage=coverage,
            rate_khz=_rates(sample, passed),
            pure_khz=None if free is None else _rates(_sample_of(free, sample), _passing(free, places)),
            efficiency={
                name: binomial_curve(_n_passing(scores, places), np.float64(len(scores)), coverage=coverage)
                for name, scores in signals.items()
            },
        )  # fmt: skip


def binomial_curve(
    n_pass: NDArray[np.number], n_total: NDArray[np.number] | np.number, *, coverage: float = ONE_SIGMA
) -> Curve:
    """Give passed fractions with their Clopper-Pearson intervals, as `clopper_pearson` does for one.

    Effective numbers, that are not whole, have the interval of the same beta distributions. NaN where nothing
    was counted.

    Args:
        n_pass: Events that passed, shape (n_places,).
        n_total: Events counted, of the same shape or one number.
        coverage: Coverage of the intervals.
    """
    passed, total = np.broadcast_arrays(np.asarray(n_pass, np.float64), np.asarray(n_total, np.float64))
    tail = (1.0 - coverage) / 2.0
    value, low, high = np.full(passed.shape, np.nan), np.zeros(passed.shape), np.ones(passed.shape)
    np.divide(passed, total, out=value, where=total > 0)
    some, short = passed > 0, passed < total
    low[some] = stats.beta.ppf(tail, passed[some], total[some] - passed[some] + 1)
    high[short] = stats.beta.isf(tail, passed[short] + 1, total[short] - passed[short])
    low[total == 0] = high[total == 0] = np.nan
    return Curve(value=value, low=low, high=high)


def _rates(sample: Sample, passed: WeightedCount) -> Curve:
    """Estimate the rate at every place, by the intervals of `Sample.rate_of`."""
    if sample.equal_weights:
        part = binomial_curve(passed.n_events, np.float64(sample.n_events), coverage=sample.coverage)
        low, high = part.low, part.high
    else:
        some, tail = passed.squared > 0, (1 - sample.coverage) / 2
        unit = np.full(passed.weight.shape, sample.squared / sample.weight)
        np.divide(passed.squared, passed.weight, out=unit, where=some)
        effective, low = passed.weight / unit, np.zeros(passed.weight.shape)
        low[some] = stats.gamma.ppf(tail, effective[some])
        low = np.minimum(1.0, unit * low / sample.weight)
        high = np.minimum(1.0, unit * stats.gamma.isf(tail, effective + 1) / sample.weight)
    return Curve(
        value=passed.weight / sample.weight * sample.stream_khz,
        low=low * sample.stream_khz,
        high=high * sample.stream_khz,
    )


def _sample_of(free: ScoreHistogram, sample: Sample) -> Sample:
    """Count what the menu leaves in shares of events where seeds are prescaled, as `rates_at` does."""
    counted = free.counted
    whole = np.array_equal(counted.squared * sample.n_events, counted.n_events * sample.squared)
    return sample if sample.equal_weights and whole else replace(sample, equal_weights=False)


def _passing(histogram: ScoreHistogram, places: Integers) -> WeightedCount:
    above = histogram.at_or_above()
    first = np.searchsorted(histogram.score_raw, places)
    return WeightedCount(
        n_events=np.append(above.n_events, 0)[first],
        weight=np.append(above.weight, 0.0)[first],
        squared=np.append(above.squared, 0.0)[first],
    )


def _n_passing(scores_raw: Integers, places: Integers) -> Integers:
    return np.asarray(len(scores_raw) - np.searchsorted(np.sort(scores_raw), places))


def _positions(total: ScoreHistogram, fine_weight: float) -> Integers:
    """Choose thresholds: close where no more weight passes than is told, and coarse below."""
    levels, above = total.score_raw, total.at_or_above().weight
    lowest, top = min(0, int(levels[0])), int(levels[-1])
    close = above <= fine_weight
    # One above the highest score that is too many: the lowest threshold with a rate that is looked at closely.
    start = int(levels[~close].max(initial=lowest - 1)) + 1
    fine = _thinned(levels, above, start, top, _FINE)
    coarse = _thinned(levels, above, lowest, start - 1, _COARSE)
    return np.concatenate([coarse, fine, [top + 1]]).astype(np.int64)


def _thinned(levels: Integers, above: Reals, low: int, high: int, most: int) -> Integers:
    """Give the integers of a range, or so many of them, evenly in the logarithm of the weight that passes.

    Between two scores that occur the weight does not change; its logarithm is drawn straight there, so that
    gaps of the tail keep their integers.
    """
    if high < low:
        return np.zeros(0, np.int64)
    if high - low < most:
        return np.arange(low, high + 1)
    some = above > 0
    place, log_weight = levels[some].astype(np.float64), -np.log(above[some])
    inside = np.interp([low, high], place, log_weight)
    evenly = np.linspace(float(inside[0]), float(inside[1]), most)
    found = np.interp(evenly, log_weight, place)
    ends = np.array([low, high], np.float64)
    return np.unique(np.clip(np.round(np.concatenate([found, ends])), low, high).astype(np.int64))
