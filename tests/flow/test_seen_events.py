from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from l1ad.core.errors import DataError
from l1ad.data.events import EventBatch
from l1ad.data.fingerprints import ONE_OF, fingerprints
from l1ad.data.opening import load_events
from l1ad.flow.events import BackgroundSplit
from l1ad.flow.seen_events import load_seen_events, save_seen_events


@pytest.fixture(scope="module")
def events() -> EventBatch:
    return load_events("sample:zero_bias", stop=20_000)


@pytest.fixture
def run(events: EventBatch, tmp_path: Path) -> Path:
    split = BackgroundSplit(
        training=events.select(0, 8000),
        validation=events.select(8000, 10_000),
        rates=events.select(10_000, 20_000),
    )
    save_seen_events(tmp_path, split, digest="d")
    return tmp_path


def test_events_of_the_training_are_known_again_in_any_order(events: EventBatch, run: Path) -> None:
    seen = load_seen_events(run)
    assert seen is not None
    assert (seen.n_seen, seen.n_events, seen.digest) == (10_000, 20_000, "d")
    shuffled = events.take(np.random.default_rng(1).permutation(20_000)[:1000])
    with pytest.raises(DataError, match=r"event \d+ was used in training, and about \d+ of these 1000 were"):
        seen.refuse(shuffled)


def test_events_that_no_training_has_seen_pass(events: EventBatch, run: Path) -> None:
    seen = load_seen_events(run)
    assert seen is not None
    seen.refuse(events.select(10_000, 20_000))


def test_other_events_with_the_same_numbers_pass(events: EventBatch, run: Path) -> None:
    seen = load_seen_events(run)
    assert seen is not None
    other = events.select(10_000, 20_000)
    seen.refuse(replace(other, event_number=events.event_number[:10_000]))


def test_one_event_in_so_many_has_a_fingerprint_and_no_two_share_one(events: EventBatch) -> None:
    found = fingerprints(events)
    assert len(found) == np.count_nonzero(events.event_number % ONE_OF == 0)
    assert len(np.unique(found)) == len(found)


def test_a_folder_without_a_training_has_seen_nothing(tmp_path: Path) -> None:
    assert load_seen_events(tmp_path) is None
