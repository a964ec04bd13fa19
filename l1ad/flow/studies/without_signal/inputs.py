"""What a version is shown: while it is trained, and in use, with what is wrong on purpose."""

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from l1ad.config.studies.without_signal import SignalFreeDataConfig
from l1ad.core.errors import DataError
from l1ad.core.fixed import FixedType
from l1ad.core.layout import InputLayout
from l1ad.data.events import EventBatch
from l1ad.data.opening import load_events
from l1ad.emulate.mistaken_inputs import INPUT_MISTAKES
from l1ad.flow.studies.without_signal.plan import Version
from l1ad.training.inputs import InputMap, hardware_inputs, standardised_inputs
from l1ad.training.scaling import chosen_scaling

__all__ = ["Parts", "ShownEvents", "background_parts", "forget_events", "shown_events", "studied_signals"]

Float = NDArray[np.float32]
Raw = NDArray[np.integer]

_MISTAKES = {"truncated_pt": "truncated pT of all objects", "moved_inputs": "absent objects left out"}
"""Faults that are mistakes on the way to the inputs, as `INPUT_MISTAKES` calls them."""

_TOO_LARGE = 4.0
"""pT of the fault wrong_shift, over what it should be."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Parts:
    """Zero bias in parts without a common event, hardware integers of shape (n, n_inputs) each.

    Attributes:
        background: The events trained on, as a batch.
        validation: Those of early stopping.
        metrics: Those that metrics without signal are measured on.
        thresholds: Those that set the thresholds.
    """

    background: EventBatch
    validation: Raw
    metrics: Raw
    thresholds: Raw

    @property
    def layout(self) -> InputLayout:
        """What the inputs are."""
        return self.background.layout


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ShownEvents:
    """What a version sees.

    Attributes:
        training: Events of the training, repeated to their full number, shape (n, n_inputs).
        validation: Events of early stopping, spoilt as the training is.
        in_use: Gives what the network is shown of hardware integers, once it is deployed.
    """

    training: Float
    validation: Float
    in_use: Callable[[Raw], Float]


@functools.lru_cache(maxsize=1)  # every trial of a process reads the same
def background_parts(location: str, training: int, validation: int, metrics: int) -> Parts:
    """Read zero bias and cut it by position.

    Raises:
        DataError: If no events are left for the thresholds, or events have weights.
    """
    events = load_events(location)
    if events.weight is not None and (events.weight != 1).any():
        raise DataError(f"{location}: its events have weights, and thresholds count each as one")
    ends = np.cumsum([training, validation, metrics])
    if len(events) <= ends[-1]:
        raise DataError(
            f"{location}: {len(events)} events, of which {ends[-1]} are seen before thresholds are set; give "
            "more, or fewer training_events, validation_events and metric_events"
        )
    raw = events.inputs_raw
    return Parts(
        background=events.select(0, ends[0]),
        validation=raw[ends[0] : ends[1]],
        metrics=raw[ends[1] : ends[2]],
        thresholds=raw[ends[2] :],
    )


@functools.lru_cache(maxsize=1)
def _signals(locations: tuple[tuple[str, str], ...]) -> dict[str, EventBatch]:
    return {name: load_events(where) for name, where in locations}


def studied_signals(data: SignalFreeDataConfig, layout: InputLayout) -> dict[str, EventBatch]:
    """Read the signals, by name.

    Raises:
        DataError: If one is of another layout than zero bias.
    """
    signals = _signals(tuple(data.signals.items()))
    for name, events in signals.items():
        if events.layout != layout:
            raise DataError(f"signal {name!r}: events of {events.layout.told_apart(layout)} of zero bias")
    return signals


def forget_events() -> None:
    """Forget the events that were read: a study before this one, in one process, may have found others."""
    background_parts.cache_clear()
    _signals.cache_clear()


def shown_events(version: Version, parts: Parts, input_type: str) -> ShownEvents:
    """Lay out what a version sees, spoilt as its fault says."""
    rng = np.random.default_rng([version.seed, 1])
    inputs = _input_map(version, parts, input_type)
    alive = np.ones(parts.layout.n_inputs, np.float32)
    if version.fault == "dead_inputs":
        alive[rng.permutation(len(alive))[: len(alive) // 2]] = 0
    training = inputs.shown(parts.background.inputs_raw[: version.events]) * alive
    training = training[np.arange(len(parts.background)) % len(training)]
    validation = inputs.shown(parts.validation) * alive
    if version.fault == "shuffled_columns":
        training, validation = (rng.permuted(one, axis=0) for one in (training, validation))
    if version.fault == "noise":
        centre, width = training.mean(axis=0), training.std(axis=0)
        training, validation = (
            rng.normal(centre, width, one.shape).astype(np.float32) for one in (training, validation)
        )

    def in_use(raw: Raw) -> Float:
        return np.asarray(_deployed(version, inputs).shown(_mistaken(version, parts.layout, raw)) * alive)

    return ShownEvents(training=training, validation=validation, in_use=in_use)


def _input_map(version: Version, parts: Parts, input_type: str) -> InputMap:
    layout, raw = parts.layout, parts.background.inputs_raw
    if version.fault == "unscaled":
        n_inputs = layout.n_inputs
        return InputMap(layout=layout, offset=np.zeros(n_inputs), scale=np.ones(n_inputs), grid=None)
    if version.inputs == "standardised":
        return standardised_inputs(layout, raw)
    grid = FixedType.from_cpp(input_type)
    return hardware_inputs(chosen_scaling(parts.background, grid), grid)


def _deployed(version: Version, inputs: InputMap) -> InputMap:
    if version.fault != "wrong_shift":
        return inputs
    is_pt = np.array([field.quantity in ("pt", "et") for field in inputs.layout.fields])
    return replace(inputs, scale=np.where(is_pt, _TOO_LARGE * inputs.scale, inputs.scale))


def _mistaken(version: Version, layout: InputLayout, raw: Raw) -> Raw:
    name = _MISTAKES.get(version.fault or "")
    if name is None:
        return raw
    return next(one for one in INPUT_MISTAKES if one.name == name).change(layout, raw)
