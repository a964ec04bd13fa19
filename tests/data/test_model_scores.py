from pathlib import Path

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.data.event_file import file_digest
from l1ad.data.model_scores import read_model_scores, write_model_scores

DIGESTS = {"background": "b0" * 32, "a_to_4l": "a4" * 32}
TRAINING = "7e" * 32

Scores = dict[str, dict[str, NDArray[np.float64]]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "runs" / "mine" / "evaluation.h5"


@pytest.fixture
def scores() -> Scores:
    rng = np.random.default_rng(3)
    return {
        sample: {kind: rng.exponential(size=n_events) for kind in ("mean_squares", "kl")}
        for sample, n_events in (("background", 70_001), ("a_to_4l", 5))
    }


def test_what_is_written_is_read_in_its_order(path: Path, scores: Scores) -> None:
    write_model_scores(path, scores, digests=DIGESTS, training_digest=TRAINING)
    read = read_model_scores(path)
    assert [(sample, list(kinds)) for sample, kinds in read.scores.items()] == [
        ("background", ["mean_squares", "kl"]), ("a_to_4l", ["mean_squares", "kl"]),
    ]  # fmt: skip
    for sample, kinds in scores.items():
        for kind, values in kinds.items():
            np.testing.assert_array_equal(read.scores[sample][kind], values)
            assert read.scores[sample][kind].dtype == np.float64
    assert (dict(read.digests), read.training_digest) == (DIGESTS, TRAINING)
    assert list(path.parent.iterdir()) == [path]


def test_scores_that_are_no_numbers_stay_so(path: Path) -> None:
    odd = np.array([np.nan, np.inf, -0.0])
    write_model_scores(path, {"a_to_4l": {"kl": odd}}, digests=DIGESTS, training_digest=TRAINING)
    np.testing.assert_array_equal(read_model_scores(path).scores["a_to_4l"]["kl"], odd)


def test_a_missing_file_says_what_writes_it(path: Path) -> None:
    with pytest.raises(DataError, match=r"evaluation\.h5: no such file; `l1ad evaluate` writes it"):
        read_model_scores(path)


def test_a_file_that_is_not_hdf5_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "evaluation.h5"
    path.write_text("1 2 3")
    with pytest.raises(DataError, match=r"not a readable file of model scores .*file signature not found"):
        read_model_scores(path)


@pytest.mark.parametrize(("where", "name"), [("/", "training_digest"), ("a_to_4l", "events_digest")])
def test_scores_without_their_origin_are_refused(path: Path, scores: Scores, where: str, name: str) -> None:
    write_model_scores(path, scores, digests=DIGESTS, training_digest=TRAINING)
    with h5py.File(path, "r+") as file:
        del file[where].attrs[name]
    with pytest.raises(DataError, match="not a readable file of model scores"):
        read_model_scores(path)


def test_scores_of_no_kind_of_sample_are_refused(path: Path, scores: Scores) -> None:
    write_model_scores(path, scores, digests=DIGESTS, training_digest=TRAINING)
    with h5py.File(path, "r+") as file:
        del file["a_to_4l/kl"], file["a_to_4l/mean_squares"]
    with pytest.raises(DataError, match=r"evaluation\.h5: no scores of 'a_to_4l'; is it complete\?"):
        read_model_scores(path)


def test_a_dataset_where_a_sample_should_be_is_refused(path: Path, scores: Scores) -> None:
    write_model_scores(path, scores, digests=DIGESTS, training_digest=TRAINING)
    with h5py.File(path, "r+") as file:
        file["stray"] = np.arange(3)
    with pytest.raises(DataError, match="not a readable file of model scores"):
        read_model_scores(path)


def test_kinds_of_scores_of_different_lengths_are_refused_on_both_ways(path: Path, scores: Scores) -> None:
    words = r"scores of 'a_to_4l' have shapes 'mean_squares' \(5,\), 'kl' \(4,\); one number an event"
    short = {**scores, "a_to_4l": {**scores["a_to_4l"], "kl": np.zeros(4)}}
    with pytest.raises(DataError, match=words):
        write_model_scores(path, short, digests=DIGESTS, training_digest=TRAINING)
    assert not path.exists()
    write_model_scores(path, scores, digests=DIGESTS, training_digest=TRAINING)
    with h5py.File(path, "r+", track_order=True) as file:
        del file["a_to_4l/kl"]
        file["a_to_4l"].create_dataset("kl", data=np.zeros(4))
    with pytest.raises(DataError, match=words):
        read_model_scores(path)


def test_scores_without_the_digest_of_their_events_are_refused(path: Path, scores: Scores) -> None:
    with pytest.raises(DataError, match="no digest of the events of 'a_to_4l'"):
        write_model_scores(path, scores, digests={"background": "b0"}, training_digest=TRAINING)


def test_a_write_that_fails_half_way_leaves_the_old_file_and_nothing_else(path: Path, scores: Scores) -> None:
    write_model_scores(path, scores, digests=DIGESTS, training_digest=TRAINING)
    before = file_digest(path)
    wordy: Scores = {**scores, "a_to_4l": {"kl": np.array(["no", "number"])}}
    with pytest.raises(TypeError, match="No conversion path"):
        write_model_scores(path, wordy, digests=DIGESTS, training_digest=TRAINING)
    assert file_digest(path) == before
    assert list(path.parent.iterdir()) == [path]


def test_scores_that_the_disk_cannot_hold_are_refused_before_anything_is_written(path: Path) -> None:
    endless = np.broadcast_to(np.float64(0), (10**15,))
    with pytest.raises(DataError, match=r"can need 8000000001\.0 MB, .* are free"):
        write_model_scores(path, {"a_to_4l": {"kl": endless}}, digests=DIGESTS, training_digest=TRAINING)
    assert list(path.parent.iterdir()) == []
