"""Step `rates compare`: what the trigger recorded in the field, event by event beside the emulator."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.core.layout import InputLayout
from l1ad.core.progress import Progress, silent
from l1ad.core.trace import SCORE
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.core.trigger_file import algorithm_digest, write_text_safely
from l1ad.data.events import EventBatch
from l1ad.data.opening import open_events
from l1ad.data.reader import EventReader
from l1ad.data.result_file import read_results
from l1ad.data.score_file import read_scores
from l1ad.emulate.suspects import other_algorithm
from l1ad.flow.field_causes import Account, scored_blocks
from l1ad.rates.disagreements import FieldComparison

__all__ = ["DISAGREEMENTS_KEPT", "compare_with_field", "write_disagreements"]

DISAGREEMENTS_KEPT = 1_000

_SCORES = ("score_raw", SCORE)
_KEYS = ("event_number", "run", "lumi_section")
_OTHERS = ("bunch_crossing",)
_AFTER_PRESCALE = "after prescale"
"""What the provenance of seed bits says where prescales and masks were applied before they were recorded."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Table:
    """What was recorded in a file of its own, a row an event.

    Attributes:
        where: The file, for messages.
        columns: Recorded integers by name, each of shape (n_rows,).
        keys: The columns that say which event a row is; none where rows stand in the order of the events.
        sorted_keys: Key of each row, ascending.
        order: The rows in that order.
    """

    where: str
    columns: Mapping[str, NDArray[np.int64]]
    keys: tuple[str, ...]
    sorted_keys: NDArray[Any]
    order: NDArray[np.intp]

    @property
    def n_rows(self) -> int:
        return len(self.order)

    def rows_of(self, block: EventBatch, first: int) -> NDArray[np.intp]:
        """Find the row of each event of a block that begins at event `first` of its file; -1 without one."""
        if not self.keys:
            position = np.arange(first, first + len(block))
            return np.where(position < self.n_rows, position, -1)
        wanted = _keys_of({name: getattr(block, name) for name in self.keys}, self.keys)
        place = np.minimum(np.searchsorted(self.sorted_keys, wanted), self.n_rows - 1)
        return np.where(self.sorted_keys[place] == wanted, self.order[place], -1)


def compare_with_field(
    trigger: TriggerAlgorithm,
    events: str,
    *,
    bits: Mapping[str, str],
    scores: Path | None = None,
    prescales: Mapping[str, int] | None = None,
    others: tuple[TriggerAlgorithm, ...] = (),
    keep: int = DISAGREEMENTS_KEPT,
    progress: Progress = silent,
) -> FieldComparison:
    """Compare recorded accept bits and score words with the emulator's, in constant memory but for `scores`.

    Seed bits of a file that says they are of after prescale and mask, as NanoAOD's, are compared both ways only
    where `prescales` tells that the seed is not prescaled. Else a recorded 0 says nothing, and such events of
    which the emulator says 1 are counted apart.

    Args:
        trigger: The algorithm that should have run.
        events: Events, as `open_events` takes them.
        bits: Names of thresholds, by the seed of the events' menu or the column of `scores` to compare.
        scores: A score file of ours, or a CSV file with a column `score_raw` or `score`, or accept bits. The
            columns `event_number`, `run` and `lumi_section` say which event a line is; without them, lines
            stand in the order of the events, as in the `expected.csv` of a firmware folder.
        prescales: Prescale of each seed, for files that do not say.
        others: Algorithms that may have run in its place, to be tried as causes.
        keep: Disagreements to keep of each comparison; all are counted.
        progress: Told the number of events done.

    Raises:
        DataError: If the events are of another layout, a seed, threshold or column is not there, nothing is to
            be compared, or a record cannot be told from another.
    """
    reader = open_events(events)
    for one in (trigger, *others):
        if one.layout != reader.layout:
            raise DataError(f"{events}: events of {reader.layout.told_apart(one.layout)}, read by {one.name!r}")
    table = None if scores is None else _read_table(scores, trigger, bits)
    accounts: list[Account] | None = None
    done = 0
    for scored in scored_blocks(trigger, reader.blocks()):
        block = scored[0]
        if accounts is None:  # only now is it known what the events tell of themselves
            _check_keys(table, block)
            accounts = _accounts(trigger, reader, block, table, bits, prescales, keep)
        rows = None if table is None else table.rows_of(block, done)
        for account in accounts:
            account.add(scored, *_recorded(account.recorded, block, table, rows))
        done += len(block)
        progress(done, reader.n_events, "")
    if accounts is None:
        raise DataError(f"{events}: holds no events")
    if table is not None and not table.keys and table.n_rows > done:
        raise DataError(f"{table.where}: {table.n_rows} lines for {done} events of {events}")
    suspects = tuple(other_algorithm(one) for one in others)
    parts = tuple(account.result(suspects) for account in accounts)
    for part in parts:
        if not part.n_events and not part.n_not_judged:
            raise DataError(f"{scores}: holds nothing of the {done} events of {events}; is it of these events?")
    return FieldComparison(trigger=trigger.name, sample=reader.sample, n_events=done, parts=parts)


