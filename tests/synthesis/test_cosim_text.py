"""The report of co-simulation: passed, failed, not run."""

from collections.abc import Callable

import pytest

from l1ad.core.errors import ToolError
from l1ad.synthesis.report import ReportKind, SynthesisReport

Reading = Callable[[str, str], SynthesisReport]

NOT_RUN = "|  NA|  NA|  NA|  NA|  NA|  NA|  NA|"
PASSED = "|  Pass|  12|  13|  14|  1|  1|  2|"


def cosim(vhdl: str = NOT_RUN, verilog: str = PASSED) -> str:
    return f"""Report time       : Mon Jan  6 12:00:00     2025.
Solution          : solution1.
Simulation tool   : xsim.

+----------+----------+-----------------+-----------------+
|          |          |     Latency     |     Interval    |
+   RTL    +  Status  +-----------------+-----------------+
|          |          | min | avg | max | min | avg | max |
+----------+----------+-----------------+-----------------+
|      VHDL{vhdl}
|   Verilog{verilog}
+----------+----------+-----------------+-----------------+
"""


def test_the_measured_latency_and_interval_are_read(reading: Reading) -> None:
    report = reading("trigger_top_cosim.rpt", cosim())
    assert report.kind is ReportKind.COSIMULATION
    assert (report.tool, report.status) == ("xsim", "Pass")
    assert (report.latency_cycles_min, report.latency_cycles_max) == (12, 14)
    assert (report.interval_cycles_min, report.interval_cycles_max) == (1, 2)


def test_the_column_of_the_execution_time_changes_nothing(reading: Reading) -> None:
    assert reading("cosim.rpt", cosim(verilog=f"{PASSED}  4000|")).interval_cycles_max == 2


def test_a_language_that_failed_is_not_hidden_by_one_that_passed(reading: Reading) -> None:
    report = reading("cosim.rpt", cosim(vhdl=PASSED, verilog="|  Fail|  NA|  NA|  NA|  NA|  NA|  NA|"))
    assert report.status == "Fail"
    assert report.latency_cycles_max is None
    assert report.notes == ("co-simulation did not pass (Fail): the RTL differs from the C, or it broke off",)


def test_a_co_simulation_that_did_not_run_has_no_figures(reading: Reading) -> None:
    report = reading("cosim.rpt", cosim(verilog=NOT_RUN))
    assert (report.status, report.latency_cycles_max) == ("NA", None)
    assert report.notes == ("co-simulation gave no result (NA): it did not run to its end",)


def test_a_report_that_is_cut_off_is_refused(reading: Reading) -> None:
    with pytest.raises(ToolError, match="no line of Verilog or VHDL"):
        reading("cosim.rpt", cosim()[: cosim().index("|      VHDL")])
