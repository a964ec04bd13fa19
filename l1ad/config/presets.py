"""The demo's configuration for each quantisation library."""

from typing import Literal

from l1ad.config.model import ModelConfig
from l1ad.config.run import RunConfig
from l1ad.config.training import CompressionConfig, PruningConfig, TrainingConfig

__all__ = ["demo_config"]


def demo_config(backend: Literal["qkeras", "hgq"]) -> RunConfig:
    """Give the demo's run; with HGQ2 `configs/hgq.yaml`, with QKeras every default."""
    if backend == "qkeras":
        return RunConfig()
    return RunConfig(
        name="demo_hgq",
        model=ModelConfig(backend="hgq"),
        training=TrainingConfig(
            epochs=80,
            pruning=PruningConfig(sparsity=0.0),
            compression=CompressionConfig(beta=3e-6, beta_final=1e-4),
        ),
    )
