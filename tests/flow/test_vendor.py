"""`l1ad synth vendor` on a firmware folder as built, with programs that stand in for the vendor's tools."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from l1ad.config.run import FirmwareConfig
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.flow.build import build

Builder = Callable[..., TriggerAlgorithm]
Vendor = Callable[..., subprocess.CompletedProcess[str]]

UTILISATION = """| Tool Version : Vivado v.2023.2 (lin64) Build 4029153
| Design       : small_top
| Device       : xc7vx690tffg1927-2
| Design State : Routed
1. Slice Logic
+-----------------+------+-------+-----------+-------+
|    Site Type    | Used | Fixed | Available | Util% |
+-----------------+------+-------+-----------+-------+
| Slice LUTs      | 1234 |     0 |    433200 |  0.28 |
| Slice Registers |   99 |     0 |    866400 |  0.01 |
+-----------------+------+-------+-----------+-------+
3. Memory
| Block RAM Tile |    0 |     0 |      1470 |  0.00 |
4. DSP
| DSPs |    0 |     0 |      3600 |  0.00 |
"""
TIMING = """| Tool Version      : Vivado v.2023.2 (lin64) Build 4029153
| Design            : small_top
| Design Timing Summary
| ---------------------
    WNS(ns)      TNS(ns)  TNS Failing Endpoints  TNS Total Endpoints
    -------      -------  ---------------------  -------------------
      1.500        0.000                      0                  100
"""


@pytest.fixture
def folder(build_trigger: Builder, tmp_path: Path) -> Path:
    return build(build_trigger(), FirmwareConfig(folder=str(tmp_path / "firmware"))).folder


@pytest.fixture
def vendor(tmp_path: Path) -> Vendor:
    """Run the command with stand-ins, given by name and bash, before everything else on PATH."""

    def run(*arguments: str, **programs: str) -> subprocess.CompletedProcess[str]:
        tools = tmp_path / "tools"
        tools.mkdir(exist_ok=True)
        for name, body in programs.items():
            path = tools / name
            path.write_text(
                f'#!{shutil.which("bash")}\n[[ "$1" = *-version ]] && {{ echo v2023.2; exit; }}\n{body}\n'
            )
            path.chmod(0o755)
        return subprocess.run(
            [sys.executable, "-c", "from l1ad.cli.main import main; main()", "synth", "vendor", *arguments],
            cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120,
            env={**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"},
        )  # fmt: skip

    return run


def test_vivado_is_run_on_the_verilog_and_its_reports_join_the_check(
    folder: Path, vendor: Vendor, tmp_path: Path
) -> None:
    (tmp_path / "u.rpt").write_text(UTILISATION)
    (tmp_path / "t.rpt").write_text(TIMING)
    body = (
        f"grep -q 'read_verilog' {folder}/rtl/vivado_ooc.tcl || exit 9\n"
        f'echo "args $*"; mkdir -p {folder}/results/vivado\n'
        f"cp {tmp_path}/u.rpt {folder}/results/vivado/utilization.rpt\n"
        f"cp {tmp_path}/t.rpt {folder}/results/vivado/timing_summary.rpt"
    )
    done = vendor(str(folder), "--steps", "implementation", vivado=body)
    assert done.returncode == 0, done.stderr
    assert "1,234" in done.stdout
    log = (folder / "results" / "logs" / "implementation.log").read_text()
    assert log.startswith("args -mode batch")
    code = "from l1ad.cli.main import main; main()"
    checked = subprocess.run(
        [sys.executable, "-c", code, "check", str(folder)], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr
    assert "vendor report results/vivado/utilization.rpt" in checked.stdout
    assert "time over the period" in checked.stdout


def test_a_missing_licence_is_told_as_such(folder: Path, vendor: Vendor) -> None:
    body = "echo \"ERROR: [Common 17-345] A valid license was not found for feature 'HLS'\"; exit 1"
    done = vendor(str(folder), "--steps", "c_synthesis", vitis_hls=body)
    assert done.returncode == 1
    assert "vitis_hls found no licence for 'HLS'" in done.stderr
    assert "c_synthesis.log" in done.stderr


def test_a_tool_that_hangs_is_ended_at_its_time(folder: Path, vendor: Vendor) -> None:
    done = vendor(str(folder), "--steps", "c_synthesis", "--timeout-s", "1", vitis_hls="sleep 300")
    assert done.returncode == 1
    assert "vitis_hls did not end within 1 s and was stopped" in done.stderr


@pytest.mark.skipif(shutil.which("vivado") is not None, reason="Vivado is installed here")
def test_without_the_tools_it_says_what_is_missing(folder: Path, vendor: Vendor) -> None:
    done = vendor(str(folder), "--steps", "implementation")
    assert done.returncode == 1
    assert (
        "vivado was not found on PATH; source the Vivado settings64.sh, or give it with --settings"
        in done.stderr
    )
    assert vendor(str(folder), "--steps", "place").returncode == 2
