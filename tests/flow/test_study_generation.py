"""A small generation study, as a user runs it: on events of Pythia, and on a table of the user's."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from l1ad.config.studies.generation import GenerationConfig, GenerationSplitConfig
from l1ad.core.errors import DataError
from l1ad.core.progress import silent
from l1ad.data.z_gamma import NAMES, ZGammaTable
from l1ad.flow.studies.generation.data import prepared_events, split_events
from l1ad.flow.studies.generation.measures import halves_of_test, measured
from l1ad.flow.studies.generation.search import searched_settings
from l1ad.flow.studies.generation.summary import alike_ones, ranks_of
from l1ad.flow.study import save_study, study
from l1ad.metrics.repetitions import repeated
from l1ad.rates.intervals import clopper_pearson
from l1ad.report.document import Document
from l1ad.training.environment import framework_found

FEW: dict[str, Any] = {"batch": 50, "width": 8, "layers": 1, "latent": 3, "flow_length": 1}
SMALL: dict[str, Any] = {
    "data": {"made": {"background": 1_900, "signal": 250}},
    "split": {"training": 0.34, "validation": 0.33},
    "families": [{"name": "VAE", "kind": "vae", "settings": FEW},
                 {"name": "copula-VAE+D", "kind": "copula_vae_d", "settings": FEW}],
    "fit": {"epochs": 3},
    "search": {"trials": 1, "epochs": 3},
    "repetitions": 2,
    "folds": 2,
}  # fmt: skip


def small(**changed: Any) -> GenerationConfig:
    return GenerationConfig.model_validate(SMALL | changed)


def skip_without(*packages: str) -> None:
    for package in packages:
        pytest.importorskip(package, reason=f"{package} is not installed")
    if not framework_found("float"):
        pytest.skip("neither the extra 'qkeras' nor 'hgq' is installed")


def data_of(document: Document) -> dict[str, Any]:
    data = json.loads(json.dumps(document.document()["data"]))
    for family in data["families"]:
        family.pop("seconds")
    return dict(data)


def files(folder: Path) -> dict[str, int]:
    return {str(path.relative_to(folder)): path.stat().st_mtime_ns for path in sorted(folder.rglob("*.json"))}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Document]:
    skip_without("pythia8mc", "fastjet", "optuna")
    folder = tmp_path_factory.mktemp("study")
    return folder, study(small(), folder)


def test_a_study_measures_what_every_family_generates_and_finds(whole: tuple[Path, Document]) -> None:
    data = data_of(whole[1])
    assert [one["name"] for one in data["families"]] == ["VAE", "copula-VAE+D"]
    vae, copula = data["families"]
    assert set(vae["scores"]) == {"reconstruction", "latent", "divergence", "latent_pca"}
    assert set(copula["scores"]) == {"reconstruction", "latent", "flow_density", "uniform_outliers",
                                     "discriminator", "latent_pca"}  # fmt: skip
    for one in (vae, copula):
        distances = one["distances"]
        assert distances["ks"]["spread"]["n"] == 2
        assert 0 < distances["ks"]["mean"]["low"] <= distances["ks"]["mean"]["value"] < 1
        assert 0 < distances["classifier_auc"]["mean"]["value"] < 1
        assert len(one["tried"]) == 1
        for counts, variable in zip(one["counts"], data["variables"], strict=True):
            assert len(counts) == len(variable["counts"]) == len(variable["edges"]) - 1
    assert max(one["spread"]["mean"] for one in data["floor"]["relations"].values()) < 1e-9
    assert set(data["best"]) == {"distribution", "correlation", "classifier", "overall"}


def test_the_first_settings_that_are_tried_are_the_given_ones(whole: tuple[Path, Document]) -> None:
    first = data_of(whole[1])["families"][0]["tried"][0]["settings"]
    assert first["latent"] == 3
    assert first["beta"] == 1.0


def test_a_search_takes_the_settings_of_the_least_distance_and_learns_from_what_failed() -> None:
    pytest.importorskip("optuna", reason="the extra 'search' is not installed")
    asked: list[list[dict[str, Any]]] = []

    def run(definitions: Sequence[dict[str, Any]], before: int) -> list[dict[str, Any]]:
        assert before == sum(map(len, asked))
        asked.append(list(definitions))
        return [{"distance": None if one["settings"]["latent"] == 6 else abs(one["settings"]["beta"] - 0.6)}
                for one in definitions]  # fmt: skip

    config = GenerationConfig.model_validate(
        {"families": [{"name": "a", "kind": "vae"}, {"name": "b", "kind": "vae_d", "settings": {"width": 77}}],
         "search": {"trials": 6, "first_trials": 4, "epochs": 9}}
    )  # fmt: skip
    chosen = searched_settings(config, {"seed": 1}, run)
    assert [len(one) for one in asked] == [8, 2, 2]
    assert all(one["fit"]["epochs"] == 9 and one["stage"] == "search" for found in asked for one in found)
    for one in chosen:
        known = [each for each in one.tried if each.distance is not None]
        best = min(known, key=lambda each: each.distance or 0.0)
        assert one.settings.beta == best.settings["beta"]
        assert one.tried[0].settings["beta"] == 1.0
    assert chosen[1].tried[0].settings["width"] == 77
    assert [one.tried for one in searched_settings(config, {"seed": 1}, rerun(asked))] == [
        one.tried for one in chosen
    ]


def rerun(asked: list[list[dict[str, Any]]]) -> Callable[[Sequence[dict[str, Any]], int], list[dict[str, Any]]]:
    """Give what runs trials as before, and asserts that they are the same."""
    rounds = iter(list(asked))

    def run(definitions: Sequence[dict[str, Any]], before: int) -> list[dict[str, Any]]:
        del before
        assert list(definitions) == next(rounds)
        return [{"distance": None if one["settings"]["latent"] == 6 else abs(one["settings"]["beta"] - 0.6)}
                for one in definitions]  # fmt: skip

    return run


def test_a_study_that_is_done_does_nothing_anew(whole: tuple[Path, Document]) -> None:
    folder, document = whole
    before = files(folder)
    assert study(small(), folder).document() == document.document()
    assert files(folder) == before


def test_a_study_that_lost_trials_comes_to_the_same_results(whole: tuple[Path, Document]) -> None:
    folder, document = whole
    (folder / "search" / sorted(path.name for path in (folder / "search").iterdir())[0]).unlink()
    lost = next(path for path in sorted((folder / "trials").iterdir()) if "final" in path.read_text())
    lost.unlink()
    assert data_of(study(small(), folder)) == data_of(document)


def test_two_workers_simulate_the_same_events(tmp_path: Path) -> None:
    skip_without("pythia8mc", "fastjet")
    data = small(data={"made": {"background": 120, "signal": 60}}).data
    first, second = (
        prepared_events(data, tmp_path / str(workers), workers=workers, progress=silent) for workers in (1, 2)
    )
    assert first.name == second.name
    assert first.read_bytes() == second.read_bytes()


def test_a_study_is_written_with_its_figures(whole: tuple[Path, Document], tmp_path: Path) -> None:
    save_study(whole[1], tmp_path)
    written = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*")}
    assert {
        "study.html",
        "study.md",
        "figures/variable_m_lly.png",
        "figures/correlations_difference.png",
        "figures/pulls.pdf",
        "figures/roc_1_vae.png",
        "tables/comparison_table.csv",
    } <= written


def made_up(seed: int, n: int, mass: float) -> np.ndarray[Any, np.dtype[np.float64]]:
    rng = np.random.default_rng(seed)
    found = rng.uniform(0.1, 3.0, size=(n, 18))
    found[:, NAMES.index("m_lly")] = rng.normal(mass, 10.0, n)
    found[:, NAMES.index("e_Zy")] = 2 * found[:, NAMES.index("m_lly")] + rng.normal(0, 1, n)
    for name in ("n_j", "n_cj"):
        found[:, NAMES.index(name)] = rng.integers(0, 3, n)
    return found


def test_a_table_of_the_user_is_studied_without_a_search(tmp_path: Path) -> None:
    skip_without()
    rows = [(*row, 0) for row in made_up(1, 450, 130.0)] + [(*row, 1) for row in made_up(2, 120, 250.0)]
    lines = [",".join(map(str, row)) for row in rows]
    (tmp_path / "mine.csv").write_text("\n".join([",".join([*NAMES, "is_x"]), *lines]))
    config = small(
        data={"table": str(tmp_path / "mine.csv"), "label": "is_x"}, search=None, repetitions=1,
        families=[{"name": "flow", "kind": "vae_nf", "settings": FEW}], fit={"epochs": 20},
    )  # fmt: skip
    data = data_of(study(config, tmp_path / "study"))
    (family,) = data["families"]
    assert family["tried"] == []
    assert family["scores"]["reconstruction"]["mean"]["value"] > 0.9
    assert data["mass_gev"] is None
    assert str(tmp_path) not in json.dumps(data)


def test_the_background_is_dealt_out_once() -> None:
    background = np.arange(1_000.0 * 18).reshape(1_000, 18)
    table = ZGammaTable(background=background, signal=background[:200], digest="")
    split = split_events(table, GenerationSplitConfig(training=0.5, validation=0.2), seed=1)
    assert (len(split.training), len(split.validation), len(split.test)) == (500, 200, 300)
    every = np.concatenate([split.training, split.validation, split.test])
    np.testing.assert_array_equal(np.sort(every[:, 0]), background[:, 0])
    with pytest.raises(DataError, match="50 events of validation are too few; at least 100 are wanted"):
        split_events(table, GenerationSplitConfig(training=0.5, validation=0.05), seed=1)


def test_a_variable_of_the_background_that_never_varies_is_named() -> None:
    background = made_up(4, 600, 130.0)
    background[:, NAMES.index("n_cj")] = 0
    table = ZGammaTable(background=background, signal=background[:200], digest="")
    with pytest.raises(DataError, match="'n_cj' is the same in all 300 background events of training"):
        split_events(table, GenerationSplitConfig(training=0.5, validation=0.25), seed=1)


def test_a_table_in_the_format_of_the_studys_own_events_is_refused(tmp_path: Path) -> None:
    data = small(data={"table": str(tmp_path / "mine.npz")}).data
    with pytest.raises(DataError, match="a table of Zγ events is CSV, Parquet or HDF5, no"):
        prepared_events(data, tmp_path, workers=1, progress=silent)


def test_true_events_are_alike_by_every_measure() -> None:
    rng = np.random.default_rng(1)
    test = made_up(3, 1_200, 130.0)
    first, second = halves_of_test(test, 1, 0)
    found = measured(first, second, test, folds=3, seed=1)
    assert found["events"] == 600
    # The mean of Kolmogorov's distribution is 0.87 √(2/n).
    assert np.mean(found["distances"]["ks"]) < 1.6 * 0.87 * np.sqrt(2 / 600)
    accuracy = found["classifier"]["accuracy"]
    assert abs(accuracy["value"] - 0.5) < 0.08
    assert clopper_pearson(round(1_200 * accuracy["value"]), 1_200) == (accuracy["low"], accuracy["high"])
    far = measured(first, second + rng.normal(0, 1, second.shape), test, folds=3, seed=1)
    assert far["classifier"]["auc"]["low"] > found["classifier"]["auc"]["high"]


def record(repetition: int, ks: float, correlation: float, area: float) -> dict[str, Any]:
    return {
        "repetition": repetition,
        "distances": {"ks": [ks, ks], "correlation": correlation},
        "classifier": {"auc": {"value": area}},
    }


def test_families_are_ranked_within_each_repetition() -> None:
    found = ranks_of(
        {
            "a": [record(0, 0.1, 0.3, 0.60), record(1, 0.1, 0.3, 0.48)],
            "b": [record(0, 0.2, 0.2, 0.70), record(1, 0.2, 0.2, 0.40), record(2, 0.0, 0.0, 0.5)],
        },
        seed=1,
    )
    assert found["a"]["distribution"].spread.mean == 1
    assert found["a"]["correlation"].spread.mean == 2
    # An area below 0.5 sees no difference: the second repetition is a tie.
    assert found["b"]["classifier"].spread.mean == pytest.approx((2 + 1.5) / 2)
    assert found["a"]["overall"].spread.mean == pytest.approx(((1 + 2 + 1) / 3 + (1 + 2 + 1.5) / 3) / 2)


def test_families_whose_ranges_overlap_that_of_the_best_are_alike() -> None:
    rng = np.random.default_rng(1)
    values = {name: repeated(list(found), rng) for name, found in
              {"a": (1.0, 3.0), "b": (2.9, 4.0), "c": (3.1, 5.0)}.items()}  # fmt: skip
    assert alike_ones(values) == ("a", ("b",))
