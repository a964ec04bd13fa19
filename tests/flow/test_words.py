"""C++ and Verilog agree on whatever the links of the global trigger carry, inside and outside the layout."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from l1ad.config.run import FirmwareConfig
from l1ad.core.errors import ToolError
from l1ad.core.ports import Interface, input_ports
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.flow.build import build
from l1ad.hls.csim import compile_test_bench, simulated_traces
from l1ad.rtl.simulation import compile_simulation, simulated_crossings
from l1ad.rtl.tools import find_verilator

Builder = Callable[..., TriggerAlgorithm]

N_EVENTS = 20_000


@pytest.mark.parametrize("working_type", ["ap_fixed<24,14>", "ap_fixed<17,14>"])
def test_random_bits_on_every_link_give_the_same_score_in_c_and_verilog(
    working_type: str, build_trigger: Builder, tmp_path: Path
) -> None:
    try:
        find_verilator()
    except ToolError as missing:
        pytest.skip(str(missing))
    if shutil.which("g++") is None:
        pytest.skip("g++ is not installed")
    trigger = build_trigger(
        seed=6,
        working_type=working_type,
        input_type="ap_fixed<7,5,AP_RND_CONV,AP_WRAP>",
        thresholds={"some": 700},
    )
    folder = build(trigger, FirmwareConfig(folder=str(tmp_path))).folder
    words = np.random.default_rng(4).integers(0, 1 << 64, (N_EVENTS, 56), dtype=np.uint64)
    words[:, 8:] &= np.uint64(0xFFFFFFFF)
    ports = input_ports(trigger.layout, Interface.UGT)
    outside = ports.unpack(words)
    assert ((outside < trigger.layout.raw_min) | (outside > trigger.layout.raw_max)).any(axis=1).mean() > 0.5
    ((_, c_found),) = simulated_traces(
        trigger, compile_test_bench(folder / "hls"), words, block_events=N_EVENTS
    )
    ((_, rtl_found, _),) = simulated_crossings(
        trigger, compile_simulation(folder / "rtl"), words, block_events=N_EVENTS
    )
    for name, values in rtl_found.items():
        np.testing.assert_array_equal(values, c_found[name])
    assert len(np.unique(rtl_found["score"])) > 100
