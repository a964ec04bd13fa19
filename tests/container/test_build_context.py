"""What COPY finds in a build context, and where it puts it."""

from pathlib import Path

import pytest

from tests.container.build_context import files_for, gather, sent_files


@pytest.fixture
def context(tmp_path: Path) -> Path:
    for name in (
        "code/a.py",
        "code/deep/b.py",
        "code/deep/__pycache__/b.pyc",
        "one.txt",
        "two.txt",
        ".git/HEAD",
    ):
        path = tmp_path / "context" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (tmp_path / "context/.dockerignore").write_text("*\n!code\n!*.txt\n**/__pycache__\ntwo.txt\n")
    return tmp_path / "context"


def laid_out(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_the_last_rule_that_matches_decides(context: Path) -> None:
    assert sent_files(context) == ["code/a.py", "code/deep/b.py", "one.txt"]


def test_a_folder_gives_its_contents_and_a_file_its_name(context: Path) -> None:
    sent = sent_files(context)
    assert files_for("code", sent) == {"code/a.py": "a.py", "code/deep/b.py": "deep/b.py"}
    assert files_for("one.txt", sent) == {"one.txt": "one.txt"}
    assert files_for("*.txt", sent) == {"one.txt": "one.txt"}
    assert files_for(".", sent) == {path: path for path in sent}


@pytest.mark.parametrize("source", ["two.txt", "absent", "code/deep/__pycache__", "a.py"])
def test_a_source_that_docker_would_not_see_is_refused(context: Path, source: str) -> None:
    with pytest.raises(FileNotFoundError, match=rf"no '{source}' in the build context; is it in .dockerignore"):
        files_for(source, sent_files(context))


def test_a_file_goes_into_a_folder_with_a_slash_and_becomes_one_without(context: Path, tmp_path: Path) -> None:
    assert gather(context, ["one.txt"], "/to/", tmp_path / "into") == "/to/"
    assert laid_out(tmp_path / "into") == ["one.txt"]
    assert gather(context, ["one.txt"], "/to/other.txt", tmp_path / "as") == "/to"
    assert laid_out(tmp_path / "as") == ["other.txt"]


def test_a_folder_is_poured_into_its_destination(context: Path, tmp_path: Path) -> None:
    assert gather(context, ["code"], "/opt/code", tmp_path / "into") == "/opt/code"
    assert laid_out(tmp_path / "into") == ["a.py", "deep/b.py"]


def test_a_link_to_a_folder_is_sent_as_a_link(context: Path, tmp_path: Path) -> None:
    (context / "code/link").symlink_to("deep")
    assert "code/link" in sent_files(context)
    assert "code/link/b.py" not in sent_files(context)
    gather(context, ["code"], "/opt/code", tmp_path / "into")
    assert (tmp_path / "into/link").readlink() == Path("deep")
