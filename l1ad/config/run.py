"""What a run is: data, model, training, firmware, rates. Every default is the demo's."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from l1ad.config.faults import at_keys
from l1ad.config.loading import Section
from l1ad.config.model import ModelConfig
from l1ad.config.target import shipped_targets
from l1ad.config.texts import RateText
from l1ad.config.training import TrainingConfig
from l1ad.core.names import cpp_identifier

__all__ = ["DataConfig", "FirmwareConfig", "RatesConfig", "RunConfig"]


SampleName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_]+$")]
"""A name that is also a file name."""


class DataConfig(Section):
    """Where the events are. `sample:NAME` ships with the package; anything else is a path."""

    background: str = Field("sample:zero_bias", description="Events that the detector normally sees; the "
                            "part not trained on is the zero-bias sample of the rates")  # fmt: skip
    signals: dict[SampleName, str] = Field(
        {
            "a_to_4l": "sample:a_to_4l",
            "lq_to_btau": "sample:lq_to_btau",
            "h_to_tautau": "sample:h_to_tautau",
            "hch_to_taunu": "sample:hch_to_taunu",
            "h_to_aa_4b": "sample:h_to_aa_4b",
            "displaced_muons": "sample:displaced_muons",
            "emerging_jets": "sample:emerging_jets",
            "vbf_h_invisible": "sample:vbf_h_invisible",
        },
        min_length=1,
        description="Events to look for, by name: the verdict is on them, and nothing is chosen by them",
    )
    development: dict[SampleName, str] = Field(
        {
            "ttbar": "sample:ttbar",
            "zprime_to_qq": "sample:zprime_to_qq",
            "h_to_aa_4tau": "sample:h_to_aa_4tau",
            "wprime_to_lnu": "sample:wprime_to_lnu",
            "z_to_nunu_jet": "sample:z_to_nunu_jet",
        },
        description="Signals that trainings may be chosen by, and which no verdict counts",
    )
    training_fraction: float = Field(0.3, gt=0, lt=1, description="First part of the background, to train on")
    validation_fraction: float = Field(0.1, gt=0, lt=1, description="Next part, to watch the loss on")

    @field_validator("signals", "development")
    @classmethod
    def _is_not_the_background(cls, signals: dict[str, str]) -> dict[str, str]:
        if "background" in signals:
            raise at_keys("no signal can be called 'background'; give it another name", "background")
        return signals

    @model_validator(mode="after")
    def _keeps_the_verdict_apart(self) -> "DataConfig":
        both = set(self.signals) & set(self.development)
        shared = set(self.signals.values()) & set(self.development.values())
        if both or shared:
            told = sorted(both or shared)[0]
            raise at_keys(
                f"{told} is both a signal of the verdict and one for development; what choices were made by "
                "proves nothing",
                *(
                    (key, name)
                    for key, named in (("development", self.development), ("signals", self.signals))
                    for name, source in named.items()
                    if told in (name, source)
                ),
            )
        return self

    @model_validator(mode="after")
    def _leaves_events_for_rates(self) -> "DataConfig":
        if self.training_fraction + self.validation_fraction >= 1:
            raise at_keys(
                "training_fraction and validation_fraction leave no events for the rates",
                "training_fraction",
                "validation_fraction",
            )
        return self


class FirmwareConfig(Section):
    """What the firmware is built for."""

    folder: str = Field("firmware", description="Holds one folder for each algorithm")
    target: str = Field(
        "ugt-vx690t",
        description="Part, clock, ports and budget: the name of a target that ships, or the path of a target "
        "file",
        json_schema_extra={
            "anyOf": [
                {"type": "string", "enum": [*shipped_targets()]},
                {"type": "string", "pattern": r"\.ya?ml$", "description": "Path of a target file"},
            ]
        },
    )
    strategy: Literal["latency", "resource", "distributed_arithmetic"] = Field(
        "latency", description="How hls4ml multiplies"
    )
    reuse_factor: int = Field(1, ge=1, description="Products that share a multiplier, with strategy resource")

    @field_validator("target")
    @classmethod
    def _is_known(cls, target: str) -> str:
        if Path(target).suffix not in (".yaml", ".yml") and target not in shipped_targets():
            raise ValueError(
                f"no such target; {', '.join(shipped_targets())} ship, or give the path of a YAML file"
            )
        return target

    @model_validator(mode="after")
    def _shares_with_resource_alone(self) -> "FirmwareConfig":
        if self.reuse_factor > 1 and self.strategy != "resource":
            raise at_keys(
                f"strategy {self.strategy} shares no multiplier; set reuse_factor to 1", "reuse_factor"
            )
        return self


class RatesConfig(Section):
    """The rate that the trigger may cost."""

    colliding_bunches: int | None = Field(2340, ge=1, le=3564, description="Zero bias: colliding bunch pairs "
                                          "of the fill that the rates are for")  # fmt: skip
    stream_events_per_day: float | None = Field(None, gt=0, description="Instead of colliding_bunches: the "
                                                "background is a preselected stream of this rate")  # fmt: skip
    budgets: dict[str, RateText] = Field(
        {"tight": "1 kHz", "loose": "5 kHz"},
        min_length=1,
        description="Name of each threshold and its budget, in Hz, kHz or events/day",
    )

    pure_budgets: dict[str, RateText] = Field(
        {},
        description="The same for pure rates: of the events that no seed of the menu accepts",
    )

    @model_validator(mode="after")
    def _name_ports(self) -> "RatesConfig":
        named = {"budgets": self.budgets, "pure_budgets": self.pure_budgets}
        ways = [(key, name) for key, budgets in named.items() for name in budgets]
        of_port: dict[str, list[tuple[str, str]]] = {}
        for way in ways:
            of_port.setdefault(cpp_identifier(way[1]), []).append(way)
        shared = next((ways for ways in of_port.values() if len(ways) > 1), None)
        if shared is not None:
            message = "two thresholds would share an accept port of the firmware; rename one"
            raise at_keys(message, *reversed(shared))
        return self

    @model_validator(mode="after")
    def _one_stream(self) -> "RatesConfig":
        if (self.colliding_bunches is None) == (self.stream_events_per_day is None):
            raise at_keys(
                "give either colliding_bunches (zero bias) or stream_events_per_day (a preselected stream)",
                "stream_events_per_day",
                "colliding_bunches",
            )
        return self


class RunConfig(Section):
    """One run of the whole road."""

    name: str = Field(
        "demo",
        description="Name of the algorithm; made safe for its firmware folder and C++",
        json_schema_extra={"pattern": "[0-9A-Za-z]"},
    )
    data: DataConfig = DataConfig()
    model: ModelConfig = ModelConfig()
    training: TrainingConfig = TrainingConfig()
    firmware: FirmwareConfig = FirmwareConfig()
    rates: RatesConfig = RatesConfig()

    @field_validator("name")
    @classmethod
    def _can_be_made_safe(cls, name: str) -> str:
        cpp_identifier(name)
        return name
