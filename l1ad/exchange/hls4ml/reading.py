"""Reading of an hls4ml project's files."""

import re
from pathlib import Path

from l1ad.exchange.hls4ml.source import STRUCT, Config, Constants, Function, Hls4mlSource, Port
from l1ad.exchange.hls4ml.text import Declaration, declarations, preprocessed, shortened, split_arguments
from l1ad.exchange.imported import ModelFileError

__all__ = ["find_sources", "read_source"]

_TYPEDEF = re.compile(r"typedef (?P<type>.+?) ?\b(?P<name>\w+)$")
_USING = re.compile(r"using (?P<name>\w+) ?= ?(?P<type>.+)$")
_TEMPLATE = re.compile(r"template ?<.*> ?using (?P<name>\w+) ?= ?(?P<of>[\w:]+) ?<")
_CONSTANT = re.compile(
    r"(?:static |const |constexpr |inline )+[\w:]+(?: int| long)* (?P<name>\w+) ?= ?(?P<value>.+)$"
)
_ARRAY = re.compile(
    r"(?P<words>(?:static |const |constexpr |inline |extern )*)"
    r"(?P<type>[\w:]+(?: ?<.*>)?) (?P<name>\w+) ?\[(?P<size>[^\[\]]*)\](?P<given> ?=)?$"
)
_STRUCT = re.compile(r"struct (?P<name>\w+)(?: ?: ?(?:public )?(?P<base>[\w:]+))?$")
_FUNCTION = re.compile(r"void (?P<name>\w+) ?\((?P<ports>.*)\)$")
_PORT = re.compile(r"(?:const )?(?P<type>[\w:]+(?: ?<.*>)?) (?P<name>\w+) ?\[(?P<size>[^\[\]]+)\]$")
_NAME = re.compile(r"(?P<call>[\w:]+\s*<[^;]*?>\s*\([^;()]*\))\s*;[ \t]*//[ \t]*(?P<name>\S[^\n]*)")
_LOADED = re.compile(r'load_weights_from_txt\s*<[^()]*>\s*\(\s*(\w+)\s*,\s*"([^"]+)"')

_SIZE_PORT = re.compile(r"unsigned short ?& ?const_size_(?:in|out)_\d+")
_SIZE_SET = re.compile(r"const_size_(?:in|out)_\d+ ?=")
"""Ports that tell the sizes of the others, as hls4ml 0.6 and before have them."""

_FOLDERS = (".", "firmware", "hls/network", "network", "NN")
"""Where the sources may lie: hls4ml's own layout, l1ad's, and that of emulators at experiments."""


def find_sources(folder: Path) -> tuple[Path, Path]:
    """Find the folder of the sources and the C++ file of the network.

    Args:
        folder: The hls4ml project, its `firmware` folder, or a folder that `l1ad build` wrote.

    Raises:
        ModelFileError: If there is no such project, or more than one network in it.
    """
    roots = [folder / name for name in _FOLDERS]
    root = next(
        (one for one in roots if (one / "defines.h").is_file() and (one / "parameters.h").is_file()), None
    )
    if root is None:
        raise ModelFileError(
            f"{folder}: no defines.h and parameters.h here or in firmware/; is it a folder that hls4ml wrote?"
        )
    sources = [path for path in sorted(root.glob("*.cpp")) if _is_network(path)]
    if len(sources) != 1:
        found = ", ".join(path.name for path in sources) or "none"
        raise ModelFileError(
            f"{root}: one C++ file that includes parameters.h and calls nnet:: layers is wanted; found {found}"
        )
    return root, sources[0]


def _is_network(path: Path) -> bool:
    text = path.read_text(encoding="utf-8", errors="replace")
    return re.search(r'#\s*include\s*"[^"]*parameters\.h"', text) is not None and "nnet::" in text


