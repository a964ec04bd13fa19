import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from l1ad.core.errors import DataError, ToolError
from l1ad.search.cluster import remote_cluster
from l1ad.search.study import Study, opened_study
from l1ad.search.workers import FAILURES, run_trials
from tests.search.analytic import deadly, scan, smooth, where

distributed = pytest.importorskip("distributed", reason="Dask is not installed")

ROOT = Path(__file__).parents[2]
PROGRAM = (sys.executable, "-m", "tests.search.analytic")
PATIENCE_S = 60


class FullError(Exception):
    """What an evaluation may end with."""


def picky(document: Mapping[str, Any], folder: Path) -> dict[str, float]:
    """Fail on every other trial, in ways of its own and of this project."""
    number = int(folder.name)
    if number % 4 == 1:
        raise FullError(f"no place for {document['model']['latent']}")
    if number % 4 == 3:
        raise DataError(f"{number} is no sample")
    return smooth(document, folder)


def hopeless(document: Mapping[str, Any], folder: Path) -> dict[str, float]:
    """Fail whatever is tried."""
    del document
    raise FullError(folder.name)


def interrupted(document: Mapping[str, Any], folder: Path) -> dict[str, float]:
    """Be stopped in trial 2 the first time."""
    if folder.name == "0002" and not folder.exists():
        folder.mkdir()
        raise KeyboardInterrupt
    return smooth(document, folder)


@contextmanager
def in_trial_3(folder: Path, *, workers: int) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Run a scan in a process group of its own until one of its processes waits in trial 3; tell which."""
    program = (*PROGRAM, folder / "study.db", folder, "endless", str(workers))
    errors = folder / "errors.txt"
    with errors.open("wb") as stream:
        running = subprocess.Popen(program, cwd=ROOT, start_new_session=True, stderr=stream)
    try:
        until = time.monotonic() + PATIENCE_S
        while not (stuck := list(folder.glob("0003/stuck-*"))):
            assert running.poll() is None, errors.read_text()
            assert time.monotonic() < until
            time.sleep(0.02)
        yield running, int(stuck[0].name.removeprefix("stuck-"))
    finally:
        running.kill()
        running.wait()


def is_alive(process: int) -> bool:
    """Tell whether a process still runs; one whose parent has not looked after it yet does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def ends(process: int) -> bool:
    until = time.monotonic() + PATIENCE_S
    while is_alive(process) and time.monotonic() < until:
        time.sleep(0.02)
    return not is_alive(process)


def numbers(study: Study) -> list[int]:
    return [one.number for one in study.finished()]


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """Start a scheduler with two workers, as they would stand elsewhere, that can import this module."""
    with (
        pytest.MonkeyPatch.context() as patch,
        distributed.LocalCluster(
            n_workers=0, threads_per_worker=1, dashboard_address=":0", memory_limit=None, silence_logs=60,
            scheduler_kwargs={"allowed_failures": 1},
        ) as cluster,
    ):  # fmt: skip
        patch.syspath_prepend(str(ROOT))
        cluster.scale(2)
        yield cluster.scheduler_address


def test_every_trial_is_evaluated_in_its_own_folder_and_told(tmp_path: Path) -> None:
    told: list[tuple[int, int, str]] = []
    with opened_study(scan(), tmp_path / "study.db") as study:
        run_trials(study, smooth, tmp_path / "trials", packages=["numpy", "no-such-package"],
                   progress=lambda *one: told.append(one))  # fmt: skip
        finished = study.finished()
    assert [one.number for one in finished] == list(range(6))
    assert sorted(path.name for path in (tmp_path / "trials").iterdir()) == [f"{n:04d}" for n in range(6)]
    assert all(one.values == smooth(one.document, tmp_path / "again") for one in finished)
    assert all(set(one.versions) == {"python", "l1ad", "numpy", "optuna"} for one in finished)
    assert [one[:2] for one in told] == [(n, 6) for n in range(1, 7)]
    assert re.fullmatch(r"trial 5: efficiency 0\.\d+, lut \d+", told[-1][2])


def test_a_trial_that_raises_is_recorded_with_its_reason_and_the_next_one_begins(tmp_path: Path) -> None:
    with opened_study(scan(), tmp_path / "study.db") as study:
        run_trials(study, picky, tmp_path)
        assert numbers(study) == [0, 2, 4]
        reasons = {one.number: one.reason for one in study.failed()}
        latent = {one.number: one.parameters["model.latent"] for one in study.failed()}
    assert reasons == {
        1: f"FullError: no place for {latent[1]}",
        3: "3 is no sample",
        5: f"FullError: no place for {latent[5]}",
    }


