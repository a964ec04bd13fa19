"""Step `scan`: many runs that differ in some keys, each trained, frozen, scored and costed."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.config.loading import parse_config
from l1ad.config.run import RunConfig
from l1ad.config.scan import ScanConfig, load_scan
from l1ad.config.target import load_target
from l1ad.core.errors import DataError
from l1ad.core.ports import input_ports
from l1ad.core.progress import Progress, silent
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.data.opening import load_events
from l1ad.emulate.engine import emulate
from l1ad.emulate.inspection import inspect
from l1ad.flow.events import split_background
from l1ad.flow.freeze import freeze
from l1ad.flow.run_directory import RunDirectory
from l1ad.flow.train import train
from l1ad.metrics.working_points import WorkingPoint
from l1ad.report.pareto_figure import write_pareto_figure
from l1ad.rtl.delay import DelayModel
from l1ad.rtl.design import pipelined_design
from l1ad.search.pareto import pareto_front
from l1ad.search.study import Study, opened_study
from l1ad.search.trials import Finished
from l1ad.search.workers import run_trials

__all__ = ["STUDY_FILE", "Scan", "evaluated_trial", "rebuilt_trial", "scan"]

STUDY_FILE, SCAN_FILE = "study.db", "scan.json"
_PACKAGES = ("l1ad", "tensorflow", "keras", "qkeras-v3", "hgq2", "alkaid")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """The trials of a scan so far.

    Attributes:
        objectives: What the front is of.
        finished: Trials with values.
        failed: Reason by number of each trial without.
        front: Trials that no other one beats, by rising LUT.
    """

    objectives: tuple[str, ...]
    finished: tuple[Finished, ...]
    failed: dict[int, str]
    front: tuple[Finished, ...]

    def document(self) -> dict[str, Any]:
        """Lay the result out for JSON."""
        return {
            "objectives": list(self.objectives),
            "trials": [_line(one) for one in self.finished],
            "failed": {str(number): reason for number, reason in self.failed.items()},
            "front": [one.number for one in self.front],
        }


def scan(
    config: ScanConfig,
    folder: Path,
    *,
    workers: int = 1,
    scheduler: str | None = None,
    progress: Progress = silent,
) -> Scan:
    """Evaluate the trials of a scan, or go on with those that are left, and find its Pareto front.

    Writes `study.db`, `scan.json` and the picture of the front to the folder; each trial is a run directory
    under `trials/`. Every trial can be rebuilt from its record alone: `rebuilt_trial`.

    Args:
        config: The scan.
        folder: Where it is kept.
        workers: Processes on this machine.
        scheduler: Address of a Dask scheduler instead; its workers must see `folder` under the same path.
        progress: Told the trials done.

    Raises:
        DataError: If there are no development signals to measure an efficiency on, or the folder holds another
            scan.
    """
    if not config.base.data.development:
        raise DataError("a scan chooses by development signals, and the base configuration has none")
    _bunches(config.base)
    config = _located(config, folder)
    evaluate = functools.partial(evaluated_trial, rate_khz=config.rate_khz)
    with opened_study(config, folder / STUDY_FILE) as study:
        run_trials(
            study, evaluate, folder / "trials", workers=workers, scheduler=scheduler, packages=_PACKAGES,
            progress=progress,
        )  # fmt: skip
        return _written(config, study, folder)


def evaluated_trial(document: Mapping[str, Any], folder: Path, *, rate_khz: float) -> dict[str, float]:
    """Train, freeze and cost one configuration.

    The efficiency is the geometric mean over the development signals, half an event added to each, at a
    threshold set on training and validation events: those of the rates are kept for the verdict.

    Returns:
        `efficiency`, `lut` (bits of logic of the Verilog: a guess at look-up tables, not a report),
        `latency_cycles` (planned by the delay model), `ebops`, and the efficiency on each signal.
    """
    run = RunDirectory.begin(folder, parse_config(dict(document), RunConfig, where=str(folder)))
    if train(run).interrupted:
        raise KeyboardInterrupt
    trigger = freeze(run).trigger
    found = _efficiencies(run.config, trigger, rate_khz)
    shares = np.array([(passed + 0.5) / (total + 1) for passed, total in found.values()])
    return {
        "efficiency": float(np.exp(np.mean(np.log(shares)))),
        **_costs(run.config, trigger),
        **{f"efficiency_{name}": passed / total for name, (passed, total) in found.items()},
    }


def rebuilt_trial(config_file: Path, folder: Path, number: int, run: Path) -> RunDirectory:
    """Begin a run with the configuration of a finished trial; `l1ad train` makes the same weights of it.

    Raises:
        DataError: If the scan has no such finished trial.
    """
    if not (folder / STUDY_FILE).is_file():  # opening it would begin a study
        raise DataError(f"{folder}: no scan here (no {STUDY_FILE}); `l1ad scan` begins one")
    with opened_study(_located(load_scan(config_file), folder), folder / STUDY_FILE) as study:
        chosen = [one for one in study.finished() if one.number == number]
    if not chosen:
        raise DataError(f"{folder}: no finished trial {number}; `l1ad scan` lists them")
    directory = RunDirectory.begin(run, parse_config(dict(chosen[0].document), RunConfig, where=str(folder)))
    directory.save_config()
    return directory


def _bunches(config: RunConfig) -> int:
    if config.rates.colliding_bunches is None:
        raise DataError("a scan measures at a rate of zero bias; give the base rates.colliding_bunches")
    return config.rates.colliding_bunches


def _located(config: ScanConfig, folder: Path) -> ScanConfig:
    """Make the paths of events absolute here: workers may run elsewhere."""
    data = RunDirectory.begin(folder, config.base).config.data
    return config.model_copy(update={"base": config.base.model_copy(update={"data": data})})


def _efficiencies(config: RunConfig, trigger: TriggerAlgorithm, rate_khz: float) -> dict[str, tuple[int, int]]:
    """Count development events above the threshold, and all of them, by signal."""
    split = split_background(config.data)
    background = np.concatenate([_scores(trigger, split.training.inputs_raw),
                                 _scores(trigger, split.validation.inputs_raw)])  # fmt: skip
    point = WorkingPoint.at_rate(rate_khz, _bunches(config))
    point.check(len(background))
    highest_refused = point.best_refused(np.sort(background))
    found = {}
    for name, where in config.data.development.items():
        scores = _scores(trigger, load_events(where).inputs_raw)
        found[name] = (int(np.count_nonzero(scores > highest_refused)), len(scores))
    return found


def _scores(trigger: TriggerAlgorithm, inputs_raw: NDArray[np.signedinteger]) -> NDArray[np.int64]:
    return emulate(trigger, inputs_raw).score_raw


def _costs(config: RunConfig, trigger: TriggerAlgorithm) -> dict[str, float]:
    target = load_target(config.firmware.target)
    ports = input_ports(trigger.layout, target.interface)
    delay = DelayModel(period_ns=target.clock.period_ns, **target.delay.model_dump())
    design = pipelined_design(trigger, ports, delay)
    return {
        "lut": float(design.logic_bits),
        "latency_cycles": float(design.pipeline.latency_cycles),
        "ebops": float(sum(one.ebops for one in inspect(trigger))),
    }


def _written(config: ScanConfig, study: Study, folder: Path) -> Scan:
    finished = study.finished()
    result = Scan(
        objectives=config.objectives,
        finished=finished,
        failed={one.number: one.reason for one in study.failed()},
        front=pareto_front(finished, config.objectives),
    )
    RunDirectory(folder, config.base).write_json(SCAN_FILE, result.document())
    if finished:
        write_pareto_figure(finished, result.front, folder, rate_khz=config.rate_khz)
    return result


def _line(one: Finished) -> dict[str, Any]:
    return {
        "number": one.number, "parameters": dict(one.parameters), "values": dict(one.values),
        "seconds": one.seconds, "versions": dict(one.versions), "config": dict(one.document),
    }  # fmt: skip
