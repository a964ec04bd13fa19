from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from l1ad.config.sample import SampleConfig
from l1ad.core.errors import ConfigError
from l1ad.data.event_file import EventFile, read_events
from l1ad.data.samples import shipped_samples
from l1ad.simulate.production import CHUNK_EVENTS, make_sample, simulated_chunk

pytest.importorskip("pythia8mc", reason="Pythia is not installed")

# Z → ℓℓ without underlying event or hadrons: the quickest process that leaves something in every event.
QUICK = [
    "WeakSingleBoson:ffbar2gmZ = on", "23:onMode = off", "23:onIfAny = 11 13", "PartonLevel:MPI = off",
    "PartonLevel:ISR = off", "HadronLevel:all = off",
]  # fmt: skip


def quick(*, events: int, seed: int = 3) -> SampleConfig:
    return SampleConfig(name="quick", title="Z → ℓℓ", pythia=QUICK, events=events, seed=seed)


class StoppedError(Exception):
    """Someone pressed Ctrl-C."""


def stop_at(n_events: int) -> Callable[[int, int, str], None]:
    """Make a progress listener that stops the run once so many events are done."""

    def tell(done: int, total: int, note: str) -> None:
        if done >= n_events:
            raise StoppedError(f"{done} of {total}{note}")

    return tell


def folder_left_by_a_stopped_run(config: SampleConfig, path: Path) -> Path:
    """Stop a run before its first chunk; give the folder where its chunks would wait."""
    with pytest.raises(StoppedError):
        make_sample(config, path, command="test", progress=stop_at(0))
    (folder,) = path.parent.glob(f".{path.name}.chunks-*")
    assert not path.exists()
    return folder


@pytest.mark.parametrize("name", sorted(shipped_samples()))
def test_the_first_events_of_every_shipped_sample_are_made_again_integer_for_integer(name: str) -> None:
    path = shipped_samples()[name]
    config = SampleConfig.model_validate(EventFile(path).provenance["configuration"])
    np.testing.assert_array_equal(simulated_chunk(config, 0, limit=250), read_events(path, stop=250).inputs_raw)


def test_a_limit_gives_the_first_events_of_the_same_chunk() -> None:
    config = quick(events=CHUNK_EVENTS)
    more = simulated_chunk(config, 0, limit=500)
    np.testing.assert_array_equal(simulated_chunk(config, 0, limit=250), more[:250])
    assert more.shape == (500, 57)
    assert (more[:250] != more[250:]).any()


def test_chunks_and_seeds_give_other_events() -> None:
    config = quick(events=2 * CHUNK_EVENTS)
    first = simulated_chunk(config, 0, limit=250)
    assert (simulated_chunk(config, 1, limit=250) != first).any()
    assert (simulated_chunk(quick(events=CHUNK_EVENTS, seed=4), 0, limit=250) != first).any()


def test_one_and_two_workers_make_the_same_sample(tmp_path: Path) -> None:
    config = quick(events=CHUNK_EVENTS + 10)
    one, two = tmp_path / "one.h5", tmp_path / "two.h5"
    assert make_sample(config, one, command="test", workers=1) == config.events
    assert make_sample(config, two, command="test", workers=2) == config.events
    by_one, by_two = read_events(one), read_events(two)
    np.testing.assert_array_equal(by_one.inputs_raw, by_two.inputs_raw)
    np.testing.assert_array_equal(by_one.event_number, by_two.event_number)
    assert EventFile(one).provenance == EventFile(two).provenance
    np.testing.assert_array_equal(by_one.inputs_raw[CHUNK_EVENTS:], simulated_chunk(config, 1))
    assert sorted(tmp_path.iterdir()) == [one, two]


def test_a_sample_says_what_made_it(tmp_path: Path) -> None:
    config = quick(events=20)
    make_sample(config, tmp_path / "quick.h5", command="l1ad simulate quick.yaml")
    provenance = EventFile(tmp_path / "quick.h5").provenance
    assert provenance["command"] == "l1ad simulate quick.yaml"
    assert SampleConfig.model_validate(provenance["configuration"]) == config
    assert read_events(tmp_path / "quick.h5").sample == "quick"


def test_progress_counts_events_up_to_the_last(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    make_sample(
        quick(events=20),
        tmp_path / "quick.h5",
        command="test",
        progress=lambda done, total, _: told.append((done, total)),
    )
    assert told == [(0, 20), (20, 20)]


def test_a_stopped_run_goes_on_from_its_finished_chunks(tmp_path: Path) -> None:
    config, path = quick(events=CHUNK_EVENTS + 10), tmp_path / "quick.h5"
    folder = folder_left_by_a_stopped_run(config, path)
    marked = np.full((CHUNK_EVENTS, 57), 0, dtype=np.int16)
    marked[:, 0] = 4095  # no simulation gives this: the chunk was taken, not made again
    np.save(folder / "000000.npy", marked)
    make_sample(config, path, command="test")
    inputs = read_events(path).inputs_raw
    np.testing.assert_array_equal(inputs[:CHUNK_EVENTS], marked)
    np.testing.assert_array_equal(inputs[CHUNK_EVENTS:], simulated_chunk(config, 1))
    assert list(tmp_path.iterdir()) == [path]


def test_chunks_of_another_configuration_are_not_taken(tmp_path: Path) -> None:
    path = tmp_path / "quick.h5"
    folder = folder_left_by_a_stopped_run(quick(events=20, seed=3), path)
    np.save(folder / "000000.npy", np.full((20, 57), 0, dtype=np.int16))
    other = quick(events=20, seed=4)
    make_sample(other, path, command="test")
    np.testing.assert_array_equal(read_events(path).inputs_raw, simulated_chunk(other, 0))


@pytest.mark.parametrize("setting", ["SoftQCD:nonDiffractiv = on", "HardQCD = on"])
def test_an_unknown_pythia_setting_is_refused_in_one_sentence(tmp_path: Path, setting: str) -> None:
    config = SampleConfig(name="none", title="none", pythia=[setting], events=10)
    with pytest.raises(ConfigError) as caught:
        make_sample(config, tmp_path / "none.h5", command="test")
    assert str(caught.value) == f"Pythia does not know the setting {setting!r}"
    assert not (tmp_path / "none.h5").exists()


def test_settings_that_allow_no_event_are_refused_in_one_sentence() -> None:
    config = SampleConfig(
        name="none", title="none", pythia=["HardQCD:all = on", "PhaseSpace:pTHatMin = 90000"], events=10
    )
    with pytest.raises(ConfigError, match="Pythia cannot start with HardQCD:all = on, PhaseSpace:pTHatMin"):
        simulated_chunk(config, 0)
