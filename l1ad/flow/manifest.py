"""The manifest of a firmware folder: a digest of every generated file, so that hand edits are seen."""

import hashlib
import json
from pathlib import Path

from l1ad.core.errors import ToolError

__all__ = ["MANIFEST_FILE", "check_manifest", "write_manifest"]

MANIFEST_FILE = "MANIFEST.json"


def write_manifest(folder: Path) -> None:
    """Write the digest (SHA-256) of every file below a folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    digests = {path.relative_to(folder).as_posix(): _digest(path) for path in files}
    (folder / MANIFEST_FILE).write_text(json.dumps(digests, indent=1) + "\n", encoding="utf-8")


def check_manifest(folder: Path) -> None:
    """Refuse a folder whose generated files are not as they were generated.

    Files that came later (an executable, a vendor project, logs) are nobody's fault.

    Raises:
        ToolError: If a file was changed or removed, or the manifest cannot be read.
    """
    try:
        wanted = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
        named = {str(name): str(digest) for name, digest in wanted.items()}
    except (OSError, ValueError, AttributeError):
        raise ToolError(f"{folder}: no readable {MANIFEST_FILE}; run `l1ad build` again") from None
    for name, digest in named.items():
        file = folder / name
        if not file.is_file():
            raise ToolError(f"{file} is missing since the build; run `l1ad build` again")
        if _digest(file) != digest:
            raise ToolError(f"{file} was changed since the build; run `l1ad build` again")


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
