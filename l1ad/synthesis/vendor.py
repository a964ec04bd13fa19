"""Steps of the vendor's tools in batch mode: the log is kept, failures are told in one sentence."""

import re
import subprocess
import time
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TextIO

from l1ad.core.errors import ToolError
from l1ad.core.progress import Progress, silent
from l1ad.synthesis.finding import find_reports
from l1ad.synthesis.processes import GRACE_S, TimeUpError, lines_of, start, stop
from l1ad.synthesis.reading import read_report
from l1ad.synthesis.report import SynthesisReport
from l1ad.synthesis.tools import ToolName, VendorTool

__all__ = ["Step", "log_of", "run_step"]


class Step(StrEnum):
    """What a vendor's tool can be asked for; also the name of the log."""

    C_SYNTHESIS = "c_synthesis"
    COSIMULATION = "cosimulation"
    EXPORT = "export"
    IMPLEMENTATION = "implementation"


_STEPS_VARIABLE = "L1AD_STEPS"
_SCRIPT_STEPS = {Step.C_SYNTHESIS: "csim csynth", Step.COSIMULATION: "cosim", Step.EXPORT: "export"}
"""What the HLS scripts are told to do."""

_REPORTS = {
    Step.C_SYNTHESIS: ("syn/report/*csynth.xml",),
    Step.COSIMULATION: ("sim/report/*cosim.rpt",),
    Step.EXPORT: ("impl/report/*/*export*.rpt",),
    Step.IMPLEMENTATION: ("*utilization*.rpt", "*timing*.rpt"),
}
"""The reports that each step must write."""

_BATCH = {
    ToolName.VITIS_HLS: ("-f",),
    ToolName.VITIS_RUN: ("--mode", "hls", "--tcl"),
    ToolName.VIVADO_HLS: ("-f",),
    ToolName.VIVADO: ("-mode", "batch", "-nojournal", "-nolog", "-source"),
}

_NO_LICENCE = re.compile(
    r"valid licen[cs]e was not found|failed to (?:obtain|get|check ?out) (?:an? )?(?:valid )?licen[cs]e"
    r"|licen[cs]e check(?:[- ]?out)? failed|no (?:valid )?licen[cs]e (?:was )?found",
    re.IGNORECASE,
)
_FEATURE = re.compile(r"feature '([^']+)'")


def log_of(folder: Path, step: Step) -> Path:
    """Name the log of a step in a project's folder."""
    return folder / "results" / "logs" / f"{step}.log"


def run_step(
    step: Step,
    tool: VendorTool,
    folder: Path,
    script: Path,
    *,
    environment: Mapping[str, str] | None = None,
    timeout_s: float,
    grace_s: float = GRACE_S,
    progress: Progress = silent,
) -> tuple[SynthesisReport, ...]:
    """Run a step to its end and read what it reports.

    Every line that the tool writes goes to `results/logs/<step>.log` at once, and to `progress` as its note.

    Args:
        step: What is done; the HLS scripts learn it from the variable L1AD_STEPS.
        tool: The tool to run.
        folder: Folder of the project, where the tool runs.
        script: Tcl script, seen from the folder if not absolute.
        environment: Variables beyond the tool's own environment.
        timeout_s: Time in s after which the tool and whatever it started is ended.
        grace_s: Time in s that it is given to end by itself, before it is killed.
        progress: Told (0, 1, line) for each line, and (1, 1, "") at the end.

    Returns:
        The reports that the step wrote: one, or for an implementation those of utilisation and of timing.

    Raises:
        ToolError: If the tool fails, finds no licence, takes too long, or writes no report.
        KeyboardInterrupt: Passed on when the tool has been ended.
    """
    script = folder.absolute() / script
    if not script.is_file():
        raise ToolError(f"{script}: no such script for {tool.name} to run; `l1ad build` writes it")
    variables = {**tool.environment}
    if step in _SCRIPT_STEPS:
        variables[_STEPS_VARIABLE] = _SCRIPT_STEPS[step]
    variables |= environment or {}
    log = log_of(folder, step)
    log.parent.mkdir(parents=True, exist_ok=True)
    before = _stamps(folder)
    command = [str(tool.path), *_BATCH[tool.name], str(script)]
    code = _run(tool, command, folder, variables, log, timeout_s, grace_s, progress)
    if code != 0:
        raise ToolError(_failure(tool, log, f"{tool.name} ended with code {code}"))
    written = [path for path, stamp in _stamps(folder).items() if before.get(path) != stamp]
    reports: list[Path] = []
    for pattern in _REPORTS[step]:
        matching = [path for path in written if path.match(pattern)]
        if not matching:
            raise ToolError(_failure(tool, log, f"{tool.name} ended with code 0 but wrote no {pattern}"))
        reports += matching
    progress(1, 1, "")
    return tuple(read_report(path) for path in reports)


def _run(
    tool: VendorTool,
    command: list[str],
    folder: Path,
    variables: Mapping[str, str],
    log: Path,
    timeout_s: float,
    grace_s: float,
    progress: Progress,
) -> int:
    """Run a command with its output in a log, and give the code that it ends with."""
    with log.open("w", encoding="utf-8", buffering=1) as written:  # a line at a time
        process = start(command, folder, variables)
        try:
            for line in lines_of(process, time.monotonic() + timeout_s):
                written.write(f"{line}\n")
                if line.strip():
                    progress(0, 1, line.strip())
        except TimeUpError:
            _end(process, written, f"no end within {timeout_s:g} s", grace_s)
            raise ToolError(
                f"{tool.name} did not end within {timeout_s:g} s and was stopped; see {log}"
            ) from None
        except BaseException as fault:
            why = "interrupted" if isinstance(fault, KeyboardInterrupt) else repr(fault)
            _end(process, written, why, grace_s)
            raise
        return process.wait()


def _end(process: subprocess.Popen[bytes], log: TextIO, why: str, grace_s: float) -> None:
    """End the tool and say so in its log."""
    try:
        log.write(f"l1ad: {why}: the tool and everything it started is asked to end\n")
    finally:
        asking_was_enough = stop(process, grace_s)
    log.write("l1ad: ended\n" if asking_was_enough else f"l1ad: not ended within {grace_s:g} s, so killed\n")


def _stamps(folder: Path) -> dict[Path, tuple[int, int, int]]:
    """Note the reports below a folder and when they were written: one of an earlier run proves nothing."""
    stats = {path: path.stat() for path in find_reports(folder)}
    return {path: (stat.st_mtime_ns, stat.st_size, stat.st_ino) for path, stat in stats.items()}


def _failure(tool: VendorTool, log: Path, what: str) -> str:
    """Tell a failure in one sentence with what its log says: no licence, or else the first error."""
    first = ""
    with log.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if _NO_LICENCE.search(line):
                feature = _FEATURE.search(line)
                wanted = f" for {feature[1]!r}" if feature else ""
                return (
                    f"{tool.name} found no licence{wanted}; set XILINXD_LICENSE_FILE or ask the keeper of the "
                    f"licence server; see {log}"
                )
            if not first and line.startswith("ERROR:"):
                first = f": {line.strip()}"
    return f"{what}{first}; see {log}"
