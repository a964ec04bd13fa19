"""Steps of a Dockerfile are truly run, apart from the machine: a small one always, ours when asked for."""

import json
import os
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.container import run_dockerfile
from tests.container.building import Build, Built, Result, build, start
from tests.container.dockerfile_steps import command_to_run, read_dockerfile
from tests.container.sandbox import Layers, isolation

SMALL = """\
    FROM debian:12 AS builder
    ARG WORD=hello
    WORKDIR /build
    COPY words/ .
    COPY names.txt renamed.txt
    RUN cat first.txt renamed.txt > all.txt && echo "$WORD" >> all.txt && mkdir kept && mv all.txt kept
    RUN touch /usr/bin/installed-by-a-test

    FROM debian:12
    COPY --from=builder /build/kept /data
    ENV GREETING="good day"
    WORKDIR /data
    USER 4321:4321
    HEALTHCHECK --timeout=5s CMD test -s all.txt
    CMD ["cat", "all.txt"]
    """


class Bench:
    """A folder with a context, and builds in it on the machine's own root."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.context = folder / "context"
        self.results: list[Result] = []
        (self.context / "words").mkdir(parents=True)
        (self.context / "words/first.txt").write_text("first\n")
        (self.context / "names.txt").write_text("names\n")

    def build(self, text: str, **given: str) -> Built | None:
        job = Build(
            dockerfile=read_dockerfile(textwrap.dedent(text), given),
            context=self.context,
            base=Layers(below=(Path("/"),), upper=self.folder / "base", scratch=self.folder / "base.scratch"),
            work=self.folder / "work",
            given=given,
        )
        job.base.upper.mkdir(exist_ok=True)
        return build(job, self.results.append)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    if isolation(tmp_path) is None:
        pytest.skip("no overlay can be mounted: neither as root nor in a user namespace")
    if os.geteuid() != 0:
        pytest.skip("another user than the builder needs root")
    yield Bench(tmp_path)
    assert str(tmp_path) not in Path("/proc/mounts").read_text()


def built_from(bench: Bench, text: str, **given: str) -> Built:
    built = bench.build(text, **given)
    assert built is not None, bench.results[-1]
    return built


def test_stages_are_built_in_order_and_files_pass_between_them(bench: Bench) -> None:
    built = built_from(bench, SMALL)
    out = start(built, command_to_run(built.image), name="CMD")
    assert (out.code, out.output) == (0, "first\nnames\nhello\n")
    assert [result.step.split()[0] for result in bench.results] == [
        *("WORKDIR", "COPY", "COPY", "RUN", "RUN"),
        *("COPY", "WORKDIR"),
    ]
    assert all(result.code == 0 and result.seconds >= 0 for result in bench.results)


def test_build_arguments_reach_the_steps(bench: Bench) -> None:
    built = built_from(bench, SMALL, WORD="told")
    assert start(built, ["tail", "-n1", "all.txt"], name="CMD").output == "told\n"


def test_the_image_runs_as_its_user_or_as_the_one_who_is_asked_for(bench: Bench) -> None:
    built = built_from(bench, SMALL)
    assert start(built, ["id", "-u"], name="CMD").output == "4321\n"
    assert start(built, ["id", "-u"], name="CMD", user="99:99").output == "99\n"
    assert start(built, ["touch", "/data/mine"], name="CMD").code != 0


def test_what_the_builder_installs_is_neither_in_the_last_stage_nor_on_the_machine(bench: Bench) -> None:
    built = built_from(bench, SMALL)
    assert start(built, ["test", "-e", "/usr/bin/installed-by-a-test"], name="CMD").code == 1
    assert not Path("/usr/bin/installed-by-a-test").exists()
    assert (bench.folder / "work/stage-builder/files/usr/bin/installed-by-a-test").exists()


def test_the_image_sees_its_own_variables_and_none_of_the_machine(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_MACHINE", "1")
    built = built_from(bench, SMALL)
    seen = dict(line.split("=", 1) for line in start(built, ["env"], name="CMD").output.splitlines())
    assert seen["GREETING"] == "good day"
    assert set(seen) == {"GREETING", "HOME", "LANG", "PATH"}


def test_the_first_step_that_fails_ends_the_build(bench: Bench) -> None:
    text = "FROM a\nRUN true\nRUN echo out of luck; exit 3\nRUN touch /never\n"
    assert bench.build(text) is None
    assert [result.code for result in bench.results] == [0, 3]
    assert bench.results[-1].output == "out of luck\n"
    assert bench.results[-1].line == 3


def test_a_file_that_is_missing_from_the_context_ends_the_build(bench: Bench) -> None:
    assert bench.build("FROM a\nCOPY absent /\n") is None
    assert "no 'absent' in the build context" in bench.results[-1].output


def test_a_health_check_that_takes_too_long_is_not_healthy(bench: Bench) -> None:
    built = built_from(bench, "FROM a\nHEALTHCHECK --timeout=1s CMD sleep 30\n")
    check = start(built, built.image.health, name="HEALTHCHECK", timeout_s=built.image.health_timeout_s)
    assert (check.code, check.output) == (124, "not ready after 1 s")
    assert check.seconds < 10


def test_without_network_nothing_answers(bench: Bench) -> None:
    built = built_from(bench, "FROM a\nRUN true\n")
    listing = start(built, ["cat", "/proc/net/dev"], name="CMD", offline=True).output
    assert "lo:" in listing
    assert "eth" not in listing


def test_a_copy_between_stages_into_a_folder_that_is_not_there_makes_it(bench: Bench) -> None:
    copies = "COPY --from=one /file /new/folder/\nCOPY --from=one /file /as\n"
    text = f"FROM a AS one\nRUN echo x > /file\nFROM a\n{copies}"
    built = built_from(bench, text)
    assert start(built, ["cat", "/new/folder/file", "/as"], name="CMD").output == "x\nx\n"


def test_the_command_line_reports_each_step_and_ends_in_one_at_the_first_that_fails(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    (bench.context / "Dockerfile").write_text('FROM a\nRUN ["true"]\nHEALTHCHECK CMD true\nCMD ["echo"]\n')
    common = ["--context", str(bench.context), "--base", "/", "--work", str(bench.folder / "line")]
    report = bench.folder / "report.json"
    assert run_dockerfile.main([*common, "--append", "to you", "--json", str(report)]) == 0
    steps = [result["step"] for result in json.loads(report.read_text())]
    assert steps == ['RUN ["true"]', "HEALTHCHECK as root: /bin/sh -c true", "CMD as root: echo to you"]
    assert run_dockerfile.main([*common, "--also", "false", "--also", "true"]) == 1
    assert "FAIL 1" in capsys.readouterr().out


@pytest.mark.skipif(
    os.environ.get("L1AD_CONTAINER") != "1", reason="takes several minutes; set L1AD_CONTAINER=1"
)
@pytest.mark.parametrize(("target", "extras"), [("qkeras", "qkeras,onnx,rtl"), ("hgq", "hgq,onnx,rtl")])
def test_our_own_dockerfile_builds_is_healthy_and_runs_the_main_job(
    repository: Path, target: str, extras: str
) -> None:
    words = ["--target", target, "--build-arg", f"EXTRAS={extras}", "--append=--epochs 2", "--offline"]
    assert run_dockerfile.main(["--context", str(repository), "--user", "4321:4321", *words]) == 0
