"""The command that compares families of networks as a study file says."""

from pathlib import Path
from typing import Annotated

import typer

from l1ad.cli.options import JsonOption

__all__ = ["study"]


def study(
    config: Annotated[Path, typer.Argument(help="Study file, e.g. configs/studies/data_quality.yaml.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of the study: data, trials, study.html.")],
    workers: Annotated[int, typer.Option(min=1, help="Processes on this machine.")] = 1,
    json: JsonOption = False,
) -> None:
    """Train families of networks on the same data and compare them; one that was stopped goes on."""
    from l1ad.cli.terminal import print_json, print_table, progress_bar, resumable
    from l1ad.config.study import load_study
    from l1ad.core.plain import plain
    from l1ad.flow.study import save_study
    from l1ad.flow.study import study as run_study
    from l1ad.report.document import Table

    wanted = load_study(config)
    with resumable(out):
        with progress_bar("study") as progress:
            document = run_study(wanted, out, workers=workers, progress=progress)
        with progress_bar("write") as progress:
            page = save_study(document, out, progress=progress)
    if json:
        print_json(plain(document.data))
        return
    for verdict in document.verdicts:
        typer.echo(f"{verdict.what}: {verdict.found}")
    for block in document.sections[0].blocks:
        if isinstance(block, Table):
            print_table(block.title, list(block.header), [list(row) for row in block.rows])
    typer.echo(f"{page}: all figures and tables; also as Markdown, JSON, CSV, PNG and PDF")
