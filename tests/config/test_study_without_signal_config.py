"""The file of the study of metrics without signal: what ships, what is refused, and where paths count from."""

import re
from pathlib import Path

import pytest
import yaml

from l1ad.config.studies.without_signal import FAULTS, VersionsConfig, WithoutSignalConfig
from l1ad.config.study import load_study
from l1ad.core.errors import ConfigError

SHIPPED = Path(__file__).parents[2] / "configs" / "studies" / "without_signal.yaml"


def test_the_study_that_ships_is_the_defaults_and_mentions_every_key() -> None:
    assert load_study(SHIPPED) == WithoutSignalConfig()
    document = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    assert set(document) == set(WithoutSignalConfig.model_fields)
    assert set(document["versions"]) == set(VersionsConfig.model_fields)


def test_at_least_a_hundred_versions_ship_with_every_fault() -> None:
    versions = WithoutSignalConfig().versions
    assert versions.number >= 100
    assert set(versions.faults) == set(FAULTS)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("versions: {number: 20}", "20 versions, 6 of them bad, leave some of 12 faults"),
        ("versions: {faults: [noise, noise]}", "faults names something twice"),
        ("versions: {faults: [nonsense]}", "versions.faults.0 = 'nonsense'"),
        (
            "versions: {learning_rate: [0.01, 0.001]}",
            "learning_rate lies between rising ends, not 0.01 and 0.001",
        ),
        ("versions: {kinds: [{kind: sparse, share: 1, weight: [2, 1]}]}", "kinds.sparse.weight lies between"),
        ("versions: {kinds: [{kind: vanilla, share: 1}]}", "no kind has a penalty that could collapse it"),
        ("versions: {events: [70000]}", "versions want 70000 distinct events of 65000"),
        ("data: {validation_events: 1000}", "1000 events to train on or to validate are less than one batch"),
        ("data: {metric_events: 100}\nsubsets: 101", "100 metric_events cannot be cut into 101 subsets"),
        ("false_positive_rates: [0.001, 0.001]", "false_positive_rates names one twice"),
        ("input_type: ap_fixd<8,5>", "input_type"),
        ("candidate: 3", "unknown key 'candidate'; did you mean 'candidates'?"),
    ],
)
def test_faults_of_the_file_are_told(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text(f"kind: without_signal\n{text}\n")
    with pytest.raises(ConfigError, match=re.escape(message)):
        load_study(tmp_path / "study.yaml")


def test_paths_count_from_the_study_file_and_samples_stay(tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text(
        "{kind: without_signal, data: {background: mine.h5, signals: {mine: other.h5, top: 'sample:ttbar'}}}"
    )
    found = load_study(tmp_path / "study.yaml")
    assert isinstance(found, WithoutSignalConfig)
    assert found.data.background == str(tmp_path / "mine.h5")
    assert found.data.signals == {"mine": str(tmp_path / "other.h5"), "top": "sample:ttbar"}
