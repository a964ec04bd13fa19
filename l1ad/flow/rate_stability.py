"""Whether a rate is steady, what it goes with, and what it would be at another pile-up."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial, reduce
from operator import add
from typing import Any

import numpy as np

from l1ad.core.errors import DataError
from l1ad.core.plain import plain
from l1ad.core.progress import Progress, silent
from l1ad.flow.event_parts import EventParts, Part, Workers, counted_in_order
from l1ad.flow.rate_menu import check_thresholds
from l1ad.rates.correlation_bins import Bins
from l1ad.rates.correlations import Correlation, CorrelationAccount, Profile, Sculpting
from l1ad.rates.pileup_profile import PileupProfile
from l1ad.rates.reweighting import Reweighted, reweighted
from l1ad.rates.sliced import Slicing
from l1ad.rates.stability import StabilityAccount
from l1ad.rates.stream import Stream
from l1ad.rates.trends import (
    Constancy,
    Outlier,
    Trend,
    constancy,
    linear_trend,
    lumi_bootstrap,
    outliers,
)
from l1ad.rates.weighted import RateEstimate

__all__ = ["RateStability", "Steadiness", "rate_stability"]

_FEWEST_SLICES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Steadiness:
    """A rate along one column of the events.

    Attributes:
        titles: Each slice.
        rates: Rate of each, if every crossing of the fill were like its events.
        constancy: Test of one rate in all slices.
        trend: Straight line through them.
        outliers: Slices that differ from the rest by more than so many slices make likely.
    """

    titles: tuple[str, ...]
    rates: tuple[RateEstimate, ...]
    constancy: Constancy
    trend: Trend
    outliers: tuple[Outlier, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RateStability:
    """How steady the rates of an algorithm are, and what its score goes with.

    Attributes:
        stream: The stream that rates are counted in, in words.
        steadiness: By threshold or watched seed, then by what the sample is cut along.
        by_lumi_section: Rate of each with the interval of a bootstrap of whole lumi sections.
        at_pileup: Rates at another pile-up profile; None where none was asked for.
        correlations: Of the score with every input and with MET, HT, leading jet and multiplicities.
        sculpting: By quantity and threshold, the spectrum of what is accepted beside that of all.
        profiles: By quantity, mean score and accepted share in bins of it.
    """

    stream: str
    steadiness: Mapping[str, Mapping[str, Steadiness]]
    by_lumi_section: Mapping[str, RateEstimate]
    at_pileup: Reweighted | None
    correlations: Mapping[str, Correlation]
    sculpting: Mapping[str, Mapping[str, Sculpting]]
    profiles: Mapping[str, Profile]

    def document(self) -> dict[str, Any]:
        """Lay the result out for JSON."""
        document: dict[str, Any] = plain(self)
        return document


def rate_stability(
    parts: EventParts,
    stream: Stream,
    *,
    seeds: tuple[str, ...] = (),
    target: PileupProfile | None = None,
    sculpted: tuple[str, ...] = (),
    seed: int = 1,
    mixed: bool = False,
    workers: Workers,
    progress: Progress = silent,
) -> RateStability:
    """Follow the thresholds of an algorithm over pile-up, time and place in the orbit.

    Args:
        parts: Unselected events, and the algorithm with its thresholds.
        stream: What they are a sample of.
        seeds: Seeds of their menu to follow as well, whatever their prescale, e.g. monitoring ones.
        target: Pile-up profile to estimate the rates at as well.
        sculpted: Quantities whose spectrum among accepted events is looked at, e.g. `ht`; all profiles are.
        seed: Of the bootstrap.
        mixed: Whether files of different pile-up may be counted together.
        workers: Who counts.
        progress: Told the events counted.

    Raises:
        ConfigError: If the algorithm has no thresholds.
        DataError: If the events cannot be used, or there is no such seed or quantity.
        UnresolvedRateError: If the events do not cover the target profile.
    """
    trigger = parts.trigger
    check_thresholds(trigger)
    first, score_raw = next(parts.scored(parts.parts[0]))
    fraction = trigger.score.result.width - trigger.score.result.integer
    bins = Bins.of(first, score_raw, trigger.thresholds, fraction=fraction)
    unknown = next((name for name in sculpted if name not in bins.quantities), None)
    if unknown is not None:
        raise DataError(f"{unknown!r} is no quantity of the events; there are {', '.join(bins.quantities)}")
    by_source, correlated = _summed(parts, bins, seeds, workers, progress)
    stability = reduce(add, by_source.values())
    columns = stability.columns
    rng = np.random.default_rng(seed)
    at_pileup = None
    if target is not None:
        files = {name: one.sliced(Slicing.PILEUP) for name, one in by_source.items()}
        at_pileup = reweighted(files, columns, target, stream, mixed=mixed)
    return RateStability(
        stream=str(stream),
        steadiness={column: _steadiness(stability, column, stream) for column in columns},
        by_lumi_section=_bootstrapped(stability, stream, rng),
        at_pileup=at_pileup,
        correlations={
            name: correlated.correlation(name) for name in bins.quantities if correlated.counts(name)
        },
        sculpting={
            name: {threshold: correlated.sculpting(name, threshold) for threshold in trigger.thresholds}
            for name in sculpted
        },
        profiles={name: correlated.profile(name) for name in sculpted},
    )


def _steadiness(stability: StabilityAccount, column: str, stream: Stream) -> dict[str, Steadiness]:
    found = {}
    for slicing in Slicing:
        series = stability.series(slicing, column)
        if len(series.titles) < _FEWEST_SLICES:
            continue
        found[slicing.value] = Steadiness(
            titles=series.titles,
            rates=series.rates(stream),
            constancy=constancy(series),
            trend=linear_trend(series),
            outliers=outliers(series),
        )
    return found


def _bootstrapped(
    stability: StabilityAccount, stream: Stream, rng: np.random.Generator
) -> dict[str, RateEstimate]:
    series = {column: stability.series(Slicing.LUMI_SECTION, column) for column in stability.columns}
    return {
        column: lumi_bootstrap(one, stream, rng)
        for column, one in series.items()
        if len(one.titles) >= _FEWEST_SLICES
    }


def _summed(
    parts: EventParts, bins: Bins, seeds: tuple[str, ...], workers: Workers, progress: Progress
) -> tuple[dict[str, StabilityAccount], CorrelationAccount]:
    by_source: dict[str, StabilityAccount] = {}
    correlated: CorrelationAccount | None = None
    done = 0
    for part, (stability, correlation) in counted_in_order(partial(_counted, bins, seeds), parts, workers):
        here = by_source.get(part.source)
        by_source[part.source] = stability if here is None else here + stability
        correlated = correlation if correlated is None else correlated + correlation
        done += len(part)
        progress(done, parts.n_events, part.source)
    if correlated is None:
        raise DataError("no events to count")
    return by_source, correlated


def _counted(
    bins: Bins, seeds: tuple[str, ...], events: EventParts, part: Part
) -> tuple[StabilityAccount, CorrelationAccount]:
    """Count one part, here or wherever this is called."""
    stability = StabilityAccount(events.trigger.thresholds, seeds=seeds, where=part.source)
    correlation = CorrelationAccount(bins, where=part.source)
    for block, score_raw in events.scored(part):
        stability.add(block, score_raw)
        correlation.add(block, score_raw)
    return stability, correlation
