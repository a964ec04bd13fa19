"""Which density each input gets, in what unit, and that nothing the decoder says makes it infinite."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

pytest.importorskip("keras", reason="neither the extra 'qkeras' nor 'hgq' is installed")

from l1ad.config.layout import find_layout
from l1ad.core.errors import ConfigError
from l1ad.core.fixed import FixedType
from l1ad.core.layout import InputLayout
from l1ad.core.layouts import ugt_57
from l1ad.training.inputs import InputMap, standardised_inputs
from l1ad.training.likelihood_families import Family
from l1ad.training.likelihoods import FeatureLikelihoods

LEPTON = find_layout("lepton_plus_x")
RNG = np.random.default_rng(4)
ROOT = 12**-0.5
SOFTPLUS_OF_0 = np.log(2)


def shifted(layout: InputLayout, grid: FixedType | None = None) -> InputMap:
    """Show each input by powers of two, so that its range is some ±8."""
    scale = 2.0 ** -np.array([max(0, field.width - 4) for field in layout.fields])
    return InputMap(layout=layout, offset=np.zeros(layout.n_inputs), scale=scale, grid=grid)


def one_feature(quantity: str, lsb: float, unit: str, low: int, high: int, scale: float = 1.0) -> InputMap:
    layout = InputLayout.from_rows("one", [("feature", 0, quantity, lsb, unit, low, high)])
    return InputMap(layout=layout, offset=np.zeros(1), scale=np.array([scale]), grid=None)


def likelihood(inputs: InputMap, raw: list[int], outputs: list[float], **given: Any) -> NDArray[np.float32]:
    densities = FeatureLikelihoods(inputs, **given)
    shown = inputs.shown(np.array(raw)[:, None])
    every = np.broadcast_to(np.array(outputs, np.float32), (len(raw), len(outputs)))
    return np.asarray(densities.negative_log_likelihood(shown, every, np.ones_like(shown)))


def test_the_features_of_lepton_plus_x_get_the_densities_of_the_paper() -> None:
    families = dict(zip(LEPTON.names, FeatureLikelihoods(shifted(LEPTON)).families, strict=True))
    expected = {
        Family.LOG_NORMAL: {
            "st", "jets_mass", "muons_pt", "muons_mass", "electrons_pt", "electrons_mass", "lepton_pt",
            "lepton_charged_isolation", "lepton_neutral_isolation", "lepton_photon_isolation",
        },
        Family.GAUSSIAN: {"met_parallel", "met_orthogonal"},
        Family.TRUNCATED_GAUSSIAN: {"transverse_mass"},
        Family.TRUNCATED_DISCRETE_GAUSSIAN: {"n_muons", "n_electrons", "n_b_jets", "n_jets", "lepton_charge"},
        Family.BERNOULLI: {"lepton_is_electron"},
        Family.POISSON: {"n_charged_hadrons", "n_neutral_hadrons"},
    }  # fmt: skip
    assert {family: {n for n, one in families.items() if one is family} for family in Family} == expected
    assert FeatureLikelihoods(shifted(LEPTON)).n_outputs == 3 * 10 + 2 * 2 + 2 + 2 * 5 + 1 + 2


def test_the_objects_of_a_trigger_get_theirs_by_quantity() -> None:
    layout = ugt_57()
    inputs = standardised_inputs(layout, np.zeros((2, 57), np.int64))
    families = FeatureLikelihoods(inputs).families
    expected = {"pt": Family.LOG_NORMAL, "eta": Family.TRUNCATED_GAUSSIAN, "phi": Family.TRUNCATED_GAUSSIAN}
    assert list(families) == [expected[field.quantity] for field in layout.fields]


@pytest.mark.parametrize(
    ("layout", "families"),
    [
        ("z_gamma", {"cos_theta_star": "truncated_gaussian", "delta_r_leptons": "truncated_gaussian"}),
        ("z_gamma", {"dilepton_mass": "log_normal", "photon_eta": "truncated_gaussian"}),
        (
            "constituents_100x3",
            {"constituent_7_phi_rel": "truncated_gaussian", "constituent_1_pt": "log_normal"},
        ),
        ("regions_18x14", {"region_1_et": "log_normal"}),
    ],
)
def test_other_layouts_get_theirs_by_unit_and_range(layout: str, families: dict[str, str]) -> None:
    known = find_layout(layout)
    found = dict(zip(known.names, FeatureLikelihoods(shifted(known)).families, strict=True))
    assert {name: found[name] for name in families} == families


def test_a_density_is_in_the_unit_of_its_input_whatever_it_is_shown_as() -> None:
    for scale in (0.25, 0.125):
        inputs = one_feature("met_parallel", 0.5, "GeV", -2048, 2047, scale)
        width = 0.5 * ROOT + 0.5 / scale * SOFTPLUS_OF_0
        expected = -stats.norm.logpdf(np.array([-40.0, 0.0, 500.0]), 3 * 0.5 / scale, width)
        found = likelihood(inputs, [-80, 0, 1000], [3.0, 0.0])
        np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_a_momentum_is_log_normal_beside_its_zeros() -> None:
    inputs = one_feature("lepton_pt", 0.5, "GeV", 0, 2047, 0.125)
    zero = 1 / (1 + np.exp(-1.5))
    shape, median = 0.02 + np.log1p(np.exp(-1.0)), 4 * np.exp(0.7)
    expected = [-np.log(zero), *(-np.log1p(-zero) - stats.lognorm.logpdf([0.5, 30.0], shape, scale=median))]
    np.testing.assert_allclose(likelihood(inputs, [0, 1, 60], [0.7, -1.0, 1.5]), expected, rtol=1e-5)


def test_counts_flags_and_ranges_follow_scipy_too() -> None:
    rate = 1e-3 + 64 * np.log1p(np.exp(2.0))
    hadrons = one_feature("n_hadrons", 1.0, "1", 0, 4095, 1 / 64)
    expected = -stats.poisson.logpmf([0, 130, 900], rate)
    np.testing.assert_allclose(likelihood(hadrons, [0, 130, 900], [2.0]), expected, rtol=1e-4)

    flag = one_feature("is_electron", 1.0, "1", 0, 1)
    expected = -stats.bernoulli.logpmf([0, 1], 1 / (1 + np.exp(-0.3)))
    np.testing.assert_allclose(likelihood(flag, [0, 1], [0.3]), expected, rtol=1e-5)

    distance, width = one_feature("delta_r", 0.25, "1", 0, 31, 0.25), 0.25 * ROOT + SOFTPLUS_OF_0
    ends = [(end - 2.0) / width for end in (-0.125, 7.875)]
    expected = -stats.truncnorm.logpdf([0.0, 2.0, 7.75], *ends, loc=2.0, scale=width)
    np.testing.assert_allclose(likelihood(distance, [0, 8, 31], [2.0, 0.0]), expected, rtol=1e-5)

    jets, width = one_feature("n_jets", 1.0, "1", 0, 7), ROOT + SOFTPLUS_OF_0
    normal = stats.norm(loc=1.5, scale=width)
    whole = normal.cdf(7.5) - normal.cdf(-0.5)
    bins = [-np.log((normal.cdf(n + 0.5) - normal.cdf(n - 0.5)) / whole) for n in (0, 3, 7)]
    np.testing.assert_allclose(likelihood(jets, [0, 3, 7], [1.5, 0.0]), bins, rtol=1e-4)


def test_another_density_can_be_asked_for_by_the_name_of_the_input() -> None:
    charge = one_feature("lepton_charge", 1.0, "1", -1, 1)
    found = likelihood(charge, [-1, 1], [0.8], families={"lepton_charge": Family.BERNOULLI})
    np.testing.assert_allclose(found, -stats.bernoulli.logpmf([0, 1], 1 / (1 + np.exp(-0.8))), rtol=1e-5)


@pytest.mark.parametrize(
    ("families", "words"),
    [
        (
            {"lepton_pt": Family.GAUSSIAN},
            "a density is given for 'lepton_pt', which layout 'one' does not have",
        ),
        ({"met_parallel": Family.POISSON}, "'met_parallel' begins at -1024 GeV, where poisson has nothing"),
    ],
)
def test_a_density_that_does_not_fit_is_refused(families: dict[str, Family], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        FeatureLikelihoods(one_feature("met_parallel", 0.5, "GeV", -2048, 2047), families)


def test_inputs_without_weight_do_not_enter() -> None:
    inputs = shifted(LEPTON, FixedType.from_cpp("ap_fixed<8,5,AP_RND_CONV,AP_SAT>"))
    densities = FeatureLikelihoods(inputs)
    raw = RNG.integers(LEPTON.raw_min, LEPTON.raw_max + 1, (20, 21))
    outputs = RNG.standard_normal((20, densities.n_outputs)).astype(np.float32)
    weights = RNG.uniform(0, 2, (20, 21)).astype(np.float32)
    shown = inputs.shown(raw)
    whole = np.asarray(densities.negative_log_likelihood(shown, outputs, weights))
    single = [
        np.asarray(densities.negative_log_likelihood(shown, outputs, weights * (np.arange(21) == column)))
        for column in range(21)
    ]
    np.testing.assert_allclose(np.sum(single, axis=0), whole, rtol=1e-4)
    nothing = densities.negative_log_likelihood(shown, outputs, 0 * weights)
    np.testing.assert_array_equal(nothing, np.zeros(20))


@pytest.mark.parametrize("compiled", [True, False])
def test_likelihood_and_slopes_are_finite_at_extreme_inputs_and_outputs(compiled: bool) -> None:
    import tensorflow as tf

    inputs = shifted(LEPTON, FixedType.from_cpp("ap_fixed<8,5,AP_RND_CONV,AP_SAT>") if compiled else None)
    densities = FeatureLikelihoods(inputs)
    n_events = 4000
    shown = inputs.shown(RNG.integers(LEPTON.raw_min, LEPTON.raw_max + 1, (n_events, 21)))
    ends = np.array([LEPTON.raw_min, LEPTON.raw_max, np.zeros(21, np.int64)])
    shown[:1200] = np.repeat(inputs.shown(ends), 400, axis=0)
    shown[1200:1400] = 1e20
    extremes = np.array([0, 1e-20, 1, -1, 30, -30, 9e3, -9e3, 1e8, -1e8, 1e30, -1e30], np.float32)
    outputs = RNG.choice(extremes, (n_events, densities.n_outputs))

    def likelihood_and_slopes(shown: Any, outputs: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(outputs)
            likelihoods = densities.negative_log_likelihood(shown, outputs, tf.ones_like(shown))
        return likelihoods, tape.gradient(likelihoods, outputs)

    run = tf.function(likelihood_and_slopes, jit_compile=True) if compiled else likelihood_and_slopes
    likelihoods, slopes = run(tf.constant(shown), tf.constant(outputs))
    assert np.isfinite(likelihoods).all()
    assert np.isfinite(slopes).all()
    assert (np.abs(slopes).max(axis=0) > 0).all()


def test_the_slopes_lead_to_the_best_parameters_of_the_data() -> None:
    import keras
    import tensorflow as tf

    fields = [field for field in LEPTON.fields if field.name in ("lepton_pt", "n_charged_hadrons")]
    inputs = shifted(InputLayout(name="two", fields=tuple(fields)))
    densities = FeatureLikelihoods(inputs)
    pt_raw = np.maximum(1, np.rint(2 * np.exp(RNG.normal(3.5, 0.4, 3000)))).astype(np.int64)
    hadrons = RNG.poisson(700, 3000)
    shown = tf.constant(inputs.shown(np.stack([pt_raw, hadrons], axis=1)))
    outputs = keras.Variable(np.zeros((1, densities.n_outputs), np.float32))

    def mean_likelihood() -> Any:
        every = tf.tile(outputs.value, [3000, 1])
        return tf.reduce_mean(densities.negative_log_likelihood(shown, every, tf.ones((3000, 2))))

    optimiser = keras.optimizers.Adam(0.05)
    optimiser.build([outputs])

    def step() -> None:
        with tf.GradientTape() as tape:
            loss = mean_likelihood()
        optimiser.apply([tape.gradient(loss, outputs.value)], [outputs])

    compiled = tf.function(step)
    for _ in range(300):
        compiled()
    pt = 0.5 * pt_raw
    best_pt = stats.lognorm.logpdf(pt, *stats.lognorm.fit(pt, floc=0)).mean()
    best = -best_pt - stats.poisson.logpmf(hadrons, hadrons.mean()).mean()
    assert best - 1e-3 < float(mean_likelihood()) < best + 0.02
