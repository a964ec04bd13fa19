"""What can go wrong between the steps: each is one sentence, exit code 1, and nothing earlier is lost."""

import hashlib
import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

Command = Callable[..., subprocess.CompletedProcess[str]]


def refused(done: subprocess.CompletedProcess[str], words: str) -> None:
    """Check that a command ended in one sentence with these words."""
    assert done.returncode == 1, done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("l1ad: ")
    assert words in lines[0]


def contents(folder: Path) -> dict[str, bytes]:
    """Read every file but the logs, which tell of refusals too."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.parent.name != "logs")
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def changed_weight(folder: Path) -> Path:
    """Change the first weight of the first layer in the generated C++."""
    header = folder / "firmware/demo/hls/network/weights/w2.h"
    text, changed = re.subn(r"= \{[^,]*,", "= {0.96875,", header.read_text(), count=1)
    assert changed == 1
    header.write_text(text)
    return header


def test_generated_code_changed_by_hand_is_not_verified(demo_copy: Path, l1ad: Command) -> None:
    changed_weight(demo_copy)
    done = l1ad("verify", "runs/demo", "--firmware", "firmware", cwd=demo_copy)
    refused(done, "network/weights/w2.h was changed since the build; run `l1ad build` again")


def test_a_wrong_weight_in_the_firmware_is_named_with_its_event(demo_copy: Path, l1ad: Command) -> None:
    header = changed_weight(demo_copy)
    manifest = demo_copy / "firmware/demo/MANIFEST.json"
    said = json.loads(manifest.read_text())
    said["files"]["hls/network/weights/w2.h"] = hashlib.sha256(header.read_bytes()).hexdigest()
    manifest.write_text(json.dumps(said))
    done = l1ad("verify", "runs/demo", "--firmware", "firmware", cwd=demo_copy)
    # MET is the first input: zero in the first two crafted events, at its highest in the third.
    assert done.returncode == 1
    assert "HLS C simulation: crafted event 2, layer 'dense_1', element 0: emulator" in done.stderr
    verified = json.loads((demo_copy / "runs/demo/verify.json").read_text())
    assert verified["mismatches"] > 0


def test_firmware_built_before_the_thresholds_moved_is_not_verified(demo_copy: Path, l1ad: Command) -> None:
    config = demo_copy / "runs/demo/config.yaml"
    changed = yaml.safe_load(config.read_text())
    changed["rates"]["budgets"] = {"tight": "2 kHz"}
    config.write_text(yaml.safe_dump(changed))
    assert l1ad("rates", "thresholds", "runs/demo", cwd=demo_copy).returncode == 0
    refused(l1ad("verify", "runs/demo", cwd=demo_copy), "run `l1ad build` again")
    refused(l1ad("report", "runs/demo", cwd=demo_copy), "run `l1ad verify runs/demo` again")


def test_a_budget_beyond_the_sample_is_refused_and_the_thresholds_stay(demo_copy: Path, l1ad: Command) -> None:
    config = demo_copy / "runs/demo/config.yaml"
    changed = yaml.safe_load(config.read_text())
    changed["rates"]["budgets"] = {"tight": "50 events/day"}
    config.write_text(yaml.safe_dump(changed))
    before = contents(demo_copy / "runs")
    done = l1ad("rates", "thresholds", "runs/demo", cwd=demo_copy)
    refused(done, "240000 zero-bias events cannot resolve 50 events/day: at least 45471404160 are needed")
    assert contents(demo_copy / "runs") == before


def test_pure_budgets_and_what_the_events_do_not_resolve_get_thresholds_that_say_so(
    demo_copy: Path, l1ad: Command
) -> None:
    config = demo_copy / "runs/demo/config.yaml"
    changed = yaml.safe_load(config.read_text())
    changed["rates"] |= {"budgets": {"rare": "50 Hz", "tight": "1 kHz"}, "pure_budgets": {"new": "1 kHz"}}
    config.write_text(yaml.safe_dump(changed))
    refused(l1ad("rates", "thresholds", "runs/demo", cwd=demo_copy), "cannot resolve 50 Hz")
    done = l1ad("rates", "thresholds", "runs/demo", "--extrapolate", "--json", cwd=demo_copy)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)["rates"]
    assert told["rare"]["threshold_raw"] > told["tight"]["threshold_raw"] > told["new"]["threshold_raw"]
    assert "extrapolated from" in told["rare"]["note"] and not told["tight"]["note"]
    assert told["new"]["pure"]["rate_hz"] <= 1000 < told["new"]["rate_hz"]
    thresholds = json.loads((demo_copy / "runs/demo/trigger.json").read_text())["thresholds"]
    assert thresholds == {name: one["threshold_raw"] for name, one in told.items()}


def test_a_trigger_changed_by_hand_is_refused_by_every_step(demo_copy: Path, l1ad: Command) -> None:
    file = demo_copy / "runs/demo/trigger.json"
    file.write_text(file.read_text().replace('"tight": ', '"tight": 1', 1))
    for step in ("emulate", "rates thresholds", "build", "verify", "report"):
        refused(l1ad(*step.split(), "runs/demo", cwd=demo_copy), "was it changed by hand?")


def test_scores_of_another_algorithm_are_refused(demo_copy: Path, l1ad: Command) -> None:
    import h5py

    with h5py.File(demo_copy / "runs/demo/scores/background.h5", "a") as file:
        file.attrs["algorithm_digest"] = "0" * 64
    refused(l1ad("rates", "thresholds", "runs/demo", cwd=demo_copy), "run `l1ad emulate` again")


def test_a_machine_without_g_plus_plus_is_told_and_keeps_its_results(
    demo_copy: Path, l1ad: Command, tmp_path: Path
) -> None:
    before = contents(demo_copy / "runs")
    done = l1ad("verify", "runs/demo", cwd=demo_copy, path=str(tmp_path))
    refused(done, "g++ was not found on PATH")
    assert contents(demo_copy / "runs") == before


def test_another_configuration_does_not_overwrite_a_training(demo_copy: Path, l1ad: Command) -> None:
    changed = yaml.safe_load((demo_copy / "runs/demo/config.yaml").read_text())
    changed["model"]["hidden"] = [24, 12]
    (demo_copy / "other.yaml").write_text(yaml.safe_dump(changed))
    before = contents(demo_copy / "runs")
    done = l1ad("train", "other.yaml", "--run", "runs/demo", cwd=demo_copy)
    refused(done, "belongs to a training with another configuration, data or framework")
    assert contents(demo_copy / "runs") == before


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"trainning": {}}, "unknown key 'trainning'; did you mean 'training'?"),
        ({"training": {"epohcs": 3}}, "unknown key 'training.epohcs'; did you mean 'epochs'?"),
        (
            {"data": {"background": "sample:zero_bais"}},
            "no sample 'zero_bais' ships with l1ad; there are",
        ),
        ({"data": {"background": "gone.h5"}}, "gone.h5: no such file"),
        ({"model": {"input_type": "ap_fixd<8,3>"}}, "'ap_fixd<8,3>' is not an ap_fixed or ap_ufixed type"),
        ({"rates": {"budgets": {"tight": "fast"}}}, "'fast' is not a rate budget, e.g. '1 kHz'"),
        ({"rates": {"budgets": {"!!!": "1 kHz"}}}, "'!!!' has no letter or digit"),
        ({"rates": {"budgets": {"a b": "1 kHz", "a-b": "2 kHz"}}}, "two thresholds would share an accept port"),
        ({"data": {"signals": {"background": "x.h5"}}}, "no signal can be called 'background'"),
        ({"data": {"signals": {"../../escape": "x.h5"}}}, "string should match pattern"),
        ({"data": {"signals": {}}}, "should have at least 1 item"),
        ({"model": {"score_type": "ap_fixed<14,10>"}}, "the score must be unsigned and saturate"),
        ({"name": "µ"}, "has no letter or digit to name a C++ function by"),
    ],
)
def test_a_configuration_fault_is_told_before_anything_is_made(
    change: dict[str, object], words: str, l1ad: Command, tmp_path: Path
) -> None:
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(change))
    refused(l1ad("train", "config.yaml", "--run", "run", cwd=tmp_path), words)
    assert not (tmp_path / "run").exists()


def test_firmware_over_its_latency_budget_is_built_and_said_so(demo_copy: Path, l1ad: Command) -> None:
    target = yaml.safe_load((demo_copy / "firmware/demo/target.yaml").read_text())
    target["budget"]["latency_cycles"] = 1
    (demo_copy / "late.yaml").write_text(yaml.safe_dump(target))
    arguments = ["build", "runs/demo/trigger.json", "--target", "late.yaml", "--firmware", "late"]
    done = l1ad(*arguments, cwd=demo_copy)
    assert done.returncode == 3
    assert done.stderr == "l1ad: built, but the planned latency is over budget\n"
    assert (demo_copy / "late/demo/hls/demo_top.cpp").is_file()
    checked = l1ad("check", "late/demo", cwd=demo_copy)
    assert checked.returncode == 3
    assert checked.stderr == "l1ad: over budget: latency of the Verilog\n"


@pytest.fixture
def spoilt_events(tmp_path: Path) -> Callable[[str], str]:
    """Make an event file with one fault."""
    import h5py
    import numpy as np

    from l1ad.data.samples import shipped_samples

    def spoilt(fault: str) -> str:
        path = tmp_path / f"{fault.replace(' ', '_')}.h5"
        path.write_bytes(shipped_samples()["a_to_4l"].read_bytes())
        with h5py.File(path, "r+") as file:
            inputs = file["inputs"][:100].astype(np.float64 if fault in ("NaN", "infinite") else np.int16)
            if fault == "NaN":
                inputs[7, 3] = np.nan
            if fault == "infinite":
                inputs[7, 3] = np.inf
            if fault == "other shape":
                inputs = inputs[:, :56]
            if fault == "no events":
                inputs = inputs[:0]
            if fault == "missing column":
                file.attrs["columns"] = json.dumps(json.loads(file.attrs["columns"])[:-1])
            del file["inputs"], file["event_number"]
            file["inputs"], file["event_number"] = inputs, np.arange(len(inputs))
        return str(path)

    return spoilt


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("NaN", "event 7, input 'eg_1_pt' is nan; every input must be a finite hardware integer"),
        ("infinite", "event 7, input 'eg_1_pt' is inf; every input must be a finite hardware integer"),
        ("other shape", "'inputs' has shape (100, 56), layout 'ugt_57' needs (events, 57)"),
        ("no events", "holds no events"),
        ("missing column", "it lacks jet_10_phi"),
    ],
)
def test_a_spoilt_event_file_is_refused_and_no_scores_are_written(
    fault: str,
    words: str,
    spoilt_events: Callable[[str], str],
    demo: tuple[Path, object],
    l1ad: Command,
    tmp_path: Path,
) -> None:
    trigger = str(demo[0] / "runs/demo/trigger.json")
    done = l1ad("emulate", trigger, "--events", spoilt_events(fault), "--out", "scores.h5", cwd=tmp_path)
    refused(done, words)
    assert not (tmp_path / "scores.h5").exists()


def test_scores_never_replace_the_events_they_come_from(
    demo: tuple[Path, object], spoilt_events: Callable[[str], str], l1ad: Command, tmp_path: Path
) -> None:
    trigger, events = str(demo[0] / "runs/demo/trigger.json"), spoilt_events("none")
    before = Path(events).read_bytes()
    done = l1ad("emulate", trigger, "--events", events, "--out", events, cwd=tmp_path)
    refused(done, "the result would replace what it is made from")
    assert Path(events).read_bytes() == before


def test_an_environment_for_another_keras_backend_is_told_so(
    demo_copy: Path, l1ad: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    refused(l1ad("freeze", "runs/demo", cwd=demo_copy), "KERAS_BACKEND is 'jax'; training needs 'tensorflow'")


def test_a_fault_in_a_later_block_leaves_no_scores_and_the_old_ones_stay(
    demo: tuple[Path, object], l1ad: Command, tmp_path: Path
) -> None:
    import h5py

    from l1ad.data.samples import shipped_samples

    path = tmp_path / "long.h5"
    path.write_bytes(shipped_samples()["zero_bias"].read_bytes())
    with h5py.File(path, "r+") as file:
        file["inputs"][300_000, 3] = 512
    (tmp_path / "scores.h5").write_text("older scores")
    trigger = str(demo[0] / "runs/demo/trigger.json")
    done = l1ad("emulate", trigger, "--events", str(path), "--out", "scores.h5", cwd=tmp_path)
    refused(done, "long.h5, from event 262144 on: event 37856, input 'eg_1_pt' is 512, outside 0 to 511")
    assert (tmp_path / "scores.h5").read_text() == "older scores"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["long.h5", "scores.h5"]
