"""Events of the lepton + X study: made or the user's, split, drawn by their weights, and kept in its folder."""

import functools
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from l1ad.config.studies.lepton_plus_x import LeptonPlusXConfig, MadeStreamConfig, StreamProcessConfig
from l1ad.core.errors import DataError
from l1ad.core.plain import plain
from l1ad.core.progress import Progress
from l1ad.core.trigger_file import write_text_safely
from l1ad.data.event_file import read_events
from l1ad.data.event_writer import write_events
from l1ad.data.events import EventBatch
from l1ad.data.opening import events_digest, load_events
from l1ad.flow.studies.lepton_plus_x.split import split_stream
from l1ad.flow.studies.trials import definition_digest
from l1ad.report.studies.lepton_plus_x.scores import ProcessAccount
from l1ad.simulate.chunks import definition_digest as made_digest
from l1ad.simulate.chunks import run_chunks
from l1ad.simulate.features import features_layout
from l1ad.simulate.lepton_stream import FilteredProcess, StreamSource, filtered_process, make_stream_chunk

__all__ = ["StreamFiles", "prepared_stream"]

_FEWEST_OF_A_SIGNAL = 40
"""Twice what a classifier needs to train on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamFiles:
    """Events of the study on disk.

    Attributes:
        stream: Events of equal weight for runs: training, validation, and some unseen ones.
        seen: How many of them training and validation are, drawn with repetition.
        unseen: Every event that no training sees, with its weight in pb.
        signals: Events of each signal by name.
        accounts: What the processes of the stream were made of.
        signal_accounts: The same of the signals; of a user's files with an acceptance of 1.
    """

    stream: Path
    seen: tuple[int, int]
    unseen: Path
    signals: Mapping[str, Path]
    accounts: tuple[ProcessAccount, ...]
    signal_accounts: tuple[ProcessAccount, ...]

    @property
    def fractions(self) -> tuple[float, float]:
        """Parts of the stream's file that are for training and for validation, as a run counts them."""
        n_events = len(read_events(self.stream))
        # Half an event more, as a run rounds down.
        return (self.seen[0] + 0.5) / n_events, (self.seen[1] + 0.5) / n_events


def prepared_stream(
    config: LeptonPlusXConfig, folder: Path, *, workers: int, progress: Progress
) -> StreamFiles:
    """Give the events of a study, which are made where they are not there yet.

    Chunks of all processes are made apart, each whole or not at all; any number of workers makes the same
    events.

    Args:
        config: The study.
        folder: Holds the events, one folder for each configuration of them.
        workers: Processes.
        progress: Told the chunks done.

    Raises:
        DataError: If events of the user cannot be used, or a process has too few to split.
        ToolError: If events are to be made, and Pythia or FastJet is not installed.
    """
    place = folder / _digest(config)[:12]
    record = place / "events.json"
    if not record.exists():
        place.mkdir(parents=True, exist_ok=True)
        _make(config, place, record, workers=workers, progress=progress)
    return _read(place, record)


def _digest(config: LeptonPlusXConfig) -> str:
    """Digest what decides the events and their split; of the user's own, no version of Pythia does."""
    data = config.data
    split = [config.kind, config.seed, config.split.model_dump(mode="json"), list(data.signals)]
    if data.background is None:
        return made_digest([*split, data.made.model_dump(mode="json")])
    files = (data.background, *data.signals.values())
    return definition_digest({"split": split, "files": [events_digest(where) for where in files]})


