"""The file of the lepton + X study: what ships, what is refused, and with which words."""

import re
from pathlib import Path

import pytest
import yaml

from l1ad.config.studies.lepton_plus_x import LeptonPlusXConfig, MadeStreamConfig, StreamProcessConfig
from l1ad.config.study import load_study
from l1ad.core.errors import ConfigError

SHIPPED = Path(__file__).parents[2] / "configs" / "studies" / "lepton_plus_x.yaml"


def test_the_lepton_plus_x_study_that_ships_is_the_defaults_and_mentions_every_key() -> None:
    document = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    assert load_study(SHIPPED) == LeptonPlusXConfig()
    assert set(document) == set(LeptonPlusXConfig.model_fields)
    assert set(document["data"]["made"]) == set(MadeStreamConfig.model_fields)
    for process in (*document["data"]["made"]["processes"], *document["data"]["made"]["signals"]):
        assert set(process) == set(StreamProcessConfig.model_fields)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{kind: lepton_plus_x, budgets: [50 Hz]}", "'50 Hz' is no budget of a stream, e.g. '50 events/day'"),
        ("{kind: lepton_plus_x, budgets: [0 events/day]}", "'0 events/day' is no budget of a stream"),
        ("{kind: lepton_plus_x, budgets: [5 events/day, 5 events/day]}", "a budget is given twice"),
        ("{kind: lepton_plus_x, shares: [0.1, 0.1]}", "a share is given twice"),
        (
            "{kind: lepton_plus_x, data: {background: mine.h5, signals: {stream: other.h5}}}",
            "no signal can be called stream; give it another name",
        ),
        (
            "{kind: lepton_plus_x, data: {made: {signals: [{name: unseen, pythia: [a], generate: 1}]}}}",
            "no signal can be called unseen; give it another name",
        ),
        ("{kind: lepton_plus_x, split: {training: 0.6, validation: 0.4}}", "leave nothing to test on"),
        ("{kind: lepton_plus_x, data: {background: mine.h5}}", "come together: give both or neither"),
        ("{kind: lepton_plus_x, data: {signals: {a: mine.h5}}}", "come together: give both or neither"),
        ("{kind: lepton_plus_x, algorithms: [{name: a}, {name: a}]}", "two algorithms have one name"),
        (
            "{kind: lepton_plus_x, data: {made: {signals: [{name: w, pythia: [a], generate: 1}]}}}",
            "two processes or signals have one name",
        ),
        ("{kind: lepton_plus_x, fit: {epoch: 3}}", "unknown key 'fit.epoch'; did you mean 'epochs'?"),
    ],
)
def test_faults_of_the_study_are_told(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text(text)
    with pytest.raises(ConfigError, match=re.escape(message)):
        load_study(tmp_path / "study.yaml")


def test_paths_of_event_files_count_from_the_study_file(tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text(
        "{kind: lepton_plus_x, data: {background: stream.h5, signals: {mine: signal.h5}}}"
    )
    found = load_study(tmp_path / "study.yaml")
    assert isinstance(found, LeptonPlusXConfig)
    assert found.data.background == str(tmp_path / "stream.h5")
    assert found.data.signals == {"mine": str(tmp_path / "signal.h5")}


def test_a_budget_of_a_month_is_spread_over_its_days() -> None:
    config = LeptonPlusXConfig.model_validate({"luminosity": {"days_per_month": 20}})
    assert config.events_per_day("50 events/day") == 50
    assert config.events_per_day("1000 events/month") == 50
