"""Models that exist already, taken in by the command line and sent down the whole road."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from l1ad.core.trigger_file import load_trigger
from l1ad.data.event_file import read_events
from l1ad.data.samples import locate_events
from l1ad.emulate.engine import trace

Command = Callable[..., subprocess.CompletedProcess[str]]

FILES = Path(__file__).parents[1] / "exchange" / "files"
ENCODER = FILES / "qkeras3_encoder.keras"
CONFIG = """\
name: golden
input_type: ap_fixed<8,6,AP_RND_CONV,AP_SAT>
scaling: {shifts: 4, offsets: 0}
output: mean
"""


def done_well(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stderr
    return done.stdout


def refused(done: subprocess.CompletedProcess[str], words: str) -> None:
    assert done.returncode == 1, done.stdout
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert done.stderr.startswith("l1ad: ")
    assert words in done.stderr


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory, l1ad: Command) -> Path:
    """A folder with a QKeras model imported and its firmware built."""
    if shutil.which("g++") is None:
        pytest.skip("g++ is not installed")
    folder = tmp_path_factory.mktemp("imported")
    (folder / "import.yaml").write_text(CONFIG)
    said = done_well(l1ad("import", str(ENCODER), "--config", "import.yaml", "--out", "keras.json", cwd=folder))
    assert "nothing was rounded" in said
    done_well(l1ad("build", "keras.json", cwd=folder))
    return folder


def test_an_imported_model_equals_its_c_simulation_and_its_qonnx_file(imported: Path, l1ad: Command) -> None:
    pytest.importorskip("qonnx", reason="the extra 'onnx' is not installed")
    said = l1ad("verify", "keras.json", "--events", "sample:a_to_4l", "--json", cwd=imported)
    result = json.loads(done_well(said))
    assert result["implementations"] == [
        "emulator", "fast emulator", "HLS C simulation", "CMSSW emulator library", "RTL in Verilator",
        "QONNX in ONNX Runtime", "QONNX in its executor",
    ]  # fmt: skip
    assert (result["mismatches"], result["skipped"], result["events_verified"]) == (0, {}, 25_117)
    simulation = next(one for one in result["agreements"] if one["implementation"] == "HLS C simulation")
    assert simulation["events"] == 117 + 20_000 + 5_000
    assert simulation["tensors"] == [
        "scaled_inputs", "dense_1", "relu_1", "dense_2", "dense_2_quantized_relu", "z_mean", "mean", "score",
    ]  # fmt: skip


def test_firmware_that_was_built_comes_back_as_the_same_algorithm(imported: Path, l1ad: Command) -> None:
    """The C++ project holds all that the Keras file held: read back, the digest is the same."""
    (imported / "again.yaml").write_text("name: again\nscaling: {shifts: 4, offsets: 0}\n")
    project = "firmware/golden/hls/network"
    done = l1ad("import", project, "--config", "again.yaml", "--out", "again.json", "--json", cwd=imported)
    result = json.loads(done_well(done))
    assert (result["kind"], result["notes"]) == ("hls4ml project", [])
    saved = json.loads((imported / "keras.json").read_text())
    assert result["algorithm"] == saved["digests"]["algorithm"]
    done_well(l1ad("build", "again.json", cwd=imported))
    verified = l1ad("verify", "again.json", "--original", project, "--json", cwd=imported)
    agreements = json.loads(done_well(verified))["agreements"]
    original = next(one for one in agreements if one["implementation"] == "original hls4ml C++")
    assert (original["events"], original["differing_values"]) == (20_117, 0)


def test_an_imported_model_goes_the_rest_of_the_road(imported: Path, l1ad: Command) -> None:
    arguments = ("import", str(ENCODER), "--config", "import.yaml", "--run", "runs/golden")
    done_well(l1ad(*arguments, cwd=imported))
    for step in ("emulate", "rates thresholds", "build", "verify", "report"):
        done_well(l1ad(*step.split(), "runs/golden", cwd=imported))
    report = (imported / "runs/golden/report.md").read_text()
    assert "## Import" in report
    assert "imported from qkeras3_encoder.keras (Keras model)." in report
    assert "## Training" not in report
    assert not (imported / "runs/golden/figures/loss.png").exists()
    summary = json.loads((imported / "runs/golden/summary.json").read_text())
    assert summary["mismatches"] == 0
    assert set(summary["thresholds"]) == {"tight", "loose"}
    before = (imported / "runs/golden/trigger.json").read_bytes()
    refused(l1ad(*arguments, cwd=imported), "a run is there already; give another directory")
    assert (imported / "runs/golden/trigger.json").read_bytes() == before


def test_an_exported_file_is_written_beside_and_the_same_each_time(imported: Path, l1ad: Command) -> None:
    pytest.importorskip("qonnx", reason="the extra 'onnx' is not installed")
    done_well(l1ad("export", "keras.json", cwd=imported))
    first = (imported / "golden.onnx").read_bytes()
    done_well(l1ad("export", "keras.json", "--to", "qonnx", "--out", "other.qonnx", cwd=imported))
    assert (imported / "other.qonnx").read_bytes() == first
    assert l1ad("export", "keras.json", "--to", "tflite", cwd=imported).returncode == 2


def test_a_float_model_with_its_scaler_tells_what_was_lost_and_stays_close(
    l1ad: Command, tmp_path: Path
) -> None:
    """A float model of 57 inputs, standardised as scikit-learn does, against the same in floating point."""
    keras = pytest.importorskip("keras", reason="the extra 'qkeras' is not installed")
    rng = np.random.default_rng(3)
    model = keras.Sequential(
        [
            keras.Input((57,)),
            keras.layers.Dense(8, activation="relu", name="hidden"),
            keras.layers.Dense(2, name="mu"),
        ]
    )
    model.set_weights([rng.normal(scale=0.2, size=one.shape) for one in model.get_weights()])
    model.save(tmp_path / "float.keras")
    events = read_events(locate_events("sample:a_to_4l"), stop=2000).inputs_raw
    mean, scale = events.mean(axis=0), events.std(axis=0) + 1
    (tmp_path / "scaler.json").write_text(json.dumps({"mean": mean.tolist(), "scale": scale.tolist()}))
    floating = (np.asarray(model(((events - mean) / scale).astype(np.float32))) ** 2).sum(axis=1)
    distances = {}
    for into_weights in ("false", "true"):
        (tmp_path / "import.yaml").write_text(
            "input_type: ap_fixed<14,6,AP_RND_CONV,AP_SAT>\n"
            f"scaling: {{scaler: scaler.json, into_weights: {into_weights}}}\n"
            "types: {weight_bits: 12, bias_bits: 14, activation_bits: 14}\n"
            "score: {type: 'ap_ufixed<24,16,AP_RND_CONV,AP_SAT>'}\n"
        )
        arguments = (
            "import",
            "float.keras",
            "--config",
            "import.yaml",
            "--out",
            f"{into_weights}.json",
            "--json",
        )
        notes = json.loads(done_well(l1ad(*arguments, cwd=tmp_path)))["notes"]
        assert any("became powers of two" in note for note in notes)
        assert any("layer 'hidden': weight rounded to ap_fixed<12," in note for note in notes)
        trigger = load_trigger(tmp_path / f"{into_weights}.json")
        frozen = trace(trigger, events)["score"][:, 0] / 2**8
        distances[into_weights] = float(np.median(np.abs(frozen - floating) / (floating + 1)))
    assert distances["true"] < 0.01 < distances["false"]


@pytest.mark.parametrize(
    ("source", "config", "words"),
    [
        ("gone.keras", "", "gone.keras: no such model file or folder"),
        ("model.pb", "", "model.pb: no model that is known by its ending; known are .keras, .h5"),
        ("model.keras", "", "model.keras"),
        ("empty", "", "empty"),
        (str(ENCODER), "", "name the layer whose output is wanted"),
        (
            str(ENCODER),
            "{output: mean, layout: regions_18x14}",
            "reads 57 inputs, layout 'regions_18x14' has 252",
        ),
        (str(ENCODER), "{output: mean, layout: hlt}", "input layout 'hlt' is not known; known are ugt_57"),
        (
            str(ENCODER),
            "{output: mean, scaling: {scaler: s.json}}",
            "give the number format of the scaled inputs",
        ),
        (str(ENCODER), "{output: mean, scaling: {shifts: [1, 2]}}", "57 offsets and 2 shifts for 57 inputs"),
        (str(ENCODER), "{output: mean, scaling: {offsets: 0.1}}", "has 55 fraction bits; round it"),
        (
            str(ENCODER),
            "{output: mean, score: {function: output}}",
            "a network of 3 outputs is not itself a score",
        ),
    ],
)
def test_what_cannot_be_imported_is_one_sentence(
    source: str, config: str, words: str, l1ad: Command, tmp_path: Path
) -> None:
    (tmp_path / "model.pb").write_text("what")
    (tmp_path / "model.keras").write_text("not a zip")
    (tmp_path / "empty").mkdir()
    (tmp_path / "import.yaml").write_text(config)
    done = l1ad("import", source, "--config", "import.yaml", "--out", "out.json", cwd=tmp_path)
    refused(done, words)
    assert not (tmp_path / "out.json").exists()


def test_a_result_never_replaces_what_it_is_made_from(l1ad: Command, imported: Path) -> None:
    before = (imported / "keras.json").read_bytes()
    shutil.copy(ENCODER, imported / "model.keras")
    for arguments in (
        ("emulate", "keras.json", "--events", "sample:a_to_4l", "--out", "keras.json"),
        ("export", "keras.json", "--out", "keras.json"),
        ("import", "model.keras", "--config", "import.yaml", "--out", "model.keras"),
    ):
        refused(l1ad(*arguments, cwd=imported), "the result would replace what it is made from")
    refused(l1ad("export", "keras.json", "--out", ".", cwd=imported), ".: a folder; give the name of the file")
    assert (imported / "keras.json").read_bytes() == before
    assert (imported / "model.keras").read_bytes() == ENCODER.read_bytes()


def test_one_place_to_put_it_is_asked_for(l1ad: Command, tmp_path: Path) -> None:
    assert l1ad("import", str(ENCODER), cwd=tmp_path).returncode == 2
    assert l1ad("import", str(ENCODER), "--out", "a.json", "--run", "runs/a", cwd=tmp_path).returncode == 2


def written_results(imported: Path, name: str, *, changed: int | None = None) -> str:
    """Write what the emulator gives for the first 50 events, as hardware read-out would be."""
    trigger = load_trigger(imported / "keras.json")
    traced = trace(trigger, read_events(locate_events("sample:a_to_4l"), stop=50).inputs_raw)
    rows = [
        [*mean, *score] for mean, score in zip(traced["mean"].tolist(), traced["score"].tolist(), strict=True)
    ]
    if changed is not None:
        rows[changed][1] ^= 4
    lines = ["mean[0],mean[1],mean[2],score", *(",".join(map(str, row)) for row in rows)]
    (imported / name).write_text("\n".join(lines) + "\n")
    return name


def test_results_from_elsewhere_are_compared_with_the_emulator_and_with_each_other(
    imported: Path, l1ad: Command
) -> None:
    good, bad = written_results(imported, "good.csv"), written_results(imported, "bad.csv", changed=31)
    command = ("verify", "keras.json", "--events", "sample:a_to_4l", "--json", "--against")
    result = json.loads(done_well(l1ad(*command, good, cwd=imported)))
    assert (result["implementations"], result["events_verified"]) == (["emulator", "good.csv"], 50)
    (imported / "emulator").write_text((imported / good).read_text())
    (imported / "a[b].csv").write_text((imported / good).read_text())
    assert "a[b].csv" in done_well(l1ad(*command[:4], "--against", "a[b].csv", cwd=imported))
    named = json.loads(done_well(l1ad(*command, "emulator", "--against", good, cwd=imported)))
    assert named["implementations"] == ["emulator", "good.csv"]
    for results, reference in (((bad,), "emulator"), ((good, "--against", bad), "good.csv")):
        done = l1ad(*command, *results, cwd=imported)
        assert done.returncode == 1
        told = done.stderr.splitlines()
        assert f"bad.csv: event 31, layer 'mean', element 1: {reference} " in told[0]
        assert told[1].split() == ["ap_fixed<9,5,AP_RND_CONV,AP_SAT>", reference, "bad.csv"]
        assert sum("<- differs" in line for line in told) == 1
        assert told[-1].startswith("  event: met_pt=")
