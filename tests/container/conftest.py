"""The repository's own files, and programs that are used where they are installed."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def repository() -> Path:
    return ROOT


@pytest.fixture
def program() -> Callable[[str], str]:
    """Find a program beside this Python or on PATH; the test is skipped without it."""

    def find(name: str) -> str:
        beside = Path(sys.executable).parent / name
        found = str(beside) if beside.is_file() else shutil.which(name)
        if found is None:
            pytest.skip(f"{name} is not installed")
        return found

    return find
