"""A small study of HLT and L1 objects, as a user runs it: whole, resumed, of a user's files, and deployed."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from l1ad.config.run import DataConfig
from l1ad.config.studies.families import FamilyConfig
from l1ad.config.studies.hlt_and_l1 import HltAndL1Config
from l1ad.core.errors import ConfigError, DataError
from l1ad.core.progress import silent
from l1ad.core.trigger_file import load_trigger, trigger_digest
from l1ad.data.event_writer import write_events
from l1ad.data.opening import load_events
from l1ad.emulate.engine import emulate
from l1ad.flow.run_directory import RunDirectory
from l1ad.flow.studies.deploy import deployed_run, frozen_member
from l1ad.flow.studies.hlt_and_l1.data import BothFiles, prepared_views
from l1ad.flow.studies.hlt_and_l1.events import VIEWS, read_both
from l1ad.flow.studies.hlt_and_l1.trial import read_scores
from l1ad.flow.study import save_study, study
from l1ad.flow.verified_events import events_of_run
from l1ad.report.document import Document
from l1ad.training.environment import framework_found
from l1ad.training.families.registry import family_of

BARE = ["PartonLevel:MPI = off", "PartonLevel:ISR = off", "PartonLevel:FSR = off", "HadronLevel:all = off"]
QUICK = ["WeakSingleBoson:ffbar2gmZ = on", "23:onMode = off", "23:onIfAny = 11 13", *BARE]
POOL = {
    "name": "tiny", "minimum_bias": QUICK, "events": 60, "seed": 5,
    "hard": [{"name": "w", "pythia": ["WeakSingleBoson:ffbar2W = on", *BARE], "events": 30}],
}  # fmt: skip
SMALL: dict[str, Any] = {
    "families": [{"name": "plain", "kind": "vanilla", "hidden": [8], "latent": 2, "activation": "relu"}],
    "deployed": {
        "name": "tiny", "kind": "variational", "hidden": [8], "latent": 2, "activation": "relu",
        "backend": "qkeras",
    },
    "fit": {"epochs": 2, "batch": 64},
    "trainings": 2,
    "false_positive_rates": [0.2, 0.1],
    "stream_shares": [0.5],
}  # fmt: skip


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sample files of zero bias and a signal over a pool of bare Z and W, which is kept beside them."""
    pytest.importorskip("pythia8mc", reason="Pythia is not installed")
    pytest.importorskip("fastjet", reason="FastJet is not installed")
    if not framework_found("qkeras"):
        pytest.skip("the extra 'qkeras' is not installed")
    folder = tmp_path_factory.mktemp("samples")
    (folder / "pool.yaml").write_text(yaml.safe_dump(POOL))
    common = {"title": "-", "pool": "pool.yaml", "events": 100, "pileup": {"mean": 0.5}}
    top = {"name": "heavy", "pythia": [*QUICK, "PhaseSpace:mHatMin = 300"]}
    (folder / "zero_bias.yaml").write_text(yaml.safe_dump({"name": "zero_bias", **common}))
    (folder / "heavy.yaml").write_text(yaml.safe_dump({"name": "heavy", **common, "processes": [top]}))
    return folder


@pytest.fixture(scope="module")
def small(samples: Path) -> HltAndL1Config:
    made = {
        "zero_bias": str(samples / "zero_bias.yaml"), "signals": {"heavy": str(samples / "heavy.yaml")},
        "events": 500, "accepted_crossings": 500, "signal_events": 60, "accepted_lowest_weight": 0.1,
    }  # fmt: skip
    return HltAndL1Config.model_validate(SMALL | {"data": {"made": made}})


@pytest.fixture(scope="module")
def whole(
    small: HltAndL1Config, samples: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Document]:
    folder = tmp_path_factory.mktemp("study")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(samples / "cache"))
        return folder, study(small, folder)


def trials(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in sorted((folder / "trials").glob("*.json"))}


def test_every_network_is_asked_about_both_views(whole: tuple[Path, Document]) -> None:
    folder, document = whole
    data = document.document()["data"]
    asked = [(one["trained"]["family"], one["trained"]["view"], one["trained"]["stream"], one["scored"])
             for one in data["cells"]]  # fmt: skip
    assert set(asked) == {
        (family, view, stream, scored)
        for family, view, stream in (
            ("plain", "l1", "zero_bias"), ("plain", "hlt", "zero_bias"), ("plain", "hlt", "accepted"),
            ("tiny", "l1", "zero_bias"),
        )
        for scored in ("l1", "hlt")
    }  # fmt: skip
    assert len(trials(folder)) == 4 * 2
    for one in data["cells"]:
        found = one["signals"]["heavy"]
        assert 0 <= found["auc"]["repeated"]["mean"]["low"] <= found["auc"]["repeated"]["mean"]["high"] <= 1
        assert list(found["efficiency"]) == ["20 %", "10 %"]
        assert (
            found["pure"]["20 %"]["repeated"]["spread"]["mean"]
            <= (found["efficiency"]["20 %"]["repeated"]["spread"]["mean"])
        )
        assert found["stream"]["50 %"]["repeated"]["spread"]["mean"] <= data["accepted_signals"]["heavy"]
        own = one["trained"]["view"] == one["scored"]
        assert (one["same_events"]["spread"]["mean"] == pytest.approx(1.0)) == own


