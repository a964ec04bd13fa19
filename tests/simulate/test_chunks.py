"""Chunks made by several processes: Ctrl-C and errors end the work soon, and what is finished stays."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

CHUNKS = 40

PROGRAM = """
import signal, sys, time
from pathlib import Path
from l1ad.core.errors import DataError
from l1ad.core.progress import silent
from l1ad.simulate.chunks import run_chunks

FAILS, SECONDS = int(sys.argv[2]), float(sys.argv[3])

def work(number: int, file: Path) -> None:
    if number == FAILS:
        raise DataError("chunk of no use")
    time.sleep(0.05 if number < 2 else SECONDS)
    file.touch()

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
    try:
        (folder.parent / "begun").touch()
        run_chunks(work, [folder / f"{n:02}" for n in range(int(sys.argv[4]))], workers=2, progress=silent)
    except (KeyboardInterrupt, DataError) as fault:
        sys.exit(f"ended by {fault!r}")
"""


def started(folder: Path, *, fails: int = -1, seconds: float) -> subprocess.Popen[str]:
    folder.mkdir()
    program = folder.parent / "program.py"
    program.write_text(PROGRAM)
    given = [str(folder), str(fails), str(seconds), str(CHUNKS)]
    return subprocess.Popen(
        [sys.executable, str(program), *given], stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def test_ctrl_c_ends_every_process_without_waiting_for_chunks_under_way(tmp_path: Path) -> None:
    folder = tmp_path / "chunks"
    process = started(folder, seconds=300)
    until = time.monotonic() + 120
    while len(list(folder.iterdir())) < 2:
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: all processes
    _, told = process.communicate(timeout=60)
    assert told.strip() == "ended by KeyboardInterrupt()"
    assert sorted(path.name for path in folder.iterdir()) == ["00", "01"]


@pytest.mark.parametrize("seconds", [0, 0.02, 0.1, 0.2, 0.3, 0.4, 0.6])
def test_ctrl_c_while_processes_start_ends_them_too_and_shows_no_traceback_of_theirs(
    tmp_path: Path, seconds: float
) -> None:
    process = started(tmp_path / "chunks", seconds=300)
    until = time.monotonic() + 120
    while not (tmp_path / "begun").exists():
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.001)
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert told.strip() == "ended by KeyboardInterrupt()"


def test_after_an_error_no_other_chunk_is_begun(tmp_path: Path) -> None:
    folder = tmp_path / "chunks"
    _, told = started(folder, fails=3, seconds=0.2).communicate(timeout=120)
    assert told.strip() == "ended by DataError('chunk of no use')"
    # Those under way and those handed out already are finished; the rest is not begun.
    assert len(list(folder.iterdir())) < CHUNKS // 2
