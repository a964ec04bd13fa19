import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from l1ad.core.errors import DataError
from l1ad.core.layouts import regions_18x14, ugt_57
from l1ad.core.menu import Menu
from l1ad.data.events import COLUMNS, EventBatch, concatenated


def full_batch(n_events: int, seed: int = 1, **changes: Any) -> EventBatch:
    """Give random events of which everything is known."""
    rng, layout = np.random.default_rng(seed), ugt_57()
    inputs = rng.integers(layout.raw_min, layout.raw_max + 1, (n_events, layout.n_inputs))
    known: dict[str, Any] = {
        "layout": layout,
        "inputs_raw": inputs.astype(layout.dtype),
        "event_number": rng.permutation(n_events),
        "sample": "full",
        "run": rng.integers(1, 4, n_events),
        "lumi_section": rng.integers(1, 100, n_events),
        "bunch_crossing": rng.integers(0, 3564, n_events),
        "pileup": rng.random(n_events) * 60,
        "weight": rng.random(n_events),
        "label": rng.integers(0, 2, n_events),
        "label_names": ("w", "qcd"),
        "menu": Menu(names=tuple(f"L1_{i}" for i in range(11)), prescales=(1,) * 11),
        "menu_bits": rng.random((n_events, 11)) < 0.3,
    }
    return EventBatch(**{**known, **changes})


def test_taking_events_takes_all_that_is_known_of_them() -> None:
    events = full_batch(50)
    for which in (np.array([3, 3, 49, 0]), np.arange(50) % 3 == 0, slice(10, 20)):
        taken = events.take(which)
        assert list(taken.columns) == list(COLUMNS)
        np.testing.assert_array_equal(taken.inputs_raw, events.inputs_raw[which])
        np.testing.assert_array_equal(taken.event_number, events.event_number[which])
        for name, values in events.columns.items():
            np.testing.assert_array_equal(taken.columns[name], values[which])
        assert events.menu_bits is not None
        assert taken.menu_bits is not None
        np.testing.assert_array_equal(taken.menu_bits, events.menu_bits[which])
        assert (taken.menu, taken.label_names) == (events.menu, events.label_names)


def test_blocks_put_together_again_are_the_batch() -> None:
    events = full_batch(50)
    blocks = list(events.blocks(8))
    assert [len(block) for block in blocks] == [8] * 6 + [2]
    again = concatenated(blocks)
    np.testing.assert_array_equal(again.inputs_raw, events.inputs_raw)
    np.testing.assert_array_equal(again.weights, events.weights)
    assert again.menu_bits is not None
    np.testing.assert_array_equal(again.menu_bits, events.menu_bits)


def test_events_without_weights_weigh_one_each() -> None:
    assert full_batch(4, weight=None).weights.tolist() == [1.0] * 4


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"run": np.zeros(3, dtype=int)}, "full: 'run' has shape (3,) for 5 events"),
        ({"pileup": np.array([1, 2, np.nan, 4, 5])}, "full: 'pileup' of event 2 is no number"),
        ({"weight": np.array([1, 2, 3, -0.5, 5])}, "full: event 3 has the negative weight -0.5"),
        ({"label": np.array([0, 1, 2, 0, 0])}, "full: labels are 0 to 2, and 2 are named"),
        ({"label": np.array([0, 1, -1, 0, 0])}, "full: labels are -1 to 1, and 2 are named"),
        ({"menu": None}, "full: a menu and its bits come together"),
        ({"menu_bits": None}, "full: a menu and its bits come together"),
        (
            {"menu_bits": np.zeros((5, 10), dtype=bool)},
            "full: menu bits are bool of shape (5, 10), not bool of",
        ),
        ({"menu_bits": np.zeros((5, 11), dtype=int)}, "full: menu bits are int64 of shape (5, 11)"),
    ],
)
def test_columns_that_do_not_fit_the_events_are_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(DataError, match=re.escape(words)):
        full_batch(5, **changes)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"weight": None}, "knows run, lumi_section, bunch_crossing, pileup, label, not run"),
        ({"menu": Menu(names=tuple("abcdefghijk"), prescales=(1,) * 11)}, "another trigger menu"),
        ({"label_names": ("w", "z")}, "labels ('w', 'z'), not ('w', 'qcd')"),
    ],
)
def test_batches_of_different_kinds_are_not_put_together(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(DataError, match=re.escape(words)):
        concatenated([full_batch(3), full_batch(3, **changes)])


def test_batches_of_different_layouts_are_not_put_together() -> None:
    layout = regions_18x14()
    other = replace(full_batch(3), layout=layout, inputs_raw=np.zeros((3, layout.n_inputs), dtype=np.int16))
    with pytest.raises(DataError, match="events of layout 'regions_18x14', not 'ugt_57'"):
        concatenated([full_batch(3), other])


def test_nothing_cannot_be_put_together() -> None:
    with pytest.raises(DataError, match="there is nothing to put together"):
        concatenated([])
