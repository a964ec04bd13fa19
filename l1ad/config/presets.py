"""The demo's configuration for each quantisation library, and a configuration for fewer epochs."""

from typing import Literal

from l1ad.config.loading import parse_config
from l1ad.config.model import ModelConfig
from l1ad.config.run import RunConfig
from l1ad.config.training import CompressionConfig, LossConfig, PruningConfig, TrainingConfig

__all__ = ["OBJECT_WEIGHTS", "demo_config", "with_epochs"]


OBJECT_WEIGHTS = {"met": 10.0, "jet": 2.0}
"""Of the global trigger's objects in the demo's loss."""


def demo_config(backend: Literal["qkeras", "hgq"]) -> RunConfig:
    """Give the demo's run: `configs/quickstart.yaml` with QKeras, `configs/hgq.yaml` with HGQ2.

    MET is one object and rarely far off, jets are ten: without weights of their own the loss forgets the one
    and blurs the others. The weights were chosen on the development signals.
    """
    loss = LossConfig(object_weights=OBJECT_WEIGHTS)
    if backend == "qkeras":
        return RunConfig(training=TrainingConfig(loss=loss))
    return RunConfig(
        name="demo_hgq",
        model=ModelConfig(backend="hgq", hidden=(24, 12), latent=6),
        training=TrainingConfig(
            seed=3,  # of six, by the development signals
            float_epochs=15,
            epochs=120,
            loss=loss.model_copy(update={"beta": 0.3}),
            pruning=PruningConfig(sparsity=0.0),
            compression=CompressionConfig(beta=4.5e-4, beta_final=4.5e-4),
        ),
    )


def with_epochs(config: RunConfig, epochs: int) -> RunConfig:
    """Shorten or lengthen a training; pruning keeps its share of the epochs.

    Raises:
        ConfigError: If it is no number of epochs.
    """
    training = config.training
    pruning, share = training.pruning, epochs / training.epochs
    start, end = int(pruning.start_epoch * share), max(1, int(pruning.end_epoch * share))
    document = training.model_dump()
    document["epochs"] = epochs
    document["pruning"] |= {"start_epoch": max(0, min(start, end - 1)), "end_epoch": end}
    return parse_config({**config.model_dump(), "training": document}, RunConfig, where="configuration")
