"""One thing to know of a configuration before the work begins."""

from dataclasses import dataclass

from l1ad.config.faults import Location, dotted

__all__ = ["Remark", "remark"]


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing to know before the work begins.

    Attributes:
        text: One sentence, with the key.
        wrong: Whether the work would end in a fault; else it is unwise.
        place: The way to the key; empty for the whole file.
    """

    text: str
    wrong: bool = False
    place: Location = ()


def remark(place: Location, text: str, *, wrong: bool = False) -> Remark:
    """Say something of a key."""
    return Remark(text=f"{dotted(place)}: {text}" if place else text, wrong=wrong, place=place)
