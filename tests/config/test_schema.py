"""Schemas, kinds and commented files: what a person and an editor see of the configuration."""

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from l1ad.config.importing import ImportConfig
from l1ad.config.kinds import MODELS, Kind, checked_file, kind_of
from l1ad.config.loading import load_config, parse_config
from l1ad.config.presets import demo_config
from l1ad.config.run import RunConfig
from l1ad.config.schema import editor_line, json_schema, save_schema
from l1ad.config.template import commented
from l1ad.core.errors import ConfigError
from l1ad.core.fixed import FixedType, Overflow, Rounding
from l1ad.rates.stream import Budget

CONFIGS = Path(__file__).parents[2] / "configs"
FOLDERS = {
    "": Kind.RUN, "references": Kind.RUN, "samples": Kind.SAMPLE, "pools": Kind.POOL, "layouts": Kind.LAYOUT,
    "targets": Kind.TARGET, "budgets": Kind.ACCEPTANCE,
}  # fmt: skip
SHIPPED = {
    path: {"scan": Kind.SCAN, "import": Kind.IMPORT}.get(path.stem, kind)
    for folder, kind in FOLDERS.items()
    for path in sorted((CONFIGS / folder).resolve().glob("*.yaml"))
} | {path: Kind(f"study_{path.stem}") for path in sorted((CONFIGS / "studies").resolve().glob("*.yaml"))}


def validator(kind: Kind) -> Any:
    """Make what holds documents against a schema, which must be one itself."""
    library: Any = pytest.importorskip("jsonschema")
    library.Draft202012Validator.check_schema(json_schema(kind))
    return library.Draft202012Validator(json_schema(kind))


def document_of(path: Path) -> Any:
    """Read a file as JSON has it: its keys are texts."""
    return json.loads(json.dumps(yaml.safe_load(path.read_text(encoding="utf-8"))))


