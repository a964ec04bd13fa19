"""A small scan and the training benchmark, as a user runs them."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from l1ad.config.loading import load_config
from l1ad.config.run import RunConfig
from l1ad.config.scan import load_scan
from l1ad.core.errors import DataError
from l1ad.data.event_writer import write_events
from l1ad.data.opening import load_events
from l1ad.flow.scan import scan
from l1ad.training.environment import framework_found

Command = Callable[..., subprocess.CompletedProcess[str]]
OBJECTIVES = ("efficiency", "lut", "latency_cycles")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with cuts of the samples that ship, a run's configuration and a scan of it."""
    pytest.importorskip("optuna", reason="the extra 'search' is not installed")
    if not framework_found("qkeras"):
        pytest.skip("the extra 'qkeras' is not installed")
    made = tmp_path_factory.mktemp("scan")
    for name, n_events in {"zero_bias": 8_000, "ttbar": 500, "a_to_4l": 500}.items():
        write_events(made / f"{name}.h5", load_events(f"sample:{name}", stop=n_events), {})
    run = {
        "data": {
            "background": str(made / "zero_bias.h5"),
            "signals": {"a_to_4l": str(made / "a_to_4l.h5")},
            "development": {"ttbar": str(made / "ttbar.h5")},
        },
        "model": {"hidden": [4], "latent": 2},
        "training": {
            "epochs": 1,
            "batch_events": 256,
            "watch_fraction": 0.01,
            "loss": {"beta": 0.01},
            "pruning": {"sparsity": 0},
        },
        "rates": {"budgets": {"tight": "50 kHz"}},
    }
    wanted = {
        "base": "run.yaml", "trials": 2, "rate_khz": 200, "objectives": list(OBJECTIVES),
        "space": {
            "model.hidden": {"choices": [[4], [6]]}, "training.learning_rate": {"low": 1e-3, "high": 1e-2},
        },
    }  # fmt: skip
    (made / "run.yaml").write_text(yaml.safe_dump(run))
    (made / "scan.yaml").write_text(yaml.safe_dump(wanted))
    return made


@pytest.fixture(scope="module")
def scanned(folder: Path, l1ad: Command) -> dict[str, Any]:
    done = l1ad("scan", "scan.yaml", "--out", "study", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_every_trial_is_trained_frozen_and_costed(folder: Path, scanned: dict[str, Any]) -> None:
    assert [one["number"] for one in scanned["trials"]] == [0, 1]
    assert scanned["failed"] == {}
    for one in scanned["trials"]:
        values = one["values"]
        assert values["efficiency"] == pytest.approx((500 * values["efficiency_ttbar"] + 0.5) / 501)
        assert values["lut"] > 100
        assert values["latency_cycles"] >= 1
        assert values["ebops"] > 0
        assert (folder / "study" / "trials" / f"{one['number']:04d}" / "trigger.json").is_file()
    assert set(scanned["front"]) <= {0, 1}
    assert scanned["front"]
    assert json.loads((folder / "study" / "scan.json").read_text()) == scanned
    assert (folder / "study" / "pareto.png").read_bytes().startswith(b"\x89PNG")


def test_a_scan_that_is_done_has_nothing_left_to_do(
    folder: Path, scanned: dict[str, Any], l1ad: Command
) -> None:
    before = (folder / "study" / "trials" / "0000" / "trigger.json").stat().st_mtime_ns
    done = l1ad("scan", "scan.yaml", "--out", "study", "--json", cwd=folder)
    assert json.loads(done.stdout) == scanned
    assert (folder / "study" / "trials" / "0000" / "trigger.json").stat().st_mtime_ns == before


def test_a_trial_built_again_gives_the_same_algorithm(
    folder: Path, scanned: dict[str, Any], l1ad: Command
) -> None:
    done = l1ad("scan", "scan.yaml", "--out", "study", "--rebuild", "1", "--run", "again", cwd=folder)
    assert done.returncode == 0, done.stderr
    again = load_config(folder / "again" / "config.yaml", RunConfig)
    assert again.model.model_dump(mode="json") == scanned["trials"][1]["config"]["model"]
    for step in (("train", "again/config.yaml", "--run", "again"), ("freeze", "again")):
        assert l1ad(*step, cwd=folder).returncode == 0
    made, first = (
        json.loads((folder / run / "trigger.json").read_text()) for run in ("again", "study/trials/0001")
    )
    assert made["network"] == first["network"]
    missing = l1ad("scan", "scan.yaml", "--out", "study", "--rebuild", "7", "--run", "other", cwd=folder)
    assert missing.returncode == 1
    assert "study: no finished trial 7; `l1ad scan` lists them" in missing.stderr
    nowhere = l1ad("scan", "scan.yaml", "--out", "none", "--rebuild", "1", "--run", "other", cwd=folder)
    assert "none: no scan here (no study.db); `l1ad scan` begins one" in nowhere.stderr
    assert not (folder / "none").exists()


def test_a_scan_without_development_signals_or_zero_bias_is_refused(folder: Path, tmp_path: Path) -> None:
    config = load_scan(folder / "scan.yaml")
    bare = config.base.model_copy(update={"data": config.base.data.model_copy(update={"development": {}})})
    with pytest.raises(DataError, match="a scan chooses by development signals, and the base"):
        scan(config.model_copy(update={"base": bare}), tmp_path)
    rates = config.base.rates.model_copy(update={"colliding_bunches": None, "stream_events_per_day": 6e6})
    stream = config.base.model_copy(update={"rates": rates})
    with pytest.raises(DataError, match=r"a scan measures at a rate of zero bias; give the base rates\.coll"):
        scan(config.model_copy(update={"base": stream}), tmp_path)


def test_training_is_timed_beside_one_batch_a_call(folder: Path, l1ad: Command) -> None:
    done = l1ad("bench", "train", "run.yaml", "--batch", "256", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    many, one = json.loads(done.stdout)
    assert many["what"] == "256 events a batch, many batches a call"
    assert one["what"] == "256 events a batch, one batch a call"
    assert one["ratio"] == 1
    assert many["ratio"] == pytest.approx(many["events_per_second"] / one["events_per_second"])
    assert many["events"] == one["events"] == 2400
