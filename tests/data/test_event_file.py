import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from l1ad.core.layout import InputLayout
from l1ad.core.layouts import numbered_inputs, regions_18x14
from l1ad.data.event_file import EventFile, file_digest, read_events
from l1ad.data.event_writer import write_events
from l1ad.data.events import EventBatch

Events = Callable[[int, int], EventBatch]


@given(n_events=st.integers(1, 40), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_written_is_read(tmp_path: Path, random_events: Events, n_events: int, seed: int) -> None:
    events = random_events(n_events, seed)
    path = tmp_path / "events.h5"
    write_events(path, events, {"seed": seed})
    read = read_events(path)
    np.testing.assert_array_equal(read.inputs_raw, events.inputs_raw)
    np.testing.assert_array_equal(read.event_number, events.event_number)
    assert read.inputs_raw.dtype == np.int16
    assert (read.layout, read.sample) == (events.layout, "random")
    assert EventFile(path).provenance == {"seed": seed}


def test_events_of_more_than_one_chunk_come_back_whole(tmp_path: Path, random_events: Events) -> None:
    events = random_events(16_385, 1)
    write_events(tmp_path / "events.h5", events, {})
    np.testing.assert_array_equal(read_events(tmp_path / "events.h5").inputs_raw, events.inputs_raw)


@pytest.mark.parametrize(("start", "stop"), [(0, 3), (7, 20), (19, None), (0, None)])
def test_a_part_of_a_file_is_that_part_of_its_events(
    tmp_path: Path, random_events: Events, start: int, stop: int | None
) -> None:
    events = random_events(20, 2)
    write_events(tmp_path / "events.h5", events, {})
    part = read_events(tmp_path / "events.h5", start=start, stop=stop)
    np.testing.assert_array_equal(part.inputs_raw, events.inputs_raw[start:stop])
    np.testing.assert_array_equal(part.event_number, events.event_number[start:stop])


def test_selected_events_keep_their_numbers(random_events: Events) -> None:
    events = random_events(20, 3)
    part = events.select(5, 9)
    assert len(part) == 4
    np.testing.assert_array_equal(part.inputs_raw, events.inputs_raw[5:9])
    np.testing.assert_array_equal(part.event_number, events.event_number[5:9])


def test_provenance_of_any_depth_and_language_comes_back(tmp_path: Path, random_events: Events) -> None:
    provenance: dict[str, Any] = {"title": "A → 4ℓ", "versions": {"numpy": "2"}, "steps": [1, 2.5, None]}
    write_events(tmp_path / "events.h5", random_events(2, 4), provenance)
    assert EventFile(tmp_path / "events.h5").provenance == provenance


def test_missing_folders_are_made(tmp_path: Path, random_events: Events) -> None:
    path = tmp_path / "some" / "where" / "events.h5"
    write_events(path, random_events(2, 5), {})
    assert len(read_events(path)) == 2


def test_a_write_that_fails_half_way_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, random_events: Events
) -> None:
    path = tmp_path / "events.h5"
    write_events(path, random_events(10, 6), {})
    before = file_digest(path)
    # The provenance is turned into JSON after the file was opened, and a set has no JSON.
    with pytest.raises(TypeError, match="not JSON serializable"):
        write_events(path, random_events(10, 7), {"sets": {1, 2}})
    assert file_digest(path) == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_is_written_again_is_replaced(tmp_path: Path, random_events: Events) -> None:
    path = tmp_path / "events.h5"
    write_events(path, random_events(10, 8), {})
    write_events(path, random_events(3, 9), {})
    np.testing.assert_array_equal(read_events(path).inputs_raw, random_events(3, 9).inputs_raw)
    assert list(tmp_path.iterdir()) == [path]


def test_the_digest_of_a_file_is_the_sha_256_of_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "abc"
    path.write_bytes(b"abc")  # FIPS 180-4 example
    assert file_digest(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_the_same_events_are_the_same_bytes_whenever_they_are_written(
    tmp_path: Path, random_events: Callable[[int, int], EventBatch]
) -> None:
    for name in ("a.h5", "b.h5"):
        write_events(tmp_path / name, random_events(20, 7), {"command": "same"})
        time.sleep(1.1)  # HDF5 keeps times in whole seconds
    assert file_digest(tmp_path / "a.h5") == file_digest(tmp_path / "b.h5")


def test_blocks_in_a_row_are_the_whole_file(
    tmp_path: Path, random_events: Callable[[int, int], EventBatch]
) -> None:
    events = random_events(1000, 3)
    write_events(tmp_path / "events.h5", events, {})
    reader = EventFile(tmp_path / "events.h5")
    blocks = list(reader.blocks(300))
    assert reader.n_events == 1000
    assert [len(block) for block in blocks] == [300] * 3 + [100]
    np.testing.assert_array_equal(np.concatenate([block.inputs_raw for block in blocks]), events.inputs_raw)
    np.testing.assert_array_equal(np.concatenate([block.event_number for block in blocks]), events.event_number)


@pytest.mark.parametrize(
    "layout",
    [regions_18x14(), numbered_inputs(5, width=20, signed=True), numbered_inputs(3, width=33, signed=False)],
)
def test_events_of_another_layout_come_back_with_it(layout: InputLayout, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    events = EventBatch(
        layout=layout,
        inputs_raw=rng.integers(layout.raw_min, layout.raw_max + 1, (40, layout.n_inputs)),
        event_number=np.arange(40),
        sample="drawn",
    )
    write_events(tmp_path / "events.h5", events, {})
    read = read_events(tmp_path / "events.h5")
    assert read.layout == layout
    assert read.inputs_raw.dtype == layout.dtype
    np.testing.assert_array_equal(read.inputs_raw, events.inputs_raw)
