import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from l1ad.core.errors import DataError
from l1ad.core.layouts import ugt_57
from l1ad.core.menu import Menu
from l1ad.data.event_file import EventFile, read_events
from l1ad.data.event_writer import join_event_files, write_events, writing_events
from l1ad.data.events import EventBatch
from l1ad.data.opening import events_digest


def batch(n_events: int, seed: int = 1) -> EventBatch:
    """Give events of which everything is known."""
    rng, layout = np.random.default_rng(seed), ugt_57()
    inputs = rng.integers(layout.raw_min, layout.raw_max + 1, (n_events, layout.n_inputs))
    return EventBatch(
        layout=layout,
        inputs_raw=inputs.astype(layout.dtype),
        event_number=np.arange(n_events),
        sample="full",
        run=np.full(n_events, 7),
        pileup=rng.random(n_events) * 60,
        weight=rng.random(n_events),
        label=rng.integers(0, 2, n_events),
        label_names=("w", "qcd → x"),
        menu=Menu(names=tuple(f"L1_{i}" for i in range(11)), prescales=(0, 2, *[1] * 9)),
        menu_bits=rng.random((n_events, 11)) < 0.3,
    )


def assert_equal(read: EventBatch, written: EventBatch) -> None:
    np.testing.assert_array_equal(read.inputs_raw, written.inputs_raw)
    np.testing.assert_array_equal(read.event_number, written.event_number)
    assert list(read.columns) == list(written.columns)
    for name, values in written.columns.items():
        np.testing.assert_array_equal(read.columns[name], values)
    assert read.menu_bits is not None
    assert written.menu_bits is not None
    np.testing.assert_array_equal(read.menu_bits, written.menu_bits)
    assert (read.menu, read.label_names) == (written.menu, written.label_names)


def test_all_that_is_known_of_events_comes_back(tmp_path: Path) -> None:
    events = batch(300)
    write_events(tmp_path / "a.h5", events, {})
    assert_equal(read_events(tmp_path / "a.h5"), events)
    assert_equal(read_events(tmp_path / "a.h5", start=100, stop=120), events.select(100, 120))


@pytest.mark.parametrize("block_events", [1_000, 16_384, 50_000])
def test_a_file_written_in_blocks_holds_the_same_whatever_the_blocks(tmp_path: Path, block_events: int) -> None:
    events = batch(40_000)
    for name, size in (("a.h5", 7_000), ("b.h5", block_events)):
        with writing_events(tmp_path / name, {"made": "here"}) as writer:
            for block in events.blocks(size):
                writer.append(block)
    assert_equal(read_events(tmp_path / "b.h5"), events)
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()
    assert EventFile(tmp_path / "b.h5").provenance == {"made": "here"}
    EventFile(tmp_path / "b.h5").check_digests()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.h5", "b.h5"]


def test_a_column_that_was_changed_afterwards_is_found_by_its_digest(tmp_path: Path) -> None:
    write_events(tmp_path / "a.h5", batch(300), {})
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        file["weight"][17] = 0.25
    with pytest.raises(DataError, match="'weight' is not what was written; its digest differs"):
        EventFile(tmp_path / "a.h5").check_digests()


def test_a_fault_while_writing_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    write_events(path, batch(10), {})
    before = path.read_bytes()
    with pytest.raises(KeyboardInterrupt), writing_events(path, {}) as writer:
        writer.append(batch(20_000))
        raise KeyboardInterrupt
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_blocks_of_another_kind_and_no_blocks_at_all_are_refused(tmp_path: Path) -> None:
    other = batch(3).take(slice(0, 3))
    plain = EventBatch(
        layout=other.layout, inputs_raw=other.inputs_raw, event_number=other.event_number, sample="plain"
    )
    with pytest.raises(DataError, match="knows no column, not run"), writing_events(tmp_path / "a.h5", {}) as w:
        w.append(other)
        w.append(plain)
    with pytest.raises(DataError, match="no events to write"), writing_events(tmp_path / "a.h5", {}):
        pass
    assert list(tmp_path.iterdir()) == []


FOLLOWED = """
import sys, time
from pathlib import Path
import numpy as np
from l1ad.core.layouts import ugt_57
from l1ad.data.event_writer import writing_events
from l1ad.data.events import EventBatch
layout = ugt_57()
with writing_events(Path(sys.argv[1]), {}) as writer:
    for block in range(200):
        inputs = np.zeros((16_384, 57), dtype=np.int16)
        inputs[:, 0] = block
        number = block * 16_384 + np.arange(16_384)
        writer.append(EventBatch(layout=layout, inputs_raw=inputs, event_number=number, sample="live",
                                 weight=np.full(16_384, float(block))))
        print(block, flush=True)
        time.sleep(0.05)
"""


