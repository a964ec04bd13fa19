"""Step `build`: from `trigger.json` to the firmware folder."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from l1ad.config.run import FirmwareConfig
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.core.units import Clock
from l1ad.emulate.compare import crafted_extremes
from l1ad.emulate.engine import trace
from l1ad.hls.latency import LatencyEstimate, estimated_latency
from l1ad.hls.project import write_project
from l1ad.hls.target import HlsTarget

__all__ = ["Build", "build"]

_RANDOM_VECTORS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """What a build left.

    Attributes:
        folder: The firmware folder of the algorithm.
        thresholds: Names of the thresholds that got an accept bit.
        latency: Estimate of the latency.
        budget_cycles: Cycles allowed.
    """

    folder: Path
    thresholds: tuple[str, ...]
    latency: LatencyEstimate
    budget_cycles: int

    @property
    def within_budget(self) -> bool:
        """Whether the estimate keeps within the budget."""
        return self.latency.latency_cycles <= self.budget_cycles


def build(trigger: TriggerAlgorithm, firmware: FirmwareConfig) -> Build:
    """Write the firmware folder of an algorithm, with test vectors that the emulator answered."""
    clock = Clock(firmware.clock_mhz)
    vectors_raw = _test_vectors(trigger)
    folder = write_project(
        trigger,
        target=HlsTarget(part=firmware.part, clock=clock),
        firmware=Path(firmware.folder),
        vectors_raw=vectors_raw,
        expected=trace(trigger, vectors_raw),
    )
    return Build(
        folder=folder,
        thresholds=tuple(trigger.thresholds),
        latency=estimated_latency(trigger, clock, level_ns=firmware.adder_level_ns),
        budget_cycles=firmware.latency_budget_cycles,
    )


def _test_vectors(trigger: TriggerAlgorithm) -> NDArray[np.int64]:
    """Crafted extremes, then events drawn evenly over the ranges (the same ones at every build)."""
    layout = trigger.layout
    drawn = np.random.default_rng(57).integers(
        layout.raw_min, layout.raw_max + 1, (_RANDOM_VECTORS, layout.n_inputs)
    )
    return np.concatenate([crafted_extremes(layout), drawn])
