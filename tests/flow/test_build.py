"""The firmware folder: made whole or not at all, and never over what somebody else put there."""

import json
import resource
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from l1ad.config.run import FirmwareConfig
from l1ad.core.errors import NotExactError, ToolError
from l1ad.core.fixed import FixedType
from l1ad.core.score import Score
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.core.trigger_file import load_trigger, save_trigger, trigger_digest
from l1ad.flow.build import build
from l1ad.flow.check import check_firmware
from l1ad.flow.manifest import read_manifest
from l1ad.synthesis.budget import Verdict

Builder = Callable[..., TriggerAlgorithm]
Command = Callable[..., subprocess.CompletedProcess[str]]
REFERENCE = Path(__file__).resolve().parents[2] / "firmware" / "reference"


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture
def firmware(tmp_path: Path) -> FirmwareConfig:
    return FirmwareConfig(folder=str(tmp_path / "firmware"))


def test_the_committed_reference_is_what_a_build_makes_byte_for_byte(tmp_path: Path) -> None:
    made = read_manifest(REFERENCE).made
    trigger = load_trigger(REFERENCE / "trigger.json")
    config = FirmwareConfig(folder=str(tmp_path), target=str(REFERENCE / "target.yaml"))
    built = build(trigger, config)
    if read_manifest(built.folder).made["versions"] != made["versions"]:
        pytest.skip(f"made with {made['versions']}, here are {read_manifest(built.folder).made['versions']}")
    names = {*read_manifest(REFERENCE).files, "MANIFEST.json"}
    found = contents(built.folder)
    assert set(found) == names
    differing = [name for name in sorted(names) if found[name] != (REFERENCE / name).read_bytes()]
    assert not differing


def test_building_again_gives_the_same_bytes_and_leaves_nothing_beside(
    build_trigger: Builder, firmware: FirmwareConfig
) -> None:
    trigger = build_trigger(thresholds={"some": 900})
    first = contents(build(trigger, firmware).folder)
    again = build(trigger, firmware)
    assert contents(again.folder) == first
    assert [path.name for path in again.folder.parent.iterdir()] == ["small"]
    assert trigger_digest(load_trigger(again.folder / "trigger.json")) == trigger_digest(trigger)


@pytest.mark.parametrize(
    "name", ["two words", "quote\" and ' tick", "class", "µ trigger 2", "$(touch evil)", "a/../b", "x\ny"]
)
def test_names_from_people_become_safe_folders_and_identifiers(
    name: str, build_trigger: Builder, firmware: FirmwareConfig, tmp_path: Path
) -> None:
    built = build(build_trigger(name=name, thresholds={f"{name} tight": 900}), firmware)
    assert built.folder.parent == tmp_path / "firmware"
    assert built.folder.name.isidentifier()
    assert list((built.folder / "rtl").glob(f"{built.folder.name}_top.v"))
    assert not (tmp_path / "evil").exists()


def test_a_name_without_a_letter_or_digit_is_refused(build_trigger: Builder) -> None:
    with pytest.raises(ValueError, match="has no letter or digit to name a C\\+\\+ function by"):
        build_trigger(name="µ")


def test_a_folder_that_no_build_made_is_left_alone_unless_it_is_forced(
    build_trigger: Builder, firmware: FirmwareConfig, tmp_path: Path
) -> None:
    thesis = tmp_path / "firmware" / "small" / "thesis.txt"
    thesis.parent.mkdir(parents=True)
    thesis.write_text("ten years")
    with pytest.raises(ToolError, match=r"small/thesis\.txt was not made by `l1ad build`, .* or give --force"):
        build(build_trigger(), firmware)
    assert contents(tmp_path / "firmware") == {"small/thesis.txt": b"ten years"}
    build(build_trigger(), firmware, force=True)
    assert not thesis.exists()


