"""What a design takes of a part, as an estimate. Reports are another type: none can pose as the other."""

from collections.abc import Iterable
from dataclasses import dataclass, fields

__all__ = ["ModuleResources", "ResourceEstimate", "Resources"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """Cells of a part.

    Attributes:
        lut: Look-up tables.
        ff: Flip-flops.
        carry: Carry primitives, CARRY4 or CARRY8.
        dsp: Multiplier blocks.
        bram_18k: Block memories in units of 18 kbit.
    """

    lut: int = 0
    ff: int = 0
    carry: int = 0
    dsp: int = 0
    bram_18k: int = 0

    @classmethod
    def total(cls, parts: Iterable["Resources"]) -> "Resources":
        """Add up."""
        every = list(parts)
        return cls(**{one.name: sum(getattr(part, one.name) for part in every) for one in fields(cls)})


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleResources:
    """What one module takes."""

    module: str
    resources: Resources


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceEstimate:
    """Counted by an open synthesis tool before placement: an estimate, never a vendor's report.

    Attributes:
        tool: Name of the tool.
        version: Its version.
        family: Family of parts that it mapped to.
        modules: What each module takes, mapped on its own.
    """

    tool: str
    version: str
    family: str
    modules: tuple[ModuleResources, ...]

    @property
    def total(self) -> Resources:
        """The sum over the modules."""
        return Resources.total(one.resources for one in self.modules)
