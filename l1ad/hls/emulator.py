"""The emulator package of an algorithm as files: the synthesised C++ as a library for CMSSW, C and Python."""

import string
from collections.abc import Iterable, Iterator
from importlib.resources import files
from pathlib import Path

import numpy as np

from l1ad.core.errors import NotExactError
from l1ad.core.layout import InputLayout
from l1ad.core.names import accept_ports, network_name, project_name
from l1ad.core.ports import InputPorts, Interface, input_ports
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.core.trigger_file import trigger_digest
from l1ad.hls.storage import stored_type
from l1ad.hls.target import HlsTarget
from l1ad.hls.top_level import bench_arguments, bench_declarations

__all__ = ["emulator_version", "library_name", "write_emulator"]

_VERSION_DIGITS = 8
_LITERAL = frozenset(string.ascii_letters + string.digits + " _-+.,:;()[]<>=")

# Template and the file it becomes, where `{}` is the name of the algorithm.
_FILES = {
    "emulator.cpp": "emulator.cpp",
    "layout.h": "layout.h",
    "conversions.h": "conversions.h",
    "model.h": "model.h",
    "contract.h": "include/emulator.h",
    "c_interface.h": "{}_emulator.h",
    "wrapper.py": "{}_emulator.py",
    "loader.cpp": "loader.cpp",
    "exports.map": "exports.map",
    "Makefile": "Makefile",
    "README.md": "README.md",
}


def emulator_version(trigger: TriggerAlgorithm) -> str:
    """Give what library and C++ namespace are named by: the first digits of the trigger's digest."""
    return trigger_digest(trigger)[:_VERSION_DIGITS]


def library_name(trigger: TriggerAlgorithm) -> str:
    """Name the shared library of an algorithm; CMSSW opens it by this name without its ending."""
    return f"{project_name(trigger.name)}_{emulator_version(trigger)}.so"


def write_emulator(trigger: TriggerAlgorithm, *, target: HlsTarget, folder: Path) -> None:
    """Write the emulator package of an algorithm.

    Args:
        trigger: The algorithm.
        target: What its HLS project is built for; the ports are those of its interface.
        folder: The folder to make, `firmware/<name>/emulator`. It compiles the HLS project in `../hls` and
            is tested with `../vectors`.

    Raises:
        NotExactError: If an input has values that its 32-bit integers do not hold, or the ports of the
            target do not hold the inputs.
    """
    _check_range(trigger.layout)
    ports = input_ports(trigger.layout, target.interface)
    name, words = project_name(trigger.name), _words(trigger, ports)
    (folder / "include").mkdir(parents=True)
    for template, file in _FILES.items():
        text = (files(__package__) / "templates" / "emulator" / template).read_text(encoding="utf-8")
        for word, value in words.items():
            text = text.replace(f"@{word}@", value)
        (folder / file.format(name)).write_text(text, encoding="utf-8")


def _check_range(layout: InputLayout) -> None:
    limits = np.iinfo(np.int32)
    for field in layout.fields:
        if field.raw_min < limits.min or field.raw_max > limits.max:
            raise NotExactError(
                f"input {field.name!r} of layout {layout.name!r} has hardware integers from {field.raw_min} to "
                f"{field.raw_max}; the emulator library takes them in 32 bits"
            )


def _words(trigger: TriggerAlgorithm, ports: InputPorts) -> dict[str, str]:
    """Give the templates their words. People's own are in C++ string literals and nowhere else."""
    name, version = project_name(trigger.name), emulator_version(trigger)
    accepts = list(accept_ports(trigger.thresholds).values())
    mean, score = stored_type(trigger.network.output_type), trigger.score.result
    thresholds = (f"{{{_literal(one)}, {raw}}}" for one, raw in trigger.thresholds.items())
    is_ugt = ports.interface is Interface.UGT
    one_output = f"| `std::pair<{mean}, {score}>` | the output of the network and score |\n"
    return {
        "NAME": name,
        "NETWORK": network_name(trigger.name),
        "VERSION": version,
        "NAMESPACE": f"l1ad_{name}_{version}",
        "GIVEN_NAME": _literal(trigger.name),
        "N_INPUTS": str(trigger.layout.n_inputs),
        "N_PORTS": str(len(ports.ports)),
        "N_ACCEPTS": str(len(accepts)),
        "N_OUTPUTS": str(trigger.network.n_outputs),
        "INPUTS": "\n".join(_input_rows(trigger.layout, ports)),
        "PORTS": "\n".join(f"    {{{_literal(port.name)}, {port.width}}}," for port in ports.ports),
        "THRESHOLDS": f"{{{', '.join(thresholds)}}}" if accepts else "",
        "INPUT_DECLARATIONS": _lines(bench_declarations(ports)),
        "INPUT_ARGUMENTS": bench_arguments(ports, "x"),
        "OUTPUT_ARGUMENTS": ", ".join(["score", *accepts]),
        "ACCEPT_DECLARATIONS": _lines(f"ap_uint<1> {port};" for port in accepts),
        "ACCEPT_RESULTS": _lines(f"found.accepted[{i}] = {port}.to_bool();" for i, port in enumerate(accepts)),
        "ACCEPT_OUTPUTS": _lines(f"*out++ = {port}.to_int64();" for port in accepts),
        "PORT_WORDS": "those of the global trigger"
        if is_ugt
        else "hardware integers in the bits of their ports",
        "MEAN": str(mean),
        "SCORE": str(score),
        "ONE_OUTPUT": one_output if trigger.network.n_outputs == 1 else "",
    }


def _input_rows(layout: InputLayout, ports: InputPorts) -> Iterator[str]:
    """Write the table of inputs: name, range, step of the GeV convention, and the bits that each is."""
    for field, one in zip(layout.fields, ports.slices, strict=True):
        step = float(field.lsb) if field.unit == "GeV" else 1.0
        bits = (
            "-1, 0, 0, false"
            if one is None
            else f"{one.port}, {one.low}, {one.width}, {str(one.signed).lower()}"
        )
        yield f"    {{{_literal(field.name)}, {field.raw_min}, {field.raw_max}, {step!r}, {bits}}},"


def _lines(statements: Iterable[str]) -> str:
    return "\n".join(f"    {one}" for one in statements)


def _literal(text: str) -> str:
    """Write any text as a C++ string literal: quotes, line breaks, trigraphs and placeholders as octal digits.

    Raises:
        NotExactError: If it holds a NUL, which would end the string.
    """
    if "\0" in text:
        raise NotExactError(f"the name {text!r} holds a NUL, which no C string can; rename it")
    safe = (chr(byte) if chr(byte) in _LITERAL else f"\\{byte:03o}" for byte in text.encode())
    return f'"{"".join(safe)}"'