def read_source(folder: Path) -> Hls4mlSource:
    """Read an hls4ml project.

    Args:
        folder: As in `find_sources`.

    Raises:
        ModelFileError: If it is not whole or not written by hls4ml for Vivado or Vitis.
    """
    root, path = find_sources(folder)
    text, macros = preprocessed(path, root, defined=("__SYNTHESIS__",))
    found = list(declarations(text, str(path)))
    simulated, _ = preprocessed(path, root, defined=())
    return Hls4mlSource(
        root=root,
        function=_function(found, path),
        types=_types(found),
        numbers=macros | _numbers(found),
        configs={one.name: one for one in map(_config, found) if one is not None},
        arrays=_arrays(found, root, path),
        text_files=dict(_LOADED.findall(simulated)),
        layer_names=_layer_names(path),
    )


def _function(found: list[Declaration], path: Path) -> Function:
    """Find the function whose body calls layers."""
    networks = [
        (match, one.body)
        for one in found
        if one.body is not None and "nnet::" in one.body and (match := _FUNCTION.match(one.head))
    ]
    if len(networks) != 1:
        names = ", ".join(match["name"] for match, _ in networks) or "none"
        raise ModelFileError(f"{path}: one function that calls nnet:: layers is wanted; found {names}")
    match, body = networks[0]
    ports = tuple(
        _port(text, path) for text in split_arguments(match["ports"]) if not _SIZE_PORT.fullmatch(text)
    )
    statements = (one for one in declarations(body, str(path)) if not _SIZE_SET.match(one.head))
    return Function(match["name"], ports, tuple(statements))


def _port(text: str, path: Path) -> Port:
    match = _PORT.match(text)
    if "hls::stream" in text or match is None:
        kind = "an io_stream project; only io_parallel is read" if "stream" in text else "not an array"
        raise ModelFileError(f"{path}: port {shortened(text)!r} is {kind}")
    return Port(match["name"], match["type"], match["size"])


def _types(found: list[Declaration]) -> dict[str, str]:
    types: dict[str, str] = {}
    for one in found:
        match = _TYPEDEF.match(one.head) or _USING.match(one.head)
        if match is None:
            continue
        spelled = match["type"].strip() if one.body is None else STRUCT
        if types.setdefault(match["name"], spelled) != spelled:
            name, before = match["name"], types[match["name"]]
            raise ModelFileError(f"type {name!r} is defined twice: as {before} and as {spelled}")
    return types


def _numbers(found: list[Declaration]) -> dict[str, str]:
    matches = [_CONSTANT.match(one.head) for one in found if one.body is None]
    return {match["name"]: match["value"] for match in matches if match is not None}


def _config(one: Declaration) -> Config | None:
    match = _STRUCT.match(one.head)
    if match is None or one.body is None:
        return None
    inner = list(declarations(one.body, f"struct {match['name']}"))
    templates = [_TEMPLATE.match(item.head) for item in inner]
    return Config(
        name=match["name"],
        base=match["base"] or "",
        numbers=_numbers(inner),
        types=_types(inner),
        templates={found["name"]: found["of"] for found in templates if found is not None},
    )


def _arrays(found: list[Declaration], root: Path, path: Path) -> dict[str, Constants]:
    """Collect arrays with values; such as are only announced are looked for in the other C++ files."""
    arrays = _given_arrays(found)
    announced = [
        match["name"] for one in found if (match := _ARRAY.match(one.head)) and "extern" in match["words"]
    ]
    for other in sorted(root.glob("*.cpp")):
        if other != path and set(announced) - set(arrays):
            text, _ = preprocessed(other, root, defined=("__SYNTHESIS__",))
            arrays = _given_arrays(list(declarations(text, str(other)))) | arrays
    return arrays


def _given_arrays(found: list[Declaration]) -> dict[str, Constants]:
    arrays: dict[str, Constants] = {}
    for one in found:
        match = _ARRAY.match(one.head) if one.body is not None else None
        if match is not None and one.body is not None and match["given"]:
            arrays[match["name"]] = Constants(match["type"], match["size"], one.body)
    return arrays


def _layer_names(path: Path) -> dict[str, str]:
    text = path.read_text(encoding="utf-8", errors="replace")
    return {"".join(match["call"].split()): match["name"].strip() for match in _NAME.finditer(text)}
