"""Bounds of the decoder's outputs, in the units shown."""

import math

import numpy as np
import pytest

pytest.importorskip("keras", reason="neither the extra 'qkeras' nor 'hgq' is installed")

from l1ad.config.layout import find_layout
from l1ad.core.fixed import FixedType
from l1ad.core.layout import InputField, InputLayout
from l1ad.core.layouts import ugt_57
from l1ad.data.event_file import read_events
from l1ad.data.samples import shipped_samples
from l1ad.training.inputs import InputMap, hardware_inputs, standardised_inputs
from l1ad.training.output_ranges import bounded, output_ranges
from l1ad.training.scaling import chosen_scaling


def test_hardware_inputs_are_bounded_where_the_scaled_integers_are() -> None:
    events = read_events(shipped_samples()["zero_bias"], stop=5000)
    scaling = chosen_scaling(events, FixedType.from_cpp("ap_fixed<8,5,AP_RND_CONV,AP_SAT>"))
    ranges = dict(zip(scaling.layout.names, output_ranges(hardware_inputs(scaling, None)), strict=True))
    shifts = dict(zip(scaling.layout.names, scaling.shifts, strict=True))
    assert ranges["jet_3_phi"] == 72 / 2 ** shifts["jet_3_phi"]
    assert ranges["mu_1_phi"] == 288 / 2 ** shifts["mu_1_phi"]
    assert ranges["eg_2_eta"] == pytest.approx(3.0 / 0.0435 / 2 ** shifts["eg_2_eta"])
    assert ranges["mu_2_eta"] == pytest.approx(2.1 / 0.010875 / 2 ** shifts["mu_2_eta"])
    assert ranges["jet_10_eta"] == pytest.approx(4.0 / 0.0435 / 2 ** shifts["jet_10_eta"])
    assert all(math.isinf(ranges[name]) for name in ranges if name.endswith("_pt"))


def test_standardised_inputs_are_bounded_by_the_numbers_of_the_paper() -> None:
    inputs = standardised_inputs(ugt_57(), np.zeros((2, 57), np.int64))
    ranges = dict(zip(inputs.layout.names, output_ranges(inputs), strict=True))
    assert [ranges[f"{one}_1_eta"] for one in ("eg", "mu", "jet")] == pytest.approx([3.0, 2.1, 4.0])
    assert [ranges[f"{one}_1_phi"] for one in ("eg", "mu", "jet")] == pytest.approx([math.pi] * 3)


def test_the_columns_of_a_table_have_no_bounds() -> None:
    layout = find_layout("lepton_plus_x")
    ones = np.ones(layout.n_inputs)
    inputs = InputMap(layout=layout, offset=0 * ones, scale=ones, grid=None)
    assert np.isinf(output_ranges(inputs)).all()


def test_an_angle_shown_off_its_middle_can_still_reach_both_ends() -> None:
    phi = InputField(
        object_type="tau", slot=0, quantity="phi", lsb=math.pi / 8, unit="rad", raw_min=-8, raw_max=7
    )
    layout = InputLayout(name="one", fields=(phi,))
    inputs = InputMap(layout=layout, offset=np.array([4.0]), scale=np.array([0.5]), grid=None)
    np.testing.assert_array_equal(output_ranges(inputs), [6.0])


def test_bounded_outputs_stay_in_their_ranges_and_have_finite_slopes() -> None:
    import tensorflow as tf

    ranges = np.array([np.inf, 2.0, 4.5], np.float32)
    outputs = tf.constant([[-30.0, -30.0, 0.5], [1e30, 1e30, -1e30]])
    with tf.GradientTape() as tape:
        tape.watch(outputs)
        within = bounded(outputs, ranges)
    expected = [[-30.0, -2.0, 4.5 * math.tanh(0.5)], [1e30, 2.0, -4.5]]
    np.testing.assert_allclose(within, np.array(expected, np.float32), rtol=1e-6)
    slopes = tape.gradient(within, outputs)
    np.testing.assert_allclose(slopes, [[1.0, 0.0, 4.5 / math.cosh(0.5) ** 2], [1.0, 0.0, 0.0]], rtol=1e-5)
