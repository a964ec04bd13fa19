"""Options and weights of single Keras layers, read, checked, and refused by name."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.core.network import Padding
from l1ad.exchange.imported import ModelFileError
from l1ad.exchange.keras.records import KerasLayer

__all__ = [
    "ACTIVATIONS",
    "CONVOLUTIONS",
    "DENSE",
    "FOLDING",
    "NORMALISATIONS",
    "NOTHING_AT_INFERENCE",
    "POOLINGS",
    "WEIGHTED",
    "check_arithmetic",
    "check_kind",
    "check_normalised_axis",
    "convolution_options",
    "epsilon",
    "kernel_and_bias",
    "pair",
    "pool_options",
    "target_shape",
    "written_activation",
]

CONVOLUTIONS = ("Conv2D", "QConv2D", "QConv2DBatchnorm")
FOLDING = ("QDenseBatchnorm", "QConv2DBatchnorm")
DENSE = ("Dense", "QDense", "QDenseBatchnorm")
WEIGHTED = (*DENSE, *CONVOLUTIONS)
NORMALISATIONS = ("BatchNormalization", "QBatchNormalization")
ACTIVATIONS = ("Activation", "QActivation", "ReLU")
POOLINGS = ("MaxPooling2D", "AveragePooling2D")
_SHAPES = ("Flatten", "Reshape")
NOTHING_AT_INFERENCE = (
    "Dropout", "SpatialDropout2D", "GaussianDropout", "GaussianNoise", "AlphaDropout", "ActivityRegularization",
)  # fmt: skip
_SIZES = range(1, 1 << 20)
_KNOWN = (*WEIGHTED, *NORMALISATIONS, *ACTIVATIONS, *POOLINGS, *_SHAPES, *NOTHING_AT_INFERENCE)


def check_kind(layer: KerasLayer) -> None:
    """Refuse a class of layer that is not imported."""
    if layer.kind not in _KNOWN:
        more = " (its code is never run)" if layer.kind == "Lambda" else ""
        raise ModelFileError(
            f"layer {layer.name!r} is a {layer.kind}{more}, which is not imported; imported are InputLayer, "
            f"{', '.join(_KNOWN)}. Name a layer before it as the output, or build the model without it"
        )
    check_arithmetic(layer)


def check_arithmetic(layer: KerasLayer) -> None:
    """Refuse any arithmetic but that of float32."""
    policy = layer.config.get("dtype")
    inner = policy.get("config") if isinstance(policy, dict) else None
    name = inner.get("name", policy) if isinstance(inner, dict) else policy
    if name not in (None, "float32"):
        raise ModelFileError(f"layer {layer.name!r} computes in {name!r}; only float32 is imported")


def epsilon(layer: KerasLayer) -> float:
    """Read what a normalisation adds to the variance."""
    value = layer.config.get("epsilon", 1e-3)
    if not isinstance(value, int | float) or not 0 <= value < 1e6:
        raise ModelFileError(f"layer {layer.name!r}: epsilon={value!r}; a small positive number is wanted")
    return float(value)


def kernel_and_bias(layer: KerasLayer) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
    """Read the kernel, and the bias if the layer has one, as floats.

    Raises:
        ModelFileError: If they are missing or have another shape than the options say.
    """
    convolution = layer.kind in CONVOLUTIONS
    n_out = layer.config.get("filters" if convolution else "units")
    for role in ("kernel", *(["bias"] if layer.config.get("use_bias", True) else [])):
        if role not in layer.weights:
            raise ModelFileError(
                f"layer {layer.name!r}: the file holds no {role} for it; a .json needs its weights"
            )
    kernel, bias = layer.weights["kernel"], layer.weights.get("bias")
    if kernel.ndim != (4 if convolution else 2) or kernel.shape[-1] != n_out:
        raise ModelFileError(
            f"layer {layer.name!r}: a kernel of shape {kernel.shape} for {n_out} outputs; do architecture and "
            "weights belong together?"
        )
    if bias is not None and bias.shape != (n_out,):
        raise ModelFileError(f"layer {layer.name!r}: a bias of shape {bias.shape} for {n_out} outputs")
    return kernel, bias


def convolution_options(layer: KerasLayer) -> tuple[tuple[int, int], Padding]:
    """Read strides and padding of a convolution, and refuse what `Conv2D` does not do."""
    _check_channels(layer)
    for option, neutral in (("groups", 1), ("dilation_rate", [1, 1]), ("mask", None)):
        value = layer.config.get(option, neutral)
        if value not in (neutral, 1 if option == "dilation_rate" else neutral):
            raise ModelFileError(f"layer {layer.name!r}: {option}={value} is not imported, only {neutral}")
    padding = layer.config.get("padding", "valid")
    if padding not in tuple(Padding):
        raise ModelFileError(
            f"layer {layer.name!r}: padding={padding!r} is not imported; use 'valid' or 'same'"
        )
    return pair(layer, "strides", (1, 1)), Padding(padding)


def pool_options(layer: KerasLayer) -> tuple[tuple[int, int], tuple[int, int]]:
    """Read window and strides of a pooling layer."""
    _check_channels(layer)
    if layer.config.get("padding", "valid") != "valid":
        raise ModelFileError(
            f"layer {layer.name!r}: padding={layer.config['padding']!r}; pooling is imported 'valid'"
        )
    pool = pair(layer, "pool_size", (2, 2))
    return pool, pair(layer, "strides", pool)


def pair(layer: KerasLayer, option: str, default: tuple[int, int]) -> tuple[int, int]:
    """Read an option of two whole numbers; one stands for both."""
    value = layer.config.get(option)
    if value is None:
        return default
    both = [value, value] if isinstance(value, int) else value
    if not isinstance(both, list) or len(both) != 2 or not all(one in _SIZES for one in both):
        raise ModelFileError(
            f"layer {layer.name!r}: {option}={value!r}; two whole numbers are wanted, e.g. [2, 2]"
        )
    return int(both[0]), int(both[1])


def target_shape(layer: KerasLayer, n_elements: int) -> tuple[int, ...]:
    """Read the shape that a Reshape gives; one size may be -1, whatever is left."""
    sizes = layer.config.get("target_shape")
    if not isinstance(sizes, list) or not all(size == -1 or size in _SIZES for size in sizes) or not sizes:
        raise ModelFileError(f"layer {layer.name!r}: target_shape={sizes!r} is no shape")
    known = int(np.prod([size for size in sizes if size != -1]))
    if sizes.count(-1) > 1 or known <= 0 or n_elements % known or (-1 not in sizes and known != n_elements):
        raise ModelFileError(f"layer {layer.name!r}: {n_elements} elements do not make the shape {sizes}")
    return tuple(n_elements // known if size == -1 else int(size) for size in sizes)


def written_activation(layer: KerasLayer) -> object:
    """Give the activation that a layer has, as the file writes it; a ReLU layer with bounds is refused."""
    if layer.kind != "ReLU":
        return layer.config.get("activation")
    for option, neutral in (("max_value", (None,)), ("negative_slope", (None, 0)), ("threshold", (None, 0))):
        value = layer.config.get(option)
        if value not in neutral:
            raise ModelFileError(
                f"layer {layer.name!r}: ReLU with {option}={value} is not imported, only max(x, 0)"
            )
    return "relu"


def check_normalised_axis(layer: KerasLayer, rank: int) -> None:
    """Refuse a batch normalisation along any axis but the last; `rank` counts the events' axis."""
    axis: Any = layer.config.get("axis", -1)
    if axis not in (-1, [-1], rank - 1, [rank - 1]):
        raise ModelFileError(f"layer {layer.name!r} normalises axis {axis}; only the last axis is imported")


def _check_channels(layer: KerasLayer) -> None:
    if layer.config.get("data_format", "channels_last") not in ("channels_last", None):
        raise ModelFileError(
            f"layer {layer.name!r}: data_format={layer.config['data_format']!r}; use 'channels_last'"
        )
