"""One chunk of a sample: draw, pile up, run the trigger, decide the menu."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from l1ad.config.sample import ProcessConfig, SampleConfig
from l1ad.core.errors import ConfigError
from l1ad.data.events import EventBatch, concatenated
from l1ad.simulate.chunks import chunk_seed
from l1ad.simulate.crossing import piled_up
from l1ad.simulate.deposits import Collisions, collisions
from l1ad.simulate.features import features_layout, lepton_features
from l1ad.simulate.generator import Generator, Particles
from l1ad.simulate.overlaid import overlaid, trigger_batch
from l1ad.simulate.pool import Pool
from l1ad.simulate.trigger_objects import found_objects

__all__ = ["CHUNK_EVENTS", "Simulated", "simulated_chunk"]

CHUNK_EVENTS = 2_000
"""Events of one chunk. Part of the definition of a sample: each chunk has random numbers of its own."""
_BATCH = 250
_FRUITLESS_BATCHES = 400
_ZERO_BIAS = "zero_bias"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Simulated:
    """Events of a sample.

    Attributes:
        objects: The objects that the trigger finds.
        features: High-level features of the same events, or None where they are not asked for.
    """

    objects: EventBatch
    features: EventBatch | None


def simulated_chunk(config: SampleConfig, pool: Pool, chunk: int, *, limit: int = CHUNK_EVENTS) -> Simulated:
    """Simulate one chunk of a sample.

    Args:
        config: The sample.
        pool: Pool of its pile-up.
        chunk: Number of the chunk, from 0.
        limit: Zero-bias events wanted, whole batches of 250 if fewer than the chunk holds; they are the first
            ones of the same chunk whatever the limit.
    """
    first = chunk * CHUNK_EVENTS
    n_events = min(CHUNK_EVENTS, config.events - first, limit)
    if not config.processes:
        numbers = (np.arange(start, min(start + _BATCH, first + n_events)) for start in
                   range(first, first + n_events, _BATCH))  # fmt: skip
        batches = [
            _crossings(config, pool, number, None, np.random.default_rng([config.seed, chunk, batch]))
            for batch, number in enumerate(numbers)
        ]
        return Simulated(objects=concatenated(batches), features=None)
    rng = np.random.default_rng([config.seed, chunk])
    shares = np.array([process.share for process in config.processes])
    wanted = rng.multinomial(n_events, shares / shares.sum())
    parts = [
        part
        for label, n_wanted in enumerate(wanted)
        for part in _filtered(config, pool, chunk, label, int(n_wanted))
    ]
    # In any order, or the processes of a mix would come one after another.
    order = rng.permutation(n_events)
    objects = concatenated([part.objects for part in parts]).take(order)
    objects = replace(objects, event_number=first + np.arange(n_events))
    features = [part.features for part in parts if part.features is not None]
    if not features:
        return Simulated(objects=objects, features=None)
    joined = concatenated(features).take(order)
    return Simulated(objects=objects, features=replace(joined, event_number=objects.event_number))


def _filtered(config: SampleConfig, pool: Pool, chunk: int, label: int, wanted: int) -> Iterator[Simulated]:
    """Generate events of a process until so many have passed the filter.

    Raises:
        ConfigError: If hardly any event passes.
    """
    process = config.processes[label]
    generator = _started(process, config, pool, chunk, label)
    found, batch = 0, 0
    while found < wanted:
        rng = np.random.default_rng([config.seed, chunk, label, batch])
        particles = generator.batch(_BATCH)
        made = _on_top(config, pool, particles, label, rng)
        passed = np.flatnonzero(_passes(config, made))[: wanted - found]
        found, batch = found + len(passed), batch + 1
        if len(passed):
            features = None if made.features is None else made.features.take(passed)
            yield Simulated(objects=made.objects.take(passed), features=features)
        if batch >= _FRUITLESS_BATCHES and found < batch:
            raise ConfigError(
                f"{config.name}: {found} of {batch * _BATCH} events of process {process.name!r} pass the "
                f"filter of {config.lepton_filter_gev} GeV; generate harder ones, e.g. with PhaseSpace:pTHatMin"
            )


def _on_top(
    config: SampleConfig, pool: Pool, particles: Particles, label: int, rng: np.random.Generator
) -> Simulated:
    """Put the collisions of a process on top of pile-up."""
    number = np.arange(particles.n_events)
    detector = pool.detector
    objects = _crossings(config, pool, number, collisions(particles, detector, rng), rng)
    if len(config.processes) > 1:  # of one process the sample's name says all
        names = tuple(process.name for process in config.processes)
        objects = replace(objects, label=np.full(len(number), label), label_names=names)
    if not config.features:
        return Simulated(objects=objects, features=None)
    features = EventBatch(
        layout=features_layout(),
        inputs_raw=lepton_features(particles, rng),
        event_number=number,
        sample=config.name,
        label=objects.label,
        label_names=objects.label_names,
    )
    return Simulated(objects=objects, features=features)


def _crossings(
    config: SampleConfig,
    pool: Pool,
    number: NDArray[np.int64],
    on_top: Collisions | None,
    rng: np.random.Generator,
) -> EventBatch:
    """Make crossings: zero bias, or pile-up under the collisions of a process."""
    made = overlaid(config, pool, number, on_top, rng)
    objects = found_objects(piled_up(made.parts, len(made)), config.trigger, rng)
    return trigger_batch(config, made, objects)


def _passes(config: SampleConfig, made: Simulated) -> NDArray[np.bool_]:
    """Tell which events have a leading e/γ or muon over the filter; with features their lepton itself."""
    inputs, layout = made.objects.inputs_raw, made.objects.layout
    if config.lepton_filter_gev is None:
        return np.ones(len(inputs), dtype=bool)
    if made.features is not None:
        column = made.features.layout.names.index("lepton_pt")
        pt = made.features.inputs_raw[:, column] * made.features.layout.fields[column].lsb
        return np.asarray(pt > config.lepton_filter_gev)
    columns = {field.name: (index, field.lsb) for index, field in enumerate(layout.fields)}
    (electron, electron_lsb), (muon, muon_lsb) = columns["eg_1_pt"], columns["mu_1_pt"]
    threshold = config.lepton_filter_gev
    passed = inputs[:, electron] * electron_lsb > threshold
    return np.asarray(passed | ((inputs[:, muon] - 1) * muon_lsb > threshold))


def _started(process: ProcessConfig, config: SampleConfig, pool: Pool, chunk: int, label: int) -> Generator:
    seed = chunk_seed(config.seed, chunk, label)
    return Generator(process.pythia, beam_energy_gev=pool.beam_energy_gev, seed=seed)
