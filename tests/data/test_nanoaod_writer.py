"""NanoAOD of our own making: its reader gives back what was written."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from l1ad.core.errors import DataError
from l1ad.core.layouts import regions_18x14
from l1ad.core.menu import Menu
from l1ad.data.events import EventBatch
from l1ad.data.opening import load_events

pytest.importorskip("uproot")

from l1ad.data.nanoaod.writer import writing_nanoaod


@pytest.fixture
def events() -> EventBatch:
    rng = np.random.default_rng(4)
    few = load_events("sample:a_to_4l", stop=700)
    return EventBatch(
        layout=few.layout, inputs_raw=few.inputs_raw, event_number=few.event_number, sample="events",
        run=np.full(700, 300_001), lumi_section=np.arange(700) // 100,
        bunch_crossing=rng.integers(0, 3564, 700), pileup=rng.integers(20, 80, 700).astype(np.float64),
        menu=Menu(names=("L1_ETM120", "L1_SingleMu22"), prescales=(1, 1)), menu_bits=rng.random((700, 2)) < 0.5,
    )  # fmt: skip


def test_what_is_written_block_by_block_is_read(tmp_path: Path, events: EventBatch) -> None:
    with writing_nanoaod(tmp_path / "events.root", {}) as writer:
        for block in events.blocks(300):
            writer.append(block)
    read = load_events(tmp_path / "events.root")
    np.testing.assert_array_equal(read.inputs_raw, events.inputs_raw)
    np.testing.assert_array_equal(read.event_number, events.event_number)
    for name, values in events.columns.items():
        np.testing.assert_array_equal(read.columns[name], values, err_msg=name)
    assert read.menu == events.menu
    assert read.menu_bits is not None
    assert events.menu_bits is not None
    np.testing.assert_array_equal(read.menu_bits, events.menu_bits)


def test_another_layout_and_another_kind_are_refused(
    tmp_path: Path, events: EventBatch, random_events: Callable[[int, int], EventBatch]
) -> None:
    regions = EventBatch(
        layout=regions_18x14(), inputs_raw=np.zeros((2, 252), dtype=np.int16), event_number=np.arange(2),
        sample="regions",
    )  # fmt: skip
    with (
        pytest.raises(DataError, match="layout 'regions_18x14', not 'ugt_57'"),
        writing_nanoaod(tmp_path / "events.root", {}) as writer,
    ):
        writer.append(regions)
    with (
        pytest.raises(DataError, match="knows"),
        writing_nanoaod(tmp_path / "events.root", {}) as writer,
    ):
        writer.append(random_events(5, 1))
        writer.append(replace(random_events(5, 1), run=np.ones(5, dtype=np.int64)))
    assert len(events) == 700
    assert list(tmp_path.iterdir()) == []
