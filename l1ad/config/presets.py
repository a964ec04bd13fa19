"""The demo's configuration for each quantisation library."""

from typing import Literal

from l1ad.config.model import ModelConfig
from l1ad.config.run import RunConfig
from l1ad.config.training import CompressionConfig, LossConfig, PruningConfig, TrainingConfig

__all__ = ["demo_config"]


def demo_config(backend: Literal["qkeras", "hgq"]) -> RunConfig:
    """Give the demo's run; with HGQ2 `configs/hgq.yaml`, with QKeras every default."""
    if backend == "qkeras":
        return RunConfig()
    return RunConfig(
        name="demo_hgq",
        model=ModelConfig(backend="hgq", hidden=(24, 12), latent=6),
        training=TrainingConfig(
            float_epochs=15,
            epochs=150,
            loss=LossConfig(beta=0.3),
            pruning=PruningConfig(sparsity=0.0),
            compression=CompressionConfig(beta=1.3e-4, beta_final=1.3e-4),
        ),
    )
