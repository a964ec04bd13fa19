"""The reports of an export with Vivado's synthesis or placement and routing."""

from collections.abc import Callable

import pytest

from l1ad.core.errors import ToolError
from l1ad.synthesis.report import ReportKind, SynthesisReport, ToolResources

Reading = Callable[[str, str], SynthesisReport]

OLD = """

Implementation tool: Xilinx Vivado v.2020.1
Project:             vitis_project
Device target:       xc7vx690tffg1927-2

#=== Post-Implementation Resource usage ===
SLICE:          300
LUT:           1200
FF:             800
DSP:              5
BRAM:             3
SRL:             48

#=== Final timing ===
CP required:                     25.000
CP achieved post-synthesis:      11.000
CP achieved post-implementation: {achieved}
Timing met
"""

NEW = """
================================================================
== Vivado Place & Route Results
================================================================
+ General Information:
    * Version:         2025.1 (Build 1 on May 1 2025)
    * Target device:   xcvu13p-flga2577-2-e

================================================================
== Place & Route Resource Summary
================================================================
LUT:              1200
FF:               800
DSP:              5
BRAM:             3
URAM:             0

================================================================
== Place & Route Timing Summary
================================================================
* Timing was met
+----------------+-------------+
| Timing         | Period (ns) |
+----------------+-------------+
| Target         | 5.000       |
| Post-Synthesis | 3.000       |
| Post-Route     | 4.500       |
+----------------+-------------+
"""


def test_the_report_to_2022_1_is_read(reading: Reading) -> None:
    report = reading("trigger_top_export.rpt", OLD.format(achieved="20.500"))
    assert report.kind is ReportKind.UTILISATION
    assert (report.tool, report.version, report.status) == ("Vivado", "2020.1", "Routed")
    assert report.part == "xc7vx690tffg1927-2"
    assert (report.target_clock_ns, report.estimated_clock_ns) == (25.0, 20.5)
    assert report.used == ToolResources(lut=1200, ff=800, dsp=5, bram_18k=3, uram=None)
    assert report.notes == ()


def test_the_report_since_is_read(reading: Reading) -> None:
    report = reading("export_impl.rpt", NEW)
    assert (report.version, report.status, report.part) == ("2025.1", "Routed", "xcvu13p-flga2577-2-e")
    assert (report.target_clock_ns, report.estimated_clock_ns) == (5.0, 4.5)
    assert report.used == ToolResources(lut=1200, ff=800, dsp=5, bram_18k=3, uram=0)


def test_synthesis_alone_is_not_taken_for_routing(reading: Reading) -> None:
    text = OLD.format(achieved="").replace("Post-Implementation", "Post-Synthesis")
    report = reading("trigger_top_export.rpt", text.replace("CP achieved post-implementation: \n", ""))
    assert (report.status, report.estimated_clock_ns) == ("Synthesized", 11.0)


def test_an_achieved_clock_above_the_target_is_told(reading: Reading) -> None:
    report = reading("trigger_top_export.rpt", OLD.format(achieved="25.900"))
    assert report.notes == ("achieved clock 25.9 ns exceeds the target of 25 ns",)


def test_a_design_without_registers_has_no_achieved_clock(reading: Reading) -> None:
    report = reading("trigger_top_export.rpt", OLD.format(achieved="NA"))
    assert report.estimated_clock_ns is None


def test_an_export_that_is_cut_off_is_refused(reading: Reading) -> None:
    text = OLD.format(achieved="20.500")
    with pytest.raises(ToolError, match="no line 'DSP:'; is this the export report of a finished run"):
        reading("trigger_top_export.rpt", text.replace("DSP:", "D5P:"))
    with pytest.raises(ToolError, match="no 'CP achieved post-implementation'"):
        reading("trigger_top_export.rpt", text[: text.index("CP achieved post-imp")])
