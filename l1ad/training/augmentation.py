"""Changed views of events: objects taken away, the event turned in φ, pT smeared, all in hardware steps."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.config.training import AugmentationConfig
from l1ad.core.errors import ConfigError
from l1ad.core.layout import FEATURE, InputLayout
from l1ad.data.physical import physical_values
from l1ad.training.inputs import InputMap
from l1ad.training.random_numbers import normal, uniform
from l1ad.training.reading_back import hardware_steps

__all__ = ["Augmentation"]

_MOST_STEPS = 1 << 16
"""Steps of an input that are tabulated."""


class Augmentation:
    """What is done to a batch of events, between the input map and the network.

    Every value that comes out is one that the input map shows of some hardware integer of the layout: the
    integers are read back, changed, and looked up in a table that the map itself has made. An integer that a
    cast has rounded or saturated is read back as the one it looks like. The list of a type is not sorted or
    closed up again: a slot may stand empty before a full one, and pT may come out of order.

    The columns of a table describe the event as a whole and belong to no object; they stay as they are.
    """

    def __init__(self, inputs: InputMap, config: AugmentationConfig) -> None:
        """Prepare the tables.

        Args:
            inputs: How events are shown.
            config: What is done to them.

        Raises:
            ConfigError: If the layout has nothing that could be changed so, or inputs that cannot be read back.
        """
        self._inputs, self._config = inputs, config
        layout = inputs.layout
        self._slots = _slot_of_input(layout)
        if config.mask_objects and not (self._slots >= 0).any():
            raise ConfigError(
                f"layout {layout.name!r} has no objects that augmentation.mask_objects could take"
            )
        self._turned = _changeable(inputs, ("phi",), "rotate_phi") if config.rotate_phi else None
        self._smeared = _changeable(inputs, ("pt", "et"), "smear_pt") if config.smear_pt else None
        self._turn = _steps_of_a_turn(layout, self._turned.columns) if self._turned else np.zeros(0, np.float32)

    def __call__(self, inputs: Any, present: Any, seed: Any) -> tuple[Any, Any]:
        """Make a view of a batch, with other random numbers at every call.

        Objects are taken away first, MET like any other, and are shown as absent ones are. Then the event is
        turned by one angle, rounded to the steps of each φ, so that differences between objects of one step
        stay; last pT is multiplied by 1 + s·N(0, 1), not below one step nor beyond its word. An object that
        is absent stays as it is.

        Args:
            inputs: What is shown, shape (n_events, n_inputs).
            present: Whether the object of each input is there, same shape, of any type.
            seed: A `keras.random.SeedGenerator`.

        Returns:
            What is shown of the view, and whether the object of each input is there in it, in the types given.
        """
        import keras
        from keras import ops

        inputs, present = ops.convert_to_tensor(inputs), ops.convert_to_tensor(present)
        here = ops.cast(present, "bool")
        if self._config.mask_objects:
            kept = self._kept(ops.shape(inputs)[0], seed)
            inputs = ops.where(ops.logical_and(here, ops.logical_not(kept)), self._inputs.absent, inputs)
            here = ops.logical_and(here, kept)
        if self._turned:
            inputs = self._replaced(inputs, here, self._turned, self._rotated, seed)
        if self._smeared:
            inputs = self._replaced(inputs, here, self._smeared, self._with_other_pt, seed)
        return inputs, ops.cast(here, keras.backend.standardize_dtype(present.dtype))

    def _kept(self, n_events: Any, seed: Any) -> Any:
        """Draw the objects that stay, shape (n_events, n_inputs)."""
        from keras import ops

        drawn = uniform((n_events, int(self._slots.max()) + 1), seed)
        of_input = ops.take(drawn, np.maximum(self._slots, 0), axis=1)
        return ops.logical_or(of_input >= self._config.mask_objects, self._slots < 0)

    def _replaced(self, inputs: Any, here: Any, some: "_Changeable", change: Any, seed: Any) -> Any:
        """Change some of the inputs in hardware steps where their object is there."""
        from keras import ops

        before = ops.take(inputs, some.columns, axis=1)
        steps = change(hardware_steps(before, self._inputs, some.columns), some, seed)
        rows, n_columns = ops.cast(steps - some.low, "int32"), len(some.columns)
        after = ops.take(some.shown.reshape(-1), rows * n_columns + np.arange(n_columns, dtype=np.int32))
        after = ops.where(ops.take(here, some.columns, axis=1), after, before)
        order = np.arange(self._inputs.layout.n_inputs)
        order[some.columns] = len(order) + np.arange(len(some.columns))
        return ops.take(ops.concatenate([inputs, after], axis=1), order, axis=1)

    def _rotated(self, steps: Any, some: "_Changeable", seed: Any) -> Any:
        from keras import ops

        part = uniform((ops.shape(steps)[0], 1), seed)
        return ops.mod(steps - some.low + ops.round(part * self._turn), self._turn) + some.low

    def _with_other_pt(self, steps: Any, some: "_Changeable", seed: Any) -> Any:
        from keras import ops

        factor = 1.0 + self._config.smear_pt * normal(ops.shape(steps), seed)
        smeared = some.zero + (steps - some.zero) * factor
        return ops.clip(ops.round(smeared), 1.0, some.high)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Changeable:
    """Inputs that are changed, and what each of their hardware integers is shown as.

    Attributes:
        columns: Which inputs, shape (n_columns,).
        low: Their lowest hardware integers, same shape.
        high: Their highest.
        zero: The hardware integers of 0 GeV: 1 for what counts from one, as the muons of the µGT.
        shown: What is shown of present objects, shape (n_steps, n_columns); `low` is row 0.
    """

    columns: NDArray[np.int64]
    low: NDArray[np.float32]
    high: NDArray[np.float32]
    zero: NDArray[np.float32]
    shown: NDArray[np.float32]


def _slot_of_input(layout: InputLayout) -> NDArray[np.int64]:
    """Number the objects; −1 for columns of tables, which belong to none. Shape (n_inputs,)."""
    numbers: dict[tuple[str, int], int] = {}
    objects = [(f.object_type, f.slot) for f in layout.fields]
    of_input = [-1 if o[0] == FEATURE else numbers.setdefault(o, len(numbers)) for o in objects]
    return np.array(of_input, dtype=np.int64)


def _changeable(inputs: InputMap, quantities: Sequence[str], asked: str) -> _Changeable:
    """Tabulate what is shown of the inputs of some quantities, and see that it can be read back."""
    layout = inputs.layout
    columns = np.array(
        [i for i, f in enumerate(layout.fields) if f.object_type != FEATURE and f.quantity in quantities],
        dtype=np.int64,
    )
    if not len(columns):
        raise ConfigError(
            f"layout {layout.name!r} has no object with {' or '.join(quantities)}, "
            f"which augmentation.{asked} needs"
        )
    fields = [layout.fields[column] for column in columns]
    n_steps = max(field.raw_max - field.raw_min for field in fields) + 1
    if n_steps > _MOST_STEPS:
        raise ConfigError(
            f"layout {layout.name!r}: augmentation.{asked} knows inputs of up to 16 bits, not {n_steps} steps"
        )
    raw = np.clip(np.arange(n_steps)[:, None] + layout.raw_min, layout.raw_min, layout.raw_max)
    pt = layout.pt_of_input[columns]
    raw[:, pt] = np.maximum(raw[:, pt], 1)  # of objects that are there
    one = np.ones(1, dtype=np.int64)
    some = _Changeable(
        columns=columns,
        low=layout.raw_min[columns].astype(np.float32),
        high=layout.raw_max[columns].astype(np.float32),
        zero=np.array([float(physical_values(field, one)[0] == 0.0) for field in fields], np.float32),
        shown=inputs.shown(raw)[:, columns],
    )
    _check_read_back(inputs, some, asked)
    return some


def _check_read_back(inputs: InputMap, some: _Changeable, asked: str) -> None:
    """Refuse a cast that shows far values alike, as one that wraps does."""
    rows = np.asarray(hardware_steps(some.shown, inputs, some.columns)) - some.low
    again = np.take_along_axis(some.shown, rows.astype(np.int64), axis=0)
    for column, same in zip(some.columns, (again == some.shown).all(axis=0), strict=True):
        if not same:
            raise ConfigError(
                f"{inputs.layout.names[column]!r} does not fit {inputs.grid}, where far values look alike; "
                f"augmentation.{asked} needs a type that holds it or saturates"
            )


def _steps_of_a_turn(layout: InputLayout, columns: NDArray[np.int64]) -> NDArray[np.float32]:
    """Count the hardware steps of 2π for each φ, shape (n_columns,)."""
    fields = [layout.fields[column] for column in columns]
    steps = [round(2 * math.pi / field.lsb) for field in fields]
    for field, turn in zip(fields, steps, strict=True):
        there = field.raw_max - field.raw_min + 1
        if there < turn:
            raise ConfigError(
                f"{field.name!r} has {there} of the {turn} steps of a turn; augmentation.rotate_phi needs all"
            )
    return np.array(steps, dtype=np.float32)
