"""Tables of lumi sections: written, read, refused, and read from the files of others."""

import csv
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from l1ad.core.errors import DataError
from l1ad.data.quality_rows import QualityRows
from l1ad.data.quality_table import read_quality_table, writing_quality_table

NAMES = ("met_pt_mean", "met_pt_rms", "muon_all_phi_q50")


def rows(n: int = 40, seed: int = 1, **changed: Any) -> QualityRows:
    rng = np.random.default_rng(seed)
    good = rng.random(n) < 0.8
    good[:2] = True, False
    values: dict[str, Any] = {
        "features": rng.normal(size=(n, 3)).astype(np.float32), "good": good,
        "failure_mode": np.where(good, "none", "noisy_tower"), "run": np.full(n, 360_000),
        "lumi_section": np.arange(1, n + 1),
    }  # fmt: skip
    return QualityRows(**(values | changed))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "tables" / "sections.h5"
    with writing_quality_table(path, NAMES, provenance={"seed": 1}) as writer:
        writer.append(rows(25, 1))
        writer.append(rows(15, 2))
    return path


def test_what_is_written_in_pieces_is_read_as_one(path: Path) -> None:
    table = read_quality_table(path, None)
    expected = QualityRows.joined([rows(25, 1), rows(15, 2)])
    assert table.names == NAMES
    assert len(table.digest) == 64
    for name in ("features", "good", "failure_mode", "run", "lumi_section"):
        np.testing.assert_array_equal(getattr(table.rows, name), getattr(expected, name))
    assert table.rows.features.dtype == np.float32


def test_the_same_rows_make_the_same_file_digest(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.h5"
    with writing_quality_table(other, NAMES, provenance={"seed": 1}) as writer:
        writer.append(rows(25, 1))
        writer.append(rows(15, 2))
    assert read_quality_table(other, None).digest == read_quality_table(path, None).digest


def test_features_are_chosen_by_name_or_by_what_they_begin_with(path: Path) -> None:
    assert read_quality_table(path, ["met_"]).names == NAMES[:2]
    chosen = read_quality_table(path, ["muon_all_phi_q50", "met_pt_rms"])
    assert chosen.names == ("met_pt_rms", "muon_all_phi_q50")
    np.testing.assert_array_equal(chosen.rows.features, read_quality_table(path, None).rows.features[:, 1:])


def test_a_feature_that_is_not_there_is_refused_with_the_nearest(path: Path) -> None:
    with pytest.raises(DataError, match=r"no feature is called, or begins with, 'met_pt_meen' \(did you mean"):
        read_quality_table(path, ["met_pt_meen"])


def test_what_is_no_number_is_refused_by_section_and_feature(tmp_path: Path) -> None:
    broken = rows()
    broken.features[3, 1] = np.nan
    words = "section 4 of run 360000: 'met_pt_rms' is nan; every feature"
    path = tmp_path / "a.h5"
    with (
        pytest.raises(DataError, match=words),
        writing_quality_table(path, NAMES, provenance={}) as writer,
    ):
        writer.append(broken)
    assert list(tmp_path.iterdir()) == []


def test_arrays_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    wide, short = rows(features=np.zeros((40, 4), np.float32)), rows(run=np.zeros(3, np.int64))
    for wrong, words in ((wide, r"features of shape \(40, 4\)"), (short, "3 values of 'run' for 40 sections")):
        with (
            pytest.raises(DataError, match=words),
            writing_quality_table(path, NAMES, provenance={}) as writer,
        ):
            writer.append(wrong)


def test_a_value_that_was_changed_by_hand_is_noticed(path: Path) -> None:
    with h5py.File(path, "r+") as file:
        file["features"][30, 2] = 5.0
    with pytest.raises(DataError, match="its rows are not those that were written"):
        read_quality_table(path, ["met_"])


def test_a_missing_column_and_a_missing_file_are_told(path: Path, tmp_path: Path) -> None:
    with h5py.File(path, "r+") as file:
        del file["good"]
    with pytest.raises(DataError, match="no dataset 'good'"):
        read_quality_table(path, None)
    with pytest.raises(DataError, match="no such file"):
        read_quality_table(tmp_path / "nothing.h5", None)


def test_a_table_of_one_kind_alone_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "good.h5"
    with writing_quality_table(path, NAMES, provenance={}) as writer:
        writer.append(rows(good=np.ones(40, np.bool_)))
    with pytest.raises(DataError, match="all 40 sections are good; a study needs some of each"):
        read_quality_table(path, None)


def written_csv(path: Path, header: list[str], lines: list[list[Any]]) -> Path:
    with path.open("w", newline="") as stream:
        csv.writer(stream).writerows([header, *lines])
    return path


def test_columns_of_a_csv_file_are_a_table(tmp_path: Path) -> None:
    path = written_csv(
        tmp_path / "mine.csv", ["run", "x", "certified", "y"], [[1, 0.5, 1, 2], [1, 1.5, 0, 3], [2, 2.5, 1, 4]]
    )
    table = read_quality_table(path, None, label="certified")
    assert table.names == ("x", "y")
    np.testing.assert_array_equal(table.rows.features, np.array([[0.5, 2], [1.5, 3], [2.5, 4]], np.float32))
    assert table.rows.good.tolist() == [True, False, True]
    assert table.rows.failure_mode.tolist() == ["none", "bad", "none"]
    assert table.rows.run.tolist() == [1, 1, 2]
    assert table.rows.lumi_section.tolist() == [1, 2, 3]


def test_a_parquet_file_is_a_table_with_its_own_failure_modes(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow", reason="the extra 'parquet' is not installed")
    import pyarrow.parquet

    columns = {"x": [0.5, 1.5], "good": [1, 0], "failure_mode": ["none", "trip"], "lumi_section": [7, 9]}
    pyarrow.parquet.write_table(pa.table(columns), tmp_path / "mine.parquet")
    table = read_quality_table(tmp_path / "mine.parquet", None)
    assert table.names == ("x",)
    assert table.rows.failure_mode.tolist() == ["none", "trip"]
    assert table.rows.lumi_section.tolist() == [7, 9]


def test_hdf5_columns_of_others_are_a_table(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "mine.h5", "w") as file:
        file["x"], file["good"] = np.array([0.5, 1.5]), np.array([1, 0])
    assert read_quality_table(tmp_path / "mine.h5", None).names == ("x",)


def test_a_label_that_is_missing_or_neither_0_nor_1_is_refused(tmp_path: Path) -> None:
    path = written_csv(tmp_path / "mine.csv", ["x", "good"], [[0.5, 1], [1.5, 2]])
    with pytest.raises(DataError, match="line 3: column 'good' is 2; 1 is a good section, 0 a bad one"):
        read_quality_table(path, None)
    with pytest.raises(DataError, match="no column 'label' says which sections are good; it has 'x', 'good'"):
        read_quality_table(path, None, label="label")


def test_an_empty_cell_is_refused_by_line_and_column(tmp_path: Path) -> None:
    path = written_csv(tmp_path / "mine.csv", ["x", "good"], [[0.5, 1], ["", 0]])
    with pytest.raises(DataError, match="line 3: column 'x' is empty"):
        read_quality_table(path, None)
