"""Number formats in C++: the one type of a tensor's array, and casts of single elements."""

from l1ad.core.fixed import FixedType
from l1ad.core.tensor import TensorType, covering_type

__all__ = ["cast_to", "stored_type"]


def stored_type(tensor: TensorType) -> FixedType:
    """Find the type of the C++ array that holds every element of a tensor exactly.

    An array has one type. Where elements have types of their own, what writes them casts each to its
    own type; bits that an element cannot use are constants there, and synthesis removes them.
    """
    return tensor.types[0] if tensor.is_uniform else covering_type(tensor.types)


def cast_to(one: FixedType, value: str) -> str:
    """Write the C++ that casts a value to an element's type; C++ has no type without bits."""
    return f"{one}({value})" if one.width else "0"
