"""What training and evaluation left."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from l1ad.api.shown import Shown
from l1ad.flow.ensemble import Ensemble
from l1ad.flow.evaluate import Evaluation
from l1ad.flow.train import Training
from l1ad.report.document import Table
from l1ad.report.training_tables import ensemble_tables, evaluation_tables, history_tables

if TYPE_CHECKING:
    from l1ad.api.run import Run

__all__ = ["Evaluated", "Trained", "TrainedSeeds"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Trained(Shown, Training):
    """What a training left; attributes as `l1ad.flow.train.Training`."""

    @property
    def kept(self) -> dict[str, float]:
        """Record of the epoch whose weights were kept."""
        return self.history[self.best_epoch - 1]

    def headline(self) -> str:
        """Say how long it trained and which epoch was kept."""
        return f"{self.epochs} epochs on {self.events:,} events; kept epoch {self.best_epoch}"

    def document(self) -> dict[str, Any]:
        """Lay the result out for JSON, as `l1ad train --json`."""
        return asdict(self)

    def tables(self) -> tuple[Table, ...]:
        """Show the kept epoch, and every epoch folded."""
        return history_tables(self.document())

    def remarks(self) -> tuple[str, ...]:
        """Say what a reader should know before going on."""
        return tuple(f"note: {warning}" for warning in self.warnings())


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TrainedSeeds(Shown, Ensemble):
    """Trainings that differ in their seed alone; attributes as `l1ad.flow.ensemble.Ensemble`.

    Attributes:
        run: The run with the seed that was kept, to go on with.
    """

    run: "Run"

    def headline(self) -> str:
        """Say how many there are, which one was kept, and how alike their scores are."""
        return (
            f"{len(self.seeds)} trainings; kept seed {self.picked}; rank correlation of their scores "
            f"{self.correlation['lowest']:.3f} or more"
        )

    def document(self) -> dict[str, Any]:
        """Lay the result out for JSON, as `l1ad train --seeds N --json`."""
        document = Ensemble.document(self)
        del document["run"]  # the other fields are the step's
        return document

    def tables(self) -> tuple[Table, ...]:
        """Show how results spread over the seeds, and figures of merit of each training."""
        return ensemble_tables(self.document())


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Evaluated(Shown, Evaluation):
    """What a trained model finds with every score; attributes as `l1ad.flow.evaluate.Evaluation`."""

    def headline(self) -> str:
        """Say what was measured."""
        return f"efficiencies of {len(self.measured)} scores at {', '.join(self.points)}"

    def document(self) -> dict[str, Any]:
        """Lay the result out for JSON, as `l1ad evaluate --json`."""
        return Evaluation.document(self)

    def tables(self) -> tuple[Table, ...]:
        """Show the efficiencies at the first point by score, and figures of merit that need no signal."""
        return evaluation_tables(self.document())
