"""The account of a zero-bias sample that grows block by block, whatever the size of the sample."""

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.core.layout import InputLayout
from l1ad.core.layouts import ugt_57
from l1ad.core.menu import Menu
from l1ad.data.events import EventBatch, check_alike
from l1ad.rates.slices import Key, SliceAccount, at_least, tenths
from l1ad.rates.stream import ZeroBiasStream
from l1ad.rates.weighted import Sample, WeightedCount
from l1ad.rates.zero_bias import Histogram, MenuRates, SeedRates, ThresholdCurve, ZeroBiasCheck
from l1ad.rates.zero_bias_objects import (
    BENCHMARKS,
    JET_GEV,
    QUANTITIES,
    EventObjects,
    Quantity,
    event_objects,
)

__all__ = ["ZeroBiasAccount"]

_PILEUP_PARTS = 12


class ZeroBiasAccount:
    """Sums over zero-bias events.

    Args:
        layout: Layout of the events, which must be `ugt_57`.
        where: Where they come from, for messages.

    Raises:
        DataError: If the layout is another.
    """

    def __init__(self, layout: InputLayout, *, where: str) -> None:
        if layout != ugt_57():
            raise DataError(
                f"{where}: {layout.told_apart(ugt_57())}; the check of a zero-bias sample reads the trigger "
                "objects of 'ugt_57'"
            )
        self._where = where
        self._first: EventBatch | None = None
        self._total = WeightedCount.none(1)
        self._lightest, self._heaviest, self._pileup = np.inf, 0.0, 0.0
        self._leading = {name: WeightedCount.none(one.raw_max + 1) for name, one in QUANTITIES.items()}
        self._objects: dict[str, WeightedCount] = {}
        self._numbers: dict[str, WeightedCount] = {}
        self._passed = WeightedCount.none(len(BENCHMARKS))
        self._by_pileup, self._by_lumi_section = SliceAccount(), SliceAccount()
        self._menu: _MenuAccount | None = None

    def add(self, events: EventBatch) -> None:
        """Count events.

        Raises:
            DataError: If they are of another kind than those before.
        """
        if not len(events):
            return
        if self._first is None:
            self._first = events.select(0, 0)
        check_alike(self._first, events)
        weights, objects = events.weights, event_objects(events.inputs_raw)
        self._total += WeightedCount.of(np.zeros(len(events), np.int64), weights, 1)
        self._lightest = min(self._lightest, float(weights.min()))
        self._heaviest = max(self._heaviest, float(weights.max()))
        for name, values in objects.value_raw.items():
            self._leading[name] += WeightedCount.of(values, weights, QUANTITIES[name].raw_max + 1)
        self._add_objects(objects, weights)
        passed = np.stack(
            [
                objects.value_raw[one.quantity] >= QUANTITIES[one.quantity].threshold_raw(one.threshold_gev)
                for one in BENCHMARKS
            ],
            axis=1,
        )
        self._passed += _columns(passed, weights)
        self._add_slices(events, passed, weights)
        if events.menu is not None and events.menu_bits is not None:
            self._menu = self._menu or _MenuAccount(events.menu)
            self._menu.add(events.menu_bits, weights)

    def _add_objects(self, objects: EventObjects, weights: NDArray[np.float64]) -> None:
        for name, pt_raw in objects.pt_raw.items():
            slots = pt_raw.shape[1]
            present = pt_raw > 0
            event, _ = np.nonzero(present)
            pts = WeightedCount.of(pt_raw[present], weights[event], QUANTITIES[name].raw_max + 1)
            self._objects[name] = self._objects[name] + pts if name in self._objects else pts
            numbers = {name: present.sum(axis=1)}
            if name == "jet":
                numbers["jet30"] = (pt_raw >= QUANTITIES[name].threshold_raw(JET_GEV)).sum(axis=1)
            for key, number in numbers.items():
                counted = WeightedCount.of(number, weights, slots + 1)
                self._numbers[key] = self._numbers[key] + counted if key in self._numbers else counted

    def _add_slices(self, events: EventBatch, passed: NDArray[np.bool_], weights: NDArray[np.float64]) -> None:
        if events.pileup is not None:
            self._pileup += float(weights @ events.pileup)
            whole = np.floor(events.pileup).astype(np.int64)
            self._by_pileup.add(whole[:, None], events.pileup, passed, weights)
        if events.lumi_section is not None:
            run = np.zeros_like(events.lumi_section) if events.run is None else events.run
            key = np.stack([run, events.lumi_section], axis=1)
            self._by_lumi_section.add(key, events.lumi_section.astype(np.float64), passed, weights)

    def result(self, stream: ZeroBiasStream) -> ZeroBiasCheck:
        """Turn the sums into rates in a stream.

        Raises:
            DataError: If there were no events, or none of any weight.
        """
        first, total = self._first, self._total[0]
        if first is None or not total.weight > 0:
            raise DataError(f"{self._where}: no events of any weight to check")
        sample = Sample(
            n_events=int(total.n_events), weight=float(total.weight), squared=float(total.squared),
            equal_weights=self._lightest == self._heaviest, stream_khz=stream.rate_hz / 1000,
        )  # fmt: skip
        return ZeroBiasCheck(
            location=self._where, sample=first.sample, colliding_bunches=stream.colliding_bunches,
            coverage=sample.coverage, n_events=sample.n_events, weight=sample.weight,
            effective_events=sample.weight**2 / sample.squared, equal_weights=sample.equal_weights,
            mean_pileup=None if first.pileup is None else self._pileup / sample.weight,
            multiplicities={
                name: _histogram(one, sample, np.arange(-0.5, len(one.weight)))
                for name, one in self._numbers.items()
            },
            leading={name: _spectrum(one, sample, QUANTITIES[name]) for name, one in self._leading.items()},
            objects={name: _spectrum(one, sample, QUANTITIES[name]) for name, one in self._objects.items()},
            curves={name: _curve(one, sample, QUANTITIES[name]) for name, one in self._leading.items()},
            benchmarks=sample.rates_of(self._passed, range(len(BENCHMARKS))),
            by_pileup=self._by_pileup.slices(sample, at_least(_PILEUP_PARTS), _title),
            by_lumi_section=self._by_lumi_section.slices(
                sample, tenths, _title if len(self._by_lumi_section.first_numbers) == 1 else _title_with_run
            ),
            menu=None if self._menu is None else self._menu.result(sample),
        )  # fmt: skip


