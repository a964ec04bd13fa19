"""The program as a user runs it, and a run directory that costs nothing to make."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from l1ad.config.run import DataConfig, RunConfig
from l1ad.flow.run_directory import RunDirectory

REFERENCE = Path(__file__).parents[2] / "firmware" / "reference" / "trigger.json"

PROGRAM = "import sys; from l1ad.cli.main import main; sys.argv[0] = 'l1ad'; main()"

Program = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def program() -> Program:
    """Run `l1ad` with arguments in a folder, away from the terminal and its colours."""

    def run(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", PROGRAM, *arguments],
            cwd=cwd, capture_output=True, text=True, check=False,
            env={**os.environ, "COLUMNS": "200", "NO_COLOR": "1", **environment},
        )  # fmt: skip

    return run


@pytest.fixture
def run_directory(tmp_path: Path) -> Path:
    """Give a run of two small samples with the reference algorithm, as if it had been trained for them."""
    path = tmp_path / "runs" / "small"
    data = DataConfig(background="sample:a_to_4l", signals={"ttbar": "sample:ttbar"}, development={})
    RunDirectory.begin(path, RunConfig(name="small", data=data)).save_config()
    shutil.copyfile(REFERENCE, path / "trigger.json")
    return path
