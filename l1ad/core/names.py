"""Names from people, made safe for C++ and for files."""

import re
from collections.abc import Iterable

from l1ad.core.errors import NotExactError

__all__ = ["accept_ports", "check_identifier", "cpp_identifier", "network_name", "project_name", "top_name"]

# ISO C++20 [lex.key] and alternative tokens.
_RESERVED = frozenset(
    """
    alignas alignof and and_eq asm auto bitand bitor bool break case catch char char8_t char16_t char32_t
    class compl concept const consteval constexpr constinit const_cast continue co_await co_return co_yield
    decltype default delete do double dynamic_cast else enum explicit export extern false float for friend
    goto if inline int long mutable namespace new noexcept not not_eq nullptr operator or or_eq private
    protected public register reinterpret_cast requires return short signed sizeof static static_assert
    static_cast struct switch template this thread_local throw true try typedef typeid typename union
    unsigned using virtual void volatile wchar_t while xor xor_eq
    """.split()  # noqa: SIM905 -- a list of a hundred strings would be a page
)

_LONGEST = 64


def cpp_identifier(name: str) -> str:
    """Turn any name into a C++ identifier that is also a safe file name.

    Everything but ASCII letters, digits and `_` becomes `_`; a leading digit, a keyword and an empty
    name get a prefix. Double underscores, which C++ reserves, are merged.

    Raises:
        ValueError: If no letter or digit is left to tell the name by, or it is longer than a file name bears.
    """
    safe = re.sub(r"_+", "_", re.sub(r"[^0-9A-Za-z]", "_", name)).strip("_")
    if not safe:
        raise ValueError(f"{name!r} has no letter or digit to name a C++ function by, e.g. 'axo_demo'")
    if len(safe) > _LONGEST:
        raise ValueError(f"{name[:20]!r}... is {len(name)} characters long; a name may have {_LONGEST}")
    return f"ad_{safe}" if safe[0].isdigit() or safe in _RESERVED else safe


def check_identifier(name: str, what: str) -> None:
    """Refuse a name that could not stand in C++ as it is.

    Raises:
        ValueError: If `name` is not an identifier of ASCII letters, digits and `_`, or is a keyword.
    """
    if not re.fullmatch(r"[A-Za-z][0-9A-Za-z_]*", name) or name in _RESERVED:
        raise ValueError(f"{what} {name!r} is not a C++ identifier such as 'dense_1'")


def project_name(name: str) -> str:
    """Name the firmware folder of an algorithm, and what the names of its C++ and Verilog begin with."""
    return cpp_identifier(name)


def top_name(name: str) -> str:
    """Name the top level of an algorithm and its files.

    The ending keeps any name a person gives apart from the C library and from the project's own files.
    """
    return f"{cpp_identifier(name)}_top"


def network_name(name: str) -> str:
    """Name the network of an algorithm and its files."""
    return f"{cpp_identifier(name)}_network"


def accept_ports(thresholds: Iterable[str]) -> dict[str, str]:
    """Name the accept port of each threshold.

    Raises:
        NotExactError: If two thresholds would share a port, e.g. 'a b' and 'a-b'.
    """
    ports = {name: f"accept_{cpp_identifier(name)}" for name in thresholds}
    if len(set(ports.values())) != len(ports):
        raise NotExactError(f"thresholds {', '.join(ports)} would share an accept port; rename one")
    return ports
