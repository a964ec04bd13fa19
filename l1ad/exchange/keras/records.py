"""Models as Keras's configuration describes them: layers, their options, and which tensor each is given."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from l1ad.exchange.imported import ModelFileError
from l1ad.exchange.keras.weights import NoWeights, Weights, WeightSource, weight_source

__all__ = ["KerasLayer", "KerasModel", "Tap", "model_of_record"]

_MODELS = ("Functional", "Model", "Sequential")
_MODULES = ("keras", "tf_keras", "tensorflow", "qkeras", "builtins")


@dataclass(frozen=True, slots=True)
class Tap:
    """One of the tensors that a layer gives."""

    layer: str
    tensor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KerasLayer:
    """A layer as the file describes it.

    Attributes:
        kind: Class, e.g. `QDense`; with its package, e.g. `Custom>Sampling`, when it is not of Keras or QKeras.
        name: Name.
        config: Its options.
        weights: Arrays by role, float32.
        inbound: The tensors it is given; empty for an input.
        calls: How often it is used in the model.
        inner: The model that it is, when a model is used as a layer.
    """

    kind: str
    name: str
    config: Mapping[str, Any]
    weights: Weights
    inbound: tuple[Tap, ...]
    calls: int = 1
    inner: "KerasModel | None" = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KerasModel:
    """A model as the file describes it.

    Attributes:
        where: File, and path inside it when the model is a layer of another.
        layers: Layers by name, in the order of the file.
        outputs: Tensors that it gives.
    """

    where: str
    layers: Mapping[str, KerasLayer]
    outputs: tuple[Tap, ...]


def model_of_record(record: Any, file: Any, where: str) -> KerasModel:
    """Read a model from its JSON record.

    Args:
        record: What Keras wrote, parsed.
        file: The open HDF5 file or group with its weights; None for an architecture alone.
        where: Name of the file, for messages.

    Raises:
        ModelFileError: If the record is no Sequential or Functional model.
    """
    if not isinstance(record, dict) or "class_name" not in record or "config" not in record:
        raise ModelFileError(f"{where}: no Keras model; a record with class_name and config is wanted")
    kind, config = _kind(record), record["config"]
    source = NoWeights() if file is None else weight_source(file, _listed(config, kind, where), where)
    return _model(config, kind, source, where)


def _model(config: Any, kind: str, source: WeightSource, where: str) -> KerasModel:
    records = _records(config, kind, where)
    if not records:
        raise ModelFileError(f"{where}: the model has no layers")
    if kind == "Sequential":
        records = _chained(records, config)
        outputs: tuple[Tap, ...] = (Tap(_name(records[-1])),)
    else:
        outputs = tuple(_taps(config.get("output_layers", [])))
    layers: dict[str, KerasLayer] = {}
    for record in records:
        layer = _layer(record, source, where)
        if layer.name in layers:
            raise ModelFileError(f"{where}: two layers are named {layer.name!r}")
        layers[layer.name] = layer
    return KerasModel(where=where, layers=layers, outputs=outputs)


def _records(config: Any, kind: str, where: str) -> list[Any]:
    """List the layer records of a model; Keras 1 and early Keras 2 wrote a sequence as a bare list."""
    if kind not in _MODELS:
        raise ModelFileError(
            f"{where}: the model is a {kind}; only Sequential and Functional models say what they compute"
        )
    records = config.get("layers") if isinstance(config, dict) else config
    if not isinstance(records, list) or not all(isinstance(one, dict) for one in records):
        raise ModelFileError(f"{where}: a {kind} model without a list of layers; was it subclassed?")
    return records


def _listed(config: Any, kind: str, where: str) -> list[tuple[str, str]]:
    return [(_kind(one), _name(one)) for one in _records(config, kind, where)]


def _layer(record: dict[str, Any], source: WeightSource, where: str) -> KerasLayer:
    kind, name, config = _kind(record), _name(record), record.get("config")
    nodes = record.get("inbound_nodes", [])
    inner = None
    if kind in _MODELS:
        below = f"{where}, model {name!r}"
        inner = _model(config, kind, source.inside(kind, name, _listed(config, kind, below)), below)
    options = config if isinstance(config, dict) else {}
    return KerasLayer(
        kind=kind,
        name=name,
        config=options,
        weights={} if inner else source.of(kind, name, options),
        inbound=tuple(tap for node in nodes[:1] for tap in _taps(node)),
        calls=len(nodes),
        inner=inner,
    )


def _chained(records: Sequence[dict[str, Any]], config: Any) -> list[dict[str, Any]]:
    """Give a sequence the input and the connections that a functional model writes out."""
    chained = list(records)
    if _kind(chained[0]) != "InputLayer":
        first = chained[0].get("config")
        own = first.get("batch_input_shape") if isinstance(first, dict) else None
        whole = config.get("build_input_shape") if isinstance(config, dict) else None
        built = (chained[0].get("build_config") or {}).get("input_shape")
        name = "input" if "input" not in map(_name, records) else "sequential_input"
        chained.insert(
            0, {"class_name": "InputLayer", "config": {"name": name, "batch_shape": own or whole or built}}
        )
    links: list[list[Any]] = [[], *([[[_name(one), 0, 0, {}]]] for one in chained[:-1])]
    return [{**one, "inbound_nodes": link} for one, link in zip(chained, links, strict=True)]


def _taps(node: Any) -> Iterator[Tap]:
    """Find the tensors in the arguments of a call: `[name, node, tensor, ...]` or a `keras_history`."""
    if isinstance(node, dict):
        of_tensor = node.get("class_name") == "__keras_tensor__"
        for one in [node["config"]["keras_history"]] if of_tensor else node.values():
            yield from _taps(one)
    elif isinstance(node, list):
        if len(node) >= 3 and isinstance(node[0], str) and all(isinstance(one, int) for one in node[1:3]):
            yield Tap(node[0], node[2])
            node = node[3:]
        for one in node:
            yield from _taps(one)


def _kind(record: dict[str, Any]) -> str:
    """Name the class of a record; a class of the same name from elsewhere is another one."""
    package, _, kind = str(record.get("class_name", "?")).rpartition(">")
    package = package or str(record.get("registered_name") or "").rpartition(">")[0]
    module = str(record.get("module") or "keras").split(".")[0]
    if package in ("", "qkeras") and module in _MODULES:
        return kind
    return f"{package or module}>{kind}"


def _name(record: dict[str, Any]) -> str:
    config = record.get("config")
    own = config.get("name") if isinstance(config, dict) else None
    return str(record.get("name") or own or _kind(record))
