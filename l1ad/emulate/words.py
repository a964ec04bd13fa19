"""Words as a firmware engineer reads them: bits, their fields, and which of them differ."""

from dataclasses import dataclass

from l1ad.core.fixed import FixedType

__all__ = ["BitField", "WordDifference", "bit_fields", "word_difference"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BitField:
    """A run of bits of a word.

    Attributes:
        name: What they are, e.g. `fraction`.
        high: Number of the highest bit; bit 0 is the last.
        low: Number of the lowest.
    """

    name: str
    high: int
    low: int

    def of(self, word: int) -> int:
        """Cut the field out of a word."""
        return (word >> self.low) & ((1 << (self.high - self.low + 1)) - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class WordDifference:
    """Two words of one number format, field by field.

    Attributes:
        number_format: Spelling of the format.
        width: Its bits.
        fields: Each field with its value in the expected and in the found word.
        expected: The expected word, two's complement without sign.
        found: The found one; its low bits, if it does not fit the format.
        expected_value: The expected real number.
        found_value: The found one.
        bits: Numbers of the bits that differ, the highest first.
        fits: Whether the found integer is in the range of the format at all.
    """

    number_format: str
    width: int
    fields: tuple[tuple[BitField, int, int], ...]
    expected: int
    found: int
    expected_value: float
    found_value: float
    bits: tuple[int, ...]
    fits: bool

    def lines(self, reference: str, implementation: str) -> list[str]:
        """Lay the words out, one line a field."""
        digits = -(-self.width // 4)
        rows = [[self.number_format, reference, implementation, ""]]
        for field, expected, found in self.fields:
            size = field.high - field.low + 1
            mark = "" if expected == found else "<- differs"
            rows.append(
                [f"{field.name} [{field.high}:{field.low}]", f"{expected:0{size}b}", f"{found:0{size}b}", mark]
            )
        rows.append(["word", f"0x{self.expected:0{digits}x}", f"0x{self.found:0{digits}x}", ""])
        rows.append(["value", f"{self.expected_value:.12g}", f"{self.found_value:.12g}", ""])
        if not self.fits:
            rows.append(["", "", f"outside {self.number_format}; its low bits are shown", ""])
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        return [
            f"  {row[0]:{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]:>{widths[2]}}  {row[3]}".rstrip()
            for row in rows
        ]


def bit_fields(one: FixedType) -> tuple[BitField, ...]:
    """Cut a number format into its sign, integer and fraction bits; fields without a bit are left out.

    Of a format whose point lies outside its bits, what is there is all integer or all fraction.
    """
    top = one.width - 1 - int(one.signed)
    point = min(max(one.fraction, 0), top + 1)
    fields = []
    if one.signed:
        fields.append(BitField(name="sign", high=one.width - 1, low=one.width - 1))
    if top >= point:
        fields.append(BitField(name="integer", high=top, low=point))
    if point > 0:
        fields.append(BitField(name="fraction", high=point - 1, low=0))
    return tuple(fields)


def word_difference(expected: int, found: int, one: FixedType) -> WordDifference:
    """Compare two raw integers of a number format bit by bit."""
    mask = (1 << one.width) - 1
    words = expected & mask, found & mask
    changed = words[0] ^ words[1]
    return WordDifference(
        number_format=str(one),
        width=one.width,
        fields=tuple((field, field.of(words[0]), field.of(words[1])) for field in bit_fields(one)),
        expected=words[0],
        found=words[1],
        expected_value=float(expected * one.lsb),
        found_value=float(found * one.lsb),
        bits=tuple(bit for bit in reversed(range(one.width)) if changed >> bit & 1),
        fits=one.holds_raw(found),
    )
