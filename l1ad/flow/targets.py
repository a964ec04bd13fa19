"""Where a result may be written: never over what it is made from."""

from pathlib import Path

from l1ad.core.errors import DataError

__all__ = ["check_target"]


def check_target(target: Path, *sources: Path) -> None:
    """Refuse a folder, and a file that the result is made from.

    Raises:
        DataError: Naming the file.
    """
    if target.is_dir():
        raise DataError(f"{target}: a folder; give the name of the file to write")
    for source in sources:
        if target.exists() and source.exists() and target.samefile(source):
            raise DataError(
                f"{target}: the result would replace what it is made from; give another file to write"
            )
