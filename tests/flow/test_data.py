"""Steps `data info`, `data convert`, `data join`: what a file holds, one file of many, nothing lost."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.core.layouts import ugt_57
from l1ad.core.menu import Menu
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.core.trigger_file import algorithm_digest
from l1ad.data.event_file import EventFile, file_digest
from l1ad.data.event_writer import write_events
from l1ad.data.events import EventBatch
from l1ad.data.opening import ReadOptions, load_events
from l1ad.data.reader import EventFormat
from l1ad.data.saving import saving_events
from l1ad.data.score_file import read_scores
from l1ad.data.ugt.writer import writing_ugt
from l1ad.flow.convert import Duplicates, convert_events, join_events
from l1ad.flow.data import summarise_events
from l1ad.flow.emulate import emulate_file

Builder = Callable[..., TriggerAlgorithm]


@pytest.fixture(scope="module")
def known() -> EventBatch:
    """Give 3000 events of which everything is known."""
    rng = np.random.default_rng(11)
    events = load_events("sample:a_to_4l", stop=3000)
    bits = rng.random((3000, 3)) < (0.5, 0.1, 0.9)
    return replace(
        events, run=np.repeat([300_001, 300_002], 1500), lumi_section=np.arange(3000) // 500,
        bunch_crossing=rng.integers(0, 3564, 3000), pileup=rng.integers(30, 60, 3000).astype(np.float64),
        weight=rng.integers(1, 5, 3000) / 4, label=rng.integers(0, 2, 3000), label_names=("noise", "signal"),
        menu=Menu(names=("algo_001", "algo_005", "algo_009"), prescales=(1, 1, 1)), menu_bits=bits,
    )  # fmt: skip


@pytest.fixture
def path(tmp_path: Path, known: EventBatch) -> Path:
    write_events(tmp_path / "known.h5", known, {"command": "made here", "versions": {"l1ad": "0"}})
    return tmp_path / "known.h5"


def write_vectors(path: Path, events: EventBatch) -> str:
    with writing_ugt(path, {}) as writer:
        writer.append(events)
    return str(path)


def test_a_summary_says_what_the_file_holds(path: Path, known: EventBatch) -> None:
    heard: list[tuple[int, int]] = []
    found = summarise_events(str(path), check=True, progress=lambda done, total, _: heard.append((done, total)))
    document = json.loads(json.dumps(found.document()))
    assert (document["format"], document["layout"], document["n_events"]) == ("l1ad", "ugt_57", 3000)
    assert document["columns"]["run"] == {
        "low": 300_001, "high": 300_002, "total": 900_004_500.0, "mean": 300_001.5, "distinct": 2,
    }  # fmt: skip
    assert known.weight is not None
    assert known.label is not None
    assert known.menu_bits is not None
    assert document["columns"]["weight"]["total"] == known.weight.sum()
    assert document["columns"]["lumi_section"]["distinct"] == 6
    assert document["labels"] == {
        "noise": np.count_nonzero(known.label == 0), "signal": np.count_nonzero(known.label == 1)
    }  # fmt: skip
    assert [seed["name"] for seed in document["seeds"]] == ["algo_009", "algo_001", "algo_005"]
    assert document["seeds"][0]["fired"] == known.menu_bits[:, 2].sum()
    assert document["seeds"][0]["fraction"] == known.menu_bits[:, 2].mean()
    assert set(document["digests"]) >= {"inputs", "event_number", "run", "menu_bits"}
    assert document["digests_checked"]
    assert document["provenance"]["command"] == "made here"
    assert document["quality"]["repeats"] == 0
    assert document["events_per_second"] > 0
    assert heard[-1] == (3000, 3000)


def test_a_column_that_was_changed_is_found_by_its_digest(path: Path) -> None:
    with h5py.File(path, "r+") as file:
        file["weight"][17] += 1
    assert not summarise_events(str(path)).digests_checked
    with pytest.raises(DataError, match="'weight' is not what was written; its digest differs"):
        summarise_events(str(path), check=True)


def test_only_files_of_ours_have_digests_to_check(tmp_path: Path, known: EventBatch) -> None:
    location = write_vectors(tmp_path / "known.txt", known)
    with pytest.raises(DataError, match="only event files of l1ad hold digests to compare with, not ugt"):
        summarise_events(location, check=True)


def test_what_reading_put_right_is_in_the_summary(tmp_path: Path, known: EventBatch) -> None:
    inputs_raw = known.inputs_raw.copy()
    first, second = (known.layout.names.index(name) for name in ("jet_1_pt", "jet_2_pt"))
    inputs_raw[5, first], inputs_raw[5, second] = 4, 5
    found = summarise_events(write_vectors(tmp_path / "known.txt", replace(known, inputs_raw=inputs_raw)))
    assert found.repairs["lists of jet not sorted by pT, kept as the firmware reads them"] == 1
    assert {one.object_type: one.unsorted for one in found.quality.lists}["jet"] == 1


def test_a_round_through_test_vectors_changes_no_integer(tmp_path: Path, path: Path, known: EventBatch) -> None:
    vectors = tmp_path / "vectors.txt"
    out = convert_events([str(path)], vectors)
    assert (out.format, out.events, out.bytes) == (EventFormat.UGT, 3000, 3000 * 769)
    assert out.left_out == ("event_number", "run", "lumi_section", "pileup", "weight", "label")
    back = convert_events([str(vectors)], tmp_path / "back.h5", sample="known again")
    read = load_events(tmp_path / "back.h5")
    assert back.left_out == ()
    assert read.sample == "known again"
    assert known.menu_bits is not None
    assert read.menu_bits is not None
    np.testing.assert_array_equal(read.inputs_raw, known.inputs_raw)
    np.testing.assert_array_equal(read.bunch_crossing, known.bunch_crossing)
    np.testing.assert_array_equal(read.menu_bits, known.menu_bits)
    assert read.menu == known.menu


@pytest.mark.parametrize("file", ["events.csv", "events.parquet", "events.h5"])
def test_a_round_through_a_table_changes_no_integer(
    tmp_path: Path, path: Path, known: EventBatch, file: str
) -> None:
    if file.endswith(".parquet"):
        pytest.importorskip("pyarrow")
    out = tmp_path / file
    assert convert_events([str(path)], out, to=EventFormat.TABLE).events == 3000
    read = load_events(out, ReadOptions(format=EventFormat.TABLE, layout=ugt_57()))
    np.testing.assert_array_equal(read.inputs_raw, known.inputs_raw)
    np.testing.assert_array_equal(read.event_number, known.event_number)
    for name in ("run", "lumi_section", "bunch_crossing", "pileup", "weight"):
        np.testing.assert_array_equal(read.columns[name], known.columns[name], err_msg=name)


def test_a_file_says_what_it_was_made_of(tmp_path: Path, path: Path) -> None:
    done = convert_events([str(path)], tmp_path / "out.h5", n_events=1000, command="l1ad data convert ...")
    provenance = EventFile(tmp_path / "out.h5").provenance
    (source,) = provenance["sources"]
    assert provenance["command"] == "l1ad data convert ..."
    assert (source["location"], source["sha256"]) == (str(path), file_digest(path))
    assert (source["events"], source["provenance"]["command"]) == (1000, "made here")
    assert provenance["duplicates"] == {"found": 0, "dropped": 0}
    assert done.events == 1000
    assert done.sources[0].events == 1000


def test_sources_follow_each_other_in_order(tmp_path: Path, known: EventBatch) -> None:
    for name, part in (("a", known.select(0, 1000)), ("b", known.select(1000, 3000))):
        write_events(tmp_path / f"{name}.h5", replace(part, sample=name), {})
    heard: list[tuple[int, int]] = []
    done = convert_events(
        [str(tmp_path / "b.h5"), str(tmp_path / "a.h5")], tmp_path / "all.h5", n_events=2500,
        progress=lambda done, total, _: heard.append((done, total)),
    )  # fmt: skip
    read = load_events(tmp_path / "all.h5")
    expected = np.concatenate([known.inputs_raw[1000:], known.inputs_raw[:500]])
    np.testing.assert_array_equal(read.inputs_raw, expected)
    assert (read.sample, [one.events for one in done.sources]) == ("b+a", [2000, 500])
    assert heard[-1] == (2500, 2500)


def test_test_vectors_in_a_row_share_a_menu(tmp_path: Path, known: EventBatch) -> None:
    assert known.menu_bits is not None
    bits = known.menu_bits.copy()
    bits[:1000, 0] = bits[1000:, 2] = False
    parts = replace(known, menu_bits=bits)
    files = [
        write_vectors(tmp_path / "a.txt", parts.select(0, 1000)),
        write_vectors(tmp_path / "b.txt", parts.select(1000, 3000)),
    ]
    convert_events(files, tmp_path / "all.h5")
    read = load_events(tmp_path / "all.h5")
    assert read.menu == known.menu
    assert read.menu_bits is not None
    np.testing.assert_array_equal(read.menu_bits, bits)


def test_events_that_come_twice_are_refused_dropped_or_kept(
    tmp_path: Path, path: Path, known: EventBatch
) -> None:
    write_events(tmp_path / "again.h5", replace(known.select(100, 200), sample="again"), {})
    sources, out = [str(path), str(tmp_path / "again.h5")], tmp_path / "out.h5"
    with pytest.raises(DataError) as caught:
        convert_events(sources, out)
    assert str(caught.value) == (
        f"{tmp_path / 'again.h5'}: run 300001, lumi section 0, event {known.event_number[100]} comes a second "
        "time (rows 100 and 3000 of all); `--duplicates drop` keeps the first, `--duplicates keep` both"
    )
    assert not out.exists()
    dropped = convert_events(sources, out, duplicates=Duplicates.DROP)
    assert (dropped.events, dropped.duplicates, dropped.dropped) == (3000, 100, 100)
    assert EventFile(out).provenance["duplicates"] == {"found": 100, "dropped": 100}
    kept = convert_events(sources, out, duplicates=Duplicates.KEEP)
    assert (kept.events, kept.duplicates, kept.dropped) == (3100, 100, 0)
    assert kept.first_duplicate is not None
    assert (kept.first_duplicate.first_row, kept.first_duplicate.row) == (100, 3000)


def test_what_does_not_fit_together_leaves_the_old_file(tmp_path: Path, path: Path, known: EventBatch) -> None:
    out = tmp_path / "out.h5"
    write_events(out, known.select(0, 5), {})
    before = file_digest(out)
    plain = EventBatch(
        layout=known.layout, inputs_raw=known.inputs_raw, event_number=known.event_number, sample="plain"
    )
    write_events(tmp_path / "plain.h5", plain, {})
    with pytest.raises(DataError, match=r"plain\.h5 after"):
        convert_events([str(path), str(tmp_path / "plain.h5")], out)
    with pytest.raises(KeyboardInterrupt):
        convert_events([str(path)], out, progress=_interrupted)
    assert file_digest(out) == before
    assert sorted(one.name for one in tmp_path.iterdir()) == ["known.h5", "out.h5", "plain.h5"]


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def test_no_source_is_written_over(tmp_path: Path, path: Path) -> None:
    before = file_digest(path)
    with pytest.raises(DataError, match="would replace what it is made from"):
        convert_events([str(path)], path)
    join_events([path], tmp_path / "joined.h5")
    with pytest.raises(DataError, match="would replace what it is made from"):
        convert_events([str(tmp_path / "joined.h5")], path)
    growing = path.rename(tmp_path / "out.h5.partial")
    with pytest.raises(DataError, match="would replace what it is made from"):
        convert_events([str(growing)], tmp_path / "out.h5")
    assert file_digest(growing) == before


def test_a_folder_is_no_file_to_write(tmp_path: Path, path: Path) -> None:
    (tmp_path / "folder.h5").mkdir()
    with pytest.raises(DataError, match="a folder; give the name of the file to write"):
        convert_events([str(path)], tmp_path / "folder.h5")


@pytest.mark.parametrize(
    ("out", "to", "message"),
    [
        (
            "events.dat",
            None,
            "ends in none of .h5, .hdf5, .txt, .csv, .parquet, .pq; name one, or say the format",
        ),
        ("events.root", None, "ends in none of"),
        (
            "events.root",
            EventFormat.NANOAOD,
            "nanoaod is read, not written; there are l1ad, adc2021, ugt, table",
        ),
    ],
)
def test_a_format_that_is_not_written_is_refused(
    tmp_path: Path, path: Path, out: str, to: EventFormat | None, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        convert_events([str(path)], tmp_path / out, to=to)


def test_units_in_a_file_of_ours_are_refused(tmp_path: Path) -> None:
    layout = ugt_57()
    highest = np.array([{"pt": 90, "eta": 3, "phi": 6}[field.quantity] for field in layout.fields])
    inputs_raw = np.random.default_rng(2).integers(0, np.minimum(highest, layout.raw_max) + 1, (1500, 57))
    events = EventBatch(
        layout=layout, inputs_raw=inputs_raw.astype(np.int16), event_number=np.arange(1500), sample="units"
    )
    write_events(tmp_path / "units.h5", events, {})
    with pytest.raises(DataError, match="look like GeV and radians rounded to integers"):
        summarise_events(str(tmp_path / "units.h5"))
    with pytest.raises(DataError, match=r"units\.h5: in 1500 events no .η. is beyond 5"):
        convert_events([str(tmp_path / "units.h5")], tmp_path / "out.h5")
    assert not (tmp_path / "out.h5").exists()


def test_joined_files_are_read_checked_and_known_by_their_parts(tmp_path: Path, known: EventBatch) -> None:
    parts = [tmp_path / "a.h5", tmp_path / "b.h5"]
    for part, events in zip(parts, (known.select(0, 1000), known.select(1000, 3000)), strict=True):
        write_events(part, events, {})
    assert join_events(parts, tmp_path / "all.h5", command="l1ad data join ...") == 3000
    found = summarise_events(str(tmp_path / "all.h5"), check=True)
    assert found.quality.n_events == 3000
    assert found.virtual_sources == tuple(map(str, parts))
    assert [one["sha256"] for one in found.provenance["sources"]] == [file_digest(part) for part in parts]
    with h5py.File(parts[1], "r+") as file:
        file["run"][3] += 1
    with pytest.raises(DataError, match=r"b\.h5: 'run' is not what was written"):
        summarise_events(str(tmp_path / "all.h5"), check=True)


def scores(trigger: TriggerAlgorithm, source: Path, folder: Path) -> NDArray[np.int64]:
    target = folder / f"{source.name}.scores"
    emulate_file(trigger, str(source), target)
    return read_scores(target, algorithm_digest=algorithm_digest(trigger)).score_raw


def test_events_of_every_format_have_the_scores_of_our_own(
    tmp_path: Path, path: Path, known: EventBatch, build_trigger: Builder
) -> None:
    trigger = build_trigger()
    expected = scores(trigger, path, tmp_path)
    assert len(np.unique(expected)) > 100
    for name, to in (("vectors.txt", EventFormat.UGT), ("adc.h5", EventFormat.ADC2021)):
        with saving_events(tmp_path / name, {}, to=to) as writer:
            writer.append(known)
        np.testing.assert_array_equal(scores(trigger, tmp_path / name, tmp_path), expected, err_msg=name)
