"""What the tests of the exchange share: files made by other programs, and Keras where it is installed."""

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def files() -> Path:
    """Give the folder of model files that other programs made; its README.txt says which."""
    return Path(__file__).parent / "files"


@pytest.fixture(scope="session")
def keras() -> Any:
    """Give Keras 3 with its arithmetic on one thread's order, or skip."""
    from l1ad.training.environment import framework_found, prepared_framework

    if not framework_found("qkeras"):
        pytest.skip("Keras and QKeras are not installed")
    prepared_framework("qkeras", seed=1)
    return pytest.importorskip("keras")


@pytest.fixture(scope="session")
def qkeras(keras: Any) -> Any:  # noqa: ARG001 -- Keras must be prepared first
    """Give QKeras, or skip."""
    return pytest.importorskip("qkeras")
