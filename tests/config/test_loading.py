import re
from pathlib import Path

import pytest

from l1ad.config.loading import load_config, parse_config
from l1ad.config.run import RunConfig
from l1ad.config.sample import PoolConfig, SampleConfig
from l1ad.core.errors import ConfigError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "run.yaml"


def refusal(file: Path, text: str) -> str:
    """Load a run configuration that must be refused; give the message."""
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(file, RunConfig)
    return str(caught.value)


def test_an_empty_file_means_every_default(file: Path) -> None:
    file.write_text("# nothing yet\n", encoding="utf-8")
    assert load_config(file, RunConfig) == RunConfig()


def test_what_is_left_out_keeps_its_default(file: Path) -> None:
    file.write_text("training: {epochs: 40}\n", encoding="utf-8")
    config = load_config(file, RunConfig)
    assert config.training.epochs == 40
    assert config.model_copy(update={"training": RunConfig().training}) == RunConfig()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("trainning: {}", "unknown key 'trainning'; did you mean 'training'?"),
        ("training: {epohcs: 3}", "unknown key 'training.epohcs'; did you mean 'epochs'?"),
        ("model: {latnet: 3}", "unknown key 'model.latnet'; did you mean 'latent'?"),
        ("firmware: {stratgy: latency}", "unknown key 'firmware.stratgy'; did you mean 'strategy'?"),
    ],
)
def test_an_unknown_key_is_refused_with_its_path_and_a_suggestion(file: Path, text: str, words: str) -> None:
    assert refusal(file, text) == f"{file}: {words}"


def test_an_unknown_key_like_no_other_is_answered_with_the_known_ones(file: Path) -> None:
    message = refusal(file, "rates: {zzz: 1}")
    assert message.endswith(
        "unknown key 'rates.zzz'; known here are colliding_bunches, stream_events_per_day, budgets, "
        "pure_budgets"
    )


def test_an_unknown_key_of_a_detector_is_looked_up_among_the_detectors_keys() -> None:
    document = {"name": "a", "events": 1, "detector": {"em_stochastik": 2.0}}
    with pytest.raises(ConfigError, match=re.escape("'detector.em_stochastik'; did you mean 'em_stochastic'?")):
        parse_config(document, PoolConfig, where="pool.yaml")


def test_further_faults_are_counted(file: Path) -> None:
    assert refusal(file, "training: {epohcs: 3, seed: -1}").endswith("(and 1 more)")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "none.yaml"
    with pytest.raises(ConfigError, match=re.escape(f"{path}: no such configuration file")):
        load_config(path, RunConfig)


def test_a_folder_is_no_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="a folder; name one of its files"):
        load_config(tmp_path, RunConfig)


def test_text_that_is_not_yaml_is_refused_in_one_line_with_the_place(file: Path) -> None:
    message = refusal(file, "training: [1,\nmodel: }")
    assert message.startswith(f"{file}: not YAML (")
    assert "line 2" in message
    assert "\n" not in message


def test_bytes_that_are_not_text_are_refused(file: Path) -> None:
    file.write_bytes(b"name: \xff\xfe")
    with pytest.raises(ConfigError, match="'utf-8' codec can't decode byte 0xff"):
        load_config(file, RunConfig)


@pytest.mark.parametrize(("text", "found"), [("- a\n- b", "list"), ("3", "int"), ("word", "str")])
def test_a_document_that_is_no_mapping_is_refused(file: Path, text: str, found: str) -> None:
    message = refusal(file, text)
    assert "'key: value'" in message
    assert message.endswith(f"not {found}")


def test_a_section_that_is_no_mapping_is_refused(file: Path) -> None:
    assert "training = [1]: input should be a valid dictionary" in refusal(file, "training: [1]")


def test_a_missing_key_is_named() -> None:
    with pytest.raises(ConfigError, match=re.escape("sample.yaml: key 'title' is missing (and 3 more)")):
        parse_config({"name": "a"}, SampleConfig, where="sample.yaml")


def test_a_configuration_is_not_changed_after_it_was_read() -> None:
    with pytest.raises(ValueError, match="frozen"):
        RunConfig().training.epochs = 3  # type: ignore[misc]


def test_a_key_given_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    path.write_text("training:\n  seed: 1\n  seed: 2\n")
    with pytest.raises(ConfigError, match="key 'seed' is given twice"):
        load_config(path, RunConfig)
