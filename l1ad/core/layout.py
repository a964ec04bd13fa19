"""Which inputs an algorithm reads, in what order, and what one hardware step of each means."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.core.names import check_identifier

__all__ = ["FEATURE", "InputField", "InputLayout"]

FEATURE = "feature"
"""Object type of a column of a table: a number of the event as a whole, there in every event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InputField:
    """One hardware integer of one trigger object.

    Attributes:
        object_type: `met`, `eg`, `mu`, `jet`, `region` or another name; `feature` for a column of a table.
        slot: Position in the list of that type, from 0; objects are ordered by pT.
        quantity: `pt`, `eta`, `phi`, `et` or another name; of a feature the name of its column.
        lsb: Size of one hardware step, in `unit`.
        unit: `GeV`, `rad` or `1` (pseudorapidity and numbers).
        raw_min: Lowest hardware integer.
        raw_max: Highest hardware integer.
    """

    object_type: str
    slot: int
    quantity: str
    lsb: float
    unit: str
    raw_min: int
    raw_max: int

    def __post_init__(self) -> None:
        whole = (self.slot, self.raw_min, self.raw_max)
        if any(type(one) is not int or abs(one) >= 1 << 62 for one in whole) or self.slot < 0:
            raise ValueError(f"slot and ends of an input are whole numbers of up to 62 bits, not {whole}")
        if not isinstance(self.lsb, int | float) or not math.isfinite(self.lsb) or self.lsb <= 0:
            raise ValueError(f"one step of an input is a positive number, not {self.lsb!r}")
        check_identifier(self.object_type, "object type")
        check_identifier(self.quantity, "quantity")
        if not self.raw_min <= 0 <= self.raw_max:
            raise ValueError(f"{self.name!r}: 0 (absent) lies outside {self.raw_min} to {self.raw_max}")

    @property
    def name(self) -> str:
        """Name of the input, e.g. `jet_3_pt`; the slot counts from 1 as people do.

        MET and the columns of tables have no slot.
        """
        if self.object_type == FEATURE:
            return self.quantity
        slot = "" if self.object_type == "met" else f"_{self.slot + 1}"
        return f"{self.object_type}{slot}_{self.quantity}"

    @property
    def width(self) -> int:
        """Bits of the hardware integer, the sign included; at least one."""
        magnitude = max(self.raw_max.bit_length(), (-self.raw_min - 1).bit_length() if self.raw_min else 0)
        return max(1, magnitude + int(self.signed))

    @property
    def signed(self) -> bool:
        """Whether the hardware integer has a sign bit."""
        return self.raw_min < 0


