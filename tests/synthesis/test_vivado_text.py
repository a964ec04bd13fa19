"""Vivado's utilisation and timing: 7-series and UltraScale words, half tiles, slack."""

from collections.abc import Callable

import pytest

from l1ad.core.errors import ToolError
from l1ad.synthesis.report import ReportKind, SynthesisReport, ToolResources

Reading = Callable[[str, str], SynthesisReport]

HEAD = """Copyright 1986-2024 Somebody
----------------------------------------------------
| Tool Version : Vivado v.2023.2 (lin64) Build 1
| Command      : {command}
| Design       : trigger_top
| Device       : xc7vx690tffg1927-2
| Design State : Routed
----------------------------------------------------
"""

SEVEN_SERIES = """
+----------------------------+------+-------+-----------+-------+
|          Site Type         | Used | Fixed | Available | Util% |
+----------------------------+------+-------+-----------+-------+
| Slice LUTs*                | 1200 |     0 |    433200 |  0.28 |
|   LUT as Logic             | 1152 |     0 |    433200 |  0.27 |
|   LUT as Memory            |   48 |     0 |    174200 |  0.03 |
| Slice Registers            |  800 |     0 |    866400 | <0.10 |
+----------------------------+------+-------+-----------+-------+
+----------------+------+-------+-----------+-------+
|    Site Type   | Used | Fixed | Available | Util% |
+----------------+------+-------+-----------+-------+
| Block RAM Tile | {tiles} |     0 |      1470 |  0.10 |
|   RAMB18       |    1 |     0 |      2940 |  0.03 |
| DSPs           |    5 |     0 |      3600 |  0.14 |
+----------------+------+-------+-----------+-------+
"""

ULTRASCALE = """
+----------------+------+-------+------------+-----------+-------+
|    Site Type   | Used | Fixed | Prohibited | Available | Util% |
+----------------+------+-------+------------+-----------+-------+
| CLB LUTs       | 1200 |     0 |         99 |   1728000 |  0.07 |
|   LUT as Logic | 1152 |     0 |         99 |   1728000 |  0.07 |
| CLB Registers  |  800 |     0 |         99 |   3456000 |  0.02 |
| Block RAM Tile |    2 |     0 |         99 |      2688 |  0.07 |
| URAM           |    0 |     0 |         99 |      1280 |  0.00 |
| DSPs           |    5 |     0 |         99 |     12288 |  0.04 |
+----------------+------+-------+------------+-----------+-------+
+----------------+------+------+--------+
|    Site Type   | SLR0 | SLR1 | SLR0 % |
+----------------+------+------+--------+
| CLB LUTs       |    0 |    7 |      0 |
+----------------+------+------+--------+
"""


def utilisation(body: str) -> str:
    return HEAD.format(command="report_utilization -file utilization.rpt") + body


def timing(figures: str, *, clocks: str = "clk  {0.000 2.500}  5.000  200.000", unclocked: int = 0) -> str:
    return (
        HEAD.format(command="report_timing_summary")
        + f"""
 There are {unclocked} register/latch pins with no clock.

------------------------------------------------
| Design Timing Summary
| ---------------------
------------------------------------------------

    WNS(ns)      TNS(ns)  TNS Failing Endpoints  TNS Total Endpoints      WHS(ns)      THS(ns)
    -------      -------  ---------------------  -------------------      -------      -------
{figures}

------------------------------------------------
| Clock Summary
| -------------
------------------------------------------------

Clock  Waveform(ns)  Period(ns)  Frequency(MHz)
-----  ------------  ----------  --------------
{clocks}

Clock  WNS(ns)      TNS(ns)
-----  -------      -------
clk    9.999        9.999
"""
    )


def test_the_words_of_7_series_parts_are_read(reading: Reading) -> None:
    report = reading("utilization.rpt", utilisation(SEVEN_SERIES.format(tiles="   2")))
    assert report.kind is ReportKind.UTILISATION
    assert (report.tool, report.version, report.status) == ("Vivado", "2023.2", "Routed")
    assert (report.top, report.part) == ("trigger_top", "xc7vx690tffg1927-2")
    assert report.used == ToolResources(lut=1200, ff=800, dsp=5, bram_18k=4, uram=None)
    assert report.available == ToolResources(lut=433200, ff=866400, dsp=3600, bram_18k=2940, uram=None)


