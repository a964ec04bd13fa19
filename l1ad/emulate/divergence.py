"""What a firmware engineer needs to know of the first difference: where, which bits, and from what inputs."""

import numpy as np
from numpy.typing import NDArray

from l1ad.core.fixed import FixedType
from l1ad.core.network import Conv2D, Dense, Layer, Pooling2D
from l1ad.core.tensor import TensorType
from l1ad.core.trace import SCALED_INPUTS, SCORE, accept_name
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.emulate.compare import Agreement, Divergence
from l1ad.emulate.engine import trace
from l1ad.emulate.words import WordDifference, word_difference

__all__ = ["divergence_report", "format_of", "offending_word"]

_LISTED = 12


def format_of(trigger: TriggerAlgorithm, tensor: str, element: int) -> FixedType:
    """Give the format in which raw integers of a tensor are held; an accept bit is one bit.

    All elements count in steps of the finest one, so an element's word is as wide as that needs.

    Raises:
        KeyError: If the algorithm has no such tensor.
    """
    if tensor == SCORE:
        return trigger.score.result
    if tensor in map(accept_name, trigger.thresholds):
        return FixedType(1, 1, signed=False)
    if tensor == SCALED_INPUTS:
        kind, n = trigger.scaling.result, trigger.layout.n_inputs
    else:
        kind = trigger.network.types[tensor]
        n = next(layer.n_out for layer in trigger.network.layers if layer.name == tensor)
    return _stepped(kind, kind.of_each(n)[element])


def _stepped(kind: TensorType, one: FixedType) -> FixedType:
    extra = kind.fraction - one.fraction
    return FixedType(one.width + extra, one.integer, one.signed, one.rounding, one.overflow) if extra else one


def offending_word(trigger: TriggerAlgorithm, first: Divergence) -> WordDifference:
    """Compare the two words of a divergence bit by bit."""
    return word_difference(first.expected, first.found, format_of(trigger, first.tensor, first.element))


def divergence_report(trigger: TriggerAlgorithm, agreement: Agreement, event_raw: NDArray[np.integer]) -> str:
    """Tell the first difference in full.

    Args:
        trigger: The algorithm.
        agreement: A comparison that found a difference.
        event_raw: Hardware integers of the event of the first difference, shape (n_inputs,).

    Raises:
        ValueError: If nothing differs.
    """
    first = agreement.first
    if first is None:
        raise ValueError(f"{agreement.implementation} differs nowhere")
    lines = [
        str(agreement),
        *offending_word(trigger, first).lines(agreement.reference, agreement.implementation),
    ]
    position = agreement.tensors.index(first.tensor)
    if before := agreement.tensors[:position]:
        lines.append(f"  equal in this event before it: {', '.join(before)}")
    lines += _made_from(trigger, first, event_raw)
    counts = ", ".join(f"{name} {count}" for name, count in agreement.differing_by_tensor.items())
    lines.append(f"  integers that differ, by tensor: {counts}")
    lines.append(f"  event: {_event(trigger, event_raw)}")
    return "\n".join(lines)


def _made_from(trigger: TriggerAlgorithm, first: Divergence, event_raw: NDArray[np.integer]) -> list[str]:
    """List the values that the offending element is made of, as the emulator has them."""
    if first.tensor == SCALED_INPUTS:
        field, scaling = trigger.layout.fields[first.element], trigger.scaling
        value, offset, shift = (
            int(event_raw[first.element]), scaling.offsets[first.element], scaling.shifts[first.element],
        )  # fmt: skip
        return [f"  made from {field.name}: ({value} - {offset:g}) >> {shift} in {scaling.working}"]
    names = [layer.name for layer in trigger.network.layers]
    if first.tensor not in names:
        last = names[-1]
        return [f"  made from {last}: {_listed(_values(trigger, last, event_raw))}"]
    index = names.index(first.tensor)
    source = names[index - 1] if index else SCALED_INPUTS
    layer = trigger.network.layers[index]
    values = _values(trigger, source, event_raw)
    elements = _elements(layer, first.element)
    pairs = [f"[{one}] {values[one]}" for one in elements if values[one]]
    return [f"  made from {source}, {len(elements)} elements, those not zero (raw): {_listed(pairs)}"]


def _elements(layer: Layer, element: int) -> list[int]:
    """Name the input elements that an output element of a layer is made of, weights of zero left out."""
    if isinstance(layer, Dense):
        return [int(one) for one in np.flatnonzero(layer.weights_raw[:, element])]
    if isinstance(layer, Conv2D):
        position, channel = divmod(element, layer.n_filters)
        used = layer.sum.weights_raw[:, channel] != 0
        return [int(one) for one in layer.window_indices()[position][used] if one >= 0]
    if isinstance(layer, Pooling2D):
        return [int(one) for one in layer.window_indices()[element]]
    return [element]


def _values(trigger: TriggerAlgorithm, tensor: str, event_raw: NDArray[np.integer]) -> list[int]:
    return [int(value) for value in trace(trigger, event_raw[None])[tensor][0]]


def _event(trigger: TriggerAlgorithm, event_raw: NDArray[np.integer]) -> str:
    pairs = [
        f"{field.name}={int(value)}"
        for field, value in zip(trigger.layout.fields, event_raw, strict=True)
        if value
    ]
    return _listed(pairs) if pairs else "every input is 0"


def _listed(parts: list[int] | list[str]) -> str:
    shown = ", ".join(str(part) for part in parts[:_LISTED])
    return f"{shown} and {len(parts) - _LISTED} more" if len(parts) > _LISTED else shown
