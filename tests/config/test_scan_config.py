import re
from pathlib import Path
from typing import Any

import pytest

from l1ad.config.keys import number_at
from l1ad.config.loading import load_config, parse_config
from l1ad.config.run import RunConfig
from l1ad.config.scan import Choice, Range, ScanConfig, load_scan, with_values
from l1ad.core.errors import ConfigError

CONFIGS = Path(__file__).parents[2] / "configs"


def parsed(space: Any, **more: Any) -> ScanConfig:
    return parse_config({"space": space, **more}, ScanConfig, where="scan.yaml")


def refusal(space: Any, **more: Any) -> str:
    """Parse a scan that must be refused; give the message."""
    with pytest.raises(ConfigError) as caught:
        parsed(space, **more)
    return str(caught.value)


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("training.loss.betta", "training.loss.beta"),
        ("model.weight_bit", "model.weight_bits"),
        ("training.rarity_cap", "training.loss.rarity_cap"),
        ("sparsity", "training.pruning.sparsity"),
        ("trainig.epochs", "training.epochs"),
    ],
)
def test_a_key_that_no_run_has_is_refused_with_the_one_that_was_meant(key: str, meant: str) -> None:
    message = refusal({key: {"choices": [1]}})
    assert f"a run has no key {key!r}; did you mean {meant!r}?" in message


def test_a_key_like_no_other_is_answered_with_where_keys_begin() -> None:
    assert "a run has no key 'colour'; it begins with name, data, model" in refusal(
        {"colour": {"choices": [1]}}
    )


@pytest.mark.parametrize(
    ("key", "number"),
    [
        ("model.latent", int),
        ("training.patience_epochs", int),
        ("model.layers.dense_1.weight_bits", int),
        ("training.loss.beta", float),
        ("training.compression.budget_ebops", float),
        ("model.hidden", None),
        ("model.activation", None),
        ("training.loss", None),
    ],
)
def test_keys_count_measure_or_hold_no_number(key: str, number: type | None) -> None:
    assert number_at(key) is number


def test_a_range_is_whole_where_the_key_counts_and_real_where_it_measures() -> None:
    config = parsed({"model.latent": {"low": 2, "high": 8}, "training.loss.beta": {"low": 1, "high": 2}})
    latent, beta = config.space["model.latent"], config.space["training.loss.beta"]
    assert isinstance(latent, Range)
    assert isinstance(beta, Range)
    assert latent.whole
    assert not beta.whole


def test_lists_and_whole_sections_can_be_chosen() -> None:
    losses = [{"reconstruction": "huber"}, {"reconstruction": "masked_mse", "beta": 0.1}]
    config = parsed({"model.hidden": {"choices": [[8], [16, 8]]}, "training.loss": {"choices": losses}})
    assert config.space["model.hidden"] == Choice(choices=([8], [16, 8]))
    assert config.space["training.loss"] == Choice(choices=tuple(losses))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "give either choices, or low and high"),
        ([2, 8], "give either choices, or low and high"),
        ({"low": 2, "high": 8, "stride": 2}, "unknown key 'stride'; give either choices, or low and high"),
        ({"choices": [2], "low": 2}, "unknown key 'low'; give either choices, or low and high"),
        ({"choices": [2, 4, 2]}, "2 is there twice"),
        ({"low": 8, "high": 2}, "low 8 is not below high 2"),
        ({"low": 2, "high": 8, "step": 4}, "steps of 4 do not lead from 2 to 8"),
        ({"low": 2, "high": 8, "log": True, "step": 2}, "a step and log do not go together"),
        ({"low": 0, "high": 8, "log": True}, "a logarithm needs a low end above 0, not 0"),
        ({"low": 2.5, "high": 8}, "the key counts something; give whole ends"),
        ({"low": 0, "high": 8}, "input should be greater than or equal to 1"),
        ({"choices": [2, "many"]}, "input should be a valid integer"),
    ],
)
def test_values_that_the_key_can_never_have_are_refused(values: Any, words: str) -> None:
    message = refusal({"model.latent": values})
    assert message.startswith("scan.yaml: ")
    assert "space.model.latent" in message
    assert words in message


