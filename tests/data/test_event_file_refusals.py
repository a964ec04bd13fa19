import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.core.layouts import ugt_57
from l1ad.data.event_file import EventFile, read_events
from l1ad.data.event_writer import write_events
from l1ad.data.events import EventBatch

NAMES = list(ugt_57().names)


@pytest.fixture
def path(tmp_path: Path, random_events: Callable[[int, int], EventBatch]) -> Path:
    """Give the path of a good file of 500 events, to be spoilt."""
    path = tmp_path / "events.h5"
    write_events(path, random_events(500, 2026), {"command": "none"})
    return path


def refusal(path: Path) -> str:
    """Read a file that must be refused; give the message without the path it begins with."""
    with pytest.raises(DataError) as caught:
        read_events(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    return message.removeprefix(f"{path}: ")


def replace(path: Path, name: str, data: NDArray[Any]) -> None:
    with h5py.File(path, "r+") as file:
        del file[name]
        file.create_dataset(name, data=data)


def inputs_of(path: Path) -> NDArray[Any]:
    return read_events(path).inputs_raw.copy()


def test_the_file_that_is_spoilt_below_is_good(path: Path) -> None:
    assert len(read_events(path)) == 500


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none.h5") == "no such file"


def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path) == "no such file"


@pytest.mark.parametrize("content", [b"", b"pt,eta,phi\n1,2,3\n"])
def test_a_file_that_is_not_hdf5_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    message = refusal(path)
    assert "not a readable HDF5 file" in message
    assert "file signature not found" in message


UNKNOWN = (
    "is not known; known are ugt_57, regions_18x14, hlt_57, and others are spelled out in the attribute "
    "'layout_fields'"
)


@pytest.mark.parametrize("kept", [0.99, 0.5, 0.05])
def test_a_truncated_file_is_refused(path: Path, kept: float) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[: int(kept * len(whole))])
    assert re.search(r"not a readable HDF5 file \(.+\); is it complete\?", refusal(path))


def test_an_hdf5_file_of_something_else_is_refused(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file.create_dataset("Particles", data=np.zeros((3, 19, 4)))
    assert refusal(path) == f"input layout None {UNKNOWN}"


def test_another_layout_is_refused(path: Path) -> None:
    with h5py.File(path, "r+") as file:
        file.attrs["layout"] = "hlt_21"
    assert refusal(path) == f"input layout 'hlt_21' {UNKNOWN}"


@pytest.mark.parametrize(
    "rows", ["[]", "3", '[["mu", 0, "pt"]]', '[["mu", 0, "pt", 0.5, "GeV", 5, 9]]', '{"a": 1}']
)
def test_a_layout_that_is_spelled_out_wrongly_is_refused(path: Path, rows: str) -> None:
    with h5py.File(path, "r+") as file:
        file.attrs["layout_fields"] = rows
    assert "the attribute 'layout_fields' spells out no layout" in refusal(path)


@pytest.mark.parametrize("name", ["inputs", "event_number"])
def test_a_file_without_a_dataset_is_refused_with_what_it_has(path: Path, name: str) -> None:
    with h5py.File(path, "r+") as file:
        del file[name]
        left = sorted(file)
    assert refusal(path) == (
        f"no dataset {name!r}; an event file has 'inputs' and 'event_number', this one has {left}"
    )


def test_a_file_without_events_is_refused(path: Path) -> None:
    replace(path, "inputs", np.zeros((0, 57), dtype=np.int16))
    assert refusal(path) == "holds no events"


@pytest.mark.parametrize("shape", [(5, 56), (5, 19, 3), (57,)])
def test_inputs_of_another_shape_are_refused(path: Path, shape: tuple[int, ...]) -> None:
    replace(path, "inputs", np.zeros(shape, dtype=np.int16))
    assert refusal(path) == f"'inputs' has shape {shape}, layout 'ugt_57' needs (events, 57)"


def test_event_numbers_for_other_events_are_refused(path: Path) -> None:
    replace(path, "event_number", np.arange(499))
    assert refusal(path) == "'event_number' is int64 of shape (499,); 500 events need as many integers"


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        (NAMES[1:], "it lacks met_pt"),
        ([*NAMES, "tau_1_pt"], "it has tau_1_pt"),
        (["ht", *NAMES[1:]], "it lacks met_pt and has ht"),
        ([], f"it lacks {', '.join(NAMES)}"),
        ([NAMES[3], *NAMES[1:3], NAMES[0], *NAMES[4:]], "the columns are in another order than layout"),
    ],
)
def test_other_columns_are_refused_by_name(path: Path, columns: list[str], words: str) -> None:
    with h5py.File(path, "r+") as file:
        file.attrs["columns"] = json.dumps(columns)
    message = refusal(path)
    assert message.startswith("the columns are")
    assert words in message


