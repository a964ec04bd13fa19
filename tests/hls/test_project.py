"""The HLS project as files: what is in it, for each interface and strategy, and what people's names become."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from l1ad.core.errors import NotExactError
from l1ad.core.layouts import numbered_inputs
from l1ad.core.ports import Interface, input_ports
from l1ad.core.score import ScoreFunction
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.emulate.compare import Agreement, compared
from l1ad.emulate.engine import trace
from l1ad.hls.csim import compile_test_bench, simulated_traces
from l1ad.hls.project import write_hls
from l1ad.hls.target import HlsTarget, Strategy
from l1ad.hls.top_level import top_header, top_source

Builder = Callable[..., TriggerAlgorithm]
Events = Callable[[TriggerAlgorithm, int], NDArray[np.int64]]
Writer = Callable[[TriggerAlgorithm, Path], Path]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_the_project_holds_everything_to_compile_it(
    build_trigger: Builder, write: Writer, tmp_path: Path
) -> None:
    folder = write(build_trigger(thresholds={"tight": 4000}), tmp_path)
    names = {path.name for path in (folder / "hls").iterdir()}
    assert names == {"Makefile", "network", "small_top.cpp", "small_top.h", "test_bench.cpp"}
    assert not [name for name, text in contents(folder / "hls").items() if b"@NAME@" in text]


def test_writing_twice_gives_the_same_bytes(build_trigger: Builder, target: HlsTarget, tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_hls(build_trigger(), target=target, folder=tmp_path / name)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_threshold_names_become_ports_and_comments_but_never_code(
    build_trigger: Builder, target: HlsTarget
) -> None:
    trigger = build_trigger(thresholds={"1 kHz\n; evil()": 16, "class": 32})
    source = top_source(trigger, target)
    assert "accept_ad_1_kHz_evil = word >= score_word_t(16); // 1 kHz ; evil()" in source
    assert "ap_uint<1> &accept_ad_class" in top_header(trigger, target)
    assert "\n; evil" not in source


def test_threshold_names_that_would_share_a_port_are_refused(build_trigger: Builder, target: HlsTarget) -> None:
    with pytest.raises(NotExactError, match="would share an accept port; rename one"):
        top_header(build_trigger(thresholds={"a b": 1, "a-b": 2}), target)


def test_each_scaled_input_is_cast_to_a_type_of_its_own(build_trigger: Builder, target: HlsTarget) -> None:
    each = ["ap_fixed<8,4,AP_RND_CONV,AP_SAT>", "ap_ufixed<0,0>", *["ap_ufixed<7,5>"] * 55]
    source = top_source(build_trigger(input_type=each), target)
    met = "working_t(working_t(met_pt) - working_t("
    assert f"    scaled[0] = ap_fixed<8,4,AP_RND_CONV,AP_SAT>({met}" in source
    assert "    scaled[1] = 0;\n    scaled[2] = ap_ufixed<7,5>(working_t(" in source


def test_a_network_whose_output_is_the_score_squares_nothing(build_trigger: Builder, target: HlsTarget) -> None:
    trigger = build_trigger(widths=(4, 1), mean_type="ap_ufixed<8,4>", score_function=ScoreFunction.OUTPUT)
    assert "    score_t rounded = mean[0];\n    score_word_t word" in top_source(trigger, target)
    assert "square" not in top_source(trigger, target) + top_header(trigger, target)


def test_the_words_of_the_global_trigger_are_ports_of_which_the_first_are_read(
    build_trigger: Builder, target: HlsTarget
) -> None:
    ugt = replace(target, interface=Interface.UGT)
    source = top_source(build_trigger(), ugt)
    assert "ap_uint<64> muon[8], ap_uint<32> eg[12], ap_uint<32> tau[12]" in top_header(build_trigger(), ugt)
    assert "    ap_uint<9> mu_4_pt = muon[3].range(18, 10);" in source
    assert "    ap_int<9> mu_4_eta = muon[3].range(31, 23);" in source
    assert "    ap_uint<11> jet_10_pt = jet[9].range(10, 0);" in source
    assert "    ap_uint<12> met_pt = sum[2].range(11, 0);" in source
    assert "    ap_uint<1> met_eta = 0;" in source
    for beyond in ("muon[4]", "eg[4]", "jet[10]", "tau["):
        assert beyond not in source.replace("tau[12]", "")


def test_a_layout_that_the_words_do_not_hold_is_refused_by_the_name_of_its_input() -> None:
    with pytest.raises(
        NotExactError, match=r"'input_1_value' of layout .* is in no word of the global trigger"
    ):
        input_ports(numbered_inputs(3, width=8, signed=True), Interface.UGT)


STRATEGIES = [
    (Interface.UGT, Strategy.LATENCY, 1),
    (Interface.UGT, Strategy.RESOURCE, 4),
    (Interface.GENERIC, Strategy.RESOURCE, 1),
    (Interface.GENERIC, Strategy.DISTRIBUTED_ARITHMETIC, 1),
]


@pytest.mark.usefixtures("needs_compiler")
@pytest.mark.parametrize(("interface", "strategy", "reuse_factor"), STRATEGIES)
def test_every_interface_and_strategy_equals_the_emulator_on_every_tensor(
    interface: Interface,
    strategy: Strategy,
    reuse_factor: int,
    build_trigger: Builder,
    target: HlsTarget,
    events_for: Events,
    tmp_path: Path,
) -> None:
    if strategy is Strategy.DISTRIBUTED_ARITHMETIC:
        pytest.importorskip("da4ml", reason="da4ml is not installed")
    trigger = build_trigger(thresholds={"loose": 800, "tight": 3000})
    inputs_raw = events_for(trigger, 2000)
    words = input_ports(trigger.layout, interface).pack(inputs_raw)
    chosen = replace(target, interface=interface, strategy=strategy, reuse_factor=reuse_factor)
    write_hls(trigger, target=chosen, folder=tmp_path / "hls")
    executable = compile_test_bench(tmp_path / "hls")
    total: Agreement | None = None
    for block, found in simulated_traces(trigger, executable, words, block_events=1000):
        part = compared("C", trace(trigger, inputs_raw[block]), found)
        total = part if total is None else total.then(part)
    assert total is not None
    assert total.first is None, str(total)
    assert total.tensors[0] == "scaled_inputs"
    pragma = (tmp_path / "hls" / "small_top.cpp").read_text()
    assert ("#pragma HLS DATAFLOW" in pragma) == (strategy is Strategy.RESOURCE)


def test_each_layer_gets_the_largest_reuse_factor_that_comes_out_even(
    build_trigger: Builder, target: HlsTarget, tmp_path: Path
) -> None:
    chosen = replace(target, strategy=Strategy.RESOURCE, reuse_factor=4)
    write_hls(build_trigger(), target=chosen, folder=tmp_path / "hls")
    parameters = (tmp_path / "hls" / "network" / "parameters.h").read_text()
    factors = [
        int(line.split("=")[1].strip(" ;")) for line in parameters.splitlines() if " reuse_factor =" in line
    ]
    assert factors[0] == 3  # 57 x 6 products
    assert max(factors) <= 4


def test_a_reuse_factor_goes_with_strategy_resource_alone() -> None:
    from l1ad.core.units import Clock

    with pytest.raises(ValueError, match="strategy latency shares no multiplier"):
        HlsTarget(part="xc7vx690t-ffg1927-2", clock=Clock(40), reuse_factor=2)
