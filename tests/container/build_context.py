"""The build context: which files `COPY` finds in it, with `.dockerignore` as Docker reads it."""

from __future__ import annotations

import fnmatch
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from e2b_dockerfile_utils import PatternMatcher

__all__ = ["files_for", "gather", "sent_files"]


def sent_files(context: Path) -> list[str]:
    """List the files of a context that Docker would see, as sorted slash-separated paths."""
    rules = context / ".dockerignore"
    matcher = PatternMatcher(rules.read_text(encoding="utf-8").splitlines() if rules.is_file() else [])
    found: list[str] = []
    for folder, folders, names in os.walk(context):
        here = Path(folder).relative_to(context)
        # A link is sent as a link, wherever it leads.
        links = [name for name in folders if (context / here / name).is_symlink()]
        folders[:] = [name for name in folders if _worth_a_walk(matcher, (here / name).as_posix())]
        paths = [(here / name).as_posix() for name in (*names, *links)]
        found += [path for path in paths if not matcher.matches(path)]
    return sorted(found)


def files_for(source: str, sent: Sequence[str]) -> dict[str, str]:
    """Find what one source of a `COPY` means: path in the context -> path under the destination.

    A folder gives its contents, a file its name; wildcards match within one level, as Go's do.

    Raises:
        FileNotFoundError: If the context holds nothing of it, or `.dockerignore` leaves it out.
    """
    wanted = os.path.normpath(source.lstrip("/"))
    if wanted == ".":
        return {path: path for path in sent}
    found: dict[str, str] = {}
    depth = wanted.count("/") + 1
    for path in sent:
        parts = path.split("/")
        head = "/".join(parts[:depth])
        if len(parts) >= depth and head.count("/") == depth - 1 and fnmatch.fnmatchcase(head, wanted):
            found[path] = "/".join(parts[depth:]) or parts[-1]
    if not found:
        raise FileNotFoundError(f"COPY: no '{source}' in the build context; is it in .dockerignore?")
    return found


def gather(context: Path, sources: Sequence[str], destination: str, into: Path) -> str:
    """Lay out what a `COPY` brings, so that the contents of `into` belong in the folder that is returned.

    Raises:
        FileNotFoundError: If a source is not in the context.
    """
    sent = sent_files(context)
    found = [files_for(source, sent) for source in sources]
    renamed = not destination.endswith("/") and len(found) == 1 and (context / sources[0]).is_file()
    folder, name = os.path.split(destination)
    if renamed and destination not in (".", ".."):
        found = [dict.fromkeys(found[0], name)]
    else:
        folder = destination
    for files in found:
        for path, under in files.items():
            target = into / under
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(context / path, target, follow_symlinks=False)
    return folder or "."


def _worth_a_walk(matcher: PatternMatcher, folder: str) -> bool:
    return not matcher.matches(folder) or matcher.may_match_under(folder)
