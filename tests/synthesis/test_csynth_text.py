"""The text reports of C synthesis: three titles, columns that came and went."""

from collections.abc import Callable

import pytest

from l1ad.core.errors import ToolError
from l1ad.synthesis.report import PipelineType, ReportKind, SynthesisReport, ToolResources

Reading = Callable[[str, str], SynthesisReport]

RULE = "=" * 64


def module_report(
    *,
    title: str = "Vitis HLS Report for",
    clock: str = "|ap_clk  |  5.00 ns|  3.210 ns|     1.35 ns|",
    latency: str = "|       12|       12|  60.000 ns|  60.000 ns|    1|    1|      yes|",
    header: str = "|       Name      | BRAM_18K| DSP |   FF   |  LUT  | URAM|",
    total: str = "|Total            |        3|    5|     800|   1200|    0|",
    available: str = "|Available        |     5376|12288| 3456000|1728000| 1280|",
) -> str:
    return f"""

{RULE}
== {title} 'trigger_top'
{RULE}
* Date:           Mon Jan  6 12:00:00 2025

* Version:        2023.1 (Build 1 on Jan  1 2023)
* Project:        vitis_project
* Target device:  xcvu13p-flga2577-2-e


{RULE}
== Performance Estimates
{RULE}
+ Timing: 
    * Summary: 
    +--------+---------+----------+------------+
    |  Clock |  Target | Estimated| Uncertainty|
    +--------+---------+----------+------------+
    {clock}
    +--------+---------+----------+------------+

+ Latency: 
    * Summary: 
    +---------+---------+-----------+-----------+-----+-----+---------+
    |  Latency (cycles) |   Latency (absolute)  |  Interval | Pipeline|
    |   min   |   max   |    min    |    max    | min | max |   Type  |
    +---------+---------+-----------+-----------+-----+-----+---------+
    {latency}
    +---------+---------+-----------+-----------+-----+-----+---------+

    + Detail: 
        * Instance: 
        |inner_U0  |inner  |        7|        7|  35.000 ns|  35.000 ns|    7|    7|       no|


{RULE}
== Utilization Estimates
{RULE}
* Summary: 
+-----------------+---------+-----+--------+-------+-----+
{header}
+-----------------+---------+-----+--------+-------+-----+
|Instance         |        7|    7|       7|      7|    7|
+-----------------+---------+-----+--------+-------+-----+
{total}
+-----------------+---------+-----+--------+-------+-----+
|Available SLR    |        1|    1|       1|      1|    1|
+-----------------+---------+-----+--------+-------+-----+
{available}
+-----------------+---------+-----+--------+-------+-----+

+ Detail: 
    * Register: 
    |Total  |  9|  9|  9|  9|  9|
"""  # noqa: W291 -- so do the tools


def summary(
    row: str = "|+ trigger_top*  |     -|  0.10|       12|   60.000|         -|        1|     -|  dataflow| "
    "3 (~0%)|  5 (~0%)|  800 (~0%)|  1200 (1%)|    -|",
) -> str:
    return f"""
{RULE}
== Synthesis Summary Report of 'trigger_top'
{RULE}
+ General Information: 
    * Version:        2023.1 (Build 1 on Jan  1 2023)
    * Target device:  xcvu13p-flga2577-2-e

+ Performance & Resource Estimates: 
    
    PS: '+' for module; 'o' for loop; '*' for dataflow
    +----------------+------+------+---------+---------+----------+---------+------+----------+---------+
    |     Modules    | Issue|      | Latency | Latency | Iteration|         | Trip |          |         |         |            |           |     |
    |     & Loops    | Type | Slack| (cycles)|   (ns)  |  Latency | Interval| Count| Pipelined|  BRAM   |   DSP   |     FF     |    LUT    | URAM|
    +----------------+------+------+---------+---------+----------+---------+------+----------+---------+
    {row}
    | + inner        |     -|  0.10|        7|   35.000|         -|        7|     -|        no|        7|        7|           7|          7|    7|
    +----------------+------+------+---------+---------+----------+---------+------+----------+---------+
"""  # noqa: E501, W291, W293 -- so wide are the tools' tables


