import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from l1ad.config.sample import FillConfig, PileupConfig, PoolConfig, ProcessConfig, SampleConfig
from l1ad.core.errors import ConfigError, DataError
from l1ad.core.layouts import ugt_57
from l1ad.data.event_file import EventFile, file_digest, read_events
from l1ad.data.events import EventBatch
from l1ad.simulate import events
from l1ad.simulate.deposits import MUON, Collisions
from l1ad.simulate.events import CHUNK_EVENTS, simulated_chunk
from l1ad.simulate.features import features_layout
from l1ad.simulate.menu import configured_menu
from l1ad.simulate.pool import Pool, make_pool
from l1ad.simulate.production import Making, make_sample, pool_file

pytest.importorskip("pythia8mc", reason="Pythia is not installed")

MadePool = tuple[PoolConfig, Path, Pool]
Whole = tuple[SampleConfig, bytes]
Sample = Callable[..., SampleConfig]
Told = list[tuple[int, int]]
NAMES = ugt_57().names
COMMAND = "l1ad simulate quick.yaml --out quick.h5"

needs_proc = pytest.mark.skipif(
    not Path("/proc/self/task").exists(), reason="the processes of a process are looked up in /proc"
)


@pytest.fixture(scope="module")
def sample(quick: list[str]) -> Sample:
    """Give a maker of samples: zero bias at pile-up 3, or Z → ee and Z → µµ on top of it where asked for."""

    def make(*, mix: bool = False, **changes: Any) -> SampleConfig:
        processes = [
            ProcessConfig(name=name, pythia=[*quick, "23:onMode = off", f"23:onIfAny = {lepton}"], share=share)
            for name, lepton, share in (("ee", 11, 3.0), ("mumu", 13, 1.0))
        ]
        document = {
            "name": "quick", "title": "quick", "pool": "tiny.yaml", "pileup": PileupConfig(mean=3),
            "processes": processes if mix else [], "events": CHUNK_EVENTS, "seed": 3, **changes,
        }  # fmt: skip
        return SampleConfig.model_validate(document)

    return make


class StoppedError(Exception):
    """Someone pressed Ctrl-C."""


def stop_at(n_events: int) -> Callable[[int, int, str], None]:
    def tell(done: int, total: int, note: str) -> None:
        if done >= n_events:
            raise StoppedError(f"{done} of {total}{note}")

    return tell


def making(pool: MadePool, workers: int = 1) -> Making:
    return Making(pool=pool[0], pool_folder=pool[1], command=COMMAND, workers=workers)


@pytest.fixture(scope="module")
def whole(
    sample: Sample, made_pool: MadePool, tmp_path_factory: pytest.TempPathFactory
) -> tuple[SampleConfig, bytes]:
    """A sample of three chunks and a bit, and its file as one process makes it without being stopped."""
    config, path = sample(events=3 * CHUNK_EVENTS + 10), tmp_path_factory.mktemp("whole") / "quick.h5"
    assert make_sample(config, path, making(made_pool)) == config.events
    assert list(path.parent.iterdir()) == [path]
    return config, path.read_bytes()


def chunks_of(path: Path) -> dict[Path, int]:
    """Give the finished chunks that wait for their sample, and when each was written."""
    found = path.parent.glob(f".{path.name}.chunks-*/[0-9]*.h5")
    return {file: file.stat().st_mtime_ns for file in found}


def assert_equal(one: EventBatch, other: EventBatch) -> None:
    np.testing.assert_array_equal(one.inputs_raw, other.inputs_raw)
    np.testing.assert_array_equal(one.event_number, other.event_number)
    assert list(one.columns) == list(other.columns)
    for name, values in one.columns.items():
        np.testing.assert_array_equal(values, other.columns[name])
    assert (one.menu_bits is None) == (other.menu_bits is None)
    if one.menu_bits is not None and other.menu_bits is not None:
        np.testing.assert_array_equal(one.menu_bits, other.menu_bits)


def column(events: EventBatch, name: str) -> list[int]:
    return [int(one) for one in events.inputs_raw[:, NAMES.index(name)]]


