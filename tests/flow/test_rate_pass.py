import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from l1ad.core.errors import DataError
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.core.trigger_file import load_trigger, save_trigger
from l1ad.data.arrays_file import read_arrays
from l1ad.data.opening import events_digest, load_events, open_events
from l1ad.data.saving import saving_events
from l1ad.emulate.engine import emulate
from l1ad.flow.event_parts import EventParts, Workers, event_parts
from l1ad.flow.rate_pass import CountedEvents, counted_events
from l1ad.flow.rate_thresholds import GivenEvents, given_parts
from l1ad.flow.seen_events import SeenEvents
from l1ad.rates.rate_account import RateAccount
from tests.flow.counting import MARKER, PART_EVENTS, REFERENCE

ROOT = Path(__file__).parents[2]
PROGRAM = (sys.executable, "-m", "tests.flow.counting")


class Told:
    """Keeps what progress was told."""

    def __init__(self) -> None:
        self.done: list[int] = []

    def __call__(self, done: int, total: int, note: str) -> None:
        """Listen."""
        del total, note
        self.done.append(done)


@pytest.fixture(scope="module")
def trigger() -> TriggerAlgorithm:
    return load_trigger(REFERENCE)


@pytest.fixture(scope="module")
def events(trigger: TriggerAlgorithm) -> EventParts:
    return event_parts(trigger, ["sample:zero_bias"], part_events=PART_EVENTS)


@pytest.fixture(scope="module")
def counted(events: EventParts) -> CountedEvents:
    return counted_events(events)


def same(first: CountedEvents, second: CountedEvents) -> bool:
    ours, theirs = first.account.arrays(), second.account.arrays()
    assert ours.keys() == theirs.keys()
    assert first.profiles == second.profiles
    return all(
        np.array_equal(one, other) for name in ours for one, other in zip(ours[name], theirs[name], strict=True)
    )


def test_every_event_is_counted_with_the_score_that_the_emulator_gives_it(
    trigger: TriggerAlgorithm, counted: CountedEvents
) -> None:
    batch = load_events("sample:zero_bias")
    scores = emulate(trigger, batch.inputs_raw).score_raw
    found, times = np.unique(scores, return_counts=True)
    np.testing.assert_array_equal(counted.account.total.score_raw, found)
    np.testing.assert_array_equal(counted.account.total.counted.n_events, times)
    assert batch.menu is not None and batch.menu_bits is not None and counted.account.free is not None
    free = ~(batch.menu_bits & batch.menu.unprescaled).any(axis=1)
    prescaled = [prescale for prescale in batch.menu.prescales if prescale > 1]
    assert counted.account.free.n_events == np.count_nonzero(free) or prescaled


def test_processes_side_by_side_count_the_same(events: EventParts, counted: CountedEvents) -> None:
    assert same(counted_events(events, workers=Workers(processes=2)), counted)


def test_a_worker_that_is_killed_in_the_middle_changes_nothing(counted: CountedEvents, tmp_path: Path) -> None:
    out, died = tmp_path / "sums.npz", tmp_path / "died"
    subprocess.run([*PROGRAM, str(out)], cwd=ROOT, env={**os.environ, MARKER: str(died)}, check=True)
    assert died.exists()
    found = RateAccount.from_arrays(read_arrays(out, what="{fault}").lists, counted.account.menu)
    assert same(CountedEvents(account=found, profiles=counted.profiles, excluded={}, checked=False), counted)


def test_a_pass_that_is_killed_goes_on_and_ends_in_the_same_counts(
    trigger: TriggerAlgorithm, tmp_path: Path
) -> None:
    checkpoint, part_events = tmp_path / "counted.npz", 4000
    killed = subprocess.Popen([*PROGRAM, str(checkpoint), str(part_events)], cwd=ROOT)
    deadline = time.monotonic() + 120
    while not checkpoint.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    killed.send_signal(signal.SIGKILL)
    assert killed.wait() == -signal.SIGKILL
    done = read_arrays(checkpoint, what="{fault}").told["n_events"]
    assert 0 < done < open_events("sample:zero_bias").n_events
    parts = event_parts(trigger, ["sample:zero_bias"], part_events=part_events)
    told = Told()
    resumed = counted_events(parts, checkpoint=checkpoint, progress=told)
    assert told.done[0] == done
    assert same(resumed, counted_events(parts))


def test_nanoaod_and_test_vectors_are_counted_as_our_own_file_is(
    trigger: TriggerAlgorithm, tmp_path: Path
) -> None:
    pytest.importorskip("uproot")
    from l1ad.data.nanoaod.writer import writing_nanoaod

    batch = load_events("sample:a_to_4l")
    with writing_nanoaod(tmp_path / "events.root", {}) as nanoaod:
        nanoaod.append(batch)
    with saving_events(tmp_path / "events.txt", {}) as vectors:
        vectors.append(batch)
    ours = counted_events(event_parts(trigger, ["sample:a_to_4l"], part_events=1500)).account.total
    for name in ("events.root", "events.txt"):
        found = counted_events(event_parts(trigger, [str(tmp_path / name)], part_events=1500)).account.total
        np.testing.assert_array_equal(found.score_raw, ours.score_raw)
        np.testing.assert_array_equal(found.counted.n_events, ours.counted.n_events)


def test_what_was_counted_of_other_events_is_not_gone_on_with(
    trigger: TriggerAlgorithm, tmp_path: Path
) -> None:
    checkpoint = tmp_path / "counted.npz"
    first = counted_events(event_parts(trigger, ["sample:a_to_4l"]), checkpoint=checkpoint)
    told = Told()
    counted_events(event_parts(trigger, ["sample:ttbar"]), checkpoint=checkpoint, progress=told)
    assert told.done[0] == 0
    assert first.account.total.n_events == open_events("sample:a_to_4l").n_events


def test_the_file_of_the_training_is_counted_from_the_first_unseen_event_on(
    trigger: TriggerAlgorithm,
) -> None:
    n_events = open_events("sample:a_to_4l").n_events
    seen = SeenEvents(
        n_seen=1000, n_events=n_events, digest=events_digest("sample:a_to_4l"),
        fingerprints=np.zeros(0, np.uint64),
    )  # fmt: skip
    found = counted_events(event_parts(trigger, ["sample:a_to_4l"], seen=seen))
    assert found.account.total.n_events == n_events - 1000
    assert (found.excluded, found.checked) == ({"sample:a_to_4l": 1000}, True)


def test_a_bare_trigger_file_knows_the_file_of_its_training_by_its_digest(
    trigger: TriggerAlgorithm, tmp_path: Path
) -> None:
    provenance = {
        "background_digest": events_digest("sample:a_to_4l"),
        "background_events": 5000,
        "background_seen": 2000,
    }
    file = tmp_path / "trigger.json"
    save_trigger(replace(trigger, provenance=provenance), file)
    parts = given_parts(file, load_trigger(file), GivenEvents(sources=["sample:a_to_4l"]))
    assert (parts.n_events, parts.excluded) == (3000, {"sample:a_to_4l": 2000})
    parts = given_parts(file, load_trigger(file), GivenEvents(sources=["sample:ttbar"]))
    assert (parts.n_events, parts.seen) == (5000, None)


def test_files_that_cannot_be_counted_are_refused(trigger: TriggerAlgorithm) -> None:
    with pytest.raises(DataError, match="sample:a_to_4l: named twice; each event is counted once"):
        event_parts(trigger, ["sample:a_to_4l", "sample:a_to_4l"])
    with pytest.raises(DataError, match="no file named: no events to count"):
        event_parts(trigger, [])
