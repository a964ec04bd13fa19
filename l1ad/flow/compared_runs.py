"""The runs of a comparison: whether they saw the same events, and the scores that count of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.core.trigger_file import algorithm_digest
from l1ad.data.events import EventBatch
from l1ad.data.model_scores import read_model_scores
from l1ad.data.opening import events_digest
from l1ad.data.score_file import read_scores
from l1ad.flow.events import BACKGROUND, sources, unseen_scores
from l1ad.flow.run_directory import RunDirectory
from l1ad.flow.train import RECORD
from l1ad.metrics.ranks import ranked
from l1ad.metrics.ratios import Pair

__all__ = [
    "OneScore",
    "SignalScores",
    "algorithm_names",
    "common_digests",
    "is_deployed",
    "run_scores",
    "taken",
]

Integers = NDArray[np.int64]
Digests = dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SignalScores:
    """Scores that a signal is looked for with.

    Attributes:
        background_raw: Scores of the background that no training has seen, shape (n_background,).
        signal_raw: Scores of the signal, shape (n_signal,), in the same units.
        taken: Whether some unprescaled seed of the menu took the event, shape (n_signal,); None if not known.
    """

    background_raw: Integers
    signal_raw: Integers
    taken: NDArray[np.bool_] | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OneScore:
    """Scores of an algorithm that is the same for every signal.

    Attributes:
        background_raw: Scores of the background that no training has seen, shape (n_background,).
        signals_raw: Scores of each signal, in the same units.
    """

    background_raw: Integers
    signals_raw: Mapping[str, Integers]

    @classmethod
    def of_reals(
        cls, background: NDArray[Any], signals: Mapping[str, NDArray[Any]], *, where: str
    ) -> "OneScore":
        """Take scores that are no integers by their order.

        Raises:
            DataError: If one of them is not finite.
        """
        try:
            ranks = ranked(background, *signals.values())
        except DataError as fault:
            raise DataError(f"{where}: {fault}") from None
        return cls(background_raw=ranks[0], signals_raw=dict(zip(signals, ranks[1:], strict=True)))

    def over(self, other: "OneScore") -> tuple[Pair, dict[str, Pair]]:
        """Pair the scores with those of another algorithm: of the background, and of each signal."""
        signals = {name: (mine, other.signals_raw[name]) for name, mine in self.signals_raw.items()}
        return (self.background_raw, other.background_raw), signals


def algorithm_names(runs: Sequence[RunDirectory]) -> list[str]:
    """Call each run by its directory's name, or by its path where two share one.

    Raises:
        DataError: If a run is given twice.
    """
    paths = [run.path.resolve() for run in runs]
    twice = next((run.path for run, path in zip(runs, paths, strict=True) if paths.count(path) > 1), None)
    if twice is not None:
        raise DataError(f"{twice}: given twice; name every run to compare once")
    names = [path.name for path in paths]
    return [str(run.path) if names.count(name) > 1 else name for run, name in zip(runs, names, strict=True)]


def common_digests(runs: Sequence[RunDirectory]) -> Digests:
    """Digest the samples that all runs share, the background first.

    Raises:
        DataError: If two runs have other backgrounds, other signals or another split; the message names both.
    """
    known: Digests = {}

    def digests(run: RunDirectory) -> Digests:
        named = sources(run.config.data)
        for where in named.values():
            known[where] = known.get(where) or events_digest(where)
        return {name: known[where] for name, where in named.items()}

    first = runs[0]
    expected = digests(first)
    for other in runs[1:]:
        difference = _difference(first, expected, other, digests(other))
        if difference:
            raise DataError(f"{first.path} and {other.path} cannot be compared: {difference}")
    return expected


def is_deployed(run: RunDirectory) -> bool:
    """Tell whether a run has a frozen algorithm with scores: they are the ones that count."""
    return run.trigger_file.is_file() and run.scores(BACKGROUND).is_file()


def run_scores(run: RunDirectory, digests: Digests) -> OneScore:
    """Read the scores of a run: the integers of its frozen algorithm, else the order of its float scores.

    Raises:
        DataError: If the run has no scores, or they are of another algorithm, training or other events.
    """
    if is_deployed(run):
        return _integers(run, digests)
    if not run.evaluation_file.is_file():
        raise DataError(
            f"{run.path}: no scores to compare; `l1ad emulate {run.path}` writes those of a frozen run, "
            f"`l1ad evaluate {run.path}` those of a trained one"
        )
    return _reals(run, digests)


def taken(signal: EventBatch) -> NDArray[np.bool_] | None:
    """Tell for which events an unprescaled seed of their menu fired, shape (n_events,); None without menu."""
    if signal.menu is None or signal.menu_bits is None:
        return None
    return np.asarray((signal.menu_bits & signal.menu.unprescaled).any(axis=1))


def _integers(run: RunDirectory, digests: Digests) -> OneScore:
    algorithm = algorithm_digest(run.trigger())
    scores = {}
    for name, digest in digests.items():
        found = read_scores(run.scores(name), algorithm_digest=algorithm)
        if found.events_digest != digest:
            raise DataError(f"{run.scores(name)}: scores of other events; run `l1ad emulate {run.path}` again")
        scores[name] = found.score_raw
    background = unseen_scores(run.config.data, scores.pop(BACKGROUND))
    return OneScore(background_raw=background, signals_raw=scores)


def _reals(run: RunDirectory, digests: Digests) -> OneScore:
    path, kind = run.evaluation_file, run.config.model.score
    again = f"run `l1ad evaluate {run.path}` again"
    found = read_model_scores(path)
    if (run.path / RECORD).is_file() and (
        run.read_json(RECORD, step="train")["digest"] != found.training_digest
    ):
        raise DataError(f"{path}: scores of another training; {again}")
    scores = {}
    for name, digest in digests.items():
        kinds = found.scores.get(name, {})
        if kind not in kinds:
            raise DataError(
                f"{path}: no scores {kind!r} of {name!r}, which the run's model.score names; {again}"
            )
        if found.digests[name] != digest:
            raise DataError(f"{path}: scores of other events than {name!r} has now; {again}")
        scores[name] = kinds[kind]
    background = unseen_scores(run.config.data, scores.pop(BACKGROUND))
    return OneScore.of_reals(background, scores, where=str(path))


def _difference(first: RunDirectory, expected: Digests, other: RunDirectory, found: Digests) -> str:
    """Say what differs between the events of two runs; nothing where nothing does."""
    mine, theirs = first.config.data, other.config.data
    if found[BACKGROUND] != expected[BACKGROUND]:
        return f"their backgrounds {mine.background} and {theirs.background} are not the same events"
    for fraction in ("training_fraction", "validation_fraction"):
        ours, its = getattr(mine, fraction), getattr(theirs, fraction)
        if ours != its:
            return f"their {fraction} is {ours:g} and {its:g}, so other events are unseen"
    alone = sorted(set(expected) ^ set(found))
    if alone:
        return f"signal {alone[0]!r} is one of {first.path if alone[0] in expected else other.path} alone"
    for name in mine.signals:
        if found[name] != expected[name]:
            return (
                f"their signals {name!r}, {mine.signals[name]} and {theirs.signals[name]}, "
                "are not the same events"
            )
    return ""
