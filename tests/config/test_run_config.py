from typing import Any

import pytest

from l1ad.config.loading import parse_config
from l1ad.config.run import RunConfig
from l1ad.core.errors import ConfigError


def refusal(section: str, **values: Any) -> str:
    """Parse one section that must be refused; give the message."""
    with pytest.raises(ConfigError) as caught:
        parse_config({section: values}, RunConfig, where="run.yaml")
    return str(caught.value)


@pytest.mark.parametrize(
    ("section", "key", "value", "words"),
    [
        ("training", "epochs", "many", "training.epochs = 'many': input should be a valid integer"),
        ("training", "epochs", 30.5, "training.epochs = 30.5: input should be a valid integer"),
        ("training", "epochs", 0, "training.epochs = 0: input should be greater than or equal to 1"),
        ("training", "learning_rate", -1, "training.learning_rate = -1: input should be greater than 0"),
        ("training", "learning_rate", None, "training.learning_rate = None: input should be a valid number"),
        ("training", "pruning", {"sparsity": 1}, "training.pruning.sparsity = 1: input should be less than 1"),
        ("model", "hidden", 32, "model.hidden = 32: input should be a valid tuple"),
        ("model", "backend", "keras", "model.backend = 'keras': input should be 'qkeras', 'hgq' or 'float'"),
        ("model", "weight_bits", 9, "model.weight_bits = 9: input should be less than or equal to 8"),
        ("data", "signals", ["a.h5"], "data.signals = ['a.h5']: input should be a valid dictionary"),
        ("data", "background", 3, "data.background = 3: input should be a valid string"),
        ("data", "training_fraction", 1.5, "data.training_fraction = 1.5: input should be less than 1"),
        ("firmware", "target", "ugt-vx690", "firmware.target = 'ugt-vx690': no such target; ugt-vx690t, "),
        ("firmware", "strategy", "fast", "firmware.strategy = 'fast': input should be 'latency', 'resource'"),
        (
            "firmware",
            "reuse_factor",
            0,
            "firmware.reuse_factor = 0: input should be greater than or equal to 1",
        ),
        ("rates", "colliding_bunches", 3565, "rates.colliding_bunches = 3565: input should be less than"),
        ("rates", "budgets", {}, "rates.budgets = {}: dictionary should have at least 1 item"),
        ("rates", "budgets", {"tight": 5}, "rates.budgets.tight = 5: input should be a valid string"),
    ],
)
def test_a_value_of_another_kind_or_range_is_refused_with_its_key(
    section: str, key: str, value: Any, words: str
) -> None:
    assert refusal(section, **{key: value}).startswith(f"run.yaml: {words}")


@pytest.mark.parametrize("key", ["input_type", "score_type"])
def test_a_misspelt_number_format_is_refused_in_the_words_of_the_format(key: str) -> None:
    message = refusal("model", **{key: "ap_fixd<8,3>"})
    assert message == (
        f"run.yaml: model.{key} = 'ap_fixd<8,3>': 'ap_fixd<8,3>' is not an ap_fixed or ap_ufixed type, "
        "e.g. 'ap_fixed<16,6,AP_RND_CONV,AP_SAT>'"
    )


def test_an_unknown_rounding_mode_is_answered_with_the_known_ones() -> None:
    message = refusal("model", input_type="ap_fixed<8,5,AP_RAND>")
    assert "'AP_RAND'" in message
    assert "known modes are AP_TRN, AP_TRN_ZERO, AP_RND" in message


@pytest.mark.parametrize("fractions", [(0.5, 0.5), (0.9, 0.2)])
def test_fractions_that_leave_no_events_for_the_rates_are_refused(fractions: tuple[float, float]) -> None:
    message = refusal("data", training_fraction=fractions[0], validation_fraction=fractions[1])
    assert "training_fraction and validation_fraction leave no events for the rates" in message