def test_a_scan_whose_first_trials_all_fail_stops_and_spends_no_more(tmp_path: Path) -> None:
    with opened_study(scan(trials=20), tmp_path / "study.db") as study:
        message = f"the first {FAILURES} trials all failed, the last one so: FullError: 0004"
        with pytest.raises(ToolError, match=message):
            run_trials(study, hopeless, tmp_path)
        assert len(study.failed()) == FAILURES


def test_an_interrupt_leaves_its_trial_for_the_next_time(tmp_path: Path) -> None:
    with opened_study(scan(), tmp_path / "study.db") as study, pytest.raises(KeyboardInterrupt):
        run_trials(study, interrupted, tmp_path)
    with opened_study(scan(), tmp_path / "study.db") as study:
        assert numbers(study) == [0, 1]
        run_trials(study, interrupted, tmp_path)
        assert numbers(study) == list(range(6))
        assert study.failed() == ()


def test_two_processes_that_scan_at_once_share_the_trials(tmp_path: Path) -> None:
    program = (*PROGRAM, tmp_path / "study.db", tmp_path, "where", "1")
    both = [subprocess.Popen(program, cwd=ROOT) for _ in range(2)]
    assert [one.wait(PATIENCE_S) for one in both] == [0, 0]
    with opened_study(scan(), tmp_path / "study.db") as study:
        assert numbers(study) == list(range(6))
        assert {int(one.values["process"]) for one in study.finished()} == {one.pid for one in both}


def test_workers_of_a_scheduler_evaluate_and_their_faults_are_recorded(scheduler: str, tmp_path: Path) -> None:
    with opened_study(scan(), tmp_path / "study.db") as study:
        run_trials(study, where, tmp_path, scheduler=scheduler)
        assert numbers(study) == list(range(6))
        assert os.getpid() not in {int(one.values["process"]) for one in study.finished()}
    with opened_study(scan(), tmp_path / "failing.db") as study:
        run_trials(study, picky, tmp_path / "failing", scheduler=scheduler)
        assert numbers(study) == [0, 2, 4]
        assert [one.reason for one in study.failed()][1] == "3 is no sample"


def test_a_trial_whose_worker_is_killed_is_evaluated_again_until_it_has_killed_too_many(
    scheduler: str, tmp_path: Path
) -> None:
    with opened_study(scan(), tmp_path / "study.db") as study:
        run_trials(study, deadly, tmp_path, scheduler=scheduler)
        assert numbers(study) == [1, 2, 3, 4, 5]
        assert [(one.number, one.reason) for one in study.failed()] == [
            (0, "the processes that evaluated it were killed, perhaps for want of memory")
        ]
    assert (tmp_path / "0002" / "died").exists()


def test_ctrl_c_ends_two_workers_and_one_goes_on_where_they_were(tmp_path: Path) -> None:
    with in_trial_3(tmp_path, workers=2) as (running, worker):
        assert worker != running.pid
        os.killpg(running.pid, signal.SIGINT)
        assert running.wait(PATIENCE_S) == -signal.SIGINT
        assert ends(worker)
    errors = (tmp_path / "errors.txt").read_text()
    assert errors.count("Traceback") == 1
    assert errors.endswith("KeyboardInterrupt\n")
    with opened_study(scan(), tmp_path / "study.db") as study:
        following = study.ask()
        assert following is not None
        assert following.number == 3


def test_two_workers_end_with_the_process_that_is_killed(tmp_path: Path) -> None:
    with in_trial_3(tmp_path, workers=2) as (running, worker):
        assert is_alive(worker)
        running.kill()
        assert ends(worker)
    with opened_study(scan(), tmp_path / "study.db") as study:
        run_trials(study, smooth, tmp_path)
        assert numbers(study) == list(range(6))


def test_a_scheduler_that_does_not_answer_is_told(tmp_path: Path) -> None:
    with (
        opened_study(scan(), tmp_path / "study.db") as study,
        pytest.raises(
            ToolError, match=r"no Dask scheduler answers at '127\.0\.0\.1' .*`dask scheduler` starts one"
        ),
    ):
        run_trials(study, smooth, tmp_path, scheduler="127.0.0.1")


def test_work_does_not_wait_for_ever_for_a_worker() -> None:
    with (
        distributed.LocalCluster(n_workers=0, dashboard_address=":0", silence_logs=60) as cluster,
        remote_cluster(cluster.scheduler_address, patience_s=0.2) as empty,
    ):
        assert empty.workers() == 1
        time.sleep(0.3)
        with pytest.raises(
            ToolError, match=r"has had no worker for 0\.2 s; `dask worker tcp://.* --nthreads 1`"
        ):
            empty.workers()