def write_disagreements(comparison: FieldComparison, layout: InputLayout, path: Path) -> None:
    """Write the kept disagreements as a CSV file, a line each with all its inputs; at once or not at all."""
    about = ("event_number", "run", "lumi_section", "bunch_crossing", "recorded", "emulated", "score_raw")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["comparison", *about, *layout.names])
    for part in comparison.parts:
        for one in part.disagreements:
            known = (getattr(one, name) for name in about)
            inputs = (one.inputs.get(name, 0) for name in layout.names)
            writer.writerow([part.recorded, *("" if value is None else value for value in known), *inputs])
    write_text_safely(path, text.getvalue())


def _accounts(
    trigger: TriggerAlgorithm, reader: EventReader, block: EventBatch, table: _Table | None,
    bits: Mapping[str, str], prescales: Mapping[str, int] | None, keep: int,
) -> list[Account]:  # fmt: skip
    """Begin one account for each score and each seed that was recorded."""
    accounts, seeds = [], block.menu.names if block.menu is not None else ()
    score = None if table is None else next((name for name in _SCORES if name in table.columns), None)
    if score is not None:
        note = "score words, compared integer for integer"
        accounts.append(Account(trigger, score, None, zeros_count=True, note=note, keep=keep))
    for name, threshold in bits.items():
        if threshold not in trigger.thresholds:
            there = ", ".join(trigger.thresholds) or "none"
            raise DataError(f"{trigger.name!r} has no threshold {threshold!r} for {name!r}; it has {there}")
        if name not in seeds and (table is None or name not in table.columns):
            few = ", ".join(seeds[:5]) + (f" and {len(seeds) - 5} more" if len(seeds) > 5 else "")
            raise DataError(f"{reader.sample}: no seed {name!r} was recorded; there are {few or 'none'}")
        zeros_count, note = True, "accept bits of a table, compared both ways"
        if name in seeds:
            zeros_count, note = _told_of_seed(name, reader, prescales)
        accounts.append(Account(trigger, name, threshold, zeros_count=zeros_count, note=note, keep=keep))
    if not accounts:
        raise DataError(f"{reader.sample}: nothing to compare; name a seed and its threshold, or scores")
    return accounts


def _told_of_seed(name: str, reader: EventReader, prescales: Mapping[str, int] | None) -> tuple[bool, str]:
    """Tell whether a recorded 0 of a seed is a decision, and what the bits are in a sentence."""
    if not _is_after_prescale(reader.provenance):
        return True, "accept bits, compared both ways; the file tells of no prescale in them"
    after = "accept bits after prescale and mask"
    one_way = "a recorded 0 where the emulator accepts is not counted as a disagreement"
    if prescales is None:
        return False, f"{after}, the prescale is not known: {one_way}"
    if name not in prescales:
        raise DataError(f"{reader.sample}: the prescale table does not name the seed {name!r}")
    prescale = prescales[name]
    if prescale == 1:
        return True, f"{after}, the prescale is 1: compared both ways"
    return False, f"{after}, the prescale is {prescale}: {one_way}"


