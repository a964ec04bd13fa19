"""The firmware folder, put together in a scratch folder that takes the old one's place."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from l1ad.core.errors import ToolError
from l1ad.flow.manifest import foreign_files

__all__ = ["replaced_folder"]


@contextmanager
def replaced_folder(folder: Path, *, force: bool) -> Iterator[Path]:
    """Give a scratch folder, which becomes `folder` when the block ends well.

    Whatever ends it otherwise, a tool that dies, a full disk or Ctrl-C, leaves the old folder whole.

    Args:
        folder: The folder to make or to replace.
        force: Whether to replace it although it holds what no build made.

    Raises:
        ToolError: If the folder holds files that no build made, or that were changed since.
    """
    if folder.exists() and not force:
        foreign = foreign_files(folder) if folder.is_dir() else [folder]
        if foreign:
            more = f" (and {len(foreign) - 1} more)" if len(foreign) > 1 else ""
            raise ToolError(
                f"{foreign[0]}{more} was not made by `l1ad build`, or was changed since; move it away, or give "
                "--force to replace the whole folder"
            )
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        yield scratch
        scratch.chmod(0o755)
        _take_place(scratch, folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _take_place(scratch: Path, folder: Path) -> None:
    """Put the new folder where the old one is; the old one comes back if that fails."""
    if not folder.exists():
        scratch.rename(folder)
        return
    aside = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}.old.")) / folder.name
    folder.rename(aside)
    try:
        scratch.rename(folder)
    except BaseException:
        aside.rename(folder)
        aside.parent.rmdir()
        raise
    shutil.rmtree(aside.parent, ignore_errors=True)
