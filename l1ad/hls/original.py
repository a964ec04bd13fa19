"""The original C++ of an hls4ml project, compiled and run as it is: what an imported network must equal."""

import importlib.util
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import ToolError
from l1ad.core.fixed import FixedType
from l1ad.core.program import outputs_of_blocks, run_program
from l1ad.core.tensor import TensorType

__all__ = ["original_network", "original_outputs"]

COMPILE_SECONDS = 600
BLOCK_EVENTS = 20_000

Run = Callable[[NDArray[np.int64]], NDArray[np.int64]]

_FOLDERS = (".", "firmware", "hls/network", "network", "NN")
_PROTOTYPE = re.compile(r"\bvoid\s+(?P<name>\w+)\s*\((?P<ports>[^()]*(?:\([^()]*\)[^()]*)*)\)\s*;")
_PORT = re.compile(r"^(?:const\s+)?(?P<type>[\w:]+)\s+(?P<name>\w+)\s*\[(?P<size>[^\[\]]+)\]$")
_SIZE_PORT = re.compile(r"unsigned short\s*&\s*const_size_(?:in|out)_\d+")
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/|^[ \t]*#[^\n]*", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Project:
    """Where the sources lie, and the network's function: name, namespaces, C++ of its two types and sizes.

    With hls4ml 0.6 and before it has ports that tell the sizes.
    """

    root: Path
    name: str
    namespaces: tuple[str, ...]
    types: tuple[str, str]
    sizes: tuple[str, str]
    n_size_ports: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Interface:
    """What the compiled driver says of the network: sizes, and types of input and output."""

    n_inputs: int
    n_outputs: int
    given: FixedType
    result: FixedType


def original_outputs(
    folder: Path, inputs_raw: NDArray[np.int64], *, input_type: TensorType, output_type: TensorType
) -> NDArray[np.int64]:
    """Run the original network on scaled inputs.

    Args:
        folder: The hls4ml project, its `firmware` folder, or one that `l1ad build` wrote.
        inputs_raw: Raw integers of shape (n_events, n_inputs), in units of the input type.
        input_type: Number format(s) of the inputs.
        output_type: Number format(s) that the outputs are told in.

    Returns:
        Raw integers of shape (n_events, n_outputs), in units of the output type.

    Raises:
        ToolError: If there is no compiler, the C++ does not compile or fails, or its types are others.
    """
    with original_network(folder, input_type=input_type, output_type=output_type) as run:
        return run(inputs_raw)


@contextmanager
def original_network(folder: Path, *, input_type: TensorType, output_type: TensorType) -> Iterator[Run]:
    """Compile the original network and give the function that runs it; see `original_outputs`.

    The C++ is compiled with the headers it carries, else with those of the installed hls4ml, in a
    temporary folder: nothing is written into the project.
    """
    project = _project(folder)
    with tempfile.TemporaryDirectory(prefix="l1ad-original-") as scratch:
        executable = _compiled(project, Path(scratch))
        interface = _interface(executable)
        for what, said, wanted in (
            ("inputs", interface.given, input_type), ("outputs", interface.result, output_type),
        ):  # fmt: skip
            _check_type(project, what, said, wanted)

        def run(inputs_raw: NDArray[np.int64]) -> NDArray[np.int64]:
            words = _words(project, interface, inputs_raw, input_type.fraction)
            # hls4ml's C++ goes on after a text file with too few weights, and only says so.
            blocks = outputs_of_blocks(
                [str(executable)], words, dtype=np.int64, block_events=BLOCK_EVENTS, errors_are_faults=True
            )
            results = np.concatenate([np.empty(0, dtype=np.int64), *(values for _, values in blocks)])
            results = results.reshape(len(words), interface.n_outputs)
            return _rescaled(results, interface.result.fraction, output_type.fraction, "outputs")

        yield run


def _project(folder: Path) -> _Project:
    """Find the sources and the one function that hls4ml declares in the header of its own name."""
    roots = [folder / name for name in _FOLDERS if (folder / name / "parameters.h").is_file()]
    sources = [path for path in sorted(roots[0].glob("*.cpp")) if _is_network(path)] if roots else []
    headers = [path.with_suffix(".h") for path in sources]
    found = []
    for header in headers:
        text = header.read_text(encoding="utf-8", errors="replace") if header.is_file() else ""
        plain = _COMMENT.sub(" ", text)
        match = next((one for one in _PROTOTYPE.finditer(plain) if one["name"] == header.stem), None)
        if match is not None:
            found.append((header, match, tuple(re.findall(r"\bnamespace\s+([\w:]+)\s*\{", plain))))
    if len(found) != 1:
        names = ", ".join(header.stem for header, _, _ in found) or "none"
        raise ToolError(
            f"{folder}: one C++ file of nnet:: layers with a header that declares a function of its name "
            f"is wanted, as hls4ml writes it; found {names}"
        )
    header, match, namespaces = found[0]
    said = [port.strip() for port in match["ports"].split(",")]
    ports = [_PORT.match(port) for port in said if not _SIZE_PORT.fullmatch(port)]
    if len(ports) != 2 or ports[0] is None or ports[1] is None:
        raise ToolError(f"{header}: {match['name']} is no network of one input array and one output array")
    given, result = ports[0], ports[1]
    return _Project(
        root=header.parent.resolve(),
        name=header.stem,
        namespaces=namespaces,
        types=(given["type"], result["type"]),
        sizes=(given["size"], result["size"]),
        n_size_ports=len(said) - len(ports),
    )


