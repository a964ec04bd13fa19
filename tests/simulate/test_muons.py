import math
from collections.abc import Callable

import numpy as np
import pytest

from l1ad.config.detector import TriggerConfig
from l1ad.simulate.calorimeter import Candidates
from l1ad.simulate.crossing import Crossings
from l1ad.simulate.muons import muons

Made = Callable[..., Crossings]
N = 20_000


def many(crossings: Made, *, pt: float = 20.0, eta: float = 0.5, impact_cm: float = 0.0) -> Crossings:
    return crossings({}, muons=[(pt, eta, 1.0, impact_cm)] * N)


def measured(made: Crossings, trigger: TriggerConfig, *, seed: int = 1) -> Candidates:
    return muons(made, trigger, np.random.default_rng(seed))


def test_an_exact_trigger_finds_every_muon_as_it_is(exact_trigger: TriggerConfig, crossings: Made) -> None:
    made = crossings(
        {}, muons=[(20.0, 0.5, 1.0, 0.0), (7.5, -1.25, -0.5, 0.0)], muon_crossing=[2, 0], n_crossings=3
    )
    found = measured(made, exact_trigger)
    assert found.event.tolist() == [2, 0]
    assert found.pt.tolist() == [20.0, 7.5]
    assert found.eta.tolist() == [0.5, -1.25]
    assert found.phi.tolist() == pytest.approx([1.0, 2 * math.pi - 0.5])
    assert found.isolated.all()


@pytest.mark.parametrize(("tails", "times"), [(0.0, 1.0), (1.0, 3.0)])
def test_the_logarithm_of_pt_is_smeared_around_the_scale(crossings: Made, tails: float, times: float) -> None:
    trigger = TriggerConfig(muon_efficiency=1, muon_tail_probability=tails)
    logarithm = np.log(measured(many(crossings), trigger).pt / 20.0)
    width = 0.25 * times
    assert abs(logarithm.mean() - math.log(1.15)) < 4 * width / math.sqrt(N)
    assert abs(logarithm.std() - width) < 4 * width / math.sqrt(2 * N)


def test_so_many_muons_are_in_the_tails_as_told(crossings: Made) -> None:
    trigger = TriggerConfig(muon_efficiency=1, muon_scale=1, muon_tail_probability=0.2)
    logarithm = np.log(measured(many(crossings), trigger).pt / 20.0)
    # Beyond five of the narrow widths there are wide ones only, 2 (1 - Φ(5 / 3)) of them.
    expected = N * 0.2 * math.erfc(5 / 3 / math.sqrt(2))
    assert abs(np.count_nonzero(abs(logarithm) > 5 * 0.25) - expected) < 4 * math.sqrt(expected)


def test_directions_are_smeared_by_themselves(crossings: Made) -> None:
    found = measured(many(crossings), TriggerConfig(muon_efficiency=1))
    for values, true in ((found.eta, 0.5), (found.phi, 1.0)):
        assert abs(values.mean() - true) < 4 * 0.01 / math.sqrt(N)
        assert abs(values.std() - 0.01) < 4 * 0.01 / math.sqrt(2 * N)
    assert abs(np.corrcoef(found.eta, found.phi)[0, 1]) < 4 / math.sqrt(N)
    assert abs(np.corrcoef(found.eta, found.pt)[0, 1]) < 4 / math.sqrt(N)


@pytest.mark.parametrize("impact_cm", [0.0, 10.0, 50.0, 150.0])
def test_a_displaced_muon_is_measured_lower(
    exact_trigger: TriggerConfig, crossings: Made, impact_cm: float
) -> None:
    (pt,) = set(measured(many(crossings, impact_cm=impact_cm), exact_trigger).pt.tolist())
    assert pt == pytest.approx(20.0 * 50 / (50 + impact_cm))


def test_muons_are_found_as_often_as_the_efficiency_says(crossings: Made) -> None:
    n_found = len(measured(many(crossings), TriggerConfig()).pt)
    assert abs(n_found - 0.92 * N) < 4 * math.sqrt(0.92 * 0.08 * N)


@pytest.mark.parametrize("side", [1, -1])
def test_directions_stay_in_the_range_of_the_words(crossings: Made, side: int) -> None:
    trigger = TriggerConfig(muon_efficiency=1, muon_angle_resolution=0.5)
    found = measured(many(crossings, eta=2.39 * side), trigger)
    assert (side * found.eta).max() == pytest.approx(2.45)
    assert ((found.phi >= 0) & (found.phi < 2 * math.pi)).all()
    assert np.count_nonzero(found.phi > 6) > 10
