"""The study command: a fault is one sentence, and Ctrl-C loses nothing and says so."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from l1ad.training.environment import framework_found
from tests.cli.conftest import PROGRAM

STUDIES = Path(__file__).parents[2] / "configs" / "studies"
PATIENCE_S = 300


def test_a_study_file_that_is_none_is_one_sentence_and_exit_code_1(
    program: Callable[..., CompletedProcess[str]], tmp_path: Path
) -> None:
    (tmp_path / "study.yaml").write_text("kind: pets\n")
    done = program("study", "study.yaml", "--out", "out", cwd=tmp_path)
    assert done.returncode == 1
    assert "kind = 'pets' is no study; kinds are data_quality" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_study_interrupted_in_a_terminal_keeps_what_is_finished_and_says_how_to_go_on(tmp_path: Path) -> None:
    """Ctrl-C reaches every process of the terminal: the program and its workers in the middle of trainings."""
    if not framework_found("float"):
        pytest.skip("neither the extra 'qkeras' nor 'hgq' is installed")
    hearing = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    arguments = ["study", str(STUDIES / "without_signal.yaml"), "--out", "out", "--workers", "2"]
    said = tmp_path / "said"
    with said.open("wb") as written:
        process = subprocess.Popen(
            [sys.executable, "-c", hearing + PROGRAM, *arguments],
            cwd=tmp_path, stdout=written, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    try:
        deadline = time.monotonic() + PATIENCE_S
        while not list(tmp_path.glob("out/trials/*.json")) and time.monotonic() < deadline:
            assert process.poll() is None, said.read_text()
            time.sleep(0.1)
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(PATIENCE_S) == 130
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    told = "note: interrupted; what is finished stays in out, and the same command goes on from there"
    assert said.read_text().splitlines()[-1] == told
    assert "Traceback" not in said.read_text()
    kept = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert kept
    assert all(path.suffix == ".json" and path.parent.name == "trials" for path in kept)
