"""The report's section of what comes back from the latent space: each input, and each kind by sample."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from l1ad.report.charts import Heatmap
from l1ad.report.document import Block, Paragraph, Section, Table

__all__ = ["InputReconstruction", "ReconstructionContent", "Spread", "reconstruction_section"]

_LONG_TABLE, _MOST_NAMED = 24, 8
_DARKEST = 10.0
_LOST = 0.9
"""An input of which so much of its width is left in the difference is as good as not reconstructed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Mean and standard deviation of a quantity; NaN where nothing was counted."""

    mean: float
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class InputReconstruction:
    """How an input of the background comes back, in its own unit.

    Attributes:
        name: Name of the input.
        unit: Its unit; `1` of pseudorapidity and plain numbers.
        events: Events in which its object is there.
        true: What the network is shown.
        reconstructed: What the decoder gives.
        difference: Reconstructed less true.
        left: Width of the difference over the true width; NaN of too few events or where nothing varies.
    """

    name: str
    unit: str
    events: int
    true: Spread
    reconstructed: Spread
    difference: Spread
    left: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconstructionContent:
    """What the section shows.

    Attributes:
        missing: Why there is nothing to show; else empty.
        compared: What is taken as reconstructed, in a sentence.
        inputs: The inputs on background.
        kinds: Kinds of input, e.g. `jet pT (GeV)`.
        background_rms: Root mean square of the difference by kind, on background; NaN where never present.
        relative_rms: The same over that of the background, by signal.
    """

    missing: str = ""
    compared: str = ""
    inputs: tuple[InputReconstruction, ...] = ()
    kinds: tuple[str, ...] = ()
    background_rms: tuple[float, ...] = ()
    relative_rms: Mapping[str, tuple[float, ...]] = field(default_factory=dict)


def reconstruction_section(content: ReconstructionContent, titles: Mapping[str, str]) -> Section:
    """Lay the section out."""
    blocks = (Paragraph(content.missing),) if content.missing else _blocks(content, titles)
    return Section(id="reconstruction", title="Reconstruction", blocks=blocks)


def _blocks(content: ReconstructionContent, titles: Mapping[str, str]) -> tuple[Block, ...]:
    how = Paragraph(
        f"Reconstructed is {content.compared}; true is what the network is shown, cast and saturation "
        "included. Both are compared over the events in which the object is there, on background that no "
        "training has seen, and given in the unit of the layout: (x · 2^shift + offset) · LSB (by the inverse "
        "of the standardisation where inputs are standardised). ± is the standard deviation, not an error. "
        "φ is compared as the number that it is, not around the circle. The figures in the network's own units "
        "are in `evaluation.json`."
    )
    blocks: list[Block] = [how, *_lost(content)]
    if content.relative_rms:
        blocks.append(_signals(content, titles))
    return (*blocks, _inputs(content))


def _lost(content: ReconstructionContent) -> list[Paragraph]:
    told = []
    lost = [one.name for one in content.inputs if one.left > _LOST]
    if lost:
        told.append(
            f"As good as lost are {len(lost)} of {len(content.inputs)} inputs: the difference is wider than "
            f"{_LOST:.0%} of the input itself ({_listed(lost)})."
        )
    never = [one.name for one in content.inputs if not one.events]
    if never:
        told.append(f"Never present in these events, so nothing can be said of them: {_listed(never)}.")
    same = [one.name for one in content.inputs if one.events and not one.true.width]
    if same:
        told.append(f"One and the same value in all of these events, which says nothing: {_listed(same)}.")
    return [Paragraph(one) for one in told]


def _listed(names: list[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _signals(content: ReconstructionContent, titles: Mapping[str, str]) -> Heatmap:
    values = np.array(list(content.relative_rms.values()), dtype=np.float64)
    shown = ", ".join(
        f"{kind} {rms:.3g}"
        for kind, rms in zip(content.kinds, content.background_rms, strict=True)
        if rms == rms
    )
    return Heatmap(
        name="reconstruction_signals",
        title="Error of the reconstruction, relative to background",
        caption="Root mean square of reconstructed − true, its mean included: the mean over the inputs of one "
        "kind that both samples have, over that of the background. Above 1 a signal comes back worse than "
        f"background does. An empty cell is a kind that one of the two does not have. On background: {shown}.",
        rows=tuple(titles.get(name, name) for name in content.relative_rms),
        columns=content.kinds,
        values=values,
        label="RMS relative to background",
        high=min(_DARKEST, max(2.0, float(np.nanmax(values, initial=0.0)))),
    )


def _inputs(content: ReconstructionContent) -> Table:
    return Table(
        name="reconstruction_inputs",
        title="Inputs on background: mean ± width",
        header=(
            "input",
            "unit",
            "events",
            "true",
            "reconstructed",
            "reconstructed − true",
            "its width over the true",
        ),
        rows=tuple(_row(one) for one in content.inputs),
        folded=len(content.inputs) > _LONG_TABLE,
    )


def _row(one: InputReconstruction) -> tuple[str, ...]:
    unit = "" if one.unit == "1" else one.unit
    if not one.events:
        return (one.name, unit, "0", "never present", "–", "–", "–")
    spreads = (_told(spread) for spread in (one.true, one.reconstructed, one.difference))
    return (one.name, unit, f"{one.events:,}", *spreads, "–" if math.isnan(one.left) else f"{one.left:.0%}")


def _told(spread: Spread) -> str:
    """Write both with as many decimals as show three digits of the width."""
    size = abs(spread.width) or abs(spread.mean) or 1.0
    decimals = min(6, max(0, 2 - math.floor(math.log10(size))))
    return f"{spread.mean:z.{decimals}f} ± {spread.width:.{decimals}f}"
