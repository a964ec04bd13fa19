"""Lumi sections: what they hold, what failures do to them, and that they are the same wherever made."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from l1ad.simulate.failure_modes import FAILURE_MODES, NO_FAILURE
from l1ad.simulate.lumi_sections import LumiSections, Monitoring, monitored_run
from l1ad.simulate.monitored_quantities import CHOSEN_FEATURES, CONDITIONS, FEATURES, QUANTITIES, SUMMARIES

SETTINGS = Monitoring(seed=4, sections=50, bad_share=0.5, harmless_share=0.1, severity=(0.9, 1.0))
QUIET = Monitoring(seed=4, sections=50, bad_share=1e-12, harmless_share=0.0, severity=(0.0, 1.0))
PLACE = {name: at for at, name in enumerate(FEATURES)}


@pytest.fixture(scope="module")
def runs() -> list[LumiSections]:
    return [monitored_run(SETTINGS, number) for number in range(12)]


def column(found: LumiSections, name: str) -> NDArray[np.float64]:
    return found.features[:, PLACE[name]].astype(np.float64)


def failing(runs: list[LumiSections], mode: str) -> list[tuple[LumiSections, NDArray[np.bool_]]]:
    """List the runs that have a mode, and where."""
    found = [(one, one.failure_mode == mode) for one in runs]
    return [(one, where) for one, where in found if where.any() and (one.failure_mode == NO_FAILURE).any()]


def test_there_are_400_quantities_of_seven_numbers_and_six_conditions_of_which_259_are_chosen() -> None:
    assert (len(QUANTITIES), len(SUMMARIES), len(CONDITIONS)) == (400, 7, 6)
    assert len(set(FEATURES)) == len(FEATURES) == 2806
    assert len(set(CHOSEN_FEATURES)) == len(CHOSEN_FEATURES) == 259
    assert set(CHOSEN_FEATURES) <= set(FEATURES)


def test_a_run_is_the_same_whatever_was_made_before_it() -> None:
    first = monitored_run(SETTINGS, 3)
    monitored_run(SETTINGS, 0)
    again = monitored_run(SETTINGS, 3)
    for name in ("features", "good", "failure_mode", "severity", "run", "lumi_section"):
        np.testing.assert_array_equal(getattr(again, name), getattr(first, name))
    assert not np.array_equal(monitored_run(SETTINGS, 2).features, first.features)


def test_numbers_are_finite_quantiles_rise_and_the_mean_lies_between_them(runs: list[LumiSections]) -> None:
    for one in runs:
        assert one.features.shape == (50, 2806)
        assert np.isfinite(one.features).all()
        summaries = one.features[:, :2800].reshape(50, 400, 7)
        assert (np.diff(summaries[..., :5], axis=-1) >= 0).all()
        assert (summaries[..., 6] > 0).all()
        assert (summaries[..., 5] > summaries[..., 0]).all()
        assert (summaries[..., 5] < summaries[..., 4]).all()


def test_quantiles_scatter_as_those_of_so_many_entries_do() -> None:
    """The median of n entries of N(0, 1) has the width of a beta quantile's; what is left is the jitter."""
    one = monitored_run(QUIET, 0)
    # 20,000 tracks at the reference luminosity; conditions drift, so neighbours are subtracted.
    median = column(one, "track_all_eta_q50") / 1.2
    luminosity = column(one, "instantaneous_luminosity")
    n = 20_000 * float(np.mean(luminosity)) / 1.5
    width = np.diff(median).std() / np.sqrt(2)
    level = stats.beta(n / 2, n / 2).std()
    expected = level / stats.norm.pdf(0)
    assert 0.7 * expected < width < np.hypot(2 * expected, 0.06)


def test_pile_up_falls_along_the_fill_and_moves_histograms_more_than_calibrations_do(
    runs: list[LumiSections],
) -> None:
    for one in runs:
        pileup = column(one, "pileup")
        assert pileup[:10].mean() > pileup[-10:].mean()
    pileup = np.concatenate([column(one, "pileup") for one in runs])
    good = np.concatenate([one.failure_mode == NO_FAILURE for one in runs])
    moving = [
        stats.spearmanr(
            pileup[good], np.concatenate([column(one, f"{thing.name}_q50") for one in runs])[good]
        ).statistic
        for thing in QUANTITIES
    ]
    assert np.mean(np.abs(moving) > 0.5) > 0.3


