import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from l1ad.config.importing import ImportConfig
from l1ad.config.loading import Section, load_config
from l1ad.config.presets import OBJECT_WEIGHTS, demo_config
from l1ad.config.run import RunConfig
from l1ad.config.sample import PoolConfig, SampleConfig
from l1ad.core.errors import ConfigError

CONFIGS = Path(__file__).parents[2] / "configs"
SAMPLES = sorted((CONFIGS / "samples").glob("*.yaml"))
POOLS = sorted((CONFIGS / "pools").resolve().glob("*.yaml"))


def keys_of(document: Mapping[str, Any]) -> Iterator[str]:
    """List every key of nested mappings, with its path."""
    for key, value in document.items():
        yield key
        if isinstance(value, Mapping):
            yield from (f"{key}.{below}" for below in keys_of(value))


def keys_of_section(section: type[Section]) -> Iterator[str]:
    """List every key a section knows, with its path."""
    for key, field in section.model_fields.items():
        yield key
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section):
            yield from (f"{key}.{below}" for below in keys_of_section(field.annotation))


def test_the_demo_of_each_backend_is_a_configuration_that_ships() -> None:
    assert demo_config("qkeras") == load_config(CONFIGS / "quickstart.yaml", RunConfig)
    assert demo_config("hgq") == load_config(CONFIGS / "hgq.yaml", RunConfig)


@pytest.mark.parametrize("path", sorted((CONFIGS / "references").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_reference_recipe_loads_and_bears_the_name_of_its_file(path: Path) -> None:
    config = load_config(path, RunConfig)
    assert config.name == path.stem
    assert config.model.backend == "float"
    assert config.data == RunConfig().data


def test_the_quickstart_configuration_is_the_defaults_but_for_the_weights_of_its_objects() -> None:
    quickstart = load_config(CONFIGS / "quickstart.yaml", RunConfig)
    loss = quickstart.training.loss.model_copy(update={"object_weights": {}})
    training = quickstart.training.model_copy(update={"loss": loss})
    assert quickstart.model_copy(update={"training": training}) == RunConfig()
    assert quickstart.training.loss.object_weights == OBJECT_WEIGHTS


def test_the_import_configuration_is_the_defaults_and_mentions_every_key() -> None:
    assert load_config(CONFIGS / "import.yaml", ImportConfig) == ImportConfig()
    document = yaml.safe_load((CONFIGS / "import.yaml").read_text(encoding="utf-8"))
    known = set(keys_of_section(ImportConfig))
    assert {"scaling.scaler", "types.weight_bits"} <= known
    assert known - set(keys_of(document)) == set()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("scaling: {scaler: a.json, shifts: 3}", "give either a scaler, or offsets and shifts"),
        ("input_type: ap_fixd<8,3>", "'ap_fixd<8,3>' is not an ap_fixed or ap_ufixed type"),
        ("score: {function: kl}", "score.function = 'kl'"),
        (
            "layout: {inputs: 0, bits: 8}",
            "layout.inputs = 0: input should be greater than or equal to 1",
        ),
        ("types: {weight_bitz: 8}", "unknown key 'types.weight_bitz'; did you mean 'weight_bits'"),
    ],
)
def test_faults_of_an_import_configuration_are_told(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "import.yaml").write_text(text)
    with pytest.raises(ConfigError, match=re.escape(message)):
        load_config(tmp_path / "import.yaml", ImportConfig)


def test_the_quickstart_configuration_mentions_every_key() -> None:
    document = yaml.safe_load((CONFIGS / "quickstart.yaml").read_text(encoding="utf-8"))
    known = set(keys_of_section(RunConfig))
    assert {"training.epochs", "rates.budgets", "name"} <= known
    assert known - set(keys_of(document)) == set()


SIGNALS = {
    "a_to_4l", "displaced_muons", "emerging_jets", "h_to_aa_4b", "h_to_tautau", "hch_to_taunu", "lq_to_btau",
    "ttbar", "vbf_h_invisible", "zprime_to_qq", "wprime_to_lnu", "h_to_aa_4tau",
    "z_to_nunu_jet",
}  # fmt: skip
ZERO_BIAS = {"zero_bias", "zero_bias_fill", "zero_bias_tail"}
STREAMS = {"adc2021_mix", "lepton_plus_x"}


def test_zero_bias_signals_and_streams_are_configured() -> None:
    configs = {path.stem: load_config(path, SampleConfig) for path in SAMPLES}
    assert set(configs) == ZERO_BIAS | SIGNALS | STREAMS
    assert {name for name, config in configs.items() if not config.processes} == ZERO_BIAS
    assert {name for name, config in configs.items() if config.lepton_filter_gev is not None} == STREAMS
    assert {name for name, config in configs.items() if config.enrichment} == {"zero_bias_tail"}
    assert {name for name, config in configs.items() if config.features} == {"lepton_plus_x"}


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_every_sample_configuration_loads_and_bears_the_name_of_its_file(path: Path) -> None:
    config = load_config(path, SampleConfig)
    assert config.name == path.stem
    assert config.title
    assert all(" = " in setting for process in config.processes for setting in process.pythia)
    if path.stem in SIGNALS:
        assert [process.name for process in config.processes] == [path.stem]


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_the_pool_of_every_sample_ships(path: Path) -> None:
    pool = (path.parent / load_config(path, SampleConfig).pool).resolve()
    assert pool in POOLS
    assert load_config(pool, PoolConfig).beam_energy_gev == 13_000


@pytest.mark.parametrize("path", POOLS, ids=lambda path: path.stem)
def test_the_bins_of_every_pool_reach_from_soft_collisions_to_the_end_of_phase_space(path: Path) -> None:
    config = load_config(path, PoolConfig)
    assert config.name == path.stem
    ranges = [one.pthat_gev for one in config.hard if one.pthat_gev is not None]
    assert ranges[0][0] == config.softest_gev == 20
    assert ranges[-1][1] == config.beam_energy_gev / 2
    assert all(" = " in setting for one in config.hard for setting in one.pythia)


def test_no_two_samples_share_a_seed() -> None:
    seeds = [load_config(path, SampleConfig).seed for path in SAMPLES]
    assert len(set(seeds)) == len(seeds)


def test_no_two_zero_bias_samples_share_a_run() -> None:
    runs = [load_config(path, SampleConfig).fill.run for path in SAMPLES if path.stem in ZERO_BIAS]
    assert len(set(runs)) == len(runs)
