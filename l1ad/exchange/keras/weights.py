"""Weights in Keras's HDF5 files, found by layer: by the names of Keras 2, and by the numbers of Keras 3."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from l1ad.exchange.imported import ModelFileError

__all__ = ["NoWeights", "WeightSource", "Weights", "weight_source"]

Weights = Mapping[str, NDArray[np.float32]]
"""Arrays by the role Keras gives them: kernel, bias, gamma, beta, moving_mean, moving_variance."""

_NORMALISATION = ("gamma", "beta", "moving_mean", "moving_variance")
_ROLES = {
    **dict.fromkeys(("Dense", "QDense", "Conv2D", "QConv2D"), ("kernel", "bias")),
    **dict.fromkeys(("QDenseBatchnorm", "QConv2DBatchnorm"), ("kernel", "bias")),
    **dict.fromkeys(("BatchNormalization", "QBatchNormalization"), _NORMALISATION),
}
"""Variables of each class of layer in the order in which Keras 3 numbers them."""

_SWITCHES = {"bias": "use_bias", "gamma": "scale", "beta": "center"}
"""Options of the layer without which a variable is not there."""


class WeightSource(Protocol):
    """Where the weights of one model lie."""

    def of(self, kind: str, name: str, config: Mapping[str, Any]) -> Weights:
        """Read the weights of a layer."""
        ...

    def inside(self, kind: str, name: str, layers: Sequence[tuple[str, str]]) -> "WeightSource":
        """Go into a model that is used as a layer."""
        ...


class NoWeights:
    """An architecture alone."""

    def of(self, kind: str, name: str, config: Mapping[str, Any]) -> Weights:  # noqa: ARG002
        """Read nothing."""
        return {}

    def inside(self, kind: str, name: str, layers: Sequence[tuple[str, str]]) -> WeightSource:  # noqa: ARG002
        """Stay."""
        return self


@dataclass(frozen=True, slots=True)
class _NamedWeights:
    """Keras 2, and Keras 3's `.h5`: one group for each layer, whose attribute lists its weights by name."""

    group: Any
    where: str

    def of(self, kind: str, name: str, config: Mapping[str, Any]) -> Weights:  # noqa: ARG002
        if name not in self.group:
            return {}
        layer = self.group[name]
        return {_role(path): _array(layer[path], f"{self.where}: {name}/{path}") for path in _listed(layer)}

    def inside(self, kind: str, name: str, layers: Sequence[tuple[str, str]]) -> WeightSource:  # noqa: ARG002
        return _InnerWeights(self.group[name], self.where) if name in self.group else NoWeights()


@dataclass(frozen=True, slots=True)
class _InnerWeights:
    """Weights of a model within a model: listed together, told apart by the layer's name in their paths."""

    group: Any
    where: str

    def of(self, kind: str, name: str, config: Mapping[str, Any]) -> Weights:  # noqa: ARG002
        paths = [path for path in _listed(self.group) if name in path.split("/")[:-1]]
        return {_role(path): _array(self.group[path], f"{self.where}: {path}") for path in paths}

    def inside(self, kind: str, name: str, layers: Sequence[tuple[str, str]]) -> WeightSource:  # noqa: ARG002
        return self


