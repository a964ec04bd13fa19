"""Groups of nodes that mean one thing: casts as our exports write them, quantisers in ONNX's own terms."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from l1ad.exchange.imported import ModelFileError
from l1ad.exchange.qonnx.formats import Scalars, dequantised_spec
from l1ad.exchange.qonnx.order import spread
from l1ad.exchange.qonnx.read import Node
from l1ad.exchange.qonnx.state import State

__all__ = ["Readers", "is_half_step", "read_branches", "read_linear_quantiser"]


class Readers:
    """Who reads each tensor."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self._of: dict[str, list[Node]] = defaultdict(list)
        for node in nodes:
            for name in dict.fromkeys(node.inputs):
                self._of[name].append(node)

    def of(self, tensor: str) -> list[Node]:
        """List the nodes that read a tensor."""
        return self._of.get(tensor, [])

    def only(self, node: Node) -> Node:
        """Give the one node that reads a node's result."""
        following = self.of(node.outputs[0])
        if len(following) != 1:
            raise ModelFileError(f"{node}: is read by {len(following)} nodes; only chains are imported")
        return following[0]


def is_half_step(node: Node, readers: Readers, state: State) -> bool:
    """Tell whether an addition is half a step before a Quant that rounds down or up, and no bias.

    As a bias it would give the same integers after the Quant, but others before.
    """
    modes = {"Add": "FLOOR", "Sub": "CEIL"}
    arrays = state.constants.arrays
    if node.op not in modes or node.inputs[0] in arrays:
        return False
    after = node
    while after is node or after.op in ("Max", "Min", "Clip"):
        following = readers.of(after.outputs[0])
        if len(following) != 1:
            return False
        after = following[0]
    if after.op not in ("Quant", "IntQuant") or after.word("rounding_mode", "ROUND").upper() != modes[node.op]:
        return False
    half, scale = (arrays.get(name) for name in (node.inputs[1], after.inputs[1]))
    return half is not None and scale is not None and bool(np.all(half * 2 == scale))


def read_linear_quantiser(node: Node, readers: Readers, state: State) -> None:
    """Read QuantizeLinear, perhaps Clip, DequantizeLinear as one quantiser."""
    clip, after = None, readers.only(node)
    if after.op == "Clip":
        clip, after = after, readers.only(after)
    if after.op != "DequantizeLinear":
        raise ModelFileError(
            f"{after}: computes on integers; after QuantizeLinear only Clip and DequantizeLinear may stand"
        )
    spec = dequantised_spec(node, clip, after, state.constants.arrays, state.index.ndim + 1)
    state.quantise(node, spec, after.outputs[0])


def read_branches(following: list[Node], readers: Readers, state: State) -> None:
    """Read what several nodes make of one tensor: a wrap or a limit to zero, as our exports write them.

    Raises:
        ModelFileError: If they are anything else.
    """
    if not _wrap(following, readers, state) and not _zeroed(following, readers, state):
        names = ", ".join(str(node) for node in following)
        raise ModelFileError(f"tensor {state.tensor!r} is read by {names}; only chains are imported")


def _wrap(following: list[Node], readers: Readers, state: State) -> bool:
    """Read x - floor((x - low) * (1 / span)) * span."""
    arrays = state.constants.arrays
    chain = [node for node in following if node.op == "Sub" and node.inputs[0] == state.tensor]
    lows = [node for node in chain if node.inputs[1] in arrays]
    if len(following) != 2 or len(chain) != 2 or len(lows) != 1:
        return False
    nodes = [lows[0]]
    for op in ("Mul", "Floor", "Mul"):
        nodes.append(readers.only(nodes[-1]))
        if nodes[-1].op != op:
            return False
    last = readers.only(nodes[-1])
    if last not in chain or last.inputs != (state.tensor, nodes[-1].outputs[0]):
        return False
    low, inverse, span = (_operand(node, state) for node in (nodes[0], nodes[1], nodes[3]))
    wraps = inverse != 0
    if (np.where(wraps, inverse * span, 1) != 1).any():
        raise ModelFileError(f"{last}: takes off multiples of another number than it divides by")
    state.settle_relu(last)
    state.pending = replace(state.pending, wrap=(low, np.where(wraps, span, 0)))
    state.tensor = last.outputs[0]
    return True


def _zeroed(following: list[Node], readers: Readers, state: State) -> bool:
    """Read Where(x == Max(Min(x, high), low), x, 0)."""
    by_op = {node.op: node for node in following}
    least, equal, where = (by_op.get(op) for op in ("Min", "Equal", "Where"))
    if len(following) != 3 or least is None or equal is None or where is None:
        return False
    most, arrays = readers.only(least), state.constants.arrays
    tied = (
        most.op == "Max"
        and set(equal.inputs) == {state.tensor, most.outputs[0]}
        and where.inputs[:2] == (equal.outputs[0], state.tensor)
        and where.inputs[2] in arrays
        and not arrays[where.inputs[2]].any()
    )
    if not tied or state.pending.zeroed is not None:
        return False
    low, high = _operand(most, state), _operand(least, state)
    if state.pending.wrap is None:  # of one tensor, some elements may wrap and others become zero
        state.settle_relu(where)
    state.pending = replace(state.pending, zeroed=(low, high))
    state.tensor = where.outputs[0]
    return True


def _operand(node: Node, state: State) -> Scalars:
    constant, _ = state.operand(node)
    return spread(constant.astype(np.float64), state.index.shape, node)
