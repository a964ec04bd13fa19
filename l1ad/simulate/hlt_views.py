"""The same crossings seen twice, by L1 and by the HLT, chunk by chunk."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from l1ad.config.sample import SampleConfig
from l1ad.config.studies.hlt_and_l1 import HltConfig
from l1ad.core.layouts import ugt_57
from l1ad.data.events import EventBatch, concatenated
from l1ad.simulate.chunks import chunk_seed
from l1ad.simulate.crossing import Crossings, Drawn, piled_up
from l1ad.simulate.deposits import Collisions, collisions
from l1ad.simulate.generator import Generator
from l1ad.simulate.hlt_cleaning import activity, cleaned_towers
from l1ad.simulate.hlt_objects import hlt_objects
from l1ad.simulate.overlaid import Overlaid, overlaid, trigger_batch
from l1ad.simulate.pool import Pool
from l1ad.simulate.trigger_objects import found_objects, hardware_inputs

__all__ = ["BothViews", "Looking", "accepted_by_menu", "seen_twice"]

_BATCH = 250


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BothViews:
    """Events of layout `ugt_57`, the same ones in the same order: they share numbers, menu bits and weights.

    Attributes:
        l1: As L1 sees them.
        hlt: As the HLT sees them; its menu bits are L1's.
    """

    l1: EventBatch
    hlt: EventBatch


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Looking:
    """What all chunks of a sample share.

    Attributes:
        config: The sample: zero bias, or one process.
        pool: Pool of its pile-up.
        activity: Activity of every collision of the pool.
        hlt: How the HLT sees.
        lowest_weight: None keeps every event; else only those that L1 accepts, and of those with less weight
            so many that each weighs this much.
    """

    config: SampleConfig
    pool: Pool
    activity: NDArray[np.float64]
    hlt: HltConfig
    lowest_weight: float | None = None


def seen_twice(looking: Looking, first: int, n_events: int) -> BothViews | None:
    """Simulate events from number `first` on; equal numbers give equal events.

    Args:
        looking: The sample.
        first: Number of the first event.
        n_events: How many, before L1 decides.

    Returns:
        Both views; None if none is kept.
    """
    config = looking.config
    generator = None
    if config.processes:
        seed = chunk_seed(config.seed, first)
        generator = Generator(
            config.processes[0].pythia, beam_energy_gev=looking.pool.beam_energy_gev, seed=seed
        )
    found = []
    for start in range(first, first + n_events, _BATCH):
        number = np.arange(start, min(start + _BATCH, first + n_events))
        rng = np.random.default_rng([config.seed, start])
        on_top = None
        if generator is not None:
            on_top = collisions(generator.batch(len(number)), looking.pool.detector, rng)
        views = _batch(looking, number, on_top, rng)
        if len(views.l1):
            found.append(views)
    if not found:
        return None
    return BothViews(l1=concatenated([one.l1 for one in found]), hlt=concatenated([one.hlt for one in found]))


def accepted_by_menu(events: EventBatch) -> NDArray[np.bool_]:
    """Tell which events some unprescaled seed takes, shape (n_events,).

    Raises:
        ValueError: If no menu decided on the events.
    """
    if events.menu is None or events.menu_bits is None:
        raise ValueError(f"{events.sample}: no menu decided on these events")
    return np.asarray(events.menu_bits[:, events.menu.unprescaled].any(axis=1))


def _batch(
    looking: Looking, number: NDArray[np.int64], on_top: Collisions | None, rng: np.random.Generator
) -> BothViews:
    config = looking.config
    made = overlaid(config, looking.pool, number, on_top, rng)
    crossings = piled_up(made.parts, len(made))
    l1 = trigger_batch(config, made, found_objects(crossings, config.trigger, rng))
    kept = np.arange(len(number))
    if looking.lowest_weight is not None:
        lowest = looking.lowest_weight
        drawn = rng.random(len(number)) * lowest < l1.weights
        kept = np.flatnonzero(accepted_by_menu(l1) & drawn)
        l1 = replace(l1, weight=np.maximum(l1.weights, lowest)).take(kept)
    hlt = replace(l1, inputs_raw=_hlt_inputs(looking, made, crossings, on_top, kept, rng))
    return BothViews(l1=l1, hlt=hlt)


def _hlt_inputs(
    looking: Looking,
    made: Overlaid,
    crossings: Crossings,
    on_top: Collisions | None,
    kept: NDArray[np.int64],
    rng: np.random.Generator,
) -> NDArray[np.int16]:
    """Look at the crossings that are kept, in their order."""
    if not len(kept):
        return np.zeros((0, ugt_57().n_inputs), dtype=np.int16)
    parts = [(pool, _of_crossings(drawn, kept)) for pool, drawn in made.parts]
    activities = [looking.activity, *([] if on_top is None else [activity(on_top, looking.hlt)])]
    cleaned = cleaned_towers(crossings.et[kept], parts, activities, looking.hlt, rng)
    here = np.isin(crossings.muon_crossing, kept)
    seen = Crossings(
        et=crossings.et[kept],
        muon_crossing=np.searchsorted(kept, crossings.muon_crossing[here]),
        muons=crossings.muons[here],
    )
    return hardware_inputs(hlt_objects(cleaned, seen, looking.hlt, rng))


def _of_crossings(drawn: Drawn, kept: NDArray[np.int64]) -> Drawn:
    """Keep what belongs to some crossings, and count them anew; `kept` rises."""
    here = np.isin(drawn.crossing, kept)
    return Drawn(
        which=drawn.which[here],
        crossing=np.searchsorted(kept, drawn.crossing[here]),
        turn=drawn.turn[here],
        mirrored=drawn.mirrored[here],
    )
