"""A small training by the command line: what it leaves, killed, interrupted, refused, done with two seeds."""

import csv
import json
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from numpy.typing import NDArray
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from l1ad.config.loading import load_config
from l1ad.config.model import Backend
from l1ad.config.run import RunConfig
from l1ad.config.training import LossConfig, PruningConfig
from l1ad.core.errors import DataError
from l1ad.core.trigger_file import algorithm_digest, load_trigger
from l1ad.data.event_writer import write_events
from l1ad.data.model_scores import read_model_scores
from l1ad.data.opening import load_events
from l1ad.data.score_file import read_scores
from l1ad.flow.emulate import emulate_run
from l1ad.flow.ensemble import train_ensemble
from l1ad.flow.freeze import freeze
from l1ad.flow.run_directory import RunDirectory
from l1ad.flow.train import train
from l1ad.training.checkpoint import load_checkpoint
from l1ad.training.environment import framework_found, framework_versions

Command = Callable[..., subprocess.CompletedProcess[str]]

EPOCHS = 6
N_SEEN, N_UNSEEN = 7200, 4800
KINDS = ["mean_squares", "kl", "normalised_mean_squares", "reconstruction", "total"]
PROGRAM = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from l1ad.cli.main import main; main()"
)
"""Python leaves Ctrl-C alone where its parent ignored it, as shells do for jobs in the background."""


