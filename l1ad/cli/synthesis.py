"""Synthesis: the open estimate, the vendor's tools, and what they reported, side by side."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from l1ad.cli.options import JsonOption

if TYPE_CHECKING:
    from l1ad.synthesis.report import SynthesisReport

__all__ = ["SYNTH_COMMANDS"]

FolderArgument = Annotated[Path, typer.Argument(help="Firmware folder, e.g. firmware/demo.")]


def synth_open(
    folder: FolderArgument,
    yosys: Annotated[
        str | None, typer.Option(help="Yosys to use instead of the one of the extra 'rtl', e.g. yosys.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Estimate LUT, FF, CARRY, DSP and BRAM of the Verilog with Yosys, module by module, before placement."""
    from dataclasses import asdict

    from l1ad.cli.results import print_tables
    from l1ad.cli.terminal import print_json, progress_bar
    from l1ad.flow.synthesize import synthesize_open
    from l1ad.report.firmware_tables import cells_table

    with progress_bar("synth open") as progress:
        estimate = synthesize_open(folder, yosys=yosys, progress=progress)
    if json:
        print_json({**asdict(estimate), "total": asdict(estimate.total)})
        return
    print_tables([cells_table(estimate)])


def synth_vendor(
    folder: FolderArgument,
    steps: Annotated[
        str, typer.Option(help="Of c_synthesis, cosimulation, export, implementation; commas between.")
    ] = "c_synthesis,implementation",
    settings: Annotated[
        Path | None, typer.Option(help="settings64.sh of Vitis or Vivado, where they are not on PATH.")
    ] = None,
    timeout_s: Annotated[float, typer.Option(min=1, help="Longest time for each step.")] = 14_400,
    json: JsonOption = False,
) -> None:
    """Run Vitis HLS or Vivado HLS on the C++ and Vivado on the Verilog, where they are installed."""
    from l1ad.cli.terminal import progress_bar
    from l1ad.flow.synthesize import synthesize_vendor
    from l1ad.synthesis.vendor import Step

    names = [one.strip() for one in steps.split(",")]
    if unknown := [one for one in names if one not in set(Step)]:
        raise typer.BadParameter(f"no step {unknown[0]!r}; there are {', '.join(Step)}")
    with progress_bar("synth vendor") as progress:
        found = synthesize_vendor(
            folder, [Step(one) for one in names], settings=settings, timeout_s=timeout_s, progress=progress
        )
    _show({f"{step} {one.source}": one for step, reports in found.items() for one in reports}, as_json=json)


def synth_report(
    files: Annotated[list[Path], typer.Argument(help="Reports, or folders of projects to search for them.")],
    json: JsonOption = False,
) -> None:
    """Show the figures of HLS, co-simulation and Vivado reports, and what to know about each."""
    from l1ad.synthesis.finding import reports_at
    from l1ad.synthesis.reading import read_report

    _show({str(path): read_report(path) for path in reports_at(files)}, as_json=json)


def _show(reports: "dict[str, SynthesisReport]", *, as_json: bool) -> None:
    from l1ad.cli.terminal import print_json, print_table

    if as_json:
        print_json([{"file": name, **report.document()} for name, report in reports.items()])
        return
    header = ["file", "tool", "status", "latency", "II", "clock ns: target / estimated", "LUT", "FF", "DSP",
              "BRAM 18k"]  # fmt: skip
    rows = [[name, *_cells(report)] for name, report in reports.items()]
    print_table("Reports of synthesis; latency and II in cycles", header, rows)
    for name, report in reports.items():
        for note in report.notes:
            typer.echo(f"{name}: {note}")


def _cells(report: "SynthesisReport") -> list[str]:
    from l1ad.synthesis.report import ReportKind

    slack = None if report.worst_slack_ns is None else f"slack {report.worst_slack_ns:g} ns"
    unnamed = "HLS" if report.kind is ReportKind.HLS_SYNTHESIS else None  # its XML names a version only
    used = report.used
    return [
        " ".join(filter(None, (report.tool or unnamed, report.version))),
        ", ".join(filter(None, (report.status, slack))),
        _span(report.latency_cycles_min, report.latency_cycles_max),
        _span(report.interval_cycles_min, report.interval_cycles_max),
        f"{_figure(report.target_clock_ns)} / {_figure(report.estimated_clock_ns)}",
        *(_figure(one) for one in (used.lut, used.ff, used.dsp, used.bram_18k)),
    ]


def _span(low: int | None, high: int | None) -> str:
    return _figure(high) if low == high else f"{_figure(low)} to {_figure(high)}"


def _figure(number: float | None) -> str:
    """Write a figure; '-' where the report says none."""
    if number is None:
        return "-"
    return f"{number:,}" if isinstance(number, int) else f"{number:g}"


SYNTH_COMMANDS: tuple[tuple[str, Callable[..., None], str], ...] = (
    ("open", synth_open, "l1ad synth open firmware/demo"),
    ("vendor", synth_vendor, "l1ad synth vendor firmware/demo --settings settings64.sh"),
    ("report", synth_report, "l1ad synth report firmware/demo"),
)
"""The commands about synthesis: name, command, example."""
