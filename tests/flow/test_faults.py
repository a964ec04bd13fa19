"""What can go wrong between the steps: each is one sentence, exit code 1, and nothing earlier is lost."""

import json
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
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_a_weight_changed_by_hand_in_the_firmware_is_named_by_verify(demo_copy: Path, l1ad: Command) -> None:
    header = demo_copy / "firmware/demo/hls/network/weights/w2.h"
    text = header.read_text()
    start = text.index("{") + 1
    first = text[start : text.index(",", start)]
    header.write_text(text.replace("{" + first, "{" + ("0.5" if float(first) != 0.5 else "0.25"), 1))
    (demo_copy / "firmware/demo/hls/test_bench").unlink()
    done = l1ad("verify", "runs/demo", cwd=demo_copy)
    refused(done, "HLS C simulation: event ")
    assert "layer 'dense_1', element 0: emulator" in done.stderr
    verified = json.loads((demo_copy / "runs/demo/verify.json").read_text())
    assert verified["mismatches"] > 0


def test_firmware_built_before_the_thresholds_moved_is_not_verified(demo_copy: Path, l1ad: Command) -> None:
    config = demo_copy / "runs/demo/config.yaml"
    changed = yaml.safe_load(config.read_text())
    changed["rates"]["budgets"] = {"tight": "2 kHz"}
    config.write_text(yaml.safe_dump(changed))
    assert l1ad("rates", "runs/demo", cwd=demo_copy).returncode == 0
    refused(l1ad("verify", "runs/demo", cwd=demo_copy), "run `l1ad build` again")
    refused(l1ad("report", "runs/demo", cwd=demo_copy), "run `l1ad verify runs/demo` again")


def test_a_budget_beyond_the_sample_is_refused_and_the_thresholds_stay(demo_copy: Path, l1ad: Command) -> None:
    config = demo_copy / "runs/demo/config.yaml"
    changed = yaml.safe_load(config.read_text())
    changed["rates"]["budgets"] = {"tight": "50 events/day"}
    config.write_text(yaml.safe_dump(changed))
    before = contents(demo_copy / "runs")
    done = l1ad("rates", "runs/demo", cwd=demo_copy)
    refused(done, "300000 zero-bias events cannot resolve 50 events/day: at least 45471404160 are needed")
    assert contents(demo_copy / "runs") == before


def test_a_trigger_changed_by_hand_is_refused_by_every_step(demo_copy: Path, l1ad: Command) -> None:
    file = demo_copy / "runs/demo/trigger.json"
    file.write_text(file.read_text().replace('"tight": ', '"tight": 1', 1))
    for step in ("emulate", "rates", "build", "verify", "report"):
        refused(l1ad(step, "runs/demo", cwd=demo_copy), "was it changed by hand?")


def test_scores_of_another_algorithm_are_refused(demo_copy: Path, l1ad: Command) -> None:
    import h5py

    with h5py.File(demo_copy / "runs/demo/scores/background.h5", "a") as file:
        file.attrs["algorithm_digest"] = "0" * 64
    refused(l1ad("rates", "runs/demo", cwd=demo_copy), "run `l1ad emulate` again")


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
            {"data": {"background": "sample:zero_bias"}},
            "no sample 'zero_bias' ships with l1ad; there are",
        ),
        ({"data": {"background": "gone.h5"}}, "gone.h5: no such file"),
        ({"model": {"input_type": "ap_fixd<8,3>"}}, "'ap_fixd<8,3>' is not an ap_fixed or ap_ufixed type"),
        ({"name": "µ"}, "has no letter or digit to name a C++ function by"),
    ],
)
def test_a_configuration_fault_is_told_before_anything_is_made(
    change: dict[str, object], words: str, l1ad: Command, tmp_path: Path
) -> None:
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(change))
    refused(l1ad("train", "config.yaml", "--run", "run", cwd=tmp_path), words)
    assert not (tmp_path / "run").exists()