class _MenuAccount:
    """Sums over the events in which each seed of a menu fired."""

    def __init__(self, menu: Menu) -> None:
        self._menu = menu
        self._fired, self._pure = (WeightedCount.none(len(menu.names)) for _ in range(2))
        self._any = WeightedCount.none(1)

    def add(self, bits: NDArray[np.bool_], weights: NDArray[np.float64]) -> None:
        unprescaled = bits & self._menu.unprescaled
        n_fired = unprescaled.sum(axis=1)
        self._fired += _columns(bits, weights)
        self._pure += _columns(unprescaled & (n_fired == 1)[:, None], weights)
        self._any += _columns((n_fired > 0)[:, None], weights)

    def result(self, sample: Sample) -> MenuRates:
        seeds = []
        for index, (name, prescale) in enumerate(zip(self._menu.names, self._menu.prescales, strict=True)):
            before = sample.rate_of(self._fired[index])
            pure = sample.rate_of(self._pure[index]) if prescale == 1 else None
            seeds.append(
                SeedRates(name=name, prescale=prescale, before=before, after=before.over(prescale), pure=pure)
            )
        return MenuRates(seeds=tuple(seeds), total=sample.rate_of(self._any[0]))


def _columns(passed: NDArray[np.bool_], weights: NDArray[np.float64]) -> WeightedCount:
    """Count the events that pass in each column."""
    event, column = np.nonzero(passed)
    return WeightedCount.of(column, weights[event], passed.shape[1])


def _histogram(counted: WeightedCount, sample: Sample, edges: NDArray[np.float64]) -> Histogram:
    return Histogram(
        edges=edges, per_crossing=counted.weight / sample.weight, error=np.sqrt(counted.squared) / sample.weight
    )


def _spectrum(counted: WeightedCount, sample: Sample, quantity: Quantity) -> Histogram:
    """Lay out the values from the lowest that an object can have to the highest that was met."""
    # An absent e/γ, muon or jet has no pT; MET and HT of 0 are values like others.
    start = 0 if quantity.name in ("met", "ht") else 1
    stop = 1 + max(start, int(np.flatnonzero(counted.n_events).max(initial=0)))
    return _histogram(counted[start:stop], sample, quantity.edges_gev[start : stop + 1])


def _curve(counted: WeightedCount, sample: Sample, quantity: Quantity) -> ThresholdCurve:
    passing = counted.at_or_above()
    last_gev = int((quantity.raw_max - quantity.offset) * quantity.lsb_gev)
    thresholds, rates = [], []
    for gev in range(1, last_gev + 1):
        thresholds.append(gev)
        rates.append(sample.rate_of(passing[quantity.threshold_raw(gev)]))
        if not rates[-1].n_pass:
            break
    return ThresholdCurve(
        threshold_gev=np.array(thresholds),
        n_pass=np.array([one.n_pass for one in rates]),
        rate_khz=np.array([one.rate_khz for one in rates]),
        low_khz=np.array([one.low_khz for one in rates]),
        high_khz=np.array([one.high_khz for one in rates]),
    )


def _title(first: Key, last: Key) -> str:
    """Name a slice by the last number of its keys: the pile-up, or the lumi section of the one run there is."""
    return str(first[-1]) if first == last else f"{first[-1]} to {last[-1]}"


def _title_with_run(first: Key, last: Key) -> str:
    """Name a slice by run and lumi section."""
    if first[0] == last[0]:
        return f"run {first[0]}: {_title(first, last)}"
    return f"{first[0]}:{first[1]} to {last[0]}:{last[1]}"
