"""Figures against their limits: every line says its source, and nothing unknown passes for good."""

import pytest

from l1ad.core.resources import ModuleResources, ResourceEstimate, Resources
from l1ad.synthesis.budget import Budget, Verdict, compared, estimate_lines, report_lines
from l1ad.synthesis.report import ReportKind, SynthesisReport, ToolResources

BUDGET = Budget(
    latency_cycles=2,
    initiation_interval_cycles=1,
    resources={"lut": 100, "ff": None, "dsp": 0, "bram_18k": 0},
    totals={"lut": 1000, "ff": 2000, "dsp": None, "bram_18k": 0},
)


@pytest.mark.parametrize(
    ("value", "limit", "verdict"),
    [(2, 2, Verdict.WITHIN), (3, 2, Verdict.OVER), (None, 2, Verdict.UNKNOWN), (3, None, Verdict.NO_LIMIT)],
)
def test_a_figure_is_within_up_to_its_limit(value: int | None, limit: int | None, verdict: Verdict) -> None:
    assert compared("x", value, limit, unit="", source="s").verdict is verdict


def test_an_estimate_names_its_tool_and_what_it_is() -> None:
    modules = (
        ModuleResources(module="a", resources=Resources(lut=60, ff=5, carry=1)),
        ModuleResources(module="b", resources=Resources(lut=50)),
    )
    estimate = ResourceEstimate(tool="Yosys", version="0.70", family="xc7", modules=modules)
    lines = {line.what: line for line in estimate_lines(estimate, BUDGET)}
    lut = lines["LUT of the Verilog"]
    assert (lut.value, lut.limit, lut.verdict) == (110, 100, Verdict.OVER)
    assert lut.source == "open estimate before placement, Yosys 0.70"
    assert lut.note == "11.0% of the part"
    assert lines["FF of the Verilog"].verdict is Verdict.NO_LIMIT
    assert lines["DSP of the Verilog"].verdict is Verdict.WITHIN


def test_without_an_estimate_each_line_is_unknown_and_says_how_to_get_one() -> None:
    lines = list(estimate_lines(None, BUDGET))
    assert {line.verdict for line in lines} == {Verdict.UNKNOWN, Verdict.NO_LIMIT}
    assert all("run `l1ad synth open`" in line.source for line in lines)


def test_an_estimated_clock_above_its_target_is_over() -> None:
    """33.4 ns against 25 ns, as the deployed AXOL1TL v5 reports it."""
    report = SynthesisReport(
        source="csynth.xml", kind=ReportKind.HLS_SYNTHESIS, target_clock_ns=25.0, estimated_clock_ns=33.4,
        latency_cycles_min=2, latency_cycles_max=2, interval_cycles_min=1, interval_cycles_max=1,
        used=ToolResources(lut=37_580, ff=715, dsp=0, bram_18k=0),
    )  # fmt: skip
    lines = {line.what: line for line in report_lines("hls/csynth.xml", report, BUDGET)}
    assert lines["estimated clock"].verdict is Verdict.OVER
    assert "estimated clock 33.4 ns exceeds the target of 25 ns" in lines["latency"].note
    assert lines["latency"].verdict is Verdict.WITHIN
    assert lines["LUT"].verdict is Verdict.OVER
    assert lines["LUT"].source == "vendor report hls/csynth.xml"


def test_an_undefined_latency_is_unknown_and_not_within() -> None:
    report = SynthesisReport(source="csynth.xml", kind=ReportKind.HLS_SYNTHESIS)
    lines = {line.what: line for line in report_lines("csynth.xml", report, BUDGET)}
    assert lines["latency"].verdict is Verdict.UNKNOWN
    assert "LUT" not in lines


CASES = [("Pass", Verdict.WITHIN), ("Fail", Verdict.OVER), ("NA", Verdict.UNKNOWN)]


@pytest.mark.parametrize(("status", "verdict"), CASES)
def test_a_failed_co_simulation_is_over(status: str, verdict: Verdict) -> None:
    report = SynthesisReport(source="cosim.rpt", kind=ReportKind.COSIMULATION, status=status)
    assert next(iter(report_lines("cosim.rpt", report, BUDGET))).verdict is verdict


def test_negative_slack_is_over() -> None:
    report = SynthesisReport(source="timing.rpt", kind=ReportKind.TIMING, worst_slack_ns=-0.5)
    (line,) = report_lines("timing.rpt", report, BUDGET)
    assert (line.what, line.value, line.verdict) == ("time over the period", 0.5, Verdict.OVER)
