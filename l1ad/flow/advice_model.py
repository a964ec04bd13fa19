"""What is unwise about a model before it is trained: a score that is not deployed, a size that fits no part.

The size is a rule of thumb of two runs that ship, which were built and estimated by Yosys (README, results):
with QKeras the demo's 15,500 LUT are 2.1 for each bit of a weight that is not zero; with HGQ2 the 3,462 LUT of
its demo are 2.0 for each product before training takes bits away, and 0.6 for each EBOP after.
"""

from collections.abc import Iterator
from math import prod

from l1ad.config.model import ModelConfig
from l1ad.config.run import RunConfig
from l1ad.config.target import TargetConfig
from l1ad.flow.advice_remark import Remark, remark

__all__ = ["model_remarks", "products_of"]

_LUT_PER_BIT = 2.1
_LUT_PER_PRODUCT = 2.0
_LUT_PER_EBOP = 0.6

_TRIED_BETA = (0.01, 2.0)
"""Range of `training.loss.beta` in `configs/scan.yaml`."""

_FAR = 5
"""Factor beyond the range from which a weight is far out."""


def model_remarks(config: RunConfig, target: TargetConfig | None, n_inputs: int | None) -> Iterator[Remark]:
    """Tell what is unwise about the model and its loss.

    Args:
        config: The run.
        target: What the firmware is for; None where it cannot be read.
        n_inputs: Inputs of the events; None where these cannot be read, and the first layer goes uncounted.
    """
    model, loss = config.model, config.training.loss
    if model.backend != "float" and model.score != "mean_squares":
        yield remark(
            ("model", "score"),
            f"{model.score} is not deployed: `l1ad freeze` takes mean_squares all the same, so thresholds, "
            "rates and firmware are of that; `l1ad evaluate` tells what it costs",
        )
    if model.variational and loss.beta > _FAR * _TRIED_BETA[1]:
        low, high = _TRIED_BETA
        yield remark(
            ("training", "loss", "beta"),
            f"{loss.beta:g} is far beyond {low:g} to {high:g}, the range that was tried (configs/scan.yaml); "
            "too much weight on the KL term leaves means that tell nothing of the event",
        )
    if model.backend != "float" and target is not None:
        yield from _of_size(config, target, n_inputs)


def products_of(model: ModelConfig, n_inputs: int | None) -> dict[str, int]:
    """Count the products of the encoder by layer, pruned ones too.

    Args:
        model: The model.
        n_inputs: Inputs of the events, which an image of the model says itself; None leaves out a dense layer
            that reads them.
    """
    counts = []
    width = n_inputs
    if model.image is not None:
        height, across, channels = model.image
        for one in model.convolutions:
            height, across = (
                _windows(size, kernel, stride, same=one.padding == "same")
                for size, kernel, stride in zip((height, across), one.kernel, one.strides, strict=True)
            )
            counts.append(height * across * prod(one.kernel) * channels * one.filters)
            channels = one.filters
            if one.pool is not None:
                height, across = height // one.pool[0], across // one.pool[1]
        width = height * across * channels
    for units in (*model.hidden, model.latent):
        counts.append((width or 0) * units)
        width = units
    return dict(zip(model.layer_names, counts, strict=True))


def _windows(size: int, kernel: int, stride: int, *, same: bool) -> int:
    return max(0, -(-size // stride) if same else (size - kernel) // stride + 1)


def _of_size(config: RunConfig, target: TargetConfig, n_inputs: int | None) -> Iterator[Remark]:
    limit = target.budget.lut if target.budget.lut is not None else target.totals.lut
    lut, rule = _estimate(config, products_of(config.model, n_inputs))
    if limit is None or lut <= limit:
        return
    steered = config.model.backend == "hgq" and config.training.compression.budget_ebops is not None
    place = ("training", "compression", "budget_ebops") if steered else ("model", "hidden")
    yield remark(place, f"{rule} take some {lut:,} LUT, and target {target.name} gives {limit:,}")


def _estimate(config: RunConfig, products: dict[str, int]) -> tuple[int, str]:
    """Guess the LUT, and say by which rule."""
    model, training = config.model, config.training
    count = sum(products.values())
    total = f"{count:,} products"
    if model.backend == "hgq":
        ebops = training.compression.budget_ebops
        if ebops is not None:
            return round(
                _LUT_PER_EBOP * ebops
            ), f"{ebops:,.0f} EBOPs, at {_LUT_PER_EBOP:g} LUT each as in the demo,"
        rule = f"{total}, at {_LUT_PER_PRODUCT:g} LUT each as in the demo of HGQ2,"
        return round(_LUT_PER_PRODUCT * count), rule
    kept = 1 - training.pruning.sparsity
    bits = sum(one * model.formats(name)["weight_bits"] for name, one in products.items())
    pruned = f", {training.pruning.sparsity:.0%} of them pruned," if training.pruning.sparsity else ""
    rule = f"{total}{pruned} at {_LUT_PER_BIT:g} LUT a bit of the weight as in the demo"
    return round(_LUT_PER_BIT * kept * bits), rule
