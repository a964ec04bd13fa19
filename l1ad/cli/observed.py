"""What this process does to the world, told by Python itself (PEP 578), so that no room has to tell it.

HDF5 files that are read do not show, because C opens them; files that are written do, because every one is
renamed when it is whole.
"""

import logging
import shlex
import sys
from collections.abc import Sequence
from functools import cache
from typing import Any

__all__ = ["observe"]

_READ = (".json", ".yaml", ".yml", ".csv", ".npz", ".npy", ".txt", ".log", ".rpt", ".xml")


@cache  # a hook cannot be taken away again, so there is one
def observe() -> None:
    """Log programs that are started, files that get their name, and text that is read, from now on."""
    sys.addaudithook(_heard)


def _heard(event: str, details: tuple[Any, ...]) -> None:
    if event == "subprocess.Popen":
        logging.getLogger("l1ad").info("runs %s%s", _command(details[1]), _folder(details[2]))
    elif event == "os.rename":
        name = str(details[1])
        if not name.endswith(".pyc") and not _is_hidden(name):
            logging.getLogger("l1ad").info("writes %s", name)
    elif event == "open" and isinstance(details[0], str) and details[0].endswith(_READ):
        name, mode = details[0], details[1] or ""
        if "r" in mode and not name.startswith((sys.prefix, sys.base_prefix)) and not _is_hidden(name):
            logging.getLogger("l1ad").info("reads %s", name)


def _is_hidden(name: str) -> bool:
    """Tell whether a file lies in a folder that begins with a dot: caches, and what is not whole yet."""
    return any(part.startswith(".") and part.strip(".") for part in name.split("/"))


def _command(words: str | bytes | Sequence[Any]) -> str:
    return str(words) if isinstance(words, str | bytes) else shlex.join(map(str, words))


def _folder(folder: Any) -> str:
    return "" if folder is None else f" in {folder}"
