"""What a jets study found, as values that a document is made of."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Any

from l1ad.core.plain import plain
from l1ad.metrics.averaged import Averaged

__all__ = ["JetFamilyResults", "JetsCounts", "JetsResults", "SignalMade"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalMade:
    """A signal.

    Attributes:
        title: What it is called.
        mass_gev: Mass of the resonance.
        selected: Events that pass the selection.
        inside: Those in the signal region.
    """

    title: str
    mass_gev: float
    selected: int
    inside: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JetsCounts:
    """How many background events there were of what.

    Attributes:
        training: In the sideband, to train on.
        held: In the sideband, the rest.
        inside: In the signal region.
        luminosity_fb: Integrated luminosity in fb⁻¹ that so many generated events are; None of the user's own.
        mass: Events of the signal region in the bins of the mass, all of them.
    """

    training: int
    held: int
    inside: int
    luminosity_fb: float | None
    mass: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JetFamilyResults:
    """A network that was trained, and what its scores found; as the records of its trials have it.

    Attributes:
        name: Its name.
        kind: Its family.
        inputs: What it reads.
        training: Record of the training: `parameters`, `epochs`, `seconds`, `history`, `reconstruction`, ...
        found: Record of its hunt: `score`, `scores`, `cuts`; empty where the training failed.
        further: Area near the mass by signal, of each further training; None where one failed.
    """

    name: str
    kind: str
    inputs: str
    training: Mapping[str, Any]
    found: Mapping[str, Any]
    further: tuple[Mapping[str, float] | None, ...]

    @property
    def usable(self) -> bool:
        """Whether the training gave scores."""
        return bool(self.found.get("usable"))

    def area(self, signal: str, score: str | None = None, where: str = "near") -> Mapping[str, float]:
        """Give the area of a signal with its interval: `near` its mass, or in `all` of the signal region."""
        chosen = score if score is not None else self.found["score"]
        return dict(self.found["scores"][chosen]["signals"][signal][where])

    @property
    def repeated(self) -> tuple[Mapping[str, float] | None, ...]:
        """Area near the mass by signal of every training, the one that hunts first; None where one failed."""
        if not self.usable:
            return (None, *self.further)
        signals = self.found["scores"][self.found["score"]]["signals"]
        return ({name: found["near"]["value"] for name, found in signals.items()}, *self.further)

    def mean_areas(self, signals: Mapping[str, SignalMade]) -> list[float]:
        """Average the areas near the masses over signals, for each training that did not fail."""
        return [fmean(one[name] for name in signals) for one in self.repeated if one is not None]

    def mean_area(self, signals: Mapping[str, SignalMade]) -> Averaged:
        """Average them over the trainings too; signals are different events, so their errors add in squares."""
        errors = [(one["high"] - one["low"]) / 2 for one in (self.area(name) for name in signals)]
        means = self.mean_areas(signals)
        return Averaged(
            value=fmean(means), of_events=math.hypot(*errors) / len(errors),
            spread=stdev(means) if len(means) > 1 else None, n=len(means),
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class JetsResults:
    """The whole study.

    Attributes:
        families: What was trained, in the study's order.
        signals: What was looked for, by name.
        counts: How many background events.
        edges_gev: Edges of the bins of the mass.
        kept: Fractions that cuts keep, as they are written.
        of_event: How two jets make an event's score.
        fitted_in: Where quantiles were fitted.
        prediction: How the share that passes was carried over.
        window: Half width of the mass window over the mass.
        delta_eta: What parts the regions.
        limits: Whether limits could be computed.
        made: Whether the background was made here.
        settings: Key and value of the configuration.
        digests: SHA-256 of each sample's file.
        versions: Version of each package.
    """

    families: tuple[JetFamilyResults, ...]
    signals: Mapping[str, SignalMade]
    counts: JetsCounts
    edges_gev: tuple[float, ...]
    kept: tuple[str, ...]
    of_event: str
    fitted_in: str
    prediction: str
    window: float
    delta_eta: float
    limits: bool
    made: bool
    settings: Mapping[str, str]
    digests: Mapping[str, str]
    versions: Mapping[str, str]

    @property
    def usable(self) -> tuple[JetFamilyResults, ...]:
        """Networks that gave scores, the best mean area first."""
        found = [one for one in self.families if one.usable]
        return tuple(sorted(found, key=lambda one: -one.mean_area(self.signals).value))

    def document(self) -> dict[str, Any]:
        """Lay the results out for JSON."""
        return {"kind": "jets", **plain(self)}
