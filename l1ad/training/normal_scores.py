"""Zγ variables as networks see them: each one's quantiles turned to those of N(0, 1), and back."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from l1ad.core.errors import DataError
from l1ad.data.z_gamma import NAMES, VARIABLES, VariableKind

__all__ = ["NormalScores"]

Reals = NDArray[np.float64]
Float = NDArray[np.float32]

_MOST_KNOTS = 501
_LEAST_EVENTS = 20
_COUNTS = tuple(place for place, one in enumerate(VARIABLES) if one.kind is VariableKind.COUNT)
_REFERENCE = NAMES.index("phi_Zy")
_TURNED = tuple(
    place for place, one in enumerate(VARIABLES) if one.kind is VariableKind.AZIMUTH and place != _REFERENCE
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NormalScores:
    """A map of each variable by itself, learned on training events: what it shows has marginals of N(0, 1).

    Azimuths other than φ(Zγ) are shown from φ(Zγ) on, so that their seam lies opposite the system; a whole
    number n is shown as one drawn evenly from n − ½ to n + ½, by the same draw for all counts of an event, and
    read back by rounding. In between two quantiles the map is a straight line; beyond the last ones a standard
    deviation counts as one unit, so that what lies outside of the training can be seen. Read back, nothing lies
    outside.

    Attributes:
        knots: Quantiles of each variable, shape (18, n_knots), rising.
        scores: Those of N(0, 1) at the same probabilities, shape (n_knots,).
        width: Standard deviation of each variable, shape (18,).
    """

    knots: Reals
    scores: Reals
    width: Reals

    @classmethod
    def of(cls, training: Reals, rng: np.random.Generator) -> "NormalScores":
        """Learn the map.

        Args:
            training: Variables of events, shape (n_events, 18).
            rng: Source of what counts are spread by.

        Raises:
            DataError: If there are fewer than 20 events, or a variable never varies.
        """
        n_events = len(training)
        if n_events < _LEAST_EVENTS:
            raise DataError(f"{n_events} events to learn distributions from; at least {_LEAST_EVENTS} do")
        spread = _spread(training, rng)
        still = np.flatnonzero(np.ptp(spread, axis=0) == 0)
        if len(still):
            raise DataError(f"{NAMES[still[0]]!r} is the same in all {n_events} training events")
        probabilities = np.linspace(0.0, 1.0, min(n_events, _MOST_KNOTS))
        inside = np.clip(probabilities, 0.5 / n_events, 1 - 0.5 / n_events)
        return cls(
            knots=np.quantile(spread, probabilities, axis=0).T,
            scores=np.asarray(ndtri(inside), dtype=np.float64),
            width=spread.std(axis=0),
        )

    def shown(self, events: Reals, rng: np.random.Generator) -> Float:
        """Give what a network sees of events, shape (n_events, 18)."""
        columns = []
        for values, knots, width in zip(_spread(events, rng).T, self.knots, self.width, strict=True):
            inside = np.interp(values, knots, self.scores)
            beyond = (values - np.clip(values, knots[0], knots[-1])) / width
            columns.append(inside + beyond)
        return np.column_stack(columns).astype(np.float32)

    def events(self, shown: NDArray[np.floating]) -> Reals:
        """Read variables back from what a network gives, shape (n_events, 18)."""
        given = np.asarray(shown, dtype=np.float64).T
        found = np.column_stack(
            [np.interp(one, self.scores, knots) for one, knots in zip(given, self.knots, strict=True)]
        )
        for place in _TURNED:
            found[:, place] = _turned(found[:, place] + found[:, _REFERENCE])
        for place in _COUNTS:
            found[:, place] = np.maximum(np.round(found[:, place]), 0.0)
        return found


def _spread(events: Reals, rng: np.random.Generator) -> Reals:
    found = np.array(events, dtype=np.float64)
    for place in _TURNED:
        found[:, place] = _turned(events[:, place] - events[:, _REFERENCE])
    # One draw for all counts of an event: with one each, those of most events, 0 and 0, would lose each other.
    found[:, list(_COUNTS)] += rng.uniform(-0.5, 0.5, (len(events), 1))
    return found


def _turned(angle: Reals) -> Reals:
    return np.asarray(np.mod(angle + np.pi, 2 * np.pi) - np.pi, dtype=np.float64)
