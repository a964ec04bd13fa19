import numpy as np
import pytest

from l1ad.config.sample import SampleConfig, SeedConfig
from l1ad.core.layouts import ugt_57
from l1ad.simulate.calorimeter import Candidates
from l1ad.simulate.menu import configured_menu, seed_bits
from l1ad.simulate.trigger_objects import TriggerObjects, hardware_inputs

N = 300


def random_candidates(rng: np.random.Generator, n: int) -> Candidates:
    """Draw objects in random order whose pT often lies on a threshold."""
    return Candidates(
        event=rng.integers(0, N, n),
        pt=rng.integers(0, 140, n) / 2,
        eta=0.0435 * rng.integers(-60, 61, n).astype(np.float64),
        phi=rng.uniform(0, 6, n),
        isolated=rng.random(n) < 0.5,
    )


@pytest.fixture(scope="module")
def objects() -> TriggerObjects:
    rng = np.random.default_rng(1)
    met = Candidates(
        event=np.arange(N),
        pt=np.append(rng.integers(0, 300, N - 1) / 2, 120.0),  # the last at the threshold
        eta=np.zeros(N),
        phi=np.ones(N),
        isolated=np.ones(N, bool),
    )
    return TriggerObjects(
        n_crossings=N,
        met=met,
        egamma=random_candidates(rng, 600),
        muons=random_candidates(rng, 600),
        jets=random_candidates(rng, 1500),
        htt=np.append(rng.integers(0, 1000, N - 1) / 2, 360.0),
    )


def decided_in_a_loop(objects: TriggerObjects, seed: SeedConfig, event: int) -> bool:
    """Decide a seed on one crossing: the k-th hardest object that counts over the k-th threshold."""
    thresholds = seed.thresholds_gev
    if seed.objects in ("htt", "etm"):
        value = objects.htt[event] if seed.objects == "htt" else objects.met.pt[event]
        return bool(value >= thresholds[0])
    found = {"mu": objects.muons, "jet": objects.jets, "eg": objects.egamma, "iso_eg": objects.egamma}[
        seed.objects
    ]
    pts = sorted(
        (
            pt
            for owner, pt, eta, isolated in zip(found.event, found.pt, found.eta, found.isolated, strict=True)
            if owner == event
            and (seed.eta_max is None or abs(eta) < seed.eta_max)
            and (isolated or seed.objects != "iso_eg")
        ),
        reverse=True,
    )
    return len(pts) >= len(thresholds) and all(
        pt >= threshold for pt, threshold in zip(pts, thresholds, strict=False)
    )


@pytest.mark.parametrize("kind", ["eg", "iso_eg", "mu", "jet"])
@pytest.mark.parametrize("thresholds", [[22.0], [30.0, 15.0], [20.0, 20.0], [40.0, 20.0, 5.0], [10.0] * 4])
@pytest.mark.parametrize("eta_max", [None, 2.1])
def test_a_seed_of_objects_decides_as_a_plain_loop(
    objects: TriggerObjects, kind: str, thresholds: list[float], eta_max: float | None
) -> None:
    seed = SeedConfig.model_validate(
        {"name": "s", "objects": kind, "thresholds_gev": thresholds, "eta_max": eta_max}
    )
    expected = [decided_in_a_loop(objects, seed, event) for event in range(N)]
    assert seed_bits(objects, [seed])[:, 0].tolist() == expected
    assert any(expected) or len(thresholds) == 4
    assert False in expected


@pytest.mark.parametrize(("kind", "threshold"), [("htt", 360.0), ("etm", 120.0)])
def test_a_seed_of_a_sum_decides_as_a_plain_loop(objects: TriggerObjects, kind: str, threshold: float) -> None:
    seed = SeedConfig.model_validate({"name": "s", "objects": kind, "thresholds_gev": [threshold]})
    expected = [decided_in_a_loop(objects, seed, event) for event in range(N)]
    assert seed_bits(objects, [seed])[:, 0].tolist() == expected
    assert {True, False} == set(expected)


def test_a_threshold_is_reached_at_its_value_and_an_eta_limit_is_not() -> None:
    def one(pt: float, eta: float) -> TriggerObjects:
        none = Candidates(
            event=np.zeros(0, np.int64),
            pt=np.zeros(0),
            eta=np.zeros(0),
            phi=np.zeros(0),
            isolated=np.zeros(0, bool),
        )
        jet = Candidates(
            event=np.array([0]),
            pt=np.array([pt]),
            eta=np.array([eta]),
            phi=np.zeros(1),
            isolated=np.ones(1, bool),
        )
        met = Candidates(
            event=np.array([0]), pt=np.zeros(1), eta=np.zeros(1), phi=np.zeros(1), isolated=np.ones(1, bool)
        )
        return TriggerObjects(n_crossings=1, met=met, egamma=none, muons=none, jets=jet, htt=np.zeros(1))

    seed = SeedConfig(name="s", objects="jet", thresholds_gev=[60.0], eta_max=2.5)
    decided = [bool(seed_bits(one(pt, eta), [seed])[0, 0]) for pt, eta in ((60, 2.4), (59.9, 2.4), (60, -2.5))]
    assert decided == [True, False, False]


def test_bits_stand_in_the_order_of_the_menu_with_its_names_and_prescales(objects: TriggerObjects) -> None:
    seeds = SampleConfig.model_validate(
        {"name": "s", "title": "s", "pool": "p.yaml", "pileup": {"mean": 1}, "events": 1}
    ).menu
    menu, bits = configured_menu(seeds), seed_bits(objects, seeds)
    assert menu.names == tuple(seed.name for seed in seeds)
    assert dict(zip(menu.names, menu.prescales, strict=True))["L1_SingleMu7"] == 500
    assert bits.shape == (N, len(seeds))
    for column, seed in enumerate(seeds):
        np.testing.assert_array_equal(bits[:, column], seed_bits(objects, [seed])[:, 0])


def test_thresholds_in_whole_steps_decide_the_same_on_the_words(objects: TriggerObjects) -> None:
    names, inputs = ugt_57().names, hardware_inputs(objects)
    for kind, column, index in (
        ("eg", "eg_1_pt", 0),
        ("mu", "mu_1_pt", 1),
        ("jet", "jet_1_pt", 0),
        ("etm", "met_pt", 0),
    ):
        for threshold in (10.0, 22.5, 60.0):
            seed = SeedConfig.model_validate({"name": "s", "objects": kind, "thresholds_gev": [threshold]})
            on_words = 0.5 * (inputs[:, names.index(column)] - index) >= threshold
            np.testing.assert_array_equal(seed_bits(objects, [seed])[:, 0], on_words)
