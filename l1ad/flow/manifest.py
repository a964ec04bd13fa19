"""The manifest of a firmware folder: how it was made, and a digest of every file, so that changes are seen."""

import hashlib
import json
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from l1ad.core.errors import ToolError
from l1ad.core.trigger_file import write_text_safely

__all__ = ["MANIFEST_FILE", "Manifest", "check_manifest", "foreign_files", "read_manifest", "write_manifest"]

MANIFEST_FILE = "MANIFEST.json"

_BY_PRODUCTS = (
    "hls/*.o", "hls/network/*.o", "hls/test_bench", "rtl/obj/*", "rtl/obj_wave/*", "rtl/*_tb.vvp",
    "rtl/*_tb.log", "emulator/*.so", "emulator/*.o", "emulator/loader", "emulator/__pycache__/*",
    "results/*.json",
)  # fmt: skip
"""What compiling and measuring leaves: made again at any time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a manifest says.

    Attributes:
        made: How the folder was made: command, versions, target, digest of the trigger.
        files: Digest (SHA-256) of each file by its name in the folder.
        digest: Digest of the manifest itself, by which results say what they belong to.
    """

    made: dict[str, Any]
    files: dict[str, str]
    digest: str


def write_manifest(folder: Path, made: dict[str, Any]) -> None:
    """Write how the folder was made and the digest of every file below it."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    digests = {path.relative_to(folder).as_posix(): _digest(path) for path in files}
    document = {**made, "files": digests}
    write_text_safely(folder / MANIFEST_FILE, json.dumps(document, indent=1) + "\n")


def read_manifest(folder: Path) -> Manifest:
    """Read a manifest.

    Raises:
        ToolError: If there is none that can be read.
    """
    try:
        text = (folder / MANIFEST_FILE).read_bytes()
        made = dict(json.loads(text))
        files = {str(name): str(digest) for name, digest in made.pop("files").items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        raise ToolError(f"{folder}: no readable {MANIFEST_FILE}; run `l1ad build` again") from None
    return Manifest(made=made, files=files, digest=hashlib.sha256(text).hexdigest())


def check_manifest(folder: Path) -> Manifest:
    """Refuse a folder whose generated files are not as they were generated.

    Files that came later (an executable, a vendor project, logs) are nobody's fault.

    Raises:
        ToolError: If a file was changed or removed, or the manifest cannot be read.
    """
    manifest = read_manifest(folder)
    for name, digest in manifest.files.items():
        file = folder / name
        if not file.is_file():
            raise ToolError(f"{file} is missing since the build; run `l1ad build` again")
        if _digest(file) != digest:
            raise ToolError(f"{file} was changed since the build; run `l1ad build` again")
    return manifest


def foreign_files(folder: Path) -> list[Path]:
    """List what a build would lose: files that are not as one made them, and files that none made."""
    try:
        known = read_manifest(folder).files
    except ToolError:
        known = {}
    found = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not path.is_file() or name == MANIFEST_FILE or any(fnmatchcase(name, one) for one in _BY_PRODUCTS):
            continue
        if name not in known or _digest(path) != known[name]:
            found.append(path)
    return found


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