@dataclass(frozen=True, slots=True, kw_only=True)
class InputLayout:
    """An ordered list of inputs. Absent objects are all zero."""

    name: str
    fields: tuple[InputField, ...]

    def __post_init__(self) -> None:
        if not self.fields:
            raise ValueError(f"layout {self.name!r} has no inputs")
        if len(set(self.names)) != len(self.fields):
            raise ValueError(f"layout {self.name!r} names an input twice")

    @classmethod
    def from_rows(cls, name: str, rows: Iterable[Sequence[Any]]) -> "InputLayout":
        """Read the rows that files hold: object type, slot, quantity, lsb, unit, lowest, highest."""
        fields = (
            InputField(object_type=o, slot=s, quantity=q, lsb=lsb, unit=u, raw_min=low, raw_max=high)
            for o, s, q, lsb, u, low, high in rows
        )
        return cls(name=name, fields=tuple(fields))

    def told_apart(self, other: "InputLayout") -> str:
        """Say in a few words how another layout differs: its name, or else the first input that does."""
        if self.name != other.name:
            return f"layout {self.name!r}, not {other.name!r}"
        pairs = zip(self.fields, other.fields, strict=False)
        first = next((f"{a} is not {b}" for a, b in pairs if a != b), "another number of inputs")
        return f"another layout of the name {self.name!r}: {first}"

    def rows(self) -> list[list[Any]]:
        """Lay the inputs out for files, as `from_rows` reads them."""
        return [[f.object_type, f.slot, f.quantity, f.lsb, f.unit, f.raw_min, f.raw_max] for f in self.fields]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the inputs, in order."""
        return tuple(field.name for field in self.fields)

    @property
    def n_inputs(self) -> int:
        """Number of inputs."""
        return len(self.fields)

    @property
    def raw_min(self) -> NDArray[np.int64]:
        """Lowest hardware integer of each input, shape (n_inputs,)."""
        return np.array([field.raw_min for field in self.fields], dtype=np.int64)

    @property
    def raw_max(self) -> NDArray[np.int64]:
        """Highest hardware integer of each input, shape (n_inputs,)."""
        return np.array([field.raw_max for field in self.fields], dtype=np.int64)

    @property
    def dtype(self) -> np.dtype[np.signedinteger]:
        """Narrowest signed integer type that holds every input."""
        widest = max(field.width + int(not field.signed) for field in self.fields)
        return np.dtype(np.int16 if widest <= 16 else np.int32 if widest <= 32 else np.int64)

    @property
    def pt_of_input(self) -> NDArray[np.int64]:
        """Index of the pT that says whether the object of each input is present, shape (n_inputs,).

        What has no pT, as a calorimeter region, says so itself.
        """
        pt = {(f.object_type, f.slot): i for i, f in enumerate(self.fields) if f.quantity == "pt"}
        each = [pt.get((f.object_type, f.slot), i) for i, f in enumerate(self.fields)]
        return np.array(each, dtype=np.int64)

    def present(self, inputs_raw: NDArray[np.integer]) -> NDArray[np.bool_]:
        """Tell for each input of each event whether its object is there, shape (n_events, n_inputs)."""
        always = np.array([field.object_type == FEATURE for field in self.fields])
        return np.asarray((inputs_raw[:, self.pt_of_input] > 0) | always)

    def check(self, inputs_raw: NDArray[np.integer], *, where: str) -> None:
        """Refuse events that are not hardware integers of this layout.

        Args:
            inputs_raw: Hardware integers, shape (n_events, n_inputs).
            where: File or variable, for the message.

        Raises:
            DataError: If the shape, the dtype or a value does not fit; the first misfit is named.
        """
        if inputs_raw.ndim != 2 or inputs_raw.shape[1] != self.n_inputs:
            raise DataError(
                f"{where}: shape {inputs_raw.shape} is not (events, {self.n_inputs}), "
                f"the inputs of layout {self.name!r}"
            )
        if inputs_raw.dtype.kind == "f" and not np.isfinite(inputs_raw).all():
            event, column = np.argwhere(~np.isfinite(inputs_raw))[0]
            raise DataError(
                f"{where}: event {event}, input {self.names[column]!r} is "
                f"{inputs_raw[event, column]}; every input must be a finite hardware integer"
            )
        if inputs_raw.dtype.kind not in "iu":
            raise DataError(
                f"{where}: inputs are {inputs_raw.dtype}, not hardware integers; divide by the step of "
                f"each quantity (e.g. 0.5 GeV) and round first"
            )
        if not len(inputs_raw):
            return
        # Column by column first: one pass each, without a temporary of the size of the events.
        if (inputs_raw.min(axis=0) < self.raw_min).any() or (inputs_raw.max(axis=0) > self.raw_max).any():
            outside = (inputs_raw < self.raw_min) | (inputs_raw > self.raw_max)
            event, column = np.argwhere(outside)[0]
            field = self.fields[column]
            raise DataError(
                f"{where}: event {event}, input {field.name!r} is {inputs_raw[event, column]}, outside "
                f"{field.raw_min} to {field.raw_max}; are these hardware integers of layout {self.name!r}?"
            )
