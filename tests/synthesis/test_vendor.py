"""Steps of the vendor's tools, played by stand-ins that succeed, fail, hang, or end with nothing."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from l1ad.core.errors import ToolError
from l1ad.synthesis.report import ReportKind, SynthesisReport
from l1ad.synthesis.tools import ToolName, VendorTool, find_tools
from l1ad.synthesis.vendor import Step, log_of, run_step

XmlBuilder = Callable[..., str]
StandIn = Callable[[str, str], Path]

REPORT = "vitis_project/solution1/syn/report"
WRITES = f"""echo "INFO: steps: $L1AD_STEPS, arguments: $*"
mkdir -p {REPORT}
cp figures.xml {REPORT}/trigger_top_csynth.xml"""
HANGS = """trap '' TERM
(trap '' TERM; sleep 60) &
echo "pids $$ $!"
wait
sleep 60"""


@pytest.fixture
def project(hls_project: Path, csynth_xml: XmlBuilder) -> Path:
    (hls_project / "figures.xml").write_text(csynth_xml())
    return hls_project


def synthesise(
    project: Path, *, tool: VendorTool | None = None, timeout_s: float = 20
) -> tuple[SynthesisReport, ...]:
    return run_step(
        Step.C_SYNTHESIS, tool or find_tools().hls(), project, Path("vitis_hls.tcl"),
        timeout_s=timeout_s, grace_s=0.3,
    )  # fmt: skip


def log(project: Path) -> str:
    return log_of(project, Step.C_SYNTHESIS).read_text()


def is_running(pid: int) -> bool:
    """Tell whether a process does anything; one that nobody has taken note of ending does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def pids(text: str) -> list[int]:
    line = next(line for line in text.splitlines() if line.startswith("pids "))
    return [int(one) for one in line.split()[1:]]


def test_a_step_gives_the_report_that_it_wrote_and_keeps_its_log(project: Path, stand_in: StandIn) -> None:
    stand_in("vitis_hls", WRITES)
    (report,) = synthesise(project)
    assert report.kind is ReportKind.HLS_SYNTHESIS
    assert report.used.lut == 1200
    assert log(project) == f"INFO: steps: csim csynth, arguments: -f {project / 'vitis_hls.tcl'}\n"
    assert log_of(project, Step.C_SYNTHESIS) == project / "results" / "logs" / "c_synthesis.log"


def test_every_line_is_told_as_progress(project: Path, stand_in: StandIn) -> None:
    stand_in("vitis_hls", f"echo one; echo; echo 'two ' >&2\n{WRITES}")
    told: list[tuple[int, int, str]] = []
    run_step(
        Step.C_SYNTHESIS, find_tools().hls(), project, Path("vitis_hls.tcl"),
        timeout_s=20, progress=lambda done, total, note: told.append((done, total, note)),
    )  # fmt: skip
    assert told[:2] == [(0, 1, "one"), (0, 1, "two")]
    assert told[-1] == (1, 1, "")


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("vitis-run", "--mode hls --tcl"),
        ("vivado_hls", "-f"),
        ("vivado", "-mode batch -nojournal -nolog -source"),
    ],
)
def test_every_tool_runs_its_script_in_batch_mode(
    name: str, arguments: str, project: Path, stand_in: StandIn
) -> None:
    stand_in(name, WRITES)
    synthesise(project, tool=find_tools().named(ToolName(name)))
    assert f"arguments: {arguments} {project / 'vitis_hls.tcl'}" in log(project)


def test_variables_are_added_to_the_tools_environment(project: Path, stand_in: StandIn) -> None:
    stand_in("vitis_hls", f'echo "SIDE=$SIDE HOME=$HOME"\n{WRITES}')
    run_step(
        Step.C_SYNTHESIS, find_tools().hls(), project, Path("vitis_hls.tcl"),
        environment={"SIDE": "left", "L1AD_STEPS": "csynth"}, timeout_s=20,
    )  # fmt: skip
    assert f"SIDE=left HOME={os.environ['HOME']}\n" in log(project)
    assert "steps: csynth," in log(project)