@dataclass(frozen=True)
class Small:
    """A folder with a small configuration and its events."""

    folder: Path
    backend: Backend

    @property
    def config(self) -> RunConfig:
        return load_config(self.folder / "small.yaml", RunConfig)

    def run(self, name: str, **of_training: Any) -> RunDirectory:
        """Give a run of the configuration, trained otherwise where asked."""
        training = self.config.training.model_copy(update=of_training)
        return RunDirectory(self.folder / name, self.config.model_copy(update={"training": training}))

    def started(self, run: str, *options: str) -> subprocess.Popen[str]:
        """Start a training and do not wait for it."""
        return subprocess.Popen(
            [sys.executable, "-c", PROGRAM, "train", "small.yaml", "--run", run, *options],
            cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip


def installed_backend() -> Backend:
    known: list[Backend] = ["qkeras", "hgq"]
    for backend in known:
        if framework_found(backend):
            return backend
    pytest.skip("neither of the extras 'qkeras' and 'hgq' is installed")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Small:
    backend = installed_backend()
    folder = tmp_path_factory.mktemp("small")
    cuts = {"zero_bias": 12_000, "ttbar": 1000, "a_to_4l": 1000, "vbf_h_invisible": 1000}
    for name, n_events in cuts.items():
        write_events(folder / f"{name}.h5", load_events(f"sample:{name}", stop=n_events), {})
    document = {
        "name": "small",
        "data": {
            "background": str(folder / "zero_bias.h5"),
            "signals": {name: str(folder / f"{name}.h5") for name in ("a_to_4l", "vbf_h_invisible")},
            "development": {"ttbar": str(folder / "ttbar.h5")},
            "training_fraction": 0.5,
        },
        "model": {"backend": backend, "hidden": [8], "latent": 2},
        "training": {
            "epochs": EPOCHS, "batch_events": 256, "learning_rate": 0.01, "float_epochs": 2,
            "watch_fraction": 0.01,
            "loss": {"beta": 0.1}, "pruning": {"sparsity": 0.5, "start_epoch": 1, "end_epoch": 3},
        },
        "rates": {"budgets": {"tight": "50 kHz", "loose": "100 kHz"}},
    }  # fmt: skip
    (folder / "small.yaml").write_text(yaml.safe_dump(document))
    return Small(folder, backend)


@pytest.fixture(scope="module")
def begun(small: Small) -> Iterator[dict[str, subprocess.Popen[str]]]:
    """One undisturbed training and one of two seeds, started side by side."""
    programs = {"whole": small.started("whole"), "seeds": small.started("seeds", "--seeds", "2", "--json")}
    yield programs
    for program in programs.values():
        program.kill()
        program.wait()


@pytest.fixture(scope="module")
def whole(small: Small, begun: dict[str, subprocess.Popen[str]]) -> Path:
    """The run directory of a training that nothing disturbed."""
    out, err = begun["whole"].communicate()
    assert begun["whole"].returncode == 0, err
    assert f"whole: {EPOCHS} epochs on 6000 events; kept epoch" in out
    return small.folder / "whole"


@pytest.fixture(scope="module")
def two_seeds(small: Small, begun: dict[str, subprocess.Popen[str]]) -> tuple[Path, dict[str, Any]]:
    """The run directory of a training with two seeds, and what was printed."""
    out, err = begun["seeds"].communicate()
    assert begun["seeds"].returncode == 0, err
    return small.folder / "seeds", json.loads(out)


def arrays(path: Path) -> dict[str, NDArray[Any]]:
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def record(run: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((run / "training" / "record.json").read_text())
    return found


def equally_trained(run: Path, other: Path) -> None:
    found, wanted = (arrays(one / "training" / "weights.npz") for one in (run, other))
    assert found.keys() == wanted.keys()
    for name, values in wanted.items():
        np.testing.assert_array_equal(found[name], values, err_msg=name)
    assert record(run) == record(other)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def epochs_kept(run: Path) -> int:
    digest = str(json.loads(str(arrays(run / "training" / "checkpoint.npz")["told"]))["digest"])
    kept = load_checkpoint(run / "training" / "checkpoint.npz", digest)
    return len(kept.history) if kept is not None else 0


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Wait until a running program has come so far."""
    end = time.monotonic() + 300
    while not condition():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < end, "the program has not come so far in 300 s"
        time.sleep(0.005)


def test_a_training_leaves_its_record_history_weights_and_encoder(whole: Path) -> None:
    left = record(whole)
    assert set(left) >= {
        "digest", "versions", "machine", "best_epoch", "stopped", "constant_inputs", "collapsed_latents",
        "history",
    }  # fmt: skip
    assert len(left["digest"]) == 64
    assert left["versions"] == framework_versions()
    assert left["machine"]["python"] == sys.version.split()[0]
    assert left["machine"]["processors"] == str(os.cpu_count())
    assert left["stopped"] == ""
    assert "met_eta" in left["constant_inputs"]
    assert 1 <= left["best_epoch"] <= EPOCHS
    assert json.loads(str(arrays(whole / "training" / "weights.npz")["told"])) == {"digest": left["digest"]}
    assert (whole / "training" / "encoder.keras").read_bytes().startswith(b"PK")
    assert not list(whole.rglob("*.partial*"))


def test_the_history_is_a_table_with_one_line_an_epoch(whole: Path) -> None:
    with (whole / "training" / "history.csv").open(newline="") as stream:
        lines = list(csv.DictReader(stream))
    history = record(whole)["history"]
    assert [line["epoch"] for line in lines] == [str(epoch) for epoch in range(1, EPOCHS + 1)]
    wanted = {"loss", "reconstruction", "kl", "validation_loss", "sparsity", "efficiency", "efficiency_ttbar"}
    assert wanted <= set(lines[0])
    for line, told in zip(lines, history, strict=True):
        for name, value in told.items():
            assert float(line[name]) == pytest.approx(value, rel=1e-7)


def test_the_network_learns_and_is_pruned(whole: Path) -> None:
    history = record(whole)["history"]
    assert history[-1]["validation_reconstruction"] < history[0]["validation_reconstruction"]
    assert [one["sparsity"] for one in history] == [0.0, 0.4375, 0.5, 0.5, 0.5, 0.5]
    assert 0 < history[-1]["efficiency"] <= 1


def test_a_pretraining_without_quantisers_is_kept_beside_the_training(whole: Path) -> None:
    digest = record(whole)["digest"]
    kept = load_checkpoint(whole / "training" / "pretraining.npz", digest)
    assert kept is not None
    assert [one["epoch"] for one in kept.history] == [1, 2]
    assert all(one["sparsity"] == 0 and "ebops" not in one for one in kept.history)
    # The quantised network begins where it ended, and not where a fresh one does.
    assert record(whole)["history"][0]["loss"] < kept.history[0]["loss"]


@pytest.fixture(scope="module")
def disturbed(small: Small) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A training killed in its loop, begun again and stopped by Ctrl-C; and what that program said."""
    run = small.folder / "disturbed"
    process = small.started("disturbed")
    checkpoint = run / "training" / "checkpoint.npz"
    wait_for(checkpoint.exists, process)
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert 1 <= epochs_kept(run) < EPOCHS
    written = checkpoint.stat().st_mtime_ns
    assert not (run / "training" / "weights.npz").exists()

    process = small.started("disturbed")
    wait_for(lambda: checkpoint.stat().st_mtime_ns > written, process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    return run, subprocess.CompletedProcess(process.args, process.returncode, out, err)


def test_ctrl_c_keeps_the_best_epoch_so_far_and_says_so(
    disturbed: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    run, said = disturbed
    assert said.returncode == 130, said.stderr
    left = record(run)
    assert left["stopped"] == "interrupted"
    assert 2 <= len(left["history"]) < EPOCHS
    assert (
        f"note: stopped early: interrupted; the weights of epoch {left['best_epoch']} are kept" in said.stderr
    )
    assert f"disturbed: {len(left['history'])} epochs on 6000 events" in said.stdout


def test_what_ctrl_c_left_can_be_frozen_and_goes_on_to_the_undisturbed_result(
    disturbed: tuple[Path, subprocess.CompletedProcess[str]], whole: Path, small: Small, l1ad: Command
) -> None:
    run = disturbed[0]
    assert freeze(RunDirectory.open(run)).trigger.provenance["training_digest"] == record(whole)["digest"]
    done = l1ad("train", "small.yaml", "--run", "disturbed", cwd=small.folder)
    assert done.returncode == 0, done.stderr
    assert f"disturbed: {EPOCHS} epochs" in done.stdout
    equally_trained(run, whole)


def test_another_configuration_is_refused_and_leaves_everything(whole: Path, small: Small) -> None:
    before = contents(whole)
    with pytest.raises(DataError, match="belongs to a training with another configuration, data or framework"):
        train(small.run("whole", learning_rate=0.02))
    assert contents(whole) == before


def test_a_latent_space_that_says_nothing_is_refused(small: Small) -> None:
    run = small.run("collapsed", float_epochs=0, loss=LossConfig(beta=1e4))
    words = (
        "collapsed: posterior collapse: none of the 2 latents says anything, so no score can; lower "
        "training.loss.beta or training.compression.beta, or train longer"
    )
    with pytest.raises(DataError, match=words):
        train(run)
    assert record(run.path)["collapsed_latents"] == [0, 1]


def test_a_plain_autoencoder_has_no_widths_and_is_trained_all_the_same(small: Small) -> None:
    config = small.run("plain", float_epochs=0, epochs=1, pruning=PruningConfig(sparsity=0.0)).config
    plain = config.model_copy(update={"model": config.model.model_copy(update={"variational": False})})
    result = train(RunDirectory(small.folder / "plain", plain))
    assert (result.epochs, result.collapsed, result.latents) == (1, (), 2)
    assert result.history[0]["kl"] == 0


@pytest.fixture(scope="module")
def evaluated(whole: Path, small: Small, l1ad: Command) -> dict[str, Any]:
    done = l1ad("evaluate", "whole", "--json", cwd=small.folder)
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads((whole / "evaluation.json").read_text())
    assert document == {"training_digest": record(whole)["digest"], **json.loads(done.stdout)}
    return document


def test_an_evaluation_measures_every_kind_of_score(evaluated: dict[str, Any]) -> None:
    assert list(evaluated["scores"]) == KINDS
    assert evaluated["points"] == ["50 kHz", "100 kHz", "FPR 1e-3"]
    for of_signal in evaluated["scores"].values():
        assert set(of_signal) == {"a_to_4l", "vbf_h_invisible"}
        for one in of_signal.values():
            assert list(one["at"]) == evaluated["points"]
    assert set(evaluated["criteria"]) == {
        "latent_entropy", "stability_cosine", "stability_distance", "log_density", "neighbour_distance",
        "m1", "m2", "m3", "m4",
    }  # fmt: skip
    assert all(math.isfinite(value) for value in evaluated["criteria"].values())


def test_areas_and_efficiencies_are_those_of_the_scores_on_events_no_training_has_seen(
    evaluated: dict[str, Any], whole: Path
) -> None:
    scores = read_model_scores(whole / "evaluation.h5").scores
    allowed = int(N_UNSEEN * 50_000 / (2340 * 11245.5))
    for kind in KINDS:
        background, found = scores["background"][kind][N_SEEN:], scores["a_to_4l"][kind]
        told = evaluated["scores"][kind]["a_to_4l"]
        truth = np.repeat([0, 1], [len(background), len(found)])
        area = roc_auc_score(truth, np.concatenate([background, found]))
        assert told["auc"]["value"] == pytest.approx(area, rel=1e-12)
        highest_refused = np.sort(background)[::-1][allowed]
        passed = int(np.count_nonzero(found > highest_refused))
        assert told["at"]["50 kHz"]["efficiency"]["n_pass"] == passed


def test_the_cost_of_the_simplest_score_is_told_against_the_best(evaluated: dict[str, Any]) -> None:
    for name, at in evaluated["cost"].items():
        for point, cost in at.items():
            values = {
                kind: of[name]["at"][point]["efficiency"]["value"] for kind, of in evaluated["scores"].items()
            }
            assert cost["deployed"] == values["mean_squares"]
            assert cost["best"] == max(values.values()) == values[cost["score"]]


def test_the_deployed_score_of_the_model_is_the_emulated_one_after_its_cast(
    evaluated: dict[str, Any], whole: Path
) -> None:
    run = RunDirectory.open(whole)
    freeze(run)
    assert emulate_run(run) == {"background": 12_000, "a_to_4l": 1000, "vbf_h_invisible": 1000}
    word = load_trigger(run.trigger_file).score.result
    of_model = read_model_scores(run.evaluation_file)
    assert of_model.training_digest == evaluated["training_digest"]
    for name, of_sample in of_model.scores.items():
        emulated = read_scores(run.scores(name), algorithm_digest=algorithm_digest(run.trigger())).score_raw
        # AP_TRN cuts bits off, AP_SAT stops at the top; sums of squares are exact before.
        cut_off = np.floor(of_sample["mean_squares"] * 2.0**word.fraction)
        np.testing.assert_array_equal(emulated, np.minimum(cut_off, word.raw_max))
        assert len(set(emulated.tolist())) > 20


def test_the_same_seed_gives_the_same_result_in_another_program(
    two_seeds: tuple[Path, dict[str, Any]], whole: Path
) -> None:
    equally_trained(two_seeds[0] / "seeds" / "1", whole)


def test_two_seeds_give_two_trainings_and_the_spread_between_them(
    two_seeds: tuple[Path, dict[str, Any]],
) -> None:
    run, printed = two_seeds
    assert json.loads((run / "ensemble.json").read_text()) == printed
    assert printed["seeds"] == [1, 2]
    members = [run / "seeds" / str(seed) for seed in printed["seeds"]]
    first, second = (arrays(member / "training" / "weights.npz") for member in members)
    assert any(not np.array_equal(first[name], second[name]) for name in first)
    results = [json.loads((member / "evaluation.json").read_text()) for member in members]
    for name, at in printed["efficiencies"].items():
        for point, spread in at.items():
            values = [
                one["scores"]["mean_squares"][name]["at"][point]["efficiency"]["value"] for one in results
            ]
            assert spread["mean"] == pytest.approx(sum(values) / 2)
    scores = [
        read_model_scores(member / "evaluation.h5").scores["background"]["mean_squares"][N_SEEN:]
        for member in members
    ]
    correlation = spearmanr(scores[0], scores[1]).statistic
    assert printed["correlation"] == pytest.approx({"lowest": correlation, "mean": correlation}, rel=1e-9)


def test_the_seed_that_the_development_signal_picks_becomes_the_training_of_the_run(
    two_seeds: tuple[Path, dict[str, Any]],
) -> None:
    run, printed = two_seeds
    told = {seed: record(run / "seeds" / str(seed)) for seed in (1, 2)}
    efficiencies = {seed: one["history"][one["best_epoch"] - 1]["efficiency"] for seed, one in told.items()}
    assert printed["criteria"]["development"] == list(efficiencies.values())
    picked = max(efficiencies, key=lambda seed: efficiencies[seed])
    assert printed["picked"] == printed["by_development"] == picked
    assert contents(run / "training") == contents(run / "seeds" / str(picked) / "training")
    opened = RunDirectory.open(run)
    assert opened.config.training.seed == picked
    assert freeze(opened).trigger.provenance["training_digest"] == told[picked]["digest"]


def test_two_seeds_asked_for_again_are_not_trained_again(
    two_seeds: tuple[Path, dict[str, Any]], small: Small
) -> None:
    run, printed = two_seeds
    checkpoints = sorted(run.glob("seeds/*/training/*.npz"))
    anew = {"weights.npz", "seen_events.npz"}  # written at each end of a training
    kept = {path: path.stat().st_mtime_ns for path in checkpoints if path.name not in anew}
    assert len(kept) == 4  # checkpoint and pretraining of each
    weights = [arrays(run / "seeds" / str(seed) / "training" / "weights.npz") for seed in (1, 2)]
    again = train_ensemble(small.run("seeds"), 2)
    assert json.loads(json.dumps(again.document())) == printed
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    for seed, before in zip((1, 2), weights, strict=True):
        after = arrays(run / "seeds" / str(seed) / "training" / "weights.npz")
        assert all(np.array_equal(after[name], before[name]) for name in before)