def objects_in(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """List the top of a schema and the sections it is made of."""
    yield "top", schema
    yield from schema.get("$defs", {}).items()


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_configuration_is_of_its_kind_by_its_keys_and_by_its_schema(path: Path) -> None:
    checked = checked_file(path)
    assert (checked.kind, checked.faults) == (SHIPPED[path], ())
    validator(checked.kind).validate(document_of(path))


def test_every_kind_ships_an_example() -> None:
    assert set(SHIPPED.values()) == set(Kind) == set(MODELS)


@pytest.mark.parametrize("kind", Kind)
def test_a_schema_describes_every_key_and_is_closed_to_others(kind: Kind) -> None:
    schema = json_schema(kind)
    for name, part in objects_in(schema):
        if part.get("type") != "object":
            continue
        assert part["additionalProperties"] is False, name
        for key, value in part["properties"].items():
            described = value if "$ref" not in value else schema["$defs"][value["$ref"].rpartition("/")[2]]
            assert described.get("description"), f"{name}.{key}"


def test_a_schema_refuses_an_unknown_key_and_a_value_out_of_range() -> None:
    schema = validator(Kind.RUN)
    assert schema.is_valid({"training": {"epochs": 3}})
    assert not schema.is_valid({"training": {"epochs": 0}})
    assert not schema.is_valid({"traning": {}})


def test_a_schema_is_written_as_json_and_named_for_the_editor(tmp_path: Path) -> None:
    save_schema(Kind.TARGET, tmp_path / "target.schema.json")
    assert json.loads((tmp_path / "target.schema.json").read_text()) == json_schema(Kind.TARGET)
    assert editor_line("target.schema.json") == "# yaml-language-server: $schema=target.schema.json"


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_commented_file_loads_to_what_it_was_made_from(path: Path) -> None:
    checked = checked_file(path)
    assert checked.config is not None
    text = commented(checked.config)
    assert parse_config(yaml.safe_load(text), MODELS[checked.kind], where="commented") == checked.config
    assert max(len(line) for line in text.splitlines() if line.strip().startswith("#")) <= 112


def test_a_comment_tells_meaning_limits_choices_and_default() -> None:
    text = commented(demo_config("hgq"))
    assert "  # Size of the encoder mean; at least 1; default 8\n  latent: 6\n" in text
    assert "# How hls4ml multiplies; one of latency, resource, distributed_arithmetic; default latency" in text
    assert "# First part of the background, to train on; over 0 and below 1; default 0.3" in text
    assert "\n# What the firmware is built for.\nfirmware:\n" in text
    assert "each with filters, kernel, strides, padding, pool, pooling; default []" in text


def test_a_commented_run_explains_every_key(tmp_path: Path) -> None:
    lines = commented(RunConfig()).splitlines()
    explained = [line.strip() for before, line in pairwise(lines) if before.strip()[:1] == "#"]
    keys = {line.partition(":")[0] for line in explained if not line.startswith("#")}
    wanted = {key for _, part in objects_in(json_schema(Kind.RUN)) for key in part.get("properties", {})}
    nested = {"filters", "kernel", "strides", "padding", "pool", "pooling"}
    assert wanted - nested <= keys
    (tmp_path / "run.yaml").write_text("\n".join(lines), encoding="utf-8")
    assert load_config(tmp_path / "run.yaml", RunConfig) == RunConfig()


@pytest.mark.parametrize(
    ("keys", "kind"),
    [
        ({}, Kind.RUN),
        ({"traning": 1, "model": 2, "data": 3}, Kind.RUN),
        ({"base": 1, "space": 2, "trails": 3}, Kind.SCAN),
        ({"name": 1, "part": 2, "clock_mhz": 3, "budgets": 4}, Kind.TARGET),
        ({"layout": 1, "score": 2}, Kind.IMPORT),
        ({"name": 1, "features": []}, Kind.LAYOUT),
    ],
)
def test_the_kind_of_a_file_with_faults_is_told_by_the_keys_that_are_right(
    keys: dict[str, Any], kind: Kind
) -> None:
    assert kind_of(keys) is kind


def test_every_fault_is_found_with_the_line_of_its_key(tmp_path: Path) -> None:
    file = tmp_path / "run.yaml"
    file.write_text("name: mine\ntraining:\n  epoch: 3\n  loss:\n    beta: -1\nmodel:\n  hidden: [32, 0]\n")
    checked = checked_file(file)
    assert checked.config is None
    assert {(one.line, one.sentence) for one in checked.faults} == {
        (3, "unknown key 'training.epoch'; did you mean 'epochs'?"),
        (5, "training.loss.beta = -1: input should be greater than or equal to 0"),
        (7, "model.hidden.1 = 0: input should be greater than 0"),
    }


def test_a_missing_key_has_the_line_of_its_section(tmp_path: Path) -> None:
    file = tmp_path / "layout.yaml"
    file.write_text("name: mine\nfeatures:\n- name: pt\n  step: 0.5\n")
    fault, *_ = checked_file(file, Kind.LAYOUT).faults
    assert (fault.line, fault.sentence) == (3, "key 'features.0.max' is missing")


def test_a_fault_of_the_run_that_a_scan_starts_from_is_one_of_the_scan(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text("nam: x\n")
    (tmp_path / "scan.yaml").write_text("# a scan\nbase: base.yaml\nspace: {model.latent: {low: 2, high: 4}}\n")
    fault, *_ = checked_file(tmp_path / "scan.yaml").faults
    assert fault.line == 2
    assert "unknown key 'nam'; did you mean 'name'?" in fault.sentence


def test_the_kind_that_is_told_is_taken(tmp_path: Path) -> None:
    (tmp_path / "empty.yaml").write_text("")
    assert checked_file(tmp_path / "empty.yaml", Kind.IMPORT).config == ImportConfig()


@pytest.mark.parametrize(
    ("section", "key", "good", "bad"),
    [
        ("firmware", "target", ["ugt-vx690t", "mine.yaml", "../t/mine.yml"], ["nope", "mine.yaml.txt", 3]),
        (
            "rates",
            "budgets",
            [{"a": "1 kHz"}, {"a": "50 events/day"}],
            [{"a": "3 apples"}, {"a": "kHz"}, {"a": 1}],
        ),
        ("rates", "pure_budgets", [{}, {"a": ".5 Hz"}], [{"a": "1.2.3 Hz"}]),
        ("model", "input_type", ["ap_fixed<8,5>", "ap_uint<4>"], ["ap_fixd<8,3>", "ap_fixed<8,5,AP_RAND>"]),
        ("model", "score_type", ["ap_ufixed<18,14,AP_TRN,AP_SAT>"], ["ap_ufixed<18,14,AP_SAT>"]),
    ],
)
def test_a_schema_restricts_texts_to_their_form(
    section: str, key: str, good: list[object], bad: list[object]
) -> None:
    schema = validator(Kind.RUN)
    assert [one for one in good if not schema.is_valid({section: {key: one}})] == []
    assert [one for one in bad if schema.is_valid({section: {key: one}})] == []


SECTIONS = json_schema(Kind.RUN)["$defs"]
RATE = SECTIONS["RatesConfig"]["properties"]["budgets"]["additionalProperties"]["pattern"]
FORMAT = SECTIONS["ModelConfig"]["properties"]["input_type"]["pattern"]


@settings(deadline=None)
@given(
    number=st.from_regex(r"[0-9.]{1,4}(e[+-]?[0-9]{1,2})?", fullmatch=True),
    blank=st.sampled_from(["", " ", "  "]),
    unit=st.sampled_from(["Hz", "kHz", "KHZ", "events/day", "Events / Day", "MHz", "events", "apples", ""]),
)
def test_the_pattern_of_a_budget_takes_what_is_read_as_one(number: str, blank: str, unit: str) -> None:
    text = f"{number}{blank}{unit}"
    matches = re.search(RATE, text) is not None
    try:
        Budget.parse(text)
    except ConfigError:
        rate = float(number) if re.fullmatch(r"([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?", number) else None
        sane = rate is not None and 1e-3 < rate < 1e5  # the schema says nothing of the size
        assert not (matches and sane)
    else:
        assert matches


@settings(deadline=None)
@given(
    type_=st.builds(
        FixedType, st.integers(1, 64), st.integers(-9, 64), st.booleans(), st.sampled_from(Rounding),
        st.sampled_from(Overflow),
    ),
    spoilt=st.sampled_from(["", "x", ">", "<", ",AP_SAT"]),
)  # fmt: skip
def test_the_pattern_of_a_format_takes_what_is_read_as_one(type_: FixedType, spoilt: str) -> None:
    text = f"{type_}{spoilt}"
    matches = re.search(FORMAT, text) is not None
    try:
        FixedType.from_cpp(text)
    except ValueError:
        assert not matches
    else:
        assert matches
