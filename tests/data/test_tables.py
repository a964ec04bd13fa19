"""Tables of named columns: every format against a plain reading, there and back, whatever the blocks."""

import csv
import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from l1ad.core.errors import DataError, ToolError
from l1ad.core.layout import FEATURE, InputField, InputLayout
from l1ad.core.layouts import hlt_57, ugt_57
from l1ad.core.menu import Menu
from l1ad.data.events import EventBatch
from l1ad.data.opening import ReadOptions, load_events, open_events
from l1ad.data.reader import EventFormat
from l1ad.data.tables.layout import derived_layout
from l1ad.data.tables.writer import writing_table

FORMATS = ("csv", "parquet", "h5")


def feature(name: str, lsb: float, raw_min: int, raw_max: int, unit: str = "1") -> InputField:
    return InputField(
        object_type=FEATURE, slot=0, quantity=name, lsb=lsb, unit=unit, raw_min=raw_min, raw_max=raw_max
    )


FEATURES = InputLayout(
    name="four",
    fields=(
        feature("st", 0.1, 0, 6399, "GeV"),
        feature("met_parallel", 0.5, -1024, 1023, "GeV"),
        feature("charge", 1.0, -1, 1),
        feature("phi", 2 * np.pi / 144, 0, 143, "rad"),
    ),
)


def numbers(n_rows: int, seed: int) -> dict[str, NDArray[Any]]:
    """Draw columns of the layout above, in another order than it has them."""
    rng = np.random.default_rng(seed)
    return {
        "phi": rng.uniform(-np.pi, np.pi, n_rows),
        "charge": rng.choice([-1, 1], n_rows),
        "st": rng.exponential(200.0, n_rows),
        "met_parallel": rng.normal(0, 100, n_rows),
    }


def plainly(columns: dict[str, NDArray[Any]]) -> list[list[int]]:
    """Turn rows into integers one value at a time; Python rounds ties to even as we do."""
    rows = []
    for row in range(len(columns["st"])):
        st_raw = max(0, min(6399, round(float(columns["st"][row]) / 0.1)))
        met = max(-1024, min(1023, round(float(columns["met_parallel"][row]) / 0.5)))
        phi = round(float(columns["phi"][row]) / (2 * np.pi / 144)) % 144
        rows.append([st_raw, met, int(columns["charge"][row]), phi])
    return rows


def written(path: Path, columns: dict[str, Any]) -> Path:
    """Write columns as others would: with the csv module, with pyarrow, with h5py."""
    if path.suffix == ".csv":
        with path.open("w", newline="") as stream:
            rows = csv.writer(stream)
            rows.writerow(columns)
            rows.writerows(zip(*(np.asarray(values).tolist() for values in columns.values()), strict=True))
    elif path.suffix == ".parquet":
        pa = pytest.importorskip("pyarrow")
        pytest.importorskip("pyarrow.parquet").write_table(pa.table(columns), path, row_group_size=70)
    else:
        with h5py.File(path, "w") as file:
            for name, values in columns.items():
                file[name] = [str(v) for v in values] if np.asarray(values).dtype.kind == "U" else values
    return path