def test_a_vendor_project_or_a_file_changed_by_hand_is_not_lost_to_a_build(
    build_trigger: Builder, firmware: FirmwareConfig
) -> None:
    folder = build(build_trigger(), firmware).folder
    (folder / "hls" / "test_bench").write_text("an executable, made again at any time")
    (folder / "results").mkdir()
    (folder / "results" / "estimate.json").write_text("{}")
    build(build_trigger(), firmware)
    changed = folder / "hls" / "small_top.cpp"
    changed.write_text(changed.read_text() + "// tuned for hours\n")
    with pytest.raises(ToolError, match=r"hls/small_top\.cpp was not made by `l1ad build`, or was"):
        build(build_trigger(), firmware)
    assert changed.read_text().endswith("// tuned for hours\n")


def test_a_build_that_fails_half_way_leaves_the_old_folder_whole(
    build_trigger: Builder, firmware: FirmwareConfig, tmp_path: Path
) -> None:
    before = contents(build(build_trigger(), firmware).folder)
    with pytest.raises(ToolError, match="the cast from"):
        build(build_trigger(hidden_type="ap_ufixed<4,40,AP_RND_CONV,AP_SAT>"), firmware)
    assert contents(tmp_path / "firmware" / "small") == before
    assert [path.name for path in (tmp_path / "firmware").iterdir()] == ["small"]


