"""The composition of what a threshold accepts, against a loop over events."""

import pickle
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.core.layout import InputField, InputLayout
from l1ad.core.layouts import hlt_57, regions_18x14, ugt_57
from l1ad.core.menu import Menu
from l1ad.data.events import EventBatch
from l1ad.rates.composition import (
    QUANTILES,
    Composition,
    CompositionAccount,
    Spectrum,
)
from l1ad.rates.menu_rates import chance_free
from l1ad.rates.observables import Observable, observables, observed
from l1ad.rates.zero_bias_objects import event_objects

MENU = Menu(names=("L1_A", "L1_B", "L1_C"), prescales=(1, 4, 0))
THRESHOLDS = {"tight": 80, "loose": 30}
NAMES = ["met", "n_eg", "eg", "n_mu", "mu", "n_jet", "jet", "n_jet30", "ht"]

Scored = tuple[EventBatch, NDArray[np.int64]]


def drawn(n_events: int, seed: int, *, layout: InputLayout | None = None, weighted: bool = True) -> Scored:
    """Draw pT in falling order, many of them absent, and bits and scores beside them."""
    rng, layout = np.random.default_rng(seed), layout or ugt_57()
    inputs = np.zeros((n_events, layout.n_inputs), layout.dtype)
    for kind in ("met", "eg", "mu", "jet"):
        slots = [i for i, f in enumerate(layout.fields) if (f.object_type, f.quantity) == (kind, "pt")]
        pt = -np.sort(-rng.exponential(60, (n_events, len(slots))).astype(int), axis=1)
        pt[np.arange(len(slots)) >= rng.integers(0, len(slots) + 1, n_events)[:, None]] = 0
        inputs[:, slots] = np.minimum(pt, layout.raw_max[slots])
    events = EventBatch(
        layout=layout, inputs_raw=inputs, event_number=np.arange(n_events), sample="drawn",
        weight=rng.choice([0.25, 1.0, 2.5], n_events) if weighted else None,
        menu=MENU, menu_bits=rng.random((n_events, 3)) < 0.3,
    )  # fmt: skip
    return events, rng.integers(0, 100, n_events)


def account_of(scored: Scored, block_events: int = 100) -> CompositionAccount:
    events, scores = scored
    account = CompositionAccount(events.layout, MENU, THRESHOLDS, where="drawn")
    for start in range(0, len(events), block_events):
        account.add(events.select(start, start + block_events), scores[start : start + block_events])
    return account


def told(one: Observable, spectrum: Spectrum, raw: NDArray[np.int64], weights: NDArray[np.float64]) -> None:
    """Hold a spectrum against the values of its events."""
    has = np.full(len(raw), True) if one.always else raw > 0
    values = (raw - one.offset) * one.lsb
    counted, _ = np.histogram(values[has], spectrum.edges, weights=weights[has])
    squared, _ = np.histogram(values[has], spectrum.edges, weights=weights[has] ** 2)
    np.testing.assert_allclose(spectrum.share, counted / weights.sum(), rtol=1e-12)
    np.testing.assert_allclose(spectrum.error, np.sqrt(squared) / weights.sum(), rtol=1e-12)
    assert spectrum.present == pytest.approx(weights[has].sum() / weights.sum())
    assert spectrum.share.sum() == pytest.approx(spectrum.present)
    assert spectrum.mean == pytest.approx(np.average(values[has], weights=weights[has]))
    for part, quantile in zip(QUANTILES, spectrum.quantiles, strict=True):
        inside = weights[has]
        assert inside[values[has] <= quantile].sum() >= part * inside.sum() * (1 - 1e-9)
        assert inside[values[has] < quantile].sum() < part * inside.sum()


@pytest.mark.parametrize("weighted", [False, True])
def test_every_population_is_that_of_a_selection_of_events(weighted: bool) -> None:
    events, scores = drawn(1500, 1, weighted=weighted)
    assert events.menu_bits is not None
    composition = account_of((events, scores)).result()
    values = observed(events.inputs_raw, events.layout)
    free = chance_free(events.menu_bits, MENU)
    certain: NDArray[np.float64] = np.ones(1500)
    populations = [(composition.everything, certain)]
    for one in composition.thresholds:
        passed = scores >= THRESHOLDS[one.name]
        assert one.threshold_raw == THRESHOLDS[one.name]
        populations += [(one.total, passed * certain), (one.pure, passed * free)]
    for population, chance in populations:
        weights, picked = events.weights * chance, chance > 0
        assert population.n_events == picked.sum()
        assert population.fraction == pytest.approx(weights.sum() / events.weights.sum())
        assert population.effective_events == pytest.approx(weights.sum() ** 2 / (weights**2).sum())
        for each in composition.observables:
            told(each, population.spectra[each.name], values[each.name][picked], weights[picked])


def test_the_observables_of_ugt_57_are_those_of_the_check_of_zero_bias() -> None:
    events, _ = drawn(300, 2)
    assert [one.name for one in observables(ugt_57(), where="here")] == NAMES
    values, objects = observed(events.inputs_raw, ugt_57()), event_objects(events.inputs_raw)
    for name in ("eg", "mu", "jet", "met", "ht"):
        np.testing.assert_array_equal(values[name], objects.value_raw[name])
    np.testing.assert_array_equal(values["n_jet30"], (objects.pt_raw["jet"] >= 60).sum(axis=1))


