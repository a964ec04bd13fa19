"""What a report says of what the score follows, gathered from a run in one pass."""

from collections.abc import Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.core.layout import InputLayout
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.data.events import EventBatch
from l1ad.flow.event_parts import EventParts, Part, Workers, counted_in_order
from l1ad.flow.rate_menu import check_thresholds
from l1ad.flow.rates import unseen_background
from l1ad.flow.report_profiles import quantity_profile
from l1ad.flow.run_directory import RunDirectory
from l1ad.rates.correlation_bins import Bins, bin_of, quantities
from l1ad.rates.correlations import CorrelationAccount, Sculpting
from l1ad.rates.observables import Observable, observables
from l1ad.rates.single_cuts import SingleCut, SingleCutAccount
from l1ad.report.correlation_section import CorrelationContent

__all__ = ["correlation_content", "gather_correlation"]

Reals = NDArray[np.float64]

_SUMS = {
    "met": ("met", "met_pt"), "ht": ("ht",), "jet": ("leading_jet", "jet_1_pt"),
    "mu": ("leading_mu", "mu_1_pt"), "eg": ("leading_eg", "eg_1_pt"),
}  # fmt: skip
"""Observables whose profiles are shown, and what they may be called among the quantities."""

_CUTS = ("met", "ht", "jet", "eg", "mu")

Counted = tuple[CorrelationAccount, "SingleCutAccount | None", dict[str, Reals]]


def gather_correlation(
    run: RunDirectory, trigger: TriggerAlgorithm, *, workers: Workers | None = None
) -> CorrelationContent:
    """Follow the score of the unseen background of a run, as `correlation_content`.

    Raises:
        ConfigError: If the algorithm has no thresholds.
    """
    check_thresholds(trigger)
    return correlation_content(unseen_background(run), workers=workers or Workers())


def correlation_content(parts: EventParts, *, workers: Workers) -> CorrelationContent:
    """Follow the score along every quantity, and hold cuts on single quantities against each threshold.

    Args:
        parts: Unselected events, and the algorithm with its thresholds.
        workers: Who counts.

    Raises:
        DataError: If there are no events.
    """
    trigger = parts.trigger
    first, score_raw = next(parts.scored(parts.parts[0]))
    bins = Bins.of(first, score_raw, trigger.thresholds, fraction=trigger.score.result.fraction)
    known, note = _observables(trigger.layout, parts.parts[0].source)
    profiled = _profiled(bins, known)
    correlated, cuts, squares = _summed(parts, bins, tuple(profiled), workers)
    profiles = {
        name: quantity_profile(
            correlated.profile(name), squares[name], profiled[name], trigger.score.result.fraction
        )
        for name in profiled
        if correlated.counts(name)
    }
    return CorrelationContent(
        n_events=parts.n_events,
        correlations={
            name: correlated.correlation(name) for name in bins.quantities if correlated.counts(name)
        },
        titles={**{name: one.title for name, one in profiles.items()}, **_other_titles(bins, known)},
        sums=[one for name, one in profiles.items() if not name.startswith("n_")],
        numbers=[one for name, one in profiles.items() if name.startswith("n_")],
        sculpting={
            one.title: _sculpting(correlated, name, tuple(trigger.thresholds)) for name, one in profiles.items()
        },
        cuts=[] if cuts is None else _cuts(cuts),
        note=note,
    )


def _observables(layout: InputLayout, where: str) -> tuple[dict[str, Observable], str]:
    try:
        return {one.name: one for one in observables(layout, where=where)}, ""
    except DataError as fault:
        return {}, f"{fault}."


def _profiled(bins: Bins, known: Mapping[str, Observable]) -> dict[str, Observable]:
    """Find the quantities that are shown along, with what they are."""
    found = {
        next(name for name in names if name in bins.quantities): known[observable]
        for observable, names in _SUMS.items()
        if observable in known and any(name in bins.quantities for name in names)
    }
    numbers = {name: one for name, one in known.items() if name.startswith("n_") and name in bins.quantities}
    return {**found, **numbers}


def _other_titles(bins: Bins, known: Mapping[str, Observable]) -> dict[str, str]:
    shown = _profiled(bins, known)
    titles = {f"leading_{name}": one.title for name, one in known.items()} | {"pileup": "pile-up"}
    return {name: title for name, title in titles.items() if name in bins.quantities and name not in shown}


def _summed(parts: EventParts, bins: Bins, profiled: tuple[str, ...], workers: Workers) -> Counted:
    total: Counted | None = None
    for _, found in counted_in_order(partial(_counted, bins, profiled), parts, workers):
        total = found if total is None else _added(total, found)
    if total is None:
        raise DataError("no events to count")
    return total


def _added(first: Counted, second: Counted) -> Counted:
    cuts = None if first[1] is None or second[1] is None else first[1] + second[1]
    return first[0] + second[0], cuts, {name: one + second[2][name] for name, one in first[2].items()}


def _counted(bins: Bins, profiled: tuple[str, ...], events: EventParts, part: Part) -> Counted:
    """Count one part, here or wherever this is called."""
    trigger = events.trigger
    correlated = CorrelationAccount(bins, where=part.source)
    known, _ = _observables(trigger.layout, part.source)
    cuts = SingleCutAccount(trigger.layout, trigger.thresholds, where=part.source) if known else None
    squares = {name: np.zeros(len(bins.quantities[name])) for name in profiled}
    for block, score_raw in events.scored(part):
        correlated.add(block, score_raw)
        if cuts is not None:
            cuts.add(block, score_raw)
        for name, of in _squares(block, score_raw, bins, profiled).items():
            squares[name] += of
    return correlated, cuts, squares


def _squares(
    events: EventBatch, score_raw: NDArray[np.int64], bins: Bins, profiled: tuple[str, ...]
) -> dict[str, Reals]:
    """Sum the squares of the scores, weighted, in bins of each quantity: what the error of a mean needs."""
    found = quantities(events)
    squares = events.weights * score_raw.astype(np.float64) ** 2
    return {
        name: np.bincount(bin_of(found[name][0], first), squares, len(first)).astype(np.float64)
        for name, first in bins.quantities.items()
        if name in profiled
    }


def _sculpting(correlated: CorrelationAccount, name: str, thresholds: tuple[str, ...]) -> dict[str, Sculpting]:
    """Compare spectra where a threshold accepts an event at all."""
    share = correlated.profile(name).share
    some = (one for one in thresholds if np.nansum(share[one]) > 0)
    return {threshold: correlated.sculpting(name, threshold) for threshold in some}


def _cuts(account: SingleCutAccount) -> list[SingleCut]:
    found = (
        account.cut(name, threshold)
        for threshold in account.thresholds_raw
        for name in _CUTS
        if name in account.quantities
    )
    return [one for one in found if one is not None]
