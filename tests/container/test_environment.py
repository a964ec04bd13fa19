"""The conda environment is the same set as `make demo` and the container."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.container.dockerfile_steps import read_dockerfile


@pytest.fixture
def environment(repository: Path) -> dict[str, Any]:
    loaded = yaml.safe_load((repository / "environment.yml").read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded


@pytest.fixture
def pip_words(environment: dict[str, Any]) -> list[str]:
    (words,) = [entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict)]
    return [str(word) for word in words]


def test_it_has_the_name_the_readme_activates_and_one_channel(environment: dict[str, Any]) -> None:
    assert environment["name"] == "l1ad"
    assert environment["channels"] == ["conda-forge", "nodefaults"]


def test_it_has_what_compiles_and_installs(environment: dict[str, Any]) -> None:
    names = {entry.partition("=")[0] for entry in environment["dependencies"] if isinstance(entry, str)}
    assert names == {"python", "pip", "cxx-compiler", "make"}


def test_it_has_the_python_of_the_container(environment: dict[str, Any], repository: Path) -> None:
    (python,) = [entry for entry in environment["dependencies"] if str(entry).startswith("python=")]
    image = read_dockerfile((repository / "Dockerfile").read_text(encoding="utf-8")).stages[0].base
    assert image.startswith(f"python:{python.removeprefix('python=')}.")


def test_pip_installs_this_folder_within_the_constraints_and_nothing_else(pip_words: list[str]) -> None:
    assert pip_words[0] == "-c constraints.txt"
    assert [word for word in pip_words if not word.startswith(("-c ", "-e ."))] == []


def test_its_extras_are_those_of_the_demo(pip_words: list[str], repository: Path) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (extras,) = [
        word.removeprefix("-e .[").removesuffix("]").split(",") for word in pip_words if word.startswith("-e")
    ]
    assert set(extras) <= set(project["optional-dependencies"])
    assert f".[{','.join(extras)}]" in (repository / "Makefile").read_text(encoding="utf-8")
