"""Reports of real tools, of other people's projects, where they are beside the checkout.

The figures were read in the files by eye: Vivado HLS 2018.2 and 2020.1, Vitis HLS 2022.2 to 2024.1, Vivado
2020.1 and 2024.1.
"""

from pathlib import Path
from typing import Any

import pytest

from l1ad.synthesis.finding import find_reports
from l1ad.synthesis.reading import read_report
from l1ad.synthesis.report import PipelineType, ReportKind, ToolResources

REPORTS = Path(__file__).parents[2].parent / "shared" / "reference" / "reports"

VU9P = ToolResources(lut=1182240, ff=2364480, dsp=6840, bram_18k=4320, uram=960)
U250 = ToolResources(lut=1728000, ff=3456000, dsp=12288, bram_18k=5376, uram=1280)
Z020 = {"lut": 53200, "ff": 106400, "dsp": 220, "bram_18k": 280}

TOY_VAE: dict[str, Any] = {
    "kind": ReportKind.HLS_SYNTHESIS, "version": "2023.1", "part": "xcvu9p-flga2104-2-e", "top": "myproject",
    "target_clock_ns": 25.0, "clock_uncertainty_ns": 6.75, "estimated_clock_ns": 17.337,
    "latency_cycles_min": 1, "latency_cycles_max": 1, "interval_cycles_min": 1, "interval_cycles_max": 1,
    "pipeline": PipelineType.YES, "used": ToolResources(lut=133287, ff=2851, dsp=4694, bram_18k=0, uram=0),
    "available": VU9P, "clock_exceeded": False, "notes": (),
}  # fmt: skip

HLS4ML: dict[str, Any] = {
    "kind": ReportKind.HLS_SYNTHESIS, "version": "2020.1", "part": "xc7z020-clg400-1", "top": "myproject",
    "target_clock_ns": 5.0, "clock_uncertainty_ns": 0.62, "estimated_clock_ns": 4.049,
    "latency_cycles_min": 10, "latency_cycles_max": 10, "interval_cycles_min": 8, "interval_cycles_max": 8,
    "pipeline": PipelineType.DATAFLOW, "used": ToolResources(lut=2532, ff=7969, dsp=73, bram_18k=0, uram=0),
    "available": ToolResources(**Z020, uram=0), "clock_exceeded": False, "notes": (),
}  # fmt: skip

