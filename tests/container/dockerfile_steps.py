"""What a Dockerfile says: its stages, the steps of each, and the image that every step leaves.

Pure: nothing is run here. Parsing and filling in variables are BuildKit's own rules, by its port in
`e2b_dockerfile_utils`.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from e2b_dockerfile_utils import DockerfileInstruction, ShellLex, parse_dockerfile_ast

__all__ = [
    "RUN_HERE",
    "Dockerfile",
    "Image",
    "Stage",
    "Step",
    "as_command",
    "command_to_run",
    "filled_in",
    "image_after",
    "read_dockerfile",
    "seconds",
    "stages_needed",
]

RUN_HERE = {"RUN", "COPY", "WORKDIR"}
CONFIGURING = {"ARG", "ENV", "USER", "SHELL", "CMD", "ENTRYPOINT", "HEALTHCHECK"}
INERT = {"LABEL", "STOPSIGNAL", "EXPOSE"}
# Keywords whose words BuildKit fills in itself; RUN, CMD and the like are left to the shell.
FILLED_IN = {"ARG", "ENV", "USER", "COPY", "WORKDIR", "LABEL", "STOPSIGNAL", "EXPOSE"}

_FLAG = re.compile(r"--(?P<name>[a-z-]+)(?:=(?P<value>.*))?", re.DOTALL)
_DURATION = re.compile(r"(?P<number>[0-9.]+)(?P<unit>h|ms|m|s)")
_UNIT_S = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One instruction of a stage, as it is written; `text` is the whole line, continuations joined."""

    keyword: str
    arguments: tuple[str, ...]
    flags: Mapping[str, str]
    exec_form: bool
    line: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One `FROM` and what follows it; `base` is an image or the name of an earlier stage."""

    name: str
    base: str
    line: int
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dockerfile:
    """A parsed Dockerfile; `arguments` are those before the first `FROM`, filled in."""

    stages: tuple[Stage, ...]
    arguments: Mapping[str, str]
    escape: str

    def stage(self, name: str) -> Stage | None:
        """Find a stage by its name; None for an image from outside."""
        return next((stage for stage in self.stages if stage.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """What an image tells the container: all that steps set beside files. Commands are argument lists."""

    environment: Mapping[str, str] = field(default_factory=dict)
    arguments: Mapping[str, str] = field(default_factory=dict)
    workdir: str = "/"
    user: str = "root"
    shell: tuple[str, ...] = ("/bin/sh", "-c")
    command: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    health: tuple[str, ...] = ()
    health_timeout_s: float = 30.0

    @property
    def variables(self) -> dict[str, str]:
        """What a build step sees: `ENV` wins over `ARG`."""
        return {**self.arguments, **self.environment}


def read_dockerfile(text: str, given: Mapping[str, str] | None = None) -> Dockerfile:
    """Parse a Dockerfile; `given` are the build arguments of the command line.

    Raises:
        ValueError: If a step is one that is not understood here, with its line.
    """
    ast = parse_dockerfile_ast(text)
    arguments: dict[str, str] = {}
    stages: list[Stage] = []
    steps: list[Step] = []
    for instruction in ast.instructions:
        step = _step(instruction)
        if step.keyword == "FROM":
            stages.append(_stage(step, len(stages), arguments, ast.escape_token))
            steps = []
        elif stages:
            _refuse_the_unknown(step, instruction)
            steps.append(step)
            stages[-1] = replace(stages[-1], steps=tuple(steps))
        elif step.keyword == "ARG":
            arguments |= _declared(step, arguments, given or {}, {}, ast.escape_token)
        else:
            raise ValueError(f"line {step.line}: {step.keyword} stands before the first FROM")
    if not stages:
        raise ValueError("no FROM: a Dockerfile starts with the image it builds on")
    return Dockerfile(stages=tuple(stages), arguments=arguments, escape=ast.escape_token)


def stages_needed(dockerfile: Dockerfile, target: str | None = None) -> tuple[Stage, ...]:
    """List the stages that a target needs, in order, as BuildKit leaves out the others.

    Args:
        dockerfile: The file.
        target: Name of a stage; None for the last one.

    Raises:
        ValueError: If there is no such stage.
    """
    wanted = dockerfile.stages[-1] if target is None else dockerfile.stage(target)
    if wanted is None:
        there = ", ".join(stage.name for stage in dockerfile.stages)
        raise ValueError(f"no stage '{target}'; there are {there}")
    names = {wanted.name}
    for stage in reversed(dockerfile.stages):
        if stage.name in names:
            names |= {stage.base} | {step.flags["from"] for step in stage.steps if "from" in step.flags}
    return tuple(stage for stage in dockerfile.stages if stage.name in names)


def filled_in(step: Step, variables: Mapping[str, str], escape: str = "\\") -> Step:
    """Fill the variables into a step's words and flags, where Docker itself does it."""
    if step.keyword not in FILLED_IN:
        return step
    lex = ShellLex(escape, env=variables, skip_unset_env=False)
    return replace(
        step,
        arguments=tuple(lex.process_word(word) for word in step.arguments),
        flags={name: lex.process_word(value) for name, value in step.flags.items()},
    )


