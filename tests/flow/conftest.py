"""One short run of the whole road, made by the command line as a user would, shared by the tests."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from l1ad.training.environment import framework_versions

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def l1ad() -> Command:
    """Run `l1ad` as a program of its own; `cwd` is the folder it runs in."""

    def run(*arguments: str, cwd: Path, path: str | None = None) -> subprocess.CompletedProcess[str]:
        program = "from l1ad.cli.main import main; main()"
        environment = {**os.environ, **({} if path is None else {"PATH": path})}
        return subprocess.run(
            [sys.executable, "-c", program, *arguments],
            cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=600,
        )  # fmt: skip

    return run


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory, l1ad: Command) -> tuple[Path, dict[str, Any]]:
    """The folder of a demo of three epochs, and the summary that it printed."""
    if "qkeras-v3" not in framework_versions():
        pytest.skip("the extra 'qkeras' is not installed")
    if shutil.which("g++") is None:
        pytest.skip("g++ is not installed")
    folder = tmp_path_factory.mktemp("demo")
    done = l1ad("demo", "--epochs", "3", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder, json.loads(done.stdout)


@pytest.fixture
def demo_copy(demo: tuple[Path, dict[str, Any]], tmp_path: Path) -> Path:
    """A copy of the demo's folder that a test may spoil."""
    shutil.copytree(demo[0], tmp_path / "copy")
    return tmp_path / "copy"
