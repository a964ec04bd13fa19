"""The lepton + X study: which processes and signals, which autoencoders, which budgets of the stream."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, PositiveInt, field_validator, model_validator

from l1ad.config.loading import Section
from l1ad.config.model import Backend
from l1ad.config.studies.families import SplitSection, StudyConfig

__all__ = [
    "LeptonPlusXConfig",
    "LuminosityConfig",
    "MadeStreamConfig",
    "StreamAlgorithmConfig",
    "StreamDataConfig",
    "StreamFitConfig",
    "StreamProcessConfig",
    "StreamSplitConfig",
]

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_]+$")]
Settings = Annotated[tuple[str, ...], Field(min_length=1)]
BUDGET = re.compile(r"^\s*([0-9]+(?:\.[0-9]+)?)\s*events\s*/\s*(day|month)\s*$")
"""A budget of the stream: a number of events, and what they are counted in."""
_TAKEN = ("stream", "unseen")
"""Names of the background's own files and scores."""


class StreamProcessConfig(Section):
    """A process that is generated and filtered."""

    name: Name = Field(description="What tables call it")
    title: str = Field("", description="What figures call it, e.g. 'W → ℓν'; empty takes the name")
    pythia: Settings = Field(description="Pythia 8 settings, e.g. 'Top:gg2ttbar = on'")
    generate: PositiveInt = Field(description="Collisions to generate; fewer pass the filter")
    factor: float = Field(1.0, gt=0, description="Pythia's leading-order cross section is multiplied by it")


def _processes() -> tuple[StreamProcessConfig, ...]:
    leptons = "onIfAny = 11 13 15"
    rows: tuple[tuple[str, str, tuple[str, ...], int], ...] = (
        ("w", "W → ℓν", ("WeakSingleBoson:ffbar2W = on", "24:onMode = off", f"24:{leptons}"), 26_000),
        ("qcd", "QCD, c and b",
         ("HardQCD:hardccbar = on", "HardQCD:hardbbbar = on", "PhaseSpace:pTHatMin = 50"), 36_000),
        ("z", "Z → ℓℓ", ("WeakSingleBoson:ffbar2gmZ = on", "23:onMode = off", f"23:{leptons}",
                         "PhaseSpace:mHatMin = 50"), 4_000),
        ("ttbar", "tt̄", ("Top:gg2ttbar = on", "Top:qqbar2ttbar = on"), 2_000),
    )  # fmt: skip
    return tuple(StreamProcessConfig(name=n, title=t, pythia=p, generate=g) for n, t, p, g in rows)


def _signals() -> tuple[StreamProcessConfig, ...]:
    higgs = ("HiggsSM:gg2H = on", "25:mWidth = .001", "25:doForceWidth = on", "25:onMode = off")
    rows: tuple[tuple[str, str, tuple[str, ...], int], ...] = (
        ("a_to_4l", "A(50) → 4ℓ",
         (*higgs, "25:m0 = 50", "25:mMin = 49", "25:mMax = 51", "25:onIfMatch = 23 23", "23:mMin = 2",
          "23:onMode = off", "23:onIfAny = 11 13"), 4_000),
        ("lq_to_btau", "LQ(80) → bτ",
         ("LeptoQuark:gg2LQLQbar = on", "LeptoQuark:qqbar2LQLQbar = on", "42:m0 = 80", "42:mMin = 60",
          "42:mMax = 100", "42:0:products = 5 15"), 5_000),
        ("h_to_tautau", "h⁰(60) → ττ",
         (*higgs, "25:m0 = 60", "25:mMin = 59", "25:mMax = 61", "25:onIfMatch = 15 15"), 12_000),
        ("hch_to_taunu", "h±(60) → τν",
         ("Higgs:useBSM = on", "HiggsBSM:ffbar2H+H- = on", "37:m0 = 60", "37:mMin = 58", "37:mMax = 62",
          "37:onMode = off", "37:onIfMatch = 15 16"), 6_000),
    )  # fmt: skip
    return tuple(StreamProcessConfig(name=n, title=t, pythia=p, generate=g) for n, t, p, g in rows)


class MadeStreamConfig(Section):
    """Events that are made for the study, without pile-up."""

    seed: int = Field(1, ge=0, description="Of Pythia and of the smearing")
    beam_energy_gev: float = Field(13_000.0, gt=0, description="Proton-proton centre-of-mass energy")
    lepton_gev: float = Field(23.0, ge=0, description="pT that the leading lepton must be over")
    processes: tuple[StreamProcessConfig, ...] = Field(
        default_factory=_processes, min_length=1, description="Those of the stream, mixed by cross section"
    )
    signals: tuple[StreamProcessConfig, ...] = Field(
        default_factory=_signals, min_length=1, description="What is looked for"
    )

    @model_validator(mode="after")
    def _can_be_told_apart(self) -> "MadeStreamConfig":
        names = [one.name for one in (*self.processes, *self.signals)]
        if len(set(names)) != len(names):
            raise ValueError("two processes or signals have one name; rename one")
        _refuse_taken(one.name for one in self.signals)
        return self


def _refuse_taken(signals: Iterable[str]) -> None:
    for name in signals:
        if name in _TAKEN:
            raise ValueError(f"no signal can be called {name}; give it another name")


