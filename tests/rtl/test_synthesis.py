"""Open synthesis: real Yosys on a small design, and Yosys that fails, is missing or is interrupted."""

import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from l1ad.config.target import load_target
from l1ad.core.errors import ToolError
from l1ad.core.ports import Interface, input_ports
from l1ad.core.resources import Resources
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.rtl.delay import DelayModel
from l1ad.rtl.design import pipelined_design
from l1ad.rtl.project import write_rtl
from l1ad.rtl.synthesis import cells_of, family_of, open_estimate
from l1ad.rtl.tools import yosys_found

Builder = Callable[..., TriggerAlgorithm]
PART = "xc7vx690t-ffg1927-2"


@pytest.fixture
def project(build_trigger: Builder, tmp_path: Path) -> Path:
    """The Verilog of a small algorithm in two stages."""
    trigger, target = build_trigger(widths=(3, 2), thresholds={"some": 500}), load_target("ugt-vx690t")
    delay = DelayModel(period_ns=12.0, **target.delay.model_dump())
    design = pipelined_design(trigger, input_ports(trigger.layout, Interface.UGT), delay)
    write_rtl(design, clock=target.clock, delay=delay, folder=tmp_path / "rtl")
    return tmp_path / "rtl"


@pytest.fixture
def stand_in(tmp_path: Path) -> Callable[[str], str]:
    """Write a program that calls itself Yosys 9.9 and does as told with a script."""

    def written(body: str) -> str:
        path = tmp_path / "yosys"
        path.write_text(f'#!/bin/bash\n[ "$1" = -V ] && {{ echo "Yosys 9.9 (a stand-in)"; exit 0; }}\n{body}\n')
        path.chmod(0o755)
        return str(path)

    return written


@pytest.mark.skipif(not yosys_found(), reason="Yosys is not installed")
def test_yosys_counts_the_cells_of_every_module_and_finds_no_multiplier_or_memory(
    project: Path, tmp_path: Path
) -> None:
    told: list[tuple[int, int]] = []
    estimate = open_estimate(
        project, PART, cache=tmp_path / "cache", progress=lambda done, total, _: told.append((done, total))
    )
    modules = {one.module: one.resources for one in estimate.modules}
    assert set(modules) == {path.stem for path in project.glob("*.v")} - {"small_tb"}
    assert estimate.tool == "Yosys"
    assert estimate.family == "xc7"
    total = estimate.total
    assert 100 < total.lut < 5000
    assert total.carry > 10
    assert (total.dsp, total.bram_18k) == (0, 0)
    assert modules["small_top"].ff == total.ff > 10
    assert told[-1] == (len(modules), len(modules))


def test_modules_that_were_mapped_before_are_taken_from_the_cache(
    project: Path, tmp_path: Path, stand_in: Callable[[str], str]
) -> None:
    count = '{"modules": {"\\\\\\\\%s": {"num_cells_by_type": {"LUT6": 7, "FDRE": 2, "CARRY4": 1}}}}'
    script = (
        "top=${3##*-top }; top=${top%%;*}\n" + f"printf '{count}' $top > stat.json\necho $top >> {tmp_path}/ran"
    )
    program = stand_in(script)
    n_modules = len(list(project.glob("*_stage*.v"))) + 1
    first = open_estimate(project, PART, yosys=program, cache=tmp_path / "cache")
    assert first.total == Resources(lut=7 * n_modules, ff=2 * n_modules, carry=n_modules)
    assert len((tmp_path / "ran").read_text().split()) == n_modules
    assert open_estimate(project, PART, yosys=program, cache=tmp_path / "cache") == first
    assert len((tmp_path / "ran").read_text().split()) == n_modules
    (decision,) = project.glob("small_decision_*.v")
    decision.write_text(decision.read_text() + "// changed\n")
    open_estimate(project, PART, yosys=program, cache=tmp_path / "cache")
    # The changed module, and the top level, whose black boxes are read from it.
    assert len((tmp_path / "ran").read_text().split()) == n_modules + 2


