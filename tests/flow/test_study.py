"""A small data-quality study, as a user runs it: whole, killed and resumed, changed, and of a user's table."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from l1ad.config.studies.data_quality import DataQualityConfig, SplitConfig
from l1ad.core.errors import ConfigError, DataError
from l1ad.data.quality_table import read_quality_table
from l1ad.flow.studies.data_quality.split import split_sections
from l1ad.flow.studies.trials import definition_digest, run_trials
from l1ad.flow.study import save_study, study
from l1ad.report.document import Document
from l1ad.training.environment import framework_found

FAMILIES = [
    {"name": "plain", "kind": "vanilla", "hidden": [8], "latent": 3},
    {"name": "beta", "kind": "variational", "hidden": [8], "latent": 3, "weight": 0.5},
]
SMALL = {
    "data": {"made": {"runs": 6, "sections": 100}},
    "features": ["met_", "vertex_"],
    "families": FAMILIES,
    "fit": {"epochs": 2, "batch": 64},
    "repetitions": 2,
    "fed_fractions": [0.5, 1.0],
}
TRIALS = 2 + 2 * 2 * 2
"""Those of the references, and of families, repetitions and parts."""


def small(**changed: Any) -> DataQualityConfig:
    return DataQualityConfig.model_validate(SMALL | changed)


def without_times(document: Document) -> dict[str, Any]:
    """Give the results but for how long they took."""
    data = json.loads(json.dumps(document.document()["data"]))
    for family in data["families"]:
        family.pop("seconds")
    return dict(data)


def files(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in sorted((folder / "trials").glob("*.json"))}


def skip_without_framework() -> None:
    if not framework_found("float"):
        pytest.skip("neither the extra 'qkeras' nor 'hgq' is installed")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Document]:
    skip_without_framework()
    folder = tmp_path_factory.mktemp("study")
    return folder, study(small(), folder)


def test_a_study_measures_every_family_and_what_needs_no_training(whole: tuple[Path, Document]) -> None:
    folder, document = whole
    data = document.document()["data"]
    assert [one["name"] for one in data["families"]] == ["plain", "beta"]
    assert [one["name"] for one in data["references"]] == ["largest deviation", "distance", "PCA"]
    assert [one["deployable"] for one in data["families"]] == [False, True]
    assert set(data["families"][1]["auc"]) == {"reconstruction", "mean_squares", "kl"}
    for one in (*data["families"], *data["references"]):
        for kind in one["auc"].values():
            assert 0 < kind["mean"]["low"] <= kind["mean"]["value"] <= kind["mean"]["high"] < 1
            assert kind["spread"]["n"] == 2
    for one in data["families"]:
        assert [fed["sections"] for fed in one["fed"]] == [180, 360]
        assert one["epochs"] == 2
    counts = data["counts"]
    assert counts["training"] == 360
    assert counts["validation"] == 120
    assert counts["test_good"] + counts["test_bad"] == 120
    assert sum(counts["modes"].values()) == 600
    assert len(files(folder)) == TRIALS


def test_the_table_of_the_study_is_kept_with_what_made_it(whole: tuple[Path, Document]) -> None:
    folder, document = whole
    (table,) = (folder / "data").iterdir()
    found = read_quality_table(table, ["met_"])
    assert found.digest == document.document()["data"]["digest"]
    assert found.rows.features.shape == (600, 35)


def test_two_workers_make_the_same_table(whole: tuple[Path, Document], tmp_path: Path) -> None:
    from l1ad.core.progress import silent
    from l1ad.flow.studies.data_quality.sections import prepared_table

    again = prepared_table(small().data, tmp_path, workers=2, progress=silent)
    (table,) = (whole[0] / "data").iterdir()
    assert again.name == table.name
    assert again.read_bytes() == table.read_bytes()


def test_a_study_is_written_as_a_page_with_its_figures(whole: tuple[Path, Document], tmp_path: Path) -> None:
    page = save_study(whole[1], tmp_path)
    assert page == tmp_path / "study.html"
    written = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*")}
    assert {
        "study.md",
        "study.json",
        "figures/mode_auc.png",
        "figures/fed_auc.pdf",
        "tables/family_auc.csv",
    } <= written


def test_a_study_that_is_done_trains_nothing_anew(whole: tuple[Path, Document]) -> None:
    folder, document = whole
    before = files(folder)
    told: list[tuple[int, int, str]] = []
    again = study(small(), folder, progress=lambda *one: told.append(one))
    assert files(folder) == before
    assert again.document() == document.document()
    assert told[-1] == (TRIALS, TRIALS, "trainings")


def test_a_changed_family_is_all_that_is_trained_anew(whole: tuple[Path, Document]) -> None:
    folder, _ = whole
    before = files(folder)
    changed = study(small(families=[FAMILIES[0], FAMILIES[1] | {"weight": 2.0}]), folder)
    after = files(folder)
    assert {name: after[name] for name in before} == before
    assert len(after) == TRIALS + 4
    assert changed.document()["data"]["families"][0] == study(small(), folder).document()["data"]["families"][0]


PROGRAM = """
import json, sys
from pathlib import Path
from l1ad.config.studies.data_quality import DataQualityConfig
from l1ad.flow.study import study
if __name__ == "__main__":
    study(DataQualityConfig.model_validate(json.loads(sys.argv[1])), Path(sys.argv[2]))
