"""What is seen on a real terminal, which a pseudo-terminal is: bars, colours, and how to be without."""

import os
import pty
import sys
from pathlib import Path
from subprocess import CompletedProcess, Popen
from typing import Protocol

import pytest

ESCAPE, HIDDEN_CURSOR = b"\x1b", b"\x1b[?25l"
SMALL = ("emulate", "trigger.json", "--events", "sample:ttbar", "--out", "scores.h5")
EMULATE = ("emulate", "trigger.json", "--events", "sample:zero_bias", "--out", "scores.h5")


class Program(Protocol):
    def __call__(self, *arguments: str, cwd: Path, **environment: str) -> CompletedProcess[str]: ...


def seen(*arguments: str, cwd: Path, **environment: str) -> bytes:
    """Run the program on a terminal, and give every byte that the terminal got."""
    ours, theirs = pty.openpty()
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    command = [sys.executable, "-c", "from l1ad.cli.main import main; main()", *arguments]
    with Popen(
        command, cwd=cwd, stdin=theirs, stdout=theirs, stderr=theirs,
        env={**kept, "TERM": "xterm-256color", "COLUMNS": "120", **environment},
    ) as process:  # fmt: skip
        os.close(theirs)
        said = b""
        while True:
            try:
                part = os.read(ours, 4096)
            except OSError:  # the terminal's other end is closed
                break
            if not part:
                break
            said += part
    os.close(ours)
    assert process.returncode == 0, said
    return said


@pytest.fixture
def folder(run_directory: Path) -> Path:
    return run_directory


def test_a_terminal_gets_a_bar_with_the_rate_and_no_line_at_the_end(folder: Path) -> None:
    said = seen(*EMULATE, cwd=folder)
    assert HIDDEN_CURSOR in said
    assert b"events/s" in said
    assert b"emulate: done in" not in said


def test_no_color_leaves_no_escape_code_and_keeps_the_numbers_of_the_bar(folder: Path) -> None:
    said = seen(*EMULATE, cwd=folder, NO_COLOR="1")
    assert ESCAPE not in said
    assert b"\r" in said and b"/400000" in said
    assert b"400000 events scored" in said


@pytest.mark.parametrize(
    "words", [("--help",), ("data", "info", "sample:ttbar"), ("config", "check", "--help")]
)
def test_no_color_leaves_no_escape_code_in_tables_and_help(words: tuple[str, ...], tmp_path: Path) -> None:
    assert ESCAPE in seen(*words, cwd=tmp_path)
    assert ESCAPE not in seen(*words, cwd=tmp_path, NO_COLOR="1")


def test_quiet_shows_the_result_alone(folder: Path) -> None:
    assert seen("-q", *SMALL, cwd=folder).strip() == b"sample:ttbar: 5000 events scored"


@pytest.mark.parametrize("words", [("-q", *SMALL), (*SMALL, "--quiet")], ids=["before", "after"])
def test_quiet_prints_nothing_on_stderr_before_or_after_the_command(
    words: tuple[str, ...], folder: Path, program: Program
) -> None:
    done = program(*words, cwd=folder)
    assert (done.stdout, done.stderr) == ("sample:ttbar: 5000 events scored\n", "")


def test_a_file_gets_a_line_at_the_end_and_no_bar(folder: Path, program: Program) -> None:
    done = program(*SMALL, cwd=folder)
    assert done.stderr.startswith("emulate: done in ")
    assert len(done.stderr.splitlines()) == 1


def test_force_color_colours_a_file_and_still_gives_it_no_bar(folder: Path, program: Program) -> None:
    done = program("data", "info", "sample:ttbar", cwd=folder, FORCE_COLOR="1", NO_COLOR="")
    assert "\x1b[" in done.stdout
    assert "\x1b[?25l" not in done.stderr and "data info: done in" in done.stderr


def test_verbose_tells_what_is_read_and_written_and_run_on_stderr(folder: Path, program: Program) -> None:
    done = program("-v", *SMALL, cwd=folder)
    assert "reads trigger.json" in done.stderr
    assert "writes scores.h5" in done.stderr
    assert done.stdout == "sample:ttbar: 5000 events scored\n"


def test_quiet_and_verbose_together_are_wrong_usage(tmp_path: Path, program: Program) -> None:
    done = program("-q", "-v", "doctor", cwd=tmp_path)
    assert done.returncode == 2
    assert "either --quiet or --verbose" in done.stderr
