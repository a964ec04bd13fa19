"""The project as files: what is in it, and what happens to what was there before."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from l1ad.core.errors import NotExactError, ToolError
from l1ad.core.layout import ugt_57
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.core.trigger_file import load_trigger, trigger_digest
from l1ad.core.units import Clock
from l1ad.emulate.compare import crafted_extremes
from l1ad.emulate.engine import trace
from l1ad.hls.latency import adder_levels, estimated_latency
from l1ad.hls.project import write_project
from l1ad.hls.target import HlsTarget
from l1ad.hls.top_level import top_header, top_source

Builder = Callable[..., TriggerAlgorithm]
TARGET = HlsTarget(part="xc7vx690t-ffg1927-2", clock=Clock(40))


def written(trigger: TriggerAlgorithm, firmware: Path) -> Path:
    vectors = crafted_extremes(trigger.layout)
    return write_project(
        trigger, target=TARGET, firmware=firmware, vectors_raw=vectors, expected=trace(trigger, vectors)
    )


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_the_project_holds_the_algorithm_and_everything_to_compile_it(
    build_trigger: Builder, tmp_path: Path
) -> None:
    trigger = build_trigger(thresholds={"tight": 4000})
    folder = written(trigger, tmp_path)
    assert trigger_digest(load_trigger(folder / "trigger.json")) == trigger_digest(trigger)
    names = {path.name for path in (folder / "hls").iterdir()}
    assert names == {
        "Makefile", "network", "small_top.cpp", "small_top.h", "tb_data", "test_bench.cpp", "vitis_hls.tcl",
    }  # fmt: skip
    tcl = (folder / "hls" / "vitis_hls.tcl").read_text()
    assert "set_part {xc7vx690t-ffg1927-2}" in tcl
    assert "create_clock -period 25 " in tcl
    assert not [name for name, text in contents(folder / "hls").items() if b"@NAME@" in text]


def test_building_twice_gives_the_same_bytes(build_trigger: Builder, tmp_path: Path) -> None:
    trigger = build_trigger()
    first = contents(written(trigger, tmp_path))
    assert contents(written(trigger, tmp_path)) == first
    assert [path.name for path in tmp_path.iterdir()] == ["small"]


def test_a_folder_with_other_content_is_left_alone(build_trigger: Builder, tmp_path: Path) -> None:
    (tmp_path / "small").mkdir()
    (tmp_path / "small" / "thesis.txt").write_text("ten years")
    with pytest.raises(ToolError, match=r"small exists and holds no trigger.json; move it away"):
        written(build_trigger(), tmp_path)
    assert (tmp_path / "small" / "thesis.txt").read_text() == "ten years"


def test_a_build_that_fails_leaves_the_old_folder_whole(build_trigger: Builder, tmp_path: Path) -> None:
    trigger = build_trigger()
    before = contents(written(trigger, tmp_path))
    vectors = crafted_extremes(trigger.layout)
    with pytest.raises(KeyError):
        write_project(trigger, target=TARGET, firmware=tmp_path, vectors_raw=vectors, expected={})
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


def test_a_type_per_element_is_refused_by_the_hls_path(build_trigger: Builder, tmp_path: Path) -> None:
    from l1ad.core.network import FrozenNetwork
    from l1ad.core.scaling import Scaling
    from l1ad.core.tensor import TensorType

    trigger = build_trigger()
    each = ["ap_fixed<8,4,AP_RND_CONV,AP_SAT>"] * 56 + ["ap_fixed<7,4,AP_RND_CONV,AP_SAT>"]
    scaling = Scaling(
        layout=ugt_57(), offsets=trigger.scaling.offsets, shifts=trigger.scaling.shifts,
        working=trigger.scaling.working, result=TensorType.from_spelling(each),
    )  # fmt: skip
    network = FrozenNetwork(n_inputs=57, input_type=scaling.result, layers=trigger.network.layers)
    varied = TriggerAlgorithm(name="varied", scaling=scaling, network=network, score=trigger.score)
    with pytest.raises(ToolError, match="has a number format per element"):
        written(varied, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_adder_levels_of_a_known_network(build_trigger: Builder) -> None:
    trigger = build_trigger(widths=(2,), seed=1)
    levels = adder_levels(trigger)
    weights = trigger.network.layers[0].weights_raw  # type: ignore[union-attr]
    # Signed digits by the textbook: replace runs of ones, count what is left.
    digits = [[sum(1 for digit in signed_digits(int(w)) if digit) for w in row] for row in weights]
    busiest = max(sum(column) + 1 for column in zip(*digits, strict=True))
    assert levels["dense_1"] == int(np.ceil(np.log2(busiest)))
    assert (levels["scaling"], levels["mean"], levels["threshold"]) == (2, 1, 1)
    assert levels["score"] == 3 + 1
    estimate = estimated_latency(trigger, Clock(40), level_ns=1.5)
    assert estimate.latency_ns == 1.5 * sum(levels.values())
    assert estimate.latency_cycles == int(np.ceil(estimate.latency_ns / 25))


def signed_digits(value: int) -> list[int]:
    digits = []
    while value:
        digit = 2 - value % 4 if value % 2 else 0
        digits.append(digit)
        value = (value - digit) // 2
    return digits
