import json
from collections.abc import Callable
from pathlib import Path
from shutil import copytree
from typing import Any

import numpy as np
import pytest

from l1ad.config.detector import DetectorConfig
from l1ad.config.sample import HardConfig, PoolConfig
from l1ad.core.errors import ConfigError, DataError
from l1ad.data.event_file import file_digest
from l1ad.simulate.chunks import chunk_seed, save_arrays
from l1ad.simulate.deposits import Collisions, collisions, joined
from l1ad.simulate.generator import Generator
from l1ad.simulate.pool import CHUNK_COLLISIONS, Pool, default_folder, make_pool, pool_chunk, read_pool

pytest.importorskip("pythia8mc", reason="Pythia is not installed")

TinyPool = Callable[..., PoolConfig]
# Partons without showers or hadrons: 10,000 dijets a second.
DIJETS = [
    "HardQCD:all = on", "PartonLevel:MPI = off", "PartonLevel:ISR = off", "PartonLevel:FSR = off",
    "HadronLevel:all = off",
]  # fmt: skip
# With multiparton interactions, for which Pythia works out something at its start.
SOFT = [
    "SoftQCD:nonDiffractive = on", "PartonLevel:ISR = off", "PartonLevel:FSR = off", "HadronLevel:all = off"
]  # fmt: skip


class StoppedError(Exception):
    """Someone pressed Ctrl-C."""


def stop_at(n_collisions: int) -> Callable[[int, int, str], None]:
    """Make a progress listener that stops the run once so many collisions are done."""

    def tell(done: int, total: int, note: str) -> None:
        if done >= n_collisions:
            raise StoppedError(f"{done} of {total}{note}")

    return tell


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def assert_equal(one: Collisions, other: Collisions) -> None:
    for name in ("deposit_start", "tower", "et", "muon_start", "muons"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_one_and_two_workers_make_the_same_pool_byte_for_byte(tiny_pool: TinyPool, tmp_path: Path) -> None:
    config = tiny_pool(events=CHUNK_COLLISIONS + 50)
    one = make_pool(config, tmp_path / "one")
    two = make_pool(config, tmp_path / "two", workers=2)
    assert_equal(one.collisions, two.collisions)
    assert one.record == two.record
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    assert (
        len(contents(tmp_path / "one")) == 2 + 1 + 1 + 1
    )  # two of soft ones, one of each hard process, pool.json


def test_a_pool_holds_the_collisions_of_each_kind_in_a_row(made_pool: tuple[PoolConfig, Path, Pool]) -> None:
    config, _, pool = made_pool
    assert pool.first.tolist() == [0, 60, 100, 130]
    assert pool.hard_names == ("heavy_z", "w")
    assert len(pool.collisions) == 130
    rng = np.random.default_rng([config.seed, 2, 0])
    w = Generator(config.hard[1].pythia, beam_energy_gev=13_000.0, seed=chunk_seed(config.seed, 2, 0))
    here = joined([pool.collisions])
    expected = collisions(w.batch(30), config.detector, rng)
    first = here.deposit_start[100]
    np.testing.assert_array_equal(here.deposit_start[100:] - first, expected.deposit_start)
    np.testing.assert_array_equal(here.et[first:], expected.et)
    np.testing.assert_array_equal(here.muons[here.muon_start[100] :], expected.muons)


def test_chunks_of_a_pool_differ(tiny_pool: TinyPool, tmp_path: Path) -> None:
    config = tiny_pool(events=2 * CHUNK_COLLISIONS)
    first, second = (pool_chunk(config, "minimum_bias", chunk, 50, tmp_path) for chunk in (0, 1))
    assert not np.array_equal(first["et"], second["et"])
    other = pool_chunk(tiny_pool(events=2 * CHUNK_COLLISIONS, seed=6), "minimum_bias", 0, 50, tmp_path)
    assert not np.array_equal(first["et"], other["et"])


@pytest.mark.parametrize("workers", [1, 2])
def test_a_stopped_pool_goes_on_from_its_finished_chunks(
    tiny_pool: TinyPool, made_pool: tuple[PoolConfig, Path, Pool], tmp_path: Path, workers: int
) -> None:
    _, whole, _ = made_pool
    config, folder = tiny_pool(), tmp_path / "pool"
    with pytest.raises(StoppedError):
        make_pool(config, folder, workers=workers, progress=stop_at(60))
    with pytest.raises(DataError, match=r"pool: no finished pool 'tiny'; `l1ad simulate` makes it"):
        read_pool(config, folder)
    finished = {file: file.stat().st_mtime_ns for file in folder.iterdir()}
    assert 0 < len(finished) < 4
    make_pool(config, folder, workers=workers)
    assert {file: file.stat().st_mtime_ns for file in finished} == finished
    assert contents(folder) == contents(whole)


def test_what_pythia_works_out_at_its_start_is_kept_for_the_chunks_of_one_pool_alone(tmp_path: Path) -> None:
    config = PoolConfig(name="soft", minimum_bias=SOFT, events=30)
    harder = config.model_copy(update={"minimum_bias": [*SOFT, "MultipartonInteractions:pT0Ref = 3.5"]})
    alone, shared = tmp_path / "alone", tmp_path / "shared"
    for folder in (alone, shared):
        folder.mkdir()
    # Another pool left the shared folder unfinished.
    pool_chunk(config, "minimum_bias", 0, 30, shared)
    found, expected = (pool_chunk(harder, "minimum_bias", 0, 30, folder) for folder in (shared, alone))
    again = pool_chunk(harder, "minimum_bias", 0, 30, shared)
    assert len(list(shared.iterdir())) == 2
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name], values)
        np.testing.assert_array_equal(again[name], values)
    assert len(expected["et"]) > 100