def test_real_numbers_are_refused_though_they_are_whole(path: Path) -> None:
    replace(path, "inputs", inputs_of(path).astype(np.float64))
    assert refusal(path) == (
        "inputs are float64, not hardware integers; divide by the step of each quantity (e.g. 0.5 GeV) "
        "and round first"
    )


@pytest.mark.parametrize(("value", "word"), [(np.nan, "nan"), (np.inf, "inf"), (-np.inf, "-inf")])
def test_a_value_that_is_not_finite_is_refused_by_event_and_input(path: Path, value: float, word: str) -> None:
    inputs = inputs_of(path).astype(np.float32)
    inputs[123, NAMES.index("jet_3_pt")] = value
    replace(path, "inputs", inputs)
    assert refusal(path) == (
        f"event 123, input 'jet_3_pt' is {word}; every input must be a finite hardware integer"
    )


@pytest.mark.parametrize(
    ("name", "value", "ends"),
    [
        ("eg_1_pt", 512, "0 to 511"),
        ("eg_1_pt", 70_000, "0 to 511"),
        ("met_pt", -1, "0 to 4095"),
        ("met_eta", 1, "0 to 0"),
        ("mu_4_eta", -226, "-225 to 225"),
        ("jet_10_phi", 144, "0 to 143"),
    ],
)
def test_a_value_out_of_range_is_refused_by_event_and_input(
    path: Path, name: str, value: int, ends: str
) -> None:
    inputs = inputs_of(path).astype(np.int64)
    inputs[77, NAMES.index(name)] = value
    replace(path, "inputs", inputs)
    assert f"event 77, input {name!r} is {value}, outside {ends}" in refusal(path)


def test_a_provenance_that_is_no_object_is_refused(path: Path) -> None:
    with h5py.File(path, "r+") as file:
        file.attrs["provenance"] = "[1]"
    with pytest.raises(DataError, match="the attribute 'provenance' is not a JSON object"):
        EventFile(path)


def test_event_numbers_that_are_no_integers_are_refused(path: Path) -> None:
    replace(path, "event_number", np.arange(500) + 0.5)
    assert refusal(path).startswith("'event_number' is float64 of shape (500,)")


def test_a_damaged_block_of_data_is_refused(path: Path) -> None:
    with h5py.File(path) as file:
        start = file["inputs"].id.get_chunk_info(0).byte_offset
    damaged = bytearray(path.read_bytes())
    damaged[start + 50 : start + 80] = bytes(30)
    path.write_bytes(damaged)
    assert refusal(path).endswith("is it complete?")


def test_a_group_in_place_of_a_dataset_is_refused(path: Path) -> None:
    with h5py.File(path, "r+") as file:
        del file["inputs"]
        file.create_group("inputs")
    assert refusal(path).startswith("no dataset 'inputs'")


@pytest.mark.parametrize(("text", "words"), [("not json", "is not JSON"), ("3", "is not a JSON list of names")])
def test_columns_that_are_no_list_of_names_are_refused(text: str, words: str, path: Path) -> None:
    with h5py.File(path, "r+") as file:
        file.attrs["columns"] = text
    assert refusal(path).startswith("the attribute 'columns'")
    assert words in refusal(path)


def test_a_batch_without_events_is_not_written(
    tmp_path: Path, random_events: Callable[[int, int], EventBatch]
) -> None:
    with pytest.raises(DataError, match=r"events\.h5: no events to write"):
        write_events(tmp_path / "events.h5", random_events(0, 1), {})
    assert list(tmp_path.iterdir()) == []
