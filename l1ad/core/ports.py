"""The input ports of the firmware: one for each hardware integer, or the words of the global trigger."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import NotExactError
from l1ad.core.layout import InputField, InputLayout

__all__ = ["UGT_LISTS", "InputPorts", "Interface", "Port", "Slice", "WordList", "input_ports"]


class Interface(StrEnum):
    """What the firmware is given each bunch crossing."""

    GENERIC = "generic"
    """One port for each hardware integer of the layout, in its order."""
    UGT = "ugt"
    """The words of the CMS global trigger; the firmware unpacks what the layout reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WordList:
    """A list of words of the global trigger, one for each object, the highest in rank first.

    Attributes:
        name: Name of its ports without their number.
        words: How many.
        width: Bits of each.
    """

    name: str
    words: int
    width: int


UGT_LISTS = (
    WordList(name="muon", words=8, width=64),
    WordList(name="eg", words=12, width=32),
    WordList(name="tau", words=12, width=32),
    WordList(name="jet", words=12, width=32),
    WordList(name="sum", words=12, width=32),
)
"""In the order of a µGT test-vector line, where they are fields 1 to 56."""

# First bit and width of each quantity in its word, and whether it has a sign.
_BITS = {
    "mu": {"phi": (0, 10, False), "pt": (10, 9, False), "eta": (23, 9, True)},
    "eg": {"pt": (0, 9, False), "eta": (9, 8, True), "phi": (17, 8, False)},
    "tau": {"pt": (0, 9, False), "eta": (9, 8, True), "phi": (17, 8, False)},
    "jet": {"pt": (0, 11, False), "eta": (11, 8, True), "phi": (19, 8, False)},
    "met": {"pt": (0, 12, False), "phi": (12, 8, False)},
}
_LIST_OF = {"mu": "muon", "eg": "eg", "tau": "tau", "jet": "jet", "met": "sum"}
_MET_WORD = 2
"""Missing transverse energy is the third of the energy sums (field 47 of a test-vector line)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """An input port: a name that is a C++ and Verilog identifier, its bits, and whether they have a sign."""

    name: str
    width: int
    signed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """The bits of a port that are one input: `width` bits from `low` up."""

    port: int
    low: int
    width: int
    signed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class InputPorts:
    """The ports, and which of their bits each input of the layout is.

    Attributes:
        interface: What they are.
        ports: The ports, in order.
        slices: One for each input of the layout; None for an input that is always zero and has no bits.
    """

    interface: Interface
    ports: tuple[Port, ...]
    slices: tuple[Slice | None, ...]

    def pack(self, inputs_raw: NDArray[np.integer]) -> NDArray[np.uint64]:
        """Put hardware integers of shape (n_events, n_inputs) into words of shape (n_events, n_ports).

        Bits of a word that no input is made of are zero.
        """
        words = np.zeros((len(inputs_raw), len(self.ports)), dtype=np.uint64)
        for column, one in enumerate(self.slices):
            if one is not None:
                bits = inputs_raw[:, column].astype(np.int64).astype(np.uint64) & _mask(one.width)
                words[:, one.port] |= bits << np.uint64(one.low)
        return words

    def unpack(self, words: NDArray[np.unsignedinteger]) -> NDArray[np.int64]:
        """Take hardware integers of shape (n_events, n_inputs) out of words, as the firmware does."""
        inputs_raw = np.zeros((len(words), len(self.slices)), dtype=np.int64)
        for column, one in enumerate(self.slices):
            if one is not None:
                bits = (words[:, one.port].astype(np.uint64) >> np.uint64(one.low)) & _mask(one.width)
                values = bits.astype(np.int64)
                sign = np.int64(1) << (one.width - 1) if one.signed else np.int64(0)
                inputs_raw[:, column] = (values ^ sign) - sign
        return inputs_raw


def input_ports(layout: InputLayout, interface: Interface) -> InputPorts:
    """Give the ports of an algorithm that reads a layout.

    From each list of the global trigger the first words are read, as many as the layout has slots: four
    e/γ, four muons and ten jets of `ugt_57`, whatever else the lists hold.

    Raises:
        NotExactError: If the layout holds an input that the words of the global trigger do not have.
    """
    if interface is Interface.GENERIC:
        fields = layout.fields
        return InputPorts(
            interface=interface,
            ports=tuple(Port(name=one.name, width=one.width, signed=one.signed) for one in fields),
            slices=tuple(
                Slice(port=index, low=0, width=one.width, signed=one.signed) for index, one in enumerate(fields)
            ),
        )
    ports = tuple(_ugt_ports())
    index = {port.name: number for number, port in enumerate(ports)}
    slices = tuple(_ugt_slice(field, index, layout.name) for field in layout.fields)
    return InputPorts(interface=interface, ports=ports, slices=slices)


def _ugt_ports() -> Iterator[Port]:
    for one in UGT_LISTS:
        for number in range(one.words):
            yield Port(name=f"{one.name}_{number}", width=one.width, signed=False)


def _ugt_slice(field: InputField, ports: dict[str, int], layout: str) -> Slice | None:
    """Find an input among the bits of the words."""
    if field.object_type == "met" and field.quantity == "eta" and field.raw_min == field.raw_max:
        return None  # a plane has no pseudorapidity
    bits = _BITS.get(field.object_type, {}).get(field.quantity)
    number = _MET_WORD if field.object_type == "met" else field.slot
    port = ports.get(f"{_LIST_OF.get(field.object_type)}_{number}")
    if bits is None or port is None:
        raise NotExactError(
            f"input {field.name!r} of layout {layout!r} is in no word of the global trigger; "
            "build for a target with the generic interface"
        )
    low, width, signed = bits
    if (field.width, field.signed) != (width, signed):
        raise NotExactError(
            f"input {field.name!r} of layout {layout!r} has {field.width} bits "
            f"{'with' if field.signed else 'without'} a sign, the word of the global trigger {width} "
            f"{'with' if signed else 'without'}; build for a target with the generic interface"
        )
    return Slice(port=port, low=low, width=width, signed=signed)


def _mask(width: int) -> np.uint64:
    return np.uint64((1 << width) - 1)
