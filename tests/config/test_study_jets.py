"""The jets study's file: what ships, what is refused, and where its paths count from."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from l1ad.config.loading import Section
from l1ad.config.studies.jets import JetsConfig
from l1ad.config.study import load_study
from l1ad.core.errors import ConfigError

SHIPPED = Path(__file__).parents[2] / "configs" / "studies" / "jets.yaml"


def same_keys(given: Any, model: Any) -> bool:
    """Tell whether a document mentions every key of a model, to the last one."""
    if isinstance(model, Section):
        names = set(type(model).model_fields)
        return set(given) == names and all(same_keys(given[name], getattr(model, name)) for name in names)
    if isinstance(model, tuple) and model and isinstance(model[0], Section):
        return all(same_keys(one, other) for one, other in zip(given, model, strict=True))
    return True


def test_the_jets_study_that_ships_is_the_defaults_and_mentions_every_key() -> None:
    assert load_study(SHIPPED) == JetsConfig()
    assert same_keys(yaml.safe_load(SHIPPED.read_text(encoding="utf-8")), JetsConfig())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{kind: jets, hunts: {}}", "unknown key 'hunts'; did you mean 'hunt'?"),
        ("{kind: jets, hunt: {mass_edges_gev: [2000, 1900, 2100]}}", "mass_edges_gev must rise"),
        ("{kind: jets, hunt: {kept: [0.01, 0.1]}}", "kept must fall"),
        ("{kind: jets, data: {mass_gev: 1500}}", "below the least dijet mass of 1500 GeV"),
        ("{kind: jets, signals: [{name: a, title: A, mass_gev: 2000}]}", "has neither a file nor Pythia"),
        (
            "{kind: jets, signals: [{name: background, title: A, mass_gev: 2000, file: a.h5}]}",
            "a signal cannot be called background",
        ),
        (
            "{kind: jets, families: [{name: a, kind: vanilla, inputs: momenta}, "
            "{name: a, kind: vanilla, inputs: normalised}]}",
            "two families have one name",
        ),
        ("{kind: jets, families: [{name: a, kind: sparse, inputs: momenta}]}", "families.0.kind = 'sparse'"),
    ],
)
def test_faults_of_a_jets_study_are_told(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text(text)
    with pytest.raises(ConfigError, match=re.escape(message)):
        load_study(tmp_path / "study.yaml")


def test_paths_of_events_count_from_the_study_file(tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text(
        "{kind: jets, background: {file: q.h5}, signals: [{name: a, title: A, mass_gev: 2000, file: s.h5}]}"
    )
    found = load_study(tmp_path / "study.yaml")
    assert isinstance(found, JetsConfig)
    assert found.background.file == str(tmp_path / "q.h5")
    assert found.signals[0].file == str(tmp_path / "s.h5")
