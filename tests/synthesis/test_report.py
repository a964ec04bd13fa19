"""Values of a report: what is absent, and what a person must be told."""

import json

import pytest

from l1ad.synthesis.report import PipelineType, ReportKind, SynthesisReport, ToolResources

FINE = SynthesisReport(
    source="csynth.xml",
    kind=ReportKind.HLS_SYNTHESIS,
    target_clock_ns=25.0,
    clock_uncertainty_ns=6.75,
    estimated_clock_ns=17.3,
    latency_cycles_min=2,
    latency_cycles_max=2,
    interval_cycles_min=1,
    interval_cycles_max=1,
    used=ToolResources(lut=10, ff=0, dsp=0, bram_18k=0),
    available=ToolResources(lut=100, ff=100, dsp=10, bram_18k=10),
)


def changed(**changes: object) -> SynthesisReport:
    values = {name: getattr(FINE, name) for name in SynthesisReport.__slots__}
    return SynthesisReport(**{**values, **changes})


def test_a_report_without_oddities_has_no_notes() -> None:
    assert FINE.notes == ()
    assert FINE.clock_exceeded is False
    assert FINE.timing_met is None


def test_an_estimated_clock_above_the_target_is_told() -> None:
    report = changed(estimated_clock_ns=33.4)
    assert report.clock_exceeded is True
    assert report.notes == ("estimated clock 33.4 ns exceeds the target of 25 ns",)


def test_a_clock_that_meets_the_target_without_its_margin_only_is_told() -> None:
    assert changed(estimated_clock_ns=20.0).notes == (
        "estimated clock 20 ns meets 25 ns, but not with its margin of 6.75 ns",
    )


def test_without_both_clocks_nobody_knows_whether_it_is_exceeded() -> None:
    assert changed(estimated_clock_ns=None).clock_exceeded is None
    assert changed(target_clock_ns=None).clock_exceeded is None


def test_resources_that_are_all_zero_are_suspicious() -> None:
    report = changed(used=ToolResources(lut=0, ff=0, dsp=0, bram_18k=0))
    assert report.notes == ("all resources are zero, which is suspicious: was the logic optimised away?",)


def test_resources_that_are_not_given_are_not_zero() -> None:
    assert not ToolResources().all_zero
    assert changed(used=ToolResources()).notes == ()


def test_resources_beyond_the_part_are_told() -> None:
    report = changed(used=ToolResources(lut=101, dsp=11))
    assert report.overused == {"lut": (101, 100), "dsp": (11, 10)}
    assert report.notes == ("does not fit the part: 101 LUT of 100, 11 DSP of 10",)


def test_one_dsp_where_the_part_has_none_does_not_fit() -> None:
    assert changed(used=ToolResources(uram=1), available=ToolResources(uram=0)).overused == {"uram": (1, 0)}


@pytest.mark.parametrize(
    ("status", "note"),
    [
        ("Fail", "co-simulation did not pass (Fail): the RTL differs from the C, or it broke off"),
        ("NA", "co-simulation gave no result (NA): it did not run to its end"),
    ],
)
def test_a_co_simulation_that_did_not_pass_is_told(status: str, note: str) -> None:
    assert SynthesisReport(source="cosim.rpt", kind=ReportKind.COSIMULATION, status=status).notes == (note,)


def test_negative_slack_is_told() -> None:
    report = SynthesisReport(source="timing.rpt", kind=ReportKind.TIMING, worst_slack_ns=-0.452)
    assert report.timing_met is False
    assert report.notes == ("timing is not met: worst negative slack -0.452 ns",)


def test_slack_of_zero_is_met() -> None:
    assert SynthesisReport(source="timing.rpt", kind=ReportKind.TIMING, worst_slack_ns=0.0).timing_met is True


def test_a_negative_count_is_refused() -> None:
    with pytest.raises(ValueError, match="-1 lut cannot be used; a count is 0 or more"):
        ToolResources(lut=-1)


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("no", PipelineType.NO),
        ("none", PipelineType.NO),
        ("yes", PipelineType.YES),
        (" function ", PipelineType.FUNCTION),
        ("dataflow", PipelineType.DATAFLOW),
        ("loop auto-rewind stp (delay=0 clock cycles(s))", PipelineType.LOOP),
        ("sideways", PipelineType.OTHER),
    ],
)
def test_the_words_for_pipelines_of_all_versions_are_known(word: str, meant: PipelineType) -> None:
    assert PipelineType.from_text(word) is meant


def test_a_document_is_json_and_holds_the_notes() -> None:
    document = json.loads(json.dumps(changed(estimated_clock_ns=33.4, remarks=("by hand",)).document()))
    assert document["notes"] == ["by hand", "estimated clock 33.4 ns exceeds the target of 25 ns"]
    assert document["used"]["uram"] is None
    assert document["kind"] == "hls_synthesis"
    assert "remarks" not in document
