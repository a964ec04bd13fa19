"""A frozen network under construction, with the range of every tensor known on the way."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from l1ad.core.names import cpp_identifier
from l1ad.core.network import Conv2D, Dense, FrozenNetwork, Layer, Shape
from l1ad.core.tensor import TensorType
from l1ad.core.trace import RESERVED_NAMES
from l1ad.exchange.imported import ModelFileError

__all__ = ["GrowingNetwork"]


@dataclass(slots=True, kw_only=True, eq=False)
class GrowingNetwork:
    """Layers so far, and what the next one is given.

    Attributes:
        n_inputs: Number of inputs.
        input_type: Number format(s) of the inputs.
        events: Calibration events as raw integers of the tensor that the next layer is given, if there are any.
    """

    n_inputs: int
    input_type: TensorType
    events: NDArray[np.int64] | None = None
    layers: list[Layer] = field(default_factory=list)
    given: TensorType = field(init=False)
    shape: Shape = field(init=False)
    low: NDArray[np.int64] = field(init=False)
    high: NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        self.given, self.shape = self.input_type, (self.n_inputs,)
        self.low, self.high = self.input_type.raw_bounds(self.n_inputs)

    @property
    def n(self) -> int:
        """Number of elements that the next layer is given."""
        return len(self.low)

    def add(self, layer_named: Callable[[str], Layer], wanted_name: str) -> None:
        """Put a layer at the end, under a name that is a C++ identifier and its own.

        Raises:
            ModelFileError: If the layer does not fit what it is given.
        """
        try:
            layer = layer_named(self._own_name(wanted_name))
            layer.check_input(self.given)
            shape = layer.output_shape(self.shape)
        except ValueError as fault:
            raise ModelFileError(f"layer {wanted_name!r} cannot be built: {fault}") from None
        low, high = self.low[None, :], self.high[None, :]
        if isinstance(layer, Dense | Conv2D):
            low, high = layer.sum.bounds(layer.terms(low), layer.terms(high), self.given.fraction)
            self.low, self.high = low.reshape(-1), high.reshape(-1)
        else:  # all others are monotone in every element
            self.low, self.high = layer.apply(low, self.given)[0], layer.apply(high, self.given)[0]
        if self.events is not None:
            self.events = layer.apply(self.events, self.given)
        self.given, self.shape = layer.output_type(self.given), shape
        self.layers.append(layer)

    def range_of_result(self) -> tuple[int, int, str]:
        """Give the lowest and highest raw integer so far, and whether events or bounds say so."""
        if self.events is not None:
            return int(self.events.min()), int(self.events.max()), f"{len(self.events)} calibration events"
        return int(self.low.min()), int(self.high.max()), "the bounds of its sums"

    def frozen(self) -> FrozenNetwork:
        """Give the network."""
        return FrozenNetwork(n_inputs=self.n_inputs, input_type=self.input_type, layers=tuple(self.layers))

    def _own_name(self, wanted: str) -> str:
        name = cpp_identifier(wanted)
        name = f"{name}_layer" if name in RESERVED_NAMES else name
        taken, number = {layer.name for layer in self.layers}, 2
        unique = name
        while unique in taken:
            unique, number = f"{name}_{number}", number + 1
        return unique