def test_a_failure_of_yosys_is_told_with_its_module_and_first_error(
    project: Path, tmp_path: Path, stand_in: Callable[[str], str]
) -> None:
    program = stand_in("echo 'ERROR: syntax error in line 3'; exit 1")
    with pytest.raises(ToolError, match=r"small_.*: Yosys failed with code 1: ERROR: syntax error in line 3"):
        open_estimate(project, PART, yosys=program, cache=tmp_path / "cache")


def test_a_program_that_is_no_yosys_a_missing_one_and_a_folder_without_verilog_are_refused(
    project: Path, tmp_path: Path
) -> None:
    with pytest.raises(ToolError, match="is this Yosys"):
        open_estimate(project, PART, yosys="true", cache=tmp_path)
    with pytest.raises(ToolError, match="no-such-yosys: no such program"):
        open_estimate(project, PART, yosys="no-such-yosys", cache=tmp_path)
    with pytest.raises(ToolError, match="no Verilog project here; `l1ad build` writes one"):
        open_estimate(tmp_path, PART, cache=tmp_path)


def test_an_interrupted_run_ends_yosys_and_keeps_what_is_done(
    project: Path, tmp_path: Path, stand_in: Callable[[str], str]
) -> None:
    """The top level sleeps, every other module is mapped at once: Ctrl-C leaves those in the cache."""
    count = '{"modules": {"\\\\\\\\%s": {"num_cells_by_type": {"LUT6": 1}}}}'
    program = stand_in(
        f"echo $$ >> {tmp_path}/pids\n"
        "top=${3##*-top }; top=${top%%;*}\n"
        f"case $top in small_top) sleep 300;; *) printf '{count}' $top > stat.json;; esac"
    )
    code = (
        "import signal, sys; from pathlib import Path; from l1ad.rtl.synthesis import open_estimate\n"
        # A shell starts what runs in its background deaf to Ctrl-C; a terminal does not.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "open_estimate(Path(sys.argv[1]), sys.argv[2], yosys=sys.argv[3], cache=Path(sys.argv[4]))"
    )
    cache = tmp_path / "cache"
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(project), PART, program, str(cache)], stderr=subprocess.PIPE
    )
    deadline = time.monotonic() + 60
    while not list(cache.glob("*.json")) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) != 0
    assert len(list(cache.glob("*.json"))) >= 1
    groups = {int(pid) for pid in (tmp_path / "pids").read_text().split()}
    assert groups
    assert not groups & set(groups_at_work())


@pytest.mark.parametrize(
    ("part", "family"),
    [("xc7vx690t-ffg1927-2", "xc7"), ("xcvu9p-flgb2104-2-e", "xcup"), ("xcku040-ffva1156-2-e", "xcu"),
     ("xcvu13p-flga2577-2-e", "xcup"), ("xcu250-figd2104-2L-e", "xcup")],
)  # fmt: skip
def test_the_family_of_a_part_is_known(part: str, family: str) -> None:
    assert family_of(part) == family


def test_a_part_of_another_family_is_refused() -> None:
    with pytest.raises(ToolError, match="Yosys maps to no part such as '5CSEMA5F31C6'"):
        family_of("5CSEMA5F31C6")


def test_cells_are_sorted_and_an_unknown_one_is_refused() -> None:
    counts = {"LUT6": 3, "LUT2": 1, "INV": 2, "SRL16E": 1, "FDRE": 5, "CARRY4": 4, "MUXF7": 9, "DSP48E1": 1}
    found = cells_of({**counts, "RAMB36E1": 2, "RAMB18E1": 1}, "m")
    assert found == Resources(lut=7, ff=5, carry=4, dsp=1, bram_18k=5)
    with pytest.raises(ToolError, match="m: Yosys used 3 cells 'URAM288', which are not known here"):
        cells_of({"URAM288": 3}, "m")


def groups_at_work() -> Iterator[int]:
    """List the process groups of this machine with a process that has not ended."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, group = stat.read_text().rpartition(")")[2].split()[:3]
            if state not in "ZX":
                yield int(group)
