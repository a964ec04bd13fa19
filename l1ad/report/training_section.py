"""The report's section of the training: its course, its notes, and what deploying the simplest score costs."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l1ad.report.charts import Axis, Chart, Marker, Series
from l1ad.report.document import Block, Paragraph, Section, Table

__all__ = ["ScoreCost", "TrainingContent", "training_section"]

_SCORES = {
    "mean_squares": "Σµ²",
    "kl": "KL divergence",
    "normalised_mean_squares": "Σµ²/σ²",
    "reconstruction": "reconstruction",
    "total": "reconstruction + β·KL",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreCost:
    """Efficiencies of the trained model at one working point.

    Attributes:
        signal: Name of the signal.
        point: Name of the working point.
        deployed: Efficiency of the score that is deployed.
        best: That of the best score.
        score: Which that is.
    """

    signal: str
    point: str
    deployed: float
    best: float
    score: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingContent:
    """What the section shows.

    Attributes:
        origin: What an imported model was; empty of one that was trained here.
        history: Record of each epoch; empty of an imported model.
        best_epoch: Epoch whose weights were kept.
        notes: What the import lost or chose, or what is to be said of the training.
        costs: What deploying the simplest score costs; empty where the run was not evaluated.
    """

    origin: str = ""
    history: tuple[Mapping[str, float], ...] = ()
    best_epoch: int = 0
    notes: tuple[str, ...] = ()
    costs: tuple[ScoreCost, ...] = ()


def training_section(content: TrainingContent, titles: Mapping[str, str]) -> Section:
    """Lay the section out."""
    if content.origin:
        notes = _listed(content.notes) or [Paragraph("Nothing was rounded on the way.")]
        origin = Paragraph(f"Not trained here: imported from {content.origin}.")
        return Section(id="training", title="Import", blocks=(origin, *notes))
    blocks: list[Block] = [*_listed(content.notes)]
    if content.history:
        blocks += [_loss(content), _size(content)]
    return Section(id="training", title="Training", blocks=(*blocks, *_costs(content, titles)))


def _listed(notes: tuple[str, ...]) -> list[Paragraph]:
    told = [note for note in notes if note]
    return [Paragraph("\n".join(f"- {note}" for note in told))] if told else []


def _loss(content: TrainingContent) -> Chart:
    epochs = _column(content, "epoch")
    return Chart(
        name="loss",
        title="Loss",
        caption="Loss of each epoch: in training with noise, augmentation and the cost of bits, on validation "
        "events without them, so that the two need not meet. Marked is the epoch whose weights are kept.",
        x=Axis(label="Epoch"),
        y=Axis(label="Loss"),
        series=(
            Series(name="training", x=epochs, y=_column(content, "loss")),
            Series(name="validation", x=epochs, y=_column(content, "validation_loss")),
        ),
        markers=(Marker(name="kept", at=float(content.best_epoch)),),
    )


def _size(content: TrainingContent) -> Chart:
    """Draw what the network is made smaller by: bits of operations with HGQ, else pruned weights."""
    epochs = _column(content, "epoch")
    if "ebops" in content.history[0]:
        steps = Series(name="EBOPs", x=epochs, y=_column(content, "ebops"), in_legend=False)
        return Chart(
            name="ebops",
            title="Bit operations",
            caption="Effective bit operations (EBOPs) of the encoder after each epoch.",
            x=Axis(label="Epoch"),
            y=Axis(label="EBOPs", low=0.0),
            series=(steps,),
        )
    pruned = Series(name="zeros", x=epochs, y=100 * _column(content, "sparsity"), in_legend=False)
    return Chart(
        name="sparsity",
        title="Sparsity",
        caption="Weights of the encoder that are pruned to zero, after each epoch.",
        x=Axis(label="Epoch"),
        y=Axis(label="Weights that are zero (%)", low=0.0, high=100.0),
        series=(pruned,),
    )


def _column(content: TrainingContent, name: str) -> NDArray[np.float64]:
    return np.array([record.get(name, np.nan) for record in content.history], dtype=np.float64)


def _costs(content: TrainingContent, titles: Mapping[str, str]) -> list[Block]:
    if not content.costs:
        return [Paragraph("What deploying Σµ² alone costs is not measured; `l1ad evaluate` does.")]
    told = Paragraph(
        "What deploying Σµ² alone costs: efficiencies of the trained model with every score it allows, on "
        "the same events. The others need σ or the decoder on the FPGA."
    )
    rows = tuple(
        (titles.get(one.signal, one.signal), one.point, f"{one.deployed:.2%}", f"{one.best:.2%}",
         _SCORES.get(one.score, one.score))
        for one in content.costs
    )  # fmt: skip
    header = ("signal", "working point", "Σµ², deployed", "best score", "which")
    table = Table(
        name="score_costs", title="What the deployed score costs", header=header, rows=rows, folded=True
    )
    return [told, table]
