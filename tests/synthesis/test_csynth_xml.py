"""The XML of C synthesis: tags that changed, figures that are not there, files that are none."""

from collections.abc import Callable

import pytest

from l1ad.core.errors import ToolError
from l1ad.synthesis.report import PipelineType, ReportKind, SynthesisReport, ToolResources

XmlBuilder = Callable[..., str]
Reading = Callable[[str, str], SynthesisReport]

MODULE = """<ModuleInformation><Module><Name>inner</Name><AreaEstimates><Resources>
<BRAM_18K>7</BRAM_18K><DSP>7</DSP><FF>7</FF><LUT>7</LUT><URAM>7</URAM>
</Resources></AreaEstimates></Module></ModuleInformation>"""


def test_the_figures_of_a_report_are_read(csynth_xml: XmlBuilder, reading: Reading) -> None:
    report = reading("trigger_top_csynth.xml", csynth_xml())
    assert report.kind is ReportKind.HLS_SYNTHESIS
    assert (report.source, report.tool, report.version) == ("trigger_top_csynth.xml", None, "2023.1")
    assert (report.part, report.top) == ("xcvu13p-flga2577-2-e", "trigger_top")
    assert (report.target_clock_ns, report.clock_uncertainty_ns, report.estimated_clock_ns) == (5.0, 1.35, 3.21)
    assert (report.latency_cycles_min, report.latency_cycles_max) == (12, 12)
    assert (report.interval_cycles_min, report.interval_cycles_max) == (1, 1)
    assert report.used == ToolResources(lut=1200, ff=800, dsp=5, bram_18k=3, uram=0)
    assert report.available == ToolResources(lut=1728000, ff=3456000, dsp=12288, bram_18k=5376, uram=1280)
    assert report.notes == ()


def test_dsp48e_of_old_versions_is_dsp(csynth_xml: XmlBuilder, reading: Reading) -> None:
    report = reading("csynth.xml", csynth_xml(version="2019.2", dsp="<DSP48E>5</DSP48E>"))
    assert report.used.dsp == 5


def test_uram_that_old_versions_do_not_tell_is_none(csynth_xml: XmlBuilder, reading: Reading) -> None:
    report = reading("csynth.xml", csynth_xml(version="2018.2", uram=""))
    assert report.used.uram is None
    assert report.available.uram is None


def test_an_undefined_latency_is_none_and_told(csynth_xml: XmlBuilder, reading: Reading) -> None:
    report = reading("csynth.xml", csynth_xml(latency=("undef", "undef"), interval=("undef", "undef")))
    assert (report.latency_cycles_min, report.latency_cycles_max) == (None, None)
    assert report.notes == (
        "latency is undefined: the tool could not bound it; is every loop of a fixed length?",
        "initiation interval is undefined",
    )


def test_a_latency_that_is_not_fixed_is_told(csynth_xml: XmlBuilder, reading: Reading) -> None:
    report = reading("csynth.xml", csynth_xml(latency=("3", "40"), interval=("1", "8")))
    assert (report.latency_cycles_min, report.latency_cycles_max) == (3, 40)
    assert report.notes == (
        "latency is not fixed: 3 to 40 cycles",
        "initiation interval is not fixed: 1 to 8 cycles",
    )


def test_the_top_levels_resources_are_taken_not_a_modules(csynth_xml: XmlBuilder, reading: Reading) -> None:
    assert reading("csynth.xml", csynth_xml(after=MODULE)).used.lut == 1200


def test_a_modules_resources_do_not_stand_in_for_the_top_levels(
    csynth_xml: XmlBuilder, reading: Reading
) -> None:
    with pytest.raises(ToolError, match="no <LUT> element"):
        reading("csynth.xml", csynth_xml(lut="", after=MODULE))


def test_no_wish_for_an_interval_is_not_an_interval(csynth_xml: XmlBuilder, reading: Reading) -> None:
    wish = "<TargetInitiationInterval>4294967295</TargetInitiationInterval>"
    report = reading("csynth.xml", csynth_xml(wanted_interval=wish, interval=("undef", "undef")))
    assert report.interval_cycles_max is None


@pytest.mark.parametrize("word", ["no", "yes", "function", "dataflow"])
def test_every_pipeline_type_is_read(word: str, csynth_xml: XmlBuilder, reading: Reading) -> None:
    assert reading("csynth.xml", csynth_xml(pipeline=word)).pipeline is PipelineType(word)


def test_a_clock_above_the_target_is_told(csynth_xml: XmlBuilder, reading: Reading) -> None:
    report = reading("csynth.xml", csynth_xml(target="25.00", uncertainty="6.75", estimated="33.400"))
    assert report.clock_exceeded is True
    assert "estimated clock 33.4 ns exceeds the target of 25 ns" in report.notes


def test_an_estimated_clock_of_zero_is_none(csynth_xml: XmlBuilder, reading: Reading) -> None:
    report = reading("csynth.xml", csynth_xml(estimated="0.000"))
    assert report.estimated_clock_ns is None
    assert report.notes == ("no estimated clock: the tool found nothing to time",)


def test_a_missing_element_is_named(csynth_xml: XmlBuilder, reading: Reading) -> None:
    with pytest.raises(
        ToolError, match=r"csynth\.xml: no <LUT> element; is this a csynth\.xml of a finished synthesis\?"
    ):
        reading("csynth.xml", csynth_xml(lut=""))


def test_a_missing_dsp_is_named_in_both_spellings(csynth_xml: XmlBuilder, reading: Reading) -> None:
    with pytest.raises(ToolError, match="no <DSP> or <DSP48E> element"):
        reading("csynth.xml", csynth_xml(dsp=""))


def test_a_figure_that_is_none_is_refused(csynth_xml: XmlBuilder, reading: Reading) -> None:
    with pytest.raises(ToolError, match="<LUT> is '12e3', not a whole number such as 1526"):
        reading("csynth.xml", csynth_xml(lut="<LUT>12e3</LUT>"))
    with pytest.raises(ToolError, match="<EstimatedClockPeriod> is '3 furlongs', not a time in ns"):
        reading("csynth.xml", csynth_xml(estimated="3 furlongs"))


def test_xml_that_is_cut_off_is_refused(csynth_xml: XmlBuilder, reading: Reading) -> None:
    with pytest.raises(ToolError, match=r"not whole XML .*; was the tool stopped while it wrote it\?"):
        reading("csynth.xml", csynth_xml()[:400])


def test_a_bomb_of_entities_is_not_opened(csynth_xml: XmlBuilder, reading: Reading) -> None:
    bomb = '<?xml version="1.0"?><!DOCTYPE p [<!ENTITY a "aa"><!ENTITY b "&a;&a;&a;">]>'
    with pytest.raises(
        ToolError, match=r"holds a DOCTYPE or an ENTITY, which no csynth\.xml has; it is not read"
    ):
        reading("csynth.xml", csynth_xml(before=bomb, lut="<LUT>&b;</LUT>"))


def test_other_xml_is_refused(reading: Reading) -> None:
    with pytest.raises(
        ToolError, match=r"an XML file of <html>; wanted is a csynth\.xml, which is of <profile>"
    ):
        reading("csynth.xml", "<html></html>")
