"""Batches against Pythia's own record of the same events, read one by one."""

import math

import numpy as np
import pytest

from l1ad.core.errors import ConfigError
from l1ad.simulate.generator import Generator, Particles

pythia8mc = pytest.importorskip("pythia8mc", reason="Pythia is not installed")

# Long-lived scalars beside everything else that an event has.
DISPLACED = [
    "Higgs:useBSM = on", "HiggsBSM:gg2H1 = on", "25:onMode = off", "25:addChannel = 1 1.0 103 9000001 9000001",
    "25:onIfMatch = 9000001 9000001", "9000001:new = a a 1 0 0 20 0 0 0 100", "9000001:isResonance = off",
    "9000001:addChannel = 1 1.0 0 13 -13", "9000001:mayDecay = on", "ParticleDecays:tau0Max = 2000",
]  # fmt: skip
ENERGY = 13_000.0
SEED = 17


def columns(particles: Particles) -> list[tuple[float, ...]]:
    names = ("event", "pdg_id", "charge", "pt", "eta", "phi", "energy", "radius_m", "impact_cm")
    return list(zip(*(getattr(particles, name).tolist() for name in names), strict=True))


@pytest.mark.parametrize("settings", [DISPLACED, ["HardQCD:all = on", "PhaseSpace:pTHatMin = 30"]])
def test_a_batch_holds_the_final_particles_of_each_event(settings: list[str]) -> None:
    n_events = 12
    batch = Generator(settings, beam_energy_gev=ENERGY, seed=SEED).batch(n_events)
    alone = pythia8mc.Pythia("", False)
    for setting in (
        "Print:quiet = on", "ParticleDecays:limitTau0 = on", f"Beams:eCM = {ENERGY}", "Random:setSeed = on",
        f"Random:seed = {SEED + 1}", *settings,
    ):  # fmt: skip
        assert alone.readString(setting)
    assert alone.init()
    expected, pthat = [], []
    for event in range(n_events):
        assert alone.next()
        pthat.append(alone.infoPython().pTHat())
        for one in alone.event:
            if one.isFinal():
                x, y = one.xProd(), one.yProd()
                impact = abs(x * one.py() - y * one.px()) / one.pT() / 10
                row = (one.charge(), one.pT(), one.eta(), one.phi(), one.e(), math.hypot(x, y) / 1000, impact)
                expected.append((event, one.id(), *row))
    assert len(expected) > 50 * n_events
    found = columns(batch)
    assert [row[:3] for row in found] == [row[:3] for row in expected]
    np.testing.assert_allclose([row[3:] for row in found], [row[3:] for row in expected], rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(batch.pthat, pthat)
    if settings is DISPLACED:
        muons = np.abs(batch.pdg_id) == 13
        assert (batch.impact_cm[muons] > 1).sum() > 5
        assert (batch.radius_m[muons] > 0.01).sum() > 10


def test_equal_seeds_give_equal_events_and_other_seeds_others(quick: list[str]) -> None:
    first, again, other = (
        columns(Generator(quick, beam_energy_gev=ENERGY, seed=seed).batch(50)) for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


@pytest.mark.parametrize("seed", [0, 899_999_998, 2**32 - 1])
def test_any_seed_will_do(quick: list[str], seed: int) -> None:
    assert Generator(quick, beam_energy_gev=ENERGY, seed=seed).batch(2).n_events == 2


def test_batches_follow_one_another(quick: list[str]) -> None:
    one, two = (Generator(quick, beam_energy_gev=ENERGY, seed=1) for _ in range(2))
    parts = [two.batch(20), two.batch(30)]
    whole = one.batch(50)
    np.testing.assert_array_equal(whole.pt, np.concatenate([part.pt for part in parts]))
    np.testing.assert_array_equal(whole.event, np.concatenate([parts[0].event, 20 + parts[1].event]))


def test_the_cross_section_of_z_to_leptons_is_that_of_the_literature() -> None:
    # Z/γ* → ee, µµ from 60 to 120 GeV at leading order, 13 TeV: about 1.6 nb each (2 nb with QCD corrections).
    generator = Generator(
        ["WeakSingleBoson:ffbar2gmZ = on", "23:onMode = off", "23:onIfAny = 11 13", "PhaseSpace:mHatMin = 60",
         "PhaseSpace:mHatMax = 120", "PartonLevel:all = off"],
        beam_energy_gev=ENERGY, seed=1,
    )  # fmt: skip
    generator.batch(2000)
    assert 2 * 1.4e-6 < generator.cross_section_mb < 2 * 2.0e-6


@pytest.mark.parametrize("setting", ["SoftQCD:nonDiffractiv = on", "HardQCD = on"])
def test_an_unknown_setting_is_refused_in_one_sentence(setting: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        Generator([setting], beam_energy_gev=ENERGY, seed=1)
    assert str(caught.value) == f"Pythia does not know the setting {setting!r}"
    assert capfd.readouterr().out == ""


def test_settings_that_allow_no_event_are_refused_in_one_sentence(capfd: pytest.CaptureFixture[str]) -> None:
    settings = ["HardQCD:all = on", "PhaseSpace:pTHatMin = 90000"]
    with pytest.raises(ConfigError) as caught:
        Generator(settings, beam_energy_gev=ENERGY, seed=1)
    words = "Pythia cannot start with HardQCD:all = on, PhaseSpace:pTHatMin = 90000; run it alone to see why"
    assert str(caught.value) == words
    assert capfd.readouterr().out == ""