def _is_after_prescale(provenance: Any) -> bool:
    """Look for what a reader says of seed bits, in the provenance of a file and of those it was made from."""
    if isinstance(provenance, dict):
        told = _AFTER_PRESCALE in str(provenance.get("menu_bits", ""))
        return told or any(_is_after_prescale(one) for one in provenance.values())
    return isinstance(provenance, list) and any(_is_after_prescale(one) for one in provenance)


def _recorded(
    name: str, block: EventBatch, table: _Table | None, rows: NDArray[np.intp] | None
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Give what was recorded of each event of a block, and whether anything was; a seed before a column."""
    if block.menu is not None and block.menu_bits is not None and name in block.menu.names:
        return block.menu_bits[:, block.menu.names.index(name)], np.ones(len(block), dtype=np.bool_)
    if table is None or rows is None:
        raise DataError(f"{block.where or block.sample}: no seed {name!r} was recorded")
    return table.columns[name][rows], rows >= 0


def _read_table(path: Path, trigger: TriggerAlgorithm, bits: Mapping[str, str]) -> _Table:
    if path.suffix.lower() != ".csv":
        found = read_scores(path, algorithm_digest=algorithm_digest(trigger))
        columns = {"score_raw": found.score_raw, "event_number": found.event_number}
    else:
        known = (*_SCORES, *_KEYS, *_OTHERS, *bits, *(f"accept:{name}" for name in trigger.thresholds))
        columns = {name: one[:, 0] for name, one in read_results(path, dict.fromkeys(known, 1)).items()}
    for name in set(bits) & set(columns):
        if not np.isin(columns[name], (0, 1)).all():
            line = int(np.argmin(np.isin(columns[name], (0, 1)))) + 2
            raise DataError(
                f"{path}: line {line}: {name!r} is {columns[name][line - 2]}, no accept bit, 0 or 1"
            )
    keys = tuple(name for name in _KEYS if name in columns)
    if keys and "event_number" not in keys:
        raise DataError(f"{path}: has {', '.join(keys)} and no 'event_number', which tells events apart")
    n_rows = len(next(iter(columns.values())))
    if not n_rows:
        raise DataError(f"{path}: holds no events")
    found_keys = _keys_of(columns, keys) if keys else np.zeros(0)
    order = np.argsort(found_keys, kind="stable") if keys else np.arange(n_rows)
    in_order = found_keys[order] if keys else found_keys
    if keys and (in_order[1:] == in_order[:-1]).any():
        again = in_order[1:][in_order[1:] == in_order[:-1]][0]
        told = ", ".join(f"{name} {value}" for name, value in zip(keys, again.tolist(), strict=True))
        raise DataError(f"{path}: {told} is there twice; give 'run' and 'lumi_section' as well, or remove one")
    return _Table(where=str(path), columns=columns, keys=keys, sorted_keys=in_order, order=order)


def _keys_of(columns: Mapping[str, NDArray[np.int64]], names: tuple[str, ...]) -> NDArray[Any]:
    """Put the columns that tell events apart together, one value an event that can be sorted."""
    keys = np.empty(len(columns[names[0]]), dtype=[(name, np.int64) for name in names])
    for name in names:
        keys[name] = columns[name]
    return keys


def _check_keys(table: _Table | None, block: EventBatch) -> None:
    for name in table.keys if table is not None else ():
        if getattr(block, name) is None:
            raise DataError(f"{block.where or block.sample}: the events know no {name!r}, which the record has")
