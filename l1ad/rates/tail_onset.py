"""Where a tail begins: the lowest score from which on it is generalised Pareto."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from l1ad.core.errors import UnresolvedRateError
from l1ad.core.fixed import FixedType
from l1ad.rates.histogram import ScoreHistogram
from l1ad.rates.tail_fit import ONSET_COUNTS, TailFit, scan_onsets
from l1ad.rates.tails import Tail

__all__ = ["OnsetChoice", "choose_onset"]

_LEVEL = 0.05


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OnsetChoice:
    """The onset chosen, and what it was chosen from.

    Attributes:
        tail: Tail from the onset chosen on.
        fits: Fits from all onsets on, the lowest first.
        agreeing: Whether all fits from higher onsets agree with each.
        p_values: Goodness of those that agree, the lowest first, up to the chosen.
    """

    tail: Tail
    fits: tuple[TailFit, ...]
    agreeing: tuple[bool, ...]
    p_values: tuple[float, ...]


def choose_onset(
    histogram: ScoreHistogram,
    *,
    score_type: FixedType,
    rng: np.random.Generator,
    n_tails: Sequence[int] = ONSET_COUNTS,
    n_replicas: int = 200,
) -> OnsetChoice:
    """Choose the lowest onset from which on the tail is generalised Pareto, as far as the sample can tell.

    The rule: the lowest onset (1) with which the fits from all higher onsets agree in shape and modified scale,
    at 5 % for all of them together (Bonferroni), and (2) whose goodness of fit has a p-value of 5 % or
    more. With the highest onset nothing is left to disagree; it is taken on its goodness alone. The
    sample tells little far up: a bias smaller than the errors goes unseen.

    Args:
        histogram: Unselected events of the stream by score.
        score_type: Format of the score word.
        rng: Source of randomness.
        n_tails: Most events from each onset on.
        n_replicas: Replicas for goodness and bands.

    Raises:
        UnresolvedRateError: If no onset will do.
    """
    fits = scan_onsets(histogram, score_type=score_type, n_tails=n_tails)
    agreeing = []
    for place, fit in enumerate(fits):
        higher = fits[place + 1 :]
        n_sigma = float(stats.norm.isf(_LEVEL / 2 / max(1, len(higher))))
        agreeing.append(all(fit.agrees_with(one, n_sigma=n_sigma) for one in higher))
    p_values: list[float] = []
    for fit in itertools.compress(fits, agreeing):
        tail = Tail.of(fit, rng=rng, n_replicas=n_replicas)
        p_values.append(tail.goodness.p_value)
        if p_values[-1] >= _LEVEL:
            return OnsetChoice(tail=tail, fits=fits, agreeing=tuple(agreeing), p_values=tuple(p_values))
    raise UnresolvedRateError(
        f"no onset from {fits[0].onset_raw} to {fits[-1].onset_raw} begins a generalised Pareto tail: of the "
        f"{len(p_values)} stable ones the best p-value is {max(p_values):.2g}; look at the scores"
    )
