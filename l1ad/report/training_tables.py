"""What training, evaluation and search left, as tables of what the steps print with `--json`."""

from collections.abc import Mapping
from typing import Any

from l1ad.report.document import Table
from l1ad.report.plain_tables import filled, made_table

__all__ = ["ensemble_tables", "evaluation_tables", "front_table", "history_tables"]


def history_tables(document: Mapping[str, Any]) -> tuple[Table, Table]:
    """Show the kept epoch, and every epoch folded.

    Args:
        document: The training, as `l1ad train --json`.
    """
    history, best = document["history"], document["best_epoch"]
    kept = ((name, f"{value:.4g}") for name, value in history[best - 1].items())
    names = tuple(history[0])
    rows = ((f"{epoch.get(name, float('nan')):.4g}" for name in names) for epoch in history)
    return (
        made_table("kept", f"Epoch {best}", ("figure", "value"), kept),
        made_table("history", "Every epoch", names, rows, folded=True),
    )


def evaluation_tables(document: Mapping[str, Any]) -> tuple[Table, ...]:
    """Show the efficiencies at the first point by score, and figures of merit that need no signal.

    Args:
        document: The evaluation, as `l1ad evaluate --json`.
    """
    point, scores = document["points"][0], document["scores"]
    signals = tuple(next(iter(scores.values())))
    rows = (
        (kind, *(f"{of[signal]['at'][point]['efficiency']['value']:.2%}" for signal in signals))
        for kind, of in scores.items()
    )
    criteria = ((name, f"{value:.4g}") for name, value in document["criteria"].items())
    return filled(
        (made_table("evaluation", f"Efficiency at {point}, by score", ("score", *signals), rows),
         made_table("criteria", "Latent space of validation events", ("figure of merit", "value"), criteria))
    )  # fmt: skip


def ensemble_tables(document: Mapping[str, Any]) -> tuple[Table, ...]:
    """Show how results spread over the seeds, and which seed was kept.

    Args:
        document: The trainings, as `l1ad train --seeds N --json`.
    """
    points, seeds, criteria = document["points"], document["seeds"], document["criteria"]
    spreads = (
        (signal, f"{document['auc'][signal]['mean']:.3f}", *(_spread_text(at[point]) for point in points))
        for signal, at in document["efficiencies"].items()
    )
    merits = (
        (f"{seed} *" if seed == document["picked"] else str(seed),
         *(f"{of[place]:.4g}" for of in criteria.values()))
        for place, seed in enumerate(seeds)
    )  # fmt: skip
    title = f"{len(seeds)} trainings: mean ± standard deviation over seeds"
    return filled(
        (made_table("spread", title, ("signal", "AUC", *points), spreads),
         made_table("merits", "Figures of merit of each training; * is kept", ("seed", *criteria), merits))
    )  # fmt: skip


def front_table(document: Mapping[str, Any], *, where: str) -> Table:
    """Show the trials that no other one beats.

    Args:
        document: The scan, as `l1ad scan --json`.
        where: Folder of the study.
    """
    trials = {one["number"]: one for one in document["trials"]}
    rows = (
        (str(number), f"{trials[number]['values']['efficiency']:.2%}",
         *(f"{trials[number]['values'][name]:.0f}" for name in ("lut", "latency_cycles", "ebops")),
         ", ".join(_parameter(key, value) for key, value in trials[number]["parameters"].items()))
        for number in document["front"]
    )  # fmt: skip
    title = f"{where}: {len(trials)} trials, {len(document['failed'])} failed; the Pareto front"
    return made_table(
        "front", title, ("trial", "efficiency", "logic bits", "cycles", "EBOPs", "parameters"), rows
    )


def _spread_text(spread: Mapping[str, Any]) -> str:
    return f"{spread['mean']:.2%} ± {spread['standard_deviation'] or 0:.2%}"


def _parameter(key: str, value: object) -> str:
    """Name a choice by the end of its key; the record has all digits."""
    said = f"{value:.4g}" if isinstance(value, float) else value
    return f"{key.rsplit('.', 1)[-1]} {said}"
