"""Small algorithms to build: a few layers, seeded weights, every number format chosen by the test."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from l1ad.core.names import project_name
from l1ad.core.ports import input_ports
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.core.units import Clock
from l1ad.data.vectors import write_vectors
from l1ad.emulate.engine import trace
from l1ad.hls.project import write_hls
from l1ad.hls.target import HlsTarget

Builder = Callable[..., TriggerAlgorithm]
Events = Callable[[TriggerAlgorithm, int], NDArray[np.int64]]
Writer = Callable[[TriggerAlgorithm, Path], Path]


@pytest.fixture(scope="session")
def needs_compiler() -> None:
    for tool in ("g++", "make"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")


@pytest.fixture(scope="session")
def target() -> HlsTarget:
    return HlsTarget(part="xc7vx690t-ffg1927-2", clock=Clock(40))


@pytest.fixture(scope="session")
def write(events_for: Events, target: HlsTarget) -> Writer:
    """Write the HLS project of an algorithm in its firmware folder, with vectors for its test bench."""

    def written(trigger: TriggerAlgorithm, firmware: Path) -> Path:
        folder = firmware / project_name(trigger.name)
        folder.mkdir(parents=True)
        vectors = events_for(trigger, 50)
        ports = input_ports(trigger.layout, target.interface)
        write_vectors(trigger, ports, vectors, trace(trigger, vectors), folder / "vectors")
        write_hls(trigger, target=target, folder=folder / "hls")
        return folder

    return written
