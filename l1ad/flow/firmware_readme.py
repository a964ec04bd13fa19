"""The README of a firmware folder: what it is, its ports, its latency, how to build and check it."""

from l1ad.config.target import TargetConfig
from l1ad.core.names import accept_ports, project_name, top_name
from l1ad.core.ports import UGT_LISTS, InputPorts, Interface
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.core.trigger_file import algorithm_digest
from l1ad.report.document_markdown import table
from l1ad.rtl.pipeline import Pipeline

__all__ = ["firmware_readme"]


def firmware_readme(
    trigger: TriggerAlgorithm, target: TargetConfig, ports: InputPorts, pipeline: Pipeline, command: str
) -> str:
    """Write the README."""
    name = project_name(trigger.name)
    cycles = pipeline.latency_cycles
    stages = " + ".join(f"{one:.2f}" for one in pipeline.stage_ns)
    usable = target.clock.period_ns * (1 - target.delay.margin)
    period = target.clock.period_ns
    return "\n\n".join([
        f"# Firmware of `{name}`",
        f"An anomaly-detection trigger for `{target.part}` at {target.clock_mhz:g} MHz (target "
        f"`{target.name}`). Algorithm digest {algorithm_digest(trigger)[:16]}. Made by `{command}`; "
        "`MANIFEST.json` has the versions and a digest of every file. Generated: change `trigger.json` and "
        "build again, not these files.",
        table(["folder", "what is in it"], _folders(top_name(trigger.name))),
        "## Ports",
        table(["port", "bits", "what it is"], _ports(trigger, ports)),
        _unpacking(trigger, ports),
        "## Latency",
        f"The Verilog is a pipeline of {cycles} stages and takes a bunch crossing every cycle: score and "
        f"accept bits leave {cycles} cycles ({cycles * period:g} ns) after their words entered; the budget is "
        f"{target.budget.latency_cycles}. It is cut by a delay model, an assumption before placement: "
        f"{stages} ns in stages of {usable:.2f} ns ({period:.2f} less {target.delay.margin:.0%}). "
        "`l1ad verify` measures the cycles in simulation; the delays only a vendor's report can tell.",
        "## Build and check",
        "\n".join(f"    {line}" for line in _COMMANDS),
        "With l1ad: `l1ad verify trigger.json --firmware ..` compares every implementation, integer for "
        "integer; `l1ad synth open FOLDER` counts cells with Yosys, `l1ad synth vendor FOLDER` runs Vitis HLS "
        "and Vivado where they are; `l1ad check FOLDER` holds it all against the budget.",
    ]) + "\n"  # fmt: skip


_COMMANDS = (
    "make -C hls csim             # C simulation with g++ against vectors/",
    "make -C emulator test        # the emulator library against vectors/",
    "make -C rtl simulation       # cycle-true simulation with Verilator",
    "make -C rtl test             # Verilog test bench with Icarus Verilog",
    "cd hls && L1AD_STEPS='csim csynth cosim export' vitis_hls -f vitis_hls.tcl",
    "cd rtl && vivado -mode batch -source vivado_ooc.tcl",
)


def _folders(top: str) -> list[list[str]]:
    return [
        ["trigger.json", "the algorithm in integers and number formats"],
        ["target.yaml", "part, clock, budget and delay model"],
        ["hls/", f"C++ for Vitis HLS and Vivado HLS: `{top}` around the hls4ml network"],
        ["rtl/", "pipelined Verilog with the same ports, constraints, test bench, cycle-true simulation"],
        ["emulator/", "shared library for CMSSW (hls4mlEmulator::Model), C and Python"],
        ["vectors/", "input words, expected scores and accept bits"],
    ]


def _ports(trigger: TriggerAlgorithm, ports: InputPorts) -> list[list[str]]:
    rows = [
        ["ap_clk, ap_rst", "1", "clock; reset, high, synchronous: it empties the valid bits"],
        ["ap_start", "1", "high in each cycle whose inputs are a bunch crossing"],
        ["ap_done", "1", "high in each cycle whose outputs are valid"],
        [
            "ap_idle, ap_ready",
            "1",
            "nothing in the pipeline; ready is start, for a crossing may enter every cycle",
        ],
    ]
    if ports.interface is Interface.UGT:
        rows += [
            [f"{one.name}_0 … {one.name}_{one.words - 1}", str(one.width), "words of the global trigger"]
            for one in UGT_LISTS
        ]
    else:
        for port, field in zip(ports.ports, trigger.layout.fields, strict=True):
            sign = ", two's complement" if port.signed else ""
            rows.append([port.name, str(port.width), f"steps of {field.lsb:.6g} {field.unit}{sign}"])
    score = trigger.score.result
    rows.append(["score", str(score.width), f"score word, {score.fraction} of its bits fraction"])
    for threshold, accept in accept_ports(trigger.thresholds).items():
        rows.append([accept, "1", f"score >= {trigger.thresholds[threshold]}"])
    return rows


def _unpacking(trigger: TriggerAlgorithm, ports: InputPorts) -> str:
    if ports.interface is Interface.GENERIC:
        return "Absent objects are all zero."
    counts: dict[str, int] = {}
    for field in trigger.layout.fields:
        counts[field.object_type] = max(counts.get(field.object_type, 0), field.slot + 1)
    lists = [f"{count} {name}" for name, count in counts.items() if name != "met"]
    sums = ["the missing transverse energy in sum_2"] if "met" in counts else []
    return f"Of each list the first words are read, {', '.join([*lists, *sums])}; the others are not connected."
