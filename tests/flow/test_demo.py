"""What the main job leaves, read the way its users read it."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from l1ad.core.trigger_file import algorithm_digest, load_trigger, trigger_digest
from l1ad.data.event_file import read_events
from l1ad.data.samples import shipped_samples
from l1ad.emulate.engine import emulate

Command = Callable[..., subprocess.CompletedProcess[str]]
Demo = tuple[Path, dict[str, Any]]


def test_every_implementation_gives_the_same_integers_on_100_000_events_and_more(demo: Demo) -> None:
    summary = demo[1]
    assert summary["mismatches"] == 0
    assert summary["events_verified"] >= 100_000
    assert summary["implementations"] == [
        "emulator", "quantised Keras", "fast emulator", "HLS C simulation", "CMSSW emulator library",
        "RTL in Verilator", "QONNX in ONNX Runtime", "QONNX in its executor",
    ]  # fmt: skip
    for agreement in summary["agreements"]:
        assert agreement["differing_events"] == 0
        assert agreement["events"] == summary["events_verified"]
        if agreement["implementation"] == "fast emulator":
            assert agreement["tensors"] == ["score"]
            continue
        if agreement["implementation"] in ("CMSSW emulator library", "RTL in Verilator"):
            assert agreement["tensors"] == ["score", "accept:tight", "accept:loose"]
            continue
        layers = ["dense_1", "relu_1", "dense_2", "relu_2", "dense_mean", "mean", "score"]
        assert [name for name in agreement["tensors"] if name in layers] == layers
    (simulation,) = (one for one in summary["agreements"] if one["implementation"] == "HLS C simulation")
    assert simulation["tensors"][0] == "scaled_inputs"
    assert simulation["tensors"][-2:] == ["accept:tight", "accept:loose"]


def test_the_summary_on_disk_is_the_one_printed(demo: Demo) -> None:
    folder, summary = demo
    assert json.loads((folder / "runs/demo/summary.json").read_text()) == summary
    wanted = {"events_verified", "mismatches", "implementations", "latency", "thresholds", "rates"}
    wanted |= {"efficiencies", "digests"}
    assert wanted <= summary.keys()


def test_thresholds_keep_within_their_budget_on_events_that_no_training_has_seen(demo: Demo) -> None:
    folder, summary = demo
    trigger = load_trigger(folder / "runs/demo/trigger.json")
    assert dict(trigger.thresholds) == summary["thresholds"]
    background = read_events(shipped_samples()["zero_bias"])
    unseen = background.inputs_raw[int(0.3 * len(background)) + int(0.1 * len(background)) :]
    scores = emulate(trigger, unseen).score_raw
    for name, budget_hz in (("tight", 1000.0), ("loose", 5000.0)):
        rate = summary["rates"][name]
        assert rate["n_pass"] == int(np.sum(scores >= trigger.thresholds[name]))
        assert rate["n_total"] == len(unseen)
        assert rate["low_hz"] <= rate["rate_hz"] <= min(budget_hz, rate["high_hz"])
        one_lower = np.sum(scores >= trigger.thresholds[name] - 1) / len(unseen) * 2340 * 11245.5
        assert one_lower > budget_hz


def test_the_firmware_folder_holds_the_algorithm_with_its_thresholds(demo: Demo) -> None:
    folder, summary = demo
    built = load_trigger(folder / summary["firmware"] / "trigger.json")
    assert trigger_digest(built) == summary["digests"]["trigger"]
    assert algorithm_digest(built) == summary["digests"]["algorithm"]
    done = subprocess.run(
        [str((folder / summary["firmware"] / "hls/test_bench").resolve())],  # reads ../vectors
        cwd=folder / summary["firmware"] / "hls", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.strip() == "0 of 1117 events differ"


def test_the_network_is_as_sparse_and_as_narrow_as_configured(demo: Demo) -> None:
    document = json.loads((demo[0] / "runs/demo/trigger.json").read_text())
    dense = [layer for layer in document["network"] if layer["layer"] == "dense"]
    assert [(len(layer["weights_raw"]), len(layer["weights_raw"][0])) for layer in dense] == [
        (57, 32), (32, 16), (16, 8),
    ]  # fmt: skip
    for layer in dense:
        weights = np.array(layer["weights_raw"])
        assert np.mean(weights == 0) >= 0.5
        assert layer["weight_type"] == "ap_fixed<6,1,AP_RND_CONV,AP_SAT>"
        assert np.abs(weights).max() <= 32


def test_the_report_shows_every_figure_it_names(demo: Demo) -> None:
    run = demo[0] / "runs/demo"
    text = (run / "report.md").read_text()
    assert f"**0 integers differ over {demo[1]['events_verified']:,} events" in text
    assert "**2 cycles** of 40 MHz (50 ns), measured in cycle-true simulation" in text
    assert "| LUT of the Verilog | " in text
    for name in ("scores", "roc", "rate", "efficiency_rate", "overlap", "latents", "loss"):
        assert f"(figures/{name}.png)" in text
        assert (run / "figures" / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    for name, threshold in demo[1]["thresholds"].items():
        assert f"| {name} | " in text
        assert f"| {threshold} |" in text


def test_efficiencies_are_fractions_inside_their_intervals(demo: Demo) -> None:
    for one in demo[1]["efficiencies"].values():
        assert 0.5 < one["auc"] <= 1
        for point in one["at"].values():
            assert 0 <= point["low"] <= point["value"] <= point["high"] <= 1
            assert point["value"] == point["n_pass"] / point["n_total"]
        assert one["at"]["tight"]["n_pass"] <= one["at"]["loose"]["n_pass"]


def test_a_demo_run_again_does_not_train_again(demo_copy: Path, l1ad: Command) -> None:
    before = (demo_copy / "runs/demo/trigger.json").read_text()
    done = l1ad("train", str(demo_copy / "runs/demo/config.yaml"), "--run", "runs/demo", cwd=demo_copy)
    assert done.returncode == 0, done.stderr
    assert "3 epochs on 120000 events" in done.stdout
    frozen = l1ad("freeze", "runs/demo", cwd=demo_copy)
    assert frozen.returncode == 0, frozen.stderr
    after = (demo_copy / "runs/demo/trigger.json").read_text()
    assert json.loads(after)["digests"]["algorithm"] == json.loads(before)["digests"]["algorithm"]


def test_any_event_file_can_be_scored_with_the_trigger_alone(demo: Demo, l1ad: Command, tmp_path: Path) -> None:
    run = demo[0] / "runs/demo"
    done = l1ad(
        "emulate", str(run / "trigger.json"), "--events", "sample:a_to_4l", "--out", "mine.h5", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    with h5py.File(tmp_path / "mine.h5") as mine, h5py.File(run / "scores/a_to_4l.h5") as theirs:
        np.testing.assert_array_equal(mine["score_raw"][:], theirs["score_raw"][:])
        assert mine.attrs["algorithm_digest"] == demo[1]["digests"]["algorithm"]


def test_the_latency_is_measured_and_the_resources_estimated_within_the_budget(demo: Demo) -> None:
    """REFERENCES: AXOL1TL v4 takes 70,515 LUT and v5 37,580 (HLS estimates) at 2 cycles of 25 ns, II 1."""
    summary = demo[1]
    assert summary["latency"]["kind"] == "measured in cycle-true simulation"
    assert (summary["latency"]["latency_cycles"], summary["latency"]["initiation_interval_cycles"]) == (2, 1)
    assert summary["timing"]["crossings"] == summary["events_verified"]
    assert summary["timing"]["resets"] > 50
    assert summary["timing"]["idle_cycles"] > 10_000
    total = summary["resources"]["total"]
    assert 5_000 < total["lut"] < 20_000
    assert (total["dsp"], total["bram_18k"]) == (0, 0)
    assert {line["verdict"] for line in summary["budget"]} == {"within"}


def test_the_firmware_folder_is_complete_and_says_how_it_was_made(demo: Demo) -> None:
    folder = demo[0] / demo[1]["firmware"]
    names = {path.name for path in folder.iterdir()}
    assert names >= {"trigger.json", "MANIFEST.json", "README.md", "hls", "rtl", "emulator", "vectors"}
    manifest = json.loads((folder / "MANIFEST.json").read_text())
    assert manifest["command"] == "l1ad build trigger.json --target target.yaml --strategy latency"
    assert {"l1ad", "hls4ml", "alkaid"} <= manifest["versions"].keys()
    assert "hls/demo_top.cpp" in manifest["files"]
    readme = (folder / "README.md").read_text()
    assert "| muon_0 … muon_7 | 64 | words of the global trigger |" in readme
    assert "first words are read, 4 eg, 4 mu, 10 jet, the missing transverse energy in sum_2;" in readme


def test_the_command_in_the_manifest_makes_the_same_folder_again(
    demo: Demo, l1ad: Command, tmp_path: Path
) -> None:
    folder = demo[0] / demo[1]["firmware"]
    manifest = json.loads((folder / "MANIFEST.json").read_text())
    arguments = manifest["command"].split()[1:]
    done = l1ad(*arguments, "--firmware", str(tmp_path / "again"), cwd=folder)
    assert done.returncode == 0, done.stderr
    again = json.loads((tmp_path / "again" / "demo" / "MANIFEST.json").read_text())
    assert again == manifest


def test_a_delivery_is_checked_against_its_budget_by_its_folder_alone(
    demo: Demo, l1ad: Command, tmp_path: Path
) -> None:
    done = l1ad("check", str(demo[0] / demo[1]["firmware"]), "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    lines = {line["what"]: line for line in json.loads(done.stdout)}
    assert lines["integers that differ"]["value"] == 0
    assert lines["latency of the Verilog"]["source"] == "measured in cycle-true simulation"
    assert lines["LUT of the Verilog"]["source"].startswith("open estimate before placement, Yosys ")


def test_the_waveform_of_a_named_event_is_written(demo_copy: Path, l1ad: Command) -> None:
    arguments = ["wave", "firmware/demo", "--events", "sample:a_to_4l", "--out", "event.vcd"]
    done = l1ad(*arguments, "--event", "7", "--event", "8", cwd=demo_copy)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "event.vcd: 2 events"
    assert "ap_done" in (demo_copy / "event.vcd").read_text()
    missing = l1ad(*arguments, "--event", "99999999", cwd=demo_copy)
    assert missing.returncode == 1
    assert "no event 99999999; there are 5000, from " in missing.stderr
