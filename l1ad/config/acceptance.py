"""What a delivery of firmware must keep to be accepted: the budget file of `l1ad accept`."""

from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import Field, field_validator, model_validator

from l1ad.config.faults import at_keys
from l1ad.config.loading import Section, load_config
from l1ad.config.texts import RateText
from l1ad.core.errors import ConfigError

__all__ = [
    "GROUPS",
    "AcceptanceConfig",
    "AcceptedRatesConfig",
    "BitEqualityConfig",
    "FloatModelConfig",
    "Group",
    "HardwareConfig",
    "ThresholdBudget",
    "load_acceptance",
    "shipped_budgets",
]

Group = Literal["provenance", "bit_equality", "float_model", "timing", "resources", "rates"]

GROUPS: tuple[Group, ...] = get_args(Group)
"""The kinds of checks, in the order in which they are reported."""

Fraction = Annotated[float, Field(ge=0, le=1)]


class BitEqualityConfig(Section):
    """What must have given the same integers as the emulator, without tolerance."""

    implementations: tuple[str, ...] = Field(
        ("HLS C simulation", "CMSSW emulator library", "RTL in Verilator"),
        min_length=1,
        description="Implementations as `l1ad verify` names them; others compared may not differ either",
    )
    min_events: int = Field(100_000, ge=1, description="Events that each must have been compared on")


class FloatModelConfig(Section):
    """How far the integers may stray from the float model: a statistical comparison."""

    spearman: float = Field(0.99, ge=-1, le=1, description="Lowest rank correlation of the two scores")
    differing_decisions: Fraction | None = Field(
        None,
        description="Largest fraction of the accepted background that the float model, accepting as many, "
        "does not take; null: told, not limited",
    )
    efficiency_lost: Fraction = Field(
        0.05, description="Largest efficiency of any signal, at equal rate, that the float model has more"
    )


class HardwareConfig(Section):
    """Limits of ours; those left out are of the target that the firmware was built for."""

    latency_cycles: int | None = Field(
        None, ge=1, description="Clock cycles from the inputs to the accept bits; null: the target's"
    )
    initiation_interval_cycles: int | None = Field(
        None, ge=1, description="Clock cycles between two bunch crossings taken in; null: the target's"
    )
    lut: int | None = Field(None, ge=0, description="Look-up tables; null: the target's")
    ff: int | None = Field(None, ge=0, description="Flip-flops; null: the target's")
    dsp: int | None = Field(None, ge=0, description="DSP slices; null: the target's")
    bram_18k: int | None = Field(None, ge=0, description="Block memories in units of 18 kbit")


class ThresholdBudget(Section):
    """What a threshold may cost, in Hz, kHz or events/day."""

    total: RateText = Field(description="Largest rate, before prescale")
    pure: RateText | None = Field(
        None, description="Largest rate of what the menu does not take anyway; null: any"
    )


class AcceptedRatesConfig(Section):
    """The rates that the trigger may cost, and the events to count them on."""

    colliding_bunches: int | None = Field(
        None, ge=1, le=3564, description="Zero bias: colliding bunch pairs of the fill that the rates are for"
    )
    stream_events_per_day: float | None = Field(
        None, gt=0, description="Instead of colliding_bunches: the events are a preselected stream of this rate"
    )
    events: str | None = Field(
        None, description="Unselected events of the stream; null: what the run given has not trained on"
    )
    leave_out_fraction: float = Field(
        0.0, ge=0, lt=1, description="First part of these events that is not counted, e.g. what was trained on"
    )
    coverage: float = Field(0.95, gt=0, lt=1, description="Coverage of the intervals, two-sided")
    thresholds: dict[str, ThresholdBudget] = Field(min_length=1, description="Budget of each threshold")

    @model_validator(mode="after")
    def _one_stream(self) -> "AcceptedRatesConfig":
        if (self.colliding_bunches is None) == (self.stream_events_per_day is None):
            raise at_keys(
                "give either colliding_bunches (zero bias) or stream_events_per_day (a preselected stream)",
                "stream_events_per_day",
                "colliding_bunches",
            )
        if self.events is None and self.leave_out_fraction:
            raise at_keys("leave_out_fraction is of 'events', which is not given", "leave_out_fraction")
        return self


class AcceptanceConfig(Section):
    """The budget of a delivery."""

    name: str = Field(pattern=r"^[A-Za-z0-9_.-]+$", description="Name of the test suite that CI shows")
    demanded: tuple[Group, ...] = Field(
        ("provenance", "bit_equality", "timing", "resources", "rates"),
        description="Groups of checks of which every one must have been measured",
    )
    bit_equality: BitEqualityConfig = BitEqualityConfig()
    float_model: FloatModelConfig = FloatModelConfig()
    hardware: HardwareConfig = HardwareConfig()
    rates: AcceptedRatesConfig

    @field_validator("demanded")
    @classmethod
    def _once_each(cls, demanded: tuple[Group, ...]) -> tuple[Group, ...]:
        twice = next((group for group in demanded if demanded.count(group) > 1), None)
        if twice is not None:
            raise ValueError(f"{twice!r} is demanded twice")
        return demanded


def shipped_budgets() -> dict[str, Path]:
    """List the budgets that ship, by name."""
    folder = Path(str(files("l1ad.config") / "budgets"))
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def load_acceptance(source: str) -> AcceptanceConfig:
    """Read a budget by the name of one that ships, or by the path of a YAML file.

    Raises:
        ConfigError: If there is none of that name, or the file says something impossible.
    """
    shipped = shipped_budgets()
    if source not in shipped and Path(source).suffix not in (".yaml", ".yml"):
        raise ConfigError(
            f"{source!r} is no budget; {', '.join(shipped)} ship, or give the path of a YAML file"
        )
    return load_config(shipped.get(source, Path(source)), AcceptanceConfig)
