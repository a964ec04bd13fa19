"""Import of an hls4ml project: the network that its C++ computes, integer for integer."""

import re
from collections.abc import Callable
from pathlib import Path

from l1ad.core.network import FrozenNetwork
from l1ad.core.tensor import TensorType
from l1ad.exchange.hls4ml.chain import Call, Chain, same_values
from l1ad.exchange.hls4ml.images import (
    add_conv1d,
    add_conv2d,
    add_global_pooling1d,
    add_global_pooling2d,
    add_pooling1d,
    add_pooling2d,
)
from l1ad.exchange.hls4ml.layers import (
    add_dense,
    add_linear,
    add_normalize,
    add_relu,
    add_thresholded_relu,
)
from l1ad.exchange.hls4ml.reading import read_source
from l1ad.exchange.hls4ml.source import Hls4mlSource, Port
from l1ad.exchange.hls4ml.statements import add_written
from l1ad.exchange.hls4ml.text import shortened, split_arguments
from l1ad.exchange.imported import Imported, ModelFileError

__all__ = ["network_from_hls4ml"]

_Handler = Callable[[Call, Chain], None]

_KNOWN: dict[str, tuple[_Handler, int]] = {
    "conv_1d_cl": (add_conv1d, 4),
    "conv_2d_cl": (add_conv2d, 4),
    "dense": (add_dense, 4),
    "global_pooling1d_cl": (add_global_pooling1d, 2),
    "global_pooling2d_cl": (add_global_pooling2d, 2),
    "linear": (add_linear, 2),
    "normalize": (add_normalize, 4),
    "pointwise_conv_1d_cl": (add_conv1d, 4),
    "pointwise_conv_2d_cl": (add_conv2d, 4),
    "pooling1d_cl": (add_pooling1d, 2),
    "pooling2d_cl": (add_pooling2d, 2),
    "relu": (add_relu, 2),
    "thresholded_relu": (add_thresholded_relu, 3),
}
"""What each function adds, and how many arguments it takes; the last of those that are arrays is its result."""

_CALL = re.compile(r"(?:(?P<space>\w+)::)?(?P<function>\w+) ?<(?P<templates>.*)> ?\((?P<arguments>[^()]*)\)$")
_LOCAL = re.compile(r"(?P<type>[\w:]+) (?P<name>\w+) ?\[(?P<size>[^\[\]]+)\]$")
_ALIAS = re.compile(r"[\w:]+ ?[&*] ?(?P<name>\w+) ?= ?(?P<of>\w+)$")


def network_from_hls4ml(folder: Path) -> Imported:
    """Read the network of an hls4ml project for Vivado or Vitis, `io_parallel`, hls4ml 0.6 to 1.3.

    Dense layers, convolutions, poolings, ReLU, casts, batch normalisation and HGQ's quantizers are read, one
    after the other. A cast that C++ does between accumulator and result becomes a layer of its own.

    Args:
        folder: The project, its `firmware` folder, or `firmware/<name>` written by `l1ad build`.

    Returns:
        The network, and a note for every constant that C++ rounds.

    Raises:
        ModelFileError: If files are missing or not whole, or for anything that is not known; it is named.
        NotExactError: If sums are wider than is emulated.
    """
    source = read_source(folder)
    try:
        return _network(source)
    except ValueError as error:
        raise ModelFileError(f"{source.root}: {error}") from None


