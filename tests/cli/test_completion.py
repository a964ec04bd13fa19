"""What the tab key offers, asked as the shells ask."""

from pathlib import Path
from subprocess import CompletedProcess
from typing import Protocol

import pytest

from l1ad.cli.completion import budgets, events, layouts, targets
from l1ad.config.acceptance import shipped_budgets
from l1ad.config.layout import shipped_layouts
from l1ad.config.target import shipped_targets
from l1ad.data.samples import shipped_samples


class Program(Protocol):
    def __call__(self, *arguments: str, cwd: Path, **environment: str) -> CompletedProcess[str]: ...


def offered(program: Program, words: list[str], cwd: Path) -> list[str]:
    """Ask as bash does, for the last of the words, which are one a line."""
    asked = {"COMP_WORDS": "\n".join(words), "COMP_CWORD": str(len(words) - 1)}
    done = program(cwd=cwd, _L1AD_COMPLETE="complete_bash", **asked)
    assert done.stderr == ""
    return done.stdout.split()


@pytest.fixture
def folder(run_directory: Path) -> Path:
    """Give a folder with one run below `runs`, and folders that are none."""
    here = run_directory.parents[1]
    (here / "rubbish").mkdir()
    (here / "runs" / "empty").mkdir()
    return here


ASKED = (
    ["freeze", "ru"],
    ["verify", "runs/"],
    ["train", "a.yaml", "--run", "runs/s"],
    ["-q", "rates", "menu", ""],
)


@pytest.mark.parametrize("words", ASKED, ids=" ".join)
def test_run_directories_are_offered_and_other_folders_are_not(
    words: list[str], folder: Path, program: Program
) -> None:
    assert offered(program, ["l1ad", *words], folder) == ["runs/small"]


def test_commands_are_offered(tmp_path: Path, program: Program) -> None:
    assert offered(program, ["l1ad", "do"], tmp_path) == ["doctor"]
    assert offered(program, ["l1ad", "rates", "me"], tmp_path) == ["menu"]


def test_what_ships_is_offered(tmp_path: Path, program: Program) -> None:
    assert offered(program, ["l1ad", "build", "t.json", "--target", "vu1"], tmp_path) == ["vu13p-360"]
    assert offered(program, ["l1ad", "accept", "f", "--budget", "zero"], tmp_path) == ["zero_bias_1khz"]
    assert offered(program, ["l1ad", "data", "info", "sample:zero"], tmp_path) == ["sample:zero_bias"]


def test_nothing_is_offered_for_the_name_of_a_file_so_that_the_shell_does(
    tmp_path: Path, program: Program
) -> None:
    assert offered(program, ["l1ad", "data", "info", "my_ru"], tmp_path) == []


@pytest.mark.parametrize(
    ("behind", "names"), [(["sample", ":", "zero"], ["zero_bias"]), (["sample", ":"], list(shipped_samples()))]
)
def test_behind_the_colon_where_bash_cuts_only_the_name_is_offered(
    behind: list[str], names: list[str], tmp_path: Path, program: Program
) -> None:
    assert offered(program, ["l1ad", "data", "info", *behind], tmp_path) == names


def test_a_sample_that_bash_has_cut_does_not_hide_what_comes_after_it(tmp_path: Path, program: Program) -> None:
    words = ["l1ad", "accept", "f", "--events", "sample", ":", "ttbar", "--budget", "pre"]
    assert offered(program, words, tmp_path) == ["preselected_50_per_day"]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_other_shells_are_answered_too(shell: str, folder: Path, program: Program) -> None:
    asked = {"_TYPER_COMPLETE_ARGS": "l1ad freeze ru", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    done = program(cwd=folder, _L1AD_COMPLETE=f"complete_{shell}", **asked)
    assert "runs/small" in done.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_to_install_names_the_program(shell: str, tmp_path: Path, program: Program) -> None:
    done = program(cwd=tmp_path, _L1AD_COMPLETE=f"source_{shell}")
    assert f"complete_{shell}" in done.stdout and "l1ad" in done.stdout


def test_what_is_offered_is_what_ships() -> None:
    assert targets("") == list(shipped_targets())
    assert budgets("") == list(shipped_budgets())
    assert layouts("") == list(shipped_layouts())
    assert events("sample:h") == [f"sample:{name}" for name in shipped_samples() if name.startswith("h")]