def _is_network(path: Path) -> bool:
    text = path.read_text(encoding="utf-8", errors="replace")
    return "parameters.h" in text and "nnet::" in text


def _compiled(project: _Project, scratch: Path) -> Path:
    """Write a driver and compile it with the project's own sources."""
    if shutil.which("g++") is None:
        raise ToolError("g++ was not found on PATH; C simulation needs it (Debian: apt install g++)")
    words = {
        "NAME": project.name,
        "USING": "\n".join(f"using namespace {name};" for name in project.namespaces),
        "INPUT": project.types[0],
        "OUTPUT": project.types[1],
        "N_INPUTS": project.sizes[0],
        "N_OUTPUTS": project.sizes[1],
        "SIZE_PORTS": "".join(f", sizes[{k}]" for k in range(project.n_size_ports)),
        "N_SIZE_PORTS": str(max(project.n_size_ports, 1)),
    }
    text = _template("original.cpp")
    for word, value in words.items():
        text = text.replace(f"@{word}@", value)
    (scratch / "driver.cpp").write_text(text, encoding="utf-8")
    weights = str(project.root / "weights").replace("\\", "\\\\").replace('"', '\\"')
    command = ["g++", "-O1", "-std=c++17", "-w", f'-DWEIGHTS_DIR="{weights}"']
    headers = _hls4ml_headers()
    if not (project.root / "nnet_utils" / "nnet_dense.h").is_file():
        if not headers:
            raise ToolError(
                f"{project.root}: no nnet_utils here, and hls4ml is not installed, whose headers would do"
            )
        (scratch / "original_kernels.h").write_text(_template("original_kernels.h"), encoding="utf-8")
        command += ["-include", "original_kernels.h"]
    command += [f"-I{path}" for path in (".", project.root, project.root / "ap_types", *headers)]
    sources = [project.root / f"{project.name}.cpp"]
    if (project.root / "weights.cpp").is_file():  # where emulators of experiments keep them
        sources.append(project.root / "weights.cpp")
    run_program([*command, "-o", "driver", "driver.cpp", *map(str, sources)], scratch, seconds=COMPILE_SECONDS)
    return scratch / "driver"


def _template(name: str) -> str:
    return (files(__package__) / "templates" / name).read_text(encoding="utf-8")


def _hls4ml_headers() -> tuple[Path, ...]:
    """Find the headers of the installed hls4ml, without importing it."""
    found = importlib.util.find_spec("hls4ml")
    if found is None or found.origin is None:
        return ()
    templates = Path(found.origin).parent / "templates" / "vivado"
    return (templates, templates / "ap_types")


def _interface(executable: Path) -> _Interface:
    said = run_program(
        [str(executable), "--interface"], executable.parent, seconds=COMPILE_SECONDS, errors_are_faults=True
    ).split()
    n_inputs, n_outputs, *types = (int(number) for number in said)
    given, result = (FixedType(width, integer, bool(sign)) for width, integer, sign in (types[:3], types[3:]))
    return _Interface(n_inputs=n_inputs, n_outputs=n_outputs, given=given, result=result)


def _check_type(project: _Project, what: str, said: FixedType, wanted: TensorType) -> None:
    """Refuse a network whose tensors are told in other types than the C++ has."""
    one = wanted.types[0]
    if wanted.is_uniform and (one.width, one.integer, one.signed) != (said.width, said.integer, said.signed):
        raise ToolError(f"{project.root}: {what} of the C++ are {said}, not {one}; was it imported from here?")


def _words(
    project: _Project, interface: _Interface, inputs_raw: NDArray[np.int64], fraction: int
) -> NDArray[np.int64]:
    """Tell inputs as the bits of the C++ type.

    Raises:
        ToolError: If events have another number of inputs, or values that the type does not hold.
    """
    if inputs_raw.ndim != 2 or inputs_raw.shape[1] != interface.n_inputs:
        raise ToolError(
            f"{project.root}: the C++ takes {interface.n_inputs} inputs; events of shape "
            f"{inputs_raw.shape} were given"
        )
    given = interface.given
    words = _rescaled(inputs_raw.astype(np.int64), fraction, given.fraction, "inputs")
    if words.size and not (given.holds_raw(int(words.min())) and given.holds_raw(int(words.max()))):
        raise ToolError(f"inputs from {words.min()} to {words.max()} (raw) lie outside {given} of the C++")
    return words


def _rescaled(raw: NDArray[np.int64], fraction: int, to: int, what: str) -> NDArray[np.int64]:
    """Tell raw integers in units of another fraction, exactly."""
    if to >= fraction:
        return raw << (to - fraction)
    if np.any(raw & ((1 << (fraction - to)) - 1)):
        raise ToolError(f"{what} hold bits below 2**-{to}, which the other side does not have")
    return raw >> (fraction - to)
