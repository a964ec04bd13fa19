"""The generation study: which events, which families, what is searched, how often the winners are trained."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, PositiveInt, field_validator, model_validator

from l1ad.config.loading import Section
from l1ad.config.scan import Choice, Range
from l1ad.config.studies.families import StudyConfig
from l1ad.config.studies.generation_families import (
    FlowKind,
    GenerativeFamilyConfig,
    SmoothActivation,
)

__all__ = [
    "GenerationConfig",
    "GenerationDataConfig",
    "GenerationFitConfig",
    "GenerationSplitConfig",
    "SearchConfig",
    "SearchSpaceConfig",
    "ZGammaEventsConfig",
]

Sizes = Annotated[tuple[PositiveInt, ...], Field(min_length=1)]
Positive = Annotated[float, Field(gt=0)]


class ZGammaEventsConfig(Section):
    """Collisions that are simulated for the study."""

    seed: int = Field(1, ge=0, description="Of every random choice")
    background: PositiveInt = Field(
        40_000, description="Collisions of γ*/Z with a photon; about a fifth is selected"
    )
    signal: PositiveInt = Field(5_000, description="Collisions of the resonance; about half is selected")
    mass_gev: float = Field(250.0, gt=100, description="Mass of the resonance, of spin 0, that decays to Zγ")
    width_gev: float = Field(1.0, gt=0, description="Its width")


class GenerationDataConfig(Section):
    """Where the events are."""

    table: str | None = Field(
        None, description="Table of your own: HDF5, CSV or Parquet, from the study's file; null simulates"
    )
    label: str = Field("signal", description="Column of it that is 1 for the resonance and 0 for background")
    made: ZGammaEventsConfig = ZGammaEventsConfig()


class GenerationSplitConfig(Section):
    """Shares of the background; what is left is the test, with every event of the resonance."""

    training: float = Field(0.55, gt=0, lt=1, description="Events to train on")
    validation: float = Field(0.15, gt=0, lt=1, description="Events to stop early by and to search by")

    @model_validator(mode="after")
    def _leaves_a_test(self) -> "GenerationSplitConfig":
        if self.training + self.validation >= 1:
            raise ValueError("training and validation leave no events for the test")
        return self


class GenerationFitConfig(Section):
    """How long each network is trained; the rest is among its settings."""

    epochs: PositiveInt = Field(250, description="Most passes over what is trained on")
    learning_rate_decay: float = Field(
        0.99, gt=0, le=1, description="Factor of the learning rate from epoch to epoch"
    )
    patience_epochs: PositiveInt = Field(
        30, description="Stop when the loss of the validation has not fallen for so many epochs"
    )


class SearchSpaceConfig(Section):
    """What settings are drawn from; of a family only those that it has a use for."""

    batch: Sizes = Field((128, 256, 512), description="Choices")
    learning_rate: tuple[Positive, Positive] = Field((5e-4, 5e-3), description="Ends, by its logarithm")
    activation: tuple[SmoothActivation, ...] = Field(
        ("elu", "relu", "tanh"), min_length=1, description="Choices"
    )
    latent: Sizes = Field((6, 8, 10, 12, 14), description="Choices")
    layers: Sizes = Field((1, 2, 3), description="Choices")
    width: Sizes = Field((64, 96, 128), description="Choices")
    beta: tuple[Positive, Positive] = Field((0.3, 1.5), description="Ends, by its logarithm")
    alpha: tuple[Positive, Positive] = Field((0.1, 10.0), description="Ends, by its logarithm")
    gamma: tuple[Positive, Positive] = Field((0.3, 3.0), description="Ends, by its logarithm")
    flow: tuple[FlowKind, ...] = Field(("coupling", "autoregressive"), min_length=1, description="Choices")
    flow_length: Sizes = Field((2, 4, 6), description="Choices")

    @field_validator("learning_rate", "beta", "alpha", "gamma")
    @classmethod
    def _rises(cls, ends: tuple[float, float]) -> tuple[float, float]:
        if not ends[0] < ends[1]:
            raise ValueError(f"two rising ends are wanted, not {ends[0]:g} and {ends[1]:g}")
        return ends

    def of(self, keys: tuple[str, ...]) -> dict[str, Choice | Range]:
        """Give the values of some settings: numbers between two ends, or choices."""
        given: dict[str, Any] = self.model_dump()
        ranges = ("learning_rate", "beta", "alpha", "gamma")
        return {
            key: Range(low=given[key][0], high=given[key][1], log=True)
            if key in ranges
            else Choice(choices=given[key])
            for key in keys
        }


class SearchConfig(Section):
    """How the settings of each family are searched for, with Optuna's tree-structured Parzen estimators."""

    trials: PositiveInt = Field(4, description="Settings tried for each family, the given ones the first")
    first_trials: PositiveInt = Field(3, description="Of them drawn at random before the estimators learn")
    epochs: PositiveInt = Field(50, description="Most epochs of each")
    space: SearchSpaceConfig = SearchSpaceConfig()


class GenerationConfig(StudyConfig):
    """Zγ events generated by autoencoders with flows, discriminators and copulas, and a resonance found."""

    kind: Literal["generation"] = Field("generation", description="Which study")
    seed: int = Field(1, ge=0, description="Of split, weights, orders, searches and what is generated")
    data: GenerationDataConfig = GenerationDataConfig()
    split: GenerationSplitConfig = GenerationSplitConfig()
    families: tuple[GenerativeFamilyConfig, ...] = Field(
        (
            GenerativeFamilyConfig(name="VAE", kind="vae"),
            GenerativeFamilyConfig(name="VAE+D", kind="vae_d"),
            GenerativeFamilyConfig(name="VAE+NF", kind="vae_nf"),
            GenerativeFamilyConfig(name="VAE+NF+D", kind="vae_nf_d"),
            GenerativeFamilyConfig(name="copula-VAE", kind="copula_vae"),
            GenerativeFamilyConfig(name="copula-VAE+D", kind="copula_vae_d"),
        ),
        min_length=1,
        description="What is compared",
    )
    fit: GenerationFitConfig = GenerationFitConfig()
    search: SearchConfig | None = Field(
        SearchConfig(), description="Search for the settings of each family; null takes the given ones"
    )
    repetitions: int = Field(3, ge=1, description="Trainings of each with its settings, with other weights")
    folds: int = Field(5, ge=2, description="Of the classifier two-sample test's cross-validation")

    @model_validator(mode="after")
    def _can_be_told_apart(self) -> "GenerationConfig":
        names = [one.name for one in self.families]
        if len(set(names)) != len(names):
            raise ValueError("two families have one name; rename one")
        return self

    def located(self, folder: Path) -> Self:
        """Take the path of the table as counting from the folder of the study file."""
        if self.data.table is None:
            return self
        data = self.data.model_copy(update={"table": str(folder / self.data.table)})
        return self.model_copy(update={"data": data})
