"""Which events of a background may be used for what."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from l1ad.config.run import DataConfig
from l1ad.core.errors import DataError
from l1ad.core.layouts import ugt_57
from l1ad.data.event_writer import write_events
from l1ad.data.events import EventBatch
from l1ad.data.opening import load_events
from l1ad.flow.events import check_unweighted, split_background, unseen_scores


def background(path: Path, n_events: int) -> DataConfig:
    """Write a background whose event numbers begin again in the middle, as those of two runs do."""
    layout = ugt_57()
    inputs = np.zeros((n_events, layout.n_inputs), dtype=np.int16)
    inputs[:, 0] = np.arange(n_events)
    numbers = np.arange(n_events) % (n_events // 2)
    events = EventBatch(layout=layout, inputs_raw=inputs, event_number=numbers, sample="two runs")
    write_events(path, events, {})
    return DataConfig(background=str(path))


def test_no_event_is_in_two_parts_even_when_event_numbers_repeat(tmp_path: Path) -> None:
    data = background(tmp_path / "events.h5", 1000)
    split = split_background(data)
    parts = [set(part.inputs_raw[:, 0].tolist()) for part in (split.training, split.validation, split.rates)]
    assert [len(part) for part in parts] == [300, 100, 600]
    assert len(set().union(*parts)) == 1000
    scores = np.arange(1000)
    assert set(unseen_scores(data, scores).tolist()) == parts[2]


def test_too_few_events_to_split_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="3 events are too few to split for training and rates"):
        split_background(background(tmp_path / "events.h5", 3))


def test_weighted_events_are_refused_by_training_and_rates(tmp_path: Path) -> None:
    data = background(tmp_path / "events.h5", 1000)
    events = load_events(data.background)
    write_events(tmp_path / "events.h5", replace(events, weight=np.ones(1000)), {})
    assert len(split_background(data).training) == 300
    check_unweighted(data)
    write_events(tmp_path / "events.h5", replace(events, weight=np.linspace(0.5, 1.5, 1000)), {})
    for use in (split_background, check_unweighted):
        with pytest.raises(DataError, match="its events have weights, and training and rates take each as one"):
            use(data)
