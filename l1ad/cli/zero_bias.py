"""The command that checks whether a zero-bias sample is sane, and how the result is printed."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from l1ad.cli import completion
from l1ad.cli.options import JsonOption

if TYPE_CHECKING:
    from l1ad.rates.weighted import RateEstimate
    from l1ad.rates.zero_bias import MenuRates, Slice, ZeroBiasCheck

__all__ = ["check_events", "check_zero_bias_command", "print_zero_bias_check"]


def check_zero_bias_command(
    file: Annotated[
        str,
        typer.Argument(
            help="Zero-bias events of the layout ugt_57, or sample:NAME.", autocompletion=completion.events
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder for check.json and the figures.")],
    bunches: Annotated[
        int | None,
        typer.Option(min=1, help="Colliding bunch pairs of the fill, e.g. 2340; a simulated file says itself."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Check a zero-bias sample: multiplicities, spectra, rates against threshold, pile-up and time, menu."""
    check_events(file, out, bunches=bunches, as_json=json)


def check_events(location: str, folder: Path, *, bunches: int | None = None, as_json: bool = False) -> None:
    """Check a zero-bias sample, keep result and figures in a folder, and print the result.

    Args:
        location: Events, as `open_events` takes them.
        folder: Where to keep them; an earlier check there is replaced.
        bunches: Colliding bunch pairs; None takes those the sample was simulated for.
        as_json: Print JSON instead of tables.
    """
    from l1ad.cli.terminal import note, print_json, progress_bar
    from l1ad.flow.zero_bias_check import (
        checked_zero_bias,
        refuse_other_folder,
        save_zero_bias_check,
        simulated_bunches,
    )

    refuse_other_folder(folder)
    colliding = simulated_bunches(location) if bunches is None else bunches
    with progress_bar("check", "events") as progress:
        check = checked_zero_bias(location, colliding_bunches=colliding, progress=progress)
    save_zero_bias_check(check, folder)
    if as_json:
        print_json(check.document())
    else:
        print_zero_bias_check(check)
        note(f"{folder}: check.json and figures")


def print_zero_bias_check(check: "ZeroBiasCheck") -> None:
    """Print the sample in numbers, rates at the benchmarks, over pile-up and time, and the menu."""
    from l1ad.cli.terminal import print_table
    from l1ad.rates.zero_bias_objects import BENCHMARKS

    print_table(f"Zero bias {check.sample}", ["", ""], _overview(check))
    print_table(
        f"Rates of single objects with {check.colliding_bunches} colliding bunches",
        ["threshold", "rate", "events"],
        [
            [benchmark.title, _rate(rate), f"{rate.n_pass:,}"]
            for benchmark, rate in zip(BENCHMARKS, check.benchmarks, strict=True)
        ],
    )
    _print_slices("Rates over pile-up", "pile-up", check.by_pileup)
    _print_slices("Rates over time", "lumi sections", check.by_lumi_section)
    if check.menu is not None:
        _print_menu(check.menu)


def _overview(check: "ZeroBiasCheck") -> list[list[str]]:
    kind = "Clopper-Pearson" if check.equal_weights else "Garwood, scaled to the weights"
    rows = [
        ["events", f"{check.n_events:,}"],
        ["sum of weights", f"{check.weight:,.6g}"],
        ["effective events", f"{check.effective_events:,.0f}"],
        ["mean pile-up", "not known" if check.mean_pileup is None else f"{check.mean_pileup:.2f}"],
        ["intervals", f"{kind}, {100 * check.coverage:.2f} %"],
    ]
    names = {"eg": "e/γ", "mu": "µ", "jet": "jets", "jet30": "jets over 30 GeV"}
    for key, one in check.multiplicities.items():
        mean = sum(number * share for number, share in enumerate(one.per_crossing))
        rows.append([f"{names[key]} in a crossing", f"{mean:.4g}"])
    return rows


def _print_slices(title: str, what: str, slices: "tuple[Slice, ...]") -> None:
    """Print one row a slice, and the middle benchmark of each quantity."""
    from l1ad.cli.terminal import print_table
    from l1ad.rates.zero_bias_objects import BENCHMARKS

    if not slices:
        return
    chosen = range(1, len(BENCHMARKS), 3)
    print_table(
        title,
        [what, "events", *(BENCHMARKS[index].title for index in chosen)],
        [
            [one.title, f"{one.n_events:,}", *(_rate(one.rates[index]) for index in chosen)]
            for one in slices
        ],
    )  # fmt: skip


def _print_menu(menu: "MenuRates") -> None:
    from l1ad.cli.terminal import print_table
    from l1ad.rates.zero_bias import PUBLISHED, TOTAL

    def published(name: str) -> str:
        return f"{PUBLISHED[name].khz:g} kHz" if name in PUBLISHED else ""

    rows = [
        [one.name, str(one.prescale), _rate(one.before), _rate(one.after) if one.prescale else "0",
         "" if one.pure is None else _rate(one.pure), published(one.name)]
        for one in menu.seeds
    ]  # fmt: skip
    rows.append([TOTAL, "", _rate(menu.total), _rate(menu.total), "", published(TOTAL)])
    print_table(
        "Trigger menu", ["seed", "prescale", "before prescale", "after prescale", "pure", "published"], rows
    )
    for name, one in PUBLISHED.items():
        typer.echo(f"{name}: {one.khz:g} kHz is the {one.what} ({one.source})")


def _rate(estimate: "RateEstimate") -> str:
    from l1ad.report.numbers import rate_text

    ends = {"rate_hz": estimate.rate_khz, "low_hz": estimate.low_khz, "high_hz": estimate.high_khz}
    return rate_text({name: 1000 * khz for name, khz in ends.items()})
