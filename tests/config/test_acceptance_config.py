"""The budget of a delivery: those that ship, and what is refused."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import yaml

from l1ad.config.acceptance import GROUPS, AcceptanceConfig
from l1ad.config.loading import Section, load_config
from l1ad.core.errors import ConfigError

BUDGETS = sorted((Path(__file__).parents[2] / "configs" / "budgets").glob("*.yaml"))
RATES = "rates: {colliding_bunches: 2340, thresholds: {tight: {total: 1 kHz}}}"


def keys_of(document: Mapping[str, object]) -> Iterator[str]:
    for key, value in document.items():
        yield key
        if isinstance(value, Mapping):
            yield from (f"{key}.{below}" for below in keys_of(value))


def keys_of_section(section: type[Section]) -> Iterator[str]:
    for key, field in section.model_fields.items():
        yield key
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section):
            yield from (f"{key}.{below}" for below in keys_of_section(field.annotation))


def test_a_zero_bias_budget_and_one_of_a_preselected_stream_ship() -> None:
    configs = {path.stem: load_config(path, AcceptanceConfig) for path in BUDGETS}
    assert set(configs) == {"zero_bias_1khz", "preselected_50_per_day"}
    zero_bias, preselected = configs["zero_bias_1khz"].rates, configs["preselected_50_per_day"].rates
    assert (zero_bias.colliding_bunches, zero_bias.thresholds["tight"].total) == (2340, "1 kHz")
    assert (preselected.stream_events_per_day, preselected.thresholds["day"].total) == (6e6, "50 events/day")


@pytest.mark.parametrize("path", BUDGETS, ids=lambda path: path.stem)
def test_every_budget_bears_the_name_of_its_file_and_mentions_every_key(path: Path) -> None:
    assert load_config(path, AcceptanceConfig).name == path.stem
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    known = set(keys_of_section(AcceptanceConfig))
    assert {"rates.coverage", "hardware.lut", "float_model.spearman"} <= known
    assert known - set(keys_of(document)) == set()


def test_what_is_left_out_has_no_limit_of_ours_and_all_but_the_float_model_is_demanded(tmp_path: Path) -> None:
    (tmp_path / "least.yaml").write_text(f"name: least\n{RATES}\n")
    config = load_config(tmp_path / "least.yaml", AcceptanceConfig)
    assert set(config.hardware.model_dump().values()) == {None}
    assert set(GROUPS) - set(config.demanded) == {"float_model"}
    assert config.rates.thresholds["tight"].pure is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name: x", "key 'rates' is missing"),
        (f"name: a b\n{RATES}", "name = 'a b': string should match pattern"),
        (f"name: x\ndemanded: [timings]\n{RATES}", "demanded.0 = 'timings': input should be 'provenance', "),
        (f"name: x\ndemanded: [rates, rates]\n{RATES}", "'rates' is demanded twice"),
        (f"name: x\nhardware: {{luts: 5}}\n{RATES}", "unknown key 'hardware.luts'; did you mean 'lut'?"),
        (f"name: x\nbit_equality: {{implementations: []}}\n{RATES}", "bit_equality.implementations = []"),
        (f"name: x\nfloat_model: {{efficiency_lost: 2}}\n{RATES}", "float_model.efficiency_lost = 2"),
        ("name: x\nrates: {thresholds: {a: {total: 1 kHz}}}", "give either colliding_bunches (zero bias) or "),
        (
            "name: x\nrates: {colliding_bunches: 2340, leave_out_fraction: .4, thresholds: {a: {total: 1 Hz}}}",
            "leave_out_fraction is of 'events', which is not given",
        ),
        (
            "name: x\nrates: {colliding_bunches: 4000, thresholds: {a: {total: 1 Hz}}}",
            "rates.colliding_bunches",
        ),
        ("name: x\nrates: {colliding_bunches: 2340, thresholds: {}}", "rates.thresholds"),
    ],
)
def test_a_budget_that_says_something_impossible_is_refused_with_its_key(
    text: str, words: str, tmp_path: Path
) -> None:
    (tmp_path / "budget.yaml").write_text(text)
    with pytest.raises(ConfigError, match=re.escape(words)):
        load_config(tmp_path / "budget.yaml", AcceptanceConfig)
