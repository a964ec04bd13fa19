"""Benchmark `train`: epochs per second after compilation, many batches a call beside one batch a call."""

import tempfile
import time
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from l1ad.config.run import RunConfig
from l1ad.core.progress import Progress, silent
from l1ad.flow.train import built_model
from l1ad.flow.training_events import TrainingSet, training_set
from l1ad.training import compiled
from l1ad.training.environment import prepared_framework
from l1ad.training.loop import trained

__all__ = ["TrainingSpeed", "training_speeds"]

_EPOCHS = 6
_PLAIN = "one batch a call"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSpeed:
    """Speed of training.

    Attributes:
        what: Batch size, and how many batches the compiled step goes through in one call.
        events: Events of an epoch.
        events_per_second: Median over the epochs after the first, which compiles; validation and checkpoint
            are part of an epoch.
        ratio: To one batch a call, of the same batch size.
    """

    what: str
    events: int
    events_per_second: float
    ratio: float

    def document(self) -> dict[str, Any]:
        """Lay the line out for JSON."""
        return asdict(self)


def training_speeds(
    config: RunConfig, batches: tuple[int, ...], *, progress: Progress = silent
) -> list[TrainingSpeed]:
    """Time epochs of a configuration for several batch sizes.

    Args:
        config: What is trained; its training is shortened.
        batches: Events of a batch.
        progress: Told the trainings done.
    """
    data = training_set(config)
    prepared_framework(config.model.backend, config.training.seed)
    speeds = []
    ways = {"many batches a call": compiled.BATCHES_A_CALL, _PLAIN: 1}
    for done, batch in enumerate(batches):
        found = {}
        for turn, (way, calls) in enumerate(ways.items()):
            progress(2 * done + turn, 2 * len(batches), f"{batch} events a batch, {way}")
            found[way] = _speed(config, data, batch, calls)
        speeds += [
            TrainingSpeed(
                what=f"{batch} events a batch, {way}", events=len(data.split.training),
                events_per_second=speed, ratio=speed / found[_PLAIN],
            )
            for way, speed in found.items()
        ]  # fmt: skip
    progress(1, 1, "")
    return speeds


def _speed(config: RunConfig, data: TrainingSet, batch: int, batches_a_call: int) -> float:
    training = config.training.model_copy(
        update={
            "epochs": _EPOCHS, "batch_events": batch, "float_epochs": 0,
            "pruning": config.training.pruning.model_copy(update={"sparsity": 0.0}),
        }
    )  # fmt: skip
    ends: list[float] = []
    with tempfile.TemporaryDirectory(prefix="l1ad-bench-") as folder:
        trained(
            built_model(config, data), training, training=data.shown(data.split.training),
            validation=data.shown(data.split.validation), inputs=data.inputs, rarity=data.rarity,
            checkpoint=Path(folder) / "checkpoint.npz", digest="", batches_a_call=batches_a_call,
            progress=lambda *_: ends.append(time.perf_counter()),
        )  # fmt: skip
    epochs = [later - earlier for earlier, later in pairwise(ends[1:])]
    return len(data.split.training) / median(epochs)
