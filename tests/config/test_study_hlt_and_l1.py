"""Files of the study of HLT and L1 objects: what ships, paths, and what is refused."""

import re
from pathlib import Path

import pytest
import yaml

from l1ad.config.studies.hlt_and_l1 import HltAndL1Config
from l1ad.config.study import load_study
from l1ad.core.errors import ConfigError

SHIPPED = Path(__file__).parents[2] / "configs" / "studies" / "hlt_and_l1.yaml"


def test_the_study_that_ships_is_the_defaults_and_mentions_every_key() -> None:
    assert load_study(SHIPPED) == HltAndL1Config().located(SHIPPED.parent)
    document = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    default = HltAndL1Config().model_dump(mode="json")
    assert set(document) == set(default)
    assert document["data"]["made"] == default["data"]["made"]
    for name, one in zip(document["families"], default["families"], strict=True):
        assert name == one
    assert document["deployed"] == default["deployed"]


def test_the_samples_that_the_study_names_ship() -> None:
    found = HltAndL1Config().located(SHIPPED.parent).data.made
    assert all(Path(path).is_file() for path in (found.zero_bias, *found.signals.values()))


def test_paths_count_from_the_study_file(tmp_path: Path) -> None:
    pair = "{l1: a.h5, hlt: b.h5}"
    text = f"{{kind: hlt_and_l1, data: {{own: {{zero_bias: {pair}, accepted: {pair}, top: {pair}}}}}}}"
    (tmp_path / "study.yaml").write_text(text)
    found = load_study(tmp_path / "study.yaml")
    assert isinstance(found, HltAndL1Config)
    assert found.data.own["top"].hlt == str(tmp_path / "b.h5")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("data: {own: {zero_bias: {l1: a, hlt: b}}}", "own events are zero_bias, accepted and at least one"),
        ("data: {made: {signals: {accepted: a.yaml}}}", "no signal can be called accepted"),
        ("split: {training: 0.9, validation: 0.1}", "leave nothing to test on"),
        (
            "deployed: {name: a, kind: vanilla, backend: qkeras, activation: relu}",
            "what is deployed is a sparse",
        ),
        ("deployed: {name: a, kind: sparse}", "with backend qkeras or hgq"),
        (
            "deployed: {name: vanilla, kind: sparse, backend: qkeras, activation: relu}",
            "two networks have one name",
        ),
        ("false_positive_rates: [0.001, 0.01]", "false_positive_rates and stream_shares fall"),
        ("trainings: 1", "trainings = 1"),
    ],
)
def test_faults_are_told(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text(f"kind: hlt_and_l1\n{text}")
    with pytest.raises(ConfigError, match=re.escape(message)):
        load_study(tmp_path / "study.yaml")
