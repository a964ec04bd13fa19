"""The data-quality study: which sections, which families, how often."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, PositiveInt, field_validator, model_validator

from l1ad.config.loading import Section
from l1ad.config.studies.families import FamilyConfig, FitConfig, SplitSection, StudyConfig

__all__ = ["DataQualityConfig", "LumiSectionsConfig", "QualityDataConfig", "SplitConfig"]

Fraction = Annotated[float, Field(gt=0, le=1)]


class SplitConfig(SplitSection):
    """Shares of all sections; what is left is the test, with every bad section."""

    training: float = Field(0.6, gt=0, lt=1, description="Good sections to train on")
    validation: float = Field(0.2, gt=0, lt=1, description="Good sections to watch the loss on")


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


class DataQualityConfig(StudyConfig):
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
        if not self.features:
            raise ValueError("features names none; give chosen, all, or names and beginnings of names")
        fed = self.fed_fractions
        if not fed or list(fed) != sorted(set(fed)) or fed[-1] != 1:
            raise ValueError("fed_fractions must rise to 1, e.g. [0.2, 0.6, 1.0]")
        return self

    def located(self, folder: Path) -> Self:
        """Take the path of the table as counting from the folder of the study file."""
        if self.data.table is None:
            return self
        data = self.data.model_copy(update={"table": str(folder / self.data.table)})
        return self.model_copy(update={"data": data})
