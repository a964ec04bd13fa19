"""A layer of hls4ml whose C++ l1ad writes, statement by statement: hls4ml's extension interface.

Imports hls4ml, so it is imported where a graph is made and nowhere else.
"""

from typing import Any

from hls4ml.backends import get_backend
from hls4ml.backends.template import FunctionCallTemplate
from hls4ml.model.attributes import Attribute
from hls4ml.model.layers import Layer, layer_map, register_layer
from hls4ml.model.types import Source

from l1ad.hls.layers import WRITTEN_LAYER

__all__ = ["register_written_layer"]

_FUNCTION = """\

// {name}
template <class data_T, class res_T> void {function}(data_T data[{n_in}], res_T res[{n_out}]) {{
    #pragma HLS INLINE
    {statements}
}}
"""


def register_written_layer(backend: str) -> None:
    """Teach hls4ml the layer, once in a process."""
    if WRITTEN_LAYER not in layer_map:
        register_layer(WRITTEN_LAYER, L1adWritten)
        get_backend(backend).register_template(_Call)


class L1adWritten(Layer):  # type: ignore[misc]  # hls4ml has no types
    """A layer that is its statements: C++ from `data` (flat, channels last) to `res`.

    Its result has the attribute `shape`, or without it that of its input.
    """

    _expected_attributes = (Attribute("statements", value_type=list),)

    def initialize(self) -> None:
        """Declare the output and hand the function over to be written beside hls4ml's generated code."""
        self.add_output_variable(self.get_attr("shape") or self.get_input_variable().shape)
        code = _FUNCTION.format(
            name=self.name,
            function=_function(self),
            n_in=self.get_input_variable().size(),
            n_out=self.get_output_variable().size(),
            statements="\n    ".join(self.get_attr("statements")),
        )
        self.set_attr("written_codegen", Source(code))


class _Call(FunctionCallTemplate):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__(L1adWritten, include_header=[])

    def format(self, node: Any) -> str:
        """Write the call; the function stands in the namespace of the network."""
        given, result = node.get_input_variable(), node.get_output_variable()
        arguments = f"{given.type.name}, {result.type.name}>({given.name}, {result.name})"
        return f"{_function(node)}<{arguments};"


def _function(layer: Any) -> str:
    return f"written_{layer.index}"
