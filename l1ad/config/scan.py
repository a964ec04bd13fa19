"""What a scan is: a run to start from, keys of it with the values to try, and what makes a run good."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from l1ad.config.faults import at_keys
from l1ad.config.keys import check_key, document_with, number_at
from l1ad.config.loading import Section, load_config, parse_config, read_document
from l1ad.config.run import RunConfig
from l1ad.core.errors import ConfigError

__all__ = [
    "DIRECTIONS",
    "Choice",
    "Direction",
    "Objective",
    "Range",
    "Sampler",
    "ScanConfig",
    "load_scan",
    "with_values",
]

Sampler = Literal["tpe", "random", "nsga2"]
Objective = Literal["efficiency", "lut", "latency_cycles", "ebops"]
Direction = Literal["maximize", "minimize"]

DIRECTIONS: dict[Objective, Direction] = {
    "efficiency": "maximize",
    "lut": "minimize",
    "latency_cycles": "minimize",
    "ebops": "minimize",
}
"""Which way each objective is better."""


class Choice(Section):
    """One of the values of a list, which may be numbers, texts, lists or whole sections."""

    choices: tuple[Any, ...] = Field(min_length=1, description="Values to choose from, each once")

    @field_validator("choices")
    @classmethod
    def _differ(cls, choices: tuple[Any, ...]) -> tuple[Any, ...]:
        for place, value in enumerate(choices):
            if value in choices[:place] and type(value) is type(choices[choices.index(value)]):
                raise ValueError(f"{value!r} is there twice")
        return choices


class Range(Section):
    """A number between two ends, both of them included."""

    low: int | float = Field(description="Lower end, included")
    high: int | float = Field(description="Upper end, included")
    log: bool = Field(False, description="Whether each factor is as likely, not each difference")
    step: int | float | None = Field(None, gt=0, description="Of what the values are multiples, from low on")

    @model_validator(mode="after")
    def _is_one(self) -> "Range":
        if not self.low < self.high:
            raise at_keys(f"low {self.low:g} is not below high {self.high:g}", "low", "high")
        if self.log and self.low <= 0:
            raise at_keys(f"a logarithm needs a low end above 0, not {self.low:g}", "low")
        if self.log and self.step is not None:
            raise at_keys("a step and log do not go together", "step", "log")
        if self.step is not None and (_exact(self.high) - _exact(self.low)) % _exact(self.step):
            raise at_keys(f"steps of {self.step:g} do not lead from {self.low:g} to {self.high:g}", "step")
        return self

    @property
    def whole(self) -> bool:
        """Whether the values are whole numbers; in a scan they are where the key counts something."""
        return all(isinstance(one, int) for one in (self.low, self.high, self.step or 0))


def _exact(number: float) -> Decimal:
    return Decimal(str(number))


def _picked(given: Any) -> Any:
    """Take a mapping for a choice or for a range, by its keys."""
    if isinstance(given, Choice | Range):
        return given
    if not isinstance(given, dict) or not given:
        raise ValueError("give either choices, or low and high")
    model: type[Section] = Choice if "choices" in given else Range
    stranger = next((str(key) for key in given if key not in model.model_fields), None)
    if stranger is not None:
        raise ValueError(f"unknown key {stranger!r}; give either choices, or low and high, with log or step")
    return model.model_validate(given)


def _known(key: str) -> str:
    check_key(key)
    return key


Key = Annotated[str, AfterValidator(_known)]
"""A key of a run's configuration, with the sections it lies in, e.g. `training.loss.beta`."""

Values = Annotated[Choice | Range, BeforeValidator(_picked)]


