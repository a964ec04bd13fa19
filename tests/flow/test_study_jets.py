"""A small jets study, as a user runs it: events from Pythia, trainings, hunts, resumed; and of own files."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from l1ad.config.studies.jets import JetsConfig
from l1ad.core.errors import ConfigError, DataError
from l1ad.core.progress import silent
from l1ad.data.jet_file import JetEvents, read_jet_events, write_jet_events
from l1ad.flow.studies.jets.cut import cut_events
from l1ad.flow.studies.jets.data import prepared_events
from l1ad.flow.studies.jets.judged import Judged, event_scores
from l1ad.flow.studies.jets.regions import split_regions
from l1ad.flow.study import save_study, study
from l1ad.metrics.limits import limits_available
from l1ad.report.document import Document
from l1ad.training.environment import framework_found

pytest.importorskip("fastjet", reason="the extra 'simulate' is not installed")
pytest.importorskip("pythia8mc", reason="the extra 'simulate' is not installed")

SMALL: dict[str, Any] = {
    "data": {"made": {"chunk": 500}, "constituents": 10},
    "background": {"events": 2_000},
    "signals": [
        {
            "name": "zprime",
            "title": "Z' → tt",
            "mass_gev": 2000,
            "events": 250,
            "settings": ["NewGaugeBoson:ffbar2gmZZprime = on", "Zprime:gmZmode = 3", "32:m0 = 2000",
                         "32:onMode = off", "32:onIfAny = 6", "PhaseSpace:mHatMin = 1200"],
        }
    ],
    "families": [
        {"name": "plain", "kind": "vanilla", "inputs": "momenta", "hidden": [8], "latent": 3},
        {"name": "beta", "kind": "variational", "inputs": "normalised", "hidden": [8], "latent": 3},
    ],
    "trainings": 2,
    "fit": {"epochs": 2, "batch": 32},
    "training_share": 0.5,
    "most_jets": 400,
    "hunt": {"kept": [0.25], "folds": 2, "mass_edges_gev": [1300, 1500, 1800, 2200, 4000], "injected": 40},
}  # fmt: skip


def small(**changed: Any) -> JetsConfig:
    return JetsConfig.model_validate(SMALL | changed)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Document]:
    if not framework_found("float"):
        pytest.skip("neither the extra 'qkeras' nor 'hgq' is installed")
    folder = tmp_path_factory.mktemp("jets")
    return folder, study(small(), folder)


def results(document: Document) -> dict[str, Any]:
    return dict(json.loads(json.dumps(document.document()["data"])))


def times(folder: Path) -> dict[str, int]:
    return {
        str(path.relative_to(folder)): path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()
    }


def test_a_study_trains_scores_cuts_and_hunts(whole: tuple[Path, Document]) -> None:
    found = results(whole[1])
    counts = found["counts"]
    assert counts["training"] == pytest.approx(counts["held"], abs=2)
    assert sum(counts["mass"]) <= counts["inside"]
    assert [set(one["found"]["scores"]) for one in found["families"]] == [
        {"reconstruction"},
        {"reconstruction", "kl", "total"},
    ]
    for one in found["families"]:
        (further,) = one["further"]
        first = one["found"]["scores"][one["found"]["score"]]["signals"]["zprime"]["near"]["value"]
        assert 0 <= further["zprime"] <= 1
        assert further["zprime"] != first
        assert one["training"]["epochs"] == 2
        assert one["training"]["trained_jets"] == 400
        for score in one["found"]["scores"].values():
            for where in ("near", "all"):
                area = score["signals"]["zprime"][where]
                assert 0 <= area["low"] <= area["value"] <= area["high"] <= 1
        cut = one["found"]["cuts"]["0.25"]
        assert sum(cut["inside"]["n_total"]) == sum(counts["mass"])
        assert abs(cut["without"]["observed_sum"] / sum(counts["mass"]) - 0.25) < 0.05
        injected = cut["signals"]["zprime"]
        grown = sum(injected["with"]["observed"]) - cut["without"]["observed_sum"]
        assert -40 <= grown <= injected["injected_inside"]
        assert injected["injected"] == 40
        assert (injected["search"] is not None) == limits_available()


def test_pages_figures_and_tables_are_written(whole: tuple[Path, Document], tmp_path: Path) -> None:
    save_study(whole[1], tmp_path)
    written = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*")}
    assert {"study.md", "figures/roc_zprime.png", "figures/profile_0_25.png", "tables/closure.csv"} <= written
    assert "hunt_zprime_0_25" in (tmp_path / "study.json").read_text(encoding="utf-8")


def test_a_study_that_is_done_does_nothing_anew_and_other_cuts_train_nothing(
    whole: tuple[Path, Document],
) -> None:
    folder, document = whole
    before = times(folder)
    assert results(study(small(), folder)) == results(document)
    (single, _) = results(study(small(trainings=1), folder))["families"]
    assert single["further"] == []
    assert times(folder) == before
    changed = study(small(hunt=SMALL["hunt"] | {"kept": [0.3], "fitted_in": "sideband"}), folder)
    cut = results(changed)["families"][0]["found"]["cuts"]["0.3"]
    assert 0 < cut["inside"]["fraction"][0] < 1
    after = times(folder)
    assert {name for name in after if name not in before} == {
        name for name in after if name.startswith("trials") and name not in before
    }
    assert len(after) == len(before) + 2  # a hunt of each network; other trainings are not judged anew


def test_two_workers_make_the_same_events_and_a_stopped_one_goes_on(
    whole: tuple[Path, Document], tmp_path: Path
) -> None:
    few = small(background={"events": 700})
    paths = {workers: prepared_events(few, tmp_path / str(workers), workers=workers, progress=silent)
             for workers in (1, 2)}  # fmt: skip
    for name, path in paths[1].items():
        other = paths[2][name]
        assert path.name == other.name
        np.testing.assert_array_equal(read_jet_events(path).constituents, read_jet_events(other).constituents)
    (signal,) = (whole[0] / "data").glob("zprime_*.h5")
    assert paths[1]["zprime"].name == signal.name  # the background's number moves no signal

    class StopError(Exception):
        pass

    seen: list[int] = []

    def watching(*told: object) -> None:
        seen.append(int(str(told[0])))

    def stopping(*told: object) -> None:
        if told[0] == 1:
            raise StopError

    with pytest.raises(StopError):
        prepared_events(few, tmp_path / "stopped", workers=1, progress=stopping)
    assert len(list((tmp_path / "stopped").rglob("*.npz"))) == 1
    prepared_events(few, tmp_path / "stopped", workers=1, progress=watching)
    assert seen == [1, 2, 3]  # the first is not made again
    assert not list((tmp_path / "stopped").rglob("*.npz"))


def test_a_study_takes_the_users_own_events(whole: tuple[Path, Document], tmp_path: Path) -> None:
    folder, document = whole
    mine = {name: next((folder / "data").glob(f"{name}_*.h5")) for name in ("background", "zprime")}
    for name, path in mine.items():
        write_jet_events(tmp_path / f"{name}.h5", [read_jet_events(path)], provenance={})
    config = small(
        background={"file": str(tmp_path / "background.h5")},
        signals=[{"name": "zprime", "title": "mine", "mass_gev": 2000, "file": str(tmp_path / "zprime.h5")}],
        families=SMALL["families"][:1],
    )
    found = results(study(config, tmp_path / "study"))
    assert found["counts"]["luminosity_fb"] is None
    assert not found["made"]
    # The same events: the same network, cuts and counts.
    assert found["families"][0]["found"] == results(document)["families"][0]["found"]
    assert not (tmp_path / "study" / "data").exists()
    with pytest.raises(DataError, match="10 constituents a jet; the study wants 20"):
        study(config.model_copy(update={"data": config.data.model_copy(update={"constituents": 20})}), tmp_path)


def test_the_sideband_is_parted_at_random_and_the_signal_region_by_the_angle() -> None:
    rng = np.random.default_rng(1)
    jets = np.ones((1_000, 2, 4), np.float32)
    jets[:, :, 1] = rng.uniform(-2, 2, (1_000, 2))
    events = JetEvents(jets=jets, constituents=np.zeros((1_000, 2, 8, 3), np.float32))
    found = split_regions(events, delta_eta=1.4, training_share=0.75, seed=1)
    assert sorted(np.concatenate([found.training, found.judged])) == list(range(1_000))
    assert (events.delta_eta[found.signal] < 1.4).all()
    assert (events.delta_eta[np.concatenate([found.training, found.held])] >= 1.4).all()
    assert len(found.training) == round(0.75 * (1_000 - len(found.signal)))
    with pytest.raises(DataError, match="background events in the signal region; at least 50"):
        split_regions(events, delta_eta=0.01, training_share=0.75, seed=1)


def dijets_at(path: Path, mass_gev: float, n: int = 200) -> Path:
    """Write events of two jets back to back across the beam, of about so much mass together."""
    rng = np.random.default_rng(3)
    jets = np.zeros((n, 2, 4), np.float32)
    jets[:, :, 0] = mass_gev / 2 * rng.normal(1.0, 0.01, (n, 1))
    jets[:, 1, 2] = np.pi
    constituents = np.zeros((n, 2, 10, 3), np.float32)
    constituents[:, :, 0, 0] = jets[:, :, 0] * [1, -1]
    write_jet_events(path, [JetEvents(jets=jets, constituents=constituents)], provenance={})
    return path


@pytest.mark.parametrize(
    ("mass_gev", "background_gev", "signal_gev", "message"),
    [
        (2_000, 2_000, 3_500, "signal.h5: 0 events of the signal region within 15 % of 2000 GeV"),
        (2_000, 1_400, 2_000, "background.h5: 0 events of the signal region within 15 % of 2000 GeV"),
        (5_000, 5_000, 5_000, "signal.h5: no event of the signal region lies in hunt.mass_edges_gev, 1300 to"),
    ],
)
def test_signals_that_nothing_can_be_measured_of_are_refused_before_anything_is_trained(
    mass_gev: float, background_gev: float, signal_gev: float, message: str, tmp_path: Path
) -> None:
    config = small(
        background={"file": str(dijets_at(tmp_path / "background.h5", background_gev))},
        signals=[{"name": "mine", "title": "M", "mass_gev": mass_gev,
                  "file": str(dijets_at(tmp_path / "signal.h5", signal_gev))}],
    )  # fmt: skip
    with pytest.raises(DataError, match=message):
        study(config, tmp_path / "study")
    assert not (tmp_path / "study").exists()


def test_jets_that_a_convolutional_network_cannot_read_are_refused_before_any_is_made(tmp_path: Path) -> None:
    family = {"name": "conv", "kind": "convolutional_variational", "inputs": "momenta", "hidden": [8]}
    config = small(families=[family], data=SMALL["data"] | {"constituents": 9})
    with pytest.raises(ConfigError, match=r"27 inputs are no jet of an even number .* data.constituents"):
        study(config, tmp_path / "study")
    assert not (tmp_path / "study").exists()


@pytest.mark.parametrize("fitted_in", ["each", "sideband"])
def test_a_cut_keeps_its_fraction_where_it_was_fitted_and_passes_what_lies_above(fitted_in: str) -> None:
    rng = np.random.default_rng(2)

    def sample(n: int, shift: float, inside: float) -> Judged:
        mass = 1_300 * (1 - rng.random(n)) ** (-1 / 6)
        scores = np.exp(rng.normal(mass / 1_000 + shift, 0.4))
        return Judged(mass_gev=mass, inside=rng.random(n) < inside, scores={"total": scores})

    config = small(hunt=SMALL["hunt"] | {"fitted_in": fitted_in}).hunt
    data, signal = sample(8_000, 0.0, 0.5), sample(500, 1.5, 1.0)
    cut = cut_events(data, {"high": signal}, config, score="total", kept=0.1, seed=1)
    for one in (cut.inside, cut.outside):
        assert one.n_pass.sum() / one.n_total.sum() == pytest.approx(0.1, abs=0.02)
    assert cut.of_signal["high"].n_pass.sum() > 0.9 * cut.of_signal["high"].n_total.sum()


def test_an_events_score_is_made_of_those_of_its_jets() -> None:
    of_jets = np.array([[1.0, 3.0], [5.0, 2.0]])
    assert event_scores(of_jets, "smaller").tolist() == [1, 2]
    assert event_scores(of_jets, "larger").tolist() == [3, 5]
    assert event_scores(of_jets, "sum").tolist() == [4, 7]