def _make(config: LeptonPlusXConfig, place: Path, record: Path, *, workers: int, progress: Progress) -> None:
    if config.data.background is None:
        processes, signals, accounts = _made(config.data.made, place / "chunks", workers, progress)
    else:
        processes, signals, accounts = _given(config)
    rng = np.random.default_rng([config.seed, 0])
    split = split_stream(processes, config.split, rng)
    provenance = {"study": config.model_dump(mode="json")}
    write_events(place / "stream.h5", split.stream, provenance)
    write_events(place / "unseen.h5", split.unseen, provenance)
    for name, events in signals.items():
        write_events(place / f"{name}.h5", events, provenance)
    named = [
        replace(one, training=split.counts[0].get(one.name, 0), unseen=split.counts[1].get(one.name, 0))
        for one in accounts
    ]
    document = {
        "seen": split.seen, "signals": list(signals), "accounts": plain(named[: len(accounts) - len(signals)]),
        "signal_accounts": plain(named[len(accounts) - len(signals) :]),
    }  # fmt: skip
    # The last to appear: events are there when it is.
    write_text_safely(record, json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    shutil.rmtree(place / "chunks", ignore_errors=True)


def _read(place: Path, record: Path) -> StreamFiles:
    try:
        document = json.loads(record.read_text(encoding="utf-8"))
        return StreamFiles(
            stream=place / "stream.h5",
            seen=(document["seen"][0], document["seen"][1]),
            unseen=place / "unseen.h5",
            signals={name: place / f"{name}.h5" for name in document["signals"]},
            accounts=tuple(ProcessAccount(**one) for one in document["accounts"]),
            signal_accounts=tuple(ProcessAccount(**one) for one in document["signal_accounts"]),
        )
    except (ValueError, LookupError, TypeError) as fault:
        raise DataError(
            f"{record}: not the record of a study's events ({fault}); delete it to make them again"
        ) from None


def _made(
    made: MadeStreamConfig, folder: Path, workers: int, progress: Progress
) -> tuple[list[EventBatch], dict[str, EventBatch], list[ProcessAccount]]:
    """Generate every process in chunks of one queue, the largest first, so that workers end together."""
    configs = (*made.processes, *made.signals)
    sources = [_source(made, one, number) for number, one in enumerate(configs)]
    folder.mkdir(parents=True, exist_ok=True)
    tasks = [(number, chunk) for number, one in enumerate(sources) for chunk in range(one.n_chunks)]
    files = [folder / f"{configs[number].name}_{chunk:04}.npz" for number, chunk in tasks]
    work = functools.partial(_make_task, tuple(sources), tuple(tasks))
    run_chunks(work, files, workers=workers, progress=progress)
    batches, accounts = [], []
    for number, one in enumerate(configs):
        found = filtered_process([file for file, task in zip(files, tasks, strict=True) if task[0] == number])
        label = number if number < len(made.processes) else None
        batches.append(_batch(one, found, label, tuple(one.name for one in made.processes)))
        accounts.append(_account(one, found))
    signals = zip(made.signals, batches[len(made.processes) :], strict=True)
    return batches[: len(made.processes)], {one.name: events for one, events in signals}, accounts


def _source(made: MadeStreamConfig, one: StreamProcessConfig, number: int) -> StreamSource:
    return StreamSource(
        pythia=one.pythia, beam_energy_gev=made.beam_energy_gev, lepton_gev=made.lepton_gev, seed=made.seed,
        number=number, generate=one.generate,
    )  # fmt: skip


def _make_task(
    sources: tuple[StreamSource, ...], tasks: tuple[tuple[int, int], ...], task: int, file: Path
) -> None:
    number, chunk = tasks[task]
    make_stream_chunk(sources[number], chunk, file)


def _batch(
    one: StreamProcessConfig, found: FilteredProcess, label: int | None, names: tuple[str, ...]
) -> EventBatch:
    n_events = len(found.inputs_raw)
    if not n_events:
        raise DataError(
            f"{one.name}: none of {found.generated} generated events has the lepton; raise its 'generate'"
        )
    return EventBatch(
        layout=features_layout(), inputs_raw=found.inputs_raw, event_number=np.arange(n_events),
        sample=one.name,
        weight=None if label is None else np.full(n_events, one.factor * found.filtered_pb / n_events),
        label=None if label is None else np.full(n_events, label), label_names=() if label is None else names,
    )  # fmt: skip


def _account(one: StreamProcessConfig, found: FilteredProcess) -> ProcessAccount:
    return ProcessAccount(
        name=one.name, title=one.title or one.name, generated=found.generated, passed=len(found.inputs_raw),
        cross_section_pb=one.factor * found.cross_section_pb,
        cross_section_error_pb=one.factor * found.cross_section_error_pb, acceptance=found.acceptance,
        acceptance_error=found.acceptance_error, filtered_pb=one.factor * found.filtered_pb,
        filtered_error_pb=one.factor * found.filtered_error_pb,
    )  # fmt: skip


def _given(
    config: LeptonPlusXConfig,
) -> tuple[list[EventBatch], dict[str, EventBatch], list[ProcessAccount]]:
    """Read the user's events, and part the background by its labels."""
    where = str(config.data.background)
    events = load_events(where)
    if not events.weights.any():
        raise DataError(f"{where}: no event has a weight above 0, so there is no stream to measure on")
    if events.weight is None:
        raise DataError(
            f"{where}: its events have no weights; the study wants the cross section in pb that each stands for"
        )
    label = np.zeros(len(events), np.int64) if events.label is None else events.label
    names = events.label_names if events.label is not None else ("background",)
    whole = EventBatch(
        layout=events.layout, inputs_raw=events.inputs_raw, event_number=np.arange(len(events)),
        sample="stream", weight=events.weight, label=label, label_names=names,
    )  # fmt: skip
    parts = [whole.take(np.flatnonzero(label == number)) for number in range(len(names))]
    parts = [part for part in parts if len(part)]
    signals = {name: _plain_signal(name, path, events) for name, path in config.data.signals.items()}
    accounts = [_given_account(names[int(part.label[0])], part) for part in parts if part.label is not None]
    accounts += [_given_account(name, part) for name, part in signals.items()]
    return parts, signals, accounts


def _plain_signal(name: str, where: str, background: EventBatch) -> EventBatch:
    events = load_events(where)
    if events.layout != background.layout:
        raise DataError(f"{where}: events of {events.layout.told_apart(background.layout)} of the background")
    if events.weight is not None and np.ptp(events.weight) > 0:
        raise DataError(f"{where}: its events have different weights, and efficiencies count each as one")
    if len(events) < _FEWEST_OF_A_SIGNAL:
        raise DataError(
            f"{where}: {len(events)} events; half of a signal trains classifiers and half is measured, which "
            f"takes at least {_FEWEST_OF_A_SIGNAL}"
        )
    return EventBatch(
        layout=events.layout, inputs_raw=events.inputs_raw, event_number=np.arange(len(events)), sample=name
    )


def _given_account(name: str, events: EventBatch) -> ProcessAccount:
    """Tell of the user's events what their weights tell; nothing is known of a filter."""
    total = float(events.weights.sum()) if events.weight is not None else 0.0
    error = float(np.sqrt(np.square(events.weights).sum())) if events.weight is not None else 0.0
    return ProcessAccount(
        name=name, title=name, generated=len(events), passed=len(events), cross_section_pb=total,
        cross_section_error_pb=error, acceptance=1.0, acceptance_error=0.0, filtered_pb=total,
        filtered_error_pb=error,
    )  # fmt: skip
