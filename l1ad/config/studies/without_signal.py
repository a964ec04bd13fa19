"""The study of metrics without signal: which versions are trained, well and badly, and what they are asked."""

from pathlib import Path
from typing import Annotated, Literal, Self, get_args

from pydantic import Field, PositiveInt, model_validator

from l1ad.config.loading import Section
from l1ad.config.studies.families import FitConfig, StudyConfig
from l1ad.config.texts import FormatText

__all__ = [
    "FAULTS",
    "Fault",
    "KindConfig",
    "ShapeConfig",
    "SignalFreeDataConfig",
    "VersionsConfig",
    "WithoutSignalConfig",
]

Fault = Literal[
    "untrained", "one_step", "too_fast", "collapsed", "shuffled_columns", "noise", "few_events", "truncated_pt",
    "moved_inputs", "wrong_shift", "unscaled", "dead_inputs",
]  # fmt: skip

FAULTS: dict[Fault, str] = {
    "untrained": "The weights that training would begin with.",
    "one_step": "One batch, seen once.",
    "too_fast": "A learning rate far too high.",
    "collapsed": "The penalty outweighs the reconstruction.",
    "shuffled_columns": "Trained on events whose inputs are drawn from different events, each on its own.",
    "noise": "Trained on Gaussian noise with the mean and width of each input.",
    "few_events": "Trained on a few hundred events, again and again.",
    "truncated_pt": "Trained well; in use pT is cut down to whole GeV.",
    "moved_inputs": "Trained well; in use lists are not padded, so that later inputs move up.",
    "wrong_shift": "Trained well; in use pT is four times too large, two bits of shift off.",
    "unscaled": "Hardware integers as they are, in training and in use.",
    "dead_inputs": "Half of the inputs are 0, in training and in use.",
}
"""What is wrong with a version of each fault."""

_SAMPLE = "sample:"

_SIGNALS = (
    "a_to_4l", "displaced_muons", "emerging_jets", "h_to_aa_4b", "h_to_aa_4tau", "h_to_tautau", "hch_to_taunu",
    "lq_to_btau", "ttbar", "vbf_h_invisible", "wprime_to_lnu", "z_to_nunu_jet", "zprime_to_qq",
)  # fmt: skip

Positive = Annotated[float, Field(gt=0)]
Rate = Annotated[float, Field(gt=0, lt=1)]


class SignalFreeDataConfig(Section):
    """Zero bias and its parts, in the order of its file, and signals, which are asked at the very end."""

    background: str = Field(
        "sample:zero_bias", description="Zero bias: sample:NAME, or a file, from the study's file"
    )
    signals: dict[str, str] = Field(
        {name: f"{_SAMPLE}{name}" for name in _SIGNALS},
        min_length=1,
        description="Name and events of each signal that metrics are held against; no metric sees them",
    )
    training_events: PositiveInt = Field(65_000, description="First events: weights and input scaling")
    validation_events: PositiveInt = Field(10_000, description="Next ones: early stopping")
    metric_events: int = Field(
        25_000, ge=100, description="Next ones: metrics without signal; what is left sets the thresholds"
    )

    @property
    def seen(self) -> int:
        """Events before those that set the thresholds."""
        return self.training_events + self.validation_events + self.metric_events

    def located(self, folder: Path) -> Self:
        """Take paths as counting from a folder; samples stay."""

        def at(one: str) -> str:
            return one if one.startswith(_SAMPLE) else str(folder / one)

        signals = {name: at(one) for name, one in self.signals.items()}
        return self.model_copy(update={"background": at(self.background), "signals": signals})


class KindConfig(Section):
    """A family, and how many versions are of it."""

    kind: Literal["vanilla", "sparse", "contractive", "variational"] = Field(description="The family")
    share: Positive = Field(description="Versions of it, in proportion to those of others")
    weight: tuple[Positive, Positive] = Field(
        (1.0, 1.0), description="Ends of the weight of its penalty, drawn evenly in its logarithm"
    )


class ShapeConfig(Section):
    """Sizes of an encoder; the decoder mirrors it."""

    hidden: tuple[PositiveInt, ...] = Field((32, 16), min_length=1, description="Widths of the hidden layers")
    latent: PositiveInt = Field(8, description="Size of the code")


