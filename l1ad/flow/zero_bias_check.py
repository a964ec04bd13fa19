"""Step `data check`: rates and distributions that tell whether a zero-bias sample is sane, and their folder."""

import json
import os
from pathlib import Path
from shutil import rmtree

from l1ad.core.errors import ConfigError, DataError
from l1ad.core.progress import Progress, silent
from l1ad.core.trigger_file import write_text_safely
from l1ad.data.opening import open_events
from l1ad.rates.stream import ZeroBiasStream
from l1ad.rates.zero_bias import CHECK_FORMAT, ZeroBiasCheck
from l1ad.rates.zero_bias_account import ZeroBiasAccount
from l1ad.report.zero_bias_figures import draw_zero_bias_check

__all__ = [
    "CHECK_FILE",
    "checked_zero_bias",
    "refuse_other_folder",
    "save_zero_bias_check",
    "simulated_bunches",
]

CHECK_FILE = "check.json"


def checked_zero_bias(location: str, *, colliding_bunches: int, progress: Progress = silent) -> ZeroBiasCheck:
    """Read all events once, in constant memory, and count what an expert looks at.

    Args:
        location: Events of the layout `ugt_57`, as `open_events` takes them.
        colliding_bunches: Colliding bunch pairs of the fill that the rates are meant for.
        progress: Told the events read.

    Raises:
        DataError: If the events cannot be read, are of another layout, or none has a weight.
        ConfigError: If so many bunches fit no orbit.
    """
    stream, reader = ZeroBiasStream(colliding_bunches), open_events(location)
    account, done = ZeroBiasAccount(reader.layout, where=location), 0
    for block in reader.blocks():
        account.add(block)
        done += len(block)
        progress(done, reader.n_events, "")
    return account.result(stream)


def simulated_bunches(location: str) -> int:
    """Give the colliding bunches of the fill that a simulated sample was made for.

    Raises:
        ConfigError: If the file does not say.
    """
    configuration = open_events(location).provenance.get("configuration")
    fill = configuration.get("fill") if isinstance(configuration, dict) else None
    try:
        return int(fill["trains"]) * int(fill["bunches_per_train"]) if fill else _unknown(location)
    except (KeyError, TypeError, ValueError):
        return _unknown(location)


def _unknown(location: str) -> int:
    raise ConfigError(
        f"{location}: does not say how many bunches collide, which every rate is counted with; "
        "give --bunches, e.g. 2340"
    )


def save_zero_bias_check(check: ZeroBiasCheck, folder: Path) -> None:
    """Write `check.json` and the figures into a folder, all of them at once or none.

    Raises:
        DataError: If the folder holds something else than an earlier check, which this one would replace.
    """
    refuse_other_folder(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    new, old = (folder.with_name(f".{folder.name}.{os.getpid()}.{what}") for what in ("new", "old"))
    try:
        draw_zero_bias_check(check, new)
        write_text_safely(new / CHECK_FILE, json.dumps(check.document(), indent=1, ensure_ascii=False) + "\n")
        if folder.exists():
            folder.rename(old)
        new.rename(folder)
    finally:
        if old.exists() and not folder.exists():  # stopped between the two
            old.rename(folder)
        for left in (new, old):
            rmtree(left, ignore_errors=True)


def refuse_other_folder(folder: Path) -> None:
    """Refuse a folder that holds something else than an earlier check.

    Raises:
        DataError: If it does, or is no folder.
    """
    if not folder.exists():
        return
    if not folder.is_dir():
        raise DataError(f"{folder}: is a file; name a folder that the check can have for itself")
    inside = sorted(one.name for one in folder.iterdir())
    other = next((name for name in inside if name != CHECK_FILE and not name.endswith(".png")), None)
    if other is None and (not inside or _is_check(folder / CHECK_FILE)):
        return
    found = other or inside[0]
    raise DataError(
        f"{folder}: holds {found!r}, which no earlier check wrote; name a folder that the check can have for "
        "itself"
    )


def _is_check(path: Path) -> bool:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(document, dict) and document.get("format") == CHECK_FORMAT
