"""A study from Python."""

from pathlib import Path
from typing import Any

import pytest

import l1ad
from l1ad.core.errors import ConfigError
from l1ad.training.environment import framework_found

SMALL: dict[str, Any] = {
    "kind": "data_quality",
    "data": {"made": {"runs": 6, "sections": 100}},
    "features": ["met_", "vertex_"],
    "families": [{"name": "plain", "kind": "vanilla", "hidden": [8], "latent": 3}],
    "fit": {"epochs": 2, "batch": 64},
    "repetitions": 2,
    "fed_fractions": [1.0],
}


def test_a_study_shows_its_first_tables_and_holds_its_numbers(tmp_path: Path) -> None:
    if not framework_found("float"):
        pytest.skip("neither the extra 'qkeras' nor 'hgq' is installed")
    found = l1ad.study(SMALL, tmp_path, progress=False)
    assert found.page == tmp_path / "study.html"
    assert found.page.is_file()
    family = found.document()["families"][0]
    shown = next(table for table in found.tables() if table.name == "family_auc")
    assert shown.rows[0][0] == family["name"] == "plain"
    assert shown.rows[0][2].startswith(f"{family['auc']['reconstruction']['spread']['mean']:.4f}")
    assert any(remark.startswith("trainings: 0 of 2 failed") for remark in found.remarks())
    assert found.headline().startswith("Data quality")


def test_a_study_of_no_known_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="study: kind = 'pets' is no study; kinds are"):
        l1ad.study({**SMALL, "kind": "pets"}, tmp_path / "study")
    with pytest.raises(ConfigError, match="study: unknown key 'famillies'"):
        l1ad.study({**SMALL, "famillies": []}, tmp_path / "study")
    assert not (tmp_path / "study").exists()