def test_a_failure_is_told_with_its_code_and_first_error(project: Path, stand_in: StandIn) -> None:
    stand_in("vitis_hls", "echo 'INFO: go'; echo 'ERROR: [HLS 200-70] no part'; echo 'ERROR: more'; exit 7")
    with pytest.raises(ToolError) as fault:
        synthesise(project)
    where = log_of(project, Step.C_SYNTHESIS)
    assert str(fault.value) == f"vitis_hls ended with code 7: ERROR: [HLS 200-70] no part; see {where}"
    assert "ERROR: more" in log(project)


@pytest.mark.parametrize(
    ("line", "feature"),
    [
        (
            "ERROR: [Common 17-345] A valid license was not found for feature 'HLS' and/or device 'x'.",
            " for 'HLS'",
        ),
        ("Failed to obtain license", ""),
        ("ERROR: License check-out failed", ""),
    ],
)
def test_a_missing_licence_is_told_as_such(line: str, feature: str, project: Path, stand_in: StandIn) -> None:
    stand_in("vitis_hls", f'echo "ERROR: something first"; echo "{line}"; exit 1')
    with pytest.raises(
        ToolError, match=f"^vitis_hls found no licence{feature}; set XILINXD_LICENSE_FILE or ask .*; see"
    ):
        synthesise(project)


def test_a_licence_that_was_got_is_no_fault(project: Path, stand_in: StandIn) -> None:
    stand_in(
        "vitis_hls", "echo \"INFO: [Common 17-349] Got license for feature 'HLS'\"; echo 'ERROR: x'; exit 1"
    )
    with pytest.raises(ToolError, match="vitis_hls ended with code 1: ERROR: x; see"):
        synthesise(project)


def test_success_without_a_report_is_a_failure(project: Path, stand_in: StandIn) -> None:
    stand_in("vitis_hls", "echo done")
    with pytest.raises(
        ToolError, match=r"vitis_hls ended with code 0 but wrote no syn/report/\*csynth\.xml; see .*log"
    ):
        synthesise(project)


def test_the_report_of_an_earlier_run_is_not_taken_for_this_ones(project: Path, stand_in: StandIn) -> None:
    stand_in("vitis_hls", WRITES)
    synthesise(project)
    stand_in("vitis_hls", "echo 'ERROR: csim failed'; exit 0")
    with pytest.raises(ToolError, match=r"code 0 but wrote no .*: ERROR: csim failed; see"):
        synthesise(project)


def test_a_report_that_is_cut_off_is_refused(project: Path, stand_in: StandIn) -> None:
    stand_in("vitis_hls", f"{WRITES}\nhead -c 300 figures.xml > {REPORT}/trigger_top_csynth.xml")
    with pytest.raises(ToolError, match="not whole XML"):
        synthesise(project)


def test_an_implementation_gives_utilisation_and_timing(project: Path, stand_in: StandIn) -> None:
    head = "| Tool Version : Vivado v.2023.1\n"
    (project / "used").write_text(f"{head}| Site Type | Used | Available |\n| CLB LUTs | 9 | 99 |\n")
    (project / "slack").write_text(f"{head}| Design Timing Summary\n WNS(ns) TNS(ns)\n --- ---\n 0.5 0.0\n")
    stand_in("vivado", "mkdir reports; cp used reports/utilization.rpt; cp slack reports/timing_summary.rpt")
    utilisation, timing = run_step(
        Step.IMPLEMENTATION, find_tools().named(ToolName.VIVADO), project, Path("vitis_hls.tcl"), timeout_s=20
    )
    assert (utilisation.kind, utilisation.used.lut) == (ReportKind.UTILISATION, 9)
    assert (timing.kind, timing.worst_slack_ns) == (ReportKind.TIMING, 0.5)