@pytest.fixture(params=FORMATS)
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Give the path of a good table of 500 rows in each format."""
    return written(tmp_path / f"lepton.{request.param}", numbers(500, 1))


OPTIONS = ReadOptions(layout=FEATURES)


def test_events_are_what_a_plain_reading_of_each_row_gives(path: Path) -> None:
    reader = open_events(path, OPTIONS)
    batch = next(iter(reader.blocks()))
    assert batch.inputs_raw.tolist() == plainly(numbers(500, 1))
    assert batch.event_number.tolist() == list(range(500))
    assert (reader.format, reader.sample, reader.n_events) == (EventFormat.TABLE, "lepton", 500)
    above = int((numbers(500, 1)["st"] > 639.95).sum())
    assert above > 0
    assert reader.repairs.counts == {"st saturated": above}


@pytest.mark.parametrize("block_events", [1, 33, 70, 499, 500, 1000])
def test_the_size_of_the_blocks_makes_no_difference(path: Path, block_events: int) -> None:
    blocks = list(open_events(path, OPTIONS).blocks(block_events))
    assert [len(one) for one in blocks[:-1]] == [block_events] * (len(blocks) - 1)
    assert np.concatenate([one.inputs_raw for one in blocks]).tolist() == plainly(numbers(500, 1))


def test_a_table_wider_than_a_piece_comes_in_blocks_as_long_as_asked(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("csv_file", "parquet_file", "hdf5_file"):
        monkeypatch.setattr(f"l1ad.data.tables.{module}.PIECE_VALUES", 4 * 30)
    blocks = list(open_events(path, OPTIONS).blocks(100))
    assert [len(one) for one in blocks] == [100] * 5
    assert np.concatenate([one.inputs_raw for one in blocks]).tolist() == plainly(numbers(500, 1))


@pytest.mark.parametrize("start", [0, 1, 69, 70, 71, 499, 500])
def test_reading_may_start_anywhere(path: Path, start: int) -> None:
    blocks = list(open_events(path, OPTIONS).blocks(40, start=start))
    assert [row for one in blocks for row in one.inputs_raw.tolist()] == plainly(numbers(500, 1))[start:]
    assert [n for one in blocks for n in one.event_number.tolist()] == list(range(start, 500))


@pytest.mark.parametrize("suffix", FORMATS)
def test_columns_of_bookkeeping_go_with_the_events(tmp_path: Path, suffix: str) -> None:
    rng = np.random.default_rng(2)
    known = {
        "run": rng.integers(300_000, 400_000, 200),
        "lumi_section": rng.integers(1, 2000, 200),
        "bunch_crossing": rng.integers(0, 3564, 200),
        "event_number": rng.integers(0, 2**62, 200),
        "pileup": rng.uniform(20, 60, 200),
        "weight": rng.exponential(1.0, 200),
    }
    table = written(tmp_path / f"known.{suffix}", known | numbers(200, 3))
    read = load_events(table, OPTIONS)
    assert read.inputs_raw.tolist() == plainly(numbers(200, 3))
    for name, values in known.items():
        np.testing.assert_array_equal(getattr(read, name), values)
    assert read.label is None


@pytest.mark.parametrize("suffix", FORMATS)
def test_labels_may_be_words(tmp_path: Path, suffix: str) -> None:
    words = np.random.default_rng(4).choice(["ttbar", "A to 4l", "W+jets"], 150)
    table = written(tmp_path / f"words.{suffix}", {"label": words} | numbers(150, 5))
    read = load_events(table, OPTIONS)
    assert read.label is not None
    assert read.label_names == ("A to 4l", "W+jets", "ttbar")
    assert [read.label_names[label] for label in read.label] == words.tolist()


@pytest.mark.parametrize("suffix", FORMATS)
def test_labels_that_are_numbers_stay_those_numbers(tmp_path: Path, suffix: str) -> None:
    labels = np.resize([0, 2, 5], 150)
    read = load_events(written(tmp_path / f"n.{suffix}", {"label": labels} | numbers(150, 6)), OPTIONS)
    assert read.label is not None
    assert read.label.tolist() == labels.tolist()
    assert read.label_names == ("0", "1", "2", "3", "4", "5")


@pytest.mark.parametrize("suffix", FORMATS)
def test_an_input_named_as_a_column_of_bookkeeping_is_an_input(tmp_path: Path, suffix: str) -> None:
    layout = InputLayout(name="dqm", fields=(feature("pileup", 1.0, 0, 127), feature("weight", 0.5, 0, 100)))
    columns = {"pileup": np.array([50.2, 60.0]), "weight": np.array([1.5, 2.0]), "run": np.array([1, 1])}
    read = load_events(written(tmp_path / f"dqm.{suffix}", columns), ReadOptions(layout=layout))
    assert read.inputs_raw.tolist() == [[50, 3], [60, 4]]
    assert list(read.columns) == ["run"]


def csv_of(path: Path, text: str, *, encoding: str = "utf-8") -> list[list[int]]:
    path.write_bytes(text.encode(encoding))
    layout = InputLayout(name="two", fields=(feature("a", 1.0, 0, 99), feature("b", 0.5, 0, 99)))
    rows: list[list[int]] = load_events(path, ReadOptions(layout=layout)).inputs_raw.tolist()
    return rows


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,2.5\n3,4\n",
        "a,b\n1,2.5\n3,4",
        "b,a\n2.5,1\n4,3\n\n",
        '"a","b"\r\n"1","2.5"\r\n3,4\r\n',
        "\n a , b \n\n 1 , 2.5 \n\n3,4\n  \n",
        "a;b\n1;2.5\n3;4\n",
        "a\tb\n1e0\t25e-1\n3\t+4.0\n",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_csv_may_be_written_in_many_ways(tmp_path: Path, text: str, encoding: str) -> None:
    assert csv_of(tmp_path / "two.csv", text, encoding=encoding) == [[1, 5], [3, 8]]


def as_matrix(file: h5py.File, form: str, columns: dict[str, NDArray[Any]]) -> None:
    names, matrix = list(columns), np.stack([np.asarray(one, np.float64) for one in columns.values()], axis=1)
    if form == "group":
        for name, values in columns.items():
            file[f"events/{name}"] = values
    elif form == "compound":
        rows = np.zeros(
            len(matrix), dtype=[(name, np.float32 if name == "phi" else np.float64) for name in names]
        )
        for name, values in columns.items():
            rows[name] = values
        file["table"] = rows
    else:
        file["x"] = matrix
        if form == "attribute of texts":
            file["x"].attrs["columns"] = names
        elif form == "attribute of JSON":
            file["x"].attrs["feature_names"] = '["' + '", "'.join(names) + '"]'
        else:
            file["feature_names"] = [name.encode() for name in names]
        file["run"] = np.arange(len(matrix))


@pytest.mark.parametrize(
    "form", ["group", "compound", "attribute of texts", "attribute of JSON", "dataset beside"]
)
@pytest.mark.parametrize("named", [True, False])
def test_hdf5_holds_tables_in_several_forms(tmp_path: Path, form: str, named: bool) -> None:
    columns = numbers(90, 7)
    columns["phi"] = columns["phi"].astype(np.float32)
    with h5py.File(tmp_path / "table.h5", "w") as file:
        as_matrix(file, form, columns)
    name = {"group": "events", "compound": "table"}.get(form, "x") if named else None
    read = load_events(tmp_path / "table.h5", ReadOptions(layout=FEATURES, dataset=name))
    assert read.inputs_raw.tolist() == plainly(columns)
    assert (read.run is not None) == (form not in ("group", "compound"))


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int8, np.uint64, np.bool_])
@pytest.mark.parametrize("suffix", ["parquet", "h5"])
def test_columns_may_be_any_numbers(tmp_path: Path, dtype: type, suffix: str) -> None:
    layout = InputLayout(name="one", fields=(feature("a", 1.0, 0, 99),))
    table = written(tmp_path / f"one.{suffix}", {"a": np.array([1, 0, 1]).astype(dtype)})
    assert load_events(table, ReadOptions(layout=layout)).inputs_raw.tolist() == [[1], [0], [1]]


def test_a_dictionary_of_words_in_parquet_is_read_as_words(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    words = pa.array(["b", "a", "b"]).dictionary_encode()
    table = pa.table({"label": words, **numbers(3, 8)})
    pytest.importorskip("pyarrow.parquet").write_table(table, tmp_path / "d.parquet")
    read = load_events(tmp_path / "d.parquet", OPTIONS)
    assert read.label is not None
    assert (read.label.tolist(), read.label_names) == ([1, 0, 1], ("a", "b"))


def drawn(layout: InputLayout, n_events: int, seed: int) -> EventBatch:
    """Draw events over the whole range; lists sorted by pT, and what belongs to no object 0."""
    rng = np.random.default_rng(seed)
    inputs = rng.integers(layout.raw_min, layout.raw_max + 1, (n_events, layout.n_inputs))
    for kind in {field.object_type for field in layout.fields} - {FEATURE}:
        columns = [i for i, f in enumerate(layout.fields) if f.object_type == kind and f.quantity == "pt"]
        pt = inputs[:, columns] * (rng.random((n_events, len(columns))) < 0.7)
        inputs[:, columns] = np.sort(pt, axis=1)[:, ::-1]
    inputs[~layout.present(inputs)] = 0
    return EventBatch(
        layout=layout,
        inputs_raw=inputs.astype(layout.dtype),
        event_number=rng.integers(0, 2**62, n_events),
        sample="drawn",
        run=rng.integers(1, 9, n_events),
        pileup=rng.uniform(0, 80, n_events),
        weight=rng.exponential(1, n_events),
        label=np.resize([0, 1], n_events),
        label_names=("background", "signal"),
    )


LAYOUTS = (
    FEATURES,
    ugt_57(),
    hlt_57(),
    InputLayout(name="wide", fields=(feature("w", 0.1, -(2**51), 2**51 - 1), feature("pt", 1e-9, 0, 2**40))),
)


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
@given(n_events=st.integers(2, 40), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=8, deadline=None)
def test_what_is_written_is_read_integer_for_integer(
    tmp_path_factory: pytest.TempPathFactory, layout: InputLayout, suffix: str, n_events: int, seed: int
) -> None:
    events = drawn(layout, n_events, seed)
    path = tmp_path_factory.mktemp("table") / f"events.{suffix}"
    with writing_table(path, {"seed": seed}) as writer:
        writer.append(events.select(0, 2))
        writer.append(events.select(2, n_events))
    reader = open_events(path, ReadOptions(layout=layout))
    read = next(iter(reader.blocks()))
    np.testing.assert_array_equal(read.inputs_raw, events.inputs_raw)
    np.testing.assert_array_equal(read.event_number, events.event_number)
    assert list(read.columns) == list(events.columns)
    for name, values in events.columns.items():
        np.testing.assert_array_equal(read.columns[name], values)
    assert read.label_names == events.label_names
    assert not reader.repairs.counts
    assert (reader.provenance, reader.sample) == (
        ({}, "events") if suffix == "csv" else ({"seed": seed}, "drawn")
    )


def test_a_table_of_objects_closes_gaps_and_counts_them(tmp_path: Path) -> None:
    events = drawn(ugt_57(), 30, 9)
    with writing_table(tmp_path / "objects.csv", {}) as writer:
        writer.append(events)
    with (tmp_path / "objects.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:  # zeroed in place
        row["jet_1_pt"] = "0"
    with (tmp_path / "objects.csv").open("w", newline="") as stream:
        table = csv.DictWriter(stream, list(rows[0]))
        table.writeheader()
        table.writerows(rows)
    reader = open_events(tmp_path / "objects.csv", ReadOptions(layout=ugt_57()))
    read = next(iter(reader.blocks())).inputs_raw
    first = ugt_57().names.index("jet_1_pt")
    np.testing.assert_array_equal(read[:, first:-3], events.inputs_raw[:, first + 3 :])
    assert not read[:, -3:].any()
    second = events.inputs_raw[:, first + 3] > 0
    assert reader.repairs.counts["lists of jet sorted by pT"] == second.sum() > 0


def test_the_eta_of_met_may_be_missing(tmp_path: Path) -> None:
    events = drawn(ugt_57(), 5, 10)
    with writing_table(tmp_path / "objects.h5", {}) as writer:
        writer.append(events)
    with h5py.File(tmp_path / "objects.h5", "r+") as file:
        del file["met_eta"]
    read = load_events(tmp_path / "objects.h5", ReadOptions(layout=ugt_57()))
    np.testing.assert_array_equal(read.inputs_raw, events.inputs_raw)


def test_decisions_of_the_menu_are_named_as_left_out(tmp_path: Path) -> None:
    events = EventBatch(
        layout=FEATURES,
        inputs_raw=np.zeros((1, 4), dtype=np.int16),
        event_number=np.zeros(1, dtype=np.int64),
        sample="s",
        menu=Menu(names=("A", "B"), prescales=(1, 1)),
        menu_bits=np.array([[True, False]]),
    )
    with writing_table(tmp_path / "t.csv", {}) as writer:
        writer.append(events)
    assert writer.left_out == ("A", "B")
    header = "st,met_parallel,charge,phi,event_number"
    assert (tmp_path / "t.csv").read_text() == f"{header}\n0,0,0,0,0\n"


@pytest.mark.parametrize("suffix", FORMATS)
def test_nothing_is_left_of_a_table_that_could_not_be_finished(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(DataError, match="no events to write"), writing_table(tmp_path / f"t.{suffix}", {}):
        pass
    with (
        pytest.raises(DataError, match="after drawn: events of layout 'ugt_57', not 'four'"),
        writing_table(tmp_path / f"t.{suffix}", {}) as writer,
    ):
        writer.append(drawn(FEATURES, 4, 1))
        writer.append(drawn(ugt_57(), 4, 1))
    assert list(tmp_path.iterdir()) == []


def test_an_input_too_wide_for_a_float_is_not_written(tmp_path: Path) -> None:
    layout = InputLayout(name="wide", fields=(feature("w", 1.0, 0, 2**53),))
    with (
        pytest.raises(DataError, match="'w' has 54 bits; a table keeps up to 52 exactly"),
        writing_table(tmp_path / "t.csv", {}) as writer,
    ):
        writer.append(drawn(layout, 4, 1))


def test_parquet_without_pyarrow_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "t.parquet").write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ToolError, match=r"pip install 'l1ad\[parquet\]'"):
        open_events(tmp_path / "t.parquet", OPTIONS)


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_layout_is_derived_that_the_table_fits(tmp_path: Path, suffix: str) -> None:
    rng = np.random.default_rng(11)
    columns = {
        "run": np.arange(300),
        "occupancy": rng.uniform(0, 3.7e5, 300),
        "residual": rng.normal(0, 1e-3, 300),
        "hits": rng.integers(0, 700, 300),
        "delta": rng.integers(-5, 90, 300),
        "huge": rng.integers(0, 2**40, 300),
        "dead": np.zeros(300),
    }
    path = written(tmp_path / f"dqm.{suffix}", columns)
    layout = derived_layout(str(path), bits=12, name="mine", dataset=None)
    assert (layout.name, set(layout.names)) == ("mine", set(columns) - {"run"})
    by_name = {field.name: field for field in layout.fields}
    for name, field in by_name.items():
        assert np.log2(field.lsb) % 1 == 0
        largest = 1.25 * np.abs(columns[name]).max()
        assert largest <= field.raw_max * field.lsb
        if name in ("occupancy", "residual", "huge"):  # a step half as large would not do
            assert (field.width, field.signed) == (12, name == "residual")
            assert largest > field.raw_max * field.lsb / 2
    assert [(by_name[n].lsb, by_name[n].width) for n in ("hits", "delta", "dead")] == [(1, 10), (1, 8), (1, 1)]
    reader = open_events(path, ReadOptions(layout=layout))
    assert len(next(iter(reader.blocks()))) == 300
    assert not reader.repairs.counts


def test_a_derived_layout_rounds_to_half_a_step_at_most(tmp_path: Path) -> None:
    columns = {"x": np.random.default_rng(12).normal(0, 40, 1000)}
    path = written(tmp_path / "x.csv", columns)
    layout = derived_layout(str(path), bits=10, name="x", dataset=None)
    read = load_events(path, ReadOptions(layout=layout))
    assert np.abs(read.inputs_raw[:, 0] * layout.fields[0].lsb - columns["x"]).max() <= layout.fields[0].lsb / 2