"""


def test_a_study_that_is_killed_goes_on_to_the_same_results(
    whole: tuple[Path, Document], tmp_path: Path
) -> None:
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, json.dumps(SMALL), str(tmp_path)])
    wait_for(lambda: len(files(tmp_path)) >= 4, process)
    process.kill()
    process.wait()
    kept = files(tmp_path)
    assert 4 <= len(kept) < TRIALS
    resumed = study(small(), tmp_path)
    assert {name: at for name, at in files(tmp_path).items() if name in kept} == kept
    assert without_times(resumed) == without_times(whole[1])


def wait_for(done: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 300
    while not done():
        assert process.poll() is None, "the study ended before it could be killed"
        assert time.monotonic() < until
        time.sleep(0.002)


def test_a_record_of_another_trial_or_of_none_is_refused(tmp_path: Path) -> None:
    def work(_: Any) -> dict[str, Any]:
        return {"value": 3}

    from l1ad.core.progress import silent

    definitions = [{"a": 1}, {"a": 2}]
    assert run_trials(work, definitions, tmp_path, workers=1, progress=silent) == [{"value": 3}] * 2
    first, second = (tmp_path / f"{definition_digest(one)[:16]}.json" for one in definitions)
    first.write_text(second.read_text())
    with pytest.raises(DataError, match="the record of another trial; delete it"):
        run_trials(work, definitions, tmp_path, workers=1, progress=silent)
    first.write_text("{")
    with pytest.raises(DataError, match="not the record of a trial"):
        run_trials(work, definitions, tmp_path, workers=1, progress=silent)


def test_ctrl_c_keeps_the_trials_that_are_done(tmp_path: Path) -> None:
    from l1ad.core.progress import silent

    def work(definition: Any) -> dict[str, Any]:
        if definition["a"] == 2:
            raise KeyboardInterrupt
        return {"value": definition["a"]}

    with pytest.raises(KeyboardInterrupt):
        run_trials(work, [{"a": 1}, {"a": 2}], tmp_path, workers=1, progress=silent)
    assert [json.loads(path.read_text())["result"] for path in tmp_path.glob("*.json")] == [{"value": 1}]


def test_splits_take_shares_of_all_sections_and_test_every_bad_one() -> None:
    good = np.random.default_rng(1).random(1_000) < 0.9
    split = split_sections(good, SplitConfig(), seed=1, repetition=0)
    assert (len(split.training), len(split.validation)) == (600, 200)
    np.testing.assert_array_equal(split.bad, np.flatnonzero(~good))
    every = np.concatenate([split.training, split.validation, split.good, split.bad])
    np.testing.assert_array_equal(np.sort(every), np.arange(1_000))
    np.testing.assert_array_equal(split.fed(0.5), split.training[:300])
    other = split_sections(good, SplitConfig(), seed=1, repetition=1)
    assert not np.array_equal(other.training, split.training)


def test_too_many_bad_sections_for_the_shares_are_refused() -> None:
    good = np.arange(100) < 80
    with pytest.raises(DataError, match="60 sections to train on and 20 to validate, of 100 with 80 good ones"):
        split_sections(good, SplitConfig(), seed=1, repetition=0)


def test_one_bad_section_is_too_few() -> None:
    with pytest.raises(DataError, match="1 of 100 sections are bad; at least 2 are tested on"):
        split_sections(np.arange(100) > 0, SplitConfig(), seed=1, repetition=0)


def test_a_file_and_the_folder_of_another_study_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="file: is a file; name a folder"):
        study(small(), tmp_path / "file")
    (tmp_path / "study.json").write_text(json.dumps({"data": {"kind": "jets"}}))
    with pytest.raises(
        ConfigError, match="holds a study of the kind 'jets'; give one of 'data_quality' another"
    ):
        study(small(), tmp_path)


def test_a_broken_record_is_told_before_other_trials_are_done(tmp_path: Path) -> None:
    from l1ad.core.progress import silent

    done: list[int] = []

    def work(definition: Any) -> dict[str, Any]:
        done.append(definition["a"])
        return {}

    (tmp_path / f"{definition_digest({'a': 2})[:16]}.json").write_text("{")
    with pytest.raises(DataError, match="not the record of a trial"):
        run_trials(work, [{"a": 1}, {"a": 2}], tmp_path, workers=1, progress=silent)
    assert done == []


def test_a_table_of_the_user_is_studied(tmp_path: Path) -> None:
    skip_without_framework()
    rng = np.random.default_rng(1)
    good = np.arange(500) % 8 != 0
    line = rng.normal(size=(500, 1)) * np.array([[1.0, 2.0, -1.0, 0.5]]) + 0.1 * rng.normal(size=(500, 4))
    line[~good, 2] += 1.0
    lines = [
        ",".join(map(str, [*row, int(one)])) for row, one in zip(line.tolist(), good.tolist(), strict=True)
    ]
    (tmp_path / "mine.csv").write_text("\n".join(["a,b,c,d,certified", *lines]))
    config = small(
        data={"table": str(tmp_path / "mine.csv"), "label": "certified"}, features="all",
        families=[{"name": "plain", "kind": "vanilla", "hidden": [4], "latent": 1}], fed_fractions=[1.0],
        fit={"epochs": 60, "batch": 50, "learning_rate": 0.02}, repetitions=2,
    )  # fmt: skip
    data = study(config, tmp_path / "study").document()["data"]
    assert not data["made"]
    assert data["counts"]["modes"] == {"bad": 63, "none": 437}
    assert data["families"][0]["auc"]["reconstruction"]["mean"]["low"] > 0.9
    assert data["concordance"] is None
    assert str(tmp_path) not in json.dumps(data)