@dataclass(frozen=True, slots=True)
class _NumberedWeights:
    """Keras 3: groups named by class, numbered in the order of the layers; variables named 0, 1, ..."""

    group: Any
    layers: Sequence[tuple[str, str]]
    where: str

    def of(self, kind: str, name: str, config: Mapping[str, Any]) -> Weights:
        if kind not in _ROLES:
            return {}
        group = self._group_of(kind, name)
        found = self._numbered(group, _roles(kind, config), name)
        if "batchnorm" in group:
            found |= self._numbered(group["batchnorm"], _roles("BatchNormalization", config), name)
        return found

    def inside(self, kind: str, name: str, layers: Sequence[tuple[str, str]]) -> WeightSource:
        return _numbered_source(self._group_of(kind, name), layers, self.where)

    def _group_of(self, kind: str, name: str) -> Any:
        """Find the group of a layer: the n-th of its class that holds anything is the n-th in the model.

        Keras 2.12 counted layers with weights twice, so the numbers may have gaps. Later versions of Keras 3
        also write the layer's name, which then must agree.
        """
        stem = _snake_case(kind)
        numbered = sorted(
            (int(match[1] or 0), key)
            for key in self.group
            if (match := re.fullmatch(rf"{stem}(?:_(\d+))?", key)) and _holds_anything(self.group[key])
        )
        namesakes = [one for of_kind, one in self.layers if of_kind == kind]
        if len(numbered) != len(namesakes):
            raise ModelFileError(
                f"{self.where}: weights of {len(numbered)} {kind} layers for a model that has "
                f"{len(namesakes)}; do architecture and weights belong together?"
            )
        group = self.group[numbered[namesakes.index(name)][1]]
        written = group["vars"].attrs.get("name", name) if "vars" in group else name
        if _text(written) != name:
            raise ModelFileError(
                f"{self.where}: the weights in the place of layer {name!r} are those of {_text(written)!r}; "
                "do architecture and weights belong together?"
            )
        return group

    def _numbered(self, group: Any, roles: Sequence[str], name: str) -> dict[str, NDArray[np.float32]]:
        numbers = [str(number) for number in range(len(roles))]
        variables = group.get("vars", {})
        missing = [number for number in numbers if number not in variables]
        if missing:
            raise ModelFileError(
                f"{self.where}: layer {name!r} should have the variables {', '.join(roles)}, but its weights "
                f"{', '.join(missing)} are missing"
            )
        return {
            role: _array(variables[number], f"{self.where}: {role} of {name!r}")
            for role, number in zip(roles, numbers, strict=True)
        }


def weight_source(file: Any, layers: Sequence[tuple[str, str]], where: str) -> WeightSource:
    """Find out how a file lays its weights out.

    Args:
        file: An open `h5py.File` or group.
        layers: Class and name of every layer of the model, in order.
        where: Name of the file, for messages.

    Raises:
        ModelFileError: If it is laid out in none of the known ways.
    """
    if "model_weights" in file:
        return _NamedWeights(file["model_weights"], where)
    if any(key.startswith("layer_names") for key in file.attrs):
        return _NamedWeights(file, where)
    return _numbered_source(file, layers, where)


def _numbered_source(group: Any, layers: Sequence[tuple[str, str]], where: str) -> WeightSource:
    for key in ("layers", "_layer_checkpoint_dependencies"):  # Keras 3; Keras 2.12
        if key in group:
            return _NumberedWeights(group[key], layers, where)
    raise ModelFileError(
        f"{where}: holds no weights that Keras would have written (groups: {', '.join(group) or 'none'}); "
        "wanted is what model.save or model.save_weights writes"
    )


def _roles(kind: str, config: Mapping[str, Any]) -> list[str]:
    return [role for role in _ROLES[kind] if role not in _SWITCHES or config.get(_SWITCHES[role], True)]


def _listed(group: Any) -> list[str]:
    """List the paths of a group's weights; long lists lie in several attributes, weight_names0 and so on."""
    keys = sorted(
        (key for key in group.attrs if key.startswith("weight_names")), key=lambda key: (len(key), key)
    )
    return [_text(path) for key in keys for path in group.attrs[key]]


def _role(path: str) -> str:
    return path.split("/")[-1].split(":")[0]


def _array(dataset: Any, what: str) -> NDArray[np.float32]:
    """Read one array as float32, refusing what would not survive it."""
    values = np.asarray(dataset)
    if values.dtype.kind not in "fiu":
        raise ModelFileError(f"{what}: an array of {values.dtype}; weights are numbers")
    single = values.astype(np.float32)
    if not np.array_equal(single.astype(np.float64), values.astype(np.float64)):
        raise ModelFileError(f"{what}: weights that are not finite, or are none of float32; train in float32")
    return single


def _holds_anything(group: Any) -> bool:
    return any(len(child) > 0 for child in group.values() if hasattr(child, "keys"))


def _snake_case(kind: str) -> str:
    """Spell a class as Keras names its group, e.g. QConv2D as q_conv2d (`keras.src.utils.naming`)."""
    spelled = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", kind))
    return re.sub("([a-z])([A-Z])", r"\1_\2", spelled).lower()


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
