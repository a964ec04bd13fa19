"""Step `compare`: runs and classical references side by side, on the same events at the same rates."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from l1ad.core.progress import Progress, silent
from l1ad.data.events import EventBatch
from l1ad.flow.classical import SUPERVISED, classical_scores, supervised_scores
from l1ad.flow.compared_cost import run_cost
from l1ad.flow.compared_curves import Rates
from l1ad.flow.compared_runs import (
    OneScore,
    SignalScores,
    algorithm_names,
    common_digests,
    is_deployed,
    run_scores,
    taken,
)
from l1ad.flow.compared_settings import differing_settings
from l1ad.flow.events import check_unweighted, read_signals, split_background
from l1ad.flow.points import budget_points, working_points
from l1ad.flow.rate_table import configured_stream
from l1ad.flow.run_directory import RunDirectory
from l1ad.flow.titles import sample_titles
from l1ad.metrics.ratios import efficiency_ratio, geometric_mean_ratio
from l1ad.metrics.working_points import Measured, WorkingPoint, measured
from l1ad.report.comparison import ComparedAlgorithm, Comparison, Cost, Ratios
from l1ad.report.comparison_document import comparison_document
from l1ad.report.writing import write_document

__all__ = ["DEPLOYED", "FLOAT", "compare", "save_comparison"]

DEPLOYED, FLOAT = "deployed, integers", "float"

Taken = Mapping[str, NDArray[np.bool_] | None]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Scene:
    """What every algorithm is measured with: points, decisions of the menu, reference, seed of intervals."""

    points: Sequence[WorkingPoint]
    budgets: Sequence[WorkingPoint]
    rates: Rates
    taken: Taken
    reference: OneScore | None
    seed: int

    def measured(self, scores: OneScore) -> dict[str, Measured]:
        return self.measured_each(
            {
                name: SignalScores(
                    background_raw=scores.background_raw, signal_raw=signal_raw, taken=self.taken[name]
                )
                for name, signal_raw in scores.signals_raw.items()
            }
        )

    def measured_each(self, scores: Mapping[str, SignalScores]) -> dict[str, Measured]:
        # Anew for each algorithm: its intervals do not depend on what it is compared with.
        rng = np.random.default_rng(self.seed)
        return {
            name: measured(one.background_raw, one.signal_raw, self.points, rng, one.taken)
            for name, one in scores.items()
        }

    def curve(self, scores: OneScore) -> dict[str, NDArray[np.float64]]:
        return {name: self.rates.curve(scores.background_raw, one) for name, one in scores.signals_raw.items()}

    def ratios(self, scores: OneScore) -> dict[str, Ratios]:
        if self.reference is None:
            return {}
        background, signals = scores.over(self.reference)
        rng = np.random.default_rng(self.seed)
        return {
            point.name: Ratios(
                signals={
                    name: efficiency_ratio(background, pair, point, rng) for name, pair in signals.items()
                },
                geometric_mean=geometric_mean_ratio(background, list(signals.values()), point, rng),
            )
            for point in self.budgets
        }


def compare(
    runs: Sequence[RunDirectory],
    *,
    reference: RunDirectory | None = None,
    classical: bool = True,
    progress: Progress = silent,
) -> Comparison:
    """Measure runs and classical references on the same signals, thresholds set on the same background.

    Of a frozen run with scores the integers count, of any other the float scores of the kind that its
    configuration names. Budgets, seed, titles of the samples and the size of latent spaces are those of the
    first run.

    Args:
        runs: The runs, at least one.
        reference: Run that all are divided by; it is compared too when it is not among `runs`.
        classical: Whether single cuts, methods fitted to the background and classifiers are compared too.
        progress: Told the algorithms done.

    Raises:
        DataError: If the runs are not of the same events, one has no scores, or scores of other events.
        UnresolvedRateError: If the unseen background does not resolve a budget.
    """
    every = list(runs)
    if reference is not None and reference.path.resolve() not in [run.path.resolve() for run in runs]:
        every.append(reference)
    names = algorithm_names(every)
    config = every[0].config
    digests = common_digests(every)
    check_unweighted(config.data)
    scores = [run_scores(run, digests) for run in every]
    at = None if reference is None else [run.path.resolve() for run in every].index(reference.path.resolve())
    n_background = len(scores[0].background_raw)
    signals = read_signals(config.data)
    budgets, stream = budget_points(config.rates), configured_stream(config.rates)
    scene = _Scene(
        points=working_points(config.rates, n_background),
        budgets=budgets,
        rates=Rates.of(n_background, stream, budgets),
        taken={name: taken(signal) for name, signal in signals.items()},
        reference=None if at is None else scores[at],
        seed=config.training.seed,
    )
    algorithms, scores_raw = [], [one.background_raw for one in scores]
    for done, (run, name, one) in enumerate(zip(every, names, scores, strict=True)):
        progress(done, len(every), name)
        algorithms.append(_compared_run(scene, run, name, one))
    if classical:
        progress(len(every), len(every), "classical references")
        for algorithm, background_raw in _compared_references(scene, every[0], signals):
            algorithms.append(algorithm)
            scores_raw += [] if background_raw is None else [background_raw]
    progress(len(every), len(every), "")
    return Comparison(
        stream=str(stream),
        n_background=n_background,
        points=tuple(point.name for point in scene.points),
        budgets=len(budgets),
        rates_khz=scene.rates.khz,
        budget_rates_khz=scene.rates.of_budgets,
        overlap=scene.rates.overlap(scores_raw, [one.name for one in algorithms if not one.is_upper_bound]),
        settings=differing_settings(every),
        reference=None if at is None else names[at],
        titles=sample_titles(every[0]),
        digests=digests,
        algorithms=tuple(algorithms),
    )


def save_comparison(comparison: Comparison, folder: Path, *, progress: Progress = silent) -> Path:
    """Write the comparison into a folder: `comparison.html`, `.md`, `.json`, and every figure and table."""
    folder.mkdir(parents=True, exist_ok=True)
    return write_document(comparison_document(comparison), folder, name="comparison", progress=progress)


def _compared_run(scene: _Scene, run: RunDirectory, name: str, scores: OneScore) -> ComparedAlgorithm:
    deployed = is_deployed(run)
    return ComparedAlgorithm(
        name=name,
        kind=DEPLOYED if deployed else FLOAT,
        run=str(run.path),
        in_hardware_units=deployed,
        measured=scene.measured(scores),
        ratios=scene.ratios(scores),
        curve=scene.curve(scores),
        cost=run_cost(run) if deployed else Cost(),
    )


def _compared_references(
    scene: _Scene, run: RunDirectory, signals: Mapping[str, EventBatch]
) -> Iterator[tuple[ComparedAlgorithm, NDArray[np.int64] | None]]:
    """Measure them one by one, each with its scores of the background where these are of every signal."""
    background, seed = split_background(run.config.data), scene.seed
    for one in classical_scores(background, signals, n_components=run.config.model.latent, seed=seed):
        found = ComparedAlgorithm(
            name=one.name,
            kind=one.kind,
            run=None,
            in_hardware_units=one.in_hardware_units,
            measured=scene.measured(one.scores),
            ratios=scene.ratios(one.scores),
            curve=scene.curve(one.scores),
        )
        yield found, one.scores.background_raw
    told = supervised_scores(background, signals, seed=seed)
    bound = ComparedAlgorithm(
        name=SUPERVISED,
        kind="told the signal, held-out events",
        run=None,
        in_hardware_units=False,
        measured=scene.measured_each(told),
        # Held-out events are not those of the reference, and each signal has a threshold of its own.
        ratios={},
        curve={name: scene.rates.curve(pair.background_raw, pair.signal_raw) for name, pair in told.items()},
        is_upper_bound=True,
    )
    yield bound, None
