"""A circuit under construction: wires of integers with proven bounds, each a short Verilog expression.

Nothing here knows networks. Bounds are computed with Python's integers, and widths follow from them, so
that no wire can overflow and none has a bit too many.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from l1ad.rtl.delay import DelayModel

__all__ = ["Circuit", "Operand", "Term", "Wire", "constant", "shifted", "width_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """A wire.

    Attributes:
        name: Its name, an identifier of its own in the whole circuit.
        low: Lowest integer that it can be.
        high: Highest.
        expression: Verilog that gives it; unused where there is a table.
        operands: Wires that the expression reads.
        delay_ns: Delay from the last operand.
        block: What it belongs to: scaling, a layer, the score or the decision.
        table: Values by the bits of its one operand, where it is looked up.
    """

    name: str
    low: int
    high: int
    expression: str
    operands: tuple["Wire", ...]
    delay_ns: float
    block: str
    table: tuple[int, ...] = ()

    @property
    def signed(self) -> bool:
        """Whether it can be negative."""
        return self.low < 0

    @property
    def width(self) -> int:
        """Bits that hold every integer between its bounds, one at least."""
        return width_of(self.low, self.high)

    @property
    def read(self) -> str:
        """Verilog that reads it as a signed number: one unsigned operand would make a whole expression so."""
        return self.name if self.signed else f"$signed({{1'b0, {self.name}}})"


Operand = Wire | int
"""A wire, or a constant."""


@dataclass(frozen=True, slots=True)
class Term:
    """An integer as `wire * 2**shift`: zeros at the low end are not carried along."""

    wire: Operand
    shift: int

    @property
    def known(self) -> "Term":
        """The same, as a number where its bounds leave only one."""
        low, high = self.bounds
        return Term(low, self.shift) if low == high else self

    @property
    def bounds(self) -> tuple[int, int]:
        """Lowest and highest integer, the shift left out."""
        return (self.wire, self.wire) if isinstance(self.wire, int) else (self.wire.low, self.wire.high)


def width_of(low: int, high: int) -> int:
    """Count the bits that hold every integer between two ends."""
    magnitude = max(max(high, 0).bit_length(), (-low - 1).bit_length() if low < 0 else 0)
    return max(1, magnitude + int(low < 0))


@dataclass(slots=True)
class Circuit:
    """Wires in an order in which each reads only those before it.

    Attributes:
        delay: The delay model.
        search: How adder graphs are searched; one of `adders.SEARCHES`.
        block: What new wires belong to.
        wires: The wires so far.
        taken: Names that no further wire can have.
    """

    delay: DelayModel
    search: str = ""
    block: str = ""
    wires: list[Wire] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)

    def wire(
        self,
        name: str,
        bounds: tuple[int, int],
        expression: str,
        operands: Iterable[Operand],
        *,
        delay_ns: float,
        table: tuple[int, ...] = (),
    ) -> Wire:
        """Add a wire; where its name is taken, by a layer named like another's wires, it gets an ending."""
        while name in self.taken:
            name += "_"
        self.taken.add(name)
        read = tuple(one for one in operands if isinstance(one, Wire))
        low, high = bounds
        if low > high:
            raise ValueError(f"{name}: no integer lies between {low} and {high}")
        made = Wire(
            name=name, low=low, high=high, expression=expression, operands=read, delay_ns=delay_ns,
            block=self.block, table=table,
        )  # fmt: skip
        self.wires.append(made)
        return made

    def add(self, name: str, one: Term, other: Term, *, subtract: bool = False) -> Term:
        """Add two terms, or subtract the second from the first."""
        sign = -1 if subtract else 1
        if isinstance(one.wire, int) and isinstance(other.wire, int):
            shift = min(one.shift, other.shift)
            return Term((one.wire << one.shift - shift) + sign * (other.wire << other.shift - shift), shift)
        if isinstance(other.wire, int) and other.wire == 0:
            return one
        if isinstance(one.wire, int) and one.wire == 0 and not subtract:
            return other
        shift = min(one.shift, other.shift)
        up, other_up = one.shift - shift, other.shift - shift
        low, high = (end << up for end in one.bounds)
        ends = sorted(sign * (end << other_up) for end in other.bounds)
        bounds = low + ends[0], high + ends[1]
        width = width_of(*bounds)
        # Low bits of the one that the other does not reach pass without an adder.
        negated_low_bits = subtract and up > other_up
        chain = width if negated_low_bits else max(1, width - abs(up - other_up))
        expression = f"{shifted(one.wire, up)} {'-' if subtract else '+'} {shifted(other.wire, other_up)}"
        operands = (one.wire, other.wire)
        return Term(self.wire(name, bounds, expression, operands, delay_ns=self.delay.adder(chain)), shift)

    def total(self, name: str, terms: Sequence[Term]) -> Term:
        """Add up terms in a balanced tree."""
        left, number = list(terms) or [Term(0, 0)], 0
        while len(left) > 1:
            pairs = [left[start : start + 2] for start in range(0, len(left), 2)]
            left = []
            for pair in pairs:
                number += len(pair) - 1
                left.append(self.add(f"{name}_sum{number}", *pair) if len(pair) > 1 else pair[0])
        return left[0]

    def larger(self, name: str, one: Term, other: Term) -> Term:
        """Take the larger of two terms."""
        # A zero has zeros at its low end as many as one likes.
        one = Term(0, other.shift) if one.wire == 0 else one
        other = Term(0, one.shift) if other.wire == 0 else other
        shift = min(one.shift, other.shift)
        up, other_up = one.shift - shift, other.shift - shift
        (low, high), (other_low, other_high) = one.bounds, other.bounds
        low, high, other_low, other_high = low << up, high << up, other_low << other_up, other_high << other_up
        if low >= other_high:
            return one
        if other_low >= high:
            return other
        a, b = shifted(one.wire, up), shifted(other.wire, other_up)
        bounds = max(low, other_low), max(high, other_high)
        delay = self.delay.adder(width_of(*bounds)) + self.delay.logic()
        made = self.wire(name, bounds, f"({a} > {b}) ? {a} : {b}", (one.wire, other.wire), delay_ns=delay)
        return Term(made, shift)

    def floor(self, name: str, one: Term, bits: int) -> Term:
        """Divide by `2**bits` and round down: a shift, which is only wiring."""
        if one.shift >= bits:
            return Term(one.wire, one.shift - bits)
        dropped = bits - one.shift
        if isinstance(one.wire, int):
            return Term(one.wire >> dropped, 0)
        bounds = one.wire.low >> dropped, one.wire.high >> dropped
        return Term(self.wire(name, bounds, f"{one.wire.read} >>> {dropped}", (one.wire,), delay_ns=0.0), 0)

    def wrapped(self, name: str, one: Operand, low: int, high: int) -> Operand:
        """Cut the high bits off where an integer lies outside a range of a power of two of integers."""
        ends = (one, one) if isinstance(one, int) else (one.low, one.high)
        if low <= ends[0] and ends[1] <= high:
            return one
        if isinstance(one, int):
            return (one - low) % (high - low + 1) + low
        return self.wire(name, (low, high), one.read, (one,), delay_ns=0.0)


def constant(value: int) -> str:
    """Write a constant as signed Verilog of its own width."""
    width = width_of(min(value, 0), max(value, 0)) + 1
    return f"{width}'sd{value}" if value >= 0 else f"(-{width}'sd{-value})"


def shifted(one: Operand, bits: int) -> str:
    """Write a value times `2**bits` as zeros behind it: a shift would lose high bits inside a comparison."""
    if isinstance(one, int):
        return constant(one << bits)
    if not bits:
        return one.read
    sign = "" if one.signed else "1'b0, "
    return f"$signed({{{sign}{one.name}, {bits}'d0}})"
