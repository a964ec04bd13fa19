"""Step `emulate`: events in, scores on disk."""

from pathlib import Path

from l1ad.core.errors import DataError
from l1ad.core.progress import Progress, silent
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.core.trigger_file import algorithm_digest
from l1ad.data.event_file import file_digest, read_events
from l1ad.data.samples import locate_events
from l1ad.data.score_file import ScoreFile, write_scores
from l1ad.emulate.engine import Decisions, emulate
from l1ad.flow.events import sources
from l1ad.flow.run_directory import RunDirectory

__all__ = ["emulate_file", "emulate_run"]


def emulate_file(
    trigger: TriggerAlgorithm, source: str, target: Path, *, progress: Progress = silent
) -> Decisions:
    """Score every event of a file.

    Args:
        trigger: The algorithm.
        source: Event file or `sample:NAME`.
        target: Score file to write.
        progress: Told the number of events done.

    Raises:
        DataError: If the events cannot be read, or `target` is their own file.
    """
    path = locate_events(source)
    if target.exists() and path.exists() and target.samefile(path):
        raise DataError(f"{target}: the scores would replace the events; give another file to write")
    events = read_events(path)
    decisions = emulate(trigger, events.inputs_raw, progress=progress)
    write_scores(
        target,
        ScoreFile(
            sample=events.sample,
            score_raw=decisions.score_raw,
            event_number=events.event_number,
            algorithm_digest=algorithm_digest(trigger),
            events_digest=file_digest(path),
        ),
    )
    return decisions


def emulate_run(run: RunDirectory, *, progress: Progress = silent) -> dict[str, int]:
    """Score the background and every signal of a run.

    Returns:
        Number of events by sample; the background is called `background`.
    """
    trigger = run.trigger()
    counts: dict[str, int] = {}
    found = sources(run.config.data)
    for done, (name, source) in enumerate(found.items()):
        progress(done, len(found), name)
        counts[name] = len(emulate_file(trigger, source, run.scores(name)).score_raw)
    progress(len(found), len(found), "")
    return counts
