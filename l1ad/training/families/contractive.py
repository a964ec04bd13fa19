"""The contractive autoencoder: codes move little when inputs do."""

from collections.abc import Sequence
from typing import Any

from l1ad.training.families.autoencoder import DenseAutoencoder
from l1ad.training.families.registry import registered
from l1ad.training.model import Autoencoder

__all__ = ["Contractive", "jacobian_squares"]

_LEAK = 0.2
"""Slope of Keras' leaky ReLU below 0."""


def jacobian_squares(kernels: Sequence[Any], biases: Sequence[Any], activation: str, inputs: Any) -> Any:
    """Squared Frobenius norm of ∂code/∂input of a dense encoder with a linear last layer, shape (n,).

    Exact, by the chain of weight matrices and derivatives of activations. With M the Jacobian from the
    first layer's result on, ‖W₁ diag(f′) M‖² needs the first matrix only as W₁ᵀW₁, so that its cost does
    not grow with the inputs. Rifai et al., ICML 2011, equation 2 (from memory), is the case of one layer.

    Args:
        kernels: Weights of each layer, first to last, shape (n_in, n_out) each.
        biases: Biases of each.
        activation: Between the layers: `elu`, `tanh`, `relu` or `leaky_relu`.
        inputs: Shape (n, n_inputs).
    """
    from keras import ops

    slopes, values = [], inputs
    for kernel, bias in zip(kernels[:-1], biases[:-1], strict=True):
        sums = ops.matmul(values, kernel) + bias
        values, slope = _activated(sums, activation)
        slopes.append(slope)
    # Codes before layers, so that each product is one of all rows with a matrix.
    chained = ops.ones_like(sums[:, :1])[:, :, None] * ops.transpose(kernels[-1])
    for kernel, slope in zip(reversed(kernels[1:-1]), reversed(slopes[1:]), strict=True):
        chained = ops.matmul(slope[:, None, :] * chained, ops.transpose(kernel))
    chained = slopes[0][:, None, :] * chained
    gram = ops.matmul(ops.transpose(kernels[0]), kernels[0])
    return ops.sum(ops.matmul(chained, gram) * chained, axis=(1, 2))


def _activated(sums: Any, activation: str) -> tuple[Any, Any]:
    """Give the values of an activation and its slopes."""
    from keras import ops

    above = ops.cast(sums > 0, sums.dtype)
    if activation == "tanh":
        values = ops.tanh(sums)
        return values, 1.0 - ops.square(values)
    if activation == "elu":
        below = ops.exp(ops.minimum(sums, 0.0))
        return ops.maximum(sums, 0.0) + below - 1.0, below
    leak = {"relu": 0.0, "leaky_relu": _LEAK}[activation]
    slope = above + leak * (1.0 - above)
    return slope * sums, slope


@registered("contractive")
class Contractive(DenseAutoencoder):
    """The Jacobian of the encoder beside the reconstruction."""

    def penalty(self, network: Autoencoder, shown: Any, mean: Any, hidden: Any) -> Any:
        """Mean squared Frobenius norm of the Jacobian."""
        from keras import ops

        del mean, hidden
        kernels = [ops.convert_to_tensor(layer.kernel) for layer in network.weighted]
        biases = [ops.convert_to_tensor(layer.bias) for layer in network.weighted]
        return ops.mean(jacobian_squares(kernels, biases, self.config.activation, shown))
