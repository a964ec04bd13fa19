"""The Dockerfile of this repository keeps to what a container for others must be."""

import json
import re
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.container.build_context import files_for, sent_files
from tests.container.dockerfile_steps import (
    Dockerfile,
    Image,
    Stage,
    filled_in,
    image_after,
    read_dockerfile,
    stages_needed,
)

TARGETS = ["qkeras", "hgq"]


@pytest.fixture
def dockerfile(repository: Path) -> Dockerfile:
    return read_dockerfile((repository / "Dockerfile").read_text(encoding="utf-8"))


def finished(dockerfile: Dockerfile, target: str) -> Image:
    """The image of a target, from all stages it stands on."""
    chain: list[Stage] = []
    stage = dockerfile.stage(target)
    while stage is not None:
        chain.insert(0, stage)
        stage = dockerfile.stage(stage.base)
    image = Image(environment={"PATH": "/usr/bin"})
    for step in (step for stage in chain for step in stage.steps):
        image = image_after(step, image, dockerfile=dockerfile, given={})
    return image


def test_hadolint_has_nothing_to_say(repository: Path, program: Callable[[str], str]) -> None:
    lint = subprocess.run(
        [program("hadolint"), "--format", "json", str(repository / "Dockerfile")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert json.loads(lint.stdout) == []
    assert lint.returncode == 0


def test_what_builds_is_left_behind(dockerfile: Dockerfile) -> None:
    last = dockerfile.stages[-1]
    bases = {stage.base for stage in dockerfile.stages}
    assert len(dockerfile.stages) > 1
    assert "builder" in {stage.name for stage in stages_needed(dockerfile)}
    assert last.base != "builder"
    assert "builder" not in bases


def test_images_from_outside_are_pinned_by_full_version_and_digest(dockerfile: Dockerfile) -> None:
    outside = [stage.base for stage in dockerfile.stages if dockerfile.stage(stage.base) is None]
    assert outside
    for image in outside:
        assert re.fullmatch(r"[a-z]+:\d+\.\d+\.\d+-[a-z-]+@sha256:[0-9a-f]{64}", image), image


@pytest.mark.parametrize("target", TARGETS)
def test_it_runs_as_a_numeric_user_who_is_not_root(dockerfile: Dockerfile, target: str) -> None:
    user, _, group = finished(dockerfile, target).user.partition(":")
    assert int(user) > 0
    assert int(group) > 0


@pytest.mark.parametrize("target", TARGETS)
def test_its_health_is_what_the_doctor_says(dockerfile: Dockerfile, target: str) -> None:
    image = finished(dockerfile, target)
    assert image.health == ("l1ad", "doctor")
    assert image.health_timeout_s >= 30


def test_without_words_the_container_runs_the_demo_and_with_words_those(dockerfile: Dockerfile) -> None:
    assert finished(dockerfile, "qkeras").command == ("l1ad", "demo")
    assert finished(dockerfile, "hgq").command == ("l1ad", "demo", "--backend", "hgq")
    assert finished(dockerfile, "qkeras").entrypoint == ()
    assert dockerfile.stages[-1].name == "qkeras"


def test_every_file_that_is_copied_is_in_the_context(dockerfile: Dockerfile, repository: Path) -> None:
    sent = sent_files(repository)
    sources = [
        source
        for stage in dockerfile.stages
        for step in stage.steps
        if step.keyword == "COPY" and "from" not in step.flags
        for source in filled_in(step, {}).arguments[:-1]
    ]
    assert {"pyproject.toml", "constraints.txt", "l1ad"} <= set(sources)
    for source in sources:
        assert files_for(source, sent), source


def test_the_context_holds_nothing_but_what_is_copied(repository: Path) -> None:
    heads = {path.partition("/")[0] for path in sent_files(repository)}
    assert heads == {"pyproject.toml", "constraints.txt", "README.md", "LICENSE", "l1ad", "configs"}
    assert not [path for path in sent_files(repository) if "__pycache__" in path]


def test_links_of_the_package_lead_to_what_is_copied_beside_it(
    dockerfile: Dockerfile, repository: Path
) -> None:
    builder = dockerfile.stage("builder")
    assert builder is not None
    copies = [step.arguments for step in builder.steps if step.keyword == "COPY"]
    beside = {source for *sources, to in copies for source in sources if to in ("./", source)}
    links = [repository / path for path in sent_files(repository) if (repository / path).is_symlink()]
    assert links
    for link in links:
        assert link.resolve().relative_to(repository).parts[0] in beside, link


def test_a_change_of_the_code_does_not_install_the_dependencies_again(dockerfile: Dockerfile) -> None:
    builder = dockerfile.stage("builder")
    assert builder is not None
    texts = [step.text for step in builder.steps]
    (installs,) = [number for number, text in enumerate(texts) if "-r requirements.txt" in text]
    copied = {word for text in texts[:installs] if text.startswith("COPY") for word in text.split()[1:-1]}
    assert copied == {"pyproject.toml", "constraints.txt"}


def test_every_pip_is_held_by_the_constraints_and_keeps_no_cache(dockerfile: Dockerfile) -> None:
    steps = [step.text for stage in dockerfile.stages for step in stage.steps if step.keyword == "RUN"]
    installs = [command for text in steps for command in text.split("&&") if "pip install" in command]
    assert installs
    for command in installs:
        assert "-c constraints.txt" in command, command
        assert "--no-cache-dir" in command, command


def test_the_extras_of_both_images_exist(repository: Path) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    text = (repository / "Dockerfile").read_text(encoding="utf-8")
    named = re.findall(r"EXTRAS=([a-z,]*[a-z])", text)
    assert {"qkeras,onnx,rtl", "hgq,onnx,rtl"} <= set(named)
    for extras in named:
        assert set(extras.split(",")) <= set(project["optional-dependencies"]), extras


def test_nothing_is_fetched_by_address(repository: Path) -> None:
    text = (repository / "Dockerfile").read_text(encoding="utf-8")
    code = [line for line in text.splitlines() if not line.startswith("#")]
    assert not [line for line in code if "://" in line or line.startswith("ADD")]
