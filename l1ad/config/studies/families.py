"""What networks a study trains, and how: settings that every study shares."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, PositiveInt, model_validator

from l1ad.config.loading import Section
from l1ad.config.model import Backend

__all__ = ["FamilyConfig", "FitConfig", "SplitSection", "StudyConfig"]


class StudyConfig(Section):
    """What every study file says."""

    kind: str = Field(description="Which study")
    seed: int = Field(1, ge=0, description="Of data, splits, weights and orders")

    def located(self, folder: Path) -> Self:
        """Take paths that count from the study file as counting from its folder."""
        del folder
        return self


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

    epochs: PositiveInt = Field(80, description="Most passes over what is trained on")
    batch: PositiveInt = Field(256, description="Rows of one step of the optimiser")
    learning_rate: float = Field(2e-3, gt=0, description="Of Adam, in the first epoch")
    learning_rate_decay: float = Field(
        1.0, gt=0, le=1, description="Factor of the learning rate from epoch to epoch"
    )
    patience_epochs: PositiveInt = Field(
        10, description="Stop when the validation loss has not fallen for so many epochs"
    )


class SplitSection(Section):
    """Shares to train and to validate on, which leave something to test on; each study has its own defaults."""

    training: float = Field(0.5, gt=0, lt=1, description="To train on")
    validation: float = Field(0.1, gt=0, lt=1, description="To watch the loss on")

    @model_validator(mode="after")
    def _leaves_a_test(self) -> Self:
        if self.training + self.validation >= 1:
            raise ValueError("training and validation leave nothing to test on")
        return self