def _network(source: Hls4mlSource) -> Imported:
    arrays, calls = _statements(source)
    first, last = _ports(source)
    n_inputs, input_type = source.number(first.size), source.fixed(first.type_name)
    chain, current = Chain(input_type, n_inputs), first.name
    for call in calls:
        handler, result, result_type = _meaning(call)
        if call.arguments[0] != current:
            raise call.refused(f"it reads {call.arguments[0]}, not {current} before it; only chains are read")
        _check_type(call, call.templates[0], arrays, current)
        _check_type(call, result_type, arrays, result)
        handler(call, chain)
        chain.declared = source.fixed(result_type)
        current = result
    if current != last.name:
        raise ModelFileError(f"{source.root}: the last layer gives {current}, not the output {last.name}")
    if source.number(last.size) != chain.n:
        raise ModelFileError(f"{source.root}: output {last.name}[{last.size}] is given {chain.n} values")
    if chain.given.is_uniform and not same_values(chain.given.types[0], chain.declared):
        chain.append_cast("output", chain.declared)
    network = FrozenNetwork(
        n_inputs=n_inputs, input_type=TensorType.uniform(input_type), layers=tuple(chain.layers)
    )
    return Imported(network=network, notes=tuple(chain.notes))


def _ports(source: Hls4mlSource) -> tuple[Port, Port]:
    ports = source.function.ports
    if len(ports) != 2:
        names = ", ".join(port.name for port in ports)
        raise ModelFileError(
            f"{source.root}: {source.function.name} has {len(ports)} ports ({names}); one input "
            "and one output are read, and no weights in block RAM"
        )
    return ports[0], ports[1]


def _statements(source: Hls4mlSource) -> tuple[dict[str, str], list[Call]]:
    """Sort the statements: types of arrays by name, and calls, with arrays by their first names."""
    arrays = {port.name: port.type_name for port in source.function.ports}
    aliases: dict[str, str] = {}
    calls: list[Call] = []
    for one in source.function.statements:
        if one.body is None and (local := _LOCAL.match(one.head)):
            arrays[local["name"]] = local["type"]
        elif one.body is None and (alias := _ALIAS.match(one.head)):
            aliases[alias["name"]] = aliases.get(alias["of"], alias["of"])
        elif one.body is None and (called := _CALL.match(one.head)):
            calls.append(_call(source, one.head, called, aliases))
        else:
            raise ModelFileError(
                f"{source.root}: {source.function.name}: {shortened(one.head)!r} is not understood"
            )
    return arrays, calls


def _call(source: Hls4mlSource, text: str, called: re.Match[str], aliases: dict[str, str]) -> Call:
    templates = tuple(split_arguments(called["templates"]))
    number = re.search(r"\d+$", templates[-1]) if templates else None
    plain = f"{called['function']}{f'_{number[0]}' if number else ''}"
    return Call(
        source=source,
        function=called["function"],
        templates=templates,
        arguments=tuple(aliases.get(name, name) for name in split_arguments(called["arguments"])),
        name=source.layer_names.get("".join(text.split()), plain),
    )


def _meaning(call: Call) -> tuple[_Handler, str, str]:
    """Find what a call adds, the array it writes, and the type of that.

    Raises:
        ModelFileError: For a function that is not known.
    """
    n_templates, n_arguments = len(call.templates), len(call.arguments)
    if "_da_" in call.function:
        raise call.refused("distributed arithmetic is not read; build with strategy latency or resource")
    if (n_templates, n_arguments) == (2, 2) and call.templates[1] not in call.source.configs:
        # A function that was written for this layer, whatever its name.
        return add_written, call.arguments[1], call.templates[1]
    if call.function not in _KNOWN:
        raise call.refused(f"this function is not known; known are {', '.join(_KNOWN)}")
    handler, wanted = _KNOWN[call.function]
    if n_arguments != wanted or n_templates not in ((3, 4) if handler is add_thresholded_relu else (3,)):
        raise call.refused(
            f"it has {n_templates} template arguments and {n_arguments} arguments, unlike hls4ml's"
        )
    return handler, call.arguments[2 if wanted == 3 else 1], call.templates[-2]


def _check_type(call: Call, type_name: str, arrays: dict[str, str], array: str) -> None:
    """Refuse an array that is not declared, or of another type than the call says, which C++ would as well."""
    if array not in arrays:
        raise call.refused(f"array {array!r} is not declared")
    said, declared = call.source.fixed(type_name), call.source.fixed(arrays[array])
    if said != declared:
        raise call.refused(f"array {array!r} is of {declared}, but the call says {said}")
