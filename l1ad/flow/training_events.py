"""The events of a training as the network sees them, and whether it can learn from them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l1ad.config.model import ModelConfig
from l1ad.config.run import RunConfig
from l1ad.core.errors import ConfigError, DataError, UnresolvedRateError
from l1ad.core.fixed import FixedType
from l1ad.core.layout import FEATURE, InputLayout
from l1ad.core.scaling import Scaling
from l1ad.data.events import EventBatch
from l1ad.flow.events import BackgroundSplit, split_background
from l1ad.flow.rate_table import configured_budgets, configured_stream
from l1ad.rates.stream import events_needed
from l1ad.training.inputs import InputMap, hardware_inputs, standardised_inputs
from l1ad.training.loop import TrainingEvents
from l1ad.training.losses import rarity_weights
from l1ad.training.scaling import chosen_scaling

__all__ = ["TrainingSet", "training_set"]

_MOST_SATURATED = 0.5
"""An input of which more is at the ends of its type is not represented by it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrainingSet:
    """What a training works on.

    Attributes:
        split: The background in its parts.
        scaling: Offsets and shifts of the inputs, with the input type of the configuration.
        inputs: What the network is shown of hardware integers.
        rarity: Weight of each input in the reconstruction, 0 where it never varies, shape (n_inputs,).
        constant: Names of the inputs that never vary in the training events.
    """

    split: BackgroundSplit
    scaling: Scaling
    inputs: InputMap
    rarity: NDArray[np.float32]
    constant: tuple[str, ...]

    def shown(self, events: EventBatch) -> TrainingEvents:
        """Give events as the network sees them.

        Raises:
            DataError: If they are of another layout than the background.
        """
        if events.layout != self.inputs.layout:
            told = events.layout.told_apart(self.inputs.layout)
            raise DataError(
                f"{events.where or events.sample}: events of {told}, which the background has; give signals of "
                "that layout, in data.development too, or set that to {}"
            )
        present = events.layout.present(events.inputs_raw)
        return TrainingEvents(inputs=self.inputs.shown(events.inputs_raw), present=present)


def training_set(config: RunConfig) -> TrainingSet:
    """Read the background, choose the scaling, and refuse what nothing can be learned from.

    Raises:
        DataError: If a whole kind of object is never there, or the input type does not hold an input.
        UnresolvedRateError: If a budget cannot be resolved by the events kept for the rates, or what is watched
            by the validation events.
    """
    split = split_background(config.data)
    _check_budgets(config, len(split.rates))
    _check_watch(config, len(split.validation))
    raw, layout = split.training.inputs_raw, split.training.layout
    constant = raw.min(axis=0) == raw.max(axis=0)
    _check_objects(layout, constant, len(raw))
    grid = FixedType.from_cpp(config.model.input_type)
    scaling = chosen_scaling(split.training, grid)
    inputs = _input_map(config.model, scaling, raw)
    if config.model.inputs == "hardware":
        _check_input_type(hardware_inputs(scaling, grid), raw, constant)
    rarity = rarity_weights(layout.present(raw), config.training.loss.rarity_cap)
    rarity *= _object_weights(layout, config.training.loss.object_weights)
    return TrainingSet(
        split=split,
        scaling=scaling,
        inputs=inputs,
        rarity=np.where(constant, np.float32(0), rarity),
        constant=tuple(name for name, one in zip(layout.names, constant, strict=True) if one),
    )


def _object_weights(layout: InputLayout, weights: Mapping[str, float]) -> NDArray[np.float32]:
    """Give the factor of each input, by the type of its object."""
    kinds = {field.object_type for field in layout.fields}
    unknown = next((name for name in weights if name not in kinds), None)
    if unknown is not None:
        raise ConfigError(
            f"training.loss.object_weights names {unknown!r}; the events have {', '.join(sorted(kinds))}"
        )
    return np.array([weights.get(field.object_type, 1.0) for field in layout.fields], dtype=np.float32)


def _input_map(model: ModelConfig, scaling: Scaling, background_raw: NDArray[np.integer]) -> InputMap:
    """Show what the firmware casts; HGQ2 learns that cast, and floats need none."""
    if model.inputs == "standardised":
        return standardised_inputs(scaling.layout, background_raw)
    return hardware_inputs(scaling, FixedType.from_cpp(model.input_type) if model.backend == "qkeras" else None)


def _check_budgets(config: RunConfig, n_events: int) -> None:
    stream = configured_stream(config.rates)
    for name, budget in configured_budgets(config.rates).items():
        if n_events < (needed := events_needed(budget, stream)):
            raise UnresolvedRateError(
                f"{config.data.background}: {n_events} events are kept for the rates, and budget {name!r} of "
                f"{budget.text} needs {needed}; give more events, or smaller training and validation fractions"
            )


def _check_watch(config: RunConfig, n_events: int) -> None:
    fraction = config.training.watch_fraction
    if config.data.development and n_events * fraction < 1:
        raise UnresolvedRateError(
            f"{n_events} validation events cannot resolve training.watch_fraction {fraction:g}: at least "
            f"{math.ceil(1 / fraction)} are needed; give more, a larger fraction, or no data.development"
        )


def _check_objects(layout: InputLayout, constant: NDArray[np.bool_], n_events: int) -> None:
    """Refuse a sample in which no object of a type ever has a pT: the network would never see one."""
    for kind in sorted({field.object_type for field in layout.fields} - {FEATURE}):
        columns = [
            i for i, f in enumerate(layout.fields) if f.object_type == kind and f.quantity in ("pt", "et")
        ]
        if columns and constant[columns].all():
            raise DataError(
                f"{kind!r} is the same in all {n_events} training events; an input that never varies teaches "
                "nothing: use a layout without it, or a sample that has it"
            )
    if constant.all():
        raise DataError(f"all inputs are the same in all {n_events} training events")


def _check_input_type(inputs: InputMap, raw: NDArray[np.integer], constant: NDArray[np.bool_]) -> None:
    """Refuse an input type that cannot tell values of an input apart, or that most of them saturate."""
    grid = inputs.grid
    if grid is None:
        return
    shown = inputs.shown(raw)
    low, high = grid.raw_min * 2.0**-grid.fraction, grid.raw_max * 2.0**-grid.fraction
    present = inputs.layout.present(raw)
    there = np.maximum(present.sum(axis=0), 1)
    saturated = (((shown <= low) | (shown >= high)) & present).sum(axis=0) / there
    for column, name in enumerate(inputs.layout.names):
        if constant[column]:
            continue
        if shown[:, column].min() == shown[:, column].max():
            raise DataError(
                f"{name!r} is one and the same value in {grid}; give model.input_type more fraction bits"
            )
        if saturated[column] > _MOST_SATURATED:
            raise DataError(
                f"{saturated[column]:.0%} of {name!r} lie at the ends of {grid}; give model.input_type more "
                "integer bits"
            )
