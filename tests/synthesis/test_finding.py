"""The reports of a whole project: the top level's, once."""

from collections.abc import Callable
from pathlib import Path

import pytest

from l1ad.core.errors import ToolError
from l1ad.synthesis.finding import find_reports, reports_at

XmlBuilder = Callable[..., str]

COSIM = "Simulation tool : xsim.\n+   RTL    +  Status  +---+\n|   Verilog|  Pass| 1| 1| 1| 1| 1| 1|\n"
EXPORT = "Implementation tool: Xilinx Vivado v.2020.1\n"
VIVADO = "| Tool Version : Vivado v.2020.1\n"
UTILISATION = VIVADO + "| Site Type | Used | Fixed | Available | Util% |\n| CLB LUTs | 1 | 0 | 9 | 1 |\n"
TIMING = VIVADO + "| Design Timing Summary\n"
MODULE = "== Vitis HLS Report for '{top}'\n"


def put(folder: Path, **texts: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / name.replace("__", ".")).write_text(text)


def names(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in find_reports(folder)]


def test_every_kind_of_report_of_a_project_is_found_once(csynth_xml: XmlBuilder, tmp_path: Path) -> None:
    solution = tmp_path / "vitis_project" / "solution1"
    put(
        solution / "syn" / "report",
        csynth__xml=csynth_xml(),
        csynth__rpt="== Synthesis Summary Report of 'trigger_top'\n",
        trigger_top_csynth__xml=csynth_xml(),
        trigger_top_csynth__rpt=MODULE.format(top="trigger_top"),
        dense_csynth__xml=csynth_xml(top="dense"),
    )
    put(solution / "sim" / "report", trigger_top_cosim__rpt=COSIM)
    put(solution / "impl" / "report" / "verilog", export_impl__rpt=EXPORT, trigger_top_export__rpt=EXPORT)
    put(solution / "impl" / "verilog" / "report", top_utilization_routed__rpt=UTILISATION,
        top_timing_routed__rpt=TIMING, top_timing_paths_routed__rpt=VIVADO,
        top_utilization_hierarchical_routed__rpt=VIVADO)  # fmt: skip
    put(solution / ".autopilot" / "db", trigger_top_csynth__xml=csynth_xml())
    assert names(solution) == [
        "impl/report/verilog/export_impl.rpt",
        "impl/verilog/report/top_timing_routed.rpt",
        "impl/verilog/report/top_utilization_routed.rpt",
        "sim/report/trigger_top_cosim.rpt",
        "syn/report/trigger_top_csynth.xml",
    ]


def test_the_projects_own_xml_stands_in_where_the_top_levels_is_missing(
    csynth_xml: XmlBuilder, tmp_path: Path
) -> None:
    put(tmp_path / "syn" / "report", csynth__xml=csynth_xml(), dense_csynth__xml=csynth_xml(top="dense"))
    assert names(tmp_path) == ["syn/report/csynth.xml"]


def test_a_top_levels_xml_alone_is_found(csynth_xml: XmlBuilder, tmp_path: Path) -> None:
    put(tmp_path / "syn" / "report", trigger_top_csynth__xml=csynth_xml())
    assert names(tmp_path) == ["syn/report/trigger_top_csynth.xml"]


def test_texts_are_found_where_there_is_no_xml(tmp_path: Path) -> None:
    put(
        tmp_path / "syn" / "report",
        csynth__rpt="== Synthesis Summary Report of 'trigger_top'\n",
        dense_csynth__rpt=MODULE.format(top="dense"),
        trigger_top_csynth__rpt=MODULE.format(top="trigger_top"),
    )
    assert names(tmp_path) == ["syn/report/trigger_top_csynth.rpt"]


def test_a_file_with_the_name_of_a_report_only_is_passed_over(tmp_path: Path) -> None:
    put(tmp_path, timing_notes__rpt="dear diary")
    assert names(tmp_path) == []


def test_files_stand_for_themselves_and_folders_for_what_is_below(
    csynth_xml: XmlBuilder, tmp_path: Path
) -> None:
    put(tmp_path / "a", csynth__xml=csynth_xml())
    put(tmp_path, notes__txt="dear diary")
    places = [tmp_path / "notes.txt", tmp_path / "a"]
    assert reports_at(places) == (tmp_path / "notes.txt", tmp_path / "a" / "csynth.xml")


def test_a_folder_without_reports_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        ToolError, match="no report below this folder; wanted are names such as syn/report/<top>_csy"
    ):
        reports_at([tmp_path])


def test_a_folder_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        ToolError, match="no such folder; give that of a Vitis HLS, Vivado HLS or Vivado project"
    ):
        find_reports(tmp_path / "typo")
