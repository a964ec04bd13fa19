"""Dead parts of a frozen network, removed exactly: the same score word for every input of the layout."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from l1ad.core.dead_images import Mask, Reading, Stretch, stretches
from l1ad.core.errors import NotExactError
from l1ad.core.fixed import FixedType
from l1ad.core.network import Activation, Dense, FrozenNetwork, Layer, Pooling2D, Reshape, Shape, Weighted
from l1ad.core.score import ScoreFunction
from l1ad.core.tensor import TensorType
from l1ad.core.trigger import TriggerAlgorithm

__all__ = ["Removed", "without_dead"]

_NO_BIT = FixedType(0, 0, signed=False)
_MOST_NAMED = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """What was dead, numbered as before.

    Attributes:
        inputs: Names of inputs that no output depends on, and that had bits or weights.
        neurons: Hidden neurons by the name of their dense layer; of a convolution, its filters.
        latents: Elements of the last layer's result.
    """

    inputs: tuple[str, ...]
    neurons: dict[str, tuple[int, ...]]
    latents: tuple[int, ...]

    def sentence(self) -> str:
        """Say what was removed."""
        of_layers = [_counted(f"of {name}", which) for name, which in self.neurons.items()]
        inputs, latents = _counted("of the inputs", self.inputs), _counted("of the latents", self.latents)
        said = [one for one in (inputs, *of_layers, latents) if one]
        return f"removed as dead: {'; '.join(said)}" if said else "nothing is dead"

    def document(self) -> dict[str, Any]:
        """Lay the result out for JSON."""
        neurons = {name: list(which) for name, which in self.neurons.items()}
        return {
            "inputs": list(self.inputs),
            "neurons": neurons,
            "latents": list(self.latents),
            "sentence": self.sentence(),
        }


def without_dead(trigger: TriggerAlgorithm) -> tuple[TriggerAlgorithm, Removed]:
    """Remove what no score depends on; every number that remains is what it was.

    A hidden neuron (of a convolution: a filter) is dead when no weight but zero leads from it to what is
    alive, or when it is constant for every input that the layout allows. A constant goes into the bias of
    the layer that read it, rounded as that layer's accumulator rounded it; accumulators keep their types.
    An input is dead for the same reasons: it is left without a bit, its weights zero. A latent of a sum of
    squares is dead when it is always zero. Constants are proven by interval arithmetic, which takes
    elements as independent: more may be dead than is found.

    What remains keeps its numbers and number formats. Raw integers are in steps of the finest element of
    their tensor: where that one was dead, or the others are coarser than an input without a bit (their
    formats have negative fraction bits), the same numbers are counted in other steps.

    Left in place: neurons before a change of shape that mixes them; inputs that are pooled before the first
    weights; constants that a convolution does not see alike everywhere, as beside padding; constants that
    would make a bias, and inputs that would make a sum, wider than is emulated; one element of a tensor all
    of which is dead.

    Returns:
        The smaller algorithm, or `trigger` itself where nothing is dead; and what was removed.
    """
    parts = stretches(trigger)
    alive = _alive(trigger, parts)
    removed = Removed(
        inputs=_dead_inputs(trigger, parts[0], alive),
        neurons={
            part.source.name: _numbers(~one)
            for part, one in zip(parts[:-1], alive[:-1], strict=True)
            if part.source is not None and not one.all()
        },
        latents=_numbers(~alive[-1][parts[-1].neuron_of]),
    )
    if not (removed.inputs or removed.neurons or removed.latents):
        return trigger, removed
    layers: list[Layer] = []
    for number, (part, one) in enumerate(zip(parts, alive, strict=True)):
        layers += [_without(layer, part, one) for layer in part.chain]
        if part.reader is not None:
            layers.append(_reader(Reading(stretch=part, reader=part.reader, wanted=alive[number + 1]), one))
    given = _without_bits(trigger.network.input_type, alive[0])
    network = FrozenNetwork(n_inputs=trigger.network.n_inputs, input_type=given, layers=tuple(layers))
    return replace(trigger, scaling=replace(trigger.scaling, result=given), network=network), removed


def _alive(trigger: TriggerAlgorithm, parts: Sequence[Stretch]) -> list[Mask]:
    """Tell which neurons of each stretch are left in place.

    One walk from the score to the inputs finds all: what is constant does not depend on what is removed.
    """
    *others, last = parts
    alive = [np.ones(last.n_neurons, dtype=np.bool_)]
    if trigger.score.function is ScoreFunction.SUM_OF_SQUARES and others:
        low, high = last.ends
        alive = [last.kept(last.with_any((low != 0) | (high != 0)))]
    for part in reversed(others):
        if part.reader is not None:
            read = Reading(stretch=part, reader=part.reader, wanted=alive[0]).neurons()
            alive.insert(0, part.kept(read))
    if not _bears(trigger.network, alive[0]):
        alive[0] = np.ones_like(alive[0])
    return alive


def _bears(network: FrozenNetwork, alive: Mask) -> bool:
    """Tell whether sums stay as narrow as is emulated when dead inputs lose their bits."""
    try:
        replace(network, input_type=_without_bits(network.input_type, alive))
    except (NotExactError, ValueError):
        return False
    return True


def _without_bits(given: TensorType, alive: Mask) -> TensorType:
    """Leave dead inputs without a bit."""
    each = given.of_each(len(alive))
    types = tuple(one if keep or not one.width else _NO_BIT for keep, one in zip(alive, each, strict=True))
    return given if types == each else TensorType(types)


def _dead_inputs(trigger: TriggerAlgorithm, first: Stretch, alive: Sequence[Mask]) -> tuple[str, ...]:
    """Name dead inputs that lose bits or weights."""
    each = trigger.network.input_type.of_each(trigger.network.n_inputs)
    loses = np.array([one.width > 0 for one in each])
    if first.reader is not None and first.can_lose_neurons:
        reading = Reading(stretch=first, reader=first.reader, wanted=alive[1])
        terms = reading.dead_terms(alive[0]) & reading.weights_raw.any(axis=1)
        elements = reading.elements[:, terms]
        loses[elements[elements > 0] - 1] = True
    return tuple(trigger.layout.names[one] for one in _numbers(loses & ~alive[0]))


def _reader(reading: Reading, alive: Mask) -> Weighted:
    """Give a layer with weights without its dead sums and without what it read of dead neurons."""
    reader, stretch = reading.reader, reading.stretch
    weights_raw = reading.weights_raw
    if stretch.source is None:
        weights_raw = np.where(reading.dead_terms(alive)[:, None], 0, weights_raw)
    else:
        weights_raw = weights_raw[alive[np.arange(len(weights_raw)) % stretch.n_neurons]]
    bias_raw, bias_type = reading.bias(alive)
    if isinstance(reader, Dense):
        return replace(reader, weights_raw=weights_raw, bias_raw=bias_raw, bias_type=bias_type)
    shape = reader.input_shape if stretch.source is None else _shape(reader.input_shape, alive)
    kernel_raw = weights_raw.reshape(*reader.kernel, shape[2], -1)
    return replace(reader, input_shape=shape, weights_raw=kernel_raw, bias_raw=bias_raw, bias_type=bias_type)


def _without(layer: Layer, stretch: Stretch, alive: Mask) -> Layer:
    """Give a layer without weights without the elements of dead neurons."""
    if stretch.source is None or alive.all():  # inputs stay, without a bit
        return layer
    if isinstance(layer, Activation):
        kept = np.flatnonzero(alive[np.arange(layer.n) % len(alive)])
        each = layer.result.of_each(layer.n)
        result = layer.result if layer.result.is_uniform else TensorType(tuple(each[one] for one in kept))
        return replace(layer, n=len(kept), result=result)
    if isinstance(layer, Pooling2D):
        return replace(layer, input_shape=_shape(layer.input_shape, alive))
    if isinstance(layer, Reshape):
        given, target = (_shape(shape, alive) for shape in (layer.input_shape, layer.target_shape))
        return replace(layer, input_shape=given, target_shape=target)
    return layer


def _shape(shape: Shape, alive: Mask) -> Shape:
    """Give the shape of a tensor without dead neurons: of an image with fewer channels, of a list shorter."""
    return (*shape[:-1], shape[-1] * int(alive.sum()) // len(alive))


def _numbers(mask: Mask) -> tuple[int, ...]:
    return tuple(np.flatnonzero(mask).tolist())


def _counted(what: str, which: Iterable[str | int]) -> str:
    """Count some and name the first of them; nothing where there is none."""
    names = [str(one) for one in which]
    more = "" if len(names) <= _MOST_NAMED else ", ..."
    return f"{len(names)} {what} ({', '.join(names[:_MOST_NAMED])}{more})" if names else ""
