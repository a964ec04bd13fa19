"""The Verilog project as files: sources, constraints, test benches, Makefile, and the plan of the pipeline."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from l1ad.core.ports import Port
from l1ad.core.units import Clock
from l1ad.rtl.delay import DelayModel
from l1ad.rtl.verilog import Design

__all__ = ["DESIGN_FILE", "write_rtl"]

DESIGN_FILE = "design.json"


def write_rtl(design: Design, *, clock: Clock, delay: DelayModel, folder: Path) -> None:
    """Write the Verilog project of a design.

    Args:
        design: The design.
        clock: Its clock.
        delay: The delay model that it was cut by.
        folder: The folder to make, `firmware/<name>/rtl`. Its test bench reads `../vectors`.
    """
    folder.mkdir()
    texts = design.files()
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    words = _words(design, clock, list(texts))
    for template, name in (
        ("Makefile", "Makefile"),
        ("simulation.cpp", "simulation.cpp"),
        ("test_bench.v", f"{design.name}_tb.v"),
        ("constraints.xdc", f"{design.top}.xdc"),
    ):
        text = (files(__package__) / "templates" / template).read_text(encoding="utf-8")
        for word, value in words.items():
            text = text.replace(f"@{word}@", value)
        (folder / name).write_text(text, encoding="utf-8")
    document = json.dumps(design_document(design, clock, delay), indent=1)
    (folder / DESIGN_FILE).write_text(document + "\n", encoding="utf-8")


def design_document(design: Design, clock: Clock, delay: DelayModel) -> dict[str, Any]:
    """Lay the plan of the pipeline out for JSON."""
    pipeline = design.pipeline
    return {
        "top": design.top,
        "clock_mhz": clock.mhz,
        "planned_latency_cycles": pipeline.latency_cycles,
        "initiation_interval_cycles": 1,
        "stage_ns": [round(one, 3) for one in pipeline.stage_ns],
        "usable_ns": round(delay.usable_ns, 3),
        "delay_model": {
            "kind": "assumption before placement; a timing report replaces it",
            "net_ns": delay.net_ns,
            "lut_ns": delay.lut_ns,
            "carry_in_ns": delay.carry_in_ns,
            "carry_bit_ns": delay.carry_bit_ns,
            "margin": delay.margin,
        },
        "register_bits": design.register_bits,
        "modules": [one.name for one in design.modules],
    }


def _words(design: Design, clock: Clock, sources: list[str]) -> dict[str, str]:
    """Give the templates their words."""
    half_ps = round(clock.period_ns * 500)
    return {
        "TOP": design.top,
        "NAME": design.name,
        "SOURCES": " ".join(sources),
        "HALF_PERIOD_PS": str(half_ps),
        "HALF_PERIOD": f"{half_ps / 1000:g}",
        "CLOCK_MHZ": f"{clock.mhz:g}",
        "PERIOD_NS": f"{clock.period_ns:.3f}",
        **_simulation_words(design.ports.ports, list(design.circuit.widths)),
        **_bench_words(design.ports.ports, design.circuit.widths),
    }


def _simulation_words(ports: tuple[Port, ...], outputs: list[str]) -> dict[str, str]:
    drives = [
        f"    top.{_verilated(port.name)} = x[{index}] & mask({port.width});"
        for index, port in enumerate(ports)
    ]
    takes = [f"    out.push_back(int64_t(top.{_verilated(name)}));" for name in outputs]
    return {"N_PORTS": str(len(ports)), "DRIVE": "\n".join(drives), "TAKE": "\n".join(takes)}


def _verilated(name: str) -> str:
    """Name a port as Verilator does in C++, where a double underscore is its own."""
    return name.replace("__", "___05F")


def _bench_words(ports: tuple[Port, ...], outputs: dict[str, int]) -> dict[str, str]:
    declared = [f"    reg [{port.width - 1}:0] {port.name};" for port in ports]
    declared += [
        f"    wire [{width - 1}:0] {name}; reg [{width - 1}:0] wanted_{name};"
        for name, width in outputs.items()
    ]
    pins = [*(port.name for port in ports), *outputs]
    wanted = ",".join(["%d"] * len(outputs))
    targets = ", ".join(f"wanted_{name}" for name in outputs)
    differs = " || ".join(f"{name} !== wanted_{name}" for name in outputs)
    return {
        "DECLARATIONS": "\n".join(declared),
        "PINS": ",\n".join(f"        .{name}({name})" for name in pins),
        "COMPARE": f'                code = $fscanf(expected, "{wanted}\\n", {targets});\n'
        f"                if ({differs}) differing = differing + 1;\n                code = ap_start;",
        "READ": "\n".join(
            f'            if (code == 1) code = $fscanf(words, "%h", {port.name});' for port in ports
        ),
    }