def test_what_holds_no_number_has_no_range() -> None:
    assert "the key holds no number, so it has no range; give choices" in refusal(
        {"model.activation": {"low": 1, "high": 2}}
    )


def test_a_key_inside_a_section_that_is_set_as_a_whole_is_refused() -> None:
    space = {"training.loss": {"choices": [{"beta": 1}]}, "training.loss.beta": {"choices": [0.1]}}
    assert "lies in training.loss, which is set as a whole" in refusal(space)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"objectives": ["lut", "lut"]}, "an objective is there twice"),
        ({"objectives": ["beauty"]}, "input should be 'efficiency', 'lut'"),
        ({"trials": 0}, "trials = 0: input should be greater than or equal to 1"),
        ({"trails": 5}, "unknown key 'trails'; did you mean 'trials'"),
    ],
)
def test_faults_of_the_rest_of_a_scan_are_told(more: dict[str, Any], words: str) -> None:
    assert words in refusal({"model.latent": {"low": 2, "high": 8}}, **more)


def test_values_are_set_at_their_keys_and_nowhere_else() -> None:
    run = with_values(RunConfig(), {"model.hidden": [8], "training.loss.beta": 0.25}, where="trial 0")
    expected = RunConfig().model_dump(mode="json")
    expected["model"]["hidden"] = [8]
    expected["training"]["loss"]["beta"] = 0.25
    assert run.model_dump(mode="json") == expected


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"model.latent": 0, "training.loss.beta": 0.5},
            "trial 7: model.latent = 0: input should be greater than or equal to 1",
        ),
        (
            {"training.pruning.end_epoch": 40, "training.epochs": 30},
            "trial 7: training.pruning.end_epoch = 40, training.epochs = 30: pruning must start before it ends",
        ),
        ({"model.depth": 3}, "trial 7: a run has no key 'model.depth'"),
        (
            {"model.activation": "elu"},
            "trial 7: model.activation = 'elu': activation elu does not freeze with backend qkeras",
        ),
    ],
)
def test_values_that_a_run_refuses_are_told_with_their_keys(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match="^" + re.escape(message)):
        with_values(RunConfig(), values, where="trial 7")


def test_the_base_is_a_file_beside_that_of_the_scan(tmp_path: Path) -> None:
    (tmp_path / "run.yaml").write_text("name: other\nmodel: {latent: 4}\n")
    (tmp_path / "scan.yaml").write_text("base: run.yaml\nspace: {training.seed: {low: 1, high: 9}}\n")
    base = load_scan(tmp_path / "scan.yaml").base
    assert base == RunConfig.model_validate({"name": "other", "model": {"latent": 4}})


def test_a_missing_base_is_told_by_its_path(tmp_path: Path) -> None:
    (tmp_path / "scan.yaml").write_text("base: run.yaml\nspace: {training.seed: {low: 1, high: 9}}\n")
    with pytest.raises(ConfigError, match=re.escape(f"{tmp_path / 'run.yaml'}: no such configuration file")):
        load_scan(tmp_path / "scan.yaml")


def test_the_scan_that_ships_starts_from_the_quickstart_and_its_corners_can_be_run() -> None:
    config = load_scan(CONFIGS / "scan.yaml")
    assert config.base == load_config(CONFIGS / "quickstart.yaml", RunConfig)
    assert config.base.data.development
    for end in (0, -1):
        corner: dict[str, Any] = {
            key: values.choices[end] if isinstance(values, Choice) else (values.low, values.high)[end]
            for key, values in config.space.items()
        }
        run = with_values(config.base, corner, where="corner")
        assert run.model.hidden == tuple(corner["model.hidden"])
        assert run.training.pruning.sparsity == corner["training.pruning.sparsity"]
