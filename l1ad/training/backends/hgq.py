"""HGQ2: bit widths that are learned, one for each weight and each value (arXiv:2405.00645)."""

from typing import Any

import numpy as np

from l1ad.config.model import ConvolutionConfig, ModelConfig
from l1ad.core.fixed import FixedType
from l1ad.core.network import FrozenNetwork
from l1ad.core.scaling import Scaling
from l1ad.training.backends.hgq_freeze import frozen_network, mean_bits, weighted_layers

__all__ = ["HgqBackend"]

_MOST_FRACTION_BITS = 8
_MOST_INTEGER_BITS = 12
_LEAST_INTEGER_BITS = -8
_REGULARISER = 1e-8
"""HGQ2's own: a pull on bits that cost nothing, too weak to matter where they do."""


class HgqBackend:
    """QDense and QConv2D that cast what they read.

    Everything saturates. HGQ2 casts values by wrapping unless told otherwise, with the range that it saw
    in calibration: an event beyond it, which is what a trigger for anomalies looks for, would come out small.
    """

    name = "hgq"

    def convolution(
        self, config: ModelConfig, one: ConvolutionConfig, name: str, seed: int, first: bool
    ) -> Any:
        """Make a convolution; the values of a channel share their bits, as its windows do."""
        from hgq.layers import QConv2D

        return QConv2D(
            one.filters, one.kernel, strides=one.strides, padding=one.padding, name=name,
            **_quantisers(config, name, seed, first=first, per_channel=True),
        )  # fmt: skip

    def dense(self, config: ModelConfig, width: int, name: str, seed: int, first: bool) -> Any:
        """Make a dense layer."""
        from hgq.layers import QDense

        return QDense(width, name=name, **_quantisers(config, name, seed, first=first, per_channel=False))

    def activation(self, config: ModelConfig, name: str, of_layer: str) -> Any:
        """Make an activation; the layer that reads its result casts it."""
        import keras

        return keras.layers.ReLU(name=name)

    def mean(self, config: ModelConfig, name: str) -> Any:
        """Make the cast of the encoder mean."""
        from hgq.quantizer import Quantizer

        start = (config.mean_integer, config.mean_bits - 1 - config.mean_integer)
        return Quantizer(_values(True, *start, homogeneous=(0,)), name=name)

    def bits_lost(self, encoder: Any) -> Any:
        """Sum HGQ2's EBOP terms, and the squares of the mean's bits for the score."""
        from keras import ops

        bits = mean_bits(encoder)
        layers = weighted_layers(encoder)
        squares = ops.sum(ops.square(bits)) * layers[0].beta
        terms = [*encoder.losses, squares]
        return ops.sum(ops.stack([ops.cast(term, "float32") for term in terms]))

    def weigh_bits(self, encoder: Any, weight: float) -> None:
        """Set the weight of one EBOP in every layer."""
        for layer in weighted_layers(encoder):
            layer._beta.assign(weight)

    def ebops(self, encoder: Any) -> float | None:
        """Sum the EBOPs that the layers counted in their last call, and the squares of the score."""
        squares = float(np.sum(np.square(np.asarray(mean_bits(encoder)))))
        return squares + sum(float(np.asarray(layer.ebops)) for layer in weighted_layers(encoder))

    def frozen(self, encoder: Any, scaling: Scaling) -> tuple[Scaling, FrozenNetwork]:
        """Freeze the encoder mean; the inputs get the types that the first layer learned."""
        return frozen_network(encoder, scaling)

    def taps(self, encoder: Any) -> dict[str, Any]:
        """Name what each frozen layer computes; `frozen_network` says where the casts are.

        What lies before the first layer with weights only reshapes, and in a frozen network after the cast.
        """
        chain = [layer for layer in encoder.layers if type(layer).__name__ != "InputLayer"]
        readers = weighted_layers(encoder)
        found: dict[str, Any] = {}
        before: Any = None
        reshaping = chain[: chain.index(readers[0])]
        for layer in chain:
            if layer in reshaping:
                found[layer.name] = readers[0].iq(layer.output)
                continue
            if layer in readers and layer is not readers[0]:
                cast = f"{layer.name}_inputs" if type(before).__name__ != "ReLU" else before.name
                found[cast] = layer.iq(layer.input)
            found[layer.name] = layer.output
            before = layer
        return found


def _quantisers(config: ModelConfig, name: str, seed: int, *, first: bool, per_channel: bool) -> dict[str, Any]:
    import keras
    from hgq.quantizer import QuantizerConfig

    formats = config.formats(name)
    if first:
        given = FixedType.from_cpp(config.input_type)
        signed, integer, fraction = given.kif
    else:
        names = config.layer_names
        read = config.formats(names[names.index(name) - 1])  # it reads the activation of the layer before
        signed, integer = 0, read["activation_integer"]
        fraction = read["activation_bits"] - integer
    homogeneous = (0, 1, 2) if per_channel else (0,)
    weights = {"overflow_mode": "SAT_SYM", "round_mode": "RND"}
    return {
        "iq_conf": _values(bool(signed), integer, fraction, homogeneous=homogeneous),
        "kq_conf": QuantizerConfig(
            "kbi", "weight", b0=formats["weight_bits"] - 1, i0=formats["weight_integer"], **weights
        ),
        "bq_conf": QuantizerConfig(
            "kbi", "bias", b0=formats["bias_bits"] - 1, i0=formats["bias_integer"], **weights
        ),
        "kernel_initializer": keras.initializers.GlorotUniform(seed=seed),
        "enable_oq": False,
        "enable_iq": True,
        "enable_ebops": True,
        "beta0": 0.0,
    }


def _values(signed: bool, integer: int, fraction: int, *, homogeneous: tuple[int, ...]) -> Any:
    from hgq.constraints import MinMax
    from hgq.quantizer import QuantizerConfig
    from hgq.regularizers import MonoL1

    return QuantizerConfig(
        "kif", "datalane", k0=signed, i0=integer, f0=fraction, round_mode="RND", overflow_mode="SAT",
        ic=MinMax(_LEAST_INTEGER_BITS, _MOST_INTEGER_BITS), fc=MinMax(-_MOST_INTEGER_BITS, _MOST_FRACTION_BITS),
        ir=MonoL1(_REGULARISER), fr=MonoL1(_REGULARISER), homogeneous_axis=homogeneous,
    )  # fmt: skip