def test_two_workers_make_the_same_file_byte_for_byte(
    whole: Whole, made_pool: MadePool, tmp_path: Path
) -> None:
    config, path = whole[0], tmp_path / "quick.h5"
    assert make_sample(config, path, making(made_pool, workers=2)) == config.events
    assert path.read_bytes() == whole[1]
    made = read_events(path)
    np.testing.assert_array_equal(made.event_number, np.arange(config.events))
    assert_equal(made.select(6000, 6010), simulated_chunk(config, made_pool[2], 3).objects)


def test_two_workers_make_the_same_mix_and_features_byte_for_byte(
    sample: Sample, made_pool: MadePool, tmp_path: Path
) -> None:
    config = sample(events=CHUNK_EVENTS + 10, mix=True, features=True)
    files = {}
    for workers in (1, 2):
        path = tmp_path / str(workers) / "quick.h5"
        assert make_sample(config, path, making(made_pool, workers)) == CHUNK_EVENTS + 10
        files[workers] = {file.name: file.read_bytes() for file in path.parent.iterdir()}
    assert files[1] == files[2]
    assert sorted(files[1]) == ["quick.h5", "quick_features.h5"]
    for name in files[1]:
        made = read_events(tmp_path / "1" / name)
        np.testing.assert_array_equal(made.event_number, np.arange(CHUNK_EVENTS + 10))


def finish(config: SampleConfig, path: Path, how: Making, finished: dict[Path, int]) -> list[int]:
    """Finish a sample, of which no finished chunk is written again; give the events done at each step."""
    told: list[int] = []

    def tell(done: int, _: int, __: str) -> None:
        told.append(done)
        assert finished.items() <= chunks_of(path).items()

    make_sample(config, path, how, progress=tell)
    return told


def test_a_stopped_run_goes_on_from_its_finished_chunks(
    whole: Whole, made_pool: MadePool, tmp_path: Path
) -> None:
    config, path = whole[0], tmp_path / "quick.h5"
    with pytest.raises(StoppedError):
        make_sample(config, path, making(made_pool), progress=stop_at(CHUNK_EVENTS))
    assert not path.exists()
    finished = chunks_of(path)
    assert len(finished) == 1
    assert finish(config, path, making(made_pool), finished)[0] == CHUNK_EVENTS * len(finished)
    assert path.read_bytes() == whole[1]
    assert list(tmp_path.iterdir()) == [path]


def test_a_chunk_without_its_features_is_made_again(
    sample: Sample, made_pool: MadePool, tmp_path: Path
) -> None:
    config = sample(events=20, mix=True, features=True)
    whole, path = tmp_path / "whole/quick.h5", tmp_path / "stopped/quick.h5"
    make_sample(config, whole, making(made_pool))
    with pytest.raises(StoppedError):
        make_sample(config, path, making(made_pool), progress=stop_at(20))
    ((chunk, _),) = [one for one in chunks_of(path).items() if "features" not in one[0].name]
    # As if stopped between the two files of a chunk: the features come first.
    chunk.unlink()
    make_sample(config, path, making(made_pool))
    for name in ("quick.h5", "quick_features.h5"):
        assert path.with_name(name).read_bytes() == whole.with_name(name).read_bytes()


def simulating(folder: Path, pool: Path, *, workers: int) -> subprocess.Popen[str]:
    program = "from l1ad.cli.main import main; main()"
    arguments = ["simulate", "quick.yaml", "--out", "quick.h5", "--pool", str(pool)]
    arguments += ["--workers", str(workers)]
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def children_of(process: int) -> set[int]:
    """List the processes that a process has started."""
    return {int(one) for one in Path(f"/proc/{process}/task/{process}/children").read_text().split()}


def alive_after(processes: set[int], *, seconds: float) -> set[int]:
    """Give processes time to end; name those that have not."""
    until(lambda: not any(Path(f"/proc/{one}").exists() for one in processes), seconds=seconds)
    return {one for one in processes if Path(f"/proc/{one}").exists()}


def until(condition: Callable[[], bool], *, seconds: float = 60) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()


