"""Open synthesis with Yosys: what the Verilog takes of a part, module by module, before placement."""

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from l1ad.core.errors import ToolError
from l1ad.core.interrupts import interrupts_held_back
from l1ad.core.machine import usable_cores
from l1ad.core.progress import Progress, silent
from l1ad.core.resources import ModuleResources, ResourceEstimate, Resources
from l1ad.core.trigger_file import write_text_safely
from l1ad.rtl.project import DESIGN_FILE
from l1ad.rtl.tools import find_yosys

__all__ = ["cells_of", "family_of", "open_estimate"]

MODULE_SECONDS = 3600
_LOOK_SECONDS = 0.1

_LUTS = re.compile(r"LUT[1-6](_2)?|INV|SRL.*|RAM(32|64|128|256|512).*")
"""INV is a LUT1 that packing may take away; shift registers and small memories sit in LUTs."""
_NOTHING = re.compile(r"MUXF[789]|VCC|GND|BUFG|IBUF|OBUF")
_FLIP_FLOPS = re.compile(r"FD[CPRS]E(_1)?|LD[CP]E")
_WEIGHTS = {"RAMB18": 1, "RAMB36": 2}


def open_estimate(
    project: Path,
    part: str,
    *,
    yosys: str | None = None,
    cache: Path | None = None,
    progress: Progress = silent,
) -> ResourceEstimate:
    """Map each module of a Verilog project to the cells of a part's family, on every core.

    Modules that were mapped before, by the same version and script, are taken from the cache: a run that
    was interrupted goes on where it was.

    Args:
        project: The folder `firmware/<name>/rtl`.
        part: Xilinx part number; its family decides the cells.
        yosys: Program to use instead of the one that is found.
        cache: Folder of what was mapped before; of the user's cache unless told.
        progress: Told the modules done.

    Raises:
        ToolError: If there is no project or no Yosys, it fails, or it uses a cell that is not known here.
    """
    try:
        design = json.loads((project / DESIGN_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise ToolError(f"{project}: no Verilog project here; `l1ad build` writes one") from None
    sources, top = [project / f"{name}.v" for name in design["modules"]], project / f"{design['top']}.v"
    program, family = find_yosys(yosys), family_of(part)
    version = _version(program)
    folder = _cache_folder() if cache is None else cache
    jobs = [_job(source, (), family, version, folder) for source in sources]
    jobs.append(_job(top, sources, family, version, folder))
    _run(program, [job for job in jobs if not job.cached.is_file()], len(jobs), progress)
    modules = tuple(
        ModuleResources(module=job.module, resources=Resources(**json.loads(job.cached.read_text())))
        for job in jobs
    )
    return ResourceEstimate(tool="Yosys", version=version, family=family, modules=modules)


def family_of(part: str) -> str:
    """Name a part's family as `synth_xilinx` does.

    Raises:
        ToolError: If it is none that Yosys maps to.
    """
    lower = part.lower()
    if re.match(r"xc7[vkas]", lower):
        return "xc7"
    if re.match(r"xc([vk]u\d+p|u\d+|zu\d+|au\d+p)", lower):
        return "xcup"
    if re.match(r"xc[vk]u\d+", lower):
        return "xcu"
    raise ToolError(f"Yosys maps to no part such as {part!r}; it does to 7 series, UltraScale and UltraScale+")


def cells_of(counts: dict[str, int], module: str) -> Resources:
    """Sort the cells that Yosys counted.

    Raises:
        ToolError: If it used a cell that is not known here, so that none is left out in silence.
    """
    found = dict.fromkeys(("lut", "ff", "carry", "dsp", "bram_18k"), 0)
    for cell, count in counts.items():
        if _LUTS.fullmatch(cell):
            found["lut"] += count
        elif _FLIP_FLOPS.fullmatch(cell):
            found["ff"] += count
        elif cell in ("CARRY4", "CARRY8"):
            found["carry"] += count
        elif cell.startswith("DSP48"):
            found["dsp"] += count
        elif cell[:6] in _WEIGHTS:
            found["bram_18k"] += count * _WEIGHTS[cell[:6]]
        elif not _NOTHING.fullmatch(cell):
            raise ToolError(f"{module}: Yosys used {count} cells {cell!r}, which are not known here")
    return Resources(**found)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """A module to be mapped. The top level has the others as black boxes: they count for themselves."""

    module: str
    files: tuple[Path, ...]
    script: str
    cached: Path


def _job(source: Path, boxes: Iterable[Path], family: str, version: str, cache: Path) -> _Job:
    module, boxes = source.stem, tuple(boxes)
    script = "; ".join(
        [*(f"read_verilog -lib {box.name}" for box in boxes), f"read_verilog {source.name}",
         f"synth_xilinx -family {family} -flatten -noiopad -noclkbuf -top {module}",
         "tee -q -o stat.json stat -json"]
    )  # fmt: skip
    digest = hashlib.sha256(f"{version}\n{script}\n".encode())
    for one in (source, *boxes):
        digest.update(one.read_bytes())
    return _Job(
        module=module, files=(source, *boxes), script=script, cached=cache / f"{digest.hexdigest()}.json"
    )


def _run(program: str, jobs: list[_Job], n_modules: int, progress: Progress) -> None:
    """Run jobs side by side; whatever ends this ends them."""
    before, waiting, running = n_modules - len(jobs), list(jobs), list[_Running]()
    # The longest first: a short one at the end fills the other core.
    waiting.sort(key=lambda job: sum(file.stat().st_size for file in job.files[:1]))
    done = before
    try:
        while waiting or running:
            while waiting and len(running) < usable_cores():
                with interrupts_held_back():
                    running.append(_Running(program, waiting.pop()))
            names = ", ".join(one.job.module for one in running)
            progress(done, n_modules, f"Yosys: {names}")
            time.sleep(_LOOK_SECONDS)
            for one in [one for one in running if one.ended()]:
                one.keep()
                running.remove(one)
                done += 1
    finally:
        with interrupts_held_back():
            for one in running:
                one.stop()
    progress(n_modules, n_modules, "")


class _Running:
    """Yosys at work on a module, in a folder and a process group of its own."""

    def __init__(self, program: str, job: _Job) -> None:
        self.job = job
        self.folder = Path(tempfile.mkdtemp(prefix="l1ad-yosys-"))
        for file in job.files:
            shutil.copy(file, self.folder)
        self.started = time.monotonic()
        with (self.folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [program, "-q", "-p", job.script], cwd=self.folder, stdin=subprocess.DEVNULL,
                stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    def ended(self) -> bool:
        """Tell whether it is done."""
        if self.process.poll() is None and time.monotonic() - self.started > MODULE_SECONDS:
            self.stop()
            raise ToolError(f"{self.job.module}: Yosys did not end within {MODULE_SECONDS} s")
        return self.process.poll() is not None

    def keep(self) -> None:
        """Keep what it counted, or tell why it failed."""
        try:
            if self.process.returncode != 0:
                log = (self.folder / "log").read_text(errors="replace").splitlines()
                errors = [line for line in log if "ERROR" in line] or log[-1:] or ["no message"]
                raise ToolError(
                    f"{self.job.module}: Yosys failed with code {self.process.returncode}: {errors[0]}"
                )
            counts = _counts(json.loads((self.folder / "stat.json").read_text()), self.job)
            write_text_safely(self.job.cached, json.dumps(asdict(cells_of(counts, self.job.module))) + "\n")
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def stop(self) -> None:
        """End it and all that it started."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def _counts(document: dict[str, Any], job: _Job) -> dict[str, int]:
    """Give the cells of a module by type, without the modules that are black boxes in it."""
    boxes = {file.stem for file in job.files[1:]}
    counts = document["modules"][f"\\{job.module}"].get("num_cells_by_type", {})
    return {str(name): int(count) for name, count in counts.items() if name not in boxes}


def _version(program: str) -> str:
    try:
        done = subprocess.run([program, "-V"], capture_output=True, text=True, check=True, timeout=600)
    except (OSError, subprocess.SubprocessError) as fault:
        raise ToolError(f"{program}: {fault}; is this Yosys?") from None
    match = re.search(r"Yosys (\S+)", done.stdout)
    if match is None:
        raise ToolError(f"{program} -V says {done.stdout.strip()[:60]!r}; is this Yosys?")
    return match[1]


def _cache_folder() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "l1ad" / "yosys"
