"""The study of metrics without signal: its plan, what spoilt versions are shown, and a small one as a whole."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from l1ad.config.studies.without_signal import VersionsConfig, WithoutSignalConfig
from l1ad.core.errors import DataError, UnresolvedRateError
from l1ad.core.layouts import numbered_inputs
from l1ad.core.plain import plain
from l1ad.data.event_writer import write_events
from l1ad.data.events import EventBatch
from l1ad.data.opening import load_events
from l1ad.flow.studies.without_signal.inputs import Parts, background_parts, shown_events
from l1ad.flow.studies.without_signal.plan import Version, planned_versions
from l1ad.flow.study import save_study, study
from l1ad.metrics.without_signal import METRICS
from l1ad.report.document import Document
from l1ad.training.environment import framework_found

GRID = "ap_fixed<8,5,AP_RND_CONV,AP_SAT>"
N_EVENTS = 9_000


@pytest.fixture(scope="module")
def background(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first events of the shipped zero bias, as a file of its own."""
    path = tmp_path_factory.mktemp("events") / "zero_bias.h5"
    write_events(path, load_events("sample:zero_bias", stop=N_EVENTS), {})
    return path


def small(background: Path, **changed: Any) -> WithoutSignalConfig:
    given: dict[str, Any] = {
        "data": {
            "background": str(background), "signals": {"top": "sample:ttbar", "four_leptons": "sample:a_to_4l"},
            "training_events": 1_024, "validation_events": 512, "metric_events": 464,
        },
        "versions": {
            "number": 13, "bad_share": 0.4, "faults": ["untrained", "collapsed", "wrong_shift", "one_step"],
            "kinds": [{"kind": "sparse", "share": 0.7, "weight": [0.1, 1.0]},
                      {"kind": "vanilla", "share": 0.3}],
            "shapes": [{"hidden": [8], "latent": 3}], "events": [1_024, 300], "few_events": 100,
            "epochs": [2, 3],
        },
        "batch": 256, "false_positive_rates": [0.01, 0.001], "density_events": 300, "candidates": 4,
    }  # fmt: skip
    return WithoutSignalConfig.model_validate(given | changed)


def skip_without_framework() -> None:
    if not framework_found("float"):
        pytest.skip("neither the extra 'qkeras' nor 'hgq' is installed")


@pytest.fixture(scope="module")
def whole(background: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Document]:
    skip_without_framework()
    folder = tmp_path_factory.mktemp("study")
    return folder, study(small(background), folder)


def test_the_plan_that_ships_has_every_fault_and_every_family_in_its_share() -> None:
    config = WithoutSignalConfig()
    versions = planned_versions(config)
    assert len(versions) == config.versions.number >= 100
    assert len({one.name for one in versions}) == len({one.seed for one in versions}) == len(versions)
    faults = Counter(one.fault for one in versions if one.fault is not None)
    assert set(faults.values()) == {3}
    assert set(faults) == set(config.versions.faults)
    families = Counter(one.kind for one in versions if one.fault is None)
    # 84 in proportions 5, 3, 1 and 1; of equal remainders the first named is rounded up.
    assert families == {"variational": 42, "sparse": 25, "vanilla": 9, "contractive": 8}
    assert {one.kind for one in versions if one.fault is not None} == {"variational", "sparse"}
    assert planned_versions(config) == versions
    assert planned_versions(config.model_copy(update={"seed": 2})) != versions


def test_sound_versions_lie_within_the_plan_and_cover_it() -> None:
    config = WithoutSignalConfig()
    plan = config.versions
    sound = [one for one in planned_versions(config) if one.fault is None]
    weights = {str(one.kind): one.weight for one in plan.kinds}
    for one in sound:
        assert weights[one.kind][0] <= one.weight <= weights[one.kind][1]
        assert plan.learning_rate[0] <= one.learning_rate <= plan.learning_rate[1]
        assert plan.epochs[0] <= one.epochs <= plan.epochs[1]
    assert {one.epochs for one in sound} == set(range(plan.epochs[0], plan.epochs[1] + 1))
    combinations = Counter((one.hidden, one.latent, one.inputs, one.events) for one in sound)
    assert max(combinations.values()) - min(combinations.values()) <= 1
    assert len(combinations) == 3 * 2 * 3


def test_a_version_comes_back_from_json() -> None:
    for one in planned_versions(WithoutSignalConfig()):
        assert Version.of(json.loads(json.dumps(plain(one)))) == one


def parts_of(background: Path) -> Parts:
    return background_parts(str(background), 1_024, 512, 464)


