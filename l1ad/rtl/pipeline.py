"""A circuit cut into pipeline stages by its delay model."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from l1ad.core.errors import ToolError
from l1ad.rtl.circuit import Wire

__all__ = ["Pipeline", "pipelined"]

_STEPS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """The stage of every wire. Values that pass from a stage to the next are registered between them.

    Attributes:
        stage: Stage of each wire by its name, from 0.
        n_stages: Number of stages; a rank of registers ends each, the last one holds the outputs.
        stage_ns: Longest path of each stage by the delay model.
    """

    stage: dict[str, int]
    n_stages: int
    stage_ns: tuple[float, ...]

    @property
    def latency_cycles(self) -> int:
        """Clock cycles from inputs to registered outputs, as planned; simulation measures them."""
        return self.n_stages


def pipelined(wires: Sequence[Wire], *, usable_ns: float) -> Pipeline:
    """Cut a circuit into as few stages as the usable part of a period allows, and those evenly.

    Args:
        wires: The wires, each after its operands.
        usable_ns: Time that logic may take in a stage.

    Raises:
        ToolError: If a single wire takes longer.
    """
    for wire in wires:
        if wire.delay_ns > usable_ns:
            raise ToolError(
                f"{wire.name} alone takes {wire.delay_ns:.2f} ns by the delay model, more than the "
                f"{usable_ns:.2f} ns of a cycle that are usable; use a slower clock or narrower types"
            )
    best = _cut(wires, usable_ns)
    # The same number of stages with the least time for each leaves the most slack.
    shortest = max((wire.delay_ns for wire in wires), default=0.0)
    low, high = shortest, usable_ns
    for _ in range(_STEPS):
        if math.isclose(low, high, rel_tol=1e-3):
            break
        middle = (low + high) / 2
        candidate = _cut(wires, middle)
        if candidate.n_stages == best.n_stages:
            best, high = candidate, middle
        else:
            low = middle
    return best


def _cut(wires: Sequence[Wire], usable_ns: float) -> Pipeline:
    """Put each wire into the first stage in which it is ready in time."""
    stage: dict[str, int] = {}
    ready: dict[str, float] = {}
    for wire in wires:
        current = max((stage[one.name] for one in wire.operands), default=0)
        arrival = max((ready[one.name] for one in wire.operands if stage[one.name] == current), default=0.0)
        arrival += wire.delay_ns
        if arrival > usable_ns:
            current, arrival = current + 1, wire.delay_ns
        stage[wire.name], ready[wire.name] = current, arrival
    n_stages = max(stage.values(), default=0) + 1
    longest = [0.0] * n_stages
    for name, number in stage.items():
        longest[number] = max(longest[number], ready[name])
    return Pipeline(stage=stage, n_stages=n_stages, stage_ns=tuple(longest))