def test_what_goes_wrong_lasts_five_sections_and_is_bad_unless_it_is_harmless(runs: list[LumiSections]) -> None:
    seen = set()
    for one in runs:
        blocks = one.failure_mode.reshape(-1, 5)
        assert (blocks == blocks[:, :1]).all()
        seen |= set(map(str, one.failure_mode))
        for mode, good, severity in zip(one.failure_mode, one.good, one.severity, strict=True):
            assert good == (mode == NO_FAILURE or FAILURE_MODES[str(mode)].harmless)
            assert (severity == 0) == (mode == NO_FAILURE)
    assert seen == {NO_FAILURE, *FAILURE_MODES}


@pytest.mark.parametrize(
    ("mode", "feature", "sign"),
    [
        ("beam_spot_shift", "vertex_x_q50", 1),
        ("energy_scale_shift", "jet_all_energy_mean", 1),
        ("muon_chamber_trip", "muon_all_hits_mean", -1),
        ("trigger_rate_loss", "trigger_jet_q50", -1),
        ("wrong_timing", "ecal_barrel_plus_top_time_q50", 1),
        ("tracker_high_voltage_off", "strip_layer_3_charge_q50", -1),
        ("pixel_misalignment", "pixel_layer_1_residual_rms", 1),
        ("noisy_tower", "photon_all_eta_q75", 1),
        ("dead_calorimeter_region", "ecal_barrel_plus_top_occupancy_q50", -1),
    ],
)
def test_a_failure_moves_what_it_reaches_the_way_it_would(
    mode: str, feature: str, sign: int, runs: list[LumiSections]
) -> None:
    moved = []
    for one, where in failing(runs, mode):
        values = column(one, feature)
        moved.append(float(np.median(values[where]) - np.median(values[one.failure_mode == NO_FAILURE])))
    assert moved
    assert np.mean(np.sign(moved) == sign) > 0.6
    assert sign * np.mean(moved) > 0


def test_a_failure_leaves_alone_what_it_does_not_reach() -> None:
    effects = FAILURE_MODES["muon_chamber_trip"].effects
    reached = {one.thing for one in QUANTITIES if any(effect.reaches(one) for effect in effects)}
    assert reached == {"muon", "dt", "rpc", "trigger"}


def test_every_effect_reaches_something() -> None:
    for name, mode in FAILURE_MODES.items():
        for effect in mode.effects:
            assert any(effect.reaches(one) for one in QUANTITIES), (name, effect)


def test_severity_0_cannot_be_seen() -> None:
    never = Monitoring(seed=4, sections=50, bad_share=0.5, harmless_share=0.0, severity=(0.0, 1e-9))
    ill = monitored_run(never, 0)
    assert not ill.good.all()
    values = column(ill, "vertex_x_q50")
    beam = ill.failure_mode == "beam_spot_shift"
    others = Monitoring(seed=4, sections=50, bad_share=0.5, harmless_share=0.0, severity=(0.999, 1.0))
    shifted = column(monitored_run(others, 0), "vertex_x_q50")
    # The same random numbers, so that what differs is the failure.
    unreached = ill.failure_mode == NO_FAILURE
    np.testing.assert_allclose(values[unreached], shifted[unreached], rtol=0.05)
    if beam.any():
        assert (shifted[beam] - values[beam] > 0.002).all()


def test_a_section_of_few_entries_scatters_more_and_moves_nowhere() -> None:
    few = Monitoring(seed=9, sections=150, bad_share=1e-12, harmless_share=0.5, severity=(0.99, 1.0))
    one = monitored_run(few, 0)
    low = one.failure_mode == "low_statistics"
    values = column(one, "photon_all_eta_q95")
    trend = np.convolve(values, np.ones(31) / 31, mode="same")
    left = (values - trend)[20:-20]
    low = low[20:-20]
    assert left[low].std() > 1.3 * left[~low].std()
    assert abs(left[low].mean() - left[~low].mean()) < left[low].std()
    assert one.good.all()


def test_no_single_feature_tells_bad_sections_from_good_ones() -> None:
    usual = Monitoring(seed=1, sections=100, bad_share=0.2, harmless_share=0.0, severity=(0.0, 1.0))
    made = [monitored_run(usual, number) for number in range(6)]
    features = np.concatenate([one.features for one in made])[:, [PLACE[name] for name in CHOSEN_FEATURES]]
    good = np.concatenate([one.good for one in made])
    standard = (features - features[good].mean(axis=0)) / features[good].std(axis=0)
    ranks = stats.rankdata(np.abs(standard), axis=0)
    n_bad, n_good = int((~good).sum()), int(good.sum())
    areas = (ranks[~good].sum(axis=0) - n_bad * (n_bad + 1) / 2) / (n_bad * n_good)
    assert areas.max() < 0.75
