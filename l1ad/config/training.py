"""How a variational autoencoder is trained: loss, schedules, augmentation, pruning, and when to stop."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from l1ad.config.faults import at_keys
from l1ad.config.loading import Section

__all__ = [
    "AugmentationConfig",
    "CompressionConfig",
    "InvarianceConfig",
    "LossConfig",
    "PruningConfig",
    "TrainingConfig",
]


class LossConfig(Section):
    """Terms of the loss."""

    reconstruction: Literal["masked_mse", "huber", "likelihood"] = Field(
        "huber", description="likelihood: one density for each feature (arXiv:1811.10276)"
    )
    mask: Literal["presence", "nonzero", "none"] = Field(
        "presence",
        description="Inputs that count: those whose object is there; those whose target is not 0 "
        "(arXiv:2108.03986); all",
    )
    huber_delta: float = Field(10.0, gt=0, description="Error from which Huber's loss is linear")
    output_ranges: bool = Field(
        False, description="Decoder outputs bounded by tanh to what φ and η can be (arXiv:2108.03986)"
    )
    rarity_cap: float = Field(
        100.0,
        ge=1,
        description="Inputs weigh in the reconstruction as the inverse of how often their object is there, "
        "at most this; 1 weighs all alike",
    )
    object_weights: dict[str, Annotated[float, Field(ge=0)]] = Field(
        {}, description="Factor of the inputs of an object type on top of that, e.g. {met: 20}; others have 1"
    )
    beta: float = Field(0.5, ge=0, description="Weight of the KL term beside the reconstruction term")
    kl_schedule: Literal["constant", "warm_up", "cyclical"] = Field(
        "constant", description="How the weight of the KL term grows: arXiv:1903.10145 for cyclical"
    )
    kl_epochs: int = Field(10, ge=1, description="Epochs of the warm-up, or of one cycle")


class AugmentationConfig(Section):
    """What is done to the events of a batch before they are shown."""

    mask_objects: float = Field(0.0, ge=0, lt=1, description="Probability that an object is taken away")
    rotate_phi: bool = Field(False, description="Turn each event by a random angle")
    smear_pt: float = Field(0.0, ge=0, lt=1, description="Relative width of a Gaussian smearing of pT")


class InvarianceConfig(Section):
    """VICReg between the means of two augmented views of an event (arXiv:2105.04906)."""

    weight: float = Field(0.0, ge=0, description="Weight of the invariance term; 0 leaves all three out")
    variance: float = Field(1.0, ge=0, description="Weight of the variance term beside it")
    covariance: float = Field(0.04, ge=0, description="Weight of the covariance term beside it")


class PruningConfig(Section):
    """Magnitude pruning of the encoder."""

    sparsity: float = Field(0.5, ge=0, lt=1, description="Fraction of encoder weights pruned to zero")
    start_epoch: int = Field(5, ge=0, description="Epochs before the first weight is pruned")
    end_epoch: int = Field(20, ge=1, description="Epoch from which the sparsity stays")


class CompressionConfig(Section):
    """HGQ2 only: what a bit costs in the loss."""

    beta: float = Field(1e-6, gt=0, description="Weight of one EBOP in the loss at the start")
    beta_final: float = Field(1e-5, gt=0, description="and at the end; it grows geometrically between")
    budget_ebops: float | None = Field(
        None, gt=0, description="Instead of beta_final: the weight is steered until so many EBOPs are left"
    )


class TrainingConfig(Section):
    """How it is trained."""

    seed: int = Field(1, ge=0, description="Of the weights, the order of events and every other random choice")
    epochs: int = Field(30, ge=1, description="Passes over the training events")
    batch_events: int = Field(1024, ge=1, description="Events of one step of the optimiser")
    learning_rate: float = Field(2e-3, gt=0, description="At the start; cosine decay to a fiftieth")
    float_epochs: int = Field(
        0, ge=0, description="Epochs without quantisers first; the quantised model begins with their weights"
    )
    patience_epochs: int | None = Field(
        None, ge=1, description="Stop when the validation loss has not fallen for so many epochs"
    )
    watch_fraction: float = Field(
        2e-4,
        gt=0,
        lt=1,
        description="Accepted fraction of the validation events at which the efficiency on development "
        "signals is shown while training; 2e-4 of zero bias are 5 kHz at 2340 bunches",
    )
    loss: LossConfig = LossConfig()
    augmentation: AugmentationConfig = AugmentationConfig()
    invariance: InvarianceConfig = InvarianceConfig()
    pruning: PruningConfig = PruningConfig()
    compression: CompressionConfig = CompressionConfig()

    @model_validator(mode="after")
    def _fits_the_epochs(self) -> "TrainingConfig":
        pruning = self.pruning
        if pruning.sparsity and not pruning.start_epoch < pruning.end_epoch <= self.epochs:
            raise at_keys(
                "pruning must start before it ends, and end within the epochs",
                ("pruning", "start_epoch"),
                ("pruning", "end_epoch"),
                "epochs",
            )
        if self.invariance.weight and self.augmentation == AugmentationConfig():
            raise at_keys(
                "invariance between two equal views teaches nothing; give an augmentation",
                ("invariance", "weight"),
                "augmentation",
            )
        return self