def test_every_entry_of_the_layout_has_its_row_for_both_views(whole: tuple[Path, Document]) -> None:
    entries = whole[1].document()["data"]["entries"]["plain"]
    assert {view: len(rows) for view, rows in entries.items()} == {"l1": 57, "hlt": 57}
    met = entries["l1"][0]
    assert (met["name"], met["unit"]) == ("met_pt", "GeV")
    assert met["events"] <= 200
    phi = [one for one in entries["hlt"] if one["unit"] == "rad" and one["events"]]
    assert all(one["width"] < np.pi for one in phi)


def test_the_views_of_a_sample_are_kept_and_name_the_same_events(whole: tuple[Path, Document]) -> None:
    folder, document = whole
    for name, events in (("zero_bias", 500), ("heavy", 60)):
        l1, hlt = (load_events(next((folder / "data").glob(f"{name}_*_{view}.h5"))) for view in ("l1", "hlt"))
        assert len(l1) == events
        np.testing.assert_array_equal(l1.event_number, hlt.event_number)
    accepted = load_events(next((folder / "data").glob("accepted_*_l1.h5")))
    assert accepted.menu is not None and accepted.menu_bits is not None
    assert accepted.menu_bits[:, accepted.menu.unprescaled].any(axis=1).all()
    assert set(document.document()["data"]["counts"]) >= {"training, accepted", "test, heavy"}


def test_a_study_that_is_done_trains_nothing_anew_and_what_is_lost_alone(
    whole: tuple[Path, Document], small: HltAndL1Config
) -> None:
    folder, document = whole
    before = trials(folder)
    assert study(small, folder).document() == document.document()
    assert trials(folder) == before
    lost = next((folder / "scores").glob("*.npz"))
    kept = read_scores(lost)
    lost.unlink()
    study(small, folder)
    after = trials(folder)
    assert [name for name in before if before[name] != after[name]] == [f"{lost.stem}.json"]
    for view, of in read_scores(lost).items():
        for name, values in of.items():
            np.testing.assert_array_equal(values, kept[view][name])


