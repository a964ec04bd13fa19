"""Files that are no report: what they are is said, and what is wanted."""

from collections.abc import Callable
from pathlib import Path

import pytest

from l1ad.core.errors import ToolError
from l1ad.synthesis.reading import is_report, read_report
from l1ad.synthesis.report import ReportKind, SynthesisReport

XmlBuilder = Callable[..., str]
Reading = Callable[[str, str], SynthesisReport]

WANTED = r"; wanted is a csynth\.xml, a csynth\.rpt, cosim\.rpt or export\.rpt of Vitis HLS or Vivado HLS"


def test_the_format_is_known_by_what_a_file_holds_not_by_its_name(
    csynth_xml: XmlBuilder, reading: Reading
) -> None:
    assert reading("figures.txt", csynth_xml()).kind is ReportKind.HLS_SYNTHESIS


def test_a_byte_order_mark_does_no_harm(csynth_xml: XmlBuilder, reading: Reading) -> None:
    assert reading("csynth.xml", "\ufeff" + csynth_xml()).kind is ReportKind.HLS_SYNTHESIS


def test_another_text_is_refused_with_its_first_words(reading: Reading) -> None:
    with pytest.raises(
        ToolError, match=r"notes\.txt: begins with 'dear diary', as no report does" + ".*" + WANTED
    ):
        reading("notes.txt", "\n  dear diary\n")


def test_a_log_that_quotes_a_report_is_none(reading: Reading) -> None:
    with pytest.raises(ToolError, match="begins with 'a line'"):
        reading("vitis_hls.log", "a line\n" * 100 + "== Vitis HLS Report for 'trigger_top'\n")


def test_another_report_of_vivado_is_refused(reading: Reading) -> None:
    with pytest.raises(ToolError, match="as no report does that is known"):
        reading("power.rpt", "| Tool Version : Vivado v.2023.2\n| Command : report_power\n")


def test_an_empty_file_is_refused(reading: Reading) -> None:
    with pytest.raises(ToolError, match=r"csynth\.rpt: empty; was the tool stopped before it wrote it\?"):
        reading("csynth.rpt", " \n\n")


def test_a_binary_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "post_route.dcp").write_bytes(b"PK\x03\x04\x00\x00")
    with pytest.raises(ToolError, match=r"post_route\.dcp: a binary file" + WANTED):
        read_report(tmp_path / "post_route.dcp")


def test_a_folder_and_a_missing_file_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="a folder" + WANTED):
        read_report(tmp_path)
    with pytest.raises(ToolError, match=r"csynth\.xml: no such file" + WANTED):
        read_report(tmp_path / "csynth.xml")


def test_only_the_xml_of_a_synthesis_counts_as_a_report(csynth_xml: XmlBuilder, tmp_path: Path) -> None:
    (tmp_path / "csynth.xml").write_text(csynth_xml())
    (tmp_path / "export_impl.xml").write_text("<profile><TimingReport/></profile>")
    assert is_report(tmp_path / "csynth.xml")
    assert not is_report(tmp_path / "export_impl.xml")
    assert not is_report(tmp_path / "missing.xml")
