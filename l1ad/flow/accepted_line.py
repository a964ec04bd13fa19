"""A check of a delivery: what was measured, its limit, who says so, and the verdict."""

import math
from dataclasses import dataclass, replace
from enum import StrEnum

from l1ad.config.acceptance import Group

__all__ = ["AcceptanceLine", "Verdict", "demanded", "found", "held", "refused", "unmeasured"]

Interval = tuple[float, float]


class Verdict(StrEnum):
    """What a check says."""

    PASS = "pass"  # noqa: S105 -- no password
    UNCLEAR = "unclear"
    """Beyond the limit, and its interval is not: more events would tell. It does not fail."""
    FAIL = "fail"
    NOT_MEASURED = "not measured"


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptanceLine:
    """One check.

    Attributes:
        group: What kind of check.
        name: What the figure is.
        value: The figure, or a digest; None where there is none.
        low: Lower end of its interval; None where it is not statistical.
        high: Upper end.
        limit: The limit; None where there is none.
        at_least: Whether the limit is the lowest that is allowed, not the highest.
        unit: Unit of all four.
        source: Who says so.
        verdict: Whether it is accepted.
        note: Why not, or what a person must know beside it.
    """

    group: Group
    name: str
    value: float | str | None = None
    low: float | None = None
    high: float | None = None
    limit: float | None = None
    at_least: bool = False
    unit: str = ""
    source: str = ""
    verdict: Verdict
    note: str = ""

    @property
    def measured_text(self) -> str:
        """The figure with its interval, as people read it."""
        if self.value is None:
            return "-"
        if isinstance(self.value, str):
            return self.value
        if self.low is None or self.high is None:
            return f"{_number(self.value)} {self.unit}".strip()
        return f"{_number(self.value)} ({_number(self.low)} to {_number(self.high)}) {self.unit}".strip()

    @property
    def limit_text(self) -> str:
        """The limit with its direction."""
        if self.limit is None:
            return "-"
        return f"{'≥' if self.at_least else '≤'} {_number(self.limit)} {self.unit}".strip()

    @property
    def reason(self) -> str:
        """The verdict in words: what was measured against which limit, or why nothing was."""
        if self.limit is None or self.value is None:
            return self.note
        return "; ".join(filter(None, (f"{self.measured_text}, allowed is {self.limit_text}", self.note)))


def held(
    group: Group,
    name: str,
    value: float,
    limit: float | None,
    *,
    interval: Interval | None = None,
    at_least: bool = False,
    unit: str = "",
    source: str = "",
    note: str = "",
) -> AcceptanceLine:
    """Hold a figure against its limit.

    With an interval it fails where the whole of it is beyond the limit. A figure beyond it whose interval
    is not is unclear: more events would tell. That is deliberate: a threshold set exactly on its budget must
    not fail every other time it is counted on new events.
    """
    low, high = (None, None) if interval is None else interval
    over = value < limit if limit is not None and at_least else limit is not None and value > limit
    # 2 of 240,000 events of 6 million a day are 50 a day, and floating point makes 50.000000000000007 of them.
    over = over and limit is not None and not math.isclose(value, limit, rel_tol=1e-12)
    best = value if low is None or high is None else high if at_least else low
    surely = limit is not None and (best < limit if at_least else best > limit)
    unclear = over and not surely
    if unclear:
        note = "; ".join(filter(None, ("beyond the limit, its interval is not", note)))
    verdict = Verdict.FAIL if surely else Verdict.UNCLEAR if unclear else Verdict.PASS
    return AcceptanceLine(
        group=group, name=name, value=value, low=low, high=high, limit=limit, at_least=at_least, unit=unit,
        source=source, verdict=verdict, note=note,
    )  # fmt: skip


def found(group: Group, name: str, value: float | str, *, source: str = "", note: str = "") -> AcceptanceLine:
    """Say that something is there and as it should be."""
    return AcceptanceLine(group=group, name=name, value=value, source=source, verdict=Verdict.PASS, note=note)


def refused(group: Group, name: str, why: str, *, value: str | None = None, source: str = "") -> AcceptanceLine:
    """Say that something is not as it must be."""
    return AcceptanceLine(group=group, name=name, value=value, source=source, verdict=Verdict.FAIL, note=why)


def unmeasured(
    group: Group,
    name: str,
    why: str,
    *,
    limit: float | None = None,
    at_least: bool = False,
    unit: str = "",
) -> AcceptanceLine:
    """Say that nobody has measured something, and why."""
    return AcceptanceLine(
        group=group,
        name=name,
        limit=limit,
        at_least=at_least,
        unit=unit,
        verdict=Verdict.NOT_MEASURED,
        note=why,
    )


def demanded(line: AcceptanceLine, groups: tuple[Group, ...]) -> AcceptanceLine:
    """Turn what was not measured into a failure where the budget demands that it is."""
    if line.verdict is not Verdict.NOT_MEASURED or line.group not in groups:
        return line
    return replace(line, verdict=Verdict.FAIL, note=f"demanded, but not measured: {line.note}")


def _number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}" if abs(value) < 1e4 else f"{value:,.0f}"
