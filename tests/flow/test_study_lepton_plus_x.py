"""A small lepton + X study: made by Pythia, trained as runs, measured, resumed and changed; and its split."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from l1ad.config.studies.lepton_plus_x import LeptonPlusXConfig, StreamSplitConfig
from l1ad.core.errors import DataError
from l1ad.core.layout import InputLayout
from l1ad.core.progress import silent
from l1ad.core.trigger_file import load_trigger
from l1ad.data.event_file import read_events
from l1ad.data.event_writer import write_events
from l1ad.data.events import EventBatch
from l1ad.emulate.engine import emulate
from l1ad.flow.run_directory import RunDirectory
from l1ad.flow.studies.lepton_plus_x.data import prepared_stream
from l1ad.flow.studies.lepton_plus_x.split import drawn_copies, split_stream
from l1ad.flow.studies.lepton_plus_x.study import lepton_plus_x_study
from l1ad.report.studies.lepton_plus_x.document import lepton_plus_x_document
from l1ad.report.studies.lepton_plus_x.results import LeptonPlusXResults
from l1ad.report.studies.lepton_plus_x.scores import ScoreKind
from l1ad.simulate.features import features_layout
from l1ad.training.environment import framework_found

W = ["WeakSingleBoson:ffbar2W = on", "24:onMode = off", "24:onIfAny = 11 13"]
TOP = ["Top:gg2ttbar = on", "Top:qqbar2ttbar = on"]
LEPTOQUARK = [
    "LeptoQuark:gg2LQLQbar = on",
    "42:m0 = 80",
    "42:mMin = 60",
    "42:mMax = 100",
    "42:0:products = 5 15",
]
ALGORITHM = {"hidden": [6], "latent": 2}


def small(**changed: Any) -> LeptonPlusXConfig:
    document = {
        "data": {
            "made": {
                "processes": [
                    {"name": "w", "title": "W", "pythia": W, "generate": 400, "factor": 1.2},
                    {"name": "ttbar", "pythia": TOP, "generate": 150},
                ],
                "signals": [{"name": "lq", "title": "LQ", "pythia": LEPTOQUARK, "generate": 350}],
            }
        },
        "shares": [0.2],
        "algorithms": [{"name": "vae", **ALGORITHM}, {"name": "quantised", "backend": "qkeras", **ALGORITHM}],
        "fit": {"epochs": 4, "batch_events": 16},
        "generated_events": 200,
    }
    return LeptonPlusXConfig.model_validate(document | changed)


def events_of(label: int, n_events: int, weight: float, names: tuple[str, ...] = ("a", "b")) -> EventBatch:
    layout, rng = features_layout(), np.random.default_rng(label)
    raw = rng.integers(layout.raw_min, np.minimum(layout.raw_max, 200) + 1, (n_events, layout.n_inputs))
    return EventBatch(
        layout=layout, inputs_raw=raw.astype(layout.dtype), event_number=np.arange(n_events),
        sample=names[label], weight=np.full(n_events, weight), label=np.full(n_events, label),
        label_names=names,
    )  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, LeptonPlusXResults]:
    for package in ("pythia8mc", "fastjet"):
        pytest.importorskip(package, reason="the extra 'simulate' is not installed")
    if not framework_found("qkeras"):
        pytest.skip("the extra 'qkeras' is not installed")
    folder = tmp_path_factory.mktemp("study")
    return folder, lepton_plus_x_study(small(), folder)


def test_the_stream_is_mixed_by_cross_section_filter_and_factor(whole: tuple[Path, LeptonPlusXResults]) -> None:
    _, results = whole
    boson, top = results.accounts
    assert (boson.generated, top.generated) == (400, 150)
    assert boson.passed == boson.training + boson.unseen
    assert boson.filtered_pb == pytest.approx(boson.cross_section_pb * boson.passed / 400)
    assert results.stream_pb == pytest.approx(boson.filtered_pb + top.filtered_pb)
    assert results.events_per_day == pytest.approx(results.stream_pb * 1000 * 5 / 30)
    assert results.effective < results.unseen == boson.unseen + top.unseen


def test_every_score_is_measured_and_no_budget_beyond_the_sample_is_called_measured(
    whole: tuple[Path, LeptonPlusXResults],
) -> None:
    _, results = whole
    assert [one.name for one in results.of_kind(ScoreKind.FLOAT)] == [
        "vae total", "vae reconstruction", "vae KL", "vae Σµ²",
    ]  # fmt: skip
    assert [one.name for one in results.of_kind(ScoreKind.DEPLOYABLE)] == ["quantised Σµ², frozen"]
    assert [one.name for one in results.of_kind(ScoreKind.SUPERVISED)] == ["network for lq", "trees for lq"]
    for one in results.scores:
        assert {at.name for at in one.points} | set(one.refused) == set(results.points)
        for at in one.points:
            assert at.extrapolated or at.effective_pass >= 5
            assert at.extrapolated or at.name == "20 % of the stream"
            found = at.signals["lq"]
            assert 0 <= found.efficiency.low <= found.efficiency.value <= found.efficiency.high <= 1
            assert found.events_pb.low <= found.events_pb.value <= found.events_pb.high
            assert sum(at.composition.values()) == pytest.approx(1) or not at.n_pass
    for told in results.of_kind(ScoreKind.SUPERVISED):
        assert told.auc["lq"].value > 0.8  # it is told the signal


def test_an_algorithm_of_the_study_is_a_run_whose_frozen_scores_are_those_measured(
    whole: tuple[Path, LeptonPlusXResults],
) -> None:
    folder, results = whole
    run = RunDirectory.open(folder / "algorithms" / "quantised")
    assert run.config.rates.stream_events_per_day == pytest.approx(results.events_per_day)
    assert Path(run.config.firmware.folder) == folder / "firmware"
    trigger = load_trigger(run.trigger_file)
    (file,) = run.path.glob("study_scores_*.npz")
    (unseen,) = (folder / "data").glob("*/unseen.h5")
    with np.load(file, allow_pickle=False) as found:
        np.testing.assert_array_equal(
            found["unseen/score_word"], emulate(trigger, read_events(unseen).inputs_raw).score_raw
        )


def test_generated_events_are_compared_feature_by_feature(whole: tuple[Path, LeptonPlusXResults]) -> None:
    _, results = whole
    assert set(results.overlays) == {"vae", "quantised"}
    for one in results.overlays["vae"]:
        for shares in (one.true, one.prior, one.codes):
            assert shares.sum() == pytest.approx(1)
        assert 0 <= one.of_codes.kolmogorov <= 1
    assert [one.name for one in results.overlays["vae"]] == list(features_layout().names)


def test_a_study_that_is_done_is_read_again_and_one_that_changed_keeps_the_run_before(
    whole: tuple[Path, LeptonPlusXResults],
) -> None:
    folder, results = whole
    before = {path: path.stat().st_mtime_ns for path in folder.glob("**/*.npz")}
    again = lepton_plus_x_study(small(), folder)
    assert {path: path.stat().st_mtime_ns for path in folder.glob("**/*.npz")} == before
    assert json.dumps(again.document()) == json.dumps(results.document())
    algorithms = [
        {"name": "vae", **ALGORITHM},
        {"name": "quantised", "backend": "qkeras", **ALGORITHM, "beta": 1},
    ]
    lepton_plus_x_study(small(algorithms=algorithms), folder)
    kept = [path.name.split(".")[0] for path in (folder / "algorithms").iterdir()]
    assert sorted(kept) == ["quantised", "quantised", "vae"]
    assert RunDirectory.open(folder / "algorithms" / "quantised").config.training.loss.beta == 1


def test_the_document_says_what_is_extrapolated(whole: tuple[Path, LeptonPlusXResults]) -> None:
    document = lepton_plus_x_document(whole[1])
    verdicts = {one.what: one.found for one in document.verdicts}
    assert (
        "measured" in verdicts["budget: 50 events/day"] or "no threshold" in verdicts["budget: 50 events/day"]
    )
    assert "emulator: quantised" in verdicts["deployable"]
    json.dumps(document.document(), allow_nan=False)


def test_parts_of_a_split_share_no_event_and_each_has_the_cross_sections_of_the_whole() -> None:
    processes = [events_of(0, 200, 0.5), events_of(1, 60, 3.0)]
    split = split_stream(processes, StreamSplitConfig(training=0.5, validation=0.2), np.random.default_rng(1))
    first, second = split.seen
    stream = split.stream.inputs_raw
    parts = (stream[:first], stream[first : first + second], split.unseen.inputs_raw)
    rows = [set(map(bytes, part)) for part in parts]
    assert not rows[0] & rows[1] and not (rows[0] | rows[1]) & rows[2]
    assert split.unseen.label is not None and split.stream.label is not None
    for label, total in ((0, 100.0), (1, 180.0)):
        assert split.unseen.weights[split.unseen.label == label].sum() == pytest.approx(total)
    # 100 events of 0.5 + 30 of 3 are worth 180 to 320 pb: the second process is 64 % of what is trained on.
    assert np.mean(split.stream.label[:first]) == pytest.approx(180 / 280, abs=0.03)
    # None of the unseen ones that runs count is there twice.
    unseen = split.stream.inputs_raw[first + second :]
    assert len(set(map(bytes, unseen))) == len(unseen)
    assert split.stream.weight is None
    assert split.counts == ({"a": 140, "b": 42}, {"a": 60, "b": 18})


def test_events_are_drawn_in_proportion_to_their_weights() -> None:
    weights = np.array([1.0, 2.0, 0.5, 0.5])
    drawn = np.concatenate([drawn_copies(weights, np.random.default_rng(seed)) for seed in range(2000)])
    np.testing.assert_allclose(np.bincount(drawn) / 2000, [1, 2, 0.5, 0.5], atol=0.05)


def test_a_process_of_a_handful_of_events_is_refused() -> None:
    with pytest.raises(DataError, match="a: 3 events are too few to split in three"):
        split_stream([events_of(0, 3, 1.0)], StreamSplitConfig(), np.random.default_rng(1))


def test_events_that_one_of_them_outweighs_are_refused() -> None:
    events = events_of(0, 100, 1.0)
    heavy = replace(events, weight=np.geomspace(1e-12, 1e12, 100) ** 3)
    with pytest.raises(DataError, match="give more events, or weights less unlike"):
        split_stream([heavy], StreamSplitConfig(), np.random.default_rng(1))


def test_a_study_shows_what_was_trained_in_another_environment(tmp_path: Path) -> None:
    """QKeras and HGQ2 cannot be installed side by side: each trains its own, and both are compared."""
    other = Path(__file__).parents[2] / ".venv-hgq" / "bin" / "python"
    if not framework_found("qkeras") or not other.exists():
        pytest.skip("needs both environments that `make test` makes")
    stream = events_of(0, 400, 0.5)
    write_events(tmp_path / "stream.h5", stream, {})
    write_events(tmp_path / "signal.h5", events_of(1, 60, 1.0), {})
    data = {"background": str(tmp_path / "stream.h5"), "signals": {"mine": str(tmp_path / "signal.h5")}}
    algorithms = [{"name": one, "backend": one, **ALGORITHM} for one in ("float", "qkeras", "hgq")]
    budgets = ["10000 events/day"]  # a third of the stream: no tail has to be fitted
    config, folder = small(data=data, algorithms=algorithms, budgets=budgets), tmp_path / "out"
    here = lepton_plus_x_study(config, folder)
    assert {one.name for one in here.trainings} == {"float", "qkeras"}
    assert set(here.p_values.processes) == {"a"}  # the file names "b" too, and has no event of it
    json.dumps(here.document(), allow_nan=False)
    assert "the same command adds it" in here.left_out["hgq"]
    trained = {path: path.stat().st_mtime_ns for path in folder.glob("**/*.npz")}
    written = tmp_path / "study.json"
    written.write_text(json.dumps({"kind": "lepton_plus_x", **config.model_dump(mode="json")}))
    there = subprocess.run(
        [other, "-m", "l1ad", "study", written, "--out", folder, "--json"], capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert there.returncode == 0, there.stderr
    assert not json.loads(there.stdout)["left_out"]
    assert {path: path.stat().st_mtime_ns for path in trained} == trained
    # A training that another framework began, and did not end, is no part of one here.
    begun = folder / "algorithms" / "float"
    (scores,) = begun.glob("*.npz")
    scores.unlink()
    (begun / "study.json").write_text('{"digest": "of another framework"}')
    both = lepton_plus_x_study(config, folder)
    (aside,) = begun.parent.glob("float.before_*")
    assert "of another framework" in (aside / "study.json").read_text()
    assert not both.left_out
    versions = {one.name: one.versions for one in both.trainings}
    assert "qkeras-v3" in versions["qkeras"]
    assert "hgq2" in versions["hgq"]
    assert {one.name for one in both.scores} > {"qkeras Σµ², frozen", "hgq Σµ², frozen"}


def test_events_of_the_user_are_taken_with_their_weights_and_labels(tmp_path: Path) -> None:
    parts = [events_of(0, 80, 0.5), events_of(1, 40, 2.0)]
    joined = EventBatch(
        layout=parts[0].layout, inputs_raw=np.concatenate([one.inputs_raw for one in parts]),
        event_number=np.arange(120), sample="mine", weight=np.concatenate([one.weights for one in parts]),
        label=np.repeat([0, 1], [80, 40]), label_names=("a", "b"),
    )  # fmt: skip
    write_events(tmp_path / "stream.h5", joined, {})
    write_events(tmp_path / "signal.h5", events_of(1, 50, 1.0), {})
    data = {"background": str(tmp_path / "stream.h5"), "signals": {"mine": str(tmp_path / "signal.h5")}}
    files = prepared_stream(small(data=data), tmp_path / "data", workers=1, progress=silent)
    assert [(one.name, one.filtered_pb, one.acceptance) for one in files.accounts] == [
        ("a", 40, 1),
        ("b", 80, 1),
    ]
    assert read_events(files.unseen).weights.sum() == pytest.approx(120)
    assert len(read_events(files.signals["mine"])) == 50
    n_events = len(read_events(files.stream))
    assert [int(part * n_events) for part in files.fractions] == list(files.seen)


def test_events_of_the_user_without_weights_are_refused(tmp_path: Path) -> None:
    events = events_of(0, 50, 1.0)
    plain = EventBatch(
        layout=events.layout, inputs_raw=events.inputs_raw, event_number=events.event_number, sample="mine"
    )
    write_events(tmp_path / "mine.h5", plain, {})
    data = {"background": str(tmp_path / "mine.h5"), "signals": {"mine": str(tmp_path / "mine.h5")}}
    with pytest.raises(DataError, match="have no weights; the study wants the cross section in pb"):
        prepared_stream(small(data=data), tmp_path / "data", workers=1, progress=silent)


def test_a_signal_that_cannot_be_measured_is_refused_before_anything_is_trained(tmp_path: Path) -> None:
    write_events(tmp_path / "stream.h5", events_of(0, 80, 0.5), {})
    plain = events_of(1, 60, 1.0)
    other = InputLayout(name="other", fields=plain.layout.fields[:3])
    faults = {
        "few": (plain.take(np.arange(39)), "39 events; half of a signal trains classifiers"),
        "heavy": (
            replace(plain, weight=np.arange(1.0, 61.0)),
            "different weights, and efficiencies count each",
        ),
        "other": (replace(plain, layout=other, inputs_raw=plain.inputs_raw[:, :3]), "other.h5: events of "),
    }
    for name, (events, message) in faults.items():
        write_events(tmp_path / f"{name}.h5", events, {})
        data = {"background": str(tmp_path / "stream.h5"), "signals": {"mine": str(tmp_path / f"{name}.h5")}}
        with pytest.raises(DataError, match=message):
            prepared_stream(small(data=data), tmp_path / "data", workers=1, progress=silent)


def test_a_stream_smaller_than_a_budget_or_of_no_weight_is_refused(tmp_path: Path) -> None:
    write_events(tmp_path / "signal.h5", events_of(1, 60, 1.0), {})
    algorithms = [{"name": "vae", **ALGORITHM}]
    if not framework_found("float"):
        pytest.skip("no training framework is installed")
    for name, weight, message in (
        ("small", 1e-6, "a budget of 50 events/day is no less than the whole stream, 0.0167 events/day"),
        ("none", 0.0, "none.h5: no event has a weight above 0"),
    ):
        write_events(tmp_path / f"{name}.h5", events_of(0, 100, weight), {})
        data = {"background": str(tmp_path / f"{name}.h5"), "signals": {"mine": str(tmp_path / "signal.h5")}}
        with pytest.raises(DataError, match=message):
            lepton_plus_x_study(small(data=data, algorithms=algorithms), tmp_path / "study")
    assert not (tmp_path / "study" / "algorithms").exists()


def test_a_record_of_events_that_is_none_is_told(tmp_path: Path) -> None:
    write_events(tmp_path / "stream.h5", events_of(0, 100, 1.0), {})
    write_events(tmp_path / "signal.h5", events_of(1, 60, 1.0), {})
    data = {"background": str(tmp_path / "stream.h5"), "signals": {"mine": str(tmp_path / "signal.h5")}}
    prepared_stream(small(data=data), tmp_path / "data", workers=1, progress=silent)
    (record,) = (tmp_path / "data").glob("*/events.json")
    for text in ("", "[]", "{}"):
        record.write_text(text)
        with pytest.raises(DataError, match="delete it to make them again"):
            prepared_stream(small(data=data), tmp_path / "data", workers=1, progress=silent)
