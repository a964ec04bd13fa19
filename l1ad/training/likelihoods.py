"""The reconstruction term as a likelihood: one density for each input, of parameters that the decoder gives."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import ConfigError
from l1ad.training import densities
from l1ad.training.inputs import InputMap
from l1ad.training.likelihood_families import Family, chosen_family
from l1ad.training.reading_back import hardware_steps

__all__ = ["FeatureLikelihoods", "FeatureParameters"]

Float = NDArray[np.float32]


_LARGEST_OUTPUT = 1e4
"""Outputs of the decoder are cut off here, so that no square of theirs leaves float32."""
_LEAST_LOG_WIDTH = 0.02
"""σ of ln x that is never gone below: 2 %, finer than any pT is measured."""
_LEAST_RATE = 1e-3
_WIDEST = 4.0
"""σ in ranges of a truncated Gaussian beyond which it is as good as flat."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FeatureParameters:
    """Parameters of the densities of one family.

    Attributes:
        family: The family.
        columns: Which inputs, shape (n_columns,).
        values: Logit; rate; location, width and logit of a zero; else mean and width before they are cut;
            shape (n_events, n_columns) each.
        lsb: Size of a hardware step in the unit of the parameters, shape (n_columns,).
    """

    family: Family
    columns: NDArray[np.int64]
    values: tuple[NDArray[np.float64], ...]
    lsb: NDArray[np.float64]


class FeatureLikelihoods:
    """Densities of all inputs, in the unit of each, whatever it is shown as.

    What is shown is read back to hardware integers and so to values; where the input map casts, these are the
    values that the cast leaves. The decoder gives means and widths in the scale of what is shown, where they
    are near one. No width goes below the rms of one step of what is shown, step/√12: a finer claim could not be
    learned from the data, and its density would have no bound.
    """

    def __init__(self, inputs: InputMap, families: Mapping[str, Family] = MappingProxyType({})) -> None:
        """Choose the density of each input.

        Args:
            inputs: How events are shown.
            families: Densities by name of input, where another than that of `chosen_family` is wanted.

        Raises:
            ConfigError: If an input is named that there is not, or its density has no negative values.
        """
        layout = inputs.layout
        if strangers := sorted(set(families) - set(layout.names)):
            raise ConfigError(
                f"a density is given for {strangers[0]!r}, which layout {layout.name!r} does not have"
            )
        self.families = tuple(families.get(field.name, chosen_family(field)) for field in layout.fields)
        for field, family in zip(layout.fields, self.families, strict=True):
            if field.raw_min < 0 and family in (Family.LOG_NORMAL, Family.POISSON):
                raise ConfigError(
                    f"{field.name!r} begins at {field.raw_min * field.lsb:g} {field.unit}, where {family} has "
                    "nothing; gaussian has"
                )
        self._inputs = inputs
        self._groups = tuple(_grouped(inputs, self.families))

    @property
    def n_outputs(self) -> int:
        """Outputs that the decoder needs."""
        return sum(family.n_parameters for family in self.families)

    def negative_log_likelihood(self, inputs_shown: Any, outputs: Any, weights: Any) -> Any:
        """Sum the weighted −ln of the densities, shape (n_events,).

        Densities are in 1/unit, so a sum over inputs has no natural zero and may be negative.

        Args:
            inputs_shown: What the network is shown, shape (n_events, n_inputs).
            outputs: The decoder's output, unconstrained, shape (n_events, n_outputs).
            weights: Weight of each input, 0 where it does not count, shape (n_events, n_inputs).
        """
        from keras import ops

        bounded = ops.clip(outputs, -_LARGEST_OUTPUT, _LARGEST_OUTPUT)
        total = 0.0
        for group in self._groups:
            shown, weight = (ops.take(one, group.columns, axis=1) for one in (inputs_shown, weights))
            steps = hardware_steps(shown, self._inputs, group.columns)
            # By products with zeros and ones: XLA fuses the gradient of slices with all that led to it, and
            # computes it over and over (seen with TensorFlow 2.21 on a CPU: five times slower).
            parameters = [ops.matmul(bounded, chosen) for chosen in group.outputs]
            total = total + ops.sum(weight * _negative_log(group, steps * group.lsb, parameters), axis=1)
        return total

    def parameters(self, outputs: Float) -> Iterator[FeatureParameters]:
        """Give the parameters of every density, family by family.

        Args:
            outputs: The decoder's output, unconstrained, shape (n_events, n_outputs).
        """
        bounded = np.clip(outputs, -_LARGEST_OUTPUT, _LARGEST_OUTPUT)
        for group in self._groups:
            found = _parameters(group, [bounded @ chosen for chosen in group.outputs])
            yield FeatureParameters(
                family=group.family,
                columns=group.columns,
                values=tuple(np.asarray(one, dtype=np.float64) for one in found),
                lsb=group.lsb.astype(np.float64),
            )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Group:
    """Inputs of one family; all arrays but `outputs` have shape (n_columns,).

    Attributes:
        family: Their density.
        columns: Which inputs.
        outputs: Which of the decoder's outputs are their parameters: for each parameter a matrix of zeros and
            ones, shape (n_outputs, n_columns).
        lsb: Size of a hardware step, in the unit of the input; 1 for discrete families, that count steps.
        low: Lowest value.
        high: Highest value.
        step: Distance of values that are told apart.
        centre: Value that is shown as 0.
        unit: Size of what is shown as 1.
    """

    family: Family
    columns: NDArray[np.int64]
    outputs: tuple[Float, ...]
    lsb: Float
    low: Float
    high: Float
    step: Float
    centre: Float
    unit: Float


