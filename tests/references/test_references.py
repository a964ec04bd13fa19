"""Classical references on cuts of the samples that ship."""

from collections.abc import Callable

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier

from l1ad.core.layout import InputLayout
from l1ad.data.events import EventBatch
from l1ad.data.opening import load_events
from l1ad.metrics.efficiency import area_under_curve
from l1ad.metrics.ranks import ranked
from l1ad.references.cuts import single_cuts
from l1ad.references.density import Reference, fitted_references
from l1ad.references.features import fitted_features
from l1ad.references.supervised import fitted_classifier, fitted_network, halves


@pytest.fixture(scope="module")
def background() -> EventBatch:
    return load_events("sample:zero_bias", stop=6_000)


@pytest.fixture(scope="module")
def signal() -> EventBatch:
    return load_events("sample:displaced_muons", stop=1_200)


@pytest.fixture(scope="module")
def fitted(background: EventBatch) -> dict[str, Reference]:
    return fitted_references(background.select(0, 3_000), n_components=8, seed=3)


def test_cuts_are_what_a_loop_over_the_objects_finds(signal: EventBatch) -> None:
    found = single_cuts(signal)
    fields = signal.layout.fields
    for event in range(200):
        named = {f.name: int(signal.inputs_raw[event, i]) for i, f in enumerate(fields)}
        ht = 0
        for slot in range(1, 11):
            if named[f"jet_{slot}_pt"] * 0.5 >= 30 and abs(named[f"jet_{slot}_eta"] * 0.0435) < 2.5:
                ht += named[f"jet_{slot}_pt"]
        expected = {
            "MET": named["met_pt"],
            "HT": ht,
            "leading jet": max(named[f"jet_{slot}_pt"] for slot in range(1, 11)),
            "leading e/γ": max(named[f"eg_{slot}_pt"] for slot in range(1, 5)),
            "leading µ": max(named[f"mu_{slot}_pt"] for slot in range(1, 5)),
            "multiplicity": sum(value > 0 for name, value in named.items() if name.endswith("_pt")),
        }
        assert {name: int(values[event]) for name, values in found.items()} == expected


def test_a_layout_without_muons_has_no_muon_cut(signal: EventBatch) -> None:
    kept = [i for i, f in enumerate(signal.layout.fields) if f.object_type == "jet"]
    layout = InputLayout(name="jets", fields=tuple(signal.layout.fields[i] for i in kept))
    jets = EventBatch(
        layout=layout, inputs_raw=signal.inputs_raw[:, kept], event_number=signal.event_number, sample="jets"
    )
    assert set(single_cuts(jets)) == {"HT", "leading jet", "multiplicity"}


def test_scores_are_finite_and_follow_their_events(
    fitted: dict[str, Reference], background: EventBatch
) -> None:
    assert set(fitted) == {"PCA", "isolation forest", "Gaussian mixture"}
    some = background.select(3_000, 4_000)
    order = np.random.default_rng(1).permutation(len(some))
    for name, reference in fitted.items():
        scores = reference.score(some)
        assert np.isfinite(scores).all(), name
        np.testing.assert_allclose(reference.score(some.take(order)), scores[order], rtol=1e-5, err_msg=name)


def test_two_fits_of_one_seed_are_the_same(fitted: dict[str, Reference], background: EventBatch) -> None:
    again = fitted_references(background.select(0, 3_000), n_components=8, seed=3)
    some = background.select(3_000, 4_000)
    for name, reference in fitted.items():
        np.testing.assert_array_equal(again[name].score(some), reference.score(some), err_msg=name)


def test_a_density_ranks_the_signal_above_background(
    fitted: dict[str, Reference], background: EventBatch, signal: EventBatch
) -> None:
    unseen = background.select(3_000, 6_000)
    for name, reference in fitted.items():
        ranks = ranked(reference.score(unseen), reference.score(signal))
        assert area_under_curve(*ranks) > 0.6, name


@pytest.mark.parametrize("told_by", [fitted_classifier, fitted_network])
def test_a_classifier_that_knows_the_signal_beats_every_single_cut(
    told_by: Callable[[EventBatch, EventBatch, int], Reference], background: EventBatch, signal: EventBatch
) -> None:
    training, held_out = halves(signal)
    assert not set(training.event_number) & set(held_out.event_number)
    unseen = background.select(3_000, 6_000)
    told = told_by(background.select(0, 3_000), training, 1)
    best = area_under_curve(*ranked(told.score(unseen), told.score(held_out)))
    for name, of_background in single_cuts(unseen).items():
        assert area_under_curve(of_background, single_cuts(held_out)[name]) < best, name


def test_the_log_odds_of_a_network_are_those_of_its_probabilities(
    background: EventBatch, signal: EventBatch
) -> None:
    training, held_out = halves(signal)
    network = fitted_network(background.select(0, 3_000), training, seed=1)
    odds = network.score(held_out)
    assert odds.std() > 0.1
    again = fitted_network(background.select(0, 3_000), training, seed=1)
    np.testing.assert_array_equal(again.score(held_out), odds)
    features = fitted_features(background.select(0, 3_000))
    shown = np.concatenate([features.of(background.select(0, 3_000)), features.of(training)]).astype(np.float64)
    labels = np.arange(len(shown)) >= 3_000
    other = MLPClassifier((50, 50), max_iter=100, early_stopping=True, random_state=1).fit(shown, labels)
    expected = other.predict_proba(features.of(held_out).astype(np.float64))[:, 1]
    np.testing.assert_allclose(1 / (1 + np.exp(-odds)), expected, rtol=1e-9, atol=1e-12)
