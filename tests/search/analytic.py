"""Evaluations that cost nothing, and a scan of them in a process of its own that can be killed."""

import math
import os
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from l1ad.config.scan import ScanConfig
from l1ad.search.study import opened_study
from l1ad.search.workers import run_trials

SPACE = {
    "model.hidden": {"choices": [[32, 16], [16, 8], [8]]},
    "model.latent": {"low": 2, "high": 8},
    "training.loss.beta": {"low": 0.01, "high": 1.0, "log": True},
}


def scan(**changed: Any) -> ScanConfig:
    """Make a small scan that learns from its second trial on."""
    return ScanConfig.model_validate({"space": SPACE, "trials": 6, "first_trials": 2, **changed})


def smooth(document: Mapping[str, Any], folder: Path) -> dict[str, float]:
    """Find the best at a beta of 0.1; each node and each mean costs LUTs."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "evaluated").touch()
    distance = math.log10(document["training"]["loss"]["beta"] / 0.1)
    lut = sum(document["model"]["hidden"]) * 20.0 + document["model"]["latent"] * 50.0
    efficiency = math.exp(-(distance**2)) * (1 - math.exp(-lut / 500))
    return {"efficiency": efficiency, "lut": lut, "latency_cycles": 5.0}


def where(document: Mapping[str, Any], folder: Path) -> dict[str, float]:
    """Take some time over it, and tell the process."""
    time.sleep(0.3)
    return {**smooth(document, folder), "process": float(os.getpid())}


def endless(document: Mapping[str, Any], folder: Path) -> dict[str, float]:
    """Wait, in trial 3, until someone stops it."""
    folder.mkdir(parents=True, exist_ok=True)
    if folder.name == "0003":
        (folder / f"stuck-{os.getpid()}").touch()
        time.sleep(60)
    return smooth(document, folder)


def deadly(document: Mapping[str, Any], folder: Path) -> dict[str, float]:
    """Die in trial 0 whenever it is tried, and in trial 2 the first time."""
    folder.mkdir(parents=True, exist_ok=True)
    if folder.name == "0000" or (folder.name == "0002" and not (folder / "died").exists()):
        (folder / "died").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return smooth(document, folder)


def main() -> None:
    """Run or go on with a scan: STUDY FOLDER EVALUATION WORKERS."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
    study, folder, evaluation, workers = sys.argv[1:]
    with opened_study(scan(), Path(study)) as opened:
        run_trials(opened, globals()[evaluation], Path(folder), workers=int(workers))


if __name__ == "__main__":
    main()
