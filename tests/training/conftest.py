"""A small training, on whichever quantisation library is installed."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from l1ad.config.model import Backend, ModelConfig
from l1ad.config.training import PruningConfig, TrainingConfig
from l1ad.core.fixed import FixedType
from l1ad.core.layouts import numbered_inputs
from l1ad.core.scaling import Scaling, lossless_working_type
from l1ad.core.tensor import TensorType
from l1ad.training.environment import framework_found, prepared_framework
from l1ad.training.inputs import InputMap, hardware_inputs
from l1ad.training.loop import Outcome, TrainingEvents, trained
from l1ad.training.model import Autoencoder, built_autoencoder

N_INPUTS = 6
GRID = FixedType.from_cpp("ap_fixed<8,5,AP_RND_CONV,AP_SAT>")
LAYOUT = numbered_inputs(N_INPUTS, width=8, signed=True)
SHIFTS = (3,) * N_INPUTS
SCALING = Scaling(
    layout=LAYOUT, offsets=(0.0,) * N_INPUTS, shifts=SHIFTS,
    working=lossless_working_type(LAYOUT, (0.0,) * N_INPUTS, SHIFTS), result=TensorType.uniform(GRID),
)  # fmt: skip
TRAINING = TrainingConfig(
    epochs=4, batch_events=128, learning_rate=0.01,
    pruning=PruningConfig(sparsity=0.5, start_epoch=1, end_epoch=3),
)  # fmt: skip


@dataclass(frozen=True)
class SmallTraining:
    """Builds and trains a network of six inputs."""

    backend: Backend
    model: ModelConfig

    @property
    def inputs(self) -> InputMap:
        return hardware_inputs(SCALING, GRID if self.backend == "qkeras" else None)

    def events(self, seed: int, n_events: int = 600) -> TrainingEvents:
        raw = np.random.default_rng(seed).integers(-60, 60, (n_events, N_INPUTS))
        raw[:, 1] = raw[:, 0] // 2  # something to learn
        return TrainingEvents(inputs=self.inputs.shown(raw), present=raw > -20)

    def fresh(self, seed: int = 1, **changed: Any) -> Autoencoder:
        prepared_framework(self.backend, seed)
        return built_autoencoder(self.model.model_copy(update=changed), N_INPUTS, N_INPUTS, seed)

    def run(
        self,
        model: Autoencoder,
        checkpoint: Path,
        *,
        told: Callable[[int], None] = lambda _: None,
        digest: str = "d",
        config: TrainingConfig = TRAINING,
        **changed: Any,
    ) -> Outcome:
        return trained(
            model, config.model_copy(update=changed), training=self.events(1), validation=self.events(2),
            inputs=self.inputs, rarity=np.ones(N_INPUTS, np.float32), checkpoint=checkpoint, digest=digest,
            progress=lambda done, *_: told(done),
        )  # fmt: skip


@pytest.fixture(scope="session")
def small() -> SmallTraining:
    known: list[Backend] = ["qkeras", "hgq"]
    for backend in known:
        if framework_found(backend):
            return SmallTraining(backend, ModelConfig(backend=backend, hidden=(5,), latent=2))
    pytest.skip("neither of the extras 'qkeras' and 'hgq' is installed")
