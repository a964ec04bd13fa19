"""The Tcl for the vendor's tools, run by tclsh with every command of theirs written down instead of done."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from l1ad.core.errors import ToolError
from l1ad.synthesis.vendor_scripts import Script, fill_script

WORDS = {
    "NAME": "axo", "NETWORK": "axo_network", "PART": "xc7vx690t-ffg1927-2", "PERIOD_NS": "25",
    "FILES": "src/*.v more/*.v", "TOP": "axo_top", "XDC": "axo.xdc", "REPORTS": "reports",
}  # fmt: skip

HLS = [Script.VITIS_HLS, Script.VIVADO_HLS]

Ended = subprocess.CompletedProcess[str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "hls"
    made.mkdir()
    return made


def run(script: Script, folder: Path, *, steps: str | None = None, faulty: str = "") -> Ended:
    """Run a script; `faulty` names a command that fails."""
    tclsh = shutil.which("tclsh")
    if tclsh is None:
        pytest.skip("tclsh is not installed")
    (folder / script).write_text(fill_script(script, WORDS))
    fault = f'proc {faulty} {{args}} {{error "broken"}}\n' if faulty else ""
    (folder / "play.tcl").write_text(f'proc unknown {{args}} {{puts "does $args"}}\n{fault}source {script}\n')
    environment = {name: value for name, value in os.environ.items() if name != "L1AD_STEPS"}
    if steps is not None:
        environment["L1AD_STEPS"] = steps
    return subprocess.run(
        [tclsh, "play.tcl"], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def done(ended: Ended) -> list[str]:
    """List the commands of the vendor that a script gave."""
    assert ended.stderr == ""
    return [line.removeprefix("does ") for line in ended.stdout.splitlines() if line.startswith("does ")]


@pytest.mark.parametrize("script", HLS)
def test_without_a_wish_c_simulation_and_synthesis_are_run_in_a_new_project(
    script: Script, folder: Path
) -> None:
    ended = run(script, folder)
    commands = done(ended)
    assert ended.returncode == 0
    assert commands[0] == "open_project -reset vitis_project"
    assert "set_top axo_top" in commands
    assert "set_part xc7vx690t-ffg1927-2" in commands
    assert "create_clock -period 25 -name default" in commands
    vectors = folder.parent / "vectors"
    assert commands[-2:] == [f"csim_design -argv {vectors}", "csynth_design"]


def test_only_vitis_hls_is_told_a_flow_target_and_knows_cpp14(folder: Path) -> None:
    vitis, vivado = done(run(Script.VITIS_HLS, folder)), done(run(Script.VIVADO_HLS, folder))
    assert "open_solution -reset solution1 -flow_target vivado" in vitis
    assert "open_solution -reset solution1" in vivado
    assert any("-std=c++14" in line for line in vitis)
    assert not any("-std=c++14" in line for line in vivado)


@pytest.mark.parametrize("script", HLS)
def test_a_later_step_goes_on_in_the_project_without_resetting_it(script: Script, folder: Path) -> None:
    (folder / "vitis_project" / "solution1" / "syn").mkdir(parents=True)
    commands = done(run(script, folder, steps="cosim  export"))
    assert commands == [
        "open_project vitis_project",
        "open_solution solution1",
        f"cosim_design -rtl verilog -argv {folder.parent / 'vectors'}",
        "export_design -flow impl -rtl verilog -format ip_catalog",
    ]


@pytest.mark.parametrize("script", HLS)
def test_synthesis_begins_anew_and_steps_keep_their_order(script: Script, folder: Path) -> None:
    (folder / "vitis_project" / "solution1" / "syn").mkdir(parents=True)
    commands = done(run(script, folder, steps="cosim csynth"))
    assert commands[0] == "open_project -reset vitis_project"
    assert [line.split()[0] for line in commands[-2:]] == ["csynth_design", "cosim_design"]
    assert not any(line.startswith("csim_design") for line in commands)


@pytest.mark.parametrize("script", HLS)
def test_co_simulation_of_nothing_is_refused(script: Script, folder: Path) -> None:
    ended = run(script, folder, steps="cosim")
    assert ended.returncode == 1
    assert (
        "ERROR: nothing is synthesised yet in vitis_project; run it with csynth in L1AD_STEPS" in ended.stdout
    )
    assert done(ended) == []


@pytest.mark.parametrize("script", HLS)
def test_a_step_that_is_not_known_is_refused(script: Script, folder: Path) -> None:
    ended = run(script, folder, steps="csim cosym")
    assert ended.returncode == 1
    assert "ERROR: L1AD_STEPS has 'cosym'; csim, csynth, cosim and export are known" in ended.stdout


@pytest.mark.parametrize("script", HLS)
def test_a_command_that_fails_ends_the_script_with_an_error(script: Script, folder: Path) -> None:
    ended = run(script, folder, faulty="csim_design")
    assert ended.returncode == 1
    assert "ERROR: csim_design: broken" in ended.stdout
    assert "csynth_design" not in ended.stdout


def test_out_of_context_runs_from_verilog_to_its_two_reports(folder: Path) -> None:
    for name in ("src/b.v", "src/a.v", "more/c.v"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()
    ended = run(Script.VIVADO_OOC, folder)
    assert ended.returncode == 0
    assert done(ended) == [
        "read_verilog {more/c.v src/a.v src/b.v}",
        "read_xdc axo.xdc",
        "synth_design -top axo_top -part xc7vx690t-ffg1927-2 -mode out_of_context",
        "opt_design",
        "place_design",
        "route_design",
        "report_utilization -file reports/utilization.rpt",
        "report_timing_summary -file reports/timing_summary.rpt",
    ]
    assert (folder / "reports").is_dir()


def test_out_of_context_without_verilog_is_refused(folder: Path) -> None:
    ended = run(Script.VIVADO_OOC, folder)
    assert ended.returncode == 1
    assert "ERROR: no Verilog file is named as in: src/*.v more/*.v" in ended.stdout


@pytest.mark.parametrize("script", list(Script))
def test_no_word_is_left_in_a_script(script: Script) -> None:
    assert "@" not in fill_script(script, WORDS)


@pytest.mark.parametrize("words", [{**WORDS, "PART": " "}, {k: v for k, v in WORDS.items() if k != "PART"}])
def test_a_word_without_a_value_is_refused(words: dict[str, str]) -> None:
    with pytest.raises(ToolError, match=r"vitis_hls\.tcl: no value for @PART@"):
        fill_script(Script.VITIS_HLS, words)


@pytest.mark.parametrize("value", ["[exec rm x]", "a}", "$x", 'a"b', "a;b", "a\nb", "a\\"])
def test_a_value_that_tcl_would_run_is_refused(value: str) -> None:
    with pytest.raises(
        ToolError, match=r"@PART@ would be .*, which Tcl would read as code; give a name or a path"
    ):
        fill_script(Script.VIVADO_HLS, {**WORDS, "PART": value})
