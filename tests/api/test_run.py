"""A run from Python and the same run from the command line: one directory, one result."""

import json
import subprocess
from collections.abc import Callable

import numpy as np
import pytest

import l1ad
from l1ad.api.summary import Report
from l1ad.data.score_file import read_scores
from l1ad.flow.summary import run_summary

Command = Callable[..., subprocess.CompletedProcess[str]]


def test_the_training_is_the_one_that_the_command_line_goes_on_with(
    small_run: l1ad.Run, command: Command
) -> None:
    found = small_run.train()
    done = command(
        "train", str(small_run.path / "config.yaml"), "--run", str(small_run.path), "--json", cwd=small_run.path
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(json.dumps(found.document())) == json.loads(done.stdout)
    kept = {row[0]: row[1] for row in found.tables()[0].rows}
    assert kept["loss"] == f"{found.history[0]['loss']:.4g}"
    assert found.events == 15_000


def test_rates_and_their_tables_are_those_that_the_command_line_prints(
    small_run: l1ad.Run, command: Command
) -> None:
    found = small_run.rates()
    done = command("rates", "thresholds", str(small_run.path), "--json", cwd=small_run.path)
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)
    assert json.loads(json.dumps(found.document())) == printed
    assert found.raw == small_run.algorithm.thresholds_raw
    efficiencies = found.tables()[-1]
    (row,) = efficiencies.rows
    at = printed["efficiencies"]["a_to_4l"]["at"]
    assert row[2].startswith(f"{100 * at['tight']['value']:.2f} % (")
    assert found.efficiencies["a_to_4l"]["tight"].value == at["tight"]["value"]


def test_scores_of_a_run_are_read_when_they_are_asked_for(small_run: l1ad.Run, command: Command) -> None:
    found = small_run.emulate()
    done = command("emulate", str(small_run.path), "--json", cwd=small_run.path)
    assert found.document() == json.loads(done.stdout)
    file = small_run.directory.scores("a_to_4l")
    stored = read_scores(file, algorithm_digest=found.algorithm_digest)
    np.testing.assert_array_equal(found["a_to_4l"].score_raw, stored.score_raw)
    assert set(found["a_to_4l"].accepted) == {"tight", "loose"}
    with pytest.raises(KeyError, match="no sample 'z_to_ee'; there are background, a_to_4l"):
        found["z_to_ee"]


def test_a_run_that_is_opened_again_has_the_same_algorithm(small_run: l1ad.Run) -> None:
    again = l1ad.Run.open(small_run.path)
    assert again.config == small_run.config
    assert again.algorithm.document() == small_run.algorithm.document()
    assert again.freeze().document()["algorithm"] == small_run.algorithm.document()["algorithm"]
    again.rates()  # freezing leaves no threshold


def test_a_step_before_its_time_says_which_step_is_missing(small_run: l1ad.Run) -> None:
    for step in (small_run.check, small_run.synthesize, small_run.verify):
        with pytest.raises(l1ad.L1adError, match="no firmware here; `l1ad build` writes it"):
            step()


def test_a_report_of_a_run_that_was_not_verified_says_so(small_run: l1ad.Run) -> None:
    rated = small_run.directory.read_json("rates.json", step="rates")
    summary = run_summary(small_run.directory, small_run.algorithm.trigger, None, rated)
    report = Report(file=small_run.path / "report.html", summary=summary)
    assert [table.name for table in report.tables()] == ["thresholds", "efficiencies"]
    assert report.headline().startswith("small: not verified; ")
    assert report.remarks() == ("not verified; `l1ad verify` compares every implementation",)
