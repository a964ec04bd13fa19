"""The trials of a scan, evaluated: in this process, in several here, or by the workers of a Dask scheduler.

This process alone asks and tells; whoever evaluates needs neither the study nor its disk.
"""

import platform
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from l1ad.core.errors import L1adError, ToolError
from l1ad.core.progress import Progress, silent
from l1ad.search.cluster import Cluster, local_cluster, remote_cluster
from l1ad.search.study import Study
from l1ad.search.trials import Asked, Evaluate, Evaluation

__all__ = ["FAILURES", "run_trials"]

FAILURES = 5
"""Trials that may fail before any is evaluated; then the fault lies elsewhere, and the others are not spent."""


def run_trials(
    study: Study,
    evaluate: Evaluate,
    folder: Path,
    *,
    workers: int = 1,
    scheduler: str | None = None,
    packages: Sequence[str] = (),
    progress: Progress = silent,
) -> None:
    """Evaluate trials of a study until it has no more.

    A trial whose evaluation raises is recorded as failed, and the next one begins. One whose process dies is
    evaluated again, and recorded as failed when it took several with it. When this process is stopped by
    Ctrl-C or a fault of its own, running trials are recorded as interrupted; the next process begins with them.

    Args:
        study: Where trials come from and are recorded.
        evaluate: Evaluates one; with several workers a function of a module that they can import.
        folder: Has a folder for each trial, named by its number; workers elsewhere must see it under this path.
        workers: Processes on this machine, each with one thread; 1 evaluates in this very process.
        scheduler: Instead: the address of a Dask scheduler, e.g. `tcp://10.0.0.1:8786`. It gets as many trials
            at a time as it has workers, which should have one thread each.
        packages: Distributions whose versions are recorded with each trial, where they are installed.
        progress: Told the trials that are done.

    Raises:
        ToolError: If the first trials all fail, the scheduler cannot be reached or is lost, or Dask is needed
            and not installed.
    """
    running = _Running(study, evaluate, folder.absolute(), tuple(packages), progress)
    if scheduler is not None:
        with remote_cluster(scheduler) as cluster:
            running.side_by_side(cluster)
    elif workers > 1:
        with local_cluster(workers) as cluster:
            running.side_by_side(cluster)
    else:
        running.one_by_one()


class _Running:
    """The trials of one call, and how they went."""

    def __init__(
        self, study: Study, evaluate: Evaluate, folder: Path, packages: tuple[str, ...], progress: Progress
    ) -> None:
        self._study = study
        self._evaluate = evaluate
        self._folder = folder
        self._packages = packages
        self._progress = progress
        self._failures: list[str] | None = []

    def one_by_one(self) -> None:
        """Evaluate in this process."""
        while (trial := self._study.ask()) is not None:
            try:
                result: Evaluation | Exception = _evaluated(*self._arguments(trial))
            except Exception as fault:
                result = fault
            except BaseException:
                self._study.release(trial)
                raise
            self._record(trial, result)

    def side_by_side(self, cluster: Cluster) -> None:
        """Evaluate elsewhere, as many at a time as there are workers."""
        running: dict[Any, Asked] = {}
        try:
            while True:
                while len(running) < cluster.workers() and (trial := self._study.ask()) is not None:
                    running[cluster.submit(_evaluated, *self._arguments(trial))] = trial
                if not running:
                    return
                for future, result in cluster.results(list(running)):
                    self._record(running.pop(future), result)
        except BaseException:
            for trial in running.values():
                self._study.release(trial)
            cluster.cancel(list(running))
            raise

    def _arguments(self, trial: Asked) -> tuple[Evaluate, dict[str, Any], str, tuple[str, ...]]:
        return self._evaluate, dict(trial.document), str(self._folder / f"{trial.number:04d}"), self._packages

    def _record(self, trial: Asked, result: Evaluation | Exception) -> None:
        if isinstance(result, Evaluation):
            reason = self._study.tell(trial, result)
        else:
            reason = str(result) if isinstance(result, L1adError) else f"{type(result).__name__}: {result}"
            self._study.tell_failure(trial, reason)
        done = len(self._study.finished()) + len(self._study.failed())
        values = result.values if isinstance(result, Evaluation) else {}
        note = reason or ", ".join(f"{name} {values[name]:.4g}" for name in self._study.config.objectives)
        self._progress(done, self._study.config.trials, f"trial {trial.number}: {note}")
        self._count(reason)

    def _count(self, reason: str) -> None:
        """Stop when nothing but failures came so far."""
        if not reason:
            self._failures = None
        elif self._failures is not None:
            self._failures.append(reason)
            if len(self._failures) == FAILURES:
                raise ToolError(f"the first {FAILURES} trials all failed, the last one so: {reason}")


def _evaluated(
    evaluate: Evaluate, document: Mapping[str, Any], folder: str, packages: Sequence[str]
) -> Evaluation:
    """Evaluate a trial, here or wherever this is called."""
    begin = time.monotonic()
    values = {name: float(value) for name, value in evaluate(document, Path(folder)).items()}
    seconds = time.monotonic() - begin
    return Evaluation(values=values, seconds=seconds, versions=_versions(("l1ad", *packages)))


def _versions(packages: Sequence[str]) -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in packages:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
