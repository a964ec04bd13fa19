"""The manifest sees what was changed or lost, and lets pass what came later."""

from pathlib import Path

import pytest

from l1ad.core.errors import ToolError
from l1ad.flow.manifest import MANIFEST_FILE, check_manifest, write_manifest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "hls").mkdir()
    (tmp_path / "hls" / "top.cpp").write_text("int main() {}\n")
    (tmp_path / "trigger.json").write_text("{}\n")
    write_manifest(tmp_path, {})
    return tmp_path


def test_a_folder_as_it_was_generated_passes_and_so_does_what_a_vendor_tool_adds(folder: Path) -> None:
    check_manifest(folder)
    (folder / "hls" / "vitis_project").mkdir()
    (folder / "hls" / "vitis_project" / "vitis_hls.log").write_text("INFO\n")
    check_manifest(folder)


def test_a_changed_file_is_named(folder: Path) -> None:
    (folder / "hls" / "top.cpp").write_text("int main() { return 1; }\n")
    with pytest.raises(ToolError, match=r"hls/top\.cpp was changed since the build"):
        check_manifest(folder)


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "trigger.json").unlink()
    with pytest.raises(ToolError, match=r"trigger\.json is missing since the build"):
        check_manifest(folder)


@pytest.mark.parametrize("text", [None, "not JSON", "[1]"])
def test_a_manifest_that_cannot_be_read_is_refused(text: str | None, folder: Path) -> None:
    (folder / MANIFEST_FILE).unlink()
    if text is not None:
        (folder / MANIFEST_FILE).write_text(text)
    with pytest.raises(ToolError, match=r"no readable MANIFEST\.json; run `l1ad build` again"):
        check_manifest(folder)
