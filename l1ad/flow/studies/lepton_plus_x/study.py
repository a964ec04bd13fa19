"""The lepton + X study: a stream, autoencoders of it, and what budgets of events a day find in it."""

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import l1ad
from l1ad.config.studies.lepton_plus_x import LeptonPlusXConfig, StreamAlgorithmConfig
from l1ad.core.errors import DataError, ToolError
from l1ad.core.progress import Progress, noted, silent
from l1ad.data.event_file import file_digest, read_events
from l1ad.data.events import EventBatch
from l1ad.flow.studies.lepton_plus_x.data import StreamFiles, prepared_stream
from l1ad.flow.studies.lepton_plus_x.measured import MeasuredStream, Point, measured_score
from l1ad.flow.studies.lepton_plus_x.shapes import overlays, stream_p_values
from l1ad.flow.studies.lepton_plus_x.trained import (
    FROM_CODES,
    FROM_PRIOR,
    UNSEEN,
    StreamTraining,
    do_training,
    run_directory,
    training_result,
)
from l1ad.flow.studies.settings import told_settings
from l1ad.metrics.weighted_curves import effective_events
from l1ad.rates.sensitivity import PB_A_FB
from l1ad.references.supervised import fitted_classifier, fitted_network, halves
from l1ad.report.studies.lepton_plus_x.results import LeptonPlusXResults
from l1ad.report.studies.lepton_plus_x.scores import ScoreKind, ScoreResult
from l1ad.simulate.chunks import run_chunks
from l1ad.training.environment import framework_found, framework_versions

__all__ = ["lepton_plus_x_study"]

Scores = Mapping[str, NDArray[Any]]

_ROC_SHARES = np.geomspace(1e-4, 1.0, 81)
_SCORES = {
    "total": "total", "reconstruction": "reconstruction", "kl": "KL", "mean_squares": "Σµ²",
    "score_word": "Σµ², frozen",
}  # fmt: skip
_CUTS = ("lepton_pt", "st", "jets_mass", "transverse_mass", "muons_mass", "muons_pt", "electrons_mass",
         "electrons_pt")  # fmt: skip
_ELSEWHERE = "the same command adds it in an environment that has it"
_FEWEST_OF_A_RUN = 2
"""Unseen events of a run that a budget of it must be."""


def lepton_plus_x_study(
    config: LeptonPlusXConfig, folder: Path, *, workers: int = 1, progress: Progress = silent
) -> LeptonPlusXResults:
    """Make the stream, train every algorithm as a run of its own, and measure all of them on unseen events.

    Args:
        config: The study.
        folder: Gets `data`, and a run directory for each algorithm in `algorithms`.
        workers: Processes.
        progress: Told the chunks of events, then the trainings, then the scores measured.

    Raises:
        DataError: If events cannot be used, nothing can be learned from them, or a budget is all of the stream.
        ToolError: If Pythia or every training framework is missing, or a process was killed.
    """
    if not any(framework_found(one.backend) for one in config.algorithms):
        raise ToolError(
            "no algorithm of the study can be trained here: pip install 'l1ad[qkeras]' or 'l1ad[hgq]'"
        )
    files = prepared_stream(config, folder / "data", workers=workers, progress=noted(progress, "events"))
    points = _points(config, _events_per_day(config, files))
    place = folder / "algorithms"
    place.mkdir(parents=True, exist_ok=True)
    asked = [_training(config, files, one) for one in config.algorithms]
    trainings = tuple(
        one for one in asked if framework_found(one.algorithm.backend) or one.scores_file(place).exists()
    )
    left_out = {
        one.algorithm.name: f"backend {one.algorithm.backend} is not installed here; {_ELSEWHERE}"
        for one in asked
        if one not in trainings
    }
    score_files = [one.scores_file(place) for one in trainings]
    run_chunks(
        functools.partial(do_training, trainings, place), score_files, workers=workers,
        progress=noted(progress, "trainings"),
    )  # fmt: skip
    scores = {}
    for one, file in zip(trainings, score_files, strict=True):
        run_directory(one, place).save_config()  # rates may have changed, which no training knows
        scores[one.algorithm.name] = _arrays(file)
    return _results(config, files, points, trainings, scores, left_out, place, noted(progress, "scores"))


def _points(config: LeptonPlusXConfig, per_day: float) -> list[Point]:
    """List the shares of the stream that thresholds are set for, budgets first."""
    points = [Point(text, config.events_per_day(text) / per_day) for text in config.budgets]
    for one in points:
        if one.share >= 1:
            raise DataError(
                f"a budget of {one.name} is no less than the whole stream, {per_day:.3g} events/day: are the "
                "weights cross sections in pb?"
            )
    return points + [Point(f"{100 * share:g} % of the stream", share) for share in config.shares]


def _arrays(file: Path) -> dict[str, NDArray[Any]]:
    with np.load(file, allow_pickle=False) as found:
        return {name: found[name] for name in found.files}


def _training(
    config: LeptonPlusXConfig, files: StreamFiles, algorithm: StreamAlgorithmConfig
) -> StreamTraining:
    per_day = _events_per_day(config, files)
    n_unseen = len(read_events(files.stream)) - sum(files.seen)
    shares = [share for share in config.shares if share * n_unseen >= _FEWEST_OF_A_RUN]
    shares = shares or [min(0.5, 10 / n_unseen)]
    budgets = {f"one_in_{round(1 / one)}": f"{_positional(one * per_day)} events/day" for one in shares}
    return StreamTraining(
        algorithm=algorithm, fit=config.fit, seed=config.seed, stream=files.stream, fractions=files.fractions,
        unseen=files.unseen, signals=dict(files.signals), events_per_day=per_day,
        budgets=budgets, generated=config.generated_events,
        data_digest=" ".join(file_digest(one) for one in (files.stream, files.unseen, *files.signals.values())),
    )  # fmt: skip