@pytest.fixture
def prepared(whole: Whole, made_pool: MadePool, tmp_path: Path) -> tuple[SampleConfig, Path]:
    """A sample file with its pool file beside it, and where the sample will be written."""
    for name, model in (("tiny", made_pool[0]), ("quick", whole[0])):
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(model.model_dump(mode="json")), encoding="utf-8")
    return whole[0], tmp_path / "quick.h5"


@needs_proc
@pytest.mark.parametrize("workers", [1, 2])
def test_a_killed_run_leaves_no_process_and_loses_the_chunks_in_progress_alone(
    prepared: tuple[SampleConfig, Path], whole: Whole, made_pool: MadePool, workers: int
) -> None:
    config, path = prepared
    process = simulating(path.parent, made_pool[1], workers=workers)
    assert until(lambda: len(chunks_of(path)) >= 1)
    children = children_of(process.pid)
    process.kill()
    process.wait()
    left = alive_after(children, seconds=20)
    for one in left:
        os.kill(one, signal.SIGKILL)
    assert left == set()
    assert len(children) == (0 if workers == 1 else 3)  # two workers, and Python's tracker of semaphores
    assert not path.exists()
    finished = chunks_of(path)
    assert 1 <= len(finished) < 4
    assert finish(config, path, making(made_pool, workers=2), finished)[0] == CHUNK_EVENTS * len(finished)
    assert path.read_bytes() == whole[1]
    assert not chunks_of(path)


@needs_proc
def test_a_killed_worker_is_one_sentence_and_its_run_goes_on_later(
    prepared: tuple[SampleConfig, Path], made_pool: MadePool
) -> None:
    _, path = prepared
    process = simulating(path.parent, made_pool[1], workers=2)
    assert until(lambda: len(chunks_of(path)) >= 1)
    workers = [
        one for one in children_of(process.pid) if b"spawn_main" in Path(f"/proc/{one}/cmdline").read_bytes()
    ]
    os.kill(workers[0], signal.SIGKILL)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 1
    assert error.splitlines()[-1] == (
        "l1ad: a process that made a chunk was killed, perhaps for want of memory; run again with fewer "
        "workers: finished chunks are kept"
    )
    assert "Traceback" not in error
    assert len(chunks_of(path)) >= 1


def test_a_limit_gives_the_first_events_of_the_same_chunk(sample: Sample, made_pool: MadePool) -> None:
    config = sample(events=3 * CHUNK_EVENTS)
    whole = simulated_chunk(config, made_pool[2], 1).objects
    for limit in (250, 500):
        assert_equal(simulated_chunk(config, made_pool[2], 1, limit=limit).objects, whole.select(0, limit))
    assert len(whole) == CHUNK_EVENTS
    assert (whole.inputs_raw[:250] != whole.inputs_raw[250:500]).any()
    assert whole.event_number[0] == CHUNK_EVENTS


def test_chunks_and_seeds_give_other_events(sample: Sample, made_pool: MadePool) -> None:
    config = sample(events=2 * CHUNK_EVENTS)
    first, second = (simulated_chunk(config, made_pool[2], chunk, limit=250).objects for chunk in (0, 1))
    other = simulated_chunk(sample(events=2 * CHUNK_EVENTS, seed=4), made_pool[2], 0, limit=250).objects
    assert (first.inputs_raw != second.inputs_raw).any()
    assert (first.inputs_raw != other.inputs_raw).any()


def test_chunks_of_another_configuration_are_not_taken(
    sample: Sample, made_pool: MadePool, tmp_path: Path
) -> None:
    path = tmp_path / "quick.h5"
    with pytest.raises(StoppedError):
        make_sample(sample(events=20, seed=3), path, making(made_pool), progress=stop_at(20))
    assert len(chunks_of(path)) == 1
    other = sample(events=20, seed=4)
    make_sample(other, path, making(made_pool))
    assert_equal(read_events(path), simulated_chunk(other, made_pool[2], 0).objects)


