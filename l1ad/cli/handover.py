"""The commands of whoever takes a firmware folder: hold it against its budget, look at its waveforms."""

from pathlib import Path
from typing import Annotated

import typer

from l1ad.cli import completion
from l1ad.cli.options import OVER_BUDGET, JsonOption

__all__ = ["check", "wave"]


def check(
    folder: Annotated[Path, typer.Argument(help="Firmware folder, e.g. firmware/demo.")],
    json: JsonOption = False,
) -> None:
    """Hold agreement, latency and resources against the budget, each with its source; exit code 3 when over."""
    from dataclasses import asdict

    from l1ad.cli.results import print_budget
    from l1ad.cli.terminal import print_json
    from l1ad.flow.check import check_firmware
    from l1ad.synthesis.budget import Verdict

    lines = check_firmware(folder)
    documents = [asdict(line) for line in lines]
    if json:
        print_json(documents)
    else:
        print_budget(documents)
    over = [line.what for line in lines if line.verdict is Verdict.OVER]
    if over:
        typer.echo(f"l1ad: over budget: {', '.join(over)}", err=True)
        raise typer.Exit(OVER_BUDGET)


def wave(
    folder: Annotated[Path, typer.Argument(help="Firmware folder, e.g. firmware/demo.")],
    events: Annotated[str, typer.Option(help="Event file or sample:NAME.", autocompletion=completion.events)],
    event: Annotated[list[int], typer.Option(help="Event number; give it again for more, back to back.")],
    out: Annotated[Path, typer.Option(help="Waveform to write, a .vcd.")],
) -> None:
    """Record every signal of the Verilog while named events pass, for GTKWave or Surfer."""
    from l1ad.cli.terminal import progress_bar
    from l1ad.flow.wave import record_events

    with progress_bar("wave") as progress:
        recorded = record_events(folder, events, tuple(event), out, progress=progress)
    typer.echo(f"{out}: {recorded} events")
