"""Charts as values: what is drawn, not how. Arrays are real numbers."""

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

__all__ = ["Axis", "Chart", "Heatmap", "Look", "Marker", "Scale", "Series"]

Reals = NDArray[np.float64]

_CLOUD_ABOVE = 50
"""Points that can be told apart one by one."""


class Scale(Enum):
    """How an axis counts."""

    LINEAR = "linear"
    LOG = "log"


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """An axis.

    Attributes:
        label: What it shows, with its unit, e.g. `Rate (kHz)`.
        scale: How it counts.
        low: Where it begins; None as the data want.
        high: Where it ends; None as the data want.
    """

    label: str
    scale: Scale = Scale.LINEAR
    low: float | None = None
    high: float | None = None


class Look(Enum):
    """How a series is drawn."""

    LINE = "line"
    """From point to point."""
    STEPS = "steps"
    """A histogram's outline: one more x than y, the edges."""
    AREA = "area"
    """A histogram filled under its outline: the background that all else stands before. Edges as of `STEPS`."""
    POINTS = "points"
    """Points; with `low` and `high` they have error bars."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Series:
    """Numbers of one kind in a chart.

    Attributes:
        name: What the legend calls it.
        x: Where, shape (n,); shape (n + 1,) the edges of bins, for `STEPS` and `AREA`.
        y: How much, shape (n,); NaN is a gap.
        low: Lower end of the interval of each, shape (n,); None without intervals.
        high: Upper end, likewise. A line has a band between them, points have error bars.
        look: How it is drawn.
        dashed: Whether its line is dashed.
        colour: Place in the sequence of colours; series of one thing share it. None is the next that is free.
        in_legend: Whether the legend names it.
    """

    name: str
    x: Reals
    y: Reals
    low: Reals | None = None
    high: Reals | None = None
    look: Look = Look.LINE
    dashed: bool = False
    colour: int | None = None
    in_legend: bool = True

    def __post_init__(self) -> None:
        edges = int(self.look in (Look.STEPS, Look.AREA))
        if self.x.ndim != 1 or self.y.shape != (len(self.x) - edges,):
            raise ValueError(f"series {self.name!r}: y of shape {self.y.shape} over x of {self.x.shape}")
        if (self.low is None) != (self.high is None):
            raise ValueError(f"series {self.name!r}: an interval has two ends")
        for end in (self.low, self.high):
            if end is not None and end.shape != self.y.shape:
                raise ValueError(f"series {self.name!r}: ends of shape {end.shape} of y of {self.y.shape}")

    @property
    def is_cloud(self) -> bool:
        """Whether it is so many points without intervals that they hide one another."""
        return self.look is Look.POINTS and self.low is None and len(self.y) > _CLOUD_ABOVE


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """A line across a chart that marks a value, e.g. a threshold.

    Attributes:
        name: What is written at it.
        at: The value.
        upright: Whether it marks a value of x.
    """

    name: str
    at: float
    upright: bool = True


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Chart:
    """Series over one pair of axes.

    Attributes:
        name: Name of its files, e.g. `roc`; unique in the document.
        title: What it shows, in a few words.
        caption: How to read it, intervals included.
        x: Horizontal axis.
        y: Vertical axis.
        series: What is drawn, the rearmost first.
        markers: Lines across.
    """

    name: str
    title: str
    caption: str
    x: Axis
    y: Axis
    series: tuple[Series, ...]
    markers: tuple[Marker, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Heatmap:
    """Numbers of pairs as coloured cells with the number in each.

    Attributes:
        name: Name of its files; unique in the document.
        title: What it shows, in a few words.
        caption: How to read it.
        rows: Name of each row, from the top.
        columns: Name of each column.
        values: Numbers, shape (n_rows, n_columns); NaN is an empty cell.
        label: What they are, with the unit.
        low: Value of the palest colour.
        high: Value of the darkest.
        decimals: Decimals that are shown.
    """

    name: str
    title: str
    caption: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: Reals
    label: str
    low: float = 0.0
    high: float = 1.0
    decimals: int = 2

    def __post_init__(self) -> None:
        if self.values.shape != (len(self.rows), len(self.columns)):
            raise ValueError(f"heatmap {self.name!r}: values of shape {self.values.shape}")
