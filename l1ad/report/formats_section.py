"""The report's section of number formats: every tensor's, what it can hold, and what events made of it."""

from dataclasses import dataclass

import numpy as np

from l1ad.core.fixed import Overflow
from l1ad.emulate.inspection import TensorReport
from l1ad.report.charts import Axis, Chart, Look, Marker, Series
from l1ad.report.document import Paragraph, Section, State, Table

__all__ = ["FormatsContent", "ObservedTensor", "formats_section"]

_ROUND_THE_END = (Overflow.SAT.value, Overflow.SAT_SYM.value)
_ROOM_FOR_NAMES = 1.4
_MOST_NAMED = 12
"""Tensors up to which a chart has room for their names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedTensor:
    """What events made of a tensor, just before its cast.

    Attributes:
        low: Lowest value of any element, as a real number.
        high: Highest.
        outside: Share of values, of elements that have a bit, beyond the ends of their format once rounded.
        given_bits: Width of the widest element.
        proven_bits: Bits that the bounds need of them, in the element that has the fewest to spare.
        used_bits: Bits that these events needed, likewise.
    """

    low: float
    high: float
    outside: float
    given_bits: int
    proven_bits: int
    used_bits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatsContent:
    """What the section shows.

    Attributes:
        reports: What is proven of each tensor, in the order of the data flow.
        observed: What events made of each, in the same order.
        n_background: Background events that were looked at.
        n_signal: Signal events.
    """

    reports: tuple[TensorReport, ...]
    observed: tuple[ObservedTensor, ...]
    n_background: int
    n_signal: int


def formats_section(content: FormatsContent) -> Section:
    """Lay the section out."""
    told = Paragraph(
        "Proven is what interval arithmetic allows for any input of the layout's ranges; elements are taken as "
        f"independent, so it can be wider than what occurs. Observed are {content.n_background:,} background "
        f"events that no training has seen and {content.n_signal:,} signal events. Both are values before the "
        "cast to the format; outside are those that saturate or wrap in it."
    )
    return Section(
        id="formats",
        title="Number formats and headroom",
        blocks=(_tensors(content), told, _headroom(content), _bits(content)),
    )


def _tensors(content: FormatsContent) -> Table:
    rows = tuple(
        (one.tensor, one.kind, one.shape, one.weight_type, one.result_type,
         "" if one.sparsity is None else f"{one.sparsity:.1%}",
         f"{one.multiplications:,}" if one.multiplications else "", f"{one.ebops:,}" if one.ebops else "")
        for one in content.reports
    )  # fmt: skip
    total = ("total", "", "", "", "", "", f"{sum(one.multiplications for one in content.reports):,}",
             f"{sum(one.ebops for one in content.reports):,}")  # fmt: skip
    header = ("tensor", "kind", "shape", "weights", "result", "zero weights", "products", "EBOPs")
    return Table(name="tensors", title="Tensors", header=header, rows=(*rows, total))


def _headroom(content: FormatsContent) -> Table:
    pairs = list(zip(content.reports, content.observed, strict=True))
    rows = tuple(
        (one.tensor, f"{one.low:,.6g}", f"{one.high:,.6g}", "" if one.leaving else f"{one.headroom_bits}",
         f"{one.leaving} ({one.overflow})" if one.leaving else "proven: none", f"{seen.low:,.6g}",
         f"{seen.high:,.6g}", _share(seen.outside))
        for one, seen in pairs
    )  # fmt: skip
    return Table(
        name="ranges",
        title="Ranges before each cast",
        header=("tensor", "proven lowest", "proven highest", "bits to spare", "elements that can leave",
                "observed lowest", "observed highest", "observed outside"),
        rows=rows,
        states=tuple(_state(one, seen) for one, seen in pairs),
    )  # fmt: skip


def _state(one: TensorReport, seen: ObservedTensor) -> State:
    if not one.leaving:
        return State.GOOD
    return State.BAD if seen.outside and one.overflow not in _ROUND_THE_END else State.OPEN


def _share(share: float) -> str:
    return "0" if not share else f"{share:.2%}" if share >= 1e-4 else f"{share:.1e}"


def _bits(content: FormatsContent) -> Chart:
    places = np.arange(1, len(content.reports) + 1, dtype=np.float64)
    given, proven, used = (
        np.array([getattr(one, name) for one in content.observed], dtype=np.float64)
        for name in ("given_bits", "proven_bits", "used_bits")
    )
    named = len(content.reports) <= _MOST_NAMED
    order = ", ".join(f"{i} {one.tensor}" for i, one in enumerate(content.reports, start=1))
    return Chart(
        name="headroom",
        title="Bits used of bits given",
        caption="For each tensor the width of its format (line), and of the element with the fewest bits to "
        "spare the bits that the bounds need and that the events needed; above the line values leave the "
        f"format. In order: {order}.",
        x=Axis(label="Tensor", low=0.5, high=len(places) + 0.5),
        y=Axis(label="Bits", low=0.0, high=_ROOM_FOR_NAMES * float(max(given.max(), proven.max(), used.max()))),
        series=(
            Series(
                name="given", x=np.append(places, len(places) + 1) - 0.5, y=given, look=Look.STEPS, colour=0
            ),
            Series(name="needed by the bounds", x=places - 0.1, y=proven, look=Look.POINTS, colour=1),
            Series(name="needed by the events", x=places + 0.1, y=used, look=Look.POINTS, colour=2),
        ),
        markers=tuple(
            Marker(name=one.tensor, at=float(at)) for at, one in zip(places, content.reports, strict=True)
        )
        if named
        else (),
    )
