"""What a run is: data, model, training, firmware, rates. Every default is the demo's."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, PositiveInt, field_validator, model_validator

from l1ad.config.loading import Section
from l1ad.config.target import shipped_targets
from l1ad.core.fixed import FixedType, Overflow
from l1ad.core.names import cpp_identifier

__all__ = ["DataConfig", "FirmwareConfig", "ModelConfig", "RatesConfig", "RunConfig", "TrainingConfig"]


def _input_type(text: str) -> str:
    if FixedType.from_cpp(text).width > _WIDEST_INPUT:
        raise ValueError(f"inputs of more than {_WIDEST_INPUT} bits are not exact in Keras's float32 sums")
    return text


def _score_type(text: str) -> str:
    one = FixedType.from_cpp(text)
    if one.signed or one.overflow not in (Overflow.SAT, Overflow.SAT_SYM):
        raise ValueError(
            "the score must be unsigned and saturate, or the most anomalous events could score lowest, "
            "e.g. 'ap_ufixed<18,14,AP_TRN,AP_SAT>'"
        )
    return text


_WIDEST_INPUT = 16
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
        description="Events to look for, by name; never used in training",
    )
    training_fraction: float = Field(0.3, gt=0, lt=1, description="First part of the background, to train on")
    validation_fraction: float = Field(0.1, gt=0, lt=1, description="Next part, to watch the loss on")

    @field_validator("signals")
    @classmethod
    def _is_not_the_background(cls, signals: dict[str, str]) -> dict[str, str]:
        if "background" in signals:
            raise ValueError("no signal can be called 'background'; give it another name")
        return signals

    @model_validator(mode="after")
    def _leaves_events_for_rates(self) -> "DataConfig":
        if self.training_fraction + self.validation_fraction >= 1:
            raise ValueError("training_fraction and validation_fraction leave no events for the rates")
        return self


class ModelConfig(Section):
    """The variational autoencoder and its number formats. QKeras counts integer bits without the sign."""

    hidden: tuple[PositiveInt, ...] = Field((32, 16), min_length=1, description="Widths of hidden layers")
    latent: int = Field(8, ge=1, description="Size of the encoder mean")
    input_type: str = Field("ap_fixed<8,5,AP_RND_CONV,AP_SAT>", description="Format of the scaled inputs")
    weight_bits: int = Field(6, ge=2, le=8)
    weight_integer: int = Field(0, ge=0)
    bias_bits: int = Field(8, ge=2, le=8)
    bias_integer: int = Field(2, ge=0)
    activation_bits: int = Field(8, ge=1, le=8)
    activation_integer: int = Field(5, ge=0)
    mean_bits: int = Field(8, ge=2, le=8)
    mean_integer: int = Field(5, ge=0)
    score_type: str = Field("ap_ufixed<18,14,AP_TRN,AP_SAT>", description="Format of the score word")

    _checked_input = field_validator("input_type")(_input_type)
    _checked_score = field_validator("score_type")(_score_type)


class TrainingConfig(Section):
    """How it is trained."""

    seed: int = Field(1, ge=0)
    epochs: int = Field(30, ge=1)
    batch_events: int = Field(1024, ge=1)
    learning_rate: float = Field(2e-3, gt=0)
    beta: float = Field(0.5, ge=0, description="Weight of the KL term beside the reconstruction term")
    rarity_cap: float = Field(
        3000.0,
        ge=1,
        description="Inputs weigh in the reconstruction as the inverse of how often their object is there, "
        "at most this; 1 weighs all alike",
    )
    sparsity: float = Field(0.5, ge=0, lt=1, description="Fraction of encoder weights pruned to zero")
    pruning_start_epoch: int = Field(5, ge=0, description="Epochs before the first weight is pruned")
    pruning_end_epoch: int = Field(20, ge=1, description="Epoch from which the sparsity stays")

    @model_validator(mode="after")
    def _prunes_forwards(self) -> "TrainingConfig":
        if self.sparsity and not self.pruning_start_epoch < self.pruning_end_epoch <= self.epochs:
            raise ValueError("pruning must start before it ends, and end within the epochs")
        return self


class FirmwareConfig(Section):
    """What the firmware is built for."""

    folder: str = Field("firmware", description="Holds one folder for each algorithm")
    target: str = Field("ugt-vx690t", description="Part, clock, ports and budget: the name of a target that "
                        "ships, or the path of a target file")  # fmt: skip
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
            raise ValueError(f"strategy {self.strategy} shares no multiplier; set reuse_factor to 1")
        return self


class RatesConfig(Section):
    """The rate that the trigger may cost."""

    colliding_bunches: int | None = Field(2340, ge=1, le=3564, description="Zero bias: colliding bunch pairs "
                                          "of the fill that the rates are for")  # fmt: skip
    stream_events_per_day: float | None = Field(None, gt=0, description="Instead of colliding_bunches: the "
                                                "background is a preselected stream of this rate")  # fmt: skip
    budgets: dict[str, str] = Field(
        {"tight": "1 kHz", "loose": "5 kHz"},
        min_length=1,
        description="Name of each threshold and its budget, in Hz, kHz or events/day",
    )

    @field_validator("budgets")
    @classmethod
    def _name_ports(cls, budgets: dict[str, str]) -> dict[str, str]:
        if len({cpp_identifier(name) for name in budgets}) != len(budgets):
            raise ValueError("two thresholds would share an accept port of the firmware; rename one")
        return budgets

    @model_validator(mode="after")
    def _one_stream(self) -> "RatesConfig":
        if (self.colliding_bunches is None) == (self.stream_events_per_day is None):
            raise ValueError(
                "give either colliding_bunches (zero bias) or stream_events_per_day (a preselected stream)"
            )
        return self


class RunConfig(Section):
    """One run of the whole road."""

    name: str = Field("demo", description="Name of the algorithm; made safe for its firmware folder and C++")
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
