"""A run of one epoch on a few events, made from Python, and the command line beside it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import l1ad
from l1ad.training.environment import framework_found

Command = Callable[..., subprocess.CompletedProcess[str]]

EVENTS = 50_000
"""As many as leave 30,000 for the rates, which resolve 1 kHz, and 5,000 to validate."""


@pytest.fixture(scope="session")
def command() -> Command:
    """Run `l1ad` as a program of its own; `cwd` is the folder it runs in."""

    def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", "from l1ad.cli.main import main; main()", *arguments],
            cwd=cwd, env=dict(os.environ), capture_output=True, text=True, check=False, timeout=600,
        )  # fmt: skip

    return run


@pytest.fixture(scope="session")
def small_run(tmp_path_factory: pytest.TempPathFactory) -> l1ad.Run:
    """A run that is trained, frozen, scored and rated."""
    if not framework_found("qkeras"):
        pytest.skip("the extra 'qkeras' is not installed")
    folder = tmp_path_factory.mktemp("run")
    events = l1ad.load_events("sample:zero_bias", stop=EVENTS)
    background = l1ad.save_events(events, folder / "zero_bias.h5")
    config = {
        "name": "small",
        "model": {"hidden": [4], "latent": 2, "weight_bits": 3, "activation_bits": 5},  # soon synthesised
        "data": {
            "background": str(background),
            "signals": {"a_to_4l": "sample:a_to_4l"},
            "development": {"ttbar": "sample:ttbar"},
        },
        "firmware": {"folder": str(folder / "firmware")},
    }
    run = l1ad.Run.begin(folder / "runs" / "small", config, epochs=1)
    run.train()
    run.freeze()
    run.emulate()
    run.rates()
    return run


@pytest.fixture(scope="session")
def finished_run(small_run: l1ad.Run, tmp_path_factory: pytest.TempPathFactory) -> l1ad.Run:
    """The same run gone on with in a directory of its own, with every step done."""
    if not any(map(shutil.which, ("c++", "g++", "clang++"))):
        pytest.skip("no C++ compiler: a whole run compiles its firmware")
    folder = tmp_path_factory.mktemp("finished")
    shutil.copytree(small_run.path, folder / "small")
    firmware = {**small_run.config.firmware.model_dump(), "folder": str(folder / "firmware")}
    run = l1ad.Run.begin(folder / "small", {**small_run.config.model_dump(mode="json"), "firmware": firmware})
    run.all()
    return run
