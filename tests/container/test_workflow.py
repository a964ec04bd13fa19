"""The workflow of GitHub Actions is one that GitHub accepts, and asks for no more than it needs."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml


@pytest.fixture
def path(repository: Path) -> Path:
    return repository / ".github/workflows/ci.yml"


@pytest.fixture
def workflow(path: Path) -> dict[Any, Any]:
    loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def steps_of(workflow: dict[Any, Any]) -> list[dict[str, Any]]:
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def test_it_is_a_workflow_by_githubs_own_schema(path: Path, program: Callable[[str], str]) -> None:
    command = [program("check-jsonschema"), "--builtin-schema", "vendor.github-workflows", str(path)]
    check = subprocess.run(command, capture_output=True, text=True, check=False)
    assert check.returncode == 0, check.stdout


def test_actionlint_has_nothing_to_say(path: Path, program: Callable[[str], str]) -> None:
    check = subprocess.run(
        [program("actionlint"), "-no-color", str(path)], capture_output=True, text=True, check=False
    )
    assert (check.returncode, check.stdout) == (0, "")


def test_it_may_only_read(workflow: dict[Any, Any]) -> None:
    assert workflow["permissions"] == {"contents": "read"}
    assert not [name for name, job in workflow["jobs"].items() if "permissions" in job]
    checkouts = [step for step in steps_of(workflow) if step.get("uses", "").startswith("actions/checkout@")]
    assert len(checkouts) == len(workflow["jobs"])
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_every_action_is_pinned_by_its_commit_and_says_its_version(path: Path) -> None:
    used = re.findall(r"uses: (.*)", path.read_text(encoding="utf-8"))
    assert used
    for action in used:
        assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action


def test_no_job_runs_for_ever(workflow: dict[Any, Any]) -> None:
    assert all(0 < job["timeout-minutes"] <= 120 for job in workflow["jobs"].values())


def test_it_runs_what_every_submission_must_pass(workflow: dict[Any, Any], repository: Path) -> None:
    runs = [step.get("run", "") for step in workflow["jobs"]["tests"]["steps"]]
    assert any(".ci/run" in run for run in runs)
    assert (repository / ".ci/run").stat().st_mode & 0o111


def test_what_steps_are_told_of_pull_requests_never_reaches_a_shell_unquoted(workflow: dict[Any, Any]) -> None:
    assert [step["run"] for step in steps_of(workflow) if "${{" in step.get("run", "")] == []


def test_both_containers_are_built_checked_and_run(workflow: dict[Any, Any], repository: Path) -> None:
    job = workflow["jobs"]["container"]
    targets = {entry["target"] for entry in job["strategy"]["matrix"]["include"]}
    stages = set(re.findall(r"^FROM runtime AS (\w+)$", (repository / "Dockerfile").read_text(), re.MULTILINE))
    assert targets == stages
    runs = "\n".join(step.get("run", "") for step in job["steps"])
    assert "l1ad doctor" in runs
    assert "l1ad demo" in runs


def test_the_script_of_ci_is_a_shell_script_without_errors(repository: Path) -> None:
    check = subprocess.run(
        ["/bin/bash", "-n", str(repository / ".ci/run")], capture_output=True, text=True, check=False
    )
    assert (check.returncode, check.stderr) == (0, "")
