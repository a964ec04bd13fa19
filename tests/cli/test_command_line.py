"""The command line before any work is done: help, usage, exit codes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

STEPS = (
    "demo", "simulate", "train", "freeze", "import", "emulate", "build", "inspect", "verify", "accept",
    "export", "report",
)  # fmt: skip


def l1ad(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "COLUMNS": "200", "NO_COLOR": "1"}
    return subprocess.run(
        [sys.executable, "-c", "from l1ad.cli.main import main; main()", *arguments],
        cwd=cwd, capture_output=True, text=True, check=False, env=environment,
    )  # fmt: skip


def test_help_lists_the_steps_in_pipeline_order(tmp_path: Path) -> None:
    text = l1ad("--help", cwd=tmp_path).stdout
    places = [text.index(f" {step} ") for step in STEPS]
    assert places == sorted(places)


@pytest.mark.parametrize("step", STEPS)
def test_every_step_has_an_example(step: str, tmp_path: Path) -> None:
    done = l1ad(step, "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert f"Example: l1ad {step}" in done.stdout


def test_wrong_usage_exits_with_2(tmp_path: Path) -> None:
    assert l1ad("verifi", cwd=tmp_path).returncode == 2
    assert l1ad("freeze", cwd=tmp_path).returncode == 2
    (tmp_path / "trigger.json").touch()
    done = l1ad("emulate", "trigger.json", cwd=tmp_path)
    assert done.returncode == 2
    assert "give --events and --out as well" in done.stderr


def test_a_run_that_does_not_exist_is_said_so(tmp_path: Path) -> None:
    done = l1ad("emulate", "runs/typo", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (1, "l1ad: runs/typo: no such run directory or trigger.json\n")


def test_a_terminal_without_utf_8_gets_question_marks_and_no_traceback(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = subprocess.run(
        [sys.executable, "-c", "from l1ad.cli.main import main; main()", "build", "µ.json"],
        cwd=tmp_path, capture_output=True, check=False, env=environment,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith(b"l1ad: ")
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("step", ["freeze", "emulate", "build", "verify", "report"])
def test_a_folder_without_a_run_is_one_sentence_and_exit_code_1(step: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = l1ad(step, "empty", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("l1ad: empty: no run here (no config.yaml); `l1ad train CONFIG --run empty`")
    assert len(done.stderr.splitlines()) == 1


def test_a_missing_trigger_file_is_one_sentence(tmp_path: Path) -> None:
    done = l1ad("build", "gone.json", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (1, "l1ad: gone.json: no such file; `l1ad freeze` writes it\n")


def test_the_version_is_that_of_the_package(tmp_path: Path) -> None:
    import l1ad as package

    assert l1ad("--version", cwd=tmp_path).stdout == f"l1ad {package.__version__}\n"