def version(fault: str | None, inputs: str = "hardware", events: int = 1_024) -> Version:
    config = WithoutSignalConfig(versions=VersionsConfig())
    sound = next(one for one in planned_versions(config) if one.fault is None)
    given = plain(sound) | {"fault": fault, "inputs": inputs, "events": events, "seed": 7}
    return Version.of(given)


def test_parts_of_zero_bias_have_no_event_in_common(background: Path) -> None:
    parts, raw = parts_of(background), load_events(background).inputs_raw
    joined = [parts.background.inputs_raw, parts.validation, parts.metrics, parts.thresholds]
    np.testing.assert_array_equal(np.concatenate(joined), raw)
    with pytest.raises(DataError, match="9000 events, of which 9000 are seen before thresholds are set"):
        background_parts(str(background), 8_000, 500, 500)


@pytest.mark.parametrize("inputs", ["hardware", "standardised"])
def test_faults_in_use_leave_the_training_alone(background: Path, inputs: str) -> None:
    parts = parts_of(background)
    sound = shown_events(version(None, inputs), parts, GRID)
    np.testing.assert_array_equal(sound.in_use(parts.background.inputs_raw), sound.training)
    for fault in ("truncated_pt", "moved_inputs", "wrong_shift"):
        spoilt = shown_events(version(fault, inputs), parts, GRID)
        np.testing.assert_array_equal(spoilt.training, sound.training)
        assert not np.array_equal(spoilt.in_use(parts.metrics), sound.in_use(parts.metrics)), fault


def test_a_wrong_shift_is_four_times_the_pt_and_nothing_else(background: Path) -> None:
    parts = parts_of(background)
    sound, spoilt = (shown_events(version(one, "standardised"), parts, GRID) for one in (None, "wrong_shift"))
    factor = np.array([4.0 if field.quantity == "pt" else 1.0 for field in parts.layout.fields])
    np.testing.assert_allclose(spoilt.in_use(parts.metrics), factor * sound.in_use(parts.metrics), rtol=1e-6)


def test_shuffled_columns_keep_each_input_and_break_what_binds_them(background: Path) -> None:
    parts = parts_of(background)
    sound, spoilt = (shown_events(version(one), parts, GRID) for one in (None, "shuffled_columns"))
    np.testing.assert_array_equal(np.sort(spoilt.training, axis=0), np.sort(sound.training, axis=0))
    # The leading jet bounds the second one; once shuffled it does not.
    first, second = (parts.layout.names.index(f"jet_{slot}_pt") for slot in (1, 2))
    assert np.corrcoef(sound.training[:, first], sound.training[:, second])[0, 1] > 0.4
    assert abs(np.corrcoef(spoilt.training[:, first], spoilt.training[:, second])[0, 1]) < 5 / 32
    np.testing.assert_array_equal(spoilt.in_use(parts.metrics), sound.in_use(parts.metrics))


def test_noise_has_the_mean_and_width_of_each_input(background: Path) -> None:
    parts = parts_of(background)
    sound, spoilt = (shown_events(version(one), parts, GRID) for one in (None, "noise"))
    n, width = len(sound.training), sound.training.std(axis=0)
    apart = np.abs(spoilt.training.mean(axis=0) - sound.training.mean(axis=0))
    assert (apart <= 5 * width / np.sqrt(n) + 1e-6).all()
    np.testing.assert_allclose(spoilt.training.std(axis=0), width, rtol=0.15, atol=1e-6)


def test_half_of_the_inputs_are_dead_in_training_and_in_use(background: Path) -> None:
    parts = parts_of(background)
    spoilt = shown_events(version("dead_inputs", "standardised"), parts, GRID)
    sound = shown_events(version(None, "standardised"), parts, GRID)
    dead = ~spoilt.in_use(parts.background.inputs_raw).any(axis=0)
    assert np.count_nonzero(dead) >= 57 // 2
    assert not spoilt.training[:, dead].any()
    np.testing.assert_array_equal(spoilt.training[:, ~dead], sound.training[:, ~dead])


def test_unscaled_inputs_are_hardware_integers(background: Path) -> None:
    parts = parts_of(background)
    spoilt = shown_events(version("unscaled"), parts, GRID)
    np.testing.assert_array_equal(spoilt.in_use(parts.metrics), parts.metrics)


def test_few_events_are_repeated_to_all(background: Path) -> None:
    parts = parts_of(background)
    shown = shown_events(version("few_events", events=100), parts, GRID)
    assert len(shown.training) == 1_024
    assert len(np.unique(shown.training, axis=0)) <= 100
    np.testing.assert_array_equal(shown.training[:100], shown.training[100:200])


