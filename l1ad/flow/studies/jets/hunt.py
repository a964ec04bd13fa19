"""What the scores of one training find: areas, profiles of cuts, and bumps with and without a signal."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from l1ad.config.loading import parse_config
from l1ad.config.studies.jets import HuntConfig
from l1ad.core.errors import DataError
from l1ad.core.plain import plain
from l1ad.flow.studies.jets.cut import Cut, cut_events, flat_profile, predicted
from l1ad.flow.studies.jets.data import BACKGROUND
from l1ad.flow.studies.jets.judged import Judged, judged_events
from l1ad.flow.studies.jets.separation import main_score, separation
from l1ad.flow.studies.jets.training import read_training, training_file
from l1ad.metrics.bump_hunt import closure, pulls
from l1ad.metrics.limits import Searched, searched
from l1ad.metrics.mass_profile import Profile, flatness
from l1ad.metrics.ranks import Bounded
from l1ad.rates.intervals import clopper_pearson

__all__ = ["hunt_trial"]

Definition = Mapping[str, Any]


def hunt_trial(definition: Definition, *, samples: Mapping[str, Path], trainings: Path) -> dict[str, Any]:
    """Measure what a training found.

    Args:
        definition: What decides the result: `training` (what decided that), `hunt`, `masses` of the signals by
            name, and `limits`, whether they can be computed.
        samples: File of each sample.
        trainings: Folder of the trainings.
    """
    training = read_training(training_file(definition["training"], trainings))
    if not training.told["usable"]:
        return {"usable": False}
    config = parse_config(definition["hunt"], HuntConfig, where="hunt")
    events = judged_events(training, samples, definition["training"], config.of_event)
    background = events.pop(BACKGROUND)
    hunt = _Hunt(
        config=config, score=main_score(config.score, training), seed=definition["training"]["seed"],
        held_share=1 - definition["training"]["training_share"], limits=definition["limits"],
    )  # fmt: skip
    found = {
        "usable": True,
        "score": hunt.score,
        "scores": {
            name: separation(background, events, definition["masses"], name, config.window)
            for name in background.scores
        },
        "cuts": {f"{kept:g}": _hunted(background, events, hunt, kept) for kept in config.kept},
    }
    return dict(plain(found))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hunt:
    """What every hunt of a trial shares.

    Attributes:
        config: Cuts and bins.
        score: Score that is cut on.
        seed: Of folds and of what is injected.
        held_share: Part of the sideband that is counted.
        limits: Whether limits can be computed.
    """

    config: HuntConfig
    score: str
    seed: int
    held_share: float
    limits: bool

    def cut(self, data: Judged, signals: dict[str, Judged], kept: float) -> Cut:
        """Cut on data."""
        return cut_events(data, signals, self.config, score=self.score, kept=kept, seed=self.seed)

    def searched(self, cut: Cut, name: str, n_signal: int, n_injected: int) -> Searched | None:
        """Search a signal, at strength 1 as many selected events as are injected.

        None without pyhf, and where it cannot be done: no signal passes in a bin in which background is
        expected, or a fit does not settle.
        """
        if not self.limits:
            return None
        passing = (cut.of_signal[name].n_pass * (n_injected / n_signal)).astype(np.float64)
        prediction = predicted(cut, self.config)
        try:
            return searched(cut.inside.n_pass, prediction, passing)
        except DataError:
            return None


def _hunted(background: Judged, signals: dict[str, Judged], hunt: _Hunt, kept: float) -> dict[str, Any]:
    cut = hunt.cut(background, signals, kept)
    flat = flat_profile(background, hunt.config, score=hunt.score, kept=kept)
    found: dict[str, Any] = {
        **{name: {**_profile(one), "flatness": flatness(one, kept)}
           for name, one in (("flat", flat), ("inside", cut.inside), ("outside", cut.outside))},
        "without": _counted(cut, hunt.config),
        "carried_over": _carried_over(background, hunt, kept),
        "signals": {},
    }  # fmt: skip
    for name, signal in signals.items():
        among, others, counts = _injected(background, signal, hunt)
        mixed = hunt.cut(among, {name: others}, kept)
        there, n_injected = cut.of_signal[name], counts["injected"]
        low, high = clopper_pearson(int(there.n_pass.sum()), int(there.n_total.sum()))
        found["signals"][name] = {
            **counts,
            "efficiency": Bounded(value=there.n_pass.sum() / there.n_total.sum(), low=low, high=high),
            "expected_to_pass": float(there.n_pass.sum()) * n_injected / len(signal),
            "with": _counted(mixed, hunt.config),
            "shape": there.n_pass * (n_injected / len(signal)),
            "without": hunt.searched(cut, name, len(signal), n_injected),
            "search": hunt.searched(mixed, name, len(others), n_injected),
        }
    return found


def _carried_over(background: Judged, hunt: _Hunt, kept: float) -> dict[str, Any]:
    """Count with the cut that is fitted in the sideband alone: what the signal region cannot have bent."""
    config = hunt.config.model_copy(update={"fitted_in": "sideband"})
    cut = cut_events(background, {}, config, score=hunt.score, kept=kept, seed=hunt.seed)
    return {**_profile(cut.inside), **_counted(cut, config)}


def _profile(one: Profile) -> dict[str, Any]:
    return {**plain(one), "fraction": one.fraction}


def _counted(cut: Cut, config: HuntConfig) -> dict[str, Any]:
    """Hold the counts of the signal region against what the sideband predicts."""
    prediction = predicted(cut, config)
    observed = cut.inside.n_pass
    together = float(np.sqrt(np.square(prediction.variations.sum(axis=1)).sum()))
    return {
        "observed": observed, "expected": prediction.expected, "uncertainty": prediction.uncertainty,
        "pulls": pulls(observed, prediction), "closure": closure(observed, prediction),
        "observed_sum": int(observed.sum()), "expected_sum": float(prediction.expected.sum()),
        "uncertainty_sum": together,
    }  # fmt: skip


def _injected(background: Judged, signal: Judged, hunt: _Hunt) -> tuple[Judged, Judged, dict[str, int]]:
    """Put signal events among the background; in the sideband only the share that was not trained on counts.

    Networks stay those that were trained without them.

    Returns:
        All events, the signal events that were not taken, and how many were put where.
    """
    order = np.random.default_rng([hunt.seed, 11]).permutation(len(signal))
    n_injected = min(hunt.config.injected, len(signal) // 2)
    taken, others = signal.take(order[:n_injected]), signal.take(order[n_injected:])
    outside = np.flatnonzero(~taken.inside)
    held = outside[: round(hunt.held_share * len(outside))]
    inside = np.flatnonzero(taken.inside)
    counts = {"injected": n_injected, "injected_inside": len(inside), "injected_outside": len(held)}
    return background.joined(taken.take(np.concatenate([inside, held]))), others, counts
