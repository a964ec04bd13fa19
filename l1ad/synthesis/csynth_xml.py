"""The XML report of C synthesis: `csynth.xml` and `<top>_csynth.xml` of Vivado HLS and Vitis HLS."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

from l1ad.core.errors import ToolError
from l1ad.synthesis.report import PipelineType, ReportKind, SynthesisReport, ToolResources
from l1ad.synthesis.text import count, nanoseconds

__all__ = ["read_csynth_xml"]


def read_csynth_xml(path: Path, text: str) -> SynthesisReport:
    """Read the XML report of C synthesis.

    The figures are the top level's: Vitis HLS repeats them for every module further down.
    `TargetInitiationInterval` is not read: without a wish it is 4294967295.

    Args:
        path: The file, for messages and its name.
        text: What it holds.

    Raises:
        ToolError: If it is not whole XML, holds entities, or lacks an element.
    """
    root = _root(path, text)
    estimated = _time(path, root, "PerformanceEstimates/SummaryOfTimingAnalysis/EstimatedClockPeriod")
    latency = "PerformanceEstimates/SummaryOfOverallLatency"
    pipeline = root.findtext("PerformanceEstimates/PipelineType")
    return SynthesisReport(
        source=path.name,
        kind=ReportKind.HLS_SYNTHESIS,
        version=_optional(root, "ReportVersion/Version"),
        part=_needed(path, root, "UserAssignments/Part"),
        top=_needed(path, root, "UserAssignments/TopModelName"),
        target_clock_ns=_time(path, root, "UserAssignments/TargetClockPeriod"),
        clock_uncertainty_ns=_margin(path, root),
        estimated_clock_ns=estimated or None,  # 0.000 is written when there was nothing to time
        latency_cycles_min=_count(path, root, f"{latency}/Best-caseLatency"),
        latency_cycles_max=_count(path, root, f"{latency}/Worst-caseLatency"),
        interval_cycles_min=_count(path, root, f"{latency}/Interval-min"),
        interval_cycles_max=_count(path, root, f"{latency}/Interval-max"),
        pipeline=None if pipeline is None else PipelineType.from_text(pipeline),
        used=_resources(path, root, "AreaEstimates/Resources"),
        available=_available(path, root),
    )


def _root(path: Path, text: str) -> ET.Element:
    if re.search(r"<!\s*(?:DOCTYPE|ENTITY)", text, re.IGNORECASE):
        raise ToolError(f"{path}: holds a DOCTYPE or an ENTITY, which no csynth.xml has; it is not read")
    try:
        root = ET.fromstring(text)  # noqa: S314 -- without a document type there are no entities to expand
    except ET.ParseError as fault:
        raise ToolError(f"{path}: not whole XML ({fault}); was the tool stopped while it wrote it?") from None
    if root.tag != "profile":
        raise ToolError(f"{path}: an XML file of <{root.tag}>; wanted is a csynth.xml, which is of <profile>")
    return root


def _optional(root: ET.Element, where: str) -> str | None:
    return (root.findtext(where) or "").strip() or None


def _needed(path: Path, root: ET.Element, *places: str) -> str:
    """Find the text of the first element that exists of several spellings."""
    for where in places:
        found = _optional(root, where)
        if found is not None:
            return found
    names = " or ".join(f"<{where.rpartition('/')[2]}>" for where in places)
    raise ToolError(f"{path}: no {names} element; is this a csynth.xml of a finished synthesis?")


def _count(path: Path, root: ET.Element, *places: str) -> int | None:
    return count(path, f"<{places[0].rpartition('/')[2]}>", _needed(path, root, *places))


def _time(path: Path, root: ET.Element, where: str) -> float | None:
    return nanoseconds(path, f"<{where.rpartition('/')[2]}>", _needed(path, root, where))


def _margin(path: Path, root: ET.Element) -> float | None:
    return nanoseconds(path, "<ClockUncertainty>", _optional(root, "UserAssignments/ClockUncertainty") or "")


def _resources(path: Path, root: ET.Element, where: str) -> ToolResources:
    """Read one set of resources: DSP48E to 2020.1, DSP since; no URAM in old ones."""
    return ToolResources(
        lut=_count(path, root, f"{where}/LUT"),
        ff=_count(path, root, f"{where}/FF"),
        dsp=_count(path, root, f"{where}/DSP", f"{where}/DSP48E"),
        bram_18k=_count(path, root, f"{where}/BRAM_18K"),
        uram=count(path, "<URAM>", _optional(root, f"{where}/URAM") or ""),
    )


def _available(path: Path, root: ET.Element) -> ToolResources:
    where = "AreaEstimates/AvailableResources"
    return ToolResources() if root.find(where) is None else _resources(path, root, where)
