"""The log that a command leaves in the run it works in."""

import re
import subprocess
import sys
from pathlib import Path
from subprocess import CompletedProcess
from typing import Protocol

import pytest

from l1ad import __version__
from l1ad.cli.logs import UnexpectedError, log_in, recorded
from l1ad.core.errors import DataError

BROKEN = """
import sys
from pathlib import Path
from typing import Annotated
import typer
from l1ad.cli.command import LoggedCommand
from l1ad.cli.main import app, main

@app.command("broken", cls=LoggedCommand)
def broken(run: Annotated[Path, typer.Option("--run")] = None) -> None:
    raise ZeroDivisionError("seven by nought")

main()
"""


class Program(Protocol):
    def __call__(self, *arguments: str, cwd: Path, **environment: str) -> CompletedProcess[str]: ...


def broken(*arguments: str, cwd: Path) -> CompletedProcess[str]:
    """Run a command that has a fault which none of ours has."""
    return subprocess.run(
        [sys.executable, "-c", BROKEN, *arguments], cwd=cwd, capture_output=True, text=True, check=False
    )


def test_a_command_appends_what_it_was_told_what_it_did_and_how_long(
    run_directory: Path, program: Program
) -> None:
    for _ in range(2):
        assert program("emulate", str(run_directory), cwd=run_directory).returncode == 0
    text = (run_directory / "logs" / "emulate.log").read_text()
    lines = text.splitlines()
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (INFO|DEBUG) ", line) for line in lines)
    assert f"l1ad {__version__}, Python " in lines[0]
    assert lines[0].endswith(f": l1ad emulate {run_directory}")
    assert "emulate: done in " in text
    assert f"writes {run_directory / 'scores' / 'ttbar.h5'}" in text
    assert text.count(" done in ") == 4  # the step's progress and the command, twice
    assert re.search(r"done in \d+\.\d s$", lines[-1])


def test_the_log_of_a_command_of_a_group_has_the_name_of_both(run_directory: Path, program: Program) -> None:
    program("rates", "tail", str(run_directory), cwd=run_directory)
    assert (run_directory / "logs" / "rates_tail.log").is_file()


def test_an_error_is_in_the_log_as_it_is_shown(run_directory: Path, program: Program) -> None:
    (run_directory / "trigger.json").unlink()
    done = program("build", str(run_directory), cwd=run_directory)
    sentence = done.stderr.removeprefix("l1ad: ").strip()
    assert done.returncode == 1 and "`l1ad freeze` writes it" in sentence
    assert f"failed: {sentence}, after" in (run_directory / "logs" / "build.log").read_text()


def test_wrong_usage_is_in_the_log(run_directory: Path, program: Program) -> None:
    done = program("emulate", str(run_directory), "--events", "sample:ttbar", cwd=run_directory)
    assert done.returncode == 2
    assert "wrong usage: --events and --out go with" in (run_directory / "logs" / "emulate.log").read_text()


def test_a_run_that_never_begins_has_no_log_and_no_folder(tmp_path: Path, program: Program) -> None:
    assert program("train", "gone.yaml", "--run", "runs/new", cwd=tmp_path).returncode == 1
    assert not (tmp_path / "runs").exists()


def test_a_log_that_cannot_be_written_fails_nothing(run_directory: Path, program: Program) -> None:
    (run_directory / "logs").write_text("in the way")
    assert program("emulate", str(run_directory), cwd=run_directory).returncode == 0


def test_a_command_that_learns_its_run_on_the_way_logs_from_the_beginning(run_directory: Path) -> None:
    with recorded(["demo"], None):
        log_in(run_directory)
    first, *_, last = (run_directory / "logs" / "demo.log").read_text().splitlines()
    assert f"l1ad {__version__}" in first and "done in" in last


def test_what_libraries_warn_of_is_in_the_log(run_directory: Path) -> None:
    with pytest.warns(UserWarning, match="the wind"), recorded(["train"], run_directory):
        import warnings

        warnings.warn("the wind turns", stacklevel=1)
    assert "UserWarning: the wind turns" in (run_directory / "logs" / "train.log").read_text()


def test_of_a_url_nothing_that_lets_one_in_is_kept(run_directory: Path, program: Program) -> None:
    url = "https://me:secret@example.invalid/nano.root?token=secret"
    program("rates", "menu", str(run_directory), "--signal", "a=b", "--menu", url, cwd=run_directory)
    text = (run_directory / "logs" / "rates_menu.log").read_text()
    assert "https://example.invalid/nano.root" in text and "secret" not in text


def test_an_internal_error_is_a_sentence_with_its_traceback_in_the_log(run_directory: Path) -> None:
    done = broken("broken", "--run", str(run_directory), cwd=run_directory)
    log = run_directory / "logs" / "broken.log"
    assert done.returncode == 1
    assert done.stderr == f"l1ad: internal error: ZeroDivisionError: seven by nought; the log is {log}\n"
    assert "Traceback" in log.read_text() and "seven by nought" in log.read_text()


def test_with_verbose_the_traceback_is_shown_as_well(run_directory: Path) -> None:
    done = broken("-v", "broken", "--run", str(run_directory), cwd=run_directory)
    assert "Traceback" in done.stderr and "in broken" in done.stderr


def test_without_a_run_the_traceback_of_an_internal_error_is_shown(tmp_path: Path) -> None:
    done = broken("broken", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("Traceback")
    assert done.stderr.splitlines()[-1].startswith("l1ad: internal error: ZeroDivisionError: seven by nought")


def test_what_is_raised_goes_on_and_only_the_unexpected_is_wrapped(run_directory: Path) -> None:
    with pytest.raises(DataError, match="gone"), recorded(["freeze"], run_directory):
        raise DataError("gone")
    with pytest.raises(UnexpectedError) as caught, recorded(["freeze"], run_directory):
        raise KeyError("who")
    assert caught.value.log == run_directory / "logs" / "freeze.log"
    assert isinstance(caught.value.__cause__, KeyError)
