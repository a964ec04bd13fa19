"""Normalising flows: maps that can be inverted, with the logarithm of their Jacobian's determinant.

A flow takes what is distributed somehow to N(0, 1): ln p(z) = ln N(T(z); 0, 1) + ln |∂T/∂z|.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.config.studies.generation_families import FlowKind

__all__ = ["Autoregressive", "Coupling", "Flow", "FlowLayer", "built_flow", "standard_normal_log"]

_LARGEST_LOG_SCALE = 2.0
"""A layer stretches by at most e² and its inverse likewise; unbounded exponentials diverge now and then."""


def standard_normal_log(values: Any) -> Any:
    """Logarithm of the density of N(0, 1) of all elements of a row together, shape (n,)."""
    from keras import ops

    return -0.5 * ops.sum(ops.square(values), axis=1) - 0.5 * values.shape[1] * math.log(2 * math.pi)


class FlowLayer(ABC):
    """One layer: an element is stretched and moved by what two masked dense layers say of others.

    Attributes:
        variables: Weights and biases of both.
    """

    def __init__(self, size: int, into: NDArray[np.bool_], out: NDArray[np.bool_], seed: int) -> None:
        """Draw the weights.

        Args:
            size: Elements.
            into: Which of them each hidden number sees, shape (size, width).
            out: Which hidden numbers decide on each element, shape (width, size).
            seed: Of the weights. The second layer begins at 0, and the map as the identity.
        """
        import keras

        self.size = size
        self._into, self._out = into.astype(np.float32), np.tile(out, (1, 2)).astype(np.float32)
        start = keras.initializers.GlorotUniform(seed=seed)
        width = into.shape[1]
        shapes = ((size, width), (width,), (width, 2 * size), (2 * size,))
        self.variables = [
            keras.Variable(start(shape) if place == 0 else np.zeros(shape, np.float32))
            for place, shape in enumerate(shapes)
        ]

    def scale_and_shift(self, values: Any) -> tuple[Any, Any]:
        """Give logarithm of the scale, and shift, of each element, shape (n, size) each."""
        from keras import ops

        first, first_bias, second, second_bias = self.variables
        hidden = ops.tanh(ops.matmul(values, first * self._into) + first_bias)
        both = ops.matmul(hidden, second * self._out) + second_bias
        return _LARGEST_LOG_SCALE * ops.tanh(both[:, : self.size] / _LARGEST_LOG_SCALE), both[:, self.size :]

    @abstractmethod
    def forward(self, values: Any) -> tuple[Any, Any]:
        """Map rows towards N(0, 1): results of shape (n, size), and ln |det| of shape (n,)."""

    @abstractmethod
    def inverse(self, values: Any) -> Any:
        """Map rows back."""


class Coupling(FlowLayer):
    """Every second element is stretched and moved by the others (Dinh et al., arXiv:1605.08803)."""

    def __init__(self, size: int, width: int, seed: int, *, odd: bool) -> None:
        moved = np.arange(size) % 2 == int(odd)
        self._moved = moved.astype(np.float32)
        super().__init__(size, np.tile(~moved[:, None], (1, width)), np.tile(moved, (width, 1)), seed)

    def forward(self, values: Any) -> tuple[Any, Any]:
        """Map rows towards N(0, 1)."""
        from keras import ops

        scale, shift = self._of_moved(values)
        return values * ops.exp(scale) + shift, ops.sum(scale, axis=1)

    def inverse(self, values: Any) -> Any:
        """Map rows back; what decides was not moved."""
        from keras import ops

        scale, shift = self._of_moved(values)
        return (values - shift) * ops.exp(-scale)

    def _of_moved(self, values: Any) -> tuple[Any, Any]:
        scale, shift = self.scale_and_shift(values)
        return scale * self._moved, shift * self._moved


class Autoregressive(FlowLayer):
    """Each element is stretched and moved by those before it (Papamakarios et al., arXiv:1705.07057).

    Masks as in MADE (Germain et al., arXiv:1502.03509). The inverse takes an element after the other.
    """

    def __init__(self, size: int, width: int, seed: int, *, backwards: bool) -> None:
        place = np.arange(size)[::-1] if backwards else np.arange(size)
        degree = np.arange(width) % max(1, size - 1)
        self._order = np.argsort(place)
        super().__init__(size, place[:, None] <= degree, degree[:, None] < place, seed)

    def forward(self, values: Any) -> tuple[Any, Any]:
        """Map rows towards N(0, 1)."""
        from keras import ops

        scale, shift = self.scale_and_shift(values)
        return values * ops.exp(scale) + shift, ops.sum(scale, axis=1)

    def inverse(self, values: Any) -> Any:
        """Map rows back, element by element."""
        from keras import ops

        found = ops.zeros_like(values)
        for element in self._order:
            scale, shift = self.scale_and_shift(found)
            chosen = np.eye(self.size, dtype=np.float32)[element]
            found = found + chosen * (values - shift) * ops.exp(-scale)
        return found


class Flow:
    """Layers one after the other, the first one nearest to the data."""

    def __init__(self, layers: Sequence[FlowLayer]) -> None:
        self.layers = tuple(layers)

    @property
    def variables(self) -> list[Any]:
        """Variables of all layers."""
        return [variable for layer in self.layers for variable in layer.variables]

    def forward(self, values: Any) -> tuple[Any, Any]:
        """Map rows of shape (n, size) to what is of N(0, 1), and give ln |det|, shape (n,)."""
        from keras import ops

        total = ops.zeros_like(values[:, 0])
        for layer in self.layers:
            values, found = layer.forward(values)
            total = total + found
        return values, total

    def inverse(self, values: Any) -> Any:
        """Map rows of N(0, 1) back."""
        for layer in reversed(self.layers):
            values = layer.inverse(values)
        return values

    def log_density(self, values: Any) -> Any:
        """Logarithm of the density of rows, shape (n,)."""
        mapped, logarithm = self.forward(values)
        return standard_normal_log(mapped) + logarithm


def built_flow(kind: FlowKind, size: int, *, length: int, width: int, seed: int) -> Flow:
    """Build a flow of some layers, whose order or half alternates."""
    layers: list[FlowLayer] = []
    for number in range(length):
        alternate, own = number % 2 == 1, seed + number
        if kind == "coupling":
            layers.append(Coupling(size, width, own, odd=alternate))
        else:
            layers.append(Autoregressive(size, width, own, backwards=alternate))
    return Flow(layers)
