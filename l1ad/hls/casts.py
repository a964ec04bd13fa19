"""What C simulation cannot compute exactly, refused before anything is written."""

from collections.abc import Iterator

import numpy as np

from l1ad.core.errors import ToolError
from l1ad.core.fixed import FixedType, Rounding
from l1ad.core.network import Activation, Conv2D, Dense, Weighted
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.hls.storage import stored_type

__all__ = ["check_casts"]

_DOUBLE_BITS = 53
"""hls4ml hands the layers of a simulation over as `double`, and writes constants from it."""


def check_casts(trigger: TriggerAlgorithm) -> None:
    """Refuse what the ap_types headers cannot simulate, and numbers that a `double` does not hold.

    In C simulation a cast stops the program ("Attempting to read bit beyond MSB", ap_private.h) when a
    rounding other than AP_TRN drops more bits than the value has.

    Raises:
        ToolError: Naming the layer.
    """
    for name, tensor in trigger.network.types.items():
        if max(one.width for one in tensor.types) > _DOUBLE_BITS:
            raise ToolError(
                f"{name!r} is wider than the {_DOUBLE_BITS} bits that C simulation can hand over exactly; "
                "use narrower types"
            )
    for layer in trigger.network.layers:
        if isinstance(layer, Dense | Conv2D):
            _check_constants(layer)
    for what, source, target in _casts(trigger):
        if (
            target.width
            and target.rounding is not Rounding.TRN
            and source.fraction - target.fraction > source.width
        ):
            raise ToolError(
                f"{what}: the cast from {source} to {target} drops more bits than there are, which C "
                "simulation refuses; give the result more fraction bits or AP_TRN"
            )


def _check_constants(layer: Weighted) -> None:
    largest = max(int(np.abs(array).max(initial=0)) for array in (layer.weights_raw, layer.bias_raw))
    if largest.bit_length() > _DOUBLE_BITS:
        raise ToolError(
            f"{layer.name!r} has weights or a bias of more than the {_DOUBLE_BITS} bits that "
            "hls4ml writes exactly; use narrower types"
        )


def _casts(trigger: TriggerAlgorithm) -> Iterator[tuple[str, FixedType, FixedType]]:
    """Yield every cast as C++ makes it: from the type that an array is stored in, element by element."""
    for target in trigger.scaling.result.types:
        yield "scaled inputs", trigger.scaling.working, target
    for layer, given in trigger.network.given():
        stored = stored_type(given)
        if isinstance(layer, Activation):
            for target in layer.result.types:
                yield repr(layer.name), stored, target
        elif isinstance(layer, Dense | Conv2D):
            yield f"products of {layer.name!r}", _product(stored, layer.weight_type), layer.accumulator
            yield f"bias of {layer.name!r}", layer.bias_type, layer.accumulator
    score, network = trigger.score, trigger.network
    yield "score", score.before_cast(network.output_type, network.n_outputs), score.result


def _product(one: FixedType, other: FixedType) -> FixedType:
    return FixedType(one.width + other.width, one.integer + other.integer, one.signed or other.signed)
