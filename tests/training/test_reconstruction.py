"""What the decoder gives back, block by block, and which value stands for a density."""

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("keras", reason="neither the extra 'qkeras' nor 'hgq' is installed")

from l1ad.config.layout import find_layout
from l1ad.config.training import LossConfig, TrainingConfig
from l1ad.core.layouts import ugt_57
from l1ad.training.inputs import InputMap, standardised_inputs
from l1ad.training.likelihood_families import Family
from l1ad.training.likelihoods import FeatureLikelihoods
from l1ad.training.model import built_autoencoder
from l1ad.training.output_ranges import output_ranges
from l1ad.training.reconstruction import central_values, reconstructor, what_is_reconstructed

from .conftest import SmallTraining

LEPTON = find_layout("lepton_plus_x")
SCALE = 2.0 ** -np.array([max(0, field.width - 4) for field in LEPTON.fields])
INPUTS = InputMap(layout=LEPTON, offset=np.zeros(LEPTON.n_inputs), scale=SCALE, grid=None)
DENSITIES = FeatureLikelihoods(INPUTS)


def drawn_outputs(n_events: int) -> NDArray[np.float32]:
    rng = np.random.default_rng(3)
    return rng.normal(0.5, 2.0, (n_events, DENSITIES.n_outputs)).astype(np.float32)


def test_events_come_back_as_encoder_and_decoder_give_them_over_blocks(small: SmallTraining) -> None:
    model = small.fresh()
    shown = small.events(5, 40_000).inputs
    blocks = list(reconstructor(model, TrainingConfig(), small.inputs)(shown))
    assert [block.start for block, _ in blocks] == [0, *(block.stop for block, _ in blocks[:-1])]
    assert len(blocks) > 2
    assert blocks[-1][0].stop == len(shown)
    expected = model.decoder.predict(model.encoder.predict(shown, verbose=0), verbose=0)
    np.testing.assert_allclose(np.concatenate([back for _, back in blocks]), expected, atol=1e-4)


def test_bounded_outputs_come_back_within_their_ranges(small: SmallTraining) -> None:
    layout = ugt_57()
    rng = np.random.default_rng(1)
    raw = rng.integers(layout.raw_min, layout.raw_max + 1, (300, layout.n_inputs))
    inputs = standardised_inputs(layout, raw)
    small.fresh()  # prepares the framework
    model = built_autoencoder(small.model, layout.n_inputs, layout.n_inputs, 1)
    ranges = output_ranges(inputs)
    finite = np.isfinite(ranges)
    found = {}
    for on in (False, True):
        config = TrainingConfig(loss=LossConfig(output_ranges=on))
        found[on] = np.concatenate(
            [back for _, back in reconstructor(model, config, inputs)(inputs.shown(raw))]
        )
    np.testing.assert_allclose(
        found[True][:, finite], ranges[finite] * np.tanh(found[False][:, finite]), atol=1e-4
    )
    np.testing.assert_array_equal(found[True][:, ~finite], found[False][:, ~finite])


def test_no_neighbouring_value_is_likelier_than_the_one_that_stands_for_a_density() -> None:
    outputs = drawn_outputs(200)
    central = central_values(DENSITIES, INPUTS, outputs)
    raw = central / SCALE
    for column, (field, family) in enumerate(zip(LEPTON.fields, DENSITIES.families, strict=True)):
        if family is Family.LOG_NORMAL:
            continue
        weights = np.zeros_like(central)
        weights[:, column] = 1
        # Densities are of whole steps; the neighbours of a value between two of them are one step away from it.
        at = {}
        for step in (-2, 0, 2):
            moved = central.copy()
            moved[:, column] = (
                np.clip(np.rint(raw[:, column]) + step, field.raw_min, field.raw_max) * SCALE[column]
            )
            at[step] = np.asarray(DENSITIES.negative_log_likelihood(moved, outputs, weights))
        assert (at[0] <= at[-2] + 1e-3).all(), field.name
        assert (at[0] <= at[2] + 1e-3).all(), field.name


def test_half_of_a_log_normal_lies_below_the_value_that_stands_for_it_and_zeros_win_where_likelier() -> None:
    column = LEPTON.names.index("st")
    assert DENSITIES.families[column] is Family.LOG_NORMAL
    n_log_normal = DENSITIES.families.count(Family.LOG_NORMAL)
    place = [i for i, one in enumerate(DENSITIES.families) if one is Family.LOG_NORMAL].index(column)
    outputs = np.zeros((2, DENSITIES.n_outputs), np.float32)
    outputs[:, place] = 0.7  # location, in the scale of what is shown
    outputs[:, 2 * n_log_normal + place] = (-1.0, 1.0)  # logit of a zero
    found = central_values(DENSITIES, INPUTS, outputs)[:, column]
    np.testing.assert_allclose(found, [np.exp(0.7), 0.0], rtol=1e-6)


def test_nothing_leaves_the_range_of_its_input_however_wild_the_decoder_is() -> None:
    outputs = drawn_outputs(100) * 1e4
    raw = central_values(DENSITIES, INPUTS, outputs) / SCALE
    assert (raw >= LEPTON.raw_min - 1e-3).all()
    assert (raw <= LEPTON.raw_max * (1 + 1e-6)).all()


def test_it_is_said_what_stands_for_a_density() -> None:
    plain = what_is_reconstructed(TrainingConfig())
    dense = what_is_reconstructed(TrainingConfig(loss=LossConfig(reconstruction="likelihood")))
    assert "nothing drawn" in plain
    assert "median" not in plain
    assert "most probable value" in dense
    assert "median" in dense


def test_with_densities_every_input_comes_back_as_one_value(small: SmallTraining) -> None:
    small.fresh()  # prepares the framework
    model = built_autoencoder(small.model, LEPTON.n_inputs, DENSITIES.n_outputs, 1)
    rng = np.random.default_rng(2)
    shown = INPUTS.shown(rng.integers(LEPTON.raw_min, LEPTON.raw_max + 1, (50, LEPTON.n_inputs)))
    config = TrainingConfig(loss=LossConfig(reconstruction="likelihood"))
    [(block, back)] = list(reconstructor(model, config, INPUTS)(shown))
    outputs = model.decoder.predict(model.encoder.predict(shown, verbose=0), verbose=0)
    assert (block.start, block.stop) == (0, 50)
    expected = central_values(DENSITIES, INPUTS, outputs)
    # A whole number may fall to the other side of a half where two ways to compile round differently.
    assert np.mean(np.isclose(back, expected, rtol=1e-3, atol=1e-3)) > 0.99
