"""Results of another implementation, read from CSV."""

from pathlib import Path

import numpy as np
import pytest

from l1ad.core.errors import DataError
from l1ad.data.result_file import read_results

WIDTHS = {"dense_1": 2, "score": 1, "accept:tight": 1}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "results.csv"


def test_columns_find_their_tensors_in_any_order(path: Path) -> None:
    path.write_text("score, dense_1[1],accept:tight,dense_1[0]\n7,-2,1,3\n8,-4,0,5\n")
    found = read_results(path, WIDTHS)
    np.testing.assert_array_equal(found["dense_1"], [[3, -2], [5, -4]])
    np.testing.assert_array_equal(found["score"], [[7], [8]])
    np.testing.assert_array_equal(found["accept:tight"], [[1], [0]])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no events"),
        ("score\n", "holds no events"),
        ("score\n1.5\n", "line 2: '1.5' is no integer"),
        ("score\n1,2\n", "1 columns are named, line 2 has 2"),
        ("score\n1e3\n", "line 2: '1e3' is no integer"),
        ("score,score\n1,2\n", "a column is named twice"),
        ("scoer\n1\n", "column 'scoer' is none of the tensors dense_1, score, accept:tight"),
        ("dense_1\n1\n", "'dense_1' has 2 elements, dense_1\\[0\\] to dense_1\\[1\\]"),
        ("dense_1[2]\n1\n", "'dense_1' has 2 elements"),
        ("dense_1[1]\n1\n", "column 'dense_1\\[0\\]' is missing"),
    ],
)
def test_other_tables_are_refused(path: Path, text: str, message: str) -> None:
    path.write_text(text)
    with pytest.raises(DataError, match=message):
        read_results(path, WIDTHS)


def test_a_missing_file_is_refused(path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        read_results(path, WIDTHS)