def test_both_streams_or_neither_are_refused() -> None:
    words = "give either colliding_bunches (zero bias) or stream_events_per_day (a preselected stream)"
    assert words in refusal("rates", stream_events_per_day=6e6)
    assert words in refusal("rates", colliding_bunches=None)


def test_a_preselected_stream_takes_the_place_of_colliding_bunches() -> None:
    document = {"rates": {"colliding_bunches": None, "stream_events_per_day": 6e6}}
    config = parse_config(document, RunConfig, where="run.yaml")
    assert (config.rates.colliding_bunches, config.rates.stream_events_per_day) == (None, 6e6)


@pytest.mark.parametrize(
    "values",
    [
        {"pruning": {"start_epoch": 20, "end_epoch": 20}},
        {"pruning": {"start_epoch": 21, "end_epoch": 20}},
        {"epochs": 19, "pruning": {"end_epoch": 20}},
    ],
)
def test_pruning_that_does_not_fit_the_epochs_is_refused(values: dict[str, Any]) -> None:
    message = refusal("training", **values)
    assert "pruning must start before it ends, and end within the epochs" in message


def test_without_sparsity_the_pruning_epochs_do_not_matter() -> None:
    config = parse_config(
        {"training": {"pruning": {"sparsity": 0.0}, "epochs": 2}}, RunConfig, where="run.yaml"
    )
    assert config.training.epochs == 2


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"hidden": []}, "an encoder needs hidden layers or convolutions"),
        ({"image": [18, 14, 1]}, "convolutions and the shape of the image they read come together"),
        ({"convolutions": [{"filters": 4}]}, "convolutions and the shape of the image they read come together"),
        ({"activation": "tanh"}, "activation tanh does not freeze with backend qkeras; relu and hard_tanh do"),
        (
            {"backend": "hgq", "activation": "hard_tanh"},
            "activation hard_tanh does not freeze",
        ),
        ({"inputs": "standardised"}, "backend qkeras needs inputs: hardware, which firmware can make"),
        ({"variational": False, "score": "kl"}, "a plain autoencoder has no σ, which score kl needs"),
        ({"layers": {"dense_3": {"weight_bits": 4}}}, "formats are given for layer dense_3; the encoder's are"),
    ],
)
def test_a_model_that_cannot_be_built_or_frozen_is_refused(values: dict[str, Any], words: str) -> None:
    assert words in refusal("model", **values)


def test_a_layer_may_have_formats_of_its_own() -> None:
    document = {"model": {"weight_bits": 5, "layers": {"dense_2": {"weight_bits": 3, "activation_bits": 4}}}}
    model = parse_config(document, RunConfig, where="run.yaml").model
    assert model.layer_names == ("dense_1", "dense_2", "dense_mean")
    assert [model.formats(name)["weight_bits"] for name in model.layer_names] == [5, 3, 5]
    assert [model.formats(name)["activation_bits"] for name in model.layer_names] == [8, 4, 8]


def test_a_signal_of_the_verdict_is_none_for_development() -> None:
    words = "is both a signal of the verdict and one for development; what choices were made by proves nothing"
    assert f"sample:a_to_4l {words}" in refusal("data", development={"mine": "sample:a_to_4l"})
    assert f"a_to_4l {words}" in refusal("data", development={"a_to_4l": "other.h5"})


@pytest.mark.parametrize("name", ["", "---"])
def test_a_name_without_a_letter_or_digit_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=f"name = '{name}': .* has no letter or digit"):
        parse_config({"name": name}, RunConfig, where="run.yaml")


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"model": {"hidden": [0, -3]}}, r"model\.hidden\.0 = 0: input should be greater than 0"),
        (
            {"training": {"learning_rate": float("inf")}},
            r"learning_rate = inf: input should be a finite",
        ),
    ],
)
def test_a_number_that_would_fail_much_later_is_refused_now(document: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        parse_config(document, RunConfig, where="run.yaml")


def test_a_reuse_factor_goes_with_strategy_resource_alone() -> None:
    assert "strategy latency shares no multiplier; set reuse_factor to 1" in refusal("firmware", reuse_factor=4)
