"""What a study is: families of networks, trained and compared on the same data with the same splits."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, PositiveInt, field_validator, model_validator

from l1ad.config.loading import Section, parse_config, read_document
from l1ad.config.model import Backend
from l1ad.core.errors import ConfigError

__all__ = [
    "STUDIES",
    "DataQualityConfig",
    "FamilyConfig",
    "FitConfig",
    "LumiSectionsConfig",
    "QualityDataConfig",
    "SplitConfig",
    "load_study",
]

Fraction = Annotated[float, Field(gt=0, le=1)]


class FamilyConfig(Section):
    """A member of a family of dense autoencoders."""

    name: str = Field(pattern=r"^[A-Za-z0-9_]+$", description="What the report calls it")
    kind: Literal["vanilla", "sparse", "contractive", "variational"] = Field(
        description="What its loss has beside the reconstruction: nothing; L1 of the code; the encoder's "
        "Jacobian; the KL divergence"
    )
    weight: float = Field(1.0, ge=0, description="Weight of that term beside the summed squared error")
    hidden: tuple[PositiveInt, ...] = Field(
        (64, 32), min_length=1, description="Widths of the encoder's hidden layers; the decoder mirrors them"
    )
    latent: PositiveInt = Field(12, description="Size of the code")
    activation: Literal["relu", "hard_tanh", "elu", "leaky_relu", "tanh"] = Field(
        "elu", description="Between the layers; qkeras freezes relu and hard_tanh, hgq relu"
    )
    backend: Backend = Field("float", description="Who quantises the encoder; nobody for float")

    @model_validator(mode="after")
    def _can_be_built(self) -> "FamilyConfig":
        if self.kind == "contractive" and (self.backend != "float" or self.activation == "hard_tanh"):
            raise ValueError(
                "a contractive network has smooth weights and values: set backend to float and activation to "
                "elu, tanh, relu or leaky_relu"
            )
        return self


class FitConfig(Section):
    """How each network is trained."""

    epochs: PositiveInt = Field(80, description="Most passes over the training sections")
    batch: PositiveInt = Field(256, description="Sections of one step of the optimiser")
    learning_rate: float = Field(2e-3, gt=0, description="Of Adam, constant")
    patience_epochs: PositiveInt = Field(
        10, description="Stop when the validation loss has not fallen for so many epochs"
    )


class SplitConfig(Section):
    """Shares of all sections; what is left is the test, with every bad section."""

    training: float = Field(0.6, gt=0, lt=1, description="Good sections to train on")
    validation: float = Field(0.2, gt=0, lt=1, description="Good sections to watch the loss on")

    @model_validator(mode="after")
    def _leaves_a_test(self) -> "SplitConfig":
        if self.training + self.validation >= 1:
            raise ValueError("training and validation leave no sections for the test")
        return self


class LumiSectionsConfig(Section):
    """A table of lumi sections that is made for the study."""

    seed: int = Field(1, ge=0, description="Of every random choice")
    runs: PositiveInt = Field(120, description="Runs of the table")
    sections: PositiveInt = Field(100, description="Lumi sections in each")
    bad_share: float = Field(0.1, gt=0, lt=1, description="Probability that five sections in a row are bad")
    harmless_share: float = Field(
        0.03, ge=0, lt=1, description="Probability that they have few entries and are good all the same"
    )
    severity: tuple[float, float] = Field(
        (0.0, 1.0), description="Even distribution of how bad the bad ones are; 0 cannot be seen"
    )

    @field_validator("severity")
    @classmethod
    def _rises(cls, ends: tuple[float, float]) -> tuple[float, float]:
        if not 0 <= ends[0] < ends[1] <= 1:
            raise ValueError(
                f"severities lie between two rising ends in 0 to 1, not {ends[0]:g} and {ends[1]:g}"
            )
        return ends

    @model_validator(mode="after")
    def _leaves_good_ones(self) -> "LumiSectionsConfig":
        if self.bad_share + self.harmless_share > 1:
            raise ValueError("bad_share and harmless_share are more than all sections")
        return self


class QualityDataConfig(Section):
    """Where the sections are."""

    table: str | None = Field(
        None, description="Table of your own: HDF5, CSV or Parquet, from the study's file; null makes one"
    )
    label: str = Field("good", description="Column of it that is 1 for good sections and 0 for bad ones")
    made: LumiSectionsConfig = LumiSectionsConfig()


class DataQualityConfig(Section):
    """Good and bad lumi sections, told apart by autoencoders that have seen good ones."""

    kind: Literal["data_quality"] = Field("data_quality", description="Which study")
    seed: int = Field(1, ge=0, description="Of splits, weights and the order of sections")
    data: QualityDataConfig = QualityDataConfig()
    features: Literal["chosen", "all"] | tuple[str, ...] = Field(
        "chosen",
        description="chosen: the 259 of the 37 quantities that ship; all; or names and beginnings of names",
    )
    split: SplitConfig = SplitConfig()
    families: tuple[FamilyConfig, ...] = Field(
        (
            FamilyConfig(name="vanilla", kind="vanilla"),
            FamilyConfig(name="sparse", kind="sparse", weight=0.5),
            FamilyConfig(name="contractive", kind="contractive", weight=1.0),
            FamilyConfig(name="variational", kind="variational", weight=1.0),
        ),
        min_length=1,
        description="What is compared",
    )
    fit: FitConfig = FitConfig()
    repetitions: PositiveInt = Field(10, description="Trainings of each, with other splits, weights and orders")
    fed_fractions: tuple[Fraction, ...] = Field(
        (0.2, 0.4, 0.6, 0.8, 1.0), description="Parts of the training sections that are fed, rising to 1"
    )

    @model_validator(mode="after")
    def _can_be_told_apart(self) -> "DataQualityConfig":
        names = [one.name for one in self.families]
        if len(set(names)) != len(names):
            raise ValueError("two families have one name; rename one")
        fed = self.fed_fractions
        if not fed or list(fed) != sorted(set(fed)) or fed[-1] != 1:
            raise ValueError("fed_fractions must rise to 1, e.g. [0.2, 0.6, 1.0]")
        return self


STUDIES: Mapping[str, type[DataQualityConfig]] = {"data_quality": DataQualityConfig}
"""The model of each kind of study; a new kind is a model with its `kind`, and a line here."""


def load_study(path: Path) -> DataQualityConfig:
    """Read a study file; its key `kind` says which study it is, and paths in it count from the file.

    Raises:
        ConfigError: If the file is missing, the kind is none, or a key or value is not known.
    """
    document = read_document(path)
    kind = document.get("kind")
    if not isinstance(kind, str) or kind not in STUDIES:
        raise ConfigError(f"{path}: kind = {kind!r} is no study; kinds are {', '.join(STUDIES)}")
    study = parse_config(document, STUDIES[kind], where=str(path))
    if study.data.table is None:
        return study
    table = str(path.parent / study.data.table)
    return study.model_copy(update={"data": study.data.model_copy(update={"table": table})})
