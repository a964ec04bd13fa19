"""Collisions drawn for crossings: pile-up, and under or without it the collisions of a process."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l1ad.config.sample import SampleConfig
from l1ad.core.layouts import ugt_57
from l1ad.data.events import EventBatch
from l1ad.simulate.crossing import Drawn
from l1ad.simulate.deposits import Collisions
from l1ad.simulate.fill import Conditions, conditions, drawn_hard
from l1ad.simulate.menu import configured_menu, seed_bits
from l1ad.simulate.pool import Pool
from l1ad.simulate.trigger_objects import TriggerObjects, hardware_inputs

__all__ = ["Overlaid", "overlaid", "trigger_batch"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Overlaid:
    """What crossings are made of.

    Attributes:
        number: Number of each crossing in its sample, shape (n_crossings,).
        now: When they happen.
        pileup: Collisions of pile-up in each, shape (n_crossings,).
        weight: Weight of each, 1 without enrichment, shape (n_crossings,).
        parts: Pools, and what is drawn from each: pile-up first, then the collisions of a process.
    """

    number: NDArray[np.int64]
    now: Conditions
    pileup: NDArray[np.int64]
    weight: NDArray[np.float64]
    parts: list[tuple[Collisions, Drawn]]

    def __len__(self) -> int:
        return len(self.number)


def overlaid(
    config: SampleConfig,
    pool: Pool,
    number: NDArray[np.int64],
    on_top: Collisions | None,
    rng: np.random.Generator,
) -> Overlaid:
    """Draw the collisions of crossings: zero bias, or pile-up under the collisions of a process."""
    n_crossings = len(number)
    # A process's events come in any order, and from any time of the fill.
    when = number if on_top is None else rng.integers(config.events, size=n_crossings)
    now = conditions(when, config.events, config.pileup, config.fill, rng)
    hard = drawn_hard(now.expected, pool, config.enrichment, rng)
    soft = rng.poisson(now.expected * (1 - pool.replaced))
    parts = [(pool.collisions, _drawn(pool, np.column_stack([soft, hard.count]), rng))]
    if on_top is not None:
        parts.append((on_top, Drawn.as_it_is(n_crossings)))
    pileup = soft + hard.count.sum(axis=1)
    return Overlaid(number=number, now=now, pileup=pileup, weight=hard.weight, parts=parts)


def trigger_batch(config: SampleConfig, made: Overlaid, objects: TriggerObjects) -> EventBatch:
    """Write what the trigger finds in crossings as events, with the decisions of the menu."""
    return EventBatch(
        layout=ugt_57(),
        inputs_raw=hardware_inputs(objects),
        event_number=made.number,
        sample=config.name,
        run=np.full(len(made), config.fill.run),
        lumi_section=made.now.lumi_section,
        bunch_crossing=made.now.bunch_crossing,
        pileup=made.pileup.astype(np.float64),
        weight=made.weight if config.enrichment else None,
        menu=configured_menu(config.menu),
        menu_bits=seed_bits(objects, config.menu),
    )


def _drawn(pool: Pool, count: NDArray[np.int64], rng: np.random.Generator) -> Drawn:
    """Draw so many collisions of each kind for each crossing, shape (n_crossings, 1 + n_hard)."""
    sizes = np.diff(pool.first)
    kind = np.repeat(np.tile(np.arange(len(sizes)), len(count)), count.ravel())
    crossing = np.repeat(np.arange(len(count)), count.sum(axis=1))
    which = pool.first[kind] + np.floor(rng.random(len(kind)) * sizes[kind]).astype(np.int64)
    return Drawn.at_random(which, crossing, rng)
