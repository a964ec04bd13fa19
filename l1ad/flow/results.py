"""What was measured of a firmware folder, kept in it with the digest of what it was measured on."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from l1ad.core.errors import ToolError
from l1ad.core.resources import ModuleResources, ResourceEstimate, Resources
from l1ad.core.trigger_file import write_text_safely
from l1ad.flow.manifest import read_manifest

__all__ = ["load_estimate", "load_verification", "save_estimate", "save_verification"]

_VERIFICATION, _ESTIMATE = "verification.json", "estimate.json"


def save_verification(folder: Path, document: dict[str, Any], *, build: str) -> None:
    """Keep the result of a verification of a build, told by the manifest's digest when it began."""
    _save(folder, _VERIFICATION, document, build)


def load_verification(folder: Path) -> dict[str, Any] | None:
    """Give the result of the last verification of this very build, if there is one."""
    return _load(folder, _VERIFICATION)


def save_estimate(folder: Path, estimate: ResourceEstimate, *, build: str) -> None:
    """Keep an estimate of the resources in the firmware folder; `build` as in `save_verification`."""
    _save(folder, _ESTIMATE, asdict(estimate), build)


def load_estimate(folder: Path) -> ResourceEstimate | None:
    """Give the last estimate of this very build, if there is one."""
    document = _load(folder, _ESTIMATE)
    if document is None:
        return None
    modules = tuple(
        ModuleResources(module=one["module"], resources=Resources(**one["resources"]))
        for one in document["modules"]
    )
    return ResourceEstimate(
        tool=document["tool"], version=document["version"], family=document["family"], modules=modules
    )


def _save(folder: Path, name: str, document: dict[str, Any], build: str) -> None:
    """Write a result, unless the folder was built anew while it was measured."""
    if read_manifest(folder).digest != build:
        raise ToolError(
            f"{folder} was built again meanwhile; the result is of the build before, so run this again"
        )
    marked = {"manifest_digest": build, **document}
    write_text_safely(folder / "results" / name, json.dumps(marked, indent=1, ensure_ascii=False) + "\n")


def _load(folder: Path, name: str) -> dict[str, Any] | None:
    """Read a result, unless it is of another build."""
    try:
        document = dict(json.loads((folder / "results" / name).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    if document.pop("manifest_digest", None) != read_manifest(folder).digest:
        return None
    return document
