"""What training and evaluation left."""

from dataclasses import asdict, dataclass
from typing import Any

from l1ad.api.shown import Shown
from l1ad.api.tables import made_table
from l1ad.flow.evaluate import Evaluation
from l1ad.flow.train import Training
from l1ad.report.document import Table

__all__ = ["Evaluated", "Trained"]


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
        kept = ((name, f"{value:.4g}") for name, value in self.kept.items())
        names = tuple(self.history[0])
        rows = tuple(tuple(f"{epoch.get(name, float('nan')):.4g}" for name in names) for epoch in self.history)
        return (
            made_table("kept", f"Epoch {self.best_epoch}", ("figure", "value"), kept),
            Table(name="history", title="Every epoch", header=names, rows=rows, folded=True),
        )

    def remarks(self) -> tuple[str, ...]:
        """Say what a reader should know before going on."""
        return tuple(f"note: {warning}" for warning in self.warnings())


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
        point = self.points[0]
        signals = tuple(next(iter(self.measured.values())))
        rows = (
            (kind, *(f"{of[signal].at[point].efficiency.value:.2%}" for signal in signals))
            for kind, of in self.measured.items()
        )
        criteria = ((name, f"{value:.4g}") for name, value in self.criteria.items())
        return (
            made_table("evaluation", f"Efficiency at {point}, by score", ("score", *signals), rows),
            made_table("criteria", "Latent space of validation events", ("figure of merit", "value"), criteria),
        )
