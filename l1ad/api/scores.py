"""Scores of events, and of every sample of a run."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from l1ad.api.shown import Shown
from l1ad.core.errors import DataError
from l1ad.core.progress import Progress
from l1ad.core.trigger_file import algorithm_digest, load_trigger
from l1ad.data.events import EventBatch
from l1ad.data.opening import load_events
from l1ad.data.score_file import read_scores
from l1ad.emulate.engine import emulate
from l1ad.flow.emulate import emulate_file
from l1ad.flow.targets import check_target
from l1ad.report.document import Table
from l1ad.report.plain_tables import filled, made_table

__all__ = ["RunScores", "Scores", "scored"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Scores(Shown):
    """What an algorithm says about events.

    Attributes:
        sample: Name of the sample.
        score_raw: Score words in hardware units, shape (n_events,).
        thresholds: Thresholds of the algorithm, raw integers by name.
    """

    sample: str
    score_raw: NDArray[np.int64]
    thresholds: Mapping[str, int]

    def __len__(self) -> int:
        return len(self.score_raw)

    @property
    def accepted(self) -> dict[str, NDArray[np.bool_]]:
        """Accept bit of each event, by threshold: `score_raw >= threshold`, as in the firmware."""
        return {name: self.score_raw >= threshold for name, threshold in self.thresholds.items()}

    def headline(self) -> str:
        """Say how many events there are, and the ends of their scores."""
        span = f", {self.score_raw.min()} to {self.score_raw.max()} (raw)" if len(self) else ""
        return f"scores of {len(self):,} events of {self.sample}{span}"

    def document(self) -> dict[str, int]:
        """Lay the number of events out for JSON, as `l1ad emulate --json`."""
        return {self.sample: len(self)}

    def tables(self) -> tuple[Table, ...]:
        """Show how many events each threshold accepts."""
        rows = (
            (name, str(self.thresholds[name]), f"{int(bits.sum()):,} of {len(self):,}")
            for name, bits in self.accepted.items()
        )
        header = ("threshold", "hardware units", "events accepted")
        return filled([made_table("accepted", "", header, rows)])


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class RunScores(Shown):
    """Scores of the samples of a run, on disk until they are asked for: `scores["background"].score_raw`.

    Attributes:
        counts: Events by sample.
        files: Score file of each sample.
        algorithm_digest: The algorithm that gave them.
        thresholds: Its thresholds then, raw integers by name.
    """

    counts: Mapping[str, int]
    files: Mapping[str, Path]
    algorithm_digest: str
    thresholds: Mapping[str, int]

    def __getitem__(self, sample: str) -> Scores:
        """Read the scores of a sample.

        Raises:
            KeyError: If the run has no such sample.
            DataError: If the scores are of another algorithm by now.
        """
        if sample not in self.files:
            raise KeyError(f"no sample {sample!r}; there are {', '.join(self.files)}")
        found = read_scores(self.files[sample], algorithm_digest=self.algorithm_digest)
        return Scores(sample=sample, score_raw=found.score_raw, thresholds=self.thresholds)

    def headline(self) -> str:
        """Say how many events of how many samples were scored."""
        return f"scores of {sum(self.counts.values()):,} events in {len(self.counts)} samples"

    def document(self) -> dict[str, int]:
        """Lay the numbers of events out for JSON, as `l1ad emulate RUN --json`."""
        return dict(self.counts)

    def tables(self) -> tuple[Table, ...]:
        """Show the events of each sample."""
        rows = ((name, f"{count:,}", self.files[name].name) for name, count in self.counts.items())
        return (made_table("scores", "", ("sample", "events scored", "file"), rows),)


def scored(
    file: Path, events: EventBatch | NDArray[np.integer] | str | Path, *, out: Path | None, tell: Progress
) -> Scores:
    """Score events with the exact emulator, and write a score file where one is wanted.

    Args:
        file: The algorithm.
        events: Events, their hardware integers, an event file, or `sample:NAME`.
        out: Score file to write, of events that come from a file.
        tell: Told how far it is.

    Raises:
        TypeError: If a score file is wanted of events that come from none.
        DataError: If the events are of another layout, or cannot be read.
    """
    trigger = load_trigger(file)
    if out is not None:
        if not isinstance(events, str | Path):
            raise TypeError("a score file names the file of its events; save them first, or leave out `out`")
        check_target(out, file)
        emulate_file(trigger, str(events), out, progress=tell)
        found = read_scores(out, algorithm_digest=algorithm_digest(trigger))
        return Scores(sample=found.sample, score_raw=found.score_raw, thresholds=trigger.thresholds)
    batch = load_events(events) if isinstance(events, str | Path) else events
    if isinstance(batch, EventBatch) and batch.layout != trigger.layout:
        raise DataError(f"{batch.where or batch.sample}: events of {batch.layout.told_apart(trigger.layout)}")
    sample, inputs_raw = (batch.sample, batch.inputs_raw) if isinstance(batch, EventBatch) else ("array", batch)
    score_raw = emulate(trigger, inputs_raw, progress=tell).score_raw
    return Scores(sample=sample, score_raw=score_raw, thresholds=trigger.thresholds)
