"""The trials of a study: each a JSON file of its own, named by what decides its result.

A study that was stopped finds the files of what is done. In one whose configuration changed only the trials are
done that the change concerns; files of others stay, and nobody reads them.
"""

import functools
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from l1ad.core.errors import DataError
from l1ad.core.progress import Progress
from l1ad.core.trigger_file import write_text_safely
from l1ad.simulate.chunks import run_chunks

__all__ = ["definition_digest", "run_trials"]

Definition = Mapping[str, Any]
Work = Callable[[Definition], dict[str, Any]]
"""Gives the result of a trial, as JSON knows it, from what decides it; other processes import it."""


def definition_digest(definition: Definition) -> str:
    """Digest what decides a result."""
    text = json.dumps(definition, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def run_trials(
    work: Work, definitions: Sequence[Definition], folder: Path, *, workers: int, progress: Progress
) -> list[dict[str, Any]]:
    """Do the trials that are not done, and read the results of all.

    Args:
        work: Does one.
        definitions: What decides each, as JSON knows it.
        folder: Has a file for each trial.
        workers: Processes; 1 works in this very one.
        progress: Told the trials done.

    Returns:
        Results in the order of the definitions.

    Raises:
        DataError: If a file is not what was written.
        ToolError: If a process was killed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{definition_digest(one)[:16]}.json" for one in definitions]
    for file, definition in zip(files, definitions, strict=True):
        if file.exists():  # a record that cannot be used is told before hours of other trials
            _read(file, definition)
    run_chunks(functools.partial(_do, work, tuple(definitions)), files, workers=workers, progress=progress)
    return [_read(file, definition) for file, definition in zip(files, definitions, strict=True)]


def _do(work: Work, definitions: Sequence[Definition], number: int, file: Path) -> None:
    definition = definitions[number]
    document = {"digest": definition_digest(definition), "definition": definition, "result": work(definition)}
    write_text_safely(file, json.dumps(document, indent=1, allow_nan=False) + "\n")


def _read(file: Path, definition: Definition) -> dict[str, Any]:
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        digest, result = document["digest"], document["result"]
    except (OSError, ValueError, LookupError, TypeError) as fault:
        raise DataError(
            f"{file}: not the record of a trial ({fault}); delete it to do the trial again"
        ) from None
    if digest != definition_digest(definition) or not isinstance(result, dict):
        raise DataError(f"{file}: the record of another trial; delete it to do this one again")
    return result