class StreamDataConfig(Section):
    """Where the events are."""

    background: str | None = Field(
        None, description="Event file of your own, with weights in pb; paths count from the study's file"
    )
    signals: dict[Name, str] = Field({}, description="Event files of your signals by name, with background")
    made: MadeStreamConfig = Field(MadeStreamConfig(), description="What is made where background is null")

    @model_validator(mode="after")
    def _come_together(self) -> "StreamDataConfig":
        if (self.background is None) == bool(self.signals):
            raise ValueError("event files of the background and of signals come together: give both or neither")
        _refuse_taken(self.signals)
        return self


class StreamSplitConfig(SplitSection):
    """Shares of each process; what is left is unseen, and everything is measured there."""

    training: float = Field(0.4, gt=0, lt=1, description="Events to train on")
    validation: float = Field(0.1, gt=0, lt=1, description="Events to watch the loss on")


class LuminosityConfig(Section):
    """What cross sections are turned into events with."""

    per_month_fb: float = Field(5.0, gt=0, description="Integrated luminosity of a month in 1/fb")
    days_per_month: float = Field(30.0, gt=0, description="Days of it")


class StreamAlgorithmConfig(Section):
    """An autoencoder that is trained as a run of its own."""

    name: Name = Field(description="Name of its run directory, and of the algorithm")
    backend: Backend = Field("float", description="Who quantises the encoder; float cannot be deployed")
    reconstruction: Literal["likelihood", "huber", "masked_mse"] = Field(
        "likelihood", description="likelihood: one density for each feature"
    )
    hidden: tuple[PositiveInt, ...] = Field((50, 50), min_length=1, description="Widths of hidden layers")
    latent: PositiveInt = Field(4, description="Size of the latent space")
    beta: float = Field(0.3, ge=0, description="Weight of the KL term")
    sparsity: float = Field(0.0, ge=0, lt=1, description="Fraction of encoder weights pruned to zero")


class StreamFitConfig(Section):
    """How each is trained."""

    epochs: int = Field(100, ge=4, description="Passes over the training events")
    batch_events: PositiveInt = Field(128, description="Events of one step of the optimiser")
    learning_rate: float = Field(2e-3, gt=0, description="Of Adam at the start; cosine decay to a fiftieth")


class LeptonPlusXConfig(StudyConfig):
    """A stream of lepton + X, scored by variational autoencoders, at budgets of events a day."""

    kind: Literal["lepton_plus_x"] = Field("lepton_plus_x", description="Which study")
    seed: int = Field(1, ge=0, description="Of splits, weights, references and bootstraps")
    data: StreamDataConfig = StreamDataConfig()
    split: StreamSplitConfig = StreamSplitConfig()
    luminosity: LuminosityConfig = LuminosityConfig()
    budgets: tuple[str, ...] = Field(
        ("50 events/day", "30 events/day", "1000 events/month"), min_length=1,
        description="Events of the stream that may be accepted, a day or a month",
    )  # fmt: skip
    shares: tuple[Annotated[float, Field(gt=0, lt=1)], ...] = Field(
        (1e-2, 2e-3),
        min_length=1,
        description="Accepted shares of the stream beside them, for the sample to resolve",
    )
    algorithms: tuple[StreamAlgorithmConfig, ...] = Field(
        (
            StreamAlgorithmConfig(name="vae"),
            StreamAlgorithmConfig(name="vae_qkeras", backend="qkeras", sparsity=0.5),
            StreamAlgorithmConfig(name="vae_hgq", backend="hgq"),
        ),
        min_length=1,
        description="What is trained; hgq is left out where the environment has none",
    )
    fit: StreamFitConfig = StreamFitConfig()
    generated_events: PositiveInt = Field(20_000, description="Events to draw from each likelihood decoder")

    @field_validator("budgets")
    @classmethod
    def _are_counted(cls, budgets: tuple[str, ...]) -> tuple[str, ...]:
        for text in budgets:
            match = BUDGET.match(text)
            if match is None or not float(match[1]) > 0:
                raise ValueError(
                    f"{text!r} is no budget of a stream, e.g. '50 events/day' or '1000 events/month'"
                )
        if len(set(budgets)) != len(budgets):
            raise ValueError("a budget is given twice")
        return budgets

    @field_validator("shares")
    @classmethod
    def _differ(cls, shares: tuple[float, ...]) -> tuple[float, ...]:
        if len(set(shares)) != len(shares):
            raise ValueError("a share is given twice")
        return shares

    @model_validator(mode="after")
    def _can_be_told_apart(self) -> "LeptonPlusXConfig":
        names = [one.name for one in self.algorithms]
        if len(set(names)) != len(names):
            raise ValueError("two algorithms have one name; rename one")
        return self

    def located(self, folder: Path) -> Self:
        """Take paths of event files as counting from the folder of the study file."""
        data = self.data
        if data.background is None:
            return self
        update = {
            "background": str(folder / data.background),
            "signals": {name: str(folder / where) for name, where in data.signals.items()},
        }
        return self.model_copy(update={"data": data.model_copy(update=update)})

    def events_per_day(self, budget: str) -> float:
        """Give what a budget allows in a day.

        Args:
            budget: One of `budgets`.
        """
        match = BUDGET.match(budget)
        if match is None:
            raise ValueError(f"{budget!r} is no budget of a stream")
        return float(match[1]) / (self.luminosity.days_per_month if match[2] == "month" else 1.0)
