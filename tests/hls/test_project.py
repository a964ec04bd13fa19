"""The project as files: what is in it, and what happens to what was there before."""

from collections.abc import Callable
from pathlib import Path

import pytest

from l1ad.core.errors import NotExactError, ToolError
from l1ad.core.score import ScoreFunction
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.core.trigger_file import load_trigger, trigger_digest
from l1ad.emulate.compare import crafted_extremes
from l1ad.hls.project import write_project
from l1ad.hls.target import HlsTarget
from l1ad.hls.top_level import top_header, top_source

Builder = Callable[..., TriggerAlgorithm]
Writer = Callable[[TriggerAlgorithm, Path], Path]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_the_project_holds_the_algorithm_and_everything_to_compile_it(
    build_trigger: Builder, write: Writer, tmp_path: Path
) -> None:
    trigger = build_trigger(thresholds={"tight": 4000})
    folder = write(trigger, tmp_path)
    assert trigger_digest(load_trigger(folder / "trigger.json")) == trigger_digest(trigger)
    names = {path.name for path in (folder / "hls").iterdir()}
    assert names == {
        "Makefile", "network", "small_top.cpp", "small_top.h", "tb_data", "test_bench.cpp", "vitis_hls.tcl",
    }  # fmt: skip
    tcl = (folder / "hls" / "vitis_hls.tcl").read_text()
    assert "set_part {xc7vx690t-ffg1927-2}" in tcl
    assert "create_clock -period 25 " in tcl
    assert not [name for name, text in contents(folder / "hls").items() if b"@NAME@" in text]


def test_building_twice_gives_the_same_bytes(build_trigger: Builder, write: Writer, tmp_path: Path) -> None:
    trigger = build_trigger()
    first = contents(write(trigger, tmp_path))
    assert contents(write(trigger, tmp_path)) == first
    assert [path.name for path in tmp_path.iterdir()] == ["small"]


def test_a_folder_with_other_content_is_left_alone(
    build_trigger: Builder, write: Writer, tmp_path: Path
) -> None:
    (tmp_path / "small").mkdir()
    (tmp_path / "small" / "thesis.txt").write_text("ten years")
    with pytest.raises(ToolError, match=r"small exists and holds no trigger.json; move it away"):
        write(build_trigger(), tmp_path)
    assert (tmp_path / "small" / "thesis.txt").read_text() == "ten years"


def test_a_build_that_fails_leaves_the_old_folder_whole(
    build_trigger: Builder, write: Writer, target: HlsTarget, tmp_path: Path
) -> None:
    trigger = build_trigger()
    before = contents(write(trigger, tmp_path))
    vectors = crafted_extremes(trigger.layout)
    with pytest.raises(KeyError):
        write_project(trigger, target=target, firmware=tmp_path, vectors_raw=vectors, expected={})
    assert contents(tmp_path / "small") == before
    assert [path.name for path in tmp_path.iterdir()] == ["small"]


def test_threshold_names_become_ports_and_comments_but_never_code(build_trigger: Builder) -> None:
    trigger = build_trigger(thresholds={"1 kHz\n; evil()": 16, "class": 32})
    source = top_source(trigger)
    assert "accept_ad_1_kHz_evil = word >= score_word_t(16); // 1 kHz ; evil()" in source
    assert "ap_uint<1> &accept_ad_class" in top_header(trigger)
    assert "\n; evil" not in source


def test_threshold_names_that_would_share_a_port_are_refused(build_trigger: Builder) -> None:
    with pytest.raises(NotExactError, match="would share an accept port; rename one"):
        top_header(build_trigger(thresholds={"a b": 1, "a-b": 2}))


def test_each_scaled_input_is_cast_to_a_type_of_its_own(build_trigger: Builder) -> None:
    each = ["ap_fixed<8,4,AP_RND_CONV,AP_SAT>", "ap_ufixed<0,0>", *["ap_ufixed<7,5>"] * 55]
    source = top_source(build_trigger(input_type=each))
    met = "working_t(working_t(met_pt) - working_t("
    assert f"    scaled[0] = ap_fixed<8,4,AP_RND_CONV,AP_SAT>({met}" in source
    assert "    scaled[1] = 0;\n    scaled[2] = ap_ufixed<7,5>(working_t(" in source


def test_a_network_whose_output_is_the_score_squares_nothing(build_trigger: Builder) -> None:
    trigger = build_trigger(widths=(4, 1), mean_type="ap_ufixed<8,4>", score_function=ScoreFunction.OUTPUT)
    assert "    score_t rounded = mean[0];\n    score_word_t word" in top_source(trigger)
    assert "square" not in top_source(trigger) + top_header(trigger)
