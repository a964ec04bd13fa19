"""The reports below the folder of a project of Vivado HLS, Vitis HLS or Vivado."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from l1ad.core.errors import ToolError
from l1ad.synthesis.reading import is_report

__all__ = ["find_reports", "reports_at"]

_NAMES = ("*csynth.xml", "*csynth.rpt", "*cosim.rpt", "*export*.rpt", "*utilization*.rpt", "*timing*.rpt",
          "*vivado_synth.rpt")  # fmt: skip

_TOP = re.compile(r"<TopModelName>\s*([^<\s]+)\s*</TopModelName>")


def find_reports(folder: Path) -> tuple[Path, ...]:
    """Find the reports below a folder, in the order of their paths.

    Of C synthesis, which reports every module, only the top level's is taken: its XML, or its text where
    there is no XML. Of an export, which is reported twice, one. What the tools keep in folders with a
    leading dot is passed over, and so is a file that only has the name of a report.

    Raises:
        ToolError: If it is no folder.
    """
    if not folder.is_dir():
        raise ToolError(f"{folder}: no such folder; give that of a Vitis HLS, Vivado HLS or Vivado project")
    paths = {path for name in _NAMES for path in folder.rglob(name) if _is_in_sight(path, folder)}
    by_folder: dict[Path, list[Path]] = {}
    for path in sorted(paths):
        by_folder.setdefault(path.parent, []).append(path)
    found = [path for where, files in by_folder.items() for path in _chosen(where, files)]
    return tuple(sorted(path for path in found if is_report(path)))


def reports_at(places: Sequence[Path]) -> tuple[Path, ...]:
    """Give files as they are, and for each folder the reports below it.

    Raises:
        ToolError: If there is no report below a folder.
    """
    found: list[Path] = []
    for place in places:
        below = find_reports(place) if place.is_dir() else (place,)
        if not below:
            raise ToolError(
                f"{place}: no report below this folder; wanted are names such as syn/report/<top>_csynth.xml, "
                "sim/report/<top>_cosim.rpt, utilization.rpt or timing_summary.rpt"
            )
        found += below
    return tuple(found)


def _is_in_sight(path: Path, folder: Path) -> bool:
    return not any(part.startswith(".") for part in path.relative_to(folder).parts)


def _chosen(where: Path, files: list[Path]) -> Iterator[Path]:
    """Choose among the reports of one folder."""
    if where.match("syn/report"):
        yield from _top_level(files)
    elif where.match("impl/report/*"):
        yield from [path for path in files if is_report(path)][:1]
    else:
        yield from files


def _top_level(files: list[Path]) -> list[Path]:
    """Choose the report of the top level among those of all modules.

    `csynth.xml` is the project's and names the top level, whose own file says the same in full; every
    other file names its own module as if that were the top.
    """
    by_name = {path.name: path for path in files}
    whole = by_name.get("csynth.xml")
    if whole is not None:
        found = _TOP.search(whole.read_text(encoding="utf-8", errors="replace"))
        own = by_name.get(f"{found[1]}_csynth.xml") if found else None
        return [own or whole]
    modules = [path for path in files if path.suffix == ".xml"]
    if modules:
        return modules
    summary = by_name.get("csynth.rpt")
    if summary is not None:
        found = re.search(r"^== .* Report of '([^']+)'", summary.read_text(errors="replace"), re.MULTILINE)
        own = by_name.get(f"{found[1]}_csynth.rpt") if found else None
        return [own or summary]
    return files
