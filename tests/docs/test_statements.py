"""What pages say of exit codes, steps, extras, reports and images is what code and files say."""

import ast
import inspect
import re
import shutil
import signal
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread
from typer.main import get_command

from l1ad.cli.commands import PANELS, Group
from l1ad.cli.main import app
from l1ad.flow import demo
from tests.docs.site_pages import PAGES, ROOT, SOURCES, Page, blocks

IMAGE = re.compile(r"!\[(?P<alt>[^\]]*)\]\((?P<path>[^)]+)\)")
LARGEST_IMAGE = 150_000
"""Bytes."""

INTERRUPTIBLE = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from l1ad.cli.main import main; main()"
)
"""A shell's background job ignores Ctrl-C, and its children do too."""


def test_the_page_of_exit_codes_names_those_that_end_with_3_and_no_others() -> None:
    ends = {name for name, command in _commands().items() if "OVER_BUDGET" in inspect.getsource(command)}
    assert set(re.findall(r"`l1ad ([\w ]+)`", _row_of_code(3))) == ends


def test_the_page_of_exit_codes_names_those_that_end_with_1_without_a_fault() -> None:
    ends = {name for name, command in _commands().items() if "typer.Exit(1)" in inspect.getsource(command)}
    assert ends <= set(re.findall(r"`l1ad ([\w ]+)`", _row_of_code(1)))


def interrupted(process: subprocess.Popen[str]) -> str:
    """Press Ctrl-C until the program ends: a destructor of a library may swallow one, and tell of it."""
    while True:
        process.send_signal(signal.SIGINT)
        try:
            return process.communicate(timeout=10)[1]
        except subprocess.TimeoutExpired:
            continue


@pytest.mark.parametrize(
    "words",
    [
        ("bench", "rates", "reference/trigger.json", "--events", "100000000"),
        ("verify", "reference/trigger.json", "--events", "sample:zero_bias", "--firmware", "."),
    ],
    ids=["bench rates", "verify"],
)
def test_any_command_ends_with_130_at_ctrl_c(words: tuple[str, ...], tmp_path: Path) -> None:
    shutil.copytree(ROOT / "firmware/reference", tmp_path / "reference")
    before = (tmp_path / "reference/trigger.json").read_bytes()
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTIBLE, *words, "--verbose"],
        cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    assert any("reads " in line and "sample" in line for line in process.stderr)  # it works, and is not done
    said = interrupted(process)
    assert process.returncode == 130, said
    assert "internal error" not in said
    assert (tmp_path / "reference/trigger.json").read_bytes() == before


def test_the_tutorial_goes_the_steps_of_the_demo_in_their_order() -> None:
    steps = re.findall(r'timed\("(\w+)"', inspect.getsource(demo))
    assert len(steps) >= 10
    tutorial = (PAGES / "tutorial.md").read_text(encoding="utf-8")
    assert ", ".join(steps) in tutorial.replace("\n", " ")
    lines = [line for block in blocks(PAGES / "tutorial.md", "sh") for line in block.splitlines()]
    places = [next(n for n, line in enumerate(lines) if line.startswith(f"l1ad {step}")) for step in steps]
    assert places == sorted(places)


def test_every_extra_that_a_page_names_is_there_and_every_extra_is_on_the_page_about_installing() -> None:
    extras = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"])
    for path in SOURCES:
        for named in re.findall(r"(?:\.|l1ad)\[([\w,]+)\]", path.read_text(encoding="utf-8")):
            assert set(named.split(",")) <= extras, f"{path.name}: {named}"
    install = (PAGES / "install.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", install, re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == extras


def test_commands_of_docker_and_conda_are_those_that_their_files_give() -> None:
    given = (ROOT / "Dockerfile").read_text() + (ROOT / "environment.yml").read_text()
    told = {line.removeprefix("#").strip() for line in given.splitlines() if line.startswith("#")}
    lines = [line for block in blocks(PAGES / "install.md", "sh") for line in block.splitlines()]
    foreign = [line for line in lines if line.startswith(("docker", "conda"))]
    assert len(foreign) >= 6
    assert not [line for line in foreign if line not in told]


def test_every_section_of_a_report_is_explained() -> None:
    page = (PAGES / "explain/report.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"^\*\*(.+?)[.?]?\*\*", page, re.MULTILINE))
    titles = {
        title.rstrip("?")
        for path in (ROOT / "l1ad/report").glob("*_section.py")
        for title in _section_titles(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert len(titles) > 10
    assert titles <= explained


def test_images_are_small_say_what_they_show_and_are_not_one_colour() -> None:
    found = 0
    for path in SOURCES:
        for image in IMAGE.finditer(path.read_text(encoding="utf-8")):
            file = path.parent / image["path"]
            assert len(image["alt"]) > 30, f"{path.name}: {image['path']}"
            assert file.stat().st_size < LARGEST_IMAGE, file.name
            assert np.std(imread(file)) > 0.01, file.name
            found += 1
    assert found >= 3


def test_the_page_about_notebooks_shows_a_result_as_a_notebook_does(
    pages: dict[Path, Page], site: Path
) -> None:
    text = " ".join("".join(pages[site / "notebooks/index.html"].text).split())
    assert "Tensors and their number formats" in text
    assert "scaled_inputs" in text and "headroom" in text
    links = {link.partition("#")[0] for link in pages[site / "notebooks/index.html"].links}
    assert {f"{path.stem}.html" for path in (PAGES / "notebooks").glob("*.ipynb")} <= links


def test_every_sample_that_ships_is_in_the_table_of_samples(pages: dict[Path, Page], site: Path) -> None:
    text = "".join(pages[site / "howto/simulate.html"].text)
    shipped = sorted(path.stem for path in (ROOT / "l1ad/data/samples").glob("*.h5"))
    assert sorted(re.findall(r"^sample:(\w+)$", text, re.MULTILINE)) == shipped


def _commands() -> dict[str, Callable[..., None]]:
    """Find the function of each command, by its whole name."""
    found: dict[str, Callable[..., None]] = {}
    for member in (one for members in PANELS.values() for one in members):
        if isinstance(member, Group):
            found |= {f"{member.name} {name}": command for name, command, _ in member.members}
        else:
            found[member.name] = member.command
    assert set(getattr(get_command(app), "commands", ())) == {name.partition(" ")[0] for name in found}
    return found


def _row_of_code(code: int) -> str:
    page = (PAGES / "reference/exit_codes.md").read_text(encoding="utf-8")
    return next(line for line in page.splitlines() if line.startswith(f"| {code} |"))


def _section_titles(tree: ast.Module) -> list[str]:
    """Find the titles that a module gives to sections."""
    calls = [one for one in ast.walk(tree) if isinstance(one, ast.Call)]
    sections = [one for one in calls if isinstance(one.func, ast.Name) and one.func.id == "Section"]
    given = [one.value for call in sections for one in call.keywords if one.arg == "title"]
    return [one.value for one in given if isinstance(one, ast.Constant) and isinstance(one.value, str)]
