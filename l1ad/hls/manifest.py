"""The manifest of a firmware folder: a digest of every generated file, so that hand edits are seen."""

import hashlib
import json
from pathlib import Path

from l1ad.core.errors import ToolError

__all__ = ["MANIFEST_FILE", "check_manifest", "write_manifest"]

MANIFEST_FILE = "MANIFEST.json"
_BUILT = frozenset({"test_bench"})
"""What compiling leaves beside the generated files."""


def write_manifest(folder: Path) -> None:
    """Write the digest (SHA-256) of every file below a folder."""
    digests = _digests(folder)
    (folder / MANIFEST_FILE).write_text(json.dumps(digests, indent=1) + "\n", encoding="utf-8")


def check_manifest(folder: Path) -> None:
    """Refuse a folder whose files are not those that were generated.

    Raises:
        ToolError: If a file was changed, added or removed, or the manifest cannot be read.
    """
    try:
        wanted = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise ToolError(f"{folder}: no readable {MANIFEST_FILE}; run `l1ad build` again") from None
    found = _digests(folder)
    for name in sorted({*wanted, *found}):
        if wanted.get(name) != found.get(name):
            fault = "is missing" if name not in found else "was added" if name not in wanted else "was changed"
            raise ToolError(f"{folder / name} {fault} since the build; run `l1ad build` again")


def _digests(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file() and path.name not in {MANIFEST_FILE, *_BUILT})
    named = {path.relative_to(folder).as_posix(): path for path in files}
    return {name: hashlib.sha256(named[name].read_bytes()).hexdigest() for name in sorted(named)}
