"""Files that are no trigger algorithm: each is refused in one sentence that starts with its path."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from l1ad.core.errors import TriggerFileError
from l1ad.core.trigger_file import load_trigger

Document = dict[str, Any]


def edit(path: Path, change: Callable[[Document], object], *, resign: bool) -> None:
    """Change a saved file as a person would, with or without new digests to match."""
    document = json.loads(path.read_text())
    change(document)
    if resign:
        del document["digests"]
        scored = {part: document[part] for part in ("layout", "scaling", "network", "score")}
        signed = {part: document[part] for part in document if part != "provenance"}
        document["digests"] = {"algorithm": digest(scored), "trigger": digest(signed)}
    path.write_text(json.dumps(document))


def digest(part: Document) -> str:
    return hashlib.sha256(json.dumps(part, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def refusal(path: Path) -> str:
    """Give the message with which a file is refused, once it is seen to be one line and to name the file."""
    with pytest.raises(TriggerFileError) as refused:
        load_trigger(path)
    message = str(refused.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda d: d["network"][0]["weights_raw"][3].__setitem__(1, 13), "algorithm"),
        (lambda d: d["scaling"]["shifts"].__setitem__(0, 3), "algorithm"),
        (lambda d: d["scaling"].__setitem__("comment", "tuned"), "algorithm"),
        (lambda d: d["thresholds"].__setitem__("tight", 4001), "trigger"),
        (lambda d: d.__setitem__("name", "other"), "trigger"),
        (lambda d: d.__setitem__("comment", "mine"), "trigger"),
    ],
)
def test_a_file_changed_by_hand_is_refused(
    change: Callable[[Document], object], what: str, saved: Path
) -> None:
    edit(saved, change, resign=False)
    message = refusal(saved)
    assert f"the {what} digest is " in message
    assert "was it changed by hand? Freeze again, or set thresholds with `l1ad rates thresholds`" in message


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: d["network"][0]["weights_raw"][3].__setitem__(1, 1.5), "holds parts that no trigger"),
        (lambda d: d["scaling"].__setitem__("comment", "tuned"), "holds parts that no trigger algorithm has"),
        (lambda d: d["network"][0]["weights_raw"][3].__setitem__(1, 99), "a weight lies outside ap_fixed<6,2>"),
        (lambda d: d["network"][0]["weights_raw"][3].pop(), "not a complete trigger algorithm"),
        (lambda d: d["network"][1].__setitem__("function", "tanh"), "'tanh' is not a valid ActivationFunction"),
        (lambda d: d["network"][1].__setitem__("layer", "conv"), "layer 'relu_1' is of unknown kind 'conv'"),
        (lambda d: d["network"].pop(0), "layer 'relu_1' takes 8 values but is given 57"),
        (lambda d: d["score"].__setitem__("type", "ap_fixd<8,3>"), "'ap_fixd<8,3>' is not an ap_fixed or"),
        (lambda d: d["thresholds"].__setitem__("tight", -1), "threshold 'tight' = -1 is outside the score"),
        (lambda d: d["scaling"]["offsets"].__setitem__(0, 0.1), "offset 0.1 of 'met_pt' is not exact"),
        (lambda d: d["layout"]["fields"][4].pop(), "not a complete trigger algorithm"),
        (lambda d: d.__setitem__("network", 7), "not a complete trigger algorithm"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused_even_with_matching_digests(
    change: Callable[[Document], object], words: str, saved: Path
) -> None:
    edit(saved, change, resign=True)
    assert words in refusal(saved)


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_number_that_is_not_finite_is_refused(number: float, saved: Path) -> None:
    edit(saved, lambda d: d["network"][0]["weights_raw"][0].__setitem__(0, number), resign=False)
    assert "not a complete trigger algorithm (Out of range float values" in refusal(saved)


@pytest.mark.parametrize(
    "key", ["digests", "name", "layout", "scaling", "network", "score", "thresholds", "provenance"]
)
def test_a_file_without_one_of_its_parts_is_refused_by_its_name(key: str, saved: Path) -> None:
    edit(saved, lambda d: d.pop(key), resign=False)
    assert f"not a complete trigger algorithm (no '{key}')" in refusal(saved)


def test_a_layer_without_weights_is_refused(saved: Path) -> None:
    edit(saved, lambda d: d["network"][0].pop("weights_raw"), resign=True)
    assert "(no 'weights_raw')" in refusal(saved)


def test_a_truncated_file_is_refused(saved: Path) -> None:
    text = saved.read_text()
    for kept in (0, 1, len(text) // 2, len(text) - 3):
        saved.write_text(text[:kept])
        message = refusal(saved)
        assert "not JSON (" in message
        assert message.endswith("; is the file complete?")


@pytest.mark.parametrize(
    ("text", "said"),
    [("{}", "None"), ("[1, 2]", "'list'"), ('{"format": "l1ad trigger algorithm, version 9"}', "9'")],
)
def test_a_file_of_another_format_is_refused_with_what_it_says(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "foreign.json"
    path.write_text(text)
    message = refusal(path)
    assert f"{said} is not 'l1ad trigger algorithm, version 1'" in message


def test_a_binary_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    binary = tmp_path / "weights.h5"
    binary.write_bytes(b"\x89HDF\r\n\x1a\n\x00\xff")
    assert "not JSON (" in refusal(binary)
    assert "Is a directory" in refusal(tmp_path)


def test_a_missing_file_is_refused_with_the_command_that_makes_it(tmp_path: Path) -> None:
    assert "no such file; `l1ad freeze` writes it" in refusal(tmp_path / "none.json")


def test_a_file_nested_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "trigger.json"
    path.write_text("[" * 200_000)
    with pytest.raises(TriggerFileError, match="not JSON"):
        load_trigger(path)


def test_a_key_that_stands_twice_is_refused(saved: Path) -> None:
    text = saved.read_text()
    saved.write_text(text.replace('"thresholds":', '"thresholds": {"tight": 100000}, "thresholds":', 1))
    with pytest.raises(TriggerFileError, match="a key stands twice among"):
        load_trigger(saved)
