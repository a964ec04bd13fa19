from pathlib import Path

import h5py
import numpy as np
import pytest

from l1ad.core.errors import DataError
from l1ad.data.event_file import file_digest
from l1ad.data.score_file import ScoreFile, read_scores, writing_scores

ALGORITHM, EVENTS = "a1" * 32, "e7" * 32


def write_scores(path: Path, scores: ScoreFile) -> None:
    digests = {"algorithm_digest": scores.algorithm_digest, "events_digest": scores.events_digest}
    with writing_scores(path, n_events=len(scores.score_raw), sample=scores.sample, **digests) as writer:
        writer.append(scores.score_raw, scores.event_number)


def scores(*values: int) -> ScoreFile:
    return ScoreFile(
        sample="a_to_4l",
        score_raw=np.array(values, dtype=np.int64),
        event_number=np.arange(len(values)) + 100,
        algorithm_digest=ALGORITHM,
        events_digest=EVENTS,
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "scores" / "a_to_4l.h5"


def test_what_is_written_is_read(path: Path) -> None:
    written = scores(0, 7, 2**18 - 1, 7)
    write_scores(path, written)
    read = read_scores(path, algorithm_digest=ALGORITHM)
    np.testing.assert_array_equal(read.score_raw, written.score_raw)
    np.testing.assert_array_equal(read.event_number, written.event_number)
    assert read.score_raw.dtype == np.int64
    assert (read.sample, read.algorithm_digest, read.events_digest) == ("a_to_4l", ALGORITHM, EVENTS)


def test_scores_of_another_algorithm_are_refused_with_both_digests_and_a_remedy(path: Path) -> None:
    write_scores(path, scores(1, 2, 3))
    words = f"scores of algorithm {ALGORITHM[:12]}, not of {'b2' * 6}; run `l1ad emulate` again"
    with pytest.raises(DataError, match=words):
        read_scores(path, algorithm_digest="b2" * 32)


def test_a_missing_score_file_says_what_writes_it(path: Path) -> None:
    with pytest.raises(DataError, match="no such file; `l1ad emulate` writes it"):
        read_scores(path, algorithm_digest=ALGORITHM)


def test_a_file_that_is_not_hdf5_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "scores.h5"
    path.write_text("1 2 3")
    with pytest.raises(DataError, match=r"not a readable score file .*file signature not found"):
        read_scores(path, algorithm_digest=ALGORITHM)


@pytest.mark.parametrize("name", ["score_raw", "event_number"])
def test_a_score_file_without_a_dataset_is_refused(path: Path, name: str) -> None:
    write_scores(path, scores(1, 2, 3))
    with h5py.File(path, "r+") as file:
        del file[name]
    with pytest.raises(DataError, match=f"not a readable score file .*'{name}' doesn't exist"):
        read_scores(path, algorithm_digest=ALGORITHM)


@pytest.mark.parametrize("name", ["sample", "algorithm_digest", "events_digest"])
def test_a_score_file_without_its_origin_is_refused(path: Path, name: str) -> None:
    write_scores(path, scores(1, 2, 3))
    with h5py.File(path, "r+") as file:
        del file.attrs[name]
    with pytest.raises(DataError, match="not a readable score file"):
        read_scores(path, algorithm_digest=ALGORITHM)


def test_a_write_that_fails_half_way_leaves_the_old_file_and_nothing_else(path: Path) -> None:
    write_scores(path, scores(1, 2, 3))
    before = file_digest(path)
    nameless = ScoreFile(
        sample="a_to_4l",
        score_raw=np.array([1, None], dtype=object),  # HDF5 has no type for it: fails after the attributes
        event_number=np.arange(2),
        algorithm_digest=ALGORITHM,
        events_digest=EVENTS,
    )
    with pytest.raises(OSError, match="no appropriate function"):
        write_scores(path, nameless)
    assert file_digest(path) == before
    assert list(path.parent.iterdir()) == [path]


def test_scores_without_their_event_numbers_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "scores.h5"
    numbers = np.arange(3)
    write_scores(
        path,
        ScoreFile(
            sample="s",
            score_raw=np.arange(5),
            event_number=numbers,
            algorithm_digest=ALGORITHM,
            events_digest="e",
        ),
    )
    with pytest.raises(DataError, match=r"\(5,\) scores for \(3,\) event numbers; is it complete"):
        read_scores(path, algorithm_digest=ALGORITHM)


def test_scores_written_block_by_block_are_read_as_one_file(path: Path) -> None:
    named = {"sample": "s", "algorithm_digest": ALGORITHM, "events_digest": EVENTS}
    with writing_scores(path, n_events=210_000, **named) as writer:
        for start in (0, 70_000, 140_000):
            numbers = np.arange(start, start + 70_000)
            writer.append(numbers % 1000, numbers)
        assert not path.exists()
    found = read_scores(path, algorithm_digest=ALGORITHM)
    np.testing.assert_array_equal(found.event_number, np.arange(210_000))
    np.testing.assert_array_equal(found.score_raw, np.arange(210_000) % 1000)


def test_scores_that_the_disk_cannot_hold_are_refused_before_anything_is_written(path: Path) -> None:
    named = {"sample": "s", "algorithm_digest": ALGORITHM, "events_digest": EVENTS}
    with (
        pytest.raises(DataError, match=r"scores of 10+ events can need 16000000000\.1 MB, .* are free"),
        writing_scores(path, n_events=10**15, **named),
    ):
        pass
    assert list(path.parent.iterdir()) == []
