"""Study files: what ships, what is refused, and with which words."""

import re
from pathlib import Path

import pytest
import yaml

from l1ad.config.studies.data_quality import DataQualityConfig
from l1ad.config.study import STUDIES, load_study
from l1ad.core.errors import ConfigError

SHIPPED = sorted((Path(__file__).parents[2] / "configs" / "studies").glob("*.yaml"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_study_that_ships_loads_and_is_called_by_its_kind(path: Path) -> None:
    assert load_study(path).kind == path.stem


def test_the_data_quality_study_that_ships_is_the_defaults_and_mentions_every_key() -> None:
    path = next(path for path in SHIPPED if path.stem == "data_quality")
    assert load_study(path) == DataQualityConfig()
    assert set(yaml.safe_load(path.read_text(encoding="utf-8"))) == set(DataQualityConfig.model_fields)


def test_every_kind_of_study_is_known_by_the_kind_that_its_files_say() -> None:
    for kind, model in STUDIES.items():
        assert model.model_fields["kind"].default == kind


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("seed: 1", "kind = None is no study; kinds are data_quality"),
        ("kind: pets", "kind = 'pets' is no study"),
        ("kind: [data_quality]", "is no study"),
        ("{kind: data_quality, repetition: 3}", "unknown key 'repetition'; did you mean 'repetitions'?"),
        ("{kind: data_quality, features: []}", "features names none"),
        ("{kind: data_quality, fed_fractions: [0.5]}", "fed_fractions must rise to 1"),
        ("{kind: data_quality, fed_fractions: [1.0, 0.5]}", "fed_fractions must rise to 1"),
        ("{kind: data_quality, split: {training: 0.8, validation: 0.2}}", "leave nothing to test on"),
        (
            "{kind: data_quality, families: [{name: a, kind: sparse}, {name: a, kind: vanilla}]}",
            "two families have one name",
        ),
        (
            "{kind: data_quality, families: [{name: a, kind: contractive, backend: qkeras, activation: relu}]}",
            "a contractive network has smooth weights",
        ),
        ("{kind: data_quality, families: [{name: a, kind: sparce}]}", "families.0.kind = 'sparce'"),
        (
            "{kind: data_quality, data: {made: {severity: [0.5, 0.1]}}}",
            "severities lie between two rising ends",
        ),
        ("{kind: data_quality, data: {made: {bad_share: 0.9, harmless_share: 0.2}}}", "more than all sections"),
    ],
)
def test_faults_of_a_study_are_told(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text(text)
    with pytest.raises(ConfigError, match=re.escape(message)):
        load_study(tmp_path / "study.yaml")


def test_the_path_of_a_table_counts_from_the_study_file(tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text("{kind: data_quality, data: {table: mine.csv}}")
    found = load_study(tmp_path / "study.yaml")
    assert isinstance(found, DataQualityConfig)
    assert found.data.table == str(tmp_path / "mine.csv")