def test_a_small_study_measures_every_metric_of_every_version(whole: tuple[Path, Document]) -> None:
    folder, document = whole
    data = document.document()["data"]
    assert len(data["versions"]) == len(list((folder / "trials").glob("*.json"))) == 13
    assert data["unusable"] == {}
    assert data["events"] == {"training": 1_024, "validation": 512, "metrics": 464, "thresholds": 7_000}
    by_squares, by_error = data["scores"]["mean_squares"], data["scores"]["reconstruction"]
    # Vanilla networks have no score Σµ²; all five bad ones are of the other family.
    assert (by_squares["sound"], by_squares["bad"]) == (6, 5)
    assert (by_error["sound"], by_error["bad"]) == (8, 5)
    for score in (by_squares, by_error):
        assert list(score["metrics"]) == list(METRICS)
        assert [point["allowed"] for point in score["points"].values()] == [70, 7]
        assert all(
            0 < point["lowest"] <= point["median"] <= point["highest"] < 1 for point in score["points"].values()
        )
        for metric in score["metrics"].values():
            assert set(metric["by_signal"]) == {"top", "four_leptons"}
            assert metric["area"]["low"] <= metric["area"]["value"] <= metric["area"]["high"]
    names = {one["name"]: one for one in data["versions"]}
    assert names["untrained_01"]["epochs"] == 0
    assert names["one_step_01"]["epochs"] == 1


def test_what_is_trained_reconstructs_better_than_what_is_not(whole: tuple[Path, Document]) -> None:
    data = whole[1].document()["data"]
    for one in data["versions"]:
        loss = one["metrics"]["reconstruction"]["reconstruction"]
        others = [
            two["metrics"]["reconstruction"]["reconstruction"]
            for two in data["versions"]
            if two["fault"] is None and two["settings"]["inputs"] == one["settings"]["inputs"]
        ]
        if one["fault"] in ("untrained", "wrong_shift"):
            assert loss > max(others), one["name"]


def test_the_small_study_is_written_with_its_figures(whole: tuple[Path, Document], tmp_path: Path) -> None:
    save_study(whole[1], tmp_path)
    written = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*")}
    assert {
        "study.html", "study.md", "figures/signals_mean_squares.png", "figures/scatter_mean_squares_m1.png",
        "tables/trust_reconstruction_table.csv",
    } <= written  # fmt: skip


def test_it_resumes_with_two_workers_to_the_same_results(
    whole: tuple[Path, Document], background: Path, tmp_path: Path
) -> None:
    for path in sorted((whole[0] / "trials").glob("*.json"))[:10]:
        (tmp_path / "trials").mkdir(exist_ok=True)
        (tmp_path / "trials" / path.name).write_bytes(path.read_bytes())
    again = study(small(background), tmp_path, workers=2)
    assert without_times(again) == without_times(whole[1])


def test_what_is_asked_of_the_versions_later_trains_nothing(
    whole: tuple[Path, Document], background: Path
) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in (whole[0] / "trials").iterdir()}
    study(small(background, candidates=3, within_factor=2.0), whole[0])
    assert {path.name: path.stat().st_mtime_ns for path in (whole[0] / "trials").iterdir()} == before


def test_events_that_do_not_suit_are_refused_before_anything_is_trained(
    background: Path, tmp_path: Path
) -> None:
    with pytest.raises(UnresolvedRateError, match="7000 background events cannot resolve FPR 1e-4"):
        study(small(background, false_positive_rates=[1e-4]), tmp_path)
    other = tmp_path / "other.h5"
    write_numbers(other)
    data = small(background).data.model_copy(update={"signals": {"mine": str(other)}})
    with pytest.raises(DataError, match="signal 'mine': events of layout '3_signed_inputs_of_8_bits', not"):
        study(small(background).model_copy(update={"data": data}), tmp_path)
    assert not (tmp_path / "trials").exists()


def test_events_that_were_replaced_in_place_are_read_anew(background: Path, tmp_path: Path) -> None:
    path, config = tmp_path / "mine.h5", small(background, false_positive_rates=[1e-4])
    config = config.model_copy(update={"data": config.data.model_copy(update={"background": str(path)})})
    for n in (N_EVENTS, N_EVENTS - 1_000):
        write_events(path, load_events("sample:zero_bias", stop=n), {})
        with pytest.raises(UnresolvedRateError, match=f"{n - 2_000} background events cannot resolve"):
            study(config, tmp_path / "study")


def write_numbers(path: Path) -> None:
    layout = numbered_inputs(3, width=8, signed=True)
    inputs = np.ones((5, 3), layout.dtype)
    events = EventBatch(layout=layout, inputs_raw=inputs, event_number=np.arange(5), sample="numbers")
    write_events(path, events, {})


def without_times(document: Document) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(json.dumps(document.document()["data"]))
    for one in data["versions"]:
        one.pop("seconds")
    return data
