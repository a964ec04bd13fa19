from pathlib import Path

import numpy as np
import pytest

from l1ad.core.errors import DataError
from l1ad.data.arrays_file import read_arrays, write_arrays

WHAT = "no arrays ({fault}); make them again"


def test_lists_come_back_in_their_order_and_an_empty_one_is_empty(tmp_path: Path) -> None:
    path = tmp_path / "new" / "arrays.npz"
    many = [np.full((2, 3), number, np.float32) for number in range(1200)]
    write_arrays(path, {"digest": "d", "epochs": [1, 2]}, many=many, one=[np.uint8(7)], none=[])
    found = read_arrays(path, what=WHAT)
    assert found.told == {"digest": "d", "epochs": [1, 2]}
    assert [int(one[0, 0]) for one in found.of("many")] == list(range(1200))
    assert found.of("many")[0].dtype == np.float32
    assert (found.of("one")[0].dtype, int(found.of("one")[0])) == (np.uint8, 7)
    assert found.of("none") == []


def test_a_write_that_fails_leaves_what_was_there_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "arrays.npz"
    write_arrays(path, {"digest": "d"}, one=[np.ones(2)])
    before = path.read_bytes()
    with pytest.raises(ValueError, match="allow_pickle"):
        write_arrays(path, {"digest": "e"}, one=[np.array([object()])])
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 torn"])
def test_another_file_is_refused_in_the_words_given(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "arrays.npz").write_bytes(content)
    with pytest.raises(DataError, match=r"arrays.npz: no arrays \(.*\); make them again"):
        read_arrays(tmp_path / "arrays.npz", what=WHAT)
