"""The commands about events: what a file holds, other formats, files in a row, a layout for a table."""

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from l1ad.cli import completion
from l1ad.cli.options import JsonOption
from l1ad.cli.zero_bias import check_zero_bias_command

if TYPE_CHECKING:
    from l1ad.data.opening import ReadOptions

__all__ = ["DATA_COMMANDS"]

FormatOption = Annotated[
    str | None,
    typer.Option("--format", help="l1ad, adc2021, nanoaod, ugt, table or images; by default the file tells."),
]
LayoutOption = Annotated[
    str | None,
    typer.Option(
        help="Columns of a table or of images: a layout that ships, or a YAML file.",
        autocompletion=completion.layouts,
    ),
]
ObjectsOption = Annotated[
    str | None,
    typer.Option(help="Objects of NanoAOD: unpacked, emulated or scouting; else what is there."),
]
DatasetOption = Annotated[
    str | None, typer.Option(help="Dataset, group or tree, where it is not the usual one.")
]


def data_info(
    file: Annotated[
        str, typer.Argument(help="Events of any format, or sample:NAME.", autocompletion=completion.events)
    ],
    format_: FormatOption = None,
    layout: LayoutOption = None,
    objects: ObjectsOption = None,
    dataset: DatasetOption = None,
    check: Annotated[
        bool, typer.Option("--check", help="Compare every column of a file of ours with its digest.")
    ] = False,
    identical: Annotated[
        bool, typer.Option("--identical", help="Look for events with the same inputs as well.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Tell what a file of events holds and what is odd about it: columns, seeds, objects, duplicates."""
    from l1ad.cli.data_tables import print_events
    from l1ad.cli.terminal import print_json, progress_bar
    from l1ad.flow.data import summarise_events

    options = _options(format_, layout, objects, dataset)
    with progress_bar("data info", "events") as progress:
        summary = summarise_events(file, options, check=check, identical=identical, progress=progress)
    if json:
        print_json(summary.document())
    else:
        print_events(summary)


def data_convert(
    sources: Annotated[
        list[str],
        typer.Argument(
            help="Events of any format, read one after the other.", autocompletion=completion.events
        ),
    ],
    out: Annotated[Path, typer.Option(help="File to write.")],
    to: Annotated[
        str | None, typer.Option(help="l1ad, adc2021, ugt or table; by default the ending of --out tells.")
    ] = None,
    format_: FormatOption = None,
    layout: LayoutOption = None,
    objects: ObjectsOption = None,
    dataset: DatasetOption = None,
    sample: Annotated[str | None, typer.Option(help="Name of the sample that is written.")] = None,
    duplicates: Annotated[
        str, typer.Option(help="Events that come twice: refuse, drop (the first stays) or keep.")
    ] = "refuse",
    events: Annotated[int | None, typer.Option(min=1, help="Read so many events at most.")] = None,
    prescales: Annotated[
        Path | None,
        typer.Option(help="Prescales of the seeds: CSV with the columns name and prescale, or a JSON object."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Write events of any format as one file: .h5 is ours, .txt µGT test vectors, .csv and .parquet tables."""
    from l1ad.cli.data_tables import print_conversion
    from l1ad.cli.terminal import print_json, progress_bar
    from l1ad.data.reader import EventFormat
    from l1ad.flow.convert import Duplicates, convert_events

    options = _options(format_, layout, objects, dataset)
    said = {
        "--to": to, "--format": format_, "--layout": layout, "--objects": objects, "--dataset": dataset,
        "--sample": sample, "--duplicates": None if duplicates == "refuse" else duplicates, "--events": events,
        "--prescales": prescales,
    }  # fmt: skip
    command = _command("convert", [*sources, "--out", out], said)
    with progress_bar("data convert", "events") as progress:
        done = convert_events(
            sources, out, to=None if to is None else _named(EventFormat, to, "--to"), options=options,
            sample=sample, duplicates=_named(Duplicates, duplicates, "--duplicates"), n_events=events,
            prescales=prescales, command=command, progress=progress,
        )  # fmt: skip
    if json:
        print_json(done.document())
    else:
        print_conversion(done)


def data_join(
    files: Annotated[list[Path], typer.Argument(help="Event files of ours.")],
    out: Annotated[Path, typer.Option(help="File to write; it points to the others, next to which it stays.")],
    json: JsonOption = False,
) -> None:
    """Put event files of ours in a row without copying an event (HDF5 virtual datasets)."""
    from l1ad.cli.terminal import show
    from l1ad.flow.convert import join_events

    n_events = join_events(files, out, command=_command("join", [*files, "--out", out], {}))
    text = f"{out}: {n_events} events of {len(files)} files, which must stay where they are beside it"
    show({"file": str(out), "events": n_events, "sources": list(map(str, files))}, text, as_json=json)


def data_layout(
    table: Annotated[str, typer.Argument(help="Table in CSV, Parquet or HDF5.")],
    out: Annotated[Path, typer.Option(help="Layout file to write (YAML).")],
    bits: Annotated[int, typer.Option(help="Bits of each input, its sign included.")] = 12,
    dataset: DatasetOption = None,
    json: JsonOption = False,
) -> None:
    """Derive a layout from the columns of a table: a step and a range for each, to be read and corrected."""
    from l1ad.cli.terminal import print_json, print_table
    from l1ad.config.layout import save_layout
    from l1ad.data.tables.layout import derived_layout
    from l1ad.flow.targets import check_target

    check_target(out, Path(table))
    derived = derived_layout(table, bits=bits, name=out.stem, dataset=dataset)
    save_layout(derived, out)
    if json:
        print_json({"file": str(out), "layout": derived.name, "inputs": derived.rows()})
        return
    rows = [
        [one.name, f"{one.lsb:g}", f"{one.raw_min * one.lsb:g}", f"{one.raw_max * one.lsb:g}", str(one.width)]
        for one in derived.fields
    ]
    print_table(f"{out}: layout {derived.name!r}", ["input", "step", "lowest", "highest", "bits"], rows)


def _options(
    format_: str | None, layout: str | None, objects: str | None, dataset: str | None
) -> "ReadOptions":
    from l1ad.config.layout import find_layout
    from l1ad.data.opening import Objects, ReadOptions
    from l1ad.data.reader import EventFormat

    return ReadOptions(
        format=None if format_ is None else _named(EventFormat, format_, "--format"),
        layout=None if layout is None else find_layout(layout),
        objects=None if objects is None else _named(Objects, objects, "--objects"),
        dataset=dataset,
    )


def _named(kind: Any, value: str, option: str) -> Any:
    if value not in set(kind):
        raise typer.BadParameter(f"{option} is {value!r}; there are {', '.join(kind)}")
    return kind(value)


def _command(name: str, arguments: list[Any], said: dict[str, Any]) -> str:
    from l1ad.data.nanoaod.files import shown_location

    options = [word for option, value in said.items() if value is not None for word in (option, value)]
    return shlex.join(["l1ad", "data", name, *(shown_location(str(one)) for one in (*arguments, *options))])


DATA_COMMANDS: tuple[tuple[str, Callable[..., None], str], ...] = (
    (
        "info",
        data_info,
        "l1ad data info sample:a_to_4l --check   or   l1ad data info table.csv --layout mine.yaml",
    ),
    ("check", check_zero_bias_command, "l1ad data check sample:zero_bias --out check"),
    ("convert", data_convert, "l1ad data convert run_1.txt run_2.txt --out runs.h5 --duplicates drop"),
    ("join", data_join, "l1ad data join a.h5 b.h5 --out all.h5"),
    ("layout", data_layout, "l1ad data layout table.csv --bits 12 --out layout.yaml"),
)
"""The commands about events: name, command, example."""
