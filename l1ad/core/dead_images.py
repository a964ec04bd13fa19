"""What depends on what between two layers with weights, dense ones or convolutions over images."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l1ad.core.fixed import FixedType
from l1ad.core.integer import INT64_SAFE_BITS
from l1ad.core.network import Activation, ActivationFunction, Conv2D, Dense, Layer, Pooling2D, Reshape, Weighted
from l1ad.core.tensor import TensorType
from l1ad.core.trigger import TriggerAlgorithm

__all__ = ["Ends", "Mask", "Reading", "Stretch", "stretches"]

Mask = NDArray[np.bool_]
Ends = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Lowest and highest raw integer of each element, shape (n_elements,)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stretch:
    """A layer with weights and what follows it, up to the next layer with weights.

    A neuron is one sum of the first layer: of a convolution a filter, with an element at each position.
    Tensors have channels last, so element `i` belongs to neuron `i % n_neurons` all along, also where an
    image is pooled or flattened.

    Attributes:
        source: The layer with weights; None for the inputs, each of which is a neuron then.
        chain: Layers without weights that follow.
        reader: The next layer with weights; None after the last.
        n_neurons: Number of neurons.
        given: Number format(s) of what the chain results in.
        ends: Its ends, for all inputs that the layout allows.
    """

    source: Weighted | None
    chain: tuple[Layer, ...]
    reader: Weighted | None
    n_neurons: int
    given: TensorType
    ends: Ends

    @property
    def neuron_of(self) -> NDArray[np.int64]:
        """Neuron that each element of the result belongs to."""
        return np.arange(len(self.ends[0])) % self.n_neurons

    @property
    def constant(self) -> Mask:
        """Whether each element of the result is always the same number."""
        return np.asarray(self.ends[0] == self.ends[1])

    @property
    def can_lose_neurons(self) -> bool:
        """Whether no change of shape, and no pooling of the inputs themselves, mixes neurons."""
        if self.source is None:
            return not any(isinstance(layer, Pooling2D) for layer in self.chain)
        shapes = [layer.target_shape for layer in self.chain if isinstance(layer, Reshape)]
        return all(len(shape) == 1 or shape[-1] == self.n_neurons for shape in shapes)

    def with_any(self, elements: Mask) -> Mask:
        """Tell which neurons have any of some elements of the result."""
        found = np.zeros(self.n_neurons, dtype=np.bool_)
        found[self.neuron_of[elements]] = True
        return found

    def kept(self, needed: Mask) -> Mask:
        """Tell which neurons are left in place: those needed, and one where none is."""
        if not self.can_lose_neurons:
            return np.ones_like(needed)
        if needed.any():
            return needed
        alone = next((one for one in range(self.n_neurons) if self._has_bits(one)), None)
        return np.ones_like(needed) if alone is None else np.arange(self.n_neurons) == alone

    def _has_bits(self, neuron: int) -> bool:
        """Tell whether tensors of this neuron alone would not be a single element without a bit."""
        types = [layer.result.of_each(layer.n) for layer in self.chain if isinstance(layer, Activation)]
        own = [each[neuron :: self.n_neurons] for each in types]
        return all(len(each) > 1 or each[0].width > 0 for each in own)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reading:
    """How a layer with weights reads a stretch, for those of its sums that something depends on.

    Attributes:
        stretch: What it reads.
        reader: The layer.
        wanted: Which of its sums count.
    """

    stretch: Stretch
    reader: Weighted
    wanted: Mask

    @property
    def weights_raw(self) -> NDArray[np.int64]:
        """Weights of the sums that count, shape (n_terms, n_wanted)."""
        return self.reader.sum.weights_raw[:, self.wanted]

    @property
    def elements(self) -> NDArray[np.int64]:
        """Element that each term is at each position, from 1; 0 is the padding. Shape (positions, n_terms)."""
        numbered = np.arange(1, self.reader.n_in + 1)
        return np.asarray(self.reader.terms(numbered[None])[0])

    def neurons(self) -> Mask:
        """Tell which neurons the sums depend on in a way that no bias can stand for."""
        stretch, terms = self.stretch, self.weights_raw.any(axis=1)
        read = np.zeros(self.reader.n_in + 1, dtype=np.bool_)
        read[self.elements[:, terms]] = True
        found = stretch.with_any(read[1:] & ~stretch.constant)
        fixed = np.where(read[1:] & stretch.constant, stretch.ends[0], 0)
        bears = self._bias_bears(fixed)
        for neuron in np.flatnonzero(stretch.with_any(fixed != 0) & ~found):
            seen = self._terms(np.where(stretch.neuron_of == neuron, fixed, 0))[:, terms]
            found[neuron] = not bears or bool((seen != seen[0]).any())
        return found

    def dead_terms(self, alive: Mask) -> Mask:
        """Tell which terms are at every position dead elements, or none."""
        dead = ~alive[self.stretch.neuron_of]
        either, sure = (np.append(padding, dead)[self.elements] for padding in (True, False))
        return np.asarray(either.all(axis=0) & sure.any(axis=0))

    def bias(self, alive: Mask) -> tuple[NDArray[np.int64], FixedType]:
        """Give the bias of the sums that count, with the constants of dead neurons in it, and its type."""
        reader, stretch = self.reader, self.stretch
        folded = ~alive[stretch.neuron_of] & stretch.constant
        constants = np.where(folded, stretch.ends[0], 0)
        before, total = (self._sums(one)[0] for one in (np.zeros_like(constants), constants))
        if (total == before).all():
            return reader.bias_raw[self.wanted], reader.bias_type
        return _held(total, reader.accumulator.fraction, reader.bias_type)

    def _terms(self, elements: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.asarray(self.reader.terms(elements[None])[0])

    def _sums(self, elements: NDArray[np.int64]) -> NDArray[np.int64]:
        """Sum one event, bias included, in steps of the accumulator; shape (positions, n_wanted)."""
        total = self.reader.sum.of(self._terms(elements), self.stretch.given.fraction)
        return total.astype(np.int64)[:, self.wanted]

    def _bias_bears(self, constants: NDArray[np.int64]) -> bool:
        """Tell whether the bias stays as narrow as is emulated, whichever of the constants go into it."""
        low, high = (self._terms(one) for one in (np.minimum(constants, 0), np.maximum(constants, 0)))
        reached = self.reader.sum.bounds(low, high, self.stretch.given.fraction)
        most = max(int(np.abs(end[:, self.wanted]).max()) for end in reached)
        return most.bit_length() + 1 < INT64_SAFE_BITS


def stretches(trigger: TriggerAlgorithm) -> list[Stretch]:
    """Cut a network before each layer with weights; the first stretch begins with the inputs."""
    return list(_cut(trigger))


def _cut(trigger: TriggerAlgorithm) -> Iterator[Stretch]:
    network, scaling = trigger.network, trigger.scaling
    low, high = scaling.shifted(np.stack([trigger.layout.raw_min, trigger.layout.raw_max]))
    ends = _cast((low, high), scaling.working.fraction, scaling.result)
    source: Weighted | None = None
    chain: list[Layer] = []
    n_neurons = network.n_inputs

    def stretch(reader: Weighted | None, given: TensorType) -> Stretch:
        return Stretch(
            source=source, chain=tuple(chain), reader=reader, n_neurons=n_neurons, given=given, ends=ends
        )

    for layer, given in network.given():
        if isinstance(layer, Dense | Conv2D):
            yield stretch(layer, given)
            source, chain, n_neurons = layer, [], len(layer.bias_raw)
        else:
            chain.append(layer)
        ends = _after(layer, ends, given)
    yield stretch(None, network.output_type)


def _after(layer: Layer, ends: Ends, given: TensorType) -> Ends:
    """Bound what a layer makes of a tensor."""
    if isinstance(layer, Dense | Conv2D):
        low, high = (layer.terms(end[None])[0] for end in ends)
        least, most = layer.sum.bounds(low, high, given.fraction)
        sums = least.reshape(-1).astype(np.int64), most.reshape(-1).astype(np.int64)
        return _cast(sums, layer.accumulator.fraction, layer.output_type(given))
    if isinstance(layer, Activation):
        low, high = ends
        if layer.function is ActivationFunction.RELU:
            low, high = np.maximum(low, 0), np.maximum(high, 0)
        return _cast((low, high), given.fraction, layer.result)
    # Of pooling both ends are reached together; a change of shape leaves them as they are.
    low, high = (layer.apply(end[None], given)[0] for end in ends)
    return low, high


def _cast(ends: Ends, fraction: int, to: TensorType) -> Ends:
    """Bound what a cast makes of values; of a single value exactly, also where it wraps."""
    low, high = ends
    least, most = to.cast_bounds(low, high, fraction=fraction)
    exact = to.cast(low[None], fraction=fraction)[0]
    return np.where(low == high, exact, least), np.where(low == high, exact, most)


def _held(raw: NDArray[np.int64], fraction: int, like: FixedType) -> tuple[NDArray[np.int64], FixedType]:
    """Hold raw integers in a type, or else in the narrowest that does, with no more fraction than they need."""
    every = int(np.bitwise_or.reduce(raw))
    zeros = (every & -every).bit_length() - 1 if every else INT64_SAFE_BITS
    spare = max(0, min(zeros, fraction - like.fraction))
    raw, fraction = raw >> spare, fraction - spare
    least, most = int(raw.min()), int(raw.max())
    if fraction == like.fraction and like.holds_raw(least) and like.holds_raw(most):
        return raw, like
    signed = like.signed or least < 0
    width = max(1, max(most, 0).bit_length(), (-least - 1).bit_length() if least < 0 else 0) + int(signed)
    return raw, FixedType(width, width - fraction, signed)
