"""What is wrong with a table, in the words a user meets."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from l1ad.core.errors import DataError
from l1ad.core.layout import FEATURE, InputField, InputLayout
from l1ad.core.layouts import ugt_57
from l1ad.data.opening import ReadOptions, open_events
from l1ad.data.reader import EventFormat
from l1ad.data.tables.layout import derived_layout


def feature(name: str, lsb: float, raw_min: int, raw_max: int, unit: str = "1") -> InputField:
    return InputField(
        object_type=FEATURE, slot=0, quantity=name, lsb=lsb, unit=unit, raw_min=raw_min, raw_max=raw_max
    )


LAYOUT = InputLayout(name="two", fields=(feature("st", 0.1, 0, 6399, "GeV"), feature("n_jets", 1.0, 0, 31)))
OPTIONS = ReadOptions(format=EventFormat.TABLE, layout=LAYOUT)


def refusal(path: Path, options: ReadOptions = OPTIONS) -> str:
    """Read a table that must be refused; give the message without the path it begins with."""
    with pytest.raises(DataError) as caught:
        list(open_events(path, options).blocks(4))
    message = str(caught.value)
    assert message.startswith(f"{path}")
    return message.removeprefix(f"{path}").removeprefix(": ").removeprefix(", ")


def csv_refusal(tmp_path: Path, text: str) -> str:
    path = tmp_path / "t.csv"
    path.write_text(text)
    return refusal(path)


def hdf5(path: Path, **columns: Any) -> Path:
    with h5py.File(path, "w") as file:
        for name, values in columns.items():
            file[name] = values
    return path


def parquet(path: Path, **columns: Any) -> Path:
    pytest.importorskip("pyarrow.parquet").write_table(pytest.importorskip("pyarrow").table(columns), path)
    return path


def test_a_table_without_a_layout_is_refused_with_the_way_to_one(tmp_path: Path) -> None:
    path = hdf5(tmp_path / "t.h5", st=[1.0])
    message = refusal(path, ReadOptions(format=EventFormat.TABLE))
    assert message.startswith("a table needs a layout that names its columns")
    assert message.endswith(f"l1ad data layout {path}")


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("st", "it lacks 'n_jets'; rename or leave out columns, or write a layout for them"),
        ("n_jets,St", "it lacks 'st' (did you mean 'St'?) and has 'St'; rename"),
        ("st,n_jets,njets", "it has 'njets' (did you mean 'n_jets'?); rename"),
        ("a,b", "it lacks 'st', 'n_jets' and has 'a', 'b'; rename"),
        ("st,n_jets,labels", "it has 'labels'; rename"),
    ],
)
def test_columns_that_are_missing_or_not_known_are_named(tmp_path: Path, header: str, words: str) -> None:
    row = ",".join("1" for _ in header.split(","))
    message = csv_refusal(tmp_path, f"{header}\n{row}\n")
    assert message.startswith("the columns are not those of layout 'two': it ")
    assert words in message


def test_of_many_columns_ten_are_named_and_the_rest_counted(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("run\n1\n")
    message = refusal(tmp_path / "t.csv", ReadOptions(layout=ugt_57()))
    assert "'eg_3_eta' and 46 more" in message  # 56, since η of MET may be missing
    assert message.count("'") == 2 * 11


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("x,3", "line 4: column 'st' is 'x', not a number"),
        ("1.5,", "line 4: column 'n_jets' is empty, not a number"),
        ("true,3", "line 4: column 'st' is 'true', not a number; write 1 and 0"),
        ("nan,3", "line 4: column 'st' is nan, not a finite number"),
        ("1,1e999", "line 4: column 'n_jets' is inf, not a finite number"),
        ("1", "line 4: has 1 values, the first line names 2 columns; is the file complete?"),
        ("1,2,3", "line 4: has 3 values, the first line names 2 columns"),
    ],
)
@pytest.mark.parametrize("before", ["10,2\n", "10,2\n\n\n"])
def test_a_line_of_csv_is_refused_by_its_number(tmp_path: Path, row: str, words: str, before: str) -> None:
    words = words.replace("line 4", f"line {3 + before.count(chr(10))}")
    assert csv_refusal(tmp_path, f"st,n_jets\n{before}11,3\n{row}\n12,4\n").startswith(words)


def test_lines_are_counted_across_blocks(tmp_path: Path) -> None:
    text = "st,n_jets\n" + "1,2\n" * 50 + "1,two\n"
    assert csv_refusal(tmp_path, text) == "line 52: column 'n_jets' is 'two', not a number"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty; the first line names the columns"),
        ("\n\n", "is empty; the first line names the columns"),
        ("st,n_jets\n", "holds no rows"),
        ("1.5,2\n3,4\n", "the first line holds numbers (1.5,2); it must name the columns"),
        ("st,n_jets,st\n1,2,3\n", "has two columns of one name: 'st'"),
        ("st,,n_jets\n1,2,3\n", "column 2 has no name"),
        ("run,st,n_jets\n1.5,2,3\n", "line 2: column 'run' is 1.5, not a whole number of up to 53 bits"),
        ("event_number,st,n_jets\n1e30,2,3\n", "line 2: column 'event_number' is 1e+30, not a whole number"),
    ],
)
def test_a_csv_file_that_is_no_table_is_refused(tmp_path: Path, text: str, words: str) -> None:
    assert csv_refusal(tmp_path, text).startswith(words)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"st,n_jets\n\xff\xfe\x00\n")
    assert "is no text" in refusal(tmp_path / "t.csv")


@pytest.mark.parametrize("suffix", ["csv", "parquet", "h5"])
def test_a_missing_file_is_refused(tmp_path: Path, suffix: str) -> None:
    assert refusal(tmp_path / f"none.{suffix}") == "no such file"


@pytest.mark.parametrize("make", [hdf5, parquet])
@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([1.0, 2.0, np.nan], "row 2: column 'st' is nan, not a finite number"),
        ([1.0, -np.inf, 2.0], "row 1: column 'st' is -inf, not a finite number"),
        (["1", "2", "x"], "row 0: column 'st' holds"),
    ],
)
def test_values_that_are_no_numbers_are_refused_by_row_and_column(
    tmp_path: Path, make: Any, values: list[Any], words: str
) -> None:
    assert refusal(make(tmp_path / f"t.{make.__name__}", st=values, n_jets=[1, 2, 3])).startswith(words)


def test_a_value_that_is_missing_in_parquet_is_refused(tmp_path: Path) -> None:
    path = parquet(tmp_path / "t.parquet", st=[1.0, 2.0, None], n_jets=[1, 2, 3])
    assert refusal(path) == "row 2: column 'st' is missing (null); every value must be there"


@pytest.mark.parametrize("make", [hdf5, parquet])
@pytest.mark.parametrize("kept", [0.97, 0.4, 0.05, 0.0])
def test_a_file_cut_off_is_refused(tmp_path: Path, make: Any, kept: float) -> None:
    path = make(tmp_path / f"t.{make.__name__}", st=np.arange(3000.0) / 7, n_jets=np.arange(3000) % 30)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(kept * len(whole))])
    assert refusal(path).endswith("is it complete?")


@pytest.mark.parametrize("make", [hdf5, parquet])
def test_a_table_without_rows_is_refused(tmp_path: Path, make: Any) -> None:
    assert refusal(make(tmp_path / f"t.{make.__name__}", st=np.zeros(0), n_jets=np.zeros(0))) == "holds no rows"


def test_columns_of_unequal_length_are_refused(tmp_path: Path) -> None:
    path = hdf5(tmp_path / "t.h5", n_jets=np.zeros(3), st=np.zeros(4))
    assert refusal(path) == "columns of unequal length: 'n_jets' has 3 rows, 'st' 4"


def test_a_dataset_that_is_not_there_is_refused_with_what_is(tmp_path: Path) -> None:
    path = hdf5(tmp_path / "t.h5", events=np.zeros((2, 2)))
    options = ReadOptions(format=EventFormat.TABLE, layout=LAYOUT, dataset="event")
    assert refusal(path, options) == "no dataset 'event'; did you mean 'events'?"


def test_a_dataset_of_a_csv_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("st,n_jets\n1,2\n")
    options = ReadOptions(layout=LAYOUT, dataset="events")
    assert refusal(tmp_path / "t.csv", options) == (
        "is one table and has no dataset 'events'; leave the name out"
    )


def test_a_matrix_whose_columns_have_no_names_is_refused(tmp_path: Path) -> None:
    path = hdf5(tmp_path / "t.h5", x=np.zeros((3, 2)))
    assert refusal(path).startswith("'x' has 2 columns and 0 names; name them in an attribute or a dataset")


def test_several_tables_in_one_file_are_refused_until_one_is_named(tmp_path: Path) -> None:
    path = hdf5(tmp_path / "t.h5", a=np.zeros((3, 2)), b=np.zeros((3, 2)))
    assert refusal(path).startswith("holds 'a', 'b'; a table is one dataset a column, or one dataset of all")


def test_constituents_of_jets_are_told_from_tables(tmp_path: Path) -> None:
    path = hdf5(tmp_path / "t.h5", jetConstituentList=np.zeros((3, 10, 3)))
    assert "'jetConstituentList' has shape (3, 10, 3); are these constituents of jets?" in refusal(path)


def test_the_format_of_pandas_is_refused_with_another_way(tmp_path: Path) -> None:
    path = tmp_path / "t.h5"
    with h5py.File(path, "w") as file:
        file.create_group("df").attrs["pandas_type"] = "frame"
    assert refusal(path) == "is in the format of pandas' to_hdf; write it with to_parquet or to_csv instead"


def test_two_columns_of_one_name_in_parquet_are_refused(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    table = pa.Table.from_arrays([pa.array([1.0]), pa.array([2.0])], names=["st", "st"])
    pytest.importorskip("pyarrow.parquet").write_table(table, tmp_path / "t.parquet")
    assert refusal(tmp_path / "t.parquet") == "has two columns of one name: 'st'"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (
            np.arange(1000, 6200, 20),
            "values up to 6180; are these hardware integers? multiply them by the step, 0.1",
        ),
        (np.arange(1000, 6200, 20) * 13.7, "values up to 84666; are these MeV? divide by 1000"),
        (np.arange(1000, 6200, 20) * 1e4, "values up to 6.18e+07; is this another unit?"),
        (np.full(260, -999), "values down to -999; do these stand for what is missing?"),
    ],
)
def test_values_in_another_unit_are_refused_with_the_likely_cause(
    tmp_path: Path, values: Any, words: str
) -> None:
    message = refusal(hdf5(tmp_path / "t.h5", st=values, n_jets=np.ones(260)))
    assert "of the first 260 values of column 'st' lie beyond the layout, 0 to 639.9 GeV: " in message
    assert words in message


def test_a_few_values_beyond_the_layout_saturate(tmp_path: Path) -> None:
    values = np.r_[np.full(50, 1.0), np.full(50, 1e6)]
    reader = open_events(hdf5(tmp_path / "t.h5", st=values, n_jets=np.ones(100)), OPTIONS)
    assert [row[0] for block in reader.blocks(7) for row in block.inputs_raw.tolist()] == [10] * 50 + [
        6399
    ] * 50
    assert reader.repairs.counts == {"st saturated": 50}


def test_a_negative_pt_of_an_object_is_refused(tmp_path: Path) -> None:
    columns = {name: np.zeros(3) for name in ugt_57().names} | {"jet_2_pt": np.array([0.0, 9.0, -0.5])}
    message = refusal(
        hdf5(tmp_path / "t.h5", **columns), ReadOptions(format=EventFormat.TABLE, layout=ugt_57())
    )
    assert message.startswith("row 2: the pT of jet 2 is -0.5; these look like standardised inputs")


def test_more_labels_than_anything_has_are_refused(tmp_path: Path) -> None:
    path = hdf5(tmp_path / "t.h5", st=np.zeros(1001), n_jets=np.zeros(1001), label=np.arange(1001))
    assert refusal(path) == "column 'label' has more than 1000 different values"


@pytest.mark.parametrize(
    ("columns", "bits", "words"),
    [
        ({"jet pt": [1.0], "2nd": [1.0], "good": [1.0]}, 12, "columns '2nd', 'jet pt' cannot name inputs of"),
        ({"x": [1.0, np.nan]}, 12, "row 1: column 'x' is nan, not a finite number"),
        ({"run": [1], "label": [0]}, 12, "has no columns but"),
        ({"x": [1.0]}, 1, "an input of 1 bits cannot be derived; give 2 to 48"),
        ({"x": [1.0]}, 49, "an input of 49 bits cannot be derived; give 2 to 48"),
    ],
)
def test_no_layout_is_derived_from_what_is_no_table_of_numbers(
    tmp_path: Path, columns: dict[str, Any], bits: int, words: str
) -> None:
    path = hdf5(tmp_path / "t.h5", **columns)
    with pytest.raises(DataError) as refused:
        derived_layout(str(path), bits=bits, name="mine", dataset=None)
    assert words in str(refused.value)
