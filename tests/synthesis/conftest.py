"""Reports of our own invention in the shape of the vendor's, and stand-ins for the vendor's tools."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from l1ad.synthesis.reading import read_report
from l1ad.synthesis.report import SynthesisReport

XmlBuilder = Callable[..., str]
Reading = Callable[[str, str], SynthesisReport]
StandIn = Callable[[str, str], Path]


@pytest.fixture(scope="session")
def csynth_xml() -> XmlBuilder:
    """Write a csynth.xml with the figures that a test cares about."""

    def written(
        *,
        version: str = "2023.1",
        top: str = "trigger_top",
        target: str = "5.00",
        uncertainty: str = "1.35",
        estimated: str = "3.210",
        latency: tuple[str, str] = ("12", "12"),
        interval: tuple[str, str] = ("1", "1"),
        pipeline: str = "yes",
        dsp: str = "<DSP>5</DSP>",
        uram: str = "<URAM>0</URAM>",
        lut: str = "<LUT>1200</LUT>",
        wanted_interval: str = "",
        before: str = "",
        after: str = "",
    ) -> str:
        return f"""{before}<profile>
<ReportVersion><Version>{version}</Version></ReportVersion>
<UserAssignments><unit>ns</unit><Part>xcvu13p-flga2577-2-e</Part><TopModelName>{top}</TopModelName>
<TargetClockPeriod>{target}</TargetClockPeriod><ClockUncertainty>{uncertainty}</ClockUncertainty>
{wanted_interval}</UserAssignments>
<PerformanceEstimates><PipelineType>{pipeline}</PipelineType>
<SummaryOfTimingAnalysis><unit>ns</unit><EstimatedClockPeriod>{estimated}</EstimatedClockPeriod>
</SummaryOfTimingAnalysis><SummaryOfOverallLatency>
<Best-caseLatency>{latency[0]}</Best-caseLatency><Worst-caseLatency>{latency[1]}</Worst-caseLatency>
<Interval-min>{interval[0]}</Interval-min><Interval-max>{interval[1]}</Interval-max>
</SummaryOfOverallLatency></PerformanceEstimates>
<AreaEstimates><Resources><BRAM_18K>3</BRAM_18K>{dsp}<FF>800</FF>{lut}{uram}</Resources>
<AvailableResources><BRAM_18K>5376</BRAM_18K>{dsp.replace("5", "12288")}<FF>3456000</FF>
<LUT>1728000</LUT>{uram.replace("0", "1280")}</AvailableResources></AreaEstimates>
{after}</profile>
"""

    return written


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    """Read a text as a file of a name."""

    def read(name: str, text: str) -> SynthesisReport:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return read_report(tmp_path / name)

    return read


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    """Put an executable of a name on PATH: it says a version when asked, else it does what its body says."""
    programs = tmp_path / "bin"
    programs.mkdir()
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.defpath}")

    def made(name: str, body: str) -> Path:
        program = programs / name
        program.write_text(
            "#!/usr/bin/env bash\n"
            'case "$1" in -version|--version)\n'
            f"  echo '****** {name} v2023.1 (64-bit)'; echo 'Tool Version Limit: 2023.05'; exit 0;;\n"
            f"esac\n{body}\n"
        )
        program.chmod(0o755)
        return program

    return made


@pytest.fixture
def hls_project(tmp_path: Path) -> Path:
    """Make a project's folder with a script in it."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "vitis_hls.tcl").write_text("exit\n")
    return folder