def test_a_file_is_read_while_another_process_writes_it(tmp_path: Path) -> None:
    path = tmp_path / "live.h5"
    writer = subprocess.Popen([sys.executable, "-c", FOLLOWED, str(path)], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    seen = []
    try:
        for _ in range(8):
            for _ in range(2):
                writer.stdout.readline()
            live = EventFile(tmp_path / "live.h5.partial")
            for block in live.blocks(16_384):
                assert (block.inputs_raw[:, 0] == block.event_number // 16_384).all()
                np.testing.assert_array_equal(block.weights, block.inputs_raw[:, 0])
            seen.append(live.n_events)
    finally:
        writer.send_signal(signal.SIGKILL)
        writer.wait()
    assert seen == sorted(seen)
    assert seen[-1] > seen[0] >= 16_384
    # Killed: the old state, which was none, and a file beside it that can still be read.
    assert not path.exists()


def test_files_in_a_row_hold_the_events_of_all_and_move_with_their_folder(tmp_path: Path) -> None:
    parts = [batch(50, seed=1), batch(70, seed=2), batch(30, seed=3)]
    (tmp_path / "here/deep").mkdir(parents=True)
    paths = [tmp_path / "here/deep" / f"{index}.h5" for index in range(3)]
    for path, part in zip(paths, parts, strict=True):
        write_events(path, part, {})
    assert join_event_files(paths, tmp_path / "here/all.h5", {"joined": True}) == 150
    (tmp_path / "here").rename(tmp_path / "there")
    joined = EventFile(tmp_path / "there/all.h5")
    assert joined.n_events == 150
    assert (tmp_path / "there/all.h5").stat().st_size < 20_000
    blocks = list(joined.blocks(64))
    np.testing.assert_array_equal(
        np.concatenate([block.inputs_raw for block in blocks]),
        np.concatenate([part.inputs_raw for part in parts]),
    )
    before = events_digest(tmp_path / "there/all.h5")
    write_events(tmp_path / "there/deep/1.h5", batch(70, seed=9), {})
    assert events_digest(tmp_path / "there/all.h5") != before


def test_a_file_in_a_row_that_is_gone_is_named_instead_of_read_as_zeros(tmp_path: Path) -> None:
    for name in ("a.h5", "b.h5"):
        write_events(tmp_path / name, batch(20), {})
    join_event_files([tmp_path / "a.h5", tmp_path / "b.h5"], tmp_path / "all.h5", {})
    (tmp_path / "b.h5").unlink()
    with pytest.raises(DataError, match=re.escape("is put together of files of which") + ".*b.h5 is missing"):
        EventFile(tmp_path / "all.h5")


def test_files_that_do_not_fit_together_are_not_joined(tmp_path: Path, random_events: object) -> None:
    write_events(tmp_path / "a.h5", batch(20), {})
    assert callable(random_events)
    write_events(tmp_path / "b.h5", random_events(20, 1), {})
    with pytest.raises(DataError, match="knows no column, not run"):
        join_event_files([tmp_path / "a.h5", tmp_path / "b.h5"], tmp_path / "all.h5", {})
    with pytest.raises(DataError, match="would be made of itself"):
        join_event_files([tmp_path / "a.h5"], tmp_path / "a.h5", {})
    with pytest.raises(DataError, match="no files to put together"):
        join_event_files([], tmp_path / "all.h5", {})
    assert not (tmp_path / "all.h5").exists()


def test_a_disk_without_room_is_told_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = os.statvfs(tmp_path)
    assert usage.f_bavail
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 1_000_000})())
    with pytest.raises(DataError, match=r"events can need 1\.0 MB, 1\.0 MB are free"):
        write_events(tmp_path / "a.h5", batch(20), {})
    assert list(tmp_path.iterdir()) == []


def test_a_layout_of_a_thousand_columns_fits_into_the_header(tmp_path: Path) -> None:
    from l1ad.core.layouts import numbered_inputs

    layout = numbered_inputs(2_000, width=12, signed=False)
    events = EventBatch(
        layout=layout, inputs_raw=np.ones((3, 2_000), dtype=np.int16), event_number=np.arange(3), sample="wide"
    )
    write_events(tmp_path / "wide.h5", events, {"rows": list(range(20_000))})
    assert read_events(tmp_path / "wide.h5").layout == layout
    with h5py.File(tmp_path / "wide.h5") as file:
        assert len(json.loads(file.attrs["columns"])) == 2_000
