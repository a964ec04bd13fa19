"""An algorithm from Python: the same files and the same numbers as the command line's."""

import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from pathlib import Path

import numpy as np
import pytest

import l1ad
from l1ad.core.errors import ConfigError, DataError, TriggerFileError, UnresolvedRateError
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.core.trigger_file import load_trigger, save_trigger
from l1ad.emulate.engine import emulate

Builder = Callable[..., TriggerAlgorithm]
Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def algorithm(build_trigger: Builder, tmp_path: Path) -> l1ad.Algorithm:
    save_trigger(build_trigger(thresholds={"some": 40}), tmp_path / "trigger.json")
    return l1ad.load_trigger(tmp_path / "trigger.json")


def test_scores_are_the_emulators_whatever_the_events_come_as(
    algorithm: l1ad.Algorithm, tmp_path: Path
) -> None:
    events = l1ad.load_events("sample:a_to_4l")
    expected = emulate(algorithm.trigger, events.inputs_raw)
    out = tmp_path / "scores.h5"
    for found in (
        algorithm.emulate(events), algorithm.emulate(events.inputs_raw), algorithm.emulate("sample:a_to_4l"),
        algorithm.emulate("sample:a_to_4l", out=out),
    ):  # fmt: skip
        np.testing.assert_array_equal(found.score_raw, expected.score_raw)
        np.testing.assert_array_equal(found.accepted["some"], expected.accepted["some"])
        (table,) = found.tables()
        assert table.rows == (("some", "40", f"{expected.accepted['some'].sum():,} of {len(events):,}"),)
    assert out.is_file()


def test_events_of_another_layout_are_refused(algorithm: l1ad.Algorithm) -> None:
    events = l1ad.make_events(np.zeros((3, 252), np.int64), layout="regions_18x14", sample="regions")
    with pytest.raises(DataError, match="regions: events of layout 'regions_18x14', not 'ugt_57'"):
        algorithm.emulate(events)
    with pytest.raises(DataError, match=r"shape \(3, 252\) is not \(events, 57\)"):
        algorithm.emulate(events.inputs_raw)


def test_thresholds_are_those_that_the_command_line_prints(
    algorithm: l1ad.Algorithm, tmp_path: Path, command: Command
) -> None:
    zero_bias = l1ad.load_events("sample:zero_bias", stop=30_000)
    source = str(l1ad.save_events(zero_bias, tmp_path / "zero_bias.h5"))
    shutil.copy(algorithm.file, tmp_path / "other.json")
    found = algorithm.thresholds(source, bunches=2340, budgets={"tight": "1 kHz", "loose": "5 kHz"})
    done = command(
        "rates", "thresholds", "other.json", "--events", source, "--bunches", "2340", "--budget", "tight=1 kHz",
        "--budget", "loose=5 kHz", "--json", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)
    assert json.loads(json.dumps(found.document())) == printed
    assert algorithm.file.read_bytes() == (tmp_path / "other.json").read_bytes()
    assert algorithm.thresholds_raw == found.raw == dict(load_trigger(tmp_path / "other.json").thresholds)
    shown = {row[0]: row for row in found.tables()[0].rows}
    for name, one in printed["rates"].items():
        assert shown[name][2] == str(one["threshold_raw"])
        assert shown[name][3] == f"{one['threshold_low_raw']} to {one['threshold_high_raw']}"
        assert shown[name][6] == f"{one['n_pass']} of {one['n_total']:,}"
        assert found[name].total.rate_khz == one["rate_hz"] / 1000
    assert any("what the training has seen is not known here" in remark for remark in found.remarks())


def test_what_is_refused_leaves_the_file_as_it_was(algorithm: l1ad.Algorithm, tmp_path: Path) -> None:
    before = algorithm.file.read_bytes()
    source = l1ad.save_events(l1ad.load_events("sample:zero_bias", stop=30_000), tmp_path / "zero_bias.h5")
    with pytest.raises(UnresolvedRateError, match="30000 zero-bias events cannot resolve 100 Hz"):
        algorithm.thresholds(source, bunches=2340, budgets={"rare": "100 Hz"})
    with pytest.raises(ConfigError, match="a rate needs its stream"):
        algorithm.thresholds(source)
    assert algorithm.file.read_bytes() == before


def test_a_build_and_its_document_are_the_command_lines(
    algorithm: l1ad.Algorithm, tmp_path: Path, command: Command
) -> None:
    firmware = algorithm.build("vu9p-200", tmp_path / "mine")
    done = command(
        "build", str(algorithm.file), "--target", "vu9p-200", "--firmware", "theirs", "--json", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)
    document = json.loads(json.dumps(firmware.document()))
    assert {**document, "folder": ""} == {**printed, "folder": ""}
    manifests = [
        json.loads((tmp_path / one / "small" / "MANIFEST.json").read_text()) for one in ("mine", "theirs")
    ]
    assert manifests[0]["files"] == manifests[1]["files"]
    checked = command("check", "mine/small", "--json", cwd=tmp_path)
    budget = firmware.check()
    assert json.loads(json.dumps(budget.document())) == json.loads(checked.stdout)
    (table,) = budget.tables()
    assert [row[0] for row in table.rows] == [line.what for line in budget.lines]
    assert [row[4] for row in table.rows] == [line.verdict.value for line in budget.lines]


def test_an_inspection_is_the_one_that_the_command_line_prints(
    algorithm: l1ad.Algorithm, tmp_path: Path, command: Command
) -> None:
    found = algorithm.inspect()
    done = command("inspect", str(algorithm.file), "--json", cwd=tmp_path)
    printed = json.loads(done.stdout)
    assert json.loads(json.dumps(found.document())) == printed
    formats, ranges = found.tables()
    assert [row[4] for row in formats.rows] == [one["result_type"] for one in printed]
    assert [row[1] for row in ranges.rows] == [f"{one['low']:g}" for one in printed]
    assert len(found.remarks()) == sum(one["leaving"] > 0 for one in printed)


def test_a_copy_is_the_same_algorithm_and_a_view_cannot_be_changed(
    algorithm: l1ad.Algorithm, tmp_path: Path
) -> None:
    copy = algorithm.save(tmp_path / "copy.json")
    assert copy.document()["algorithm"] == algorithm.document()["algorithm"]
    with pytest.raises(FrozenInstanceError):
        copy.file = tmp_path  # type: ignore[misc]
    with pytest.raises(TriggerFileError, match=r"gone.json: no such file"):
        l1ad.load_trigger(tmp_path / "gone.json")


def test_a_foreign_model_comes_in_as_by_the_command_line(tmp_path: Path, command: Command) -> None:
    model = Path(__file__).parents[1] / "exchange" / "hls4ml_small"
    config = {"layout": {"inputs": 3, "bits": 10, "signed": True}}
    found = l1ad.import_model(model, config, out=tmp_path / "mine.json")
    (tmp_path / "import.yaml").write_text("layout: {inputs: 3, bits: 10, signed: true}\n", encoding="utf-8")
    done = command(
        "import", str(model), "--config", "import.yaml", "--out", "theirs.json", "--json", cwd=tmp_path
    )
    printed = json.loads(done.stdout)
    assert found.document()["algorithm"] == printed["algorithm"]
    assert list(found.remarks()) == printed["notes"]
    with pytest.raises(TypeError, match="give either out"):
        l1ad.import_model(model, config)