def test_half_a_tile_of_block_ram_is_one_of_18_kbit(reading: Reading) -> None:
    assert reading("utilization.rpt", utilisation(SEVEN_SERIES.format(tiles="10.5"))).used.bram_18k == 21
    assert reading("utilization.rpt", utilisation(SEVEN_SERIES.format(tiles=" 0.5"))).used.bram_18k == 1


def test_a_third_of_a_tile_is_refused(reading: Reading) -> None:
    with pytest.raises(
        ToolError, match=r"Block RAM Tile is '10\.3', which is no number of half tiles such as 10\.5"
    ):
        reading("utilization.rpt", utilisation(SEVEN_SERIES.format(tiles="10.3")))


def test_the_words_of_ultrascale_parts_and_their_further_column_are_read(reading: Reading) -> None:
    report = reading("utilization.rpt", utilisation(ULTRASCALE))
    assert report.used == ToolResources(lut=1200, ff=800, dsp=5, bram_18k=4, uram=0)
    assert report.available == ToolResources(lut=1728000, ff=3456000, dsp=12288, bram_18k=5376, uram=1280)


def test_utilisation_without_luts_is_refused(reading: Reading) -> None:
    with pytest.raises(
        ToolError, match="no line 'Slice LUTs' or 'CLB LUTs'; is this a whole report_utilization"
    ):
        reading("utilization.rpt", utilisation(ULTRASCALE.replace("CLB LUTs", "ALMs    ")))


def test_utilisation_that_is_cut_off_after_the_luts_says_what_is_missing(reading: Reading) -> None:
    text = utilisation(ULTRASCALE)
    report = reading("utilization.rpt", text[: text.index("| Block RAM Tile")])
    assert report.used == ToolResources(lut=1200, ff=800)
    assert report.notes == ("no number of dsp, bram_18k: is the report whole?",)


def test_slack_and_the_one_clock_are_read(reading: Reading) -> None:
    report = reading("timing_summary.rpt", timing("      0.521        0.000    0    1696    0.057    0.000"))
    assert report.kind is ReportKind.TIMING
    assert (report.worst_slack_ns, report.total_slack_ns) == (0.521, 0.0)
    assert report.target_clock_ns == 5.0
    assert report.timing_met is True
    assert report.notes == ()


def test_timing_that_is_not_met_is_told(reading: Reading) -> None:
    report = reading(
        "timing_summary.rpt", timing("     -0.452     -577.747    5806    739824    -0.010    -0.100")
    )
    assert (report.worst_slack_ns, report.total_slack_ns) == (-0.452, -577.747)
    assert report.notes == (
        "hold timing is not met: worst hold slack -0.01 ns",
        "timing is not met: worst negative slack -0.452 ns",
    )


@pytest.mark.parametrize("figures", ["  NA  NA  NA  NA  NA  NA", "  inf  0.000  0  0  inf  0.000"])
def test_a_design_without_timed_paths_has_no_slack(figures: str, reading: Reading) -> None:
    report = reading("timing_summary.rpt", timing(figures, unclocked=12))
    assert report.worst_slack_ns is None
    assert report.timing_met is None
    assert report.notes == (
        "no path is timed: is there a create_clock in the constraints?",
        "12 register pins have no clock, so that their paths are not timed",
    )


def test_of_several_clocks_none_is_the_target(reading: Reading) -> None:
    clocks = "clk  {0.000 2.500}  5.000  200.000\nipb  {0.000 16.000}  32.000  31.250"
    assert reading("timing.rpt", timing("  0.5  0.0  0  9  0.1  0.0", clocks=clocks)).target_clock_ns is None


def test_a_timing_report_that_is_cut_off_is_refused(reading: Reading) -> None:
    text = timing("")
    with pytest.raises(ToolError, match="no figures under 'Design Timing Summary'; is the report whole"):
        reading("timing.rpt", text[: text.index("    -------")])