@pytest.mark.parametrize("tool", ["Vitis HLS", "Vivado HLS"])
def test_the_report_of_a_module_is_read_under_both_titles(tool: str, reading: Reading) -> None:
    report = reading("trigger_top_csynth.rpt", module_report(title=f"{tool} Report for"))
    assert report.kind is ReportKind.HLS_SYNTHESIS
    assert (report.tool, report.version, report.top) == (tool, "2023.1", "trigger_top")
    assert report.part == "xcvu13p-flga2577-2-e"
    assert (report.target_clock_ns, report.estimated_clock_ns, report.clock_uncertainty_ns) == (5.0, 3.21, 1.35)
    assert (report.latency_cycles_min, report.latency_cycles_max) == (12, 12)
    assert (report.interval_cycles_min, report.interval_cycles_max) == (1, 1)
    assert report.pipeline is PipelineType.YES
    assert report.used == ToolResources(lut=1200, ff=800, dsp=5, bram_18k=3, uram=0)
    assert report.available == ToolResources(lut=1728000, ff=3456000, dsp=12288, bram_18k=5376, uram=1280)
    assert report.notes == ()


def test_the_tables_of_2018_are_read(reading: Reading) -> None:
    text = module_report(
        title="Vivado HLS Report for",
        clock="|ap_clk  |   5.00|     3.210|        1.35|",
        latency="|    4|    6|    1|    2| function |",
        header="|       Name      | BRAM_18K| DSP48E |   FF   |  LUT  |",
        total="|Total            |        3|    5|     800|   1200|",
        available="|Available        |     5376|12288| 3456000|1728000|",
    )
    report = reading("csynth.rpt", text.replace("+ Timing:", "+ Timing (ns):"))
    assert (report.target_clock_ns, report.estimated_clock_ns) == (5.0, 3.21)
    assert (report.latency_cycles_min, report.latency_cycles_max) == (4, 6)
    assert (report.interval_cycles_min, report.interval_cycles_max) == (1, 2)
    assert report.pipeline is PipelineType.FUNCTION
    assert report.used == ToolResources(lut=1200, ff=800, dsp=5, bram_18k=3, uram=None)


def test_question_marks_are_an_undefined_latency(reading: Reading) -> None:
    report = reading("csynth.rpt", module_report(latency="|  ?|  ?|  ?|  ?|  ?|  ?|  no|"))
    assert report.latency_cycles_max is None
    assert report.interval_cycles_max is None
    assert report.notes[0].startswith("latency is undefined")


def test_a_report_without_its_latency_is_refused_though_a_module_has_one(reading: Reading) -> None:
    with pytest.raises(ToolError, match=r"no figures after '\+ Latency'; is this the report of a finished"):
        reading("csynth.rpt", module_report(latency=""))


def test_a_report_without_its_resources_is_refused(reading: Reading) -> None:
    text = module_report()
    with pytest.raises(ToolError, match="no line 'Total' under 'Utilization Estimates'"):
        reading("csynth.rpt", text[: text.index("|Total")])
    with pytest.raises(ToolError, match="no column LUT under 'Utilization Estimates'"):
        reading("csynth.rpt", text.replace("LUT", "ALM"))


def test_the_summary_is_read_from_the_line_of_the_top_level(reading: Reading) -> None:
    report = reading("csynth.rpt", summary())
    assert (report.tool, report.version, report.top) == (None, "2023.1", "trigger_top")
    assert (report.latency_cycles_min, report.latency_cycles_max) == (12, 12)
    assert report.interval_cycles_max == 1
    assert report.pipeline is PipelineType.DATAFLOW
    assert report.used == ToolResources(lut=1200, ff=800, dsp=5, bram_18k=3, uram=None)
    assert report.available == ToolResources()
    assert report.clock_exceeded is None
    assert report.notes == (
        "no clock in this summary; <top>_csynth.rpt or .xml beside it has it",
        "the summary gives no number of uram, which can be 0",
    )


def test_the_summary_tells_ranges_undefined_figures_and_a_timing_violation(reading: Reading) -> None:
    row = "|+ trigger_top |Timing| -0.70| 3 ~ 40 | - | - | - | - | no | - | - | 8 | 9 | - |"
    report = reading("csynth.rpt", summary(row))
    assert (report.latency_cycles_min, report.latency_cycles_max) == (3, 40)
    assert report.interval_cycles_max is None
    assert "the tool marks a timing violation, slack -0.70 ns" in report.notes
    assert "latency is not fixed: 3 to 40 cycles" in report.notes


def test_a_summary_without_the_top_level_is_refused(reading: Reading) -> None:
    with pytest.raises(ToolError, match="no line of 'trigger_top' under 'Performance & Resource Estimates'"):
        reading("csynth.rpt", summary(""))
    with pytest.raises(ToolError, match=r"no column 'Latency \(cycles\)'"):
        reading("csynth.rpt", summary().replace("(cycles)", " (turns)"))
