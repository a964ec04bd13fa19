"""The rate at another pile-up profile, from the slices of pile-up alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add

import numpy as np
from scipy import stats

from l1ad.core.errors import DataError, UnresolvedRateError
from l1ad.rates.intervals import ONE_SIGMA
from l1ad.rates.pileup_profile import PileupProfile
from l1ad.rates.series import binomial_variance, group_starts
from l1ad.rates.sliced import SlicedCounts
from l1ad.rates.stream import Stream
from l1ad.rates.weighted import RateEstimate

__all__ = ["Mixture", "Reweighted", "mixture", "reweighted"]

_MIXED_P_VALUE, _MIXED_DISTANCE = 1e-3, 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixture:
    """Whether the files of a sample have one pile-up profile.

    Attributes:
        p_value: How often files of one profile would differ as much; 1 for a single file.
        file: The file that is farthest from all.
        distance: Its distance: the share of its events that would have to move.
    """

    p_value: float
    file: str
    distance: float

    @property
    def mixed(self) -> bool:
        """Whether they differ by more than chance and by more than nothing: 1 % of the events of a file."""
        return self.p_value < _MIXED_P_VALUE and self.distance > _MIXED_DISTANCE


@dataclass(frozen=True, slots=True, kw_only=True)
class Reweighted:
    """Rates at another pile-up profile.

    Attributes:
        mean_pileup: Of the profile, where the sample covers it.
        uncovered: Share of the profile at pile-up of which the sample has no events; left out.
        effective_events: As many events of equal weight as carry the same information, (Σw)²/Σw².
        largest_weight: Highest ratio of target share and sample share.
        mixture: What is known of the files of the sample.
        rates: Rate of each column at the profile.
    """

    mean_pileup: float
    uncovered: float
    effective_events: float
    largest_weight: float
    mixture: Mixture
    rates: Mapping[str, RateEstimate]


def mixture(files: Mapping[str, SlicedCounts]) -> Mixture:
    """Compare the pile-up of the files that a sample is put together of.

    The G test of a table of files by pile-up, of effective numbers where weights differ; neighbouring pile-up
    is put together until 5 events are expected in the smallest file.

    Raises:
        DataError: If there is no file, or one without events of any weight.
    """
    if not files:
        raise DataError("no file, so no pile-up to compare; give one at least")
    total = reduce(add, files.values())
    table = np.zeros((len(files), len(total.keys)))
    for row, (name, counts) in zip(table, files.items(), strict=True):
        every = counts.column(0)
        if not every.weight.sum() > 0:
            raise DataError(f"{name}: no events with a pile-up and a weight")
        unit = every.weight.sum() / every.squared.sum()
        row[np.searchsorted(total.keys[:, 0], counts.keys[:, 0])] = every.weight * unit
    expected = table.sum(axis=0) * float(table.sum(axis=1).min()) / float(table.sum())
    starts = group_starts(expected)
    table = np.add.reduceat(table, starts, axis=1)
    shares, everywhere = table / table.sum(axis=1, keepdims=True), table.sum(axis=0) / table.sum()
    distances = np.abs(shares - everywhere).sum(axis=1) / 2
    far = int(np.argmax(distances))
    compared = len(files) > 1 and len(starts) > 1
    tested = stats.chi2_contingency(table, correction=False, lambda_="log-likelihood") if compared else None
    return Mixture(
        p_value=1.0 if tested is None else float(tested.pvalue), file=list(files)[far],
        distance=float(distances[far]),
    )  # fmt: skip


def reweighted(
    files: Mapping[str, SlicedCounts],
    columns: Sequence[str],
    target: PileupProfile,
    stream: Stream,
    *,
    uncovered: float = 1e-3,
    mixed: bool = False,
    coverage: float = ONE_SIGMA,
) -> Reweighted:
    """Estimate rates at another pile-up profile from counts by whole pile-up.

    Each bin of pile-up weighs target share over sample share, so its share that passes counts by the target
    share. That is right where pile-up is all that differs: what passes at one pile-up must not depend on the
    file. The variance adds up the binomial ones of the bins. The interval is that of Clopper & Pearson for the
    events of equal weight with that variance, as Korn & Graubard do, Survey Methodology 24 (1998) 193 *(from
    memory)*. It is too narrow where a few heavy events, of which none passes, stand for much of the target.

    Args:
        files: Counts by pile-up of each file of the sample, e.g. `StabilityAccount.sliced`; one, if not known.
        columns: Names of the columns of the counts.
        target: Profile to estimate the rates at.
        stream: What the events are a sample of.
        uncovered: Largest share of the target that the sample may have no events for.
        mixed: Whether files of different profiles are meant to stand together.
        coverage: Coverage of the intervals.

    Raises:
        DataError: If the profiles of the files differ and are not told to.
        UnresolvedRateError: If the sample has no events for too much of the target.
    """
    found = mixture(files)
    if found.mixed and not mixed:
        raise DataError(
            f"{found.file}: {100 * found.distance:.2g} % of its pile-up is not that of all {len(files)} files "
            f"(p = {found.p_value:.2g}); re-weight each alone, or tell that the mixture is meant"
        )
    counts = reduce(add, files.values())
    counts = counts.only(counts.column(0).weight > 0)
    pileup, every = counts.keys[:, 0], counts.column(0)
    here = np.isin(target.pileup, pileup) | (target.share == 0)
    lost = float(target.share[~here].sum())
    if lost > uncovered or not target.share[here].sum() > 0:
        empty = target.pileup[~here]
        raise UnresolvedRateError(
            f"the sample has no events for {100 * lost:.3g} % of the target, at pile-up from {empty.min()} to "
            f"{empty.max()}, and has some from {pileup.min()} to {pileup.max()}; at most {100 * uncovered:g} % "
            "may be left out"
        )
    share = np.zeros(len(pileup))
    common, mine, theirs = np.intersect1d(pileup, target.pileup, return_indices=True)
    share[mine] = target.share[theirs] / target.share[theirs].sum()
    n_effective = float(1 / (share**2 @ (every.squared / every.weight**2)))
    rates = {}
    for index, name in enumerate(columns, start=1):
        passed = counts.column(index)
        variance = float(share**2 @ (binomial_variance(every, passed) / every.weight**2))
        n_pass, at_target = int(passed.n_events[share > 0].sum()), float(share @ (passed.weight / every.weight))
        rates[name] = _rate(n_pass, at_target, variance, n_effective, stream, coverage)
    return Reweighted(
        mean_pileup=float(share[mine] @ common), uncovered=lost, effective_events=n_effective,
        largest_weight=float((share * every.weight.sum() / every.weight).max()), mixture=found, rates=rates,
    )  # fmt: skip


def _rate(
    n_pass: int, share: float, variance: float, n_effective: float, stream: Stream, coverage: float
) -> RateEstimate:
    """Turn a share and its variance into a rate with the interval of as many events."""
    share = min(1.0, share)
    n_events = share * (1 - share) / variance if variance > 0 and share < 1 else n_effective
    passing, tail, khz = share * n_events, (1 - coverage) / 2, stream.rate_hz / 1000
    low = float(stats.beta.ppf(tail, passing, n_events - passing + 1)) if passing > 0 else 0.0
    high = float(stats.beta.isf(tail, passing + 1, n_events - passing)) if passing < n_events else 1.0
    return RateEstimate(
        n_pass=n_pass, effective_pass=passing, rate_khz=share * khz, low_khz=low * khz, high_khz=high * khz
    )
