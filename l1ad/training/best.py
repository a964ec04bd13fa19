"""The best epoch so far: what a training keeps when it ends, early or not."""

import math
from dataclasses import dataclass, field
from typing import Any

from l1ad.config.training import TrainingConfig
from l1ad.training.model import Autoencoder

__all__ = ["Best"]

_OVER_BUDGET = 1.05
"""An epoch counts whose EBOPs are within this factor of the budget: steering settles to about so much."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Best:
    """The epoch of the lowest validation loss among those that are fit to be deployed.

    Fit is an epoch with all pruning done, the KL term at its full weight, and bits within the budget. Where
    bits are still being taken away without a budget, only the last epoch is. Until an epoch is fit, the
    latest counts as the best.

    Attributes:
        epoch: The epoch, from 1; 0 before the first.
        loss: Its validation loss; infinite while no epoch was fit.
        values: Values of the model's variables after it.
    """

    epoch: int = 0
    loss: float = math.inf
    values: list[Any] = field(default_factory=list)

    @classmethod
    def of(
        cls, history: list[dict[str, float]], epoch: int, values: list[Any], config: TrainingConfig
    ) -> "Best":
        """Give the best of a training that is resumed."""
        fit = epoch > 0 and _is_fit(history[epoch - 1], config)
        return cls(epoch=epoch, loss=history[epoch - 1]["validation_loss"] if fit else math.inf, values=values)

    def after(self, record: dict[str, float], config: TrainingConfig, values: list[Any]) -> "Best":
        """Take another epoch into account."""
        epoch, loss = int(record["epoch"]), record["validation_loss"]
        if not _is_fit(record, config):
            return self if math.isfinite(self.loss) else Best(epoch=epoch, values=values)
        return Best(epoch=epoch, loss=loss, values=values) if loss < self.loss else self

    def patience_is_out(self, epochs_done: int, config: TrainingConfig) -> bool:
        """Tell whether the loss has not fallen for as long as the configuration waits."""
        patience = config.patience_epochs
        return patience is not None and math.isfinite(self.loss) and epochs_done - self.epoch >= patience

    def give_to(self, model: Autoencoder) -> None:
        """Put the best weights into the model."""
        for variable, value in zip(model.variables, self.values, strict=True):
            variable.assign(value)


def _is_fit(record: dict[str, float], config: TrainingConfig) -> bool:
    epoch = record["epoch"]
    if record["sparsity"] < config.pruning.sparsity:
        return False
    if config.loss.kl_schedule != "constant" and record["kl_weight"] < config.loss.beta:
        return False
    if "ebops" not in record:
        return True
    budget = config.compression.budget_ebops
    return epoch == config.epochs if budget is None else record["ebops"] <= _OVER_BUDGET * budget