def test_two_workers_make_the_same_events(
    whole: tuple[Path, Document], small: HltAndL1Config, samples: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("XDG_CACHE_HOME", str(samples / "cache"))
    prepared_views(small.data, tmp_path, workers=2, progress=silent)
    next(tmp_path.glob("heavy_*_hlt.h5")).unlink()  # one view alone is no sample: it is made again
    prepared_views(small.data, tmp_path, workers=1, progress=silent)
    made = {path.name: path.read_bytes() for path in (whole[0] / "data").glob("*.h5")}
    assert {path.name: path.read_bytes() for path in tmp_path.glob("*.h5")} == made


def test_the_users_own_files_are_studied(whole: tuple[Path, Document], tmp_path: Path) -> None:
    folder, document = whole
    own = {
        name: {view: str(next((folder / "data").glob(f"{name}_*_{view}.h5"))) for view in ("l1", "hlt")}
        for name in ("zero_bias", "accepted", "heavy")
    }
    config = HltAndL1Config.model_validate(SMALL | {"data": {"own": own}})
    before = trials(folder)
    again = study(config, folder).document()["data"]
    assert trials(folder) == before  # the same events by their digests
    assert again["cells"] == json.loads(json.dumps(document.document()["data"]["cells"]))
    assert not again["made"]
    shuffled = tmp_path / "other.h5"
    events = load_events(own["heavy"]["hlt"])
    write_events(shuffled, events.take(np.arange(len(events))[::-1]), {})
    own["heavy"]["hlt"] = str(shuffled)
    wrong = HltAndL1Config.model_validate(SMALL | {"data": {"own": own}})
    with pytest.raises(DataError, match="has other event numbers than"):
        study(wrong, tmp_path / "study")


def test_what_is_deployed_scores_in_firmware_words_what_keras_scored(whole: tuple[Path, Document]) -> None:
    folder, document = whole
    deployed = document.document()["data"]["deployed"]
    assert deployed["run"] == "algorithms/tiny"
    trigger = load_trigger(folder / deployed["run"] / "trigger.json")
    trial = trigger.provenance["study"]
    assert isinstance(trial, dict)
    assert trial["definition"]["repetition"] + 1 == deployed["training"]
    keras = read_scores(folder / "scores" / f"{trial['trial'][:16]}.npz")["l1"]["zero_bias"]
    events = load_events(next((folder / "data").glob("zero_bias_*_l1.h5"))).select(300, 500)
    raw = emulate(trigger, events.inputs_raw).score_raw
    lsb = trigger.score.result.lsb
    highest = 2**trigger.score.result.width - 1
    np.testing.assert_array_equal(raw, np.minimum(np.floor(keras / float(lsb)), highest))


def test_the_run_directory_has_the_studys_events_and_is_left_as_it_is(whole: tuple[Path, Document]) -> None:
    run = RunDirectory.open(whole[0] / "algorithms" / "tiny")
    assert (run.config.data.training_fraction, run.config.data.validation_fraction) == (0.5, 0.1)
    events = events_of_run(run, run.trigger())
    assert [name for name, _ in events.places] == ["crafted", "drawn", "background", "heavy"]
    assert len(dict(events.places)["background"]) == 200


def test_a_new_algorithm_of_the_same_name_gets_a_directory_of_its_own(
    whole: tuple[Path, Document], small: HltAndL1Config
) -> None:
    folder, _ = whole
    assert small.deployed is not None
    first = load_trigger(folder / "algorithms" / "tiny" / "trigger.json")
    digest = trigger_digest(first)
    others = [
        path for path in (folder / "frozen").glob("*.json") if trigger_digest(load_trigger(path)) != digest
    ]
    found = [
        deployed_run(folder / "algorithms", path, small.deployed, DataConfig(), input_type=small.input_type)
        for path in (others[0], others[0])
    ]
    assert found[0] == found[1]
    assert found[0].name.startswith("tiny_")
    assert trigger_digest(load_trigger(folder / "algorithms" / "tiny" / "trigger.json")) == digest


def test_what_firmware_cannot_score_is_not_deployed(whole: tuple[Path, Document]) -> None:
    scaling = load_trigger(whole[0] / "algorithms" / "tiny" / "trigger.json").scaling
    for config in (FamilyConfig(name="a", kind="vanilla", backend="qkeras", activation="relu"),
                   FamilyConfig(name="a", kind="sparse")):  # fmt: skip
        with pytest.raises(ConfigError, match="is not deployed; sparse and variational are"):
            frozen_member(family_of(config).built(57, seed=0), scaling, config, {})


def test_users_events_that_would_be_counted_wrong_are_refused(
    whole: tuple[Path, Document], tmp_path: Path
) -> None:
    files = {
        name: {view: next((whole[0] / "data").glob(f"{name}_*_{view}.h5")) for view in VIEWS}
        for name in ("zero_bias", "accepted", "heavy")
    }
    zero_bias, signal = load_events(str(files["zero_bias"]["l1"])), load_events(str(files["heavy"]["l1"]))
    weights = np.linspace(0.5, 1.5, len(signal))
    for name, events, hlt, message in (
        ("heavy", replace(signal, weight=weights), files["heavy"]["hlt"], "'heavy' have different weights"),
        ("accepted", zero_bias, files["zero_bias"]["hlt"], "are taken by no unprescaled seed of L1's menu"),
    ):
        write_events(tmp_path / f"{name}.h5", events, {})
        given = {one: BothFiles(**paths) for one, paths in files.items()}
        given[name] = BothFiles(l1=tmp_path / f"{name}.h5", hlt=hlt)
        with pytest.raises(DataError, match=message):
            read_both(given)


def test_a_signal_cannot_stand_for_zero_bias(small: HltAndL1Config, samples: Path, tmp_path: Path) -> None:
    made = small.data.made.model_copy(update={"zero_bias": str(samples / "heavy.yaml")})
    config = small.data.model_copy(update={"made": made})
    with pytest.raises(ConfigError, match="zero_bias must be zero bias, without processes"):
        prepared_views(config, tmp_path, workers=1, progress=silent)


def test_the_study_is_written_as_a_page_with_its_figures(whole: tuple[Path, Document], tmp_path: Path) -> None:
    save_study(whole[1], tmp_path)
    written = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*")}
    assert {
        "study.html", "study.md", "figures/cross_auc.png", "figures/met_profile.png",
        "figures/turn_on_plain_hlt.pdf", "tables/entries_plain.csv", "tables/stream_figures.csv",
    } <= written  # fmt: skip
