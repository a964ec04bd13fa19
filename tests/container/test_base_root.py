"""The root that stands in for the base image, and what it is told of this machine's pip."""

import sys
from pathlib import Path

import pytest

from tests.container.base_root import IMAGE_ENVIRONMENT, pip_settings, shared_with, with_python
from tests.container.sandbox import Entry, isolation, run_in


def test_pip_is_set_up_as_on_the_machine_by_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_TIMEOUT", "77")
    settings = pip_settings()
    assert settings["PIP_TIMEOUT"] == "77"
    assert all(name.startswith("PIP_") for name in settings)


def test_what_the_settings_name_on_the_machine_is_shared_and_no_more(tmp_path: Path) -> None:
    for name in ("wheels", "index/simple", "index/files"):
        (tmp_path / name).mkdir(parents=True)
    settings = {
        "PIP_FIND_LINKS": str(tmp_path / "wheels"),
        "PIP_EXTRA_INDEX_URL": f"https://example.invalid/simple file://{tmp_path}/index/simple",
        "PIP_CERT": str(tmp_path / "absent.pem"),
        "PIP_TIMEOUT": "77",
    }
    shared = set(shared_with(settings)) - {Path("/etc/resolv.conf").resolve()}
    assert shared == {tmp_path / "wheels", tmp_path / "index"}


def test_the_python_that_runs_this_runs_there_for_any_user_from_where_the_image_has_it(tmp_path: Path) -> None:
    if isolation(tmp_path) != ("unshare",):
        pytest.skip("another user needs root that can mount overlays")
    layers = with_python(Path("/"), tmp_path)
    code = "import ssl, sqlite3, sys, venv; print(sys.prefix, *sys.version_info[:2])"
    out = run_in(layers, ["python", "-c", code], Entry(environment=IMAGE_ENVIRONMENT, user="4321:4321"))
    assert out.output.split() == ["/usr/local", str(sys.version_info[0]), str(sys.version_info[1])]
