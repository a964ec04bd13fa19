"""Faults between keys: a sentence that names them, and the line of the one to blame."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from l1ad.config.faults import Location, at_keys, dotted, faults_of
from l1ad.config.kinds import checked_file, line_of
from l1ad.config.loading import parse_config
from l1ad.config.run import RunConfig
from l1ad.config.target import TargetConfig
from l1ad.core.errors import ConfigError

CONFIGS = Path(__file__).parents[2] / "configs"


def told(file: Path) -> list[tuple[int | None, str]]:
    return [(one.line, one.sentence) for one in checked_file(file).faults]


@pytest.mark.parametrize(
    ("text", "line", "sentence"),
    [
        (
            "data:\n  training_fraction: 0.5\n  validation_fraction: 0.6\n",
            2,
            "training_fraction and validation_fraction leave no events for the rates: "
            "data.training_fraction = 0.5, data.validation_fraction = 0.6",
        ),
        (
            "data:\n  background: x.h5\n  validation_fraction: 0.8\n",
            3,
            "training_fraction and validation_fraction leave no events for the rates: "
            "data.training_fraction, data.validation_fraction = 0.8",
        ),
        (
            "data:\n  signals:\n    a: x.h5\n    background: y.h5\n",
            4,
            "no signal can be called 'background'; give it another name: data.signals.background = 'y.h5'",
        ),
        (
            "rates:\n  budgets:\n    a b: 1 kHz\n    a-b: 2 kHz\n",
            4,
            "two thresholds would share an accept port of the firmware; rename one: "
            "rates.budgets.a-b = '2 kHz', rates.budgets.a b = '1 kHz'",
        ),
        (
            "training:\n  epochs: 10\n",
            2,
            "pruning must start before it ends, and end within the epochs: training.pruning.start_epoch, "
            "training.pruning.end_epoch, training.epochs = 10",
        ),
        (
            "model:\n  latent: 4\n  layers: {dense_9: {weight_bits: 4}}\n",
            3,
            "formats are given for layer dense_9; the encoder's are dense_1, dense_2, dense_mean: "
            "model.layers.dense_9",
        ),
    ],
)
def test_keys_that_do_not_go_together_are_named_after_the_sentence_and_have_a_line(
    text: str, line: int, sentence: str, tmp_path: Path
) -> None:
    (tmp_path / "run.yaml").write_text(text)
    assert told(tmp_path / "run.yaml") == [(line, sentence)]


@pytest.mark.parametrize(
    ("file", "old", "new", "key", "sentence"),
    [
        ("samples/zero_bias", "{mean: 50}", "{mean: 5, profile: {3: 1}}", "pileup", "give either a mean"),
        ("samples/zero_bias", "seed: 1", "seed: 1\nfeatures: true", "features", "features are those of"),
        ("samples/a_to_4l", "seed: ", "enrichment: 0.2\nseed: ", "enrichment", "enrichment is for zero bias"),
        ("samples/zero_bias", "title: ", "titel: ", "name", "key 'title' is missing"),
        ("budgets/zero_bias_1khz", "events: sample:zero_bias", "events: null", "  leave_out", "leave_out"),
        ("budgets/zero_bias_1khz", "per_day: null", "per_day: 5", "  stream", "give either colliding"),
        ("targets/ugt-vx690t", "clock_mhz: 40", "clock_mhz: 41", "clock_mhz", "a 41 MHz clock does not fit"),
        ("targets/ugt-vx690t", "interval_cycles: 1", "interval_cycles: 7", "  initiation", "an initiation"),
        ("targets/vu9p-200", "per_crossing: 5", "per_crossing: 4", "cycles_per", "a 200 MHz clock has 5"),
        ("layouts/lepton_plus_x", "name: lepton_plus_x", "name: ugt_57", "name", "'ugt_57' is the name"),
        ("scan", "low: 2, high: 8}", "low: 9, high: 8}", "  model.latent", "low 9 is not below high 8"),
        ("import", "into_weights: false", "into_weights: true", "  into_weights", "into_weights goes"),
    ],
)  # fmt: skip
def test_a_broken_copy_of_what_ships_is_told_with_the_line_of_its_key(
    file: str, old: str, new: str, key: str, sentence: str, tmp_path: Path
) -> None:
    text = (CONFIGS / f"{file}.yaml").read_text(encoding="utf-8")
    assert old in text
    broken = tmp_path / "broken.yaml"
    lines = text.replace(old, new, 1).replace("base: quickstart.yaml", "trials: 3").replace("trials: 40", "#")
    broken.write_text(lines, encoding="utf-8")
    found = next((line, said) for line, said in told(broken) if said.startswith(sentence))
    assert found[0] is not None
    assert lines.splitlines()[found[0] - 1].startswith(key)
    assert "{" not in found[1]


def test_what_python_is_told_does_not_repeat_a_mapping() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config({"data": {"training_fraction": 0.9, "signals": {"a": "x.h5"}}}, RunConfig, where="mine")
    assert str(caught.value) == (
        "mine: training_fraction and validation_fraction leave no events for the rates: "
        "data.training_fraction = 0.9, data.validation_fraction"
    )


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ({"model": {"hidden": "wide"}}, "model.hidden = 'wide': input should be a valid tuple"),
        ({"model": {"hidden": {"a": 1}}}, "input should be a valid tuple: model.hidden"),
        ({"data": {"signals": ["a.h5"]}}, "data.signals = ['a.h5']: input should be a valid dictionary"),
        ({"data": {"signals": ["a.h5"] * 40}}, "input should be a valid dictionary: data.signals"),
        ({"rates": {"budgets": {}}}, "rates.budgets = {}: dictionary should have at least 1 item"),
    ],
)
def test_values_are_repeated_where_they_are_short(document: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(document, RunConfig, where="x")
    assert str(caught.value).startswith(f"x: {sentence}")


def test_a_value_of_several_kinds_is_told_once_and_without_the_names_of_classes(tmp_path: Path) -> None:
    file = tmp_path / "import.yaml"
    file.write_text("layout: {inputs: 0, bits: 3}\nscaling: {shifts: [x]}\nscore: {function: output}\n")
    assert told(file) == [
        (1, "layout.inputs = 0: input should be greater than or equal to 1"),
        (2, "scaling.shifts.0 = 'x': input should be a valid integer, unable to parse string as an integer"),
    ]


def test_an_empty_document_is_told_with_the_keys_that_are_needed() -> None:
    with pytest.raises(
        ConfigError, match=r"^x: empty; needed are name, part, clock_mhz, cycles_per_crossing, "
    ):
        parse_config({}, TargetConfig, where="x")


def test_a_section_may_blame_keys_below_it_or_none() -> None:
    fault = at_keys("no", "a", ("b", 0, "c"))
    assert isinstance(fault, PydanticCustomError)
    assert fault.context is not None and fault.context["keys"] == [("a",), ("b", 0, "c")]
    assert str(fault) == "no"
    assert dotted(("b", 0, "c")) == "b.0.c"


def test_the_section_is_the_last_place_to_blame() -> None:
    document = {"firmware": {"reuse_factor": 3}}
    with pytest.raises(ValidationError) as caught:
        RunConfig.model_validate(document)
    (fault,) = faults_of(caught.value, RunConfig, document)
    assert fault.places == (("firmware", "reuse_factor"), ("firmware",))
    assert fault.sentence.endswith("set reuse_factor to 1: firmware.reuse_factor = 3")


@pytest.mark.parametrize(
    ("places", "line"),
    [
        ([("b", "d")], 4),
        ([("b", "gone")], 3),
        ([("gone",), ("b", "c", 1)], 5),
        ([("b", "gone"), ("a",)], 2),
        ([("b", "gone"), ()], 2),
        ([()], 2),
        ([("gone",)], None),
    ],
)
def test_the_line_is_of_the_first_key_there_is_or_of_the_way_to_it(
    places: list[Location], line: int | None, tmp_path: Path
) -> None:
    file = tmp_path / "x.yaml"
    file.write_text("# head\na: 1\nb:\n  {d: 2, c: [1,\n 2]}\n")
    assert line_of(file, places) == line


def test_an_empty_file_has_no_lines(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").touch()
    assert line_of(tmp_path / "x.yaml", [(), ("a",)]) is None
