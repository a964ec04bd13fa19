"""The study command: a fault is one sentence, and help names what ships."""

from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess


def test_a_study_file_that_is_none_is_one_sentence_and_exit_code_1(
    program: Callable[..., CompletedProcess[str]], tmp_path: Path
) -> None:
    (tmp_path / "study.yaml").write_text("kind: pets\n")
    done = program("study", "study.yaml", "--out", "out", cwd=tmp_path)
    assert done.returncode == 1
    assert "kind = 'pets' is no study; kinds are data_quality" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()
