"""The Python interface, room by room: which modules its pages show, in one place.

A pattern that ends in `.*` stands for every module of a package that is there, packages inside it too.
"""

import importlib.util
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

__all__ = ["ROOMS", "existing", "modules", "pages"]

ROOMS: dict[str, tuple[str, tuple[str, ...]]] = {
    "api": ("Scripts and notebooks: the steps of the road as functions.", ("l1ad.api.*",)),
    "core": (
        "Words that every room speaks: number formats, layout, scaling, network, score, trigger.",
        ("l1ad.core.*",),
    ),
    "config": ("YAML in, typed configuration out.", ("l1ad.config.*",)),
    "data": ("Events of every format, scores and samples on disk.", ("l1ad.data.*",)),
    "emulate": ("A trigger algorithm on events, exactly and fast.", ("l1ad.emulate.*",)),
    "rates": ("Rates with their intervals, thresholds, menu, stability, tails.", ("l1ad.rates.*",)),
    "metrics": ("Efficiencies, areas under curves, ensembles.", ("l1ad.metrics.*",)),
    "training": (
        "Models, losses, loop, and freezing. Needs the extra `qkeras` or `hgq`.",
        ("l1ad.training.*",),
    ),
    "exchange": ("Models of other tools in, QONNX out.", ("l1ad.exchange.*",)),
    "hls": ("The C++ for Vitis HLS and Vivado HLS, and the emulator library.", ("l1ad.hls.*",)),
    "rtl": ("Verilog, its simulation and open synthesis.", ("l1ad.rtl.*",)),
    "synthesis": ("Vendor tools, their reports, the budget.", ("l1ad.synthesis.*",)),
    "simulate": ("Pythia, detector, trigger objects. Needs the extra `simulate`.", ("l1ad.simulate.*",)),
    "references": ("Methods of scikit-learn to compare with.", ("l1ad.references.*",)),
    "search": ("Scans of the configuration. Needs the extra `search`.", ("l1ad.search.*",)),
    "report": ("Results as a document, and its writers.", ("l1ad.report.*",)),
    "flow": ("What joins the rooms: one short function for each step.", ("l1ad.flow.*",)),
}
"""Page -> what the room is for, and its modules. A room that is not there has no page."""


def existing(folder: str, names: Mapping[str, str]) -> dict[str, str]:
    """Keep the names of files that are there."""
    return {name: title for name, title in names.items() if (Path(folder) / name).is_file()}


def modules(pattern: str) -> tuple[str, ...]:
    """List the modules that a pattern stands for, sorted; none where the package is not there."""
    package = pattern.removesuffix(".*")
    found = importlib.util.find_spec(package)
    if found is None:
        return ()
    if package == pattern:
        return (pattern,)
    return tuple(sorted(_inside(package, found.submodule_search_locations or ())))


def pages() -> Iterator[tuple[str, str]]:
    """Give path and Markdown of each room's page."""
    for room, (purpose, patterns) in ROOMS.items():
        found = [module for pattern in patterns for module in modules(pattern)]
        if found:
            parts = [f"# l1ad.{room}\n\n{purpose}\n", *(f"::: {module}\n" for module in found)]
            yield f"reference/python/{room}.md", "\n".join(parts)


def _inside(package: str, folders: Iterable[str]) -> Iterator[str]:
    """Name a package, where it says something itself, and its modules; private ones are left out."""
    if package.count(".") == 1 and _has_members(folders):
        yield package
    for one in pkgutil.iter_modules(list(folders), f"{package}."):
        if one.name.rpartition(".")[2].startswith("_"):
            continue
        if one.ispkg:
            inner = importlib.util.find_spec(one.name)
            yield from _inside(one.name, (inner and inner.submodule_search_locations) or ())
        else:
            yield one.name


def _has_members(folders: Iterable[str]) -> bool:
    first = Path(next(iter(folders))) / "__init__.py"
    return first.is_file() and "__all__" in first.read_text(encoding="utf-8")