def _grouped(inputs: InputMap, families: tuple[Family, ...]) -> list[_Group]:
    groups: list[_Group] = []
    identity = np.eye(sum(family.n_parameters for family in families), dtype=np.float32)
    first = 0
    for family in Family:
        columns = np.array([i for i, one in enumerate(families) if one is family], dtype=np.int64)
        if not len(columns):
            continue
        layout, scale, n = inputs.layout, inputs.scale[columns], len(columns)
        each = [layout.fields[column].lsb for column in columns]
        lsb = np.ones(n) if family.is_discrete else np.array(each)
        cast = 0.0 if inputs.grid is None else float(inputs.grid.lsb)
        arrays = {
            "lsb": lsb,
            "low": layout.raw_min[columns] * lsb,
            "high": layout.raw_max[columns] * lsb,
            "step": np.maximum(1.0, cast / scale) * lsb,
            "centre": inputs.offset[columns] * lsb,
            "unit": lsb / scale,
        }
        n_chosen = n * family.n_parameters
        outputs = np.split(identity[:, first : first + n_chosen], family.n_parameters, axis=1)
        first += n_chosen
        as_float = {name: array.astype(np.float32) for name, array in arrays.items()}
        groups.append(_Group(family=family, columns=columns, outputs=tuple(outputs), **as_float))
    return groups


def _negative_log(group: _Group, values: Any, outputs: list[Any]) -> Any:
    """Give −ln of the density of each value, shape (n_events, n_columns)."""
    from keras import ops

    first, *others = _parameters(group, outputs)
    match group.family:
        case Family.BERNOULLI:
            upper = ops.cast(2.0 * values >= group.low + group.high, "float32")
            return densities.bernoulli(upper, first)
        case Family.POISSON:
            return densities.poisson(values, first)
        case Family.LOG_NORMAL:
            width, zero = others
            return densities.log_normal_with_zeros(values, first, width, zero, smallest=0.5 * group.step)
        case Family.GAUSSIAN:
            return densities.gaussian(values, first, others[0])
        case Family.TRUNCATED_GAUSSIAN:
            margin = 0.5 * group.lsb  # each integer stands for its step
            low, high = group.low - margin, group.high + margin
            return densities.truncated_gaussian(values, first, others[0], low=low, high=high)
    return densities.truncated_discrete_gaussian(values, first, others[0], low=group.low, high=group.high)


def _parameters(group: _Group, outputs: list[Any]) -> tuple[Any, ...]:
    """Give the parameters of each density from the decoder's outputs, shape (n_events, n_columns) each.

    Logit; rate; location, width and logit of a zero; else mean and width before they are cut.
    """
    from keras import ops

    first, *others = outputs
    match group.family:
        case Family.BERNOULLI:
            return (first,)
        case Family.POISSON:
            return (_LEAST_RATE + group.unit * ops.softplus(first),)
        case Family.LOG_NORMAL:
            return np.log(group.unit) + first, _LEAST_LOG_WIDTH + ops.softplus(others[0]), others[1]
    mean = group.centre + group.unit * first
    width = group.step / math.sqrt(12) + group.unit * ops.softplus(others[0])
    if group.family is Family.GAUSSIAN:
        return mean, width
    return mean, ops.minimum(width, _WIDEST * (group.high - group.low + group.lsb))