class ScanConfig(Section):
    """Many runs that differ in some keys, and how the next one is chosen by those before."""

    base: RunConfig = Field(RunConfig(), description="What the runs have in common: a run's configuration, or "
                            "in a file its path from there")  # fmt: skip
    space: dict[Key, Values] = Field(min_length=1, description="Values to try, by key of the run")
    trials: int = Field(100, ge=1, description="Runs in all; more than before lets a finished scan go on")
    seed: int = Field(1, ge=0, description="Of the sampler; a training has its own")
    sampler: Sampler = Field("tpe", description="tpe: tree-structured Parzen estimators (arXiv:2304.11127); "
                             "nsga2: a genetic algorithm (doi:10.1109/4235.996017)")  # fmt: skip
    first_trials: int = Field(
        20, ge=2, description="Drawn at random before tpe learns from them; with nsga2 those of one generation"
    )
    objectives: tuple[Objective, ...] = Field(
        ("efficiency", "lut"), min_length=1, description="What the front is of; the rest is recorded as well"
    )
    rate_khz: float = Field(
        1.0, gt=0, description="Rate at which the efficiency is: geometric mean over the development signals"
    )

    @field_validator("space")
    @classmethod
    def _can_be_set(cls, space: dict[str, Choice | Range], info: ValidationInfo) -> dict[str, Choice | Range]:
        for key in space:
            outer = next((one for one in space if key.startswith(f"{one}.")), None)
            if outer is not None:
                raise _fault(
                    key,
                    space[key].model_dump(exclude_defaults=True),
                    f"the key lies in {outer}, which is set as a whole",
                )
        base = info.data.get("base")
        return {key: _of_its_kind(base, key, values) for key, values in space.items()} if base else space

    @field_validator("objectives")
    @classmethod
    def _differ(cls, objectives: tuple[Objective, ...]) -> tuple[Objective, ...]:
        if len(set(objectives)) != len(objectives):
            raise ValueError("an objective is there twice")
        return objectives


def load_scan(path: Path) -> ScanConfig:
    """Read the file of a scan, and that of the run it starts from when `base` is a path.

    Raises:
        ConfigError: If either is missing, not YAML, or holds a key or value that is not known.
    """
    document = read_document(path)
    if isinstance(document.get("base"), str):
        document["base"] = load_config(path.parent / document["base"], RunConfig)
    return parse_config(document, ScanConfig, where=str(path))


def with_values(base: RunConfig, values: Mapping[str, Any], *, where: str) -> RunConfig:
    """Set keys of a run's configuration, and check it as if it had been written so.

    Args:
        base: What the rest is taken from.
        values: Value of each key, e.g. `{"model.hidden": [32, 16], "training.loss.beta": 0.5}`.
        where: What a refusal begins with.

    Raises:
        ConfigError: If a key is not known, or a value is refused, by itself or beside the others.
    """
    try:
        return RunConfig.model_validate(document_with(base, values))
    except ValidationError as fault:
        first = fault.errors()[0]
        told = next((key for key in values if _is_at(first["loc"], key)), None)
        setting = ", ".join(f"{key} = {values[key]!r}" for key in ([told] if told else values))
        message = first["msg"].removeprefix("Value error, ")
        raise ConfigError(f"{where}: {setting}: {message[0].lower()}{message[1:]}") from None
    except ValueError as fault:
        raise ConfigError(f"{where}: {fault}") from None


def _of_its_kind(base: RunConfig, key: str, values: Choice | Range) -> Choice | Range:
    """Refuse values that the key can never have; the ends of a range become what the key counts in."""
    if isinstance(values, Choice):
        for place, value in enumerate(values.choices):
            _check_alone(base, key, value, "choices", place)
        return values
    number, given = number_at(key), values.model_dump(exclude_defaults=True)
    if number is None:
        raise _fault(key, given, "the key holds no number, so it has no range; give choices")
    if number is int and not values.whole:
        raise _fault(key, given, "the key counts something; give whole ends, and a whole step if any")
    _check_alone(base, key, values.low, "low")
    _check_alone(base, key, values.high, "high")
    if number is int:
        return values
    step = None if values.step is None else float(values.step)
    return Range(low=float(values.low), high=float(values.high), log=values.log, step=step)


def _check_alone(base: RunConfig, key: str, value: Any, *at: str | int) -> None:
    """Refuse a value for itself; what it does beside other keys is known when all of them are set."""
    try:
        RunConfig.model_validate(document_with(base, {key: value}))
    except ValidationError as fault:
        own = next((one for one in fault.errors() if _is_at(one["loc"], key)), None)
        if own is not None:
            raise _fault(key, value, own["msg"].removeprefix("Value error, "), *at) from None


def _is_at(location: tuple[int | str, ...], key: str) -> bool:
    parts = key.split(".")
    own = len(parts) - 1 if location and location[-1] == "[key]" else len(parts)
    return [str(part) for part in location[:own]] == parts[:own]


def _fault(key: str, value: Any, message: str, *at: str | int) -> ValidationError:
    """Make a fault of one key of the space, which is then told with its path."""
    error = PydanticCustomError("space", "{told}", {"told": message})
    line = InitErrorDetails(type=error, loc=(key, *at), input=value)
    return ValidationError.from_exception_data("space", [line])
