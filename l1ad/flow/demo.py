"""The main job from end to end, with the time of each step."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from l1ad.config.acceptance import load_acceptance
from l1ad.core.progress import Progress
from l1ad.flow.acceptance import accept, save_acceptance
from l1ad.flow.build import build
from l1ad.flow.emulate import emulate_run
from l1ad.flow.evaluate import evaluate
from l1ad.flow.freeze import freeze
from l1ad.flow.rates import rates
from l1ad.flow.report import report
from l1ad.flow.run_directory import RunDirectory
from l1ad.flow.synthesize import synthesize_open
from l1ad.flow.train import train
from l1ad.flow.verify import verify_run
from l1ad.hls.csim import check_compiler
from l1ad.rtl.tools import yosys_found

__all__ = ["demo"]

DEMO_BUDGET = "zero_bias_1khz"
"""Budget that ships, which the demo's algorithm is held against."""

ProgressBar = Callable[[str], AbstractContextManager[Progress]]


def demo(run: RunDirectory, progress_bar: ProgressBar) -> dict[str, Any]:
    """Train, evaluate, freeze, emulate, rate, build, estimate resources, verify, accept and report.

    The thresholds come before the firmware is built, so that the accept bits that are verified are the
    ones that are handed over.

    Args:
        run: The run; a run that was stopped goes on from its last finished epoch.
        progress_bar: Opens a progress bar with a label.

    Returns:
        The summary, as in `summary.json`, with the seconds of each step.
    """
    check_compiler()  # told now, not after the training
    seconds: dict[str, float] = {}

    def timed(label: str, step: Callable[[Progress], Any]) -> Any:
        start = time.perf_counter()
        with progress_bar(label) as progress:
            result = step(progress)
        seconds[label] = round(time.perf_counter() - start, 1)
        return result

    if timed("train", lambda progress: train(run, progress=progress)).interrupted:
        raise KeyboardInterrupt
    timed("evaluate", lambda progress: evaluate(run, progress=progress))
    timed("freeze", lambda _: freeze(run))
    timed("emulate", lambda progress: emulate_run(run, progress=progress))
    timed("rates", lambda _: rates(run))
    built = timed("build", lambda _: build(run.trigger(), run.config.firmware))
    if yosys_found():
        timed("synth", lambda progress: synthesize_open(built.folder, progress=progress))
    timed("verify", lambda progress: verify_run(run, progress=progress))
    budget = load_acceptance(DEMO_BUDGET)
    accepted = timed("accept", lambda progress: accept(built.folder, budget, run=run, progress=progress))
    save_acceptance(run, accepted)
    timed("report", lambda progress: report(run, progress=progress))
    summary: dict[str, Any] = run.read_json("summary.json", step="report")
    summary["seconds"] = seconds
    run.write_json("summary.json", summary)
    return summary
