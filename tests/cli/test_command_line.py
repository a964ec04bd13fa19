"""The command line before any work is done: help, usage, exit codes."""

import inspect
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from l1ad.cli.main import app
from l1ad.flow.demo import demo

PANELS = {
    "Start": ("demo", "doctor", "init", "config", "data", "simulate"),
    "Train": ("train", "evaluate", "scan", "study", "freeze", "import"),
    "Emulate and rate": ("emulate", "rates", "inspect"),
    "Firmware": ("build", "synth", "verify", "check", "accept", "wave", "export"),
    "Look": ("report", "compare", "bench"),
}
STEPS = ("demo", "doctor", "train", "freeze", "build", "config check", "rates", "rates menu")
Words = tuple[str, ...]


def l1ad(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "COLUMNS": "200", "NO_COLOR": "1"}
    return subprocess.run(
        [sys.executable, "-c", "from l1ad.cli.main import main; main()", *arguments],
        cwd=cwd, capture_output=True, text=True, check=False, env=environment,
    )  # fmt: skip


def examples_of(command: Any) -> list[list[str]]:
    """Cut the examples of a help text into words."""
    text = (command.epilog or "").removeprefix("Example: ")
    return [shlex.split(one) for one in text.split("   or   ") if one]


def commands_below(command: Any, words: Words = ()) -> Iterator[tuple[Words, Any]]:
    """List every group and command, with the words that lead to it."""
    yield words, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands_below(inner, (*words, name))


TREE = dict(commands_below(get_command(app)))
EXAMPLES = [(words, one) for words, command in TREE.items() for one in examples_of(command)]


def test_help_shows_panels_and_their_commands_in_pipeline_order(tmp_path: Path) -> None:
    text = l1ad("--help", cwd=tmp_path).stdout
    wanted = [name for panel, steps in PANELS.items() for name in (f"─ {panel} ─", *(f"│ {s} " for s in steps))]
    places = [text.index(name) for name in wanted]
    assert places == sorted(places)


def test_no_command_is_outside_the_panels() -> None:
    assert {words[0] for words in TREE if words} == {step for steps in PANELS.values() for step in steps}


@pytest.mark.parametrize("words", TREE, ids=" ".join)
def test_every_command_and_group_has_an_example_of_itself(words: Words) -> None:
    examples = examples_of(TREE[words])
    assert examples
    assert all(example[: len(words) + 1] == ["l1ad", *words] for example in examples)


@pytest.mark.parametrize(("words", "example"), EXAMPLES, ids=lambda one: " ".join(one))
def test_every_example_is_one_that_the_parser_takes(words: Words, example: list[str]) -> None:
    command, arguments = TREE[()], example[1:]
    while getattr(command, "commands", {}):
        command, arguments = command.commands[arguments[0]], arguments[1:]
    assert command.make_context(" ".join(words), list(arguments)).params


def test_an_example_with_an_option_that_is_none_would_be_found() -> None:
    with pytest.raises(Exception, match="No such option"):
        TREE[("train",)].make_context("train", ["a.yaml", "--run", "runs/a", "--sedes", "3"])


@pytest.mark.parametrize("step", STEPS)
def test_help_shows_the_example(step: str, tmp_path: Path) -> None:
    done = l1ad(*step.split(), "--help", cwd=tmp_path)
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


def test_the_package_runs_as_a_module_too(tmp_path: Path) -> None:
    import l1ad as package

    done = subprocess.run(
        [sys.executable, "-m", "l1ad", "--version"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, f"l1ad {package.__version__}\n")
    wrong = subprocess.run(
        [sys.executable, "-m", "l1ad", "build", "gone.json"], cwd=tmp_path, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert (wrong.returncode, wrong.stderr) == (1, "l1ad: gone.json: no such file; `l1ad freeze` writes it\n")


def test_help_of_the_demo_names_every_step_in_order(tmp_path: Path) -> None:
    steps = re.findall(r'timed\(\s*"(\w+)"', inspect.getsource(demo))
    assert {"train", "evaluate", "verify", "accept", "report"} < set(steps)
    said = " ".join(l1ad("demo", "--help", cwd=tmp_path).stdout.split())
    assert f"Its steps: {', '.join(steps)}." in said


def test_the_version_is_that_of_the_package(tmp_path: Path) -> None:
    import l1ad as package

    assert l1ad("--version", cwd=tmp_path).stdout == f"l1ad {package.__version__}\n"