def image_after(step: Step, image: Image, *, dockerfile: Dockerfile, given: Mapping[str, str]) -> Image:
    """Tell the image that a step leaves; `given` are the build arguments of the command line."""
    if step.keyword == "ARG":
        declared = _declared(step, image.variables, given, dockerfile.arguments, dockerfile.escape)
        return replace(image, arguments={**image.arguments, **declared})
    step = filled_in(step, image.variables, dockerfile.escape)
    match step.keyword:
        case "ENV":
            pairs = dict(zip(step.arguments[::3], step.arguments[1::3], strict=True))
            return replace(image, environment={**image.environment, **pairs})
        case "WORKDIR":
            return replace(image, workdir=_joined(image.workdir, step.arguments[0]))
        case "USER":
            return replace(image, user=step.arguments[0])
        case "SHELL":
            return replace(image, shell=step.arguments)
        case "CMD":
            return replace(image, command=as_command(step, image))
        case "ENTRYPOINT":
            return replace(image, entrypoint=as_command(step, image), command=())
        case "HEALTHCHECK":
            if step.arguments[0] == "NONE":
                return replace(image, health=())
            timeout_s = seconds(step.flags.get("timeout", "30s"))
            check = replace(step, arguments=step.arguments[1:])
            return replace(image, health=as_command(check, image), health_timeout_s=timeout_s)
    return image


def as_command(step: Step, image: Image) -> tuple[str, ...]:
    """Tell the argument list of a RUN, CMD, ENTRYPOINT or HEALTHCHECK in exec or shell form."""
    return step.arguments if step.exec_form else (*image.shell, " ".join(step.arguments))


def command_to_run(image: Image, words: str = "") -> tuple[str, ...]:
    """Tell what `docker run IMAGE WORDS` starts."""
    return (*image.entrypoint, *(shlex.split(words) or image.command))


def seconds(duration: str) -> float:
    """Read a duration as Go writes it, e.g. `1m30s`."""
    parts = list(_DURATION.finditer(duration))
    if not parts or "".join(part[0] for part in parts) != duration:
        raise ValueError(f"'{duration}' is not a duration, e.g. '1m30s'")
    return sum(float(part["number"]) * _UNIT_S[part["unit"]] for part in parts)


def _step(instruction: DockerfileInstruction) -> Step:
    flags = [_FLAG.fullmatch(flag) for flag in instruction.flags]
    return Step(
        keyword=instruction.name,
        arguments=tuple(instruction.args),
        flags={flag["name"]: flag["value"] or "" for flag in flags if flag},
        exec_form=instruction.json,
        line=instruction.start_line,
        text=instruction.original,
    )


def _stage(step: Step, number: int, arguments: Mapping[str, str], escape: str) -> Stage:
    base = ShellLex(escape, env=arguments, skip_unset_env=False).process_word(step.arguments[0])
    named = len(step.arguments) == 3 and step.arguments[1].upper() == "AS"
    return Stage(name=step.arguments[2] if named else str(number), base=base, line=step.line, steps=())


def _declared(
    step: Step, variables: Mapping[str, str], given: Mapping[str, str], outer: Mapping[str, str], escape: str
) -> dict[str, str]:
    """Values of an ARG: of the command line, else its own, else of the same name before the first FROM."""
    values: dict[str, str] = {}
    for word in step.arguments:
        name, equals, default = word.partition("=")
        seen = {**variables, **values}
        if name in given:
            values[name] = given[name]
        elif equals:
            values[name] = ShellLex(escape, env=seen, skip_unset_env=False).process_word(default)
        elif name in outer:
            values[name] = outer[name]
    return values


def _refuse_the_unknown(step: Step, instruction: DockerfileInstruction) -> None:
    if step.keyword not in RUN_HERE | CONFIGURING | INERT:
        raise ValueError(f"line {step.line}: {step.keyword} is not run here")
    if instruction.heredocs or "mount" in step.flags:
        raise ValueError(f"line {step.line}: here-documents and mounts are not run here")


def _joined(workdir: str, path: str) -> str:
    return path if path.startswith("/") else f"{workdir.rstrip('/')}/{path}"