EXPECTED: dict[str, dict[str, Any]] = {
    "AMDViT__ViT_act_cosim.rpt": {
        "kind": ReportKind.COSIMULATION, "tool": "xsim", "version": None, "status": "Fail",
        "latency_cycles_min": None, "latency_cycles_max": None, "interval_cycles_max": None,
        "used": ToolResources(),
        "notes": ("co-simulation did not pass (Fail): the RTL differs from the C, or it broke off",),
    },
    "AMDViT__ViT_act_csynth.xml": {
        "kind": ReportKind.HLS_SYNTHESIS, "version": "2022.2", "part": "xck26-sfvc784-2LV-c", "top": "ViT_act",
        "target_clock_ns": 10.0, "clock_uncertainty_ns": 2.7, "estimated_clock_ns": 7.674,
        "latency_cycles_min": None, "latency_cycles_max": None,
        "interval_cycles_min": None, "interval_cycles_max": None, "pipeline": PipelineType.NO,
        "used": ToolResources(lut=270827, ff=172584, dsp=1452, bram_18k=902, uram=0),
        "available": ToolResources(lut=117120, ff=234240, dsp=1248, bram_18k=288, uram=64),
        "notes": (
            "latency is undefined: the tool could not bound it; is every loop of a fixed length?",
            "initiation interval is undefined",
            "estimated clock 7.674 ns meets 10 ns, but not with its margin of 2.7 ns",
            "does not fit the part: 270827 LUT of 117120, 1452 DSP of 1248, 902 BRAM_18K of 288",
        ),
    },
    "ECE226__myproject_csynth.xml": {
        "kind": ReportKind.HLS_SYNTHESIS, "version": "2024.1", "part": "xcu250-figd2104-2L-e",
        "top": "myproject", "target_clock_ns": 5.0, "clock_uncertainty_ns": 1.35, "estimated_clock_ns": 3.53,
        "latency_cycles_min": 395, "latency_cycles_max": 395,
        "interval_cycles_min": 390, "interval_cycles_max": 390, "pipeline": PipelineType.DATAFLOW,
        "used": ToolResources(lut=17966, ff=7123, dsp=467, bram_18k=29, uram=0), "available": U250, "notes": (),
    },
    "ECE226__vivado_utilization.rpt": {
        "kind": ReportKind.UTILISATION, "tool": "Vivado", "version": "2024.1", "top": "myproject",
        "part": "xcu250-figd2104-2L-e", "status": "Routed", "worst_slack_ns": None,
        "used": ToolResources(lut=7722, ff=4864, dsp=467, bram_18k=24, uram=0), "available": U250, "notes": (),
    },
    "MNIST_HLS__c_mnist_cosim.rpt": {
        "kind": ReportKind.COSIMULATION, "tool": "xsim", "status": "Pass",
        "latency_cycles_min": 4642865, "latency_cycles_max": 4642865,
        "interval_cycles_min": None, "interval_cycles_max": None,
        "notes": ("initiation interval was not measured by the co-simulation",),
    },
    "ToyVAE_small__myproject_csynth.rpt": {**TOY_VAE, "tool": "Vitis HLS"},
    "ToyVAE_small__myproject_csynth.xml": {**TOY_VAE, "tool": None},
    "hls4ml_testfixture__myproject_csynth.rpt": {**HLS4ML, "tool": "Vivado HLS"},
    "hls4ml_testfixture__myproject_csynth.xml": {**HLS4ML, "tool": None},
    "hls4ml_testfixture__vivado_synth.rpt": {
        "kind": ReportKind.UTILISATION, "tool": "Vivado", "version": "2020.1", "top": "myproject",
        "part": "7z020clg400-1", "status": "Synthesized",
        "used": ToolResources(lut=1526, ff=2428, dsp=66, bram_18k=0, uram=None),
        "available": ToolResources(**Z020, uram=None), "notes": (),
    },
    "phase2_bjets__csynth.xml": {
        "kind": ReportKind.HLS_SYNTHESIS, "version": "2018.2", "part": "xcvu9p-flgc2104-2-i",
        "top": "get_discriminant", "target_clock_ns": 3.12, "clock_uncertainty_ns": 0.39,
        "estimated_clock_ns": None, "clock_exceeded": None, "latency_cycles_min": 0, "latency_cycles_max": 0,
        "interval_cycles_min": 1, "interval_cycles_max": 1, "pipeline": PipelineType.NO,
        "used": ToolResources(lut=0, ff=0, dsp=0, bram_18k=0, uram=0), "available": VU9P,
        "notes": (
            "no estimated clock: the tool found nothing to time",
            "all resources are zero, which is suspicious: was the logic optimised away?",
        ),
    },
}  # fmt: skip


@pytest.fixture(autouse=True)
def needs_reports() -> None:
    if not REPORTS.is_dir():
        pytest.skip("the folder of real reports is not beside this checkout (shared/reference/reports)")


@pytest.mark.parametrize("name", EXPECTED)
def test_a_real_report_says_what_the_eye_reads_in_it(name: str) -> None:
    report = read_report(REPORTS / name)
    assert {figure: getattr(report, figure) for figure in EXPECTED[name]} == EXPECTED[name]
    assert report.source == name


def test_every_real_report_has_its_figures_here() -> None:
    assert {path.name for path in REPORTS.iterdir()} == set(EXPECTED)


def test_every_real_report_is_found_in_their_folder() -> None:
    assert {path.name for path in find_reports(REPORTS)} == set(EXPECTED)


@pytest.mark.parametrize("stem", ["ToyVAE_small__myproject_csynth", "hls4ml_testfixture__myproject_csynth"])
def test_the_text_and_the_xml_of_one_synthesis_agree(stem: str) -> None:
    text, xml = read_report(REPORTS / f"{stem}.rpt").document(), read_report(REPORTS / f"{stem}.xml").document()
    for figure in ("source", "tool"):
        del text[figure], xml[figure]
    assert text == xml
