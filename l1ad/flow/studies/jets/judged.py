"""Events of the jets study as a hunt sees them: masses, regions, and one score an event."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.data.arrays_file import Arrays
from l1ad.flow.studies.jets.data import BACKGROUND
from l1ad.flow.studies.jets.regions import split_regions, studied_events
from l1ad.flow.studies.jets.training import SCORES

__all__ = ["Judged", "event_scores", "judged_events"]

Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judged:
    """Events of a sample; all arrays have shape (n_events,).

    Attributes:
        mass_gev: Dijet mass.
        inside: Whether each lies in the signal region.
        scores: Scores by name, larger for the more anomalous.
    """

    mass_gev: Reals
    inside: NDArray[np.bool_]
    scores: Mapping[str, Reals]

    def __len__(self) -> int:
        return len(self.mass_gev)

    def take(self, which: NDArray[Any]) -> "Judged":
        """Give some of the events."""
        return Judged(
            mass_gev=self.mass_gev[which],
            inside=self.inside[which],
            scores={name: values[which] for name, values in self.scores.items()},
        )

    def joined(self, other: "Judged") -> "Judged":
        """Give the events of both."""
        return Judged(
            mass_gev=np.concatenate([self.mass_gev, other.mass_gev]),
            inside=np.concatenate([self.inside, other.inside]),
            scores={name: np.concatenate([values, other.scores[name]]) for name, values in self.scores.items()},
        )


def event_scores(of_jets: Reals, how: str) -> Reals:
    """Make one score of those of the two jets of an event, shape (n_events, 2): smaller, larger or sum."""
    if how == "sum":
        return np.asarray(of_jets.sum(axis=1), dtype=np.float64)
    return np.asarray(of_jets.min(axis=1) if how == "smaller" else of_jets.max(axis=1), dtype=np.float64)


def judged_events(
    training: Arrays, samples: Mapping[str, Path], definition: Mapping[str, Any], of_event: str
) -> dict[str, Judged]:
    """Bring the scores of a training to their events; of the background to those that it has not seen.

    Args:
        training: What `read_training` gave.
        samples: File of each sample.
        definition: What decided the training.
        of_event: How two jets make an event's score.
    """
    found = {}
    for number, (name, path) in enumerate(samples.items()):
        events = studied_events(path, definition["mass_gev"], definition["constituents"])
        if name == BACKGROUND:
            regions = split_regions(
                events, delta_eta=definition["delta_eta"], training_share=definition["training_share"],
                seed=definition["seed"],
            )  # fmt: skip
            events = events.take(regions.judged)
        scores = {one: event_scores(training.of(one)[number], of_event) for one in SCORES if training.of(one)}
        found[name] = Judged(
            mass_gev=events.mass_gev, inside=events.delta_eta < definition["delta_eta"], scores=scores
        )
    return found
