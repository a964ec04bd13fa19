import numpy as np
import pytest
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.core.layout import InputField, InputLayout
from l1ad.core.layouts import hlt_57, ugt_57
from l1ad.data.events import EventBatch
from l1ad.references.density import fitted_references
from l1ad.references.features import fitted_features
from l1ad.references.supervised import fitted_classifier


def events_of(layout: InputLayout, inputs_raw: NDArray[np.int64]) -> EventBatch:
    return EventBatch(
        layout=layout, inputs_raw=inputs_raw, event_number=np.arange(len(inputs_raw)), sample="drawn"
    )


def drawn(n_events: int, seed: int = 4, layout: InputLayout | None = None) -> EventBatch:
    layout = layout or ugt_57()
    rng = np.random.default_rng(seed)
    inputs_raw = rng.integers(layout.raw_min, layout.raw_max + 1, (n_events, layout.n_inputs))
    there = rng.random(inputs_raw.shape)[:, layout.pt_of_input] < 0.6
    return events_of(layout, np.where(there, inputs_raw, 0))


def one_column(unit: str, raw_max: int, raw: NDArray[np.int64]) -> EventBatch:
    field = InputField(
        object_type="feature", slot=0, quantity="value", lsb=0.1, unit=unit, raw_min=0, raw_max=raw_max
    )
    return events_of(InputLayout(name="one", fields=(field,)), raw[:, None])


def test_features_of_the_background_are_of_one_size_whatever_is_absent() -> None:
    background = drawn(3_000)
    shown = fitted_features(background).of(background).astype(np.float64)
    assert (np.ptp(shown, axis=0) > 0).sum() == shown.shape[1] - 1  # the η of MET stays at 0
    feature = 0
    present = background.layout.present(background.inputs_raw)
    for column, field in enumerate(background.layout.fields):
        here = present[:, column]
        for _ in range(2 if field.quantity == "phi" else 1):
            values = shown[:, feature]
            if field.quantity == "pt":
                np.testing.assert_allclose([values.mean(), values.var()], [0.0, 1.0], atol=1e-4)
            elif np.ptp(values) > 0:
                np.testing.assert_allclose(values[here].var(), 1.0, rtol=1e-4)
                np.testing.assert_array_equal(values[~here], 0.0)
            feature += 1
    assert feature == shown.shape[1]


def test_a_feature_that_never_varies_is_not_blown_up() -> None:
    features = fitted_features(one_column("1", 1000, np.full(100_000, 7)))
    assert features.width.tolist() == [1.0]
    assert features.of(one_column("1", 1000, np.array([17])))[0, 0] == pytest.approx(1.0, abs=1e-5)


def test_a_long_column_is_standardised_without_losing_digits() -> None:
    raw = np.random.default_rng(5).integers(9_000, 9_010, 400_000)
    features = fitted_features(one_column("1", 10_000, raw))
    assert features.centre[0] == pytest.approx(raw.mean() * 0.1, rel=1e-6)
    assert features.width[0] == pytest.approx(raw.std() * 0.1, rel=1e-3)


def test_energies_are_shown_as_logarithms() -> None:
    raw = np.array([0, 3, 90, 1000])
    shown = fitted_features(one_column("GeV", 1000, raw)).of(one_column("GeV", 1000, raw))[:, 0]
    expected = np.log(1.0 + 0.1 * raw)
    np.testing.assert_allclose(shown, (expected - expected.mean()) / expected.std(), rtol=1e-4)


def test_angles_have_no_seam() -> None:
    background = drawn(2_000)
    features, column = fitted_features(background), background.layout.names.index("met_phi")
    inputs_raw = np.tile(background.inputs_raw[:1], (3, 1))
    inputs_raw[:, background.layout.names.index("met_pt")] = 50
    inputs_raw[:, column] = [143, 0, 72]
    before, after, opposite = features.of(events_of(background.layout, inputs_raw))
    assert np.linalg.norm(before - after) < 0.1
    assert np.linalg.norm(before - opposite) > 1.0


def test_a_reference_scores_no_events_of_another_layout() -> None:
    background = drawn(500)
    others = drawn(40, layout=hlt_57())
    for reference in fitted_references(background, n_components=3, seed=1).values():
        with pytest.raises(
            DataError, match="drawn: a reference of other events: layout 'hlt_57', not 'ugt_57'"
        ):
            reference.score(others)
    with pytest.raises(DataError, match="layout 'hlt_57', not 'ugt_57'"):
        fitted_classifier(background, others, seed=1)


def test_as_many_components_as_features_still_leave_something_to_score() -> None:
    background = drawn(500)
    scores = fitted_references(background, n_components=500, seed=1)["PCA"].score(drawn(200, seed=6))
    assert np.median(scores) > 1e-6
    with pytest.raises(ValueError, match="0 principal components keep nothing"):
        fitted_references(background, n_components=0, seed=1)


def test_too_few_events_are_refused() -> None:
    with pytest.raises(DataError, match="drawn: no events to standardise"):
        fitted_features(drawn(0))
    with pytest.raises(DataError, match="drawn: 7 events make no mixture of 8 Gaussians"):
        fitted_references(drawn(7), n_components=3, seed=1)
    with pytest.raises(DataError, match="drawn: 19 events train no classifier; at least 20 do"):
        fitted_classifier(drawn(300), drawn(19, seed=2), seed=1)


def test_a_classifier_is_the_same_for_one_seed_and_follows_its_events() -> None:
    background, some = drawn(600), drawn(500, seed=3)
    signal = events_of(background.layout, np.minimum(drawn(200, seed=2).inputs_raw, 120))
    told, again = (fitted_classifier(background, signal, seed=9) for _ in range(2))
    scores, order = told.score(some), np.random.default_rng(1).permutation(len(some))
    np.testing.assert_array_equal(again.score(some), scores)
    np.testing.assert_array_equal(told.score(some.take(order)), scores[order])
    assert np.isfinite(scores).all()
    assert len(np.unique(scores)) > 100
