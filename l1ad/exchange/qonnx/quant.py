"""The operator `Quant` of QONNX: what it computes, said once for every program that reads our graphs.

`Quant(x, scale, zeropt, bitwidth)` divides by the scale, adds the zero point, clamps to the range of the
bits, rounds, and goes back (`int_quant` of qonnx 1.0.0). qonnx brings its own implementation; ONNX Runtime
knows none and takes the function written here from standard operators, which travels in the file.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from l1ad.core.fixed import Rounding

if TYPE_CHECKING:
    from onnx import FunctionProto, GraphProto, NodeProto

__all__ = ["DOMAIN", "DOMAIN_VERSION", "OPSET", "QUANT_OF_ROUNDING", "ROUNDING_OF_QUANT", "quant_function"]

DOMAIN = "qonnx.custom_op.general"
DOMAIN_VERSION = 1
OPSET = 19  # the first in which Equal compares strings, and the function reads its rounding mode by that

QUANT_OF_ROUNDING = {
    Rounding.TRN: "FLOOR",
    Rounding.TRN_ZERO: "DOWN",
    Rounding.RND_INF: "HALF_UP",
    Rounding.RND_ZERO: "HALF_DOWN",
    Rounding.RND_CONV: "ROUND",
}
"""Roundings that `Quant` has. RND is FLOOR after adding half a step, RND_MIN_INF CEIL after taking it off."""

ROUNDING_OF_QUANT = {**{mode: one for one, mode in QUANT_OF_ROUNDING.items()}, "HALF_EVEN": Rounding.RND_CONV}
"""Rounding modes of `Quant` that `ap_fixed` has. HALF_UP and HALF_DOWN mean away from and towards zero.

CEIL and UP, away from zero whatever the fraction, are in no `ap_q_mode`.
"""


def quant_function() -> "FunctionProto":
    """Write `Quant` in standard operators, for float32 tensors and a scalar bit width.

    Only one signed bit is left out: qonnx makes it -1 and +1, which no `ap_fixed` is, and no graph here asks.
    """
    from onnx import TensorProto, helper

    make = helper.make_node
    nodes = [
        _attribute("signed", "value_int"),
        _attribute("narrow", "value_int"),
        _attribute("rounding_mode", "value_string"),
        make("Constant", [], ["one"], value_int=1),
        # 2**bits by shifting a one: exact in integers, where a power of floats need not be.
        make("Cast", ["bitwidth"], ["bits"], to=TensorProto.INT64),
        make("Sub", ["bits", "signed"], ["magnitude_bits"]),
        make("Cast", ["magnitude_bits"], ["places"], to=TensorProto.UINT64),
        make("Cast", ["one"], ["unit"], to=TensorProto.UINT64),
        make("BitShift", ["unit", "places"], ["shifted"], direction="LEFT"),
        make("Cast", ["shifted"], ["span"], to=TensorProto.INT64),
        # Highest: span - 1, one less when unsigned and narrow. Lowest: -span, one more when narrow; or 0.
        make("Sub", ["one", "signed"], ["unsigned"]),
        make("Mul", ["unsigned", "narrow"], ["missing"]),
        make("Sub", ["span", "one"], ["last"]),
        make("Sub", ["last", "missing"], ["highest"]),
        make("Sub", ["narrow", "span"], ["signed_lowest"]),
        make("Mul", ["signed_lowest", "signed"], ["lowest"]),
        make("CastLike", ["highest", "x"], ["high"]),
        make("CastLike", ["lowest", "x"], ["low"]),
        make("Div", ["x", "scale"], ["steps"]),
        make("Add", ["steps", "zeropt"], ["moved"]),
        make("Max", ["moved", "low"], ["raised"]),
        make("Min", ["raised", "high"], ["q"]),
        *_rounding(),
        make("Sub", ["rounded", "zeropt"], ["whole"]),
        make("Mul", ["whole", "scale"], ["y"]),
    ]
    return helper.make_function(
        DOMAIN,
        "Quant",
        ["x", "scale", "zeropt", "bitwidth"],
        ["y"],
        nodes,
        [helper.make_opsetid("", OPSET)],
        attributes=["signed", "narrow", "rounding_mode"],
    )


def _attribute(name: str, kind: str) -> "NodeProto":
    """Make a constant of the value that an attribute has at the place of the call."""
    from onnx import AttributeProto, helper

    node = helper.make_node("Constant", [], [name])
    types = {"value_int": AttributeProto.INT, "value_string": AttributeProto.STRING}
    node.attribute.append(AttributeProto(name=kind, ref_attr_name=name, type=types[kind]))
    return node


_Body = Sequence[tuple[str, Sequence[str]]]

_BODIES: dict[str, _Body] = {
    "FLOOR": [("Floor", ["q"])],
    "CEIL": [("Ceil", ["q"])],
    "DOWN": [("Abs", ["q"]), ("Floor", ["Abs"]), ("Sign", ["q"]), ("Mul", ["Floor", "Sign"])],
    "UP": [("Abs", ["q"]), ("Ceil", ["Abs"]), ("Sign", ["q"]), ("Mul", ["Ceil", "Sign"])],
    "HALF_UP": [
        ("Abs", ["q"]), ("Add", ["Abs", "half"]), ("Floor", ["Add"]),
        ("Sign", ["q"]), ("Mul", ["Floor", "Sign"]),
    ],
    "HALF_DOWN": [
        ("Abs", ["q"]), ("Sub", ["Abs", "half"]), ("Ceil", ["Sub"]),
        ("Sign", ["q"]), ("Mul", ["Ceil", "Sign"]),
    ],
}  # fmt: skip
"""Operators and their inputs by rounding mode; each result is named by its operator."""


def _rounding() -> "list[NodeProto]":
    """Round `q` to `rounded` by the mode; a constant condition, so that runtimes keep one branch only."""
    from onnx import helper

    nodes = [
        helper.make_node("Constant", [], ["half_float"], value_float=0.5),
        helper.make_node("CastLike", ["half_float", "x"], ["half"]),
    ]
    chosen = [helper.make_node("Round", ["q"], ["to_even"])]
    for mode, body in _BODIES.items():
        result = "rounded" if mode == "HALF_DOWN" else f"unless_{mode}"
        chosen = [
            helper.make_node("Constant", [], [f"word_{mode}"], value_string=mode),
            helper.make_node("Equal", ["rounding_mode", f"word_{mode}"], [f"is_{mode}"]),
            helper.make_node(
                "If", [f"is_{mode}"], [result],
                then_branch=_branch(mode, _body(mode, body)), else_branch=_branch(f"not_{mode}", chosen),
            ),
        ]  # fmt: skip
    return nodes + chosen


def _body(mode: str, body: _Body) -> "list[NodeProto]":
    from onnx import helper

    outer = ("q", "half")
    return [
        helper.make_node(op, [one if one in outer else f"{mode}_{one}" for one in inputs], [f"{mode}_{op}"])
        for op, inputs in body
    ]


def _branch(name: str, nodes: "Sequence[NodeProto]") -> "GraphProto":
    from onnx import ValueInfoProto, helper

    return helper.make_graph(nodes, name, [], [ValueInfoProto(name=nodes[-1].output[0])])
