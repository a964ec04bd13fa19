"""Step `emulate`: events in, scores on disk."""

from pathlib import Path

from l1ad.core.errors import DataError
from l1ad.core.progress import Progress, silent
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.core.trigger_file import algorithm_digest
from l1ad.data.opening import events_digest, open_events
from l1ad.data.reader import BLOCK_EVENTS
from l1ad.data.samples import locate_events
from l1ad.data.score_file import writing_scores
from l1ad.emulate.engine import emulate
from l1ad.flow.events import sources
from l1ad.flow.run_directory import RunDirectory
from l1ad.flow.targets import check_target

__all__ = ["emulate_file", "emulate_run"]


def emulate_file(trigger: TriggerAlgorithm, source: str, target: Path, *, progress: Progress = silent) -> int:
    """Score every event of a file of any length, in constant memory.

    Args:
        trigger: The algorithm.
        source: Event file or `sample:NAME`.
        target: Score file to write.
        progress: Told the number of events done.

    Returns:
        The number of events.

    Raises:
        DataError: If the events cannot be read, or `target` is their own file.
    """
    path = locate_events(source)
    check_target(target, path)
    done = 0
    reader = open_events(source)
    n_events = reader.n_events
    if reader.layout != trigger.layout:
        raise DataError(f"{path}: events of {reader.layout.told_apart(trigger.layout)}")
    digests = {"algorithm_digest": algorithm_digest(trigger), "events_digest": events_digest(source)}
    with writing_scores(target, n_events=n_events, sample=reader.sample, **digests) as writer:
        for block in reader.blocks(BLOCK_EVENTS):
            writer.append(emulate(trigger, block.inputs_raw).score_raw, block.event_number)
            done += len(block)
            progress(done, n_events, "")
    return done


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
        counts[name] = emulate_file(trigger, source, run.scores(name))
    progress(len(found), len(found), "")
    return counts
