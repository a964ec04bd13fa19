from pathlib import Path

import numpy as np
import pytest

from l1ad.config.loading import load_config
from l1ad.config.run import RunConfig
from l1ad.config.sample import SampleConfig
from l1ad.core.errors import DataError
from l1ad.data.event_file import EventFile, read_events
from l1ad.data.samples import locate_events, shipped_samples

CONFIGS = Path(__file__).parents[2] / "configs" / "samples"
SIGNALS = {
    "a_to_4l", "lq_to_btau", "h_to_tautau", "hch_to_taunu", "h_to_aa_4b", "displaced_muons", "emerging_jets",
    "vbf_h_invisible",
}  # fmt: skip
DEVELOPMENT = {"ttbar", "zprime_to_qq", "wprime_to_lnu", "h_to_aa_4tau", "z_to_nunu_jet"}
NAMES = sorted({"zero_bias", *SIGNALS, *DEVELOPMENT})
MEGABYTE = 1_000_000


def test_zero_bias_eight_signals_and_four_for_development_ship() -> None:
    assert sorted(shipped_samples()) == NAMES
    data = RunConfig().data
    assert set(data.signals.values()) == {f"sample:{name}" for name in SIGNALS}
    assert set(data.development.values()) == {f"sample:{name}" for name in DEVELOPMENT}


def test_all_samples_together_are_small_enough_to_ship() -> None:
    assert sum(path.stat().st_size for path in shipped_samples().values()) <= 20 * MEGABYTE


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_holds_as_many_events_as_its_configuration_says(name: str) -> None:
    events = read_events(locate_events(f"sample:{name}"))
    assert len(events) == load_config(CONFIGS / f"{name}.yaml", SampleConfig).events
    assert len(events) >= (400_000 if name == "zero_bias" else 5_000)
    np.testing.assert_array_equal(events.event_number, np.arange(len(events)))
    assert events.sample == name


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_says_what_made_it(name: str) -> None:
    provenance = EventFile(shipped_samples()[name]).provenance
    assert provenance["command"] == f"l1ad simulate configs/samples/{name}.yaml --out {name}.h5"
    assert set(provenance["versions"]) == {"l1ad", "pythia", "numpy", "python"}
    assert all(provenance["versions"].values())


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_was_made_with_the_configuration_beside_it(name: str) -> None:
    made_with = SampleConfig.model_validate(EventFile(shipped_samples()[name]).provenance["configuration"])
    assert made_with == load_config(CONFIGS / f"{name}.yaml", SampleConfig)


@pytest.mark.parametrize("name", NAMES)
def test_every_event_of_a_sample_knows_its_crossing_its_pileup_and_the_decision_of_the_menu(name: str) -> None:
    events = read_events(shipped_samples()[name])
    known = {"run", "lumi_section", "bunch_crossing", "pileup"}
    assert set(events.columns) == known
    assert events.pileup is not None
    assert events.menu is not None
    assert events.menu_bits is not None
    # Poisson of 50, spread by 5 % over 2352 bunches.
    assert abs(events.pileup.mean() - 50) < 4 * np.hypot(7.5 / np.sqrt(len(events)), 2.5 / np.sqrt(2352))
    assert events.menu_bits.any()
    assert {"L1_SingleMu22", "L1_HTT360", "L1_ETM120"} <= set(events.menu.names)


def test_the_menu_takes_a_sane_part_of_zero_bias_and_more_of_every_signal() -> None:
    accepted = {}
    for name in NAMES:
        events = read_events(shipped_samples()[name])
        assert events.menu is not None
        assert events.menu_bits is not None
        accepted[name] = events.menu_bits[:, events.menu.unprescaled].any(axis=1).mean()
    zero_bias = accepted.pop("zero_bias")
    # The Level-1 trigger accepts 100 kHz at most, and this menu is a small one.
    assert 10 < zero_bias * 2352 * 11.2455 < 100
    assert min(accepted.values()) > 5 * zero_bias


@pytest.mark.parametrize("name", NAMES)
def test_the_columns_of_a_sample_are_what_was_written(name: str) -> None:
    EventFile(shipped_samples()[name]).check_digests()


@pytest.mark.parametrize("name", NAMES)
def test_objects_of_a_sample_are_ordered_by_pt_and_zero_where_absent(name: str) -> None:
    events = read_events(shipped_samples()[name], stop=20_000)
    inputs, layout = events.inputs_raw, events.layout
    assert not inputs[~layout.present(inputs)].any()
    for object_type in ("eg", "mu", "jet"):
        columns = [
            index
            for index, field in enumerate(layout.fields)
            if (field.object_type, field.quantity) == (object_type, "pt")
        ]
        assert (np.diff(inputs[:, columns], axis=1) <= 0).all()
        assert inputs[:, columns[0]].any(), f"no event of {name} has a {object_type}"


def test_the_name_of_a_shipped_sample_leads_to_its_file() -> None:
    assert locate_events("sample:a_to_4l") == shipped_samples()["a_to_4l"]


def test_any_other_name_is_a_path() -> None:
    assert locate_events("runs/a_to_4l.h5") == Path("runs/a_to_4l.h5")


def test_an_unknown_sample_is_answered_with_the_known_ones() -> None:
    words = (
        "no sample 'minimum_bias' ships with l1ad; there are a_to_4l, displaced_muons, emerging_jets, "
        "h_to_aa_4b, h_to_aa_4tau, h_to_tautau, hch_to_taunu, lq_to_btau, ttbar, vbf_h_invisible, "
        "wprime_to_lnu, z_to_nunu_jet, zero_bias, zprime_to_qq"
    )
    with pytest.raises(DataError, match=words):
        locate_events("sample:minimum_bias")
