"""What the tab key offers: run directories, and the names of what ships.

Where nothing here fits, the shell completes the names of files. Nothing is imported that takes time.
"""

import io
import os
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from importlib.resources import files
from pathlib import Path

from l1ad.data.samples import SAMPLE_PREFIX, shipped_samples

__all__ = ["answer_bash", "budgets", "events", "layouts", "runs", "targets"]


def runs(incomplete: str) -> list[str]:
    """List run directories, folders with a `config.yaml`, here or one folder further down."""
    before, _, name = incomplete.rpartition("/")
    folder = Path(before or ("/" if incomplete.startswith("/") else "."))
    try:
        matching = [one for one in folder.iterdir() if one.name.startswith(name) and one.is_dir()]
        within = [[one] if _is_run(one) else list(filter(_is_run, one.iterdir())) for one in matching]
    except OSError:
        return []
    return sorted(str(run) for found in within for run in found if not run.name.startswith("."))


def events(incomplete: str) -> list[str]:
    """List `sample:NAME` of what ships."""
    names = [f"{SAMPLE_PREFIX}{name}" for name in shipped_samples()]
    return [name for name in names if name.startswith(incomplete)]


def targets(incomplete: str) -> list[str]:
    """List targets that ship."""
    return _shipped("targets", incomplete)


def budgets(incomplete: str) -> list[str]:
    """List acceptance budgets that ship."""
    return _shipped("budgets", incomplete)


def layouts(incomplete: str) -> list[str]:
    """List layouts that ship as files."""
    return _shipped("layouts", incomplete)


def answer_bash(answer: Callable[[], None]) -> None:
    """Answer what bash asks, which cuts `sample:NAME` at the colon and replaces what stands behind it alone.

    Args:
        answer: Prints the completions of `COMP_WORDS` and leaves the program.
    """
    words, cursor, is_behind = _joined(os.environ.get("COMP_WORDS", ""), int(os.environ.get("COMP_CWORD") or 0))
    os.environ["COMP_WORDS"], os.environ["COMP_CWORD"] = words, str(cursor)
    said = io.StringIO()
    try:
        with redirect_stdout(said):
            answer()
    finally:
        lines = said.getvalue().splitlines()
        cut = [line.removeprefix(SAMPLE_PREFIX) for line in lines] if is_behind else lines
        sys.stdout.write("".join(f"{line}\n" for line in cut))


def _joined(text: str, at: int) -> tuple[str, int, bool]:
    """Put `sample`, `:` and a name together where they are words of their own.

    Returns:
        The words, one a line as bash gives them; where the cursor's is now; whether it is behind a colon.
    """
    joined: list[str] = []
    cursor, is_behind, before = at, False, ""
    for place, word in enumerate(text.split("\n")):
        is_colon = word == ":" and joined[-1:] == [SAMPLE_PREFIX.removesuffix(":")]
        if is_colon or (before == ":" and joined[-1:] == [SAMPLE_PREFIX]):
            joined[-1] += word
            cursor -= place <= at
            is_behind |= place == at
        else:
            joined.append(word)
        before = word
    return "\n".join(joined), cursor, is_behind


def _is_run(folder: Path) -> bool:
    return (folder / "config.yaml").is_file()


def _shipped(folder: str, incomplete: str) -> list[str]:
    found = sorted(path.stem for path in Path(str(files("l1ad.config") / folder)).glob("*.yaml"))
    return [name for name in found if name.startswith(incomplete)]
