"""Lines of µGT test-vector files: 60 fields of text into words and back, without a loop over events.

A line is a bunch crossing: [0] its number, decimal; then hexadecimal [1-8] muons of 64 bits, [9-20] e/γ,
[21-32] τ, [33-44] jets and [45-56] energy sums of 32 bits, [57] 256 external conditions, [58] 512 algorithm
bits, number 0 the lowest, [59] FINOR. Every field is as wide as its bits, so that lines of one length are one
matrix of digits; lines of other widths are read too, more slowly. So the test vectors of CMS are (seen in
mp7_ugt_legacy, menus of 2025).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import product

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.core.ports import UGT_LISTS

__all__ = ["N_ALGORITHMS", "UgtLines", "joined_lines", "read_ugt_lines", "ugt_lines"]

N_ALGORITHMS = 512
_WORDS = tuple((f"{one.name}_{number}", one.width) for one in UGT_LISTS for number in range(one.words))
_FIELDS = (*_WORDS, ("external conditions", 256), ("algorithm bits", N_ALGORITHMS), ("FINOR", 1))
"""Name and bits of each field after the crossing."""
_DIGITS = tuple(-(-bits // 4) for _, bits in _FIELDS)
_N_MUONS = UGT_LISTS[0].words
_ALGORITHM_BYTES = N_ALGORITHMS // 8

# Columns of a line after its crossing: a space before each field, the end of the line behind the last.
_SPACES = np.cumsum([0, *(digits + 1 for digits in _DIGITS[:-1])])
_MUONS = slice(0, int(_SPACES[_N_MUONS]))
_OTHERS = slice(int(_SPACES[_N_MUONS]), int(_SPACES[len(_WORDS)]))
_CONDITIONS, _ALGORITHMS = (slice(int(_SPACES[i]), int(_SPACES[i + 1])) for i in (-3, -2))
_FINOR = int(_SPACES[-1]) + 1
_BODY = _FINOR + 2

_PAIR_OF_BYTE = np.frombuffer(b"".join(b"%02x" % byte for byte in range(256)), dtype=np.uint16)
_NO_PAIR = 256
_BYTE_OF_PAIR = np.full(1 << 16, _NO_PAIR, dtype=np.uint16)
for _pair in map("".join, product("0123456789abcdefABCDEF", repeat=2)):
    _BYTE_OF_PAIR[np.frombuffer(_pair.encode(), dtype=np.uint16)] = int(_pair, 16)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UgtLines:
    """What lines hold, without the external conditions.

    Attributes:
        number: Number of each line in its file, from 1, shape (n_events,).
        crossing: Bunch crossing, shape (n_events,).
        words: Words of the lists, shape (n_events, 56).
        algorithms: Algorithm bits, eight a byte, number 0 the lowest of the first, shape (n_events, 64).
        finor: Final decision, shape (n_events,).
    """

    number: NDArray[np.int64]
    crossing: NDArray[np.int64]
    words: NDArray[np.uint64]
    algorithms: NDArray[np.uint8]
    finor: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.number)

    def take(self, which: slice) -> "UgtLines":
        """Return the lines that a slice picks."""
        return UgtLines(**{one.name: getattr(self, one.name)[which] for one in fields(self)})


def joined_lines(parts: Sequence[UgtLines]) -> UgtLines:
    """Put lines in a row."""
    if len(parts) == 1:
        return parts[0]
    names = [one.name for one in fields(UgtLines)]
    return UgtLines(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


def ugt_lines(
    crossings: NDArray[np.integer], words: NDArray[np.uint64], bits: NDArray[np.integer] | NDArray[np.bool_]
) -> bytes:
    """Write lines; external conditions are zero, and FINOR is set where an algorithm bit is.

    Args:
        crossings: Bunch crossings, shape (n_events,).
        words: Words of the lists, shape (n_events, 56).
        bits: Algorithm bits, 0 or 1, from number 0 on, shape (n_events, n_bits).

    Raises:
        DataError: If there are more than 512 algorithm bits.
    """
    n_events, n_bits = bits.shape
    if n_bits > N_ALGORITHMS:
        raise DataError(f"{n_bits} algorithm bits: a µGT test vector has {N_ALGORITHMS}")
    body = np.full((n_events, _BODY), ord(" "), dtype=np.uint8)
    muons, others = words[:, :_N_MUONS].astype(">u8"), words[:, _N_MUONS:].astype(">u4")
    packed = np.zeros((n_events, _ALGORITHM_BYTES), dtype=np.uint8)
    packed[:, : -(-n_bits // 8)] = np.packbits(bits != 0, axis=1, bitorder="little")
    body[:, _MUONS].reshape(n_events, _N_MUONS, -1)[:, :, 1:] = _spelled(muons, 8)
    body[:, _OTHERS].reshape(n_events, len(_WORDS) - _N_MUONS, -1)[:, :, 1:] = _spelled(others, 4)
    body[:, _CONDITIONS][:, 1:] = ord("0")
    body[:, _ALGORITHMS][:, 1:] = _spelled(packed[:, ::-1], _ALGORITHM_BYTES)[:, 0]
    body[:, _FINOR] = ord("0") + packed.any(axis=1)
    body[:, -1] = ord("\n")
    heads = (b"%04d" % crossing for crossing in crossings.tolist())
    return b"".join(part for head, row in zip(heads, body, strict=True) for part in (head, row.tobytes()))


def read_ugt_lines(text: bytes, *, first: int, where: str) -> UgtLines:
    """Read whole lines; comments (`#`) and empty lines are passed over.

    Args:
        text: The lines.
        first: Number of the first one, from 1.
        where: File, for messages.

    Raises:
        DataError: If a line has not 60 fields, or a field is no number or wider than its bits.
    """
    width = text.find(b"\n") + 1
    if width > _BODY and not len(text) % width:
        n_events = len(text) // width
        lines = _of_one_width(text, width, np.arange(first, first + n_events))
        if lines is not None:
            return lines
    numbers, same = _same_width(text, first=first, where=where)
    lines = _of_one_width(
        b"".join(same), len(same[0]) if same else _BODY + 1, np.array(numbers, dtype=np.int64)
    )
    if lines is None:
        raise DataError(f"{where}: the lines from {first} on cannot be read")
    return lines


def _of_one_width(text: bytes, width: int, number: NDArray[np.int64]) -> UgtLines | None:
    """Read lines that are spelled as we write them; None if any is not."""
    matrix = np.frombuffer(text, dtype=np.uint8).reshape(-1, width)
    n_events, head = len(matrix), width - _BODY
    body, tens = matrix[:, head:], matrix[:, :head].astype(np.int64) - ord("0")
    finor = body[:, _FINOR] - np.uint8(ord("0"))
    if (
        (body[:, _SPACES] != ord(" ")).any()
        or (body[:, -1] != ord("\n")).any()
        or head > 18
        or ((tens < 0) | (tens > 9)).any()
        or (finor > 1).any()
    ):
        return None
    n_others = len(_WORDS) - _N_MUONS
    muons = _bytes_of(body[:, _MUONS].reshape(n_events, _N_MUONS, 17))
    others = _bytes_of(body[:, _OTHERS].reshape(n_events, n_others, 9))
    conditions, algorithms = (_bytes_of(body[:, one][:, None]) for one in (_CONDITIONS, _ALGORITHMS))
    if muons is None or others is None or conditions is None or algorithms is None:
        return None
    words = np.empty((n_events, len(_WORDS)), dtype=np.uint64)
    words[:, :_N_MUONS] = muons.view(">u8")[:, :, 0]
    words[:, _N_MUONS:] = others.view(">u4")[:, :, 0]
    return UgtLines(
        number=number,
        crossing=tens @ 10 ** np.arange(head - 1, -1, -1, dtype=np.int64),
        words=words,
        algorithms=algorithms[:, 0, ::-1],
        finor=finor.view(np.bool_),
    )


def _same_width(text: bytes, *, first: int, where: str) -> tuple[list[int], list[bytes]]:
    """Spell every line as we write it, with a crossing of 18 digits, and give their numbers."""
    numbers: list[int] = []
    same: list[bytes] = []
    for number, line in enumerate(text.decode("ascii", errors="replace").split("\n"), first):
        found = line.split()
        if not found or found[0].startswith("#"):
            continue
        if len(found) != 1 + len(_FIELDS):
            raise DataError(
                f"{where}, line {number}: {len(found)} fields, not {1 + len(_FIELDS)}; "
                "is this a µGT test-vector file, and is it complete?"
            )
        if not re.fullmatch(r"[0-9]{1,18}", found[0]):
            raise DataError(
                f"{where}, line {number}: the bunch crossing is {found[0][:40]!r}, no decimal number"
            )
        spelled = [found[0].zfill(18)]
        for index, (field, (name, bits)) in enumerate(zip(found[1:], _FIELDS, strict=True), 1):
            if not re.fullmatch(r"[0-9a-fA-F]+", field):
                raise DataError(
                    f"{where}, line {number}: field {index} ({name}) is {field[:40]!r}, no hexadecimal number"
                )
            if int(field, 16) >> bits:
                raise DataError(
                    f"{where}, line {number}: field {index} ({name}) is {field[:40]!r}, wider than {bits} bits"
                )
            digits = -(-bits // 4)
            spelled.append(field.zfill(digits)[-digits:])
        numbers.append(number)
        same.append(f"{' '.join(spelled)}\n".encode())
    return numbers, same


def _spelled(words: NDArray[np.unsignedinteger], n_bytes: int) -> NDArray[np.uint8]:
    """Spell big-endian words of shape (n_events, ...) as digits, shape (n_events, n_words, digits)."""
    as_bytes = np.ascontiguousarray(words).view(np.uint8).reshape(len(words), -1, n_bytes)
    return _PAIR_OF_BYTE[as_bytes].view(np.uint8)


def _bytes_of(spelled: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """Turn fields of digits after a space each into bytes; None if one is no digit."""
    pairs = np.ascontiguousarray(spelled[:, :, 1:]).view(np.uint16)
    found = _BYTE_OF_PAIR[pairs]
    return None if (found == _NO_PAIR).any() else found.astype(np.uint8)
