"""What a study of metrics without signal found, as values that a document is made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from l1ad.core.plain import plain
from l1ad.metrics.rank_correlation import RankCorrelation
from l1ad.metrics.ranks import Bounded
from l1ad.metrics.selection import Choice, Trust

__all__ = ["AtPointResults", "MetricResults", "ScoreResults", "VersionResults", "WithoutSignalResults"]


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionResults:
    """One trained version.

    Attributes:
        name: Its name.
        kind: Its family.
        fault: What is wrong with it on purpose; None of a sound one.
        settings: What was drawn for it, as it is shown.
        ending: How its training ended.
        epochs: Epochs that it took.
        metrics: Metrics without signal by score and name; NaN where undefined.
        figure: Geometric mean of efficiencies over signals, by score and working point.
        efficiency: Efficiency by score, working point and signal.
        seconds: Time of training and measuring.
    """

    name: str
    kind: str
    fault: str | None
    settings: Mapping[str, str]
    ending: str
    epochs: int
    metrics: Mapping[str, Mapping[str, float]]
    figure: Mapping[str, Mapping[str, float]]
    efficiency: Mapping[str, Mapping[str, Mapping[str, float]]]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricResults:
    """A metric against the efficiency by one score. Correlations are positive where it is right as declared.

    Attributes:
        every: Correlation over all versions, by working point.
        sound: The same over sound versions alone.
        probability: Of the latter by chance, corrected for the number of metrics, by working point.
        alike: Kendall's τ over pairs of sound versions of one family and input scaling, by working point.
        by_signal: Spearman's coefficient of sound versions at the main working point, by signal.
        area: Probability that a bad version looks worse than a sound one.
        area_by_fault: The same by fault.
        choice: What choosing a sound version by it is worth, at the main working point.
        undefined: Versions for which it is not defined.
        trust: The verdict.
    """

    every: Mapping[str, RankCorrelation]
    sound: Mapping[str, RankCorrelation]
    probability: Mapping[str, float]
    alike: Mapping[str, float]
    by_signal: Mapping[str, float]
    area: Bounded
    area_by_fault: Mapping[str, float]
    choice: Choice
    undefined: int
    trust: Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class AtPointResults:
    """The versions at a working point.

    Attributes:
        allowed: Events of zero bias above each threshold.
        fewest: The fewest that a threshold has, where scores tie.
        median: Median figure of sound versions.
        lowest: Lowest of them.
        highest: Highest of them.
        by_fault: Median figure of the versions of each fault.
        firmness: Correlation of the figures of sound versions from either half of all events; None where half
            of zero bias does not resolve the point.
    """

    allowed: int
    fewest: int
    median: float
    lowest: float
    highest: float
    by_fault: Mapping[str, float]
    firmness: RankCorrelation | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreResults:
    """All metrics against the efficiency by one score.

    Attributes:
        sound: Sound versions that have the score.
        bad: Bad ones.
        points: The versions at each working point, the main one first.
        metrics: By the metric's name.
    """

    sound: int
    bad: int
    points: Mapping[str, AtPointResults]
    metrics: Mapping[str, MetricResults]

    @property
    def main(self) -> str:
        """Name of the main working point."""
        return next(iter(self.points))


@dataclass(frozen=True, slots=True, kw_only=True)
class WithoutSignalResults:
    """A study.

    Attributes:
        versions: Every version whose scores are numbers.
        unusable: Fault of each of the others by name; None of a sound one.
        scores: By the score's name, what is deployed first.
        directions: Whether the larger value of each metric is declared the better.
        texts: What each metric measures.
        faults: What each fault is.
        signals: Names of the signals.
        events: Zero-bias events by what they are for.
        candidates: Versions that one is chosen of.
        within_factor: How close to the best of them is close.
        digests: SHA-256 of the event files, by name.
        versions_of: Version of each package.
        settings: Key and value of the configuration.
    """

    versions: tuple[VersionResults, ...]
    unusable: Mapping[str, str | None]
    scores: Mapping[str, ScoreResults]
    directions: Mapping[str, bool]
    texts: Mapping[str, str]
    faults: Mapping[str, str]
    signals: tuple[str, ...]
    events: Mapping[str, int]
    candidates: int
    within_factor: float
    digests: Mapping[str, str]
    versions_of: Mapping[str, str]
    settings: Mapping[str, str]

    def document(self) -> dict[str, Any]:
        """Lay the results out for JSON."""
        return {"kind": "without_signal", **plain(self)}