def test_a_pool_with_underlying_event_is_the_same_whoever_works_out_its_start(tmp_path: Path) -> None:
    config = PoolConfig(name="soft", minimum_bias=SOFT, events=30)
    make_pool(config, tmp_path / "whole")
    with pytest.raises(StoppedError):
        make_pool(config, tmp_path / "stopped", progress=stop_at(0))
    assert [path.suffix for path in (tmp_path / "stopped").iterdir()] == [".dat"]
    make_pool(config, tmp_path / "stopped")
    assert contents(tmp_path / "stopped") == contents(tmp_path / "whole")


def test_a_finished_pool_is_not_made_again(made_pool: tuple[PoolConfig, Path, Pool]) -> None:
    config, folder, pool = made_pool
    before = {file: file.stat().st_mtime_ns for file in folder.iterdir()}
    told: list[tuple[int, int]] = []
    again = make_pool(config, folder, progress=lambda done, total, _: told.append((done, total)))
    assert told == [(130, 130)]
    assert {file: file.stat().st_mtime_ns for file in folder.iterdir()} == before
    assert_equal(again.collisions, pool.collisions)
    assert_equal(read_pool(config, folder).collisions, pool.collisions)


def test_progress_counts_collisions(tiny_pool: TinyPool, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    make_pool(tiny_pool(), tmp_path / "pool", progress=lambda done, total, _: told.append((done, total)))
    assert told == [(0, 130), (60, 130), (100, 130), (130, 130)]


def truncated(content: bytes) -> bytes:
    return content[: len(content) // 2]


def flipped(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 255]) + content[middle + 1 :]


@pytest.mark.parametrize("finished", [True, False])
@pytest.mark.parametrize("damage", [truncated, flipped, lambda _: b"", lambda _: b"not arrays"])
def test_a_damaged_chunk_is_refused_by_name_and_made_again_once_deleted(
    made_pool: tuple[PoolConfig, Path, Pool], tmp_path: Path, finished: bool, damage: Callable[[bytes], bytes]
) -> None:
    config, kept, _ = made_pool
    folder = copytree(kept, tmp_path / "pool")
    whole = contents(folder)
    (chunk,) = folder.glob("*heavy_z-00000.npz")
    chunk.write_bytes(damage(chunk.read_bytes()))
    if not finished:
        (folder / "pool.json").unlink()
    with pytest.raises(DataError) as caught:
        make_pool(config, folder)
    assert str(caught.value).startswith(f"{chunk}: not a chunk of a pool (")
    assert str(caught.value).endswith("); delete it, and it is made again")
    chunk.unlink()
    make_pool(config, folder)
    assert contents(folder) == whole


def test_a_chunk_without_its_arrays_is_refused(
    made_pool: tuple[PoolConfig, Path, Pool], tmp_path: Path
) -> None:
    config, kept, _ = made_pool
    folder = copytree(kept, tmp_path / "pool")
    (chunk,) = folder.glob("*heavy_z-00000.npz")
    np.savez(chunk, other=np.zeros(3))
    with pytest.raises(DataError, match=r"not a chunk of a pool \(.*muons"):
        read_pool(config, folder)


def test_a_chunk_that_cannot_be_written_whole_is_not_written(tmp_path: Path) -> None:
    class Faulty:
        def __array__(self, *_: object, **__: object) -> None:
            raise StoppedError

    arrays: dict[str, Any] = {"first": np.zeros(3), "second": Faulty()}
    with pytest.raises(StoppedError):
        save_arrays(tmp_path / "chunk.npz", arrays)
    assert list(tmp_path.iterdir()) == []


def test_the_folder_of_another_pool_is_refused(
    tiny_pool: TinyPool, made_pool: tuple[PoolConfig, Path, Pool]
) -> None:
    _, folder, _ = made_pool
    before = contents(folder)
    other = tiny_pool(seed=6)
    for take in (make_pool, read_pool):
        with pytest.raises(DataError) as caught:
            take(other, folder)
        words = f"{folder}: holds another pool than 'tiny' is now; give another folder"
        assert str(caught.value) == words
    assert contents(folder) == before


def test_another_detector_makes_another_pool(tiny_pool: TinyPool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    config = tiny_pool()
    other = config.model_copy(update={"detector": DetectorConfig(em_constant=0.03)})
    assert default_folder(config).parent == Path("/somewhere/l1ad/pools")
    assert default_folder(config).name.startswith("tiny-")
    assert default_folder(config) == default_folder(tiny_pool())
    assert len({default_folder(one) for one in (config, other, tiny_pool(seed=6), tiny_pool(events=61))}) == 4


def test_soft_collisions_lack_what_the_bins_stand_for(tmp_path: Path) -> None:
    soft = [*DIJETS, "PhaseSpace:pTHatMin = 15"]
    bins = [
        HardConfig(name="low", pythia=DIJETS, pthat_gev=(20, 30), events=100),
        HardConfig(name="high", pythia=DIJETS, pthat_gev=(30, 6000), events=50),
        HardConfig(name="w", pythia=["WeakSingleBoson:ffbar2W = on", "HadronLevel:all = off"], events=10),
    ]
    config = PoolConfig(name="dijets", minimum_bias=soft, events=400, hard=bins, seed=7)
    pool = make_pool(config, tmp_path / "pool")

    generator = Generator(soft, beam_energy_gev=13_000.0, seed=chunk_seed(7, 0, 0))
    pthat = np.concatenate([generator.batch(250).pthat, generator.batch(150).pthat])
    below = int((pthat < 20).sum())
    assert 0 < below < 400
    assert pool.first.tolist() == [0, below, below + 100, below + 150, below + 160]
    assert pool.record["soft"]["generated"] == 400
    assert pool.record["soft"]["kept"] == below
    # The bins and what is left together are all, within what 400 and 100 collisions tell.
    assert abs(below / 400 - (1 - pool.replaced)) < 0.12
    assert pool.replaced == pytest.approx(pool.hard_fraction[:2].sum())

    for kind, (low, high) in enumerate([(20, 30), (30, 6000)], start=1):
        settings = [*DIJETS, f"PhaseSpace:pTHatMin = {low}", f"PhaseSpace:pTHatMax = {high}"]
        alone = Generator(settings, beam_energy_gev=13_000.0, seed=chunk_seed(7, kind, 0))
        particles = alone.batch(bins[kind - 1].events)
        assert low <= particles.pthat.min() <= particles.pthat.max() <= high
        expected = collisions(particles, config.detector, np.random.default_rng([7, kind, 0]))
        start, stop = pool.collisions.deposit_start[pool.first[kind : kind + 2]]
        np.testing.assert_array_equal(pool.collisions.et[start:stop], expected.et)
        assert len(expected.et) > len(expected)


def test_the_record_holds_cross_sections_versions_and_digests(made_pool: tuple[PoolConfig, Path, Pool]) -> None:
    config, folder, pool = made_pool
    record = json.loads((folder / "pool.json").read_text(encoding="utf-8"))
    assert record == pool.record
    assert PoolConfig.model_validate(record["configuration"]) == config
    assert pool.detector == config.detector
    assert pool.beam_energy_gev == 13_000.0
    assert record["chunks"] == {file.name: file_digest(file) for file in folder.glob("*.npz")}
    assert list(record["hard"]) == ["heavy_z", "w"]
    for kind, (name, settings) in enumerate(
        [("soft", config.minimum_bias), *((one.name, one.pythia) for one in config.hard)]
    ):
        of_kind = record["soft"] if name == "soft" else record["hard"][name]
        n_events = int(np.diff(pool.first)[kind])
        generator = Generator(settings, beam_energy_gev=13_000.0, seed=chunk_seed(config.seed, kind, 0))
        generator.batch(n_events)
        assert of_kind == {
            "cross_section_mb": generator.cross_section_mb, "generated": n_events, "kept": n_events
        }  # fmt: skip
    assert record["inelastic_mb"] == record["soft"]["cross_section_mb"]
    ratio = [record["hard"][name]["cross_section_mb"] / record["inelastic_mb"] for name in ("heavy_z", "w")]
    assert pool.hard_fraction.tolist() == ratio
    assert ratio[0] < 1 < ratio[1]  # part of the Z; W are made more often
    assert pool.replaced == 0.0
    assert {"l1ad", "pythia", "numpy", "python"} == set(record["versions"])


@pytest.mark.parametrize("workers", [1, 2])
def test_an_unknown_pythia_setting_is_refused_in_one_sentence(
    tiny_pool: TinyPool, tmp_path: Path, workers: int
) -> None:
    config = tiny_pool()
    hard = [*config.hard, HardConfig(name="none", pythia=["HardQCD:al = on"], events=10)]
    with pytest.raises(ConfigError) as caught:
        make_pool(config.model_copy(update={"hard": hard}), tmp_path / "pool", workers=workers)
    assert str(caught.value) == "Pythia does not know the setting 'HardQCD:al = on'"
    assert not (tmp_path / "pool/pool.json").exists()
