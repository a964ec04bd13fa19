"""How Dockerfiles are read: stages, variables, and what each step leaves in the image."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.container.dockerfile_steps import (
    Image,
    command_to_run,
    filled_in,
    image_after,
    read_dockerfile,
    seconds,
    stages_needed,
)

STAGED = """\
ARG VERSION=3.11
FROM python:${VERSION} AS base
FROM base AS left
RUN touch left
FROM base AS right
RUN touch right
FROM base
COPY --from=left /left /left
"""


def image_of(text: str, build_arguments: Mapping[str, str] | None = None) -> Image:
    dockerfile = read_dockerfile(text, build_arguments)
    image = Image(environment={"PATH": "/bin"})
    for step in dockerfile.stages[-1].steps:
        image = image_after(step, image, dockerfile=dockerfile, given=build_arguments or {})
    return image


def test_only_the_stages_that_a_target_needs_are_built() -> None:
    dockerfile = read_dockerfile(STAGED)
    assert [stage.name for stage in stages_needed(dockerfile)] == ["base", "left", "3"]
    assert [stage.name for stage in stages_needed(dockerfile, "right")] == ["base", "right"]


def test_a_target_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(ValueError, match="no stage 'middle'; there are base, left, right, 3"):
        stages_needed(read_dockerfile(STAGED), "middle")


def test_the_base_image_takes_its_build_argument() -> None:
    assert read_dockerfile(STAGED).stages[0].base == "python:3.11"
    assert read_dockerfile(STAGED, {"VERSION": "3.12"}).stages[0].base == "python:3.12"


def test_environment_wins_over_a_build_argument_and_grows_by_itself() -> None:
    image = image_of("FROM a\nARG WHO=x\nENV WHO=y PATH=/opt/bin:$PATH\nARG WHO=z\n")
    assert image.variables["WHO"] == "y"
    assert image.environment["PATH"] == "/opt/bin:/bin"


def test_a_build_argument_comes_from_the_command_line_then_from_itself_then_from_above_the_stages() -> None:
    text = "ARG A=above\nARG B=above\nFROM a\nARG A\nARG B=own\nARG C\n"
    assert dict(image_of(text).arguments) == {"A": "above", "B": "own"}
    assert dict(image_of(text, {"B": "told", "C": "told"}).arguments) == {
        "A": "above",
        "B": "told",
        "C": "told",
    }


def test_a_build_argument_that_is_not_declared_in_the_stage_is_not_seen() -> None:
    assert "A" not in image_of("ARG A=above\nFROM a\n").variables


def test_relative_folders_start_from_the_one_before() -> None:
    assert image_of("FROM a\nWORKDIR /a\nWORKDIR b\n").workdir == "/a/b"


def test_commands_in_shell_form_get_the_shell_and_those_in_exec_form_do_not() -> None:
    assert image_of("FROM a\nCMD echo $HOME\n").command == ("/bin/sh", "-c", "echo $HOME")
    assert image_of('FROM a\nSHELL ["/bin/bash", "-c"]\nCMD echo\n').command == ("/bin/bash", "-c", "echo")
    assert image_of('FROM a\nCMD ["l1ad", "demo"]\n').command == ("l1ad", "demo")


def test_words_replace_the_command_and_follow_the_entrypoint() -> None:
    image = image_of('FROM a\nENTRYPOINT ["l1ad"]\nCMD ["demo"]\n')
    assert command_to_run(image) == ("l1ad", "demo")
    assert command_to_run(image, "train 'my file.yaml'") == ("l1ad", "train", "my file.yaml")


def test_a_health_check_is_a_command_with_a_time() -> None:
    image = image_of('FROM a\nHEALTHCHECK --interval=5m --timeout=1m30s CMD ["l1ad", "doctor"]\n')
    assert image.health == ("l1ad", "doctor")
    assert image.health_timeout_s == 90
    assert image_of("FROM a\nHEALTHCHECK CMD true\nHEALTHCHECK NONE\n").health == ()


def test_variables_are_filled_into_copies_and_left_to_the_shell_in_runs() -> None:
    copy, run = read_dockerfile("FROM a\nCOPY --chown=$WHO $WHAT /to/\nRUN echo $WHAT\n").stages[0].steps
    variables = {"WHO": "7:7", "WHAT": "file"}
    assert filled_in(copy, variables).arguments == ("file", "/to/")
    assert filled_in(copy, variables).flags == {"chown": "7:7"}
    assert filled_in(run, variables).arguments == ("echo $WHAT",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("FROM a\nADD x /\n", "line 2: ADD is not run here"),
        ("FROM a\nRUN <<EOF\ntrue\nEOF\n", "line 2: here-documents and mounts are not run here"),
        ("FROM a\nRUN --mount=type=cache,target=/c true\n", "line 2: here-documents and mounts"),
        ("RUN true\nFROM a\n", "line 1: RUN stands before the first FROM"),
        ("ARG A\n", "no FROM"),
    ],
)
def test_steps_that_are_not_understood_are_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_dockerfile(text)


@given(st.integers(0, 99), st.integers(0, 59), st.integers(0, 59))
def test_durations_are_read_as_go_writes_them(hours: int, minutes: int, rest: int) -> None:
    assert seconds(f"{hours}h{minutes}m{rest}s") == 3600 * hours + 60 * minutes + rest


def test_a_duration_without_a_unit_is_refused() -> None:
    with pytest.raises(ValueError, match="'30' is not a duration"):
        seconds("30")
