import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from l1ad.core.errors import DataError
from l1ad.search.study import DEATHS, Study, opened_study
from l1ad.search.trials import Evaluation
from tests.search.analytic import scan, smooth

PROGRAM = (sys.executable, "-m", "tests.search.analytic")
ROOT = Path(__file__).parents[2]
PATIENCE_S = 60


def evaluation(**values: float) -> Evaluation:
    return Evaluation(values=values, seconds=0.5, versions={"python": "3"})


def finish(study: Study, folder: Path) -> None:
    """Evaluate all that is left."""
    while (trial := study.ask()) is not None:
        study.tell(trial, evaluation(**smooth(trial.document, folder)))


def parameters(path: Path, **changed: Any) -> list[dict[str, Any]]:
    """Read what the finished trials of a study had, by number."""
    with opened_study(scan(**changed), path) as study:
        return [dict(one.parameters) for one in study.finished()]


@contextmanager
def stuck_in_trial_3(study: Path, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a scan in a process of its own until it waits in trial 3."""
    running = subprocess.Popen([*PROGRAM, study, folder, "endless", "1"], cwd=ROOT)
    try:
        until = time.monotonic() + PATIENCE_S
        while not list(folder.glob("0003/stuck-*")):
            assert running.poll() is None
            assert time.monotonic() < until
            time.sleep(0.02)
        yield running
    finally:
        running.kill()
        running.wait()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Parameters of the trials of a scan that nothing stopped."""
    folder = tmp_path_factory.mktemp("undisturbed")
    with opened_study(scan(), folder / "study.db") as study:
        finish(study, folder)
    return parameters(folder / "study.db")


def test_a_scan_has_as_many_trials_as_it_says_within_its_space(undisturbed: list[dict[str, Any]]) -> None:
    assert len(undisturbed) == 6
    for one in undisturbed:
        assert one["model.hidden"] in ([32, 16], [16, 8], [8])
        assert one["model.latent"] in range(2, 9)
        assert 0.01 <= one["training.loss.beta"] <= 1.0


def test_a_killed_scan_goes_on_as_if_nothing_had_happened(
    undisturbed: list[dict[str, Any]], tmp_path: Path
) -> None:
    path = tmp_path / "study.db"
    with stuck_in_trial_3(path, tmp_path / "trials") as running:
        running.send_signal(signal.SIGKILL)
        running.wait()
    assert parameters(path) == undisturbed[:3]
    with opened_study(scan(), path) as study:
        first = study.ask()
        assert first is not None
        assert (first.number, first.parameters) == (3, undisturbed[3])
        study.tell(first, evaluation(**smooth(first.document, tmp_path)))
        finish(study, tmp_path)
    assert parameters(path) == undisturbed


def test_what_a_living_process_evaluates_is_given_to_no_other(tmp_path: Path) -> None:
    path = tmp_path / "study.db"
    with stuck_in_trial_3(path, tmp_path / "trials") as running:
        with opened_study(scan(), path) as study:
            finish(study, tmp_path)
            assert [one.number for one in study.finished()] == [0, 1, 2, 4, 5]
        assert running.poll() is None


def test_more_trials_let_a_finished_scan_go_on(undisturbed: list[dict[str, Any]], tmp_path: Path) -> None:
    for trials in (3, 6):
        with opened_study(scan(trials=trials), tmp_path / "study.db") as study:
            finish(study, tmp_path)
            assert len(study.finished()) == trials
    assert parameters(tmp_path / "study.db") == undisturbed


@pytest.mark.parametrize("sampler", ["tpe", "random", "nsga2"])
def test_every_sampler_draws_the_same_trials_from_the_same_seed(sampler: str, tmp_path: Path) -> None:
    drawn = []
    for name in ("a", "b"):
        with opened_study(scan(sampler=sampler, trials=4), tmp_path / name) as study:
            finish(study, tmp_path)
            drawn.append([one.parameters for one in study.finished()])
    assert len(drawn[0]) == 4
    assert drawn[0] == drawn[1]


def test_another_seed_draws_other_trials(undisturbed: list[dict[str, Any]], tmp_path: Path) -> None:
    with opened_study(scan(seed=2), tmp_path / "study.db") as study:
        first = study.ask()
    assert first is not None
    assert first.parameters != undisturbed[0]


def test_an_interrupted_trial_comes_first_the_next_time(tmp_path: Path) -> None:
    with opened_study(scan(), tmp_path / "study.db") as study:
        first, second = study.ask(), study.ask()
        assert first is not None
        assert second is not None
        assert (first.number, second.number) == (0, 1)
        study.release(first)
        assert study.ask() == first


def test_a_trial_that_takes_its_process_with_it_time_and_again_has_failed(tmp_path: Path) -> None:
    code = f"""
import os, pathlib, signal, sys
from l1ad.search.study import opened_study
from tests.search.analytic import scan

for _ in range({DEATHS}):
    child = os.fork()
    if not child:
        with opened_study(scan(), pathlib.Path(sys.argv[1])) as study:
            study.ask()
            os.kill(os.getpid(), signal.SIGKILL)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
"""
    subprocess.run(
        [sys.executable, "-c", code, tmp_path / "study.db"], cwd=ROOT, check=True, timeout=PATIENCE_S
    )
    with opened_study(scan(), tmp_path / "study.db") as study:
        following = study.ask()
        assert following is not None
        assert following.number == 1
        assert [one.number for one in study.failed()] == [0]
        assert study.failed()[0].reason.startswith(f"its process was killed {DEATHS} times")


def test_the_study_of_another_scan_is_refused_with_what_differs(tmp_path: Path) -> None:
    with opened_study(scan(), tmp_path / "study.db"):
        pass
    message = f"{tmp_path / 'study.db'}: holds the trials of another scan (seed was 1, is 2)"
    with pytest.raises(DataError, match=re.escape(message)), opened_study(scan(seed=2), tmp_path / "study.db"):
        pass
    other = {"training": {"epochs": 40}}
    with (
        pytest.raises(DataError, match=r"base\.training\.epochs was 30, is 40"),
        opened_study(scan(base=other), tmp_path / "study.db"),
    ):
        pass


def test_another_number_of_objectives_is_another_scan_too(tmp_path: Path) -> None:
    with opened_study(scan(), tmp_path / "study.db"):
        pass
    with (
        pytest.raises(DataError, match="holds the trials of another scan"),
        opened_study(scan(objectives=["efficiency", "lut", "latency_cycles"]), tmp_path / "study.db"),
    ):
        pass


def test_a_file_that_is_no_study_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "study.db").write_text("precious")
    with (
        pytest.raises(DataError, match="is no study"),
        opened_study(scan(), tmp_path / "study.db"),
    ):
        pass
    assert (tmp_path / "study.db").read_text() == "precious"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"efficiency": 0.5}, "the evaluation gave no lut, which is an objective"),
        ({"efficiency": float("nan"), "lut": 5.0}, "the evaluation gave efficiency = nan"),
    ],
)
def test_an_evaluation_without_a_number_for_each_objective_has_failed(
    values: dict[str, float], words: str, tmp_path: Path
) -> None:
    with opened_study(scan(), tmp_path / "study.db") as study:
        trial = study.ask()
        assert trial is not None
        reason = study.tell(trial, evaluation(**values))
        assert reason.startswith(words)
        assert [(one.number, one.reason) for one in study.failed()] == [(0, reason)]
        assert study.finished() == ()