def test_a_disk_that_takes_no_more_is_one_sentence_and_the_old_folder_stays(
    build_trigger: Builder, firmware: FirmwareConfig, tmp_path: Path
) -> None:
    """A limit on the size of files makes writing fail as a full disk does."""
    before = contents(build(build_trigger(), firmware).folder)
    save_trigger(build_trigger(thresholds={"new": 5}), tmp_path / "trigger.json")

    def few_bytes() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

    done = subprocess.run(
        [sys.executable, "-c", "from l1ad.cli.main import main; main()", "build", "trigger.json"],
        cwd=tmp_path, capture_output=True, text=True, check=False, preexec_fn=few_bytes,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("l1ad: ")
    assert "File too large" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert contents(tmp_path / "firmware" / "small") == before
    assert [path.name for path in (tmp_path / "firmware").iterdir()] == ["small"]


def test_a_score_word_that_the_target_does_not_have_is_refused(
    build_trigger: Builder, firmware: FirmwareConfig
) -> None:
    trigger = replace(build_trigger(), score=Score(FixedType(16, 12, False)))
    with pytest.raises(NotExactError, match=r"'small' is a word of ap_ufixed<16,12>, target ugt-vx690t has"):
        build(trigger, firmware)


def test_a_layout_without_global_trigger_words_needs_a_generic_target(
    images_trigger: TriggerAlgorithm, firmware: FirmwareConfig
) -> None:
    trigger = replace(images_trigger, score=replace(images_trigger.score, result=FixedType(18, 14, False)))
    with pytest.raises(NotExactError, match="is in no word of the global trigger; build for a target with"):
        build(trigger, firmware)
    built = build(trigger, firmware.model_copy(update={"target": "vu9p-200"}))
    assert (built.target, built.clock_mhz) == ("vu9p-200", 200)
    assert "region_252_et" in (built.folder / "rtl" / "images_top.v").read_text()


def test_a_folder_as_built_has_its_unknowns_named_and_a_changed_one_is_refused(
    build_trigger: Builder, firmware: FirmwareConfig
) -> None:
    folder = build(build_trigger(), firmware).folder
    lines = {line.what: line for line in check_firmware(folder)}
    assert lines["integers that differ"].verdict is Verdict.UNKNOWN
    assert lines["LUT of the Verilog"].verdict is Verdict.UNKNOWN
    assert lines["latency of the Verilog"].source == "planned by the delay model; run `l1ad verify`"
    (folder / "rtl" / "small_top.v").write_text("module small_top; endmodule\n")
    with pytest.raises(ToolError, match=r"small_top\.v was changed since the build"):
        check_firmware(folder)
    with pytest.raises(ToolError, match="no firmware here; `l1ad build` writes it"):
        check_firmware(folder.parent)


def test_results_of_another_build_do_not_count(build_trigger: Builder, firmware: FirmwareConfig) -> None:
    folder = build(build_trigger(thresholds={"some": 900}), firmware).folder
    stale = {"manifest_digest": "0" * 64, "mismatches": 0, "implementations": ["emulator", "x"], "timing": None}
    (folder / "results").mkdir()
    (folder / "results" / "verification.json").write_text(json.dumps(stale))
    assert check_firmware(folder)[0].verdict is Verdict.UNKNOWN


def test_a_vendor_report_below_the_folder_joins_the_check(
    build_trigger: Builder, firmware: FirmwareConfig, l1ad: Command, tmp_path: Path
) -> None:
    folder = build(build_trigger(), firmware).folder
    report = folder / "hls" / "vitis_project" / "solution1" / "syn" / "report" / "small_top_csynth.xml"
    report.parent.mkdir(parents=True)
    report.write_text(CSYNTH)
    done = l1ad("check", str(folder), cwd=tmp_path)
    assert done.returncode == 3
    assert done.stderr == "l1ad: over budget: estimated clock\n"
    assert "vendor report hls/vitis_project/solution1/syn/report/small_top_csynth.xml" in done.stdout


CSYNTH = """<profile><ReportVersion><Version>2023.2</Version></ReportVersion>
<UserAssignments><unit>ns</unit><ProductFamily>virtex7</ProductFamily><Part>xc7vx690t-ffg1927-2</Part>
<TopModelName>small_top</TopModelName><TargetClockPeriod>25.00</TargetClockPeriod>
<ClockUncertainty>6.75</ClockUncertainty><FlowTarget>vivado</FlowTarget></UserAssignments>
<PerformanceEstimates><PipelineType>yes</PipelineType>
<SummaryOfTimingAnalysis><unit>ns</unit><EstimatedClockPeriod>33.4</EstimatedClockPeriod></SummaryOfTimingAnalysis>
<SummaryOfOverallLatency><unit>clock cycles</unit><Best-caseLatency>2</Best-caseLatency>
<Average-caseLatency>2</Average-caseLatency><Worst-caseLatency>2</Worst-caseLatency>
<PipelineInitiationInterval>1</PipelineInitiationInterval><PipelineDepth>3</PipelineDepth>
<Interval-min>1</Interval-min><Interval-max>1</Interval-max></SummaryOfOverallLatency></PerformanceEstimates>
<AreaEstimates><Resources><LUT>900</LUT><FF>30</FF><DSP>0</DSP><BRAM_18K>0</BRAM_18K><URAM>0</URAM></Resources>
<AvailableResources><LUT>433200</LUT><FF>866400</FF><DSP>3600</DSP><BRAM_18K>2940</BRAM_18K><URAM>0</URAM>
</AvailableResources></AreaEstimates></profile>
"""


def test_a_target_file_says_what_is_wrong_in_it(build_trigger: Builder, l1ad: Command, tmp_path: Path) -> None:
    save_trigger(build_trigger(), tmp_path / "trigger.json")
    document = yaml.safe_load((REFERENCE / "target.yaml").read_text())
    (tmp_path / "fast.yaml").write_text(yaml.safe_dump({**document, "clock_mhz": 250}))
    done = l1ad("build", "trigger.json", "--target", "fast.yaml", cwd=tmp_path)
    assert done.returncode == 1
    assert "fast.yaml: " in done.stderr
    assert "does not fit a whole number of times into a bunch crossing" in done.stderr
    assert not (tmp_path / "firmware").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--target", "vx690"], "target = 'vx690': no such target; ugt-vx690t, vu13p-360, vu9p-200 ship"),
        (["--strategy", "fast"], "strategy = 'fast': input should be 'latency', 'resource' or"),
        (["--reuse-factor", "4"], "strategy latency shares no multiplier; set reuse_factor to 1"),
    ],
)
def test_an_option_that_is_none_is_told_in_one_sentence(
    arguments: list[str], words: str, build_trigger: Builder, l1ad: Command, tmp_path: Path
) -> None:
    save_trigger(build_trigger(), tmp_path / "trigger.json")
    done = l1ad("build", "trigger.json", *arguments, cwd=tmp_path)
    assert done.returncode == 1
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1
