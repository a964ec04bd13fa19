from pathlib import Path

import numpy as np
import pytest

from l1ad.config.loading import load_config
from l1ad.config.sample import SampleConfig
from l1ad.core.errors import DataError
from l1ad.data.event_file import EventFile, read_events
from l1ad.data.samples import locate_events, shipped_samples

CONFIGS = Path(__file__).parents[2] / "configs" / "samples"
SIGNALS = {"a_to_4l", "lq_to_btau", "h_to_tautau", "hch_to_taunu"}
NAMES = sorted({"minimum_bias", *SIGNALS})
MEGABYTE = 1_000_000


def test_minimum_bias_and_four_signals_ship() -> None:
    assert sorted(shipped_samples()) == NAMES


def test_all_samples_together_are_small_enough_to_ship() -> None:
    assert sum(path.stat().st_size for path in shipped_samples().values()) <= 20 * MEGABYTE


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_holds_as_many_events_as_its_configuration_says(name: str) -> None:
    events = read_events(locate_events(f"sample:{name}"))
    assert len(events) == load_config(CONFIGS / f"{name}.yaml", SampleConfig).events
    assert len(events) >= (5_000 if name in SIGNALS else 150_000)
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
        "no sample 'zero_bias' ships with l1ad; there are a_to_4l, h_to_tautau, hch_to_taunu, "
        "lq_to_btau, minimum_bias"
    )
    with pytest.raises(DataError, match=words):
        locate_events("sample:zero_bias")