def test_a_tool_that_hangs_is_killed_with_its_child(project: Path, stand_in: StandIn) -> None:
    stand_in("vitis_hls", HANGS)
    with pytest.raises(
        ToolError, match=r"vitis_hls did not end within 0\.5 s and was stopped; see .*c_synthesis\.log"
    ):
        synthesise(project, timeout_s=0.5)
    said = log(project)
    assert "l1ad: no end within 0.5 s: the tool and everything it started is asked to end" in said
    assert "l1ad: not ended within 0.3 s, so killed" in said
    assert len(pids(said)) == 2
    assert not any(is_running(pid) for pid in pids(said))


def test_a_tool_that_ends_when_asked_is_not_killed(project: Path, stand_in: StandIn) -> None:
    stand_in("vitis_hls", "sleep 60")
    with pytest.raises(ToolError, match="did not end within"):
        synthesise(project, timeout_s=0.3)
    assert log(project).endswith("l1ad: ended\n")


def test_what_a_tool_leaves_behind_does_not_keep_the_step_waiting(project: Path, stand_in: StandIn) -> None:
    stand_in("vitis_hls", f"{WRITES}\nsleep 30 &\necho pids $!")
    start = time.monotonic()
    synthesise(project)
    assert time.monotonic() - start < 15
    for pid in pids(log(project)):
        os.kill(pid, signal.SIGKILL)


def test_an_interruption_ends_the_tool_and_leaves_its_log(project: Path, stand_in: StandIn) -> None:
    stand_in("vitis_hls", HANGS)
    code = (
        "import signal, sys\n"
        "from pathlib import Path\n"
        "from l1ad.synthesis.tools import find_tools\n"
        "from l1ad.synthesis.vendor import Step, run_step\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a shell's background job ignores it
        "run_step(Step.C_SYNTHESIS, find_tools().hls(), Path(sys.argv[1]), Path('vitis_hls.tcl'),\n"
        "         timeout_s=60, grace_s=0.3)\n"
    )
    run = subprocess.Popen([sys.executable, "-c", code, str(project)], stderr=subprocess.PIPE, text=True)
    written = log_of(project, Step.C_SYNTHESIS)
    deadline = time.monotonic() + 30
    while not (written.is_file() and "pids" in written.read_text()):
        assert time.monotonic() < deadline, "the stand-in did not start"
        time.sleep(0.05)
    run.send_signal(signal.SIGINT)
    _, errors = run.communicate(timeout=30)
    assert "KeyboardInterrupt" in errors
    assert "l1ad: interrupted: the tool and everything it started is asked to end" in log(project)
    assert len(pids(log(project))) == 2
    assert not any(is_running(pid) for pid in pids(log(project)))


def test_a_fault_of_whoever_listens_ends_the_tool_too(project: Path, stand_in: StandIn) -> None:
    stand_in("vitis_hls", HANGS)

    def deaf(*told: object) -> None:
        raise ValueError(f"nobody listens to {told[-1]}")

    with pytest.raises(ValueError, match="nobody listens"):
        run_step(
            Step.C_SYNTHESIS, find_tools().hls(), project, Path("vitis_hls.tcl"),
            timeout_s=20, grace_s=0.3, progress=deaf,
        )  # fmt: skip
    assert not any(is_running(pid) for pid in pids(log(project)))


def test_a_tool_that_cannot_be_started_is_told(project: Path, stand_in: StandIn) -> None:
    program = stand_in("vitis_hls", WRITES)
    tool = find_tools().hls()
    program.unlink()
    with pytest.raises(ToolError, match="vitis_hls cannot be started: No such file or directory"):
        synthesise(project, tool=tool)


def test_a_missing_script_is_told(project: Path, stand_in: StandIn) -> None:
    stand_in("vitis_hls", WRITES)
    (project / "vitis_hls.tcl").unlink()
    with pytest.raises(
        ToolError, match=r"vitis_hls\.tcl: no such script for vitis_hls to run; `l1ad build` writes"
    ):
        synthesise(project)
