"""How Keras and QKeras write functions and quantisers down: as a string, as a call in a string, as a record."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from l1ad.exchange.imported import ModelFileError

__all__ = ["Spelling", "spelled"]

_SIGNATURES = {
    "quantized_bits": (
        "bits integer symmetric keep_negative alpha use_stochastic_rounding scale_axis qnoise_factor var_name "
        "use_ste use_variables elements_per_scale min_po2_exponent max_po2_exponent post_training_scale"
    ),
    "quantized_linear": (
        "bits integer symmetric keep_negative alpha use_stochastic_rounding scale_axis qnoise_factor var_name "
        "use_variables"
    ),
    "quantized_relu": (
        "bits integer use_sigmoid negative_slope use_stochastic_rounding relu_upper_bound is_quantized_clip "
        "qnoise_factor var_name use_ste use_variables"
    ),
    "quantized_po2": (
        "bits max_value use_stochastic_rounding quadratic_approximation log2_rounding qnoise_factor var_name "
        "use_ste use_variables"
    ),
    "quantized_relu_po2": (
        "bits max_value negative_slope use_stochastic_rounding quadratic_approximation log2_rounding "
        "qnoise_factor var_name use_ste use_variables"
    ),
}
"""Arguments in order, as in `quantizers.py` of QKeras 0.9.0 and qkeras-v3 1.2.1."""


@dataclass(frozen=True, slots=True)
class Spelling:
    """The name of a function or quantiser, with the arguments it was given.

    Attributes:
        name: E.g. `relu` or `quantized_bits`.
        arguments: By name.
        where: The layer and option it stands in, for messages.
    """

    name: str
    arguments: Mapping[str, Any]
    where: str

    def __str__(self) -> str:
        told = ", ".join(f"{name}={value!r}" for name, value in self.arguments.items() if value is not None)
        return f"{self.name}({told})"

    def whole(self, name: str, default: int) -> int:
        """Read an argument that must be a whole number; Keras may have written it as 8.0 or true."""
        value = self.number(name, default)
        if value != int(value):
            raise ModelFileError(f"{self.where}: {self} has {name}={value}; a whole number is wanted")
        return int(value)

    def number(self, name: str, default: float) -> float:
        """Read an argument that must be a finite number."""
        value = self.arguments.get(name, default)
        if isinstance(value, int | float) and abs(value) < 1e30:
            return value
        raise ModelFileError(f"{self.where}: {self} has {name}={value!r}; a number is wanted")

    def refuse_unless(self, name: str, *allowed: object, why: str) -> None:
        """Refuse any value of an argument but those that change nothing."""
        value = self.arguments.get(name, allowed[0])
        if value not in allowed:
            raise ModelFileError(f"{self.where}: {self.name} with {name}={value!r} is not imported: {why}")


def spelled(written: object, where: str) -> Spelling | None:
    """Read a function or quantiser in any of the forms that Keras files hold; None for none.

    Forms: `relu`; `quantized_relu(8,4)`; a record with class_name and config (Keras 2, Keras 3). Strings are
    parsed as Python literals; nothing is evaluated.

    Raises:
        ModelFileError: If it is none of these, or has an argument that QKeras does not.
    """
    if written is None:
        return None
    if isinstance(written, str):
        name, arguments = _call(written, where)
    elif isinstance(written, dict) and isinstance(written.get("class_name"), str):
        name, arguments = _record(written)
    else:
        raise ModelFileError(f"{where}: {written!r} is no function or quantiser that Keras would have written")
    signature = _SIGNATURES.get(name, "").split()
    unknown = [one for one in arguments if signature and one not in signature]
    if unknown:
        raise ModelFileError(f"{where}: {name} has no argument {unknown[0]!r}; it has {', '.join(signature)}")
    return Spelling(name, arguments, where)


def _record(written: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    name, config = str(written["class_name"]).rpartition(">")[2], written.get("config")
    if isinstance(config, str):  # a plain function: {"class_name": "function", "config": "relu"}
        return config, {}
    return name, config if isinstance(config, dict) else {}


def _call(text: str, where: str) -> tuple[str, dict[str, Any]]:
    try:
        tree = ast.parse(text.strip(), mode="eval").body
        if isinstance(tree, ast.Name):
            return tree.id, {}
        if not isinstance(tree, ast.Call) or not isinstance(tree.func, ast.Name):
            raise ValueError("not a call of a plain name")
        given = [ast.literal_eval(one) for one in tree.args]
        signature = _SIGNATURES[tree.func.id].split() if tree.func.id in _SIGNATURES else list(map(str, given))
        if len(given) > len(signature):
            raise ValueError(f"{tree.func.id} takes {len(signature)} arguments")
        arguments = dict(zip(signature, given, strict=False))
        for keyword in tree.keywords:
            if keyword.arg is None or keyword.arg in arguments:
                raise ValueError("an argument is given twice")
            arguments[keyword.arg] = ast.literal_eval(keyword.value)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as fault:
        raise ModelFileError(
            f"{where}: {text!r} is not a quantiser such as 'quantized_bits(6,0,alpha=1)' ({fault})"
        ) from None
    return tree.func.id, arguments
