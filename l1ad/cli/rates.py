"""The commands of whoever signs the rates: thresholds, menu, stability, tails, review, field."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from l1ad.cli.options import JsonOption
from l1ad.cli.rates_compare import compare_field
from l1ad.cli.rates_sources import (
    BunchesOption,
    EventsOption,
    MenuOption,
    MixedOption,
    PerDayOption,
    SchedulerOption,
    SourceArgument,
    WorkersOption,
    parsed_pairs,
    prepared,
)
from l1ad.cli.rates_thresholds import rates_thresholds

if TYPE_CHECKING:
    from l1ad.rates.pileup_profile import PileupProfile

__all__ = ["RATES_COMMANDS"]


def rates_menu(
    source: SourceArgument,
    events: EventsOption = None,
    bunches: BunchesOption = None,
    events_per_day: PerDayOption = None,
    menu: MenuOption = None,
    signal: Annotated[
        list[str] | None, typer.Option(help="NAME=FILE of a signal, whose gain is counted; again for more.")
    ] = None,
    workers: WorkersOption = 1,
    scheduler: SchedulerOption = None,
    json: JsonOption = False,
) -> None:
    """Hold the thresholds against the menu: total, pure and proportional rates, overlap, gain, what is new."""
    from l1ad.cli.rates_tables import print_menu
    from l1ad.cli.terminal import print_json, progress_bar
    from l1ad.flow.event_parts import Workers
    from l1ad.flow.rate_menu import beside_menu
    from l1ad.flow.run_directory import RunDirectory

    parts, stream = prepared(source, events, bunches, events_per_day, menu)
    signals = RunDirectory.open(source).config.data.signals if source.is_dir() else {}
    signals = {**signals, **parsed_pairs(signal, "--signal", "a_to_4l=sample:a_to_4l")}
    with progress_bar("menu", "events") as progress:
        result = beside_menu(
            parts,
            stream,
            signals=signals,
            workers=Workers(processes=workers, scheduler=scheduler),
            progress=progress,
        )
    if json:
        print_json(result.document())
    else:
        print_menu(result)


def rates_stability(
    source: SourceArgument,
    events: EventsOption = None,
    bunches: BunchesOption = None,
    events_per_day: PerDayOption = None,
    menu: MenuOption = None,
    seed: Annotated[
        list[str] | None, typer.Option(help="Seed of the menu to follow too, e.g. one that only monitors.")
    ] = None,
    pileup: Annotated[
        str | None, typer.Option(help="Rates at another pile-up too: a mean, or a CSV of pileup and weight.")
    ] = None,
    sculpt: Annotated[
        list[str] | None, typer.Option(help="Quantity whose spectrum is compared, e.g. ht; again for more.")
    ] = None,
    mixed: MixedOption = False,
    workers: WorkersOption = 1,
    scheduler: SchedulerOption = None,
    json: JsonOption = False,
) -> None:
    """Test whether the rates are steady over pile-up, time and orbit, and say what the score goes with."""
    from l1ad.cli.rates_tables import print_stability
    from l1ad.cli.terminal import print_json, progress_bar
    from l1ad.flow.event_parts import Workers
    from l1ad.flow.rate_stability import rate_stability

    parts, stream = prepared(source, events, bunches, events_per_day, menu)
    with progress_bar("stability", "events") as progress:
        result = rate_stability(
            parts,
            stream,
            seeds=tuple(seed or ()),
            target=None if pileup is None else _profile(pileup),
            sculpted=tuple(sculpt or ()),
            mixed=mixed,
            workers=Workers(processes=workers, scheduler=scheduler),
            progress=progress,
        )
    if json:
        print_json(result.document())
    else:
        print_stability(result)


def rates_tail(
    source: SourceArgument,
    events: EventsOption = None,
    bunches: BunchesOption = None,
    events_per_day: PerDayOption = None,
    threshold: Annotated[
        list[int] | None, typer.Option(help="Threshold in hardware units, beside those of the algorithm.")
    ] = None,
    workers: WorkersOption = 1,
    scheduler: SchedulerOption = None,
    json: JsonOption = False,
) -> None:
    """Fit the tail of the scores beyond the sample, with its diagnostics; always labelled as extrapolation."""
    from l1ad.cli.rates_review_tables import print_tail
    from l1ad.cli.terminal import print_json, progress_bar
    from l1ad.flow.event_parts import Workers
    from l1ad.flow.rate_review import rate_tail

    parts, stream = prepared(source, events, bunches, events_per_day, None)
    asked = {**parts.trigger.thresholds, **{str(raw): raw for raw in threshold or ()}}
    with progress_bar("tail", "events") as progress:
        result = rate_tail(
            parts,
            stream,
            thresholds_raw=asked,
            workers=Workers(processes=workers, scheduler=scheduler),
            progress=progress,
        )
    if json:
        print_json(result.document())
    else:
        print_tail(result.document())


def rates_review(
    source: SourceArgument,
    events: EventsOption = None,
    bunches: BunchesOption = None,
    events_per_day: PerDayOption = None,
    menu: MenuOption = None,
    pileup: Annotated[
        list[float] | None, typer.Option(help="Mean pile-up to suggest thresholds for; again for more.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="CSV file for the menu review.")] = None,
    mixed: MixedOption = False,
    workers: WorkersOption = 1,
    scheduler: SchedulerOption = None,
    json: JsonOption = False,
) -> None:
    """Show what a unit of threshold changes, where thresholds go with pile-up, and a menu review's table."""
    from l1ad.cli.rates_review_tables import print_review, review_csv
    from l1ad.cli.terminal import print_json, progress_bar
    from l1ad.core.trigger_file import write_text_safely
    from l1ad.flow.event_parts import Workers
    from l1ad.flow.rate_review import rate_review
    from l1ad.flow.targets import check_target

    if out is not None:
        check_target(out, source)
    parts, stream = prepared(source, events, bunches, events_per_day, menu)
    with progress_bar("review", "events") as progress:
        result = rate_review(
            parts,
            stream,
            means=pileup or (),
            mixed=mixed,
            workers=Workers(processes=workers, scheduler=scheduler),
            progress=progress,
        )
    if out is not None:
        write_text_safely(out, review_csv(result))
    if json:
        print_json(result.document())
    else:
        print_review(result)


def _profile(text: str) -> "PileupProfile":
    from l1ad.rates.pileup_profile import PileupProfile

    try:
        return PileupProfile.poisson(float(text))
    except ValueError:
        return PileupProfile.read(Path(text))


RATES_COMMANDS: tuple[tuple[str, Callable[..., None], str], ...] = (
    (
        "thresholds",
        rates_thresholds,
        "l1ad rates thresholds runs/a   or   l1ad rates thresholds trigger.json --events a.h5 --bunches 2340",
    ),
    ("menu", rates_menu, "l1ad rates menu runs/mine"),
    ("stability", rates_stability, "l1ad rates stability runs/mine --pileup 48 --sculpt ht --sculpt met"),
    ("tail", rates_tail, "l1ad rates tail runs/mine --threshold 3000"),
    ("review", rates_review, "l1ad rates review runs/mine --pileup 45 --pileup 50 --out review.csv"),
    (
        "compare",
        compare_field,
        "l1ad rates compare trigger.json --events nano.root --bits L1_AXO_Nominal=tight",
    ),
)
"""The commands about rates: name, command, example."""
