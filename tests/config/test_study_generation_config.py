"""The generation study's file: what ships, what is searched, what is refused."""

import re
from pathlib import Path

import pytest
import yaml

from l1ad.config.scan import Choice, Range
from l1ad.config.studies.generation import GenerationConfig, SearchSpaceConfig
from l1ad.config.studies.generation_families import GenerativeSettings, used_settings
from l1ad.config.study import load_study
from l1ad.core.errors import ConfigError

SHIPPED = Path(__file__).parents[2] / "configs" / "studies" / "generation.yaml"


def test_the_study_that_ships_is_the_defaults_and_mentions_every_key() -> None:
    document = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    assert load_study(SHIPPED) == GenerationConfig()
    assert set(document) == set(GenerationConfig.model_fields)
    assert set(document["search"]["space"]) == set(SearchSpaceConfig.model_fields)
    assert set(SearchSpaceConfig.model_fields) == set(GenerativeSettings.model_fields)


def test_a_family_is_searched_by_the_settings_that_it_has_a_use_for() -> None:
    assert "flow" not in used_settings("vae_d")
    assert {"alpha", "flow_length", "beta"} <= set(used_settings("vae_nf_d"))
    assert not {"latent", "beta"} & set(used_settings("copula_vae"))
    space = SearchSpaceConfig().of(used_settings("vae"))
    assert space["beta"] == Range(low=0.3, high=1.5, log=True)
    assert space["width"] == Choice(choices=(64, 96, 128))
    assert set(space) == set(used_settings("vae"))


def test_the_path_of_a_table_counts_from_the_file(tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text("{kind: generation, data: {table: mine.csv}}")
    found = load_study(tmp_path / "study.yaml")
    assert isinstance(found, GenerationConfig)
    assert found.data.table == str(tmp_path / "mine.csv")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "{kind: generation, families: [{name: a, kind: vae}, {name: a, kind: vae_d}]}",
            "two families have one name",
        ),
        ("{kind: generation, families: [{name: a, kind: gan}]}", "families.0.kind = 'gan'"),
        ("{kind: generation, split: {training: 0.8, validation: 0.2}}", "leave nothing to test on"),
        (
            "{kind: generation, search: {space: {beta: [1.0, 0.1]}}}",
            "two rising ends are wanted, not 1 and 0.1",
        ),
        ("{kind: generation, search: {trails: 3}}", "did you mean 'trials'?"),
        ("{kind: generation, folds: 1}", "folds"),
    ],
)
def test_faults_are_told(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text(text)
    with pytest.raises(ConfigError, match=re.escape(message)):
        load_study(tmp_path / "study.yaml")
