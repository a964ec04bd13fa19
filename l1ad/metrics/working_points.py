"""What algorithms are compared at: rates and false-positive rates, with total and pure efficiencies."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import ConfigError, DataError, UnresolvedRateError
from l1ad.core.units import BUNCH_SLOTS, REVOLUTION_FREQUENCY_HZ
from l1ad.metrics.efficiency import BOOTSTRAP_SAMPLES, Efficiency
from l1ad.metrics.ranks import Bounded, area_with_interval

__all__ = [
    "AtPoint",
    "Measured",
    "WorkingPoint",
    "measured",
]

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class WorkingPoint:
    """The accepted fraction of the background that thresholds are set for.

    Attributes:
        name: As people write it, e.g. `1 kHz`.
        fraction: Largest accepted fraction, between 0 and 1; a float stands for the decimal it prints as.
        where: What the name leaves out, for messages, e.g. `at 2340 colliding bunches`.
    """

    name: str
    fraction: Fraction | float
    where: str = ""

    def __post_init__(self) -> None:
        if not 0 < self.fraction < 1:
            raise ConfigError(
                f"{self} is a fraction of {float(self.fraction):g} of the background; "
                "a working point lies between 0 and 1"
            )

    @classmethod
    def at_rate(cls, khz: float, colliding_bunches: int) -> "WorkingPoint":
        """Accept a zero-bias rate: `khz / (f_rev · n_b)` of the events.

        Args:
            khz: Rate in kHz, before prescale.
            colliding_bunches: Colliding bunch pairs of the fill that the rate is meant for, e.g. 2340.

        Raises:
            ConfigError: If it is no rate of such a fill.
        """
        if not 1 <= colliding_bunches <= BUNCH_SLOTS:
            raise ConfigError(
                f"{colliding_bunches} colliding bunches do not fit an orbit of {BUNCH_SLOTS} slots; "
                "typical fills have 2340 to 2748"
            )
        crossings_hz = Fraction(REVOLUTION_FREQUENCY_HZ) * colliding_bunches
        if not 0 < khz < crossings_hz / 1000:
            raise ConfigError(
                f"{khz:g} kHz is no rate of a trigger: {colliding_bunches} bunches collide at "
                f"{float(crossings_hz) / 1000:.0f} kHz"
            )
        fraction = 1000 * Fraction(str(khz)) / crossings_hz
        return cls(f"{khz:g} kHz", fraction, f"at {colliding_bunches} colliding bunches")

    @classmethod
    def at_false_positive_rate(cls, rate: float) -> "WorkingPoint":
        """Accept a fraction of the background, e.g. 1e-5."""
        mantissa, exponent = f"{rate:e}".split("e") if math.isfinite(rate) else (str(rate), "0")
        return cls(f"FPR {float(mantissa):g}e{int(exponent)}", rate)

    def __str__(self) -> str:
        return f"{self.name} {self.where}".strip()

    def allowed(self, n_background: int) -> int:
        """Count the background events that may pass: as many whole ones as fit."""
        return math.floor(self._exact * n_background)

    def resolved_by(self, n_background: int) -> bool:
        """Tell whether so many background events are enough for one of them to pass."""
        return self.allowed(n_background) >= 1

    def check(self, n_background: int) -> None:
        """Refuse a background too small for one of its events to pass.

        Raises:
            UnresolvedRateError: If it is.
        """
        if not self.resolved_by(n_background):
            raise UnresolvedRateError(
                f"{n_background} background events cannot resolve {self}: "
                f"at least {math.ceil(1 / self._exact)} are needed"
            )

    def best_refused(self, ordered: Integers) -> int:
        """Find the highest score that must not pass: the threshold is the next integer, and ties stay out.

        Args:
            ordered: Scores of the background in ascending order, enough of them to resolve the point.
        """
        return int(ordered[len(ordered) - 1 - self.allowed(len(ordered))])

    @property
    def _exact(self) -> Fraction:
        return self.fraction if isinstance(self.fraction, Fraction) else Fraction(str(self.fraction))


@dataclass(frozen=True, slots=True, kw_only=True)
class AtPoint:
    """A score at a working point.

    Attributes:
        threshold_raw: Lowest threshold that keeps within the point; passed when `score_raw >= threshold_raw`.
        n_background: Background events that passed it; fewer than allowed where scores tie.
        efficiency: Fraction of the signal that passed.
        pure: Fraction of the signal that passed and that no unprescaled seed of the menu took; None where
            the menu's decisions are not known.
    """

    threshold_raw: int
    n_background: int
    efficiency: Efficiency
    pure: Efficiency | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measured:
    """How well a score finds a signal.

    Attributes:
        auc: Area under the ROC curve; ties count half.
        at: What it finds at each working point, by the point's name.
    """

    auc: Bounded
    at: Mapping[str, AtPoint]


def measured(
    background_raw: Integers,
    signal_raw: Integers,
    points: Sequence[WorkingPoint],
    rng: np.random.Generator,
    signal_taken: NDArray[np.bool_] | None = None,
) -> Measured:
    """Measure a score on a signal at working points set on a background, each with its interval.

    The area's interval is DeLong's; those of the efficiencies are bootstraps of background and signal, the
    threshold set anew on each, as in `efficiency_at_fraction`. Float scores come here through `ranked`.

    Args:
        background_raw: Scores of the background, shape (n_background,).
        signal_raw: Scores of the signal, shape (n_signal,).
        points: Working points, of different names.
        rng: Source of the resampling.
        signal_taken: Whether some unprescaled seed of the menu took the event, shape (n_signal,).

    Raises:
        UnresolvedRateError: If the background is too small for a point.
        DataError: If there are fewer than two events of either, or decisions of other events.
    """
    if signal_taken is not None and (signal_taken.shape != signal_raw.shape or signal_taken.dtype != np.bool_):
        raise DataError(
            f"decisions of the menu are {signal_taken.dtype} of shape {signal_taken.shape}, "
            f"not bool of {signal_raw.shape}"
        )
    if len({point.name for point in points}) != len(points):
        raise ConfigError(f"working points {', '.join(map(str, points))} share a name; name them apart")
    auc = area_with_interval(background_raw, signal_raw)
    background, signal = np.sort(background_raw), np.sort(signal_raw)
    pure = None if signal_taken is None else np.sort(signal_raw[~signal_taken])
    return Measured(
        auc=auc,
        at={point.name: _at_point(background, signal, pure, point, rng) for point in points},
    )


def _at_point(
    background: Integers,
    signal: Integers,
    pure: Integers | None,
    point: WorkingPoint,
    rng: np.random.Generator,
) -> AtPoint:
    """Set a threshold on the background and count the signal; all scores in ascending order."""
    point.check(len(background))
    allowed = point.allowed(len(background))
    refused = point.best_refused(background)
    # A resampling is n draws of an event's place in the order. The place of its best refused event is an
    # order statistic of n uniform numbers, so it is drawn alone: a beta variate instead of n draws.
    places = rng.beta(allowed + 1, len(background) - allowed, BOOTSTRAP_SAMPLES) * len(background)
    drawn = background[len(background) - 1 - np.minimum(places.astype(np.int64), len(background) - 1)]
    return AtPoint(
        threshold_raw=refused + 1,
        n_background=_n_above(background, refused),
        efficiency=_efficiency(signal, len(signal), refused, drawn, rng),
        pure=None if pure is None else _efficiency(pure, len(signal), refused, drawn, rng),
    )


def _efficiency(
    ordered: Integers, n_total: int, refused: int, drawn_refused: Integers, rng: np.random.Generator
) -> Efficiency:
    """Count the scores above the best refused one, as a fraction of `n_total` events."""
    n_pass = _n_above(ordered, refused)
    passing = (len(ordered) - np.searchsorted(ordered, drawn_refused, side="right")) / n_total
    interval = Bounded.of_resampled(n_pass / n_total, rng.binomial(n_total, passing) / n_total)
    return Efficiency(
        n_pass=n_pass, n_total=n_total, value=interval.value, low=interval.low, high=interval.high
    )


def _n_above(ordered: Integers, score: int) -> int:
    return len(ordered) - int(np.searchsorted(ordered, score, side="right"))
