"""Build the stages of a Dockerfile on overlays of a root, and start what comes out, both without Docker."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.container.base_root import IMAGE_ENVIRONMENT
from tests.container.build_context import gather
from tests.container.dockerfile_steps import (
    RUN_HERE,
    Dockerfile,
    Image,
    Stage,
    Step,
    as_command,
    filled_in,
    image_after,
    stages_needed,
)
from tests.container.sandbox import Entry, Layers, Outcome, copy_between, copy_into, run_in

__all__ = ["Build", "Built", "Report", "Result", "build", "start"]

_TAIL = 4000
_ROOTS_HOME = "/root"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One step that was run: where it stands, how long it took, and how it ended."""

    stage: str
    line: int
    step: str
    seconds: float
    code: int
    output: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """What a build starts from.

    `base` stands in for every image from outside; `settings` are variables that only build steps see (how pip
    is set up on this machine), and `shared` the paths of the machine that go with them.
    """

    dockerfile: Dockerfile
    context: Path
    base: Layers
    work: Path
    target: str | None = None
    given: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    shared: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A stage as far as it has come: its files, and what it tells the container."""

    layers: Layers
    image: Image


Report = Callable[[Result], None]


def build(job: Build, report: Report) -> Built | None:
    """Run every stage that the target needs; None if a step failed, which is the last that was reported."""
    done: dict[str, Built] = {}
    for stage in stages_needed(job.dockerfile, job.target):
        built = _begun(stage, job, done)
        for step in stage.steps:
            following = image_after(step, built.image, dockerfile=job.dockerfile, given=job.given)
            if step.keyword in RUN_HERE:
                result = _timed_step(step, stage, built, job, done)
                report(result)
                if result.code:
                    return None
            built = replace(built, image=following)
        done[stage.name] = built
    return list(done.values())[-1]


def start(
    built: Built,
    command: Sequence[str],
    *,
    name: str,
    user: str = "",
    timeout_s: float | None = None,
    offline: bool = False,
) -> Result:
    """Run a command in a finished image as its user, or as another, and tell how it ended."""
    who = user or built.image.user
    environment = {"HOME": _home(who), **built.image.environment}
    entry = Entry(environment=environment, workdir=built.image.workdir, user=who, offline=offline)
    begin = time.monotonic()
    try:
        outcome = run_in(built.layers, command, entry, timeout_s=timeout_s)
    except subprocess.TimeoutExpired:
        outcome = Outcome(code=124, output=f"not ready after {timeout_s:g} s")
    return _result(outcome, begin, stage="run", line=0, text=f"{name} as {who}: {' '.join(command)}")


def _begun(stage: Stage, job: Build, done: Mapping[str, Built]) -> Built:
    """The stage before its first step: a folder of its own over the layers of what it builds on."""
    folder = job.work / f"stage-{stage.name}"
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    if stage.base in done:
        below = done[stage.base].layers
        image = replace(done[stage.base].image, arguments={})
    else:
        below, image = job.base, Image(environment=IMAGE_ENVIRONMENT, command=("python3",))
    layers = Layers(below=(*below.below, below.upper), upper=folder / "files", scratch=folder / "scratch")
    return Built(layers=layers, image=image)


def _timed_step(step: Step, stage: Stage, built: Built, job: Build, done: Mapping[str, Built]) -> Result:
    begin = time.monotonic()
    match step.keyword:
        case "RUN":
            outcome = _run(step, built, job)
        case "COPY":
            outcome = _copy(filled_in(step, built.image.variables, job.dockerfile.escape), built, job, done)
        case _:
            outcome = _make_workdir(filled_in(step, built.image.variables, job.dockerfile.escape), built)
    return _result(outcome, begin, stage=stage.name, line=step.line, text=step.text)


def _run(step: Step, built: Built, job: Build) -> Outcome:
    image = built.image
    variables = {"HOME": _home(image.user), **job.settings, **image.variables}
    entry = Entry(environment=variables, workdir=image.workdir, user=image.user, shared=job.shared)
    return run_in(built.layers, as_command(step, image), entry)


def _copy(step: Step, built: Built, job: Build, done: Mapping[str, Built]) -> Outcome:
    *sources, destination = step.arguments
    target = _inside(built.image.workdir, destination)
    source = step.flags.get("from")
    if source is not None:
        if source not in done:
            return Outcome(code=1, output=f"COPY --from={source}: no such stage before this one")
        return copy_between(done[source].layers, sources, built.layers, target)
    with tempfile.TemporaryDirectory(dir=job.work) as folder:
        try:
            into = gather(job.context, sources, target, Path(folder))
        except FileNotFoundError as error:
            return Outcome(code=1, output=str(error))
        return copy_into(built.layers, Path(folder), into, owner=step.flags.get("chown", ""))


def _make_workdir(step: Step, built: Built) -> Outcome:
    folder = _inside(built.image.workdir, step.arguments[0])
    return run_in(built.layers, ["mkdir", "--parents", folder], Entry(environment=IMAGE_ENVIRONMENT))


def _inside(workdir: str, path: str) -> str:
    return path if path.startswith("/") else f"{workdir.rstrip('/')}/{path}"


def _home(user: str) -> str:
    """Docker's HOME for a user without one of the image's: root's, else the root folder."""
    return _ROOTS_HOME if user.partition(":")[0] in ("root", "0") else "/"


def _result(outcome: Outcome, begin: float, *, stage: str, line: int, text: str) -> Result:
    return Result(
        stage=stage,
        line=line,
        step=" ".join(text.split()),
        seconds=round(time.monotonic() - begin, 2),
        code=outcome.code,
        output=outcome.output[-_TAIL:],
    )
