"""The command that holds what the trigger recorded in the field against the emulator."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from l1ad.cli import completion
from l1ad.cli.options import OVER_BUDGET, JsonOption

if TYPE_CHECKING:
    from l1ad.rates.disagreements import FieldComparison

__all__ = ["compare_field", "print_field_comparison"]


def compare_field(
    trigger: Annotated[Path, typer.Argument(help="The trigger.json that should have run.")],
    events: Annotated[
        str,
        typer.Option(
            help="Events with seed bits, of any format, or sample:NAME.", autocompletion=completion.events
        ),
    ],
    bits: Annotated[
        list[str] | None,
        typer.Option(help="SEED=THRESHOLD, e.g. L1_AXO_Nominal=tight; give it again for more."),
    ] = None,
    scores: Annotated[
        Path | None,
        typer.Option(help="Recorded scores: a score file, or a CSV with event_number and score_raw."),
    ] = None,
    prescales: Annotated[
        Path | None, typer.Option(help="Prescale table, for seed bits of after prescale, as NanoAOD's.")
    ] = None,
    other: Annotated[
        list[Path] | None, typer.Option(help="Another trigger.json that may have run; give it again for more.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="CSV file to write the disagreeing events to.")] = None,
    json: JsonOption = False,
) -> None:
    """Hold what the trigger recorded against the emulator, and name the cause; exit code 3 if it differs."""
    from l1ad.cli.terminal import print_json, progress_bar
    from l1ad.core.trigger_file import load_trigger
    from l1ad.data.prescales import read_prescales
    from l1ad.data.samples import locate_events
    from l1ad.flow.field import compare_with_field, write_disagreements
    from l1ad.flow.targets import check_target

    algorithm = load_trigger(trigger)
    if out is not None:
        check_target(out, trigger, locate_events(events), *filter(None, (scores, prescales)))
    with progress_bar("compare", "events") as progress:
        comparison = compare_with_field(
            algorithm,
            events,
            bits=_pairs(bits or []),
            scores=scores,
            prescales=None if prescales is None else read_prescales(prescales),
            others=tuple(load_trigger(one) for one in other or []),
            progress=progress,
        )
    if out is not None:
        write_disagreements(comparison, algorithm.layout, out)
    if json:
        print_json(comparison.document())
    else:
        print_field_comparison(comparison)
    if comparison.n_disagreements:
        raise typer.Exit(OVER_BUDGET)


def print_field_comparison(comparison: "FieldComparison") -> None:
    """Print counts, and of what differs the causes and the first events."""
    from l1ad.cli.results import print_tables
    from l1ad.report.field_tables import field_remarks, field_tables

    print_tables(field_tables(comparison), field_remarks(comparison))


def _pairs(texts: list[str]) -> dict[str, str]:
    """Read SEED=THRESHOLD; a seed may have `=` in its name, a threshold not."""
    pairs: dict[str, str] = {}
    for text in texts:
        seed, equals, threshold = text.rpartition("=")
        if not equals or not seed or not threshold:
            raise typer.BadParameter(f"{text!r} is not SEED=THRESHOLD, e.g. L1_AXO_Nominal=tight")
        if seed in pairs:
            raise typer.BadParameter(f"the seed {seed!r} is given twice")
        pairs[seed] = threshold
    return pairs
