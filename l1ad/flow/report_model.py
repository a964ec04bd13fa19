"""What a report says of the trained model: how inputs come back, how it was trained, what its score costs."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.core.layout import FEATURE
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.flow.events import BACKGROUND
from l1ad.flow.freeze import REMOVED
from l1ad.flow.run_directory import RunDirectory
from l1ad.flow.train import RECORD
from l1ad.report.reconstruction_section import InputReconstruction, ReconstructionContent, Spread
from l1ad.report.training_section import ScoreCost, TrainingContent

__all__ = ["gather_reconstruction", "gather_training", "read_evaluation"]

_EVALUATION = "evaluation.json"
_FEWEST = 10
"""Events that a width needs to be compared with another sample's."""
_QUANTITIES = {"pt": "pT", "et": "ET", "eta": "η", "phi": "φ"}
_OBJECTS = {"met": "MET", "eg": "e/γ", "mu": "µ", "tau": "τ"}


def read_evaluation(run: RunDirectory) -> dict[str, Any] | None:
    """Read what `l1ad evaluate` left; None where it was not run, as of imported models.

    Raises:
        DataError: If it is of another training than the run's.
    """
    if not (run.path / _EVALUATION).is_file():
        return None
    evaluated: dict[str, Any] = run.read_json(_EVALUATION, step="evaluate")
    if evaluated["training_digest"] != run.read_json(RECORD, step="train")["digest"]:
        raise DataError(
            f"{run.path / _EVALUATION} is of another training; run `l1ad evaluate {run.path}` again"
        )
    return evaluated


def gather_training(run: RunDirectory, trigger: TriggerAlgorithm) -> TrainingContent:
    """Gather the course of the training with its notes, or where an imported model is from.

    Raises:
        DataError: If the run is neither trained nor imported, or its evaluation is of another training.
    """
    provenance = trigger.provenance
    if "imported_from" in provenance:
        notes = provenance.get("notes", [])
        told = tuple(str(note) for note in notes) if isinstance(notes, list) else ()
        return TrainingContent(origin=f"{provenance['imported_from']} ({provenance.get('kind')})", notes=told)
    record = run.read_json(RECORD, step="train")
    evaluated = read_evaluation(run)
    return TrainingContent(
        history=tuple(record["history"]),
        best_epoch=int(record["best_epoch"]),
        notes=(*record["warnings"], run.read_json(REMOVED, step="freeze")["sentence"]),
        costs=() if evaluated is None else _costs(evaluated["cost"]),
    )


def _costs(cost: dict[str, Any]) -> tuple[ScoreCost, ...]:
    return tuple(
        ScoreCost(signal=signal, point=point, deployed=one["deployed"], best=one["best"], score=one["score"])
        for signal, points in cost.items()
        for point, one in points.items()
    )


def gather_reconstruction(run: RunDirectory) -> ReconstructionContent:
    """Gather how inputs come back from the latent space, as `l1ad evaluate` measured it.

    Raises:
        DataError: If the evaluation is of another training than the run's.
    """
    evaluated = read_evaluation(run)
    if evaluated is None:
        known = (run.path / RECORD).is_file()
        why = "it was not measured; `l1ad evaluate` does" if known else "an imported model has no decoder"
        return ReconstructionContent(missing=f"How inputs come back from the latent space is not known: {why}.")
    found = evaluated.get("reconstruction")
    if found is None:
        return ReconstructionContent(
            missing="How inputs come back from the latent space is not in `evaluation.json`, which is older "
            "than this figure; run `l1ad evaluate` again."
        )
    rms = {name: _rms(sample) for name, sample in found["samples"].items()}
    kinds = _kinds(found["inputs"], found["samples"][BACKGROUND])
    background = rms.pop(BACKGROUND)
    return ReconstructionContent(
        compared=found["compared"],
        inputs=_inputs(found["inputs"], found["samples"][BACKGROUND]),
        kinds=tuple(kinds),
        background_rms=tuple(_mean(background[columns]) for columns in kinds.values()),
        relative_rms={
            name: tuple(_relative(one[columns], background[columns]) for columns in kinds.values())
            for name, one in rms.items()
        },
    )


def _inputs(rows: list[dict[str, Any]], sample: dict[str, Any]) -> tuple[InputReconstruction, ...]:
    events, physical = sample["events"], sample["physical"]

    def spread(what: str, column: int) -> Spread:
        of = physical[what]
        return Spread(mean=_number(of["mean"][column]), width=_number(of["width"][column]))

    found = []
    for column, row in enumerate(rows):
        true, difference = spread("true", column), spread("difference", column)
        found.append(
            InputReconstruction(
                name=row["name"],
                unit=row["unit"],
                events=events[column],
                true=true,
                reconstructed=spread("reconstructed", column),
                difference=difference,
                left=difference.width / true.width
                if true.width > 0 and events[column] >= _FEWEST
                else math.nan,
            )
        )
    return tuple(found)


def _kinds(rows: list[dict[str, Any]], background: dict[str, Any]) -> dict[str, NDArray[np.int64]]:
    """List the inputs of each kind: quantity by type of object; a column of a table is its own kind.

    What is one and the same on background, as the η of MET, is left out: it cannot come back better or worse.
    """
    columns: dict[str, list[int]] = {}
    for column, row in enumerate(rows):
        if background["physical"]["true"]["width"][column] == 0:
            continue
        kind, quantity, unit = row["object"], row["quantity"], row["unit"]
        named = _QUANTITIES.get(quantity, quantity)
        name = named if kind == FEATURE else f"{_OBJECTS.get(kind, kind)} {named}"
        columns.setdefault(name if unit == "1" else f"{name} ({unit})", []).append(column)
    return {name: np.array(some, dtype=np.int64) for name, some in columns.items()}


def _rms(sample: dict[str, Any]) -> NDArray[np.float64]:
    """Give the root mean square of the difference of each input, NaN where too few events have it."""
    of = sample["physical"]["difference"]
    mean, width = (np.array(of[name], dtype=np.float64) for name in ("mean", "width"))
    return np.where(np.array(sample["events"]) >= _FEWEST, np.hypot(mean, width), np.nan)


def _relative(signal: NDArray[np.float64], background: NDArray[np.float64]) -> float:
    both = np.isfinite(signal) & np.isfinite(background)
    below = _mean(background[both])
    return _mean(signal[both]) / below if below > 0 else math.nan


def _mean(values: NDArray[np.float64]) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else math.nan


def _number(value: float | None) -> float:
    return math.nan if value is None else value
