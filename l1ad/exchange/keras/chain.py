"""From a graph of layers to the one chain that leads from the input to the wanted output."""

from dataclasses import dataclass

from l1ad.exchange.imported import ModelFileError
from l1ad.exchange.keras.records import KerasLayer, KerasModel, Tap

__all__ = ["Chain", "chain_to"]

_SIZES = range(1, 1 << 20)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Chain:
    """A chain of layers.

    Attributes:
        source: The input layer it starts from.
        layers: The layers after it, first to last; models used as layers are replaced by theirs.
    """

    source: KerasLayer
    layers: tuple[KerasLayer, ...]

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of the input, the events not counted."""
        config = self.source.config
        shape = config.get("batch_shape") or config.get("batch_input_shape")
        if not isinstance(shape, list) or not all(size in _SIZES for size in shape[1:]):
            raise ModelFileError(
                f"input {self.source.name!r} has the shape {shape}; every size but the batch must be known, "
                "e.g. [null, 57]"
            )
        if len(shape) < 2:
            raise ModelFileError(f"input {self.source.name!r} has the shape {shape}, without any element")
        return tuple(int(size) for size in shape[1:])


def chain_to(model: KerasModel, output: str | None) -> Chain:
    """Follow the layers from the wanted output back to the input.

    Only ancestors of the output count, so a model with further heads, e.g. a variational encoder with
    [mean, log variance, sample], is read up to its mean by naming it.

    Args:
        model: The model.
        output: Name of the layer whose output is wanted, also within a model used as a layer; None for
            the only output of the model.

    Raises:
        ModelFileError: If the output is unknown or unclear, or is not reached by a chain.
    """
    chain = _back_from(model, _only_output(model)) if output is None else _named(model, output)
    if not chain.layers:
        raise ModelFileError(
            f"{model.where}: output {output!r} is the input itself; there is nothing to compute"
        )
    return chain


def _only_output(model: KerasModel) -> Tap:
    if len(model.outputs) != 1:
        names = ", ".join(dict.fromkeys(tap.layer for tap in model.outputs)) or "none"
        raise ModelFileError(
            f"{model.where}: {len(model.outputs)} outputs ({names}); name the layer whose output is wanted, "
            "e.g. output='mean'"
        )
    return model.outputs[0]


def _named(model: KerasModel, output: str) -> Chain:
    """Follow the chain to a layer of that name, here or in a model used as a layer."""
    if output in model.layers:
        inner = model.layers[output].inner
        if inner is not None:
            _only_output(inner)  # refuses a choice that nobody made
        return _back_from(model, Tap(output))
    for layer in model.layers.values():
        if layer.inner is not None and output in _names(layer.inner):
            before, within = _back_from(model, _only_input(model, layer)), _named(layer.inner, output)
            return Chain(source=before.source, layers=(*before.layers, *within.layers))
    raise ModelFileError(f"{model.where}: no layer is named {output!r}; there are {', '.join(_names(model))}")


def _names(model: KerasModel) -> list[str]:
    """List the layers, those of inner models after the model that holds them."""
    names: list[str] = []
    for layer in model.layers.values():
        names += [layer.name, *(_names(layer.inner) if layer.inner else [])]
    return names


def _back_from(model: KerasModel, tap: Tap) -> Chain:
    backwards: list[KerasLayer] = []
    seen: set[str] = set()
    while True:
        layer = _layer(model, tap)
        if layer.name in seen:
            raise ModelFileError(f"{model.where}: layer {layer.name!r} is its own ancestor; a chain is wanted")
        seen.add(layer.name)
        if layer.kind == "InputLayer":
            return Chain(source=layer, layers=tuple(reversed(backwards)))
        backwards += [layer] if layer.inner is None else reversed(_inside(layer.inner, tap).layers)
        tap = _only_input(model, layer)


def _inside(inner: KerasModel, tap: Tap) -> Chain:
    if not 0 <= tap.tensor < len(inner.outputs):
        raise ModelFileError(f"{inner.where}: has no output number {tap.tensor}")
    return _back_from(inner, inner.outputs[tap.tensor])


def _layer(model: KerasModel, tap: Tap) -> KerasLayer:
    if tap.layer not in model.layers:
        raise ModelFileError(f"{model.where}: a layer reads from {tap.layer!r}, which the model does not have")
    return model.layers[tap.layer]


def _only_input(model: KerasModel, layer: KerasLayer) -> Tap:
    if layer.calls > 1:
        raise ModelFileError(
            f"{model.where}: layer {layer.name!r} is used {layer.calls} times; a chain uses each layer once"
        )
    if len(layer.inbound) != 1:
        givers = ", ".join(tap.layer for tap in layer.inbound) or "nothing"
        raise ModelFileError(
            f"{model.where}: layer {layer.name!r} ({layer.kind}) reads {len(layer.inbound)} tensors: {givers}; "
            "only chains are imported, in which each layer reads one. Name a layer before it as the output"
        )
    return layer.inbound[0]
