"""Installed packages beside what l1ad's own metadata asks for: nothing is listed a second time here."""

from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, metadata, requires, version

from packaging.requirements import Requirement

from l1ad.flow.doctor_findings import Finding, Health
from l1ad.flow.doctor_install import install_command, installed_from

__all__ = ["core_findings", "extra_findings", "package_conflicts"]

PURPOSES = {
    "qkeras": "training with bit widths given, and float models",
    "hgq": "training with bit widths learned",
    "onnx": "QONNX files: written, read, run",
    "nanoaod": "events of CMS NanoAOD",
    "parquet": "tables in Parquet",
    "simulate": "simulated events",
    "rtl": "cycle-true simulation and open synthesis",
    "search": "scans of the configuration",
    "studies": "limits of the bump hunt in studies",
    "docs": "the documentation site",
    "notebook": "the notebooks of the documentation",
    "dev": "the tests and the checks of the code",
}
"""What the extras are good for; one that is not here is shown without."""

_ALTERNATIVES = {"tensorflow": ("tensorflow-cpu",)}
"""Distributions that hold the same package under another name."""

_RIVALS = {"qkeras": "hgq2", "hgq": "qkeras-v3"}
"""What the package of an extra cannot stand beside it in one environment."""


def core_findings() -> list[Finding]:
    """Hold what l1ad never goes without against what is installed."""
    return [_core(one) for one in _wanted() if not one.marker]


def extra_findings() -> list[Finding]:
    """Hold each extra against what is installed."""
    names = metadata("l1ad").get_all("Provides-Extra") or []
    return [_extra(name, [one for one in _wanted() if _is_of(one, name)]) for name in names]


def package_conflicts() -> list[Finding]:
    """Name packages that are installed and cannot be used beside one another."""
    if _installed("hgq2") is None or _installed("qkeras-v3") is None:
        return []
    return [
        Finding(
            group="conflict", name="qkeras-v3 and hgq2", found="both in one environment", health=Health.ODD,
            note="hgq2 hides the package 'qkeras'; give the extras 'qkeras' and 'hgq' an environment each",
        )
    ]  # fmt: skip


def _wanted() -> list[Requirement]:
    """Read what the installed l1ad asks for; an editable install says what it asked when it was installed."""
    return [Requirement(line) for line in requires("l1ad") or []]


def _is_of(one: Requirement, extra: str) -> bool:
    return one.marker is not None and one.marker.evaluate({"extra": extra})


def _core(one: Requirement) -> Finding:
    found = _installed(one.name)
    wrong = _wrong([one])
    return Finding(
        group="package", name=one.name, found=found or "", needed=True, health=_health(found, wrong),
        note=f"{'; '.join(wrong)}; get it with: {install_command('', installed_from())}" if wrong else "",
    )  # fmt: skip


def _extra(name: str, wanted: list[Requirement]) -> Finding:
    versions = {one.name: found for one in wanted if (found := _installed(one.name)) is not None}
    wrong = _wrong(wanted)
    every = ", ".join(f"{package} {found}" for package, found in versions.items())
    complete = len(versions) == len(wanted)
    get = install_command(name, installed_from())
    apart = ", in an environment of its own" if name in _RIVALS and _installed(_RIVALS[name]) else ""
    return Finding(
        group="extra", name=name, found=every, purpose=PURPOSES.get(name, ""),
        health=_health("all" if complete else None, wrong),
        note=f"{'; '.join(wrong)}; get it with: {get}{apart}" if wrong else "",
    )  # fmt: skip


def _health(found: str | None, wrong: list[str]) -> Health:
    return Health.MISSING if found is None else Health.ODD if wrong else Health.GOOD


def _wrong(wanted: Iterable[Requirement]) -> list[str]:
    """Say which packages are missing, and which have another version than is asked for."""
    missing = [one.name for one in wanted if _installed(one.name) is None]
    told = [f"missing {', '.join(missing)}"] if missing else []
    for one in wanted:
        found = _installed(one.name)
        if found is not None and not one.specifier.contains(found, prereleases=True):
            told.append(f"{one.name} {found} is not {one.specifier}")
    return told


def _installed(name: str) -> str | None:
    for candidate in (name, *_ALTERNATIVES.get(name, ())):
        try:
            return version(candidate)
        except PackageNotFoundError:
            continue
    return None