def test_chunks_on_another_pool_are_not_taken(
    sample: Sample, made_pool: MadePool, tiny_pool: Callable[..., PoolConfig], tmp_path: Path
) -> None:
    config, path = sample(events=250), tmp_path / "quick.h5"
    with pytest.raises(StoppedError):
        make_sample(config, path, making(made_pool), progress=stop_at(250))
    other = Making(pool=tiny_pool(seed=6), pool_folder=tmp_path / "pool", command=COMMAND)
    others = make_pool(other.pool, other.pool_folder)
    make_sample(config, path, other)
    made = read_events(path).inputs_raw
    assert (made != simulated_chunk(config, made_pool[2], 0).objects.inputs_raw).any()
    expected = simulated_chunk(config, others, 0).objects
    np.testing.assert_array_equal(made, expected.inputs_raw)


def test_a_sample_says_what_made_it(sample: Sample, made_pool: MadePool, tmp_path: Path) -> None:
    config, path = sample(events=20), tmp_path / "quick.h5"
    make_sample(config, path, making(made_pool))
    provenance = EventFile(path).provenance
    assert provenance["command"] == COMMAND
    assert SampleConfig.model_validate(provenance["configuration"]) == config
    assert PoolConfig.model_validate(provenance["pool"]["configuration"]) == made_pool[0]
    (first,) = made_pool[1].glob("*-minimum_bias-00000.npz")
    assert provenance["pool"]["first_chunk"] == file_digest(first)
    assert provenance["pool"]["hard"] == made_pool[2].record["hard"]
    assert provenance["versions"].keys() == {"l1ad", "pythia", "numpy", "python"}
    assert read_events(path).sample == "quick"


def test_progress_counts_events_up_to_the_last(sample: Sample, made_pool: MadePool, tmp_path: Path) -> None:
    told: Told = []
    config = sample(events=CHUNK_EVENTS + 20)
    make_sample(
        config,
        tmp_path / "quick.h5",
        making(made_pool),
        progress=lambda done, total, _: told.append((done, total)),
    )
    assert told == [(0, 2020), (2000, 2020), (2020, 2020)]


def test_a_sample_without_its_pool_is_refused(sample: Sample, made_pool: MadePool, tmp_path: Path) -> None:
    how = Making(pool=made_pool[0], pool_folder=tmp_path / "pool", command="test")
    with pytest.raises(DataError, match="no finished pool 'tiny'; `l1ad simulate` makes it"):
        make_sample(sample(events=20), tmp_path / "quick.h5", how)
    assert list(tmp_path.iterdir()) == []


def test_the_pool_file_lies_beside_the_sample_file(
    prepared: tuple[SampleConfig, Path], made_pool: MadePool
) -> None:
    config, path = prepared
    assert pool_file(config, path.with_name("quick.yaml")) == made_pool[0]
    with pytest.raises(ConfigError, match=r"none/tiny\.yaml: no such configuration file"):
        pool_file(config, path.parent / "none/quick.yaml")