def test_values_that_a_run_refuses_make_a_failed_trial_that_nobody_is_asked_to_evaluate(tmp_path: Path) -> None:
    space = {"training.epochs": {"choices": [10, 30]}, "training.seed": {"low": 1, "high": 99}}
    with opened_study(scan(space=space), tmp_path / "study.db") as study:
        finish(study, tmp_path)
        finished, failed = study.finished(), study.failed()
    assert len(finished) + len(failed) == 6
    assert failed
    assert all(one.parameters["training.epochs"] == 10 for one in failed)
    assert all(one.parameters["training.epochs"] == 30 for one in finished)
    assert failed[0].reason.startswith(f"trial {failed[0].number}: training.epochs = 10")


def test_a_configuration_that_was_evaluated_takes_over_its_values(tmp_path: Path) -> None:
    evaluated = 0
    with opened_study(scan(space={"model.latent": {"choices": [2, 3]}}), tmp_path / "study.db") as study:
        while (trial := study.ask()) is not None:
            evaluated += 1
            study.tell(trial, evaluation(efficiency=evaluated, lut=5.0))
        finished = study.finished()
    assert evaluated == 2
    assert len(finished) == 6
    assert all(len({one.values["efficiency"] for one in finished if one.document == same.document}) == 1
               for same in finished)  # fmt: skip
    assert sorted(one.seconds for one in finished) == [0.0] * 4 + [0.5] * 2


def test_the_record_of_a_trial_rebuilds_its_run(tmp_path: Path) -> None:
    with opened_study(scan(), tmp_path / "study.db") as study:
        finish(study, tmp_path)
        for one in study.finished():
            assert one.document["model"]["hidden"] == one.parameters["model.hidden"]
            assert one.document["training"]["loss"]["beta"] == one.parameters["training.loss.beta"]
            assert one.values == smooth(one.document, tmp_path)
            assert {"python", "optuna"} <= set(one.versions)
