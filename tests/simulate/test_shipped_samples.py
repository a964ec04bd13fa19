"""The samples that ship can be made again: the first chunk of their pool, and zero bias from the whole pool."""

import numpy as np
import pytest

from l1ad.config.sample import PoolConfig, SampleConfig
from l1ad.core.errors import DataError
from l1ad.data.event_file import EventFile, file_digest, read_events
from l1ad.data.samples import shipped_samples
from l1ad.simulate.chunks import save_arrays
from l1ad.simulate.events import simulated_chunk
from l1ad.simulate.pool import CHUNK_COLLISIONS, Pool, default_folder, pool_chunk, read_pool

pytest.importorskip("pythia8mc", reason="Pythia is not installed")

SAMPLES = sorted(shipped_samples())


def pool_config_of(name: str) -> PoolConfig:
    return PoolConfig.model_validate(EventFile(shipped_samples()[name]).provenance["pool"]["configuration"])


@pytest.fixture(scope="module")
def first_chunks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Digest of the first chunk of every pool that a shipped sample is from, by the pool's configuration."""
    digests: dict[str, str] = {}
    folder = tmp_path_factory.mktemp("chunks")
    for config in {config.model_dump_json(): config for config in map(pool_config_of, SAMPLES)}.values():
        file = folder / f"{len(digests)}.npz"
        n_collisions = min(CHUNK_COLLISIONS, config.events)
        save_arrays(file, pool_chunk(config, "minimum_bias", 0, n_collisions, folder))
        digests[config.model_dump_json()] = file_digest(file)
    return digests


@pytest.mark.parametrize("name", SAMPLES)
def test_the_first_chunk_of_the_pool_is_made_again_byte_for_byte(
    name: str, first_chunks: dict[str, str]
) -> None:
    provenance = EventFile(shipped_samples()[name]).provenance
    assert provenance["pool"]["first_chunk"] == first_chunks[pool_config_of(name).model_dump_json()]


@pytest.fixture(scope="module")
def kept_pool() -> Pool:
    """The pool of zero bias, where it was made on this machine."""
    config = pool_config_of("zero_bias")
    try:
        return read_pool(config, default_folder(config))
    except DataError as fault:
        pytest.skip(f"the pool takes minutes to make and is not in the cache: {fault}")


@pytest.mark.parametrize("name", [name for name in SAMPLES if name.startswith("zero_bias")])
def test_the_first_zero_bias_events_are_made_again_integer_for_integer(name: str, kept_pool: Pool) -> None:
    path = shipped_samples()[name]
    config = SampleConfig.model_validate(EventFile(path).provenance["configuration"])
    made = simulated_chunk(config, kept_pool, 0, limit=250).objects
    shipped = read_events(path, stop=250)
    np.testing.assert_array_equal(made.inputs_raw, shipped.inputs_raw)
    np.testing.assert_array_equal(made.event_number, shipped.event_number)
    assert list(made.columns) == list(shipped.columns)
    for column, values in made.columns.items():
        np.testing.assert_array_equal(values, shipped.columns[column])
    assert made.menu == shipped.menu
    assert made.menu_bits is not None
    assert shipped.menu_bits is not None
    np.testing.assert_array_equal(made.menu_bits, shipped.menu_bits)