def test_zero_bias_knows_its_time_pileup_and_menu(sample: Sample, made_pool: MadePool) -> None:
    config = sample(fill=FillConfig(run=7, lumi_sections=40, bunch_spread=0))
    made = simulated_chunk(config, made_pool[2], 0).objects
    assert list(made.columns) == ["run", "lumi_section", "bunch_crossing", "pileup"]
    assert made.run is not None
    assert made.lumi_section is not None
    assert made.pileup is not None
    assert set(made.run.tolist()) == {7}
    assert made.lumi_section.tolist() == [1 + number // 50 for number in range(2000)]
    # Soft collisions and both hard processes, none of which replaces soft ones: Poisson in sum.
    mean = 3 * (1 + made_pool[2].hard_fraction.sum())
    assert abs(made.pileup.mean() - mean) < 4 * math.sqrt(mean / 2000)
    assert abs(made.pileup.var() / mean - 1) < 4 * math.sqrt(2 / 2000)
    assert made.menu == configured_menu(config.menu)
    assert made.menu_bits is not None
    single = list(made.menu.names).index("L1_SingleEG60")
    leading = [0.5 * word >= 60 for word in column(made, "eg_1_pt")]
    assert made.menu_bits[:, single].tolist() == leading
    assert any(leading)


def pool_of_single_towers() -> Pool:
    """Make a pool by hand: soft collisions of 10 GeV in one tower, two hard processes of 64 and 100 GeV."""
    n = 10
    energy = np.repeat([10.0, 64.0, 100.0], n).astype(np.float32)
    none = np.zeros(3 * n + 1, dtype=np.int64)
    alone = Collisions(
        deposit_start=np.arange(3 * n + 1), tower=np.full(3 * n, 45 * 72, dtype=np.uint16), et=energy,
        muon_start=none, muons=np.zeros(0, dtype=MUON),
    )  # fmt: skip
    return Pool(
        collisions=alone, first=np.array([0, n, 2 * n, 3 * n]), hard_names=("a", "b"),
        hard_fraction=np.array([0.25, 0.05]), replaced=0.3, digest="", record={},
    )  # fmt: skip


def test_each_kind_of_collision_comes_as_often_as_its_cross_section_says(sample: Sample) -> None:
    exact = {"noise_gev": 0, "egamma_scale": 1, "isolation_per_tower_gev": 0}
    config = sample(
        events=2 * CHUNK_EVENTS, pileup=PileupConfig(mean=2), fill={"bunch_spread": 0}, trigger=exact
    )
    made = [simulated_chunk(config, pool_of_single_towers(), chunk).objects for chunk in (0, 1)]
    # Soft ones lack the part that the bins replace; hard ones come on top.
    pileup = np.concatenate([one.pileup for one in made if one.pileup is not None])
    assert abs(pileup.mean() - 2 * (0.7 + 0.25 + 0.05)) < 4 * math.sqrt(2 / 4000)
    leading = [word for one in made for word in column(one, "eg_1_pt")]
    none = {"soft": math.exp(-2 * 0.7), "a": math.exp(-2 * 0.25), "b": math.exp(-2 * 0.05)}
    expected = {
        (200, 250): 1 - none["b"],
        (128, 200): (1 - none["a"]) * none["b"],
        (20, 60): (1 - none["soft"]) * none["a"] * none["b"],
        (0, 1): none["soft"] * none["a"] * none["b"],
    }
    for (low, high), share in expected.items():
        # Two in one tower are rare; they count with the harder one.
        counted = sum(low <= word < high for word in leading)
        assert abs(counted - 4000 * share) < 4 * math.sqrt(4000 * share * (1 - share))


def test_without_pileup_a_zero_bias_crossing_is_empty(sample: Sample, made_pool: MadePool) -> None:
    config = sample(events=250, pileup=PileupConfig(mean=0), trigger={"noise_gev": 0})
    made = simulated_chunk(config, made_pool[2], 0).objects
    assert not made.inputs_raw.any()
    assert made.pileup is not None
    assert not made.pileup.any()


def test_enriched_events_have_weights_of_mean_1(sample: Sample, made_pool: MadePool, tmp_path: Path) -> None:
    config, path = sample(enrichment=0.4, pileup=PileupConfig(mean=0.1)), tmp_path / "quick.h5"
    make_sample(config, path, making(made_pool))
    weight = read_events(path).weight
    assert weight is not None
    assert abs(weight.mean() - 1) < 4 * weight.std() / math.sqrt(len(weight))
    assert weight.max() <= 1 / 0.6 + 1e-12
    assert weight.std() > 0.1
    assert "weight" not in simulated_chunk(sample(), made_pool[2], 0, limit=250).objects.columns


def test_every_event_of_a_mix_holds_the_process_of_its_label(sample: Sample, made_pool: MadePool) -> None:
    exact = {"noise_gev": 0, "muon_efficiency": 1}
    config = sample(mix=True, pileup=PileupConfig(mean=0), trigger=exact)
    made = simulated_chunk(config, made_pool[2], 0).objects
    assert made.label is not None
    assert made.label_names == ("ee", "mumu")
    assert made.event_number.tolist() == list(range(2000))
    is_muons = made.label == 1
    assert abs(is_muons.sum() - 500) < 4 * math.sqrt(2000 * 0.25 * 0.75)
    # In any order: neighbours have different labels as often as chance has it.
    changes = int((np.diff(made.label) != 0).sum())
    assert abs(changes - 2000 * 2 * 0.25 * 0.75) < 4 * math.sqrt(2000 * 0.375 * 0.625)
    muons = np.array(column(made, "mu_1_pt")) > 0
    electrons = np.array(column(made, "eg_1_pt")) > 0
    assert not muons[~is_muons].any()
    assert not electrons[is_muons].any()
    # The mass begins at 10 GeV, where many leptons are too soft.
    assert muons[is_muons].mean() > 0.3
    assert electrons[~is_muons].mean() > 0.3


def test_a_signal_comes_from_any_time_of_the_fill(sample: Sample, made_pool: MadePool) -> None:
    fill = FillConfig(lumi_sections=10)
    lumi_section = simulated_chunk(
        sample(mix=True, events=500, fill=fill), made_pool[2], 0
    ).objects.lumi_section
    assert lumi_section is not None
    assert set(lumi_section.tolist()) == set(range(1, 11))
    assert (np.diff(lumi_section) < 0).any()


def test_every_event_of_a_filtered_sample_has_its_lepton(sample: Sample, made_pool: MadePool) -> None:
    config = sample(mix=True, events=400, lepton_filter_gev=35.0)
    filtered = simulated_chunk(config, made_pool[2], 0).objects
    free = simulated_chunk(sample(mix=True, events=400), made_pool[2], 0).objects

    def passed(made: EventBatch) -> list[bool]:
        pairs = zip(column(made, "eg_1_pt"), column(made, "mu_1_pt"), strict=True)
        return [0.5 * electron > 35 or 0.5 * (muon - 1) > 35 for electron, muon in pairs]

    assert len(filtered) == 400
    assert all(passed(filtered))
    assert not all(passed(free))
    assert filtered.label is not None
    assert abs((filtered.label == 1).sum() - 100) < 4 * math.sqrt(400 * 0.25 * 0.75)
    assert filtered.event_number.tolist() == list(range(400))


def test_a_filter_that_hardly_any_event_passes_is_refused(
    sample: Sample, made_pool: MadePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "_FRUITLESS_BATCHES", 2)
    config = sample(mix=True, events=20, lepton_filter_gev=300.0)
    with pytest.raises(ConfigError) as caught:
        simulated_chunk(config, made_pool[2], 0)
    assert str(caught.value) == (
        "quick: 0 of 500 events of process 'ee' pass the filter of 300.0 GeV; generate harder ones, e.g. with "
        "PhaseSpace:pTHatMin"
    )


def test_features_lie_beside_the_objects_of_the_same_events(
    sample: Sample, made_pool: MadePool, tmp_path: Path
) -> None:
    config = sample(mix=True, features=True, events=300, pileup=PileupConfig(mean=0), lepton_filter_gev=30.0)
    make_sample(config, tmp_path / "quick.h5", making(made_pool))
    objects, features = (read_events(tmp_path / name) for name in ("quick.h5", "quick_features.h5"))
    assert features.layout == features_layout()
    np.testing.assert_array_equal(features.event_number, objects.event_number)
    assert objects.label is not None
    assert features.label is not None
    np.testing.assert_array_equal(features.label, objects.label)
    assert features.label_names == objects.label_names
    assert features.sample == objects.sample
    assert EventFile(tmp_path / "quick_features.h5").provenance == EventFile(tmp_path / "quick.h5").provenance
    lepton_pt = 0.5 * features.inputs_raw[:, features.layout.names.index("lepton_pt")]
    assert lepton_pt.min() > 30  # it is the lepton itself that is filtered, not what the trigger takes for one
    # Row by row the same event: the lepton is of the kind of the label, its pT what the trigger saw of it.
    values = dict(zip(features.layout.names, features.inputs_raw.T, strict=True))
    np.testing.assert_array_equal(values["lepton_is_electron"], objects.label == 0)
    clusters = 0.5 * np.array(column(objects, "eg_1_pt"))
    both = (objects.label == 0) & (clusters < 200)
    assert np.corrcoef(lepton_pt[both], clusters[both])[0, 1] > 0.8
    assert np.count_nonzero(both) > 100
    assert clusters[objects.label == 0].min() <= 30
