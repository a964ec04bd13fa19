"""The site, built once for all tests of the documentation."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.site_pages import ROOT, Page


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the pages once, warnings being errors."""
    missing = [one for one in ("mkdocs", "material", "mkdocstrings", "mkdocs_jupyter") if not _is_there(one)]
    if missing:
        pytest.skip(f"{', '.join(missing)} not installed; the documentation needs the extra 'docs'")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict"]
    done = subprocess.run(
        [*command, "--config-file", str(ROOT / "docs/mkdocs.yml"), "--site-dir", str(folder)],
        capture_output=True, text=True, check=False, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="session")
def pages(site: Path) -> dict[Path, Page]:
    parsed = {}
    for path in site.rglob("*.html"):
        page = Page()
        page.feed(path.read_text(encoding="utf-8"))
        parsed[path] = page
    return parsed


def _is_there(package: str) -> bool:
    return importlib.util.find_spec(package) is not None
