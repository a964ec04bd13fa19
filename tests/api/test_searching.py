"""Many seeds and many configurations from Python."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import l1ad
from l1ad.api.searching import Scanned, scan
from l1ad.core.errors import ConfigError, DataError
from l1ad.flow.scan import Scan
from l1ad.search.trials import Finished


def finished(number: int, *, efficiency: float, lut: float) -> Finished:
    values = {"efficiency": efficiency, "lut": lut, "latency_cycles": 2.0, "ebops": 4321.0}
    parameters = {"model.latent": 4, "training.loss.beta": 0.123456}
    return Finished(
        number=number, parameters=parameters, document={"name": f"trial {number}"}, values=values, seconds=1.0,
        versions={},
    )  # fmt: skip


def test_a_scan_shows_its_front_and_begins_a_trial_again_as_a_run(tmp_path: Path) -> None:
    trials = (finished(0, efficiency=0.1, lut=900), finished(2, efficiency=0.25, lut=1500))
    found = Scanned(
        objectives=("efficiency", "lut"), finished=trials, failed={1: "no memory"}, front=trials[1:],
        folder=Path("study"),
    )  # fmt: skip
    (table,) = found.tables()
    assert table.title == "study: 2 trials, 1 failed; the Pareto front"
    assert table.rows == (("2", "25.00%", "1500", "2", "4321", "latent 4, beta 0.1235"),)
    assert found.remarks() == ("trial 1 failed: no memory",)
    assert found.document() == Scan.document(found)
    assert json.loads(json.dumps(found.document()))["front"] == [2]
    again = l1ad.Run.begin(tmp_path / "best", found.front[0].document)
    assert again.config.name == "trial 2"


def test_a_scan_that_cannot_be_is_refused_before_anything_is_trained(tmp_path: Path) -> None:
    config: dict[str, Any] = {
        "base": {"data": {"development": {}}},
        "space": {"model.latent": {"low": 2, "high": 4}},
    }
    with pytest.raises(DataError, match="a scan chooses by development signals"):
        scan(config, tmp_path / "study", trials=2)
    with pytest.raises(ConfigError, match="scan: unknown key 'spaec'"):
        scan({**config, "spaec": {}}, tmp_path / "study")
    assert not (tmp_path / "study").exists()


def test_seeds_are_trained_and_the_run_goes_on_with_the_one_that_was_kept(
    small_run: l1ad.Run, tmp_path: Path
) -> None:
    events = l1ad.load_events("sample:zero_bias", stop=20_000)
    background = l1ad.save_events(events, tmp_path / "zero_bias.h5")
    data = {**small_run.config.data.model_dump(mode="json"), "background": str(background), "development": {}}
    rates = {"budgets": {"tight": "10 kHz"}}
    begun = l1ad.Run.begin(tmp_path / "run", {"name": "seeds", "data": data, "rates": rates}, epochs=1)
    with pytest.raises(ValueError, match="1 seeds have no spread; give two or more"):
        begun.train(seeds=1)
    found = begun.train(seeds=2)
    assert found.run.config.training.seed == found.picked
    assert found.run.config == l1ad.Run.open(tmp_path / "run").config
    assert found.run.freeze().thresholds_raw == {}
    spread, merits = found.tables()
    assert [row[0] for row in merits.rows] == [
        f"{seed} *" if seed == found.picked else str(seed) for seed in found.seeds
    ]
    at = found.efficiencies["a_to_4l"][found.points[0]]
    assert at.n == 2
    assert spread.rows[0][2] == f"{at.mean:.2%} ± {at.standard_deviation or 0:.2%}"
    assert np.isclose(found.auc["a_to_4l"].mean, float(spread.rows[0][1]), atol=6e-4)
    kept = (tmp_path / "run" / "ensemble.json").read_text(encoding="utf-8")
    assert json.loads(json.dumps(found.document())) == json.loads(kept)