def _positional(value: float) -> str:
    """Write a number to eight digits without an exponent, which a budget does not have."""
    return np.format_float_positional(value, precision=8, fractional=False, trim="-")


def _stream_pb(files: StreamFiles) -> float:
    return sum(one.filtered_pb for one in files.accounts)


def _events_per_day(config: LeptonPlusXConfig, files: StreamFiles) -> float:
    month = _stream_pb(files) * PB_A_FB * config.luminosity.per_month_fb
    return month / config.luminosity.days_per_month


def _results(
    config: LeptonPlusXConfig,
    files: StreamFiles,
    points: Sequence[Point],
    trainings: Sequence[StreamTraining],
    scores: Mapping[str, Scores],
    left_out: Mapping[str, str],
    place: Path,
    progress: Progress,
) -> LeptonPlusXResults:
    unseen, per_day = read_events(files.unseen), _events_per_day(config, files)
    stream = MeasuredStream(
        unseen=unseen, points=points, roc_shares=_ROC_SHARES, events_per_day=per_day,
        luminosity_fb=config.luminosity.per_month_fb, stream_pb=_stream_pb(files),
        signals={one.name: one for one in files.signal_accounts}, seed=config.seed,
    )  # fmt: skip
    first = trainings[0].algorithm.name
    titles = {one.name: one.title for one in (*files.accounts, *files.signal_accounts)}
    measured_halves = {name: halves(read_events(path))[1] for name, path in files.signals.items()}
    weights = unseen.weights
    rng = np.random.default_rng([config.seed, 3])
    return LeptonPlusXResults(
        made=config.data.background is None,
        accounts=files.accounts,
        signals=files.signal_accounts,
        stream_pb=_stream_pb(files),
        stream_error_pb=float(np.sqrt(sum(one.filtered_error_pb**2 for one in files.accounts))),
        events_per_day=per_day,
        luminosity_fb=config.luminosity.per_month_fb,
        unseen=len(unseen),
        effective=effective_events(weights),
        trained=sum(files.seen),
        points=tuple(one.name for one in points),
        headline=f"{first} {_SCORES['total']}",
        scores=_all_scores(config, files, scores, measured_halves, stream, progress),
        roc_shares=_ROC_SHARES,
        trainings=tuple(
            training_result(one, place, scores[one.algorithm.name]) for one in trainings
        ),
        left_out=left_out,
        p_values=stream_p_values(
            f"{first} {_SCORES['total']}", unseen, scores[first][f"{UNSEEN}/total"],
            {name: scores[first][f"{name}/total"] for name in files.signals}, titles, rng,
        ),
        overlays={
            name: overlays(unseen, found[FROM_PRIOR], found[FROM_CODES], rng)
            for name, found in scores.items()
            if FROM_PRIOR in found
        },
        lepton_gev=config.data.made.lepton_gev if config.data.background is None else 0.0,
        versions={"l1ad": l1ad.__version__, "numpy": np.__version__, **framework_versions()},
        digests={one.name: file_digest(one) for one in (files.stream, files.unseen, *files.signals.values())},
        settings=_settings(config),
    )  # fmt: skip


def _all_scores(
    config: LeptonPlusXConfig,
    files: StreamFiles,
    scores: Mapping[str, Scores],
    signals: Mapping[str, EventBatch],
    stream: MeasuredStream,
    progress: Progress,
) -> tuple[ScoreResult, ...]:
    """Measure every score on the unseen stream and on the half of each signal that no classifier saw."""
    wanted: list[tuple[str, ScoreKind, NDArray[Any], dict[str, NDArray[Any]]]] = []
    for name, found in scores.items():
        deployed = f"{UNSEEN}/score_word" in found
        kinds = ("score_word",) if deployed else ("total", "reconstruction", "kl", "mean_squares")
        wanted += [
            (f"{name} {_SCORES[kind]}", ScoreKind.DEPLOYABLE if deployed else ScoreKind.FLOAT,
             found[f"{UNSEEN}/{kind}"], {one: found[f"{one}/{kind}"][1::2] for one in signals})
            for kind in kinds
        ]  # fmt: skip
    names = stream.unseen.layout.names
    for cut in (one for one in _CUTS if one in names):
        column = names.index(cut)
        wanted.append(
            (cut, ScoreKind.CUT, stream.unseen.inputs_raw[:, column].astype(np.int64),
             {one: events.inputs_raw[:, column].astype(np.int64) for one, events in signals.items()})
        )  # fmt: skip
    training = read_events(files.stream).select(0, files.seen[0])
    for one, path in files.signals.items():
        half = halves(read_events(path))[0]
        for what, fitted in (("network", fitted_network), ("trees", fitted_classifier)):
            classifier = fitted(training, half, config.seed)
            told = {one: classifier.score(signals[one])}
            name = f"{what} for {one}"
            wanted.append((name, ScoreKind.SUPERVISED, classifier.score(stream.unseen), told))
    measured = []
    for done, (name, kind, background, of_signals) in enumerate(wanted):
        progress(done, len(wanted), "")
        measured.append(measured_score(name, kind, background, of_signals, stream))
    progress(len(wanted), len(wanted), "")
    return tuple(measured)


def _settings(config: LeptonPlusXConfig) -> dict[str, str]:
    """List the keys of the configuration with their values as JSON; paths of a user stay out."""
    return told_settings(config.model_dump(mode="json", exclude={"data": {"background", "signals"}}))