class VersionsConfig(Section):
    """The plan of versions: what is drawn for each, and how many are spoilt on purpose."""

    number: int = Field(120, ge=8, description="Versions in all")
    bad_share: Rate = Field(0.3, description="Share of them that are spoilt on purpose")
    faults: tuple[Fault, ...] = Field(
        get_args(Fault), min_length=1, description="What is wrong with those, in turn; everything else is sound"
    )
    kinds: tuple[KindConfig, ...] = Field(
        (
            KindConfig(kind="variational", share=0.5, weight=(0.02, 4.0)),
            KindConfig(kind="sparse", share=0.3, weight=(0.02, 2.0)),
            KindConfig(kind="vanilla", share=0.1),
            KindConfig(kind="contractive", share=0.1, weight=(0.01, 1.0)),
        ),
        min_length=1,
        description="Families",
    )
    shapes: tuple[ShapeConfig, ...] = Field(
        (
            ShapeConfig(hidden=(32, 16), latent=8),
            ShapeConfig(hidden=(32, 16), latent=3),
            ShapeConfig(hidden=(64, 32), latent=16),
        ),
        min_length=1,
        description="Sizes, in turn",
    )
    inputs: tuple[Literal["hardware", "standardised"], ...] = Field(
        ("hardware", "standardised"), min_length=1, description="Input scalings, in turn"
    )
    events: tuple[PositiveInt, ...] = Field(
        (65_000, 16_000, 4_000), min_length=1, description="Distinct training events, in turn; repeated to all"
    )
    learning_rate: tuple[Positive, Positive] = Field(
        (5e-4, 5e-3), description="Ends of Adam's learning rate, drawn evenly in its logarithm"
    )
    epochs: tuple[PositiveInt, PositiveInt] = Field((6, 24), description="Ends of the passes, drawn evenly")
    activation: Literal["relu", "elu", "leaky_relu", "tanh"] = Field("relu", description="Between the layers")
    too_fast_learning_rate: Positive = Field(1.0, description="Of the fault too_fast")
    collapsed_weight: Positive = Field(1_000.0, description="Of the penalty, in the fault collapsed")
    few_events: PositiveInt = Field(500, description="Distinct training events of the fault few_events")

    @model_validator(mode="after")
    def _can_be_drawn(self) -> "VersionsConfig":
        ranges = {f"kinds.{one.kind}.weight": one.weight for one in self.kinds}
        for name, ends in {**ranges, "learning_rate": self.learning_rate, "epochs": self.epochs}.items():
            if ends[0] > ends[1]:
                raise ValueError(f"{name} lies between rising ends, not {ends[0]:g} and {ends[1]:g}")
        for name, several in (("faults", self.faults), ("kinds", tuple(one.kind for one in self.kinds))):
            if len(set(several)) != len(several):
                raise ValueError(f"{name} names something twice")
        if "collapsed" in self.faults and not {"variational", "sparse", "contractive"} & {
            one.kind for one in self.kinds
        }:
            raise ValueError("no kind has a penalty that could collapse it; take collapsed out of faults")
        n_bad = round(self.number * self.bad_share)
        if n_bad < len(self.faults) or self.number - n_bad < len(self.kinds):
            raise ValueError(
                f"{self.number} versions, {n_bad} of them bad, leave some of {len(self.faults)} faults or "
                f"{len(self.kinds)} kinds without any; give more versions"
            )
        return self


class WithoutSignalConfig(StudyConfig):
    """Metrics that need no signal, held against signal efficiency over many trained versions."""

    kind: Literal["without_signal"] = Field("without_signal", description="Which study")
    seed: int = Field(1, ge=0, description="Of the plan, weights, orders and resamplings")
    data: SignalFreeDataConfig = SignalFreeDataConfig()
    versions: VersionsConfig = VersionsConfig()
    batch: PositiveInt = Field(1_024, description="Events of one step of the optimiser")
    patience_epochs: PositiveInt = Field(
        6, description="Stop when the validation loss has not fallen for so many epochs"
    )
    input_type: FormatText = Field(
        "ap_fixed<8,5,AP_RND_CONV,AP_SAT>", description="Cast of hardware inputs, as the firmware has it"
    )
    false_positive_rates: tuple[Rate, ...] = Field(
        (1e-4, 1e-5), min_length=1, description="Shares of zero bias that thresholds accept, main one first"
    )
    subsets: int = Field(10, ge=2, description="Parts that the stability of latent means is measured over")
    density_events: int = Field(2_000, ge=4, description="Events that the latent density is estimated with")
    candidates: int = Field(10, ge=2, description="Versions that a group would choose one of by a metric")
    within_factor: float = Field(1.25, gt=1, description="A choice is fine if so close to the best of them")

    @model_validator(mode="after")
    def _can_be_measured(self) -> "WithoutSignalConfig":
        least = min(self.data.training_events, self.data.validation_events)
        if least < self.batch:
            raise ValueError(
                f"{least} events to train on or to validate are less than one batch of {self.batch}"
            )
        if len(set(self.false_positive_rates)) != len(self.false_positive_rates):
            raise ValueError("false_positive_rates names one twice")
        if self.subsets > self.data.metric_events:
            raise ValueError(
                f"{self.data.metric_events} metric_events cannot be cut into {self.subsets} subsets"
            )
        most = max(*self.versions.events, self.versions.few_events)
        if most > self.data.training_events:
            raise ValueError(f"versions want {most} distinct events of {self.data.training_events} to train on")
        return self

    def fit(self, learning_rate: float, epochs: int) -> FitConfig:
        """Say how a version is trained."""
        return FitConfig(
            epochs=epochs, batch=self.batch, learning_rate=learning_rate, patience_epochs=self.patience_epochs
        )

    def located(self, folder: Path) -> Self:
        """Take paths of events as counting from the folder of the study file."""
        return self.model_copy(update={"data": self.data.located(folder)})
