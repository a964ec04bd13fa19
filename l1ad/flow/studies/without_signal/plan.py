"""The plan of a study of metrics without signal: every version that is trained, drawn from the seed."""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import qmc

from l1ad.config.studies.without_signal import Fault, KindConfig, VersionsConfig, WithoutSignalConfig
from l1ad.training.families.registry import every_family

__all__ = ["Version", "planned_versions"]

_SEEDS_OF_A_STUDY = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One training, with all that decides its network.

    Attributes:
        name: What the report calls it.
        kind: Its family.
        weight: Of the family's penalty.
        hidden: Widths of the encoder's hidden layers.
        latent: Size of its code.
        activation: Between the layers.
        inputs: Input scaling: `hardware` or `standardised`.
        events: Distinct events that it is trained on.
        learning_rate: Of Adam.
        epochs: Most passes.
        seed: Of weights, order and noise.
        fault: What is wrong with it; None of a sound one.
    """

    name: str
    kind: str
    weight: float
    hidden: tuple[int, ...]
    latent: int
    activation: str
    inputs: str
    events: int
    learning_rate: float
    epochs: int
    seed: int
    fault: Fault | None

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Version":
        """Read a version from JSON."""
        return cls(**{**document, "hidden": tuple(document["hidden"])})


def planned_versions(config: WithoutSignalConfig) -> list[Version]:
    """Draw the versions of a study, sorted so that what is compiled alike follows one another.

    Families have their shares to the nearest whole version; shapes, input scalings and numbers of events go
    round, in every combination before one comes again; weight, learning rate and epochs are a Latin hypercube
    (scipy.stats.qmc), even in the logarithm of the first two. Spoilt versions are drawn alike, of the families
    whose Σµ² is a score where there are any, and have one fault each, in turn.
    """
    plan = config.versions
    n_bad = round(plan.number * plan.bad_share)
    rng = np.random.default_rng([config.seed, 0])
    good = list(_kinds(plan.kinds, plan.number - n_bad))
    faults = list(itertools.islice(itertools.cycle(plan.faults), n_bad))
    bad = [kind for fault, kind in zip(faults, _spoilt_kinds(plan, faults), strict=True)]
    versions = [
        *_drawn(plan, good, [None] * len(good), rng, config.seed * _SEEDS_OF_A_STUDY),
        *_drawn(plan, bad, faults, rng, config.seed * _SEEDS_OF_A_STUDY + len(good)),
    ]
    return sorted(versions, key=lambda one: (one.kind, one.hidden, one.latent))


def _kinds(kinds: Sequence[KindConfig], number: int) -> Iterator[KindConfig]:
    """Give each family its share of a number; the largest remainders round up."""
    total = sum(one.share for one in kinds)
    wanted = [number * one.share / total for one in kinds]
    counts = [math.floor(one) for one in wanted]
    by_remainder = sorted(range(len(kinds)), key=lambda i: counts[i] - wanted[i])
    for i in by_remainder[: number - sum(counts)]:
        counts[i] += 1
    for one, count in zip(kinds, counts, strict=True):
        yield from itertools.repeat(one, count)


def _spoilt_kinds(plan: VersionsConfig, faults: Sequence[Fault]) -> Iterator[KindConfig]:
    """Give the family of each spoilt version: each fault goes through all, those that it can spoil."""
    known = every_family()
    scored = [one for one in plan.kinds if known[one.kind].deployable] or list(plan.kinds)
    for number, fault in enumerate(faults):
        fit = scored
        if fault == "collapsed":
            fit = [one for one in scored if one.kind != "vanilla"] or [
                one for one in plan.kinds if one.kind != "vanilla"
            ]
        yield fit[(number // len(plan.faults)) % len(fit)]


def _drawn(
    plan: VersionsConfig, kinds: Sequence[KindConfig], faults: Sequence[Fault | None], rng: np.random.Generator,
    first_seed: int,
) -> Iterator[Version]:  # fmt: skip
    combinations = [
        combination
        for _ in range(math.ceil(len(kinds) / (len(plan.shapes) * len(plan.inputs) * len(plan.events))))
        for combination in _shuffled(list(itertools.product(plan.shapes, plan.inputs, plan.events)), rng)
    ]
    evenly = qmc.LatinHypercube(d=3, rng=rng).random(len(kinds))
    counts: dict[str, itertools.count[int]] = {}
    for number, (kind, fault, draw) in enumerate(zip(kinds, faults, evenly, strict=True)):
        shape, inputs, events = combinations[number]
        called = fault or kind.kind
        place = next(counts.setdefault(called, itertools.count(1)))
        collapsed, fast = fault == "collapsed", fault == "too_fast"
        yield Version(
            name=f"{called}_{place:02}",
            kind=kind.kind,
            weight=plan.collapsed_weight if collapsed else _logarithmic(kind.weight, draw[0]),
            hidden=shape.hidden,
            latent=shape.latent,
            activation=plan.activation,
            inputs=inputs,
            events=plan.few_events if fault == "few_events" else events,
            learning_rate=plan.too_fast_learning_rate if fast else _logarithmic(plan.learning_rate, draw[1]),
            epochs=math.floor(plan.epochs[0] + draw[2] * (plan.epochs[1] + 1 - plan.epochs[0])),
            seed=first_seed + number,
            fault=fault,
        )


def _shuffled(values: list[Any], rng: np.random.Generator) -> list[Any]:
    return [values[i] for i in rng.permutation(len(values))]


def _logarithmic(ends: tuple[float, float], at: float) -> float:
    """Give the number at a fraction of the way, with the four digits that a report shows."""
    return float(f"{ends[0] * (ends[1] / ends[0]) ** float(at):.4g}")