def test_a_muon_of_ugt_57_counts_from_1_and_pt_stands_at_the_lower_edge_of_its_bin() -> None:
    events, scores = drawn(50, 3)
    mu = events.layout.names.index("mu_1_pt")
    inputs = np.zeros_like(events.inputs_raw)
    inputs[:20, mu] = 1 + 2 * 11
    spectrum = account_of((replace(events, inputs_raw=inputs, weight=None), scores)).result().everything
    assert spectrum.spectra["mu"].mean == 11.0
    assert spectrum.spectra["mu"].quantiles == (11.0,) * 5
    assert spectrum.spectra["mu"].present == 0.4
    assert spectrum.spectra["mu"].edges[[0, -1]].tolist() == [0.0, 11.5]
    assert spectrum.spectra["n_mu"].edges.tolist() == [-0.5, 0.5, 1.5]
    assert spectrum.spectra["n_mu"].share.tolist() == [0.6, 0.4]
    assert spectrum.spectra["met"].share.tolist() == [1.0]


def test_a_layout_of_another_name_is_read_by_the_names_of_its_inputs() -> None:
    events, _ = drawn(300, 4)
    other = replace(ugt_57(), name="like_ugt_57")
    assert [one.name for one in observables(other, where="here")] == NAMES[:-1]
    ours, theirs = observed(events.inputs_raw, other), observed(events.inputs_raw, ugt_57())
    for name in NAMES[:-1]:
        np.testing.assert_array_equal(ours[name], theirs[name])


def test_bins_of_fine_steps_are_put_together_and_still_hold_every_event() -> None:
    events, scores = drawn(400, 5, layout=hlt_57())
    inputs = events.inputs_raw.copy()
    inputs[0, events.layout.names.index("jet_1_pt")] = 2**15 - 1
    jets = account_of((replace(events, inputs_raw=inputs), scores)).result().everything.spectra["jet"]
    assert len(jets.share) <= 200
    assert jets.edges[-1] >= (2**15 - 1) / 8
    assert jets.share.sum() == pytest.approx(jets.present)


@settings(max_examples=15, deadline=None)
@given(cut=st.integers(0, 300), block_events=st.integers(20, 300))
def test_the_account_of_parts_is_that_of_the_whole(cut: int, block_events: int) -> None:
    events, scores = drawn(300, 6, weighted=False)
    first = account_of((events.select(0, cut), scores[:cut]), block_events)
    second = account_of((events.select(cut, 300), scores[cut:]), block_events)
    joined: Any = pickle.loads(pickle.dumps(first)) + second  # noqa: S301, these are our own bytes
    alike(joined.result(), account_of((events, scores), 300).result())


def alike(left: Composition, right: Composition) -> None:
    assert left.observables == right.observables
    pairs = [(left.everything, right.everything)]
    for ours, theirs in zip(left.thresholds, right.thresholds, strict=True):
        pairs += [(ours.total, theirs.total), (ours.pure, theirs.pure)]
    for one, other in pairs:
        assert (one.n_events, one.fraction) == (other.n_events, other.fraction)
        for name, spectrum in one.spectra.items():
            np.testing.assert_array_equal(spectrum.share, other.spectra[name].share)
            assert spectrum.quantiles == other.spectra[name].quantiles


def test_nothing_pure_has_empty_spectra_without_a_mean() -> None:
    events, scores = drawn(200, 7)
    assert events.menu_bits is not None
    taken = replace(events, menu_bits=events.menu_bits | [True, False, False])
    pure = account_of((taken, scores)).result().thresholds[0].pure
    assert (pure.n_events, pure.effective_events, pure.fraction) == (0, 0.0, 0.0)
    jets = pure.spectra["jet"]
    assert not jets.share.any()
    assert np.isnan([jets.mean, *jets.quantiles]).all()


def test_what_has_no_composition_is_refused() -> None:
    with pytest.raises(DataError, match=re.escape("here: no object of layout 'regions_18x14' has a pT in GeV")):
        CompositionAccount(regions_18x14(), MENU, THRESHOLDS, where="here")
    fields = tuple(
        InputField(object_type="jet", slot=slot, quantity="pt", lsb=lsb, unit="GeV", raw_min=0, raw_max=255)
        for slot, lsb in enumerate((0.5, 1.0))
    )
    with pytest.raises(DataError, match="the pT of 'jet' in layout 'uneven' has steps of different size"):
        observables(InputLayout(name="uneven", fields=fields), where="here")
    events, scores = drawn(10, 8)
    account = CompositionAccount(hlt_57(), MENU, THRESHOLDS, where="here")
    with pytest.raises(DataError, match=re.escape("here: events of layout 'ugt_57', not 'hlt_57'")):
        account.add(events, scores)
    with pytest.raises(DataError, match="here: no events of any weight"):
        account.result()
    with pytest.raises(DataError, match="here: the events have no bits of a trigger menu"):
        CompositionAccount(ugt_57(), MENU, THRESHOLDS, where="here").add(
            replace(events, menu=None, menu_bits=None), scores
        )
    with pytest.raises(DataError, match="another layout, menu or other thresholds do not add up"):
        account + account_of((events, scores))
