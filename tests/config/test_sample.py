"""Sample and pool files that say something impossible are refused in a sentence."""

from typing import Any

import pytest

from l1ad.config.loading import parse_config
from l1ad.config.sample import PoolConfig, SampleConfig
from l1ad.core.errors import ConfigError

SAMPLE: dict[str, Any] = {"name": "s", "title": "s", "pool": "p.yaml", "pileup": {"mean": 50}, "events": 10}
PROCESS = {"name": "z", "pythia": ["WeakSingleBoson:ffbar2gmZ = on"]}
POOL: dict[str, Any] = {"name": "p", "events": 10}
HARD = {"pythia": ["HardQCD:all = on"], "events": 5}


def refusal(document: dict[str, Any], model: type[SampleConfig] | type[PoolConfig]) -> str:
    with pytest.raises(ConfigError) as caught:
        parse_config(document, model, where="file.yaml")
    return str(caught.value)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"pileup": {}}, "give either a mean or a profile: pileup.mean, pileup.profile"),
        ({"pileup": {"mean": 3, "profile": {3: 1}}}, "give either a mean or a profile"),
        ({"pileup": {"mean": -1}}, "pileup.mean = -1: input should be greater than or equal to 0"),
        ({"pileup": {"profile": {}}}, "a profile gives frequencies of expectations of 0 to 300"),
        ({"pileup": {"profile": {301: 1}}}, "a profile gives frequencies of expectations of 0 to 300"),
        ({"pileup": {"profile": {3: -1, 4: 2}}}, "frequencies of a profile are positive"),
        ({"pileup": {"profile": {3: 0}}}, "frequencies of a profile are positive"),
        (
            {"fill": {"trains": 64, "bunches_per_train": 48}},
            "trains with 8 empty slots between them do not fit the 3564 slots of an orbit",
        ),
        ({"enrichment": 0.5, "processes": [PROCESS]}, "enrichment is for zero bias"),
        ({"enrichment": 1.0}, "enrichment = 1.0: input should be less than 1"),
        ({"features": True}, "features are those of a process's own particles, and there are no processes"),
        ({"menu": []}, "menu = []: list should have at least 1 item"),
        ({"lepton_filter_gev": 23}, "lepton_filter_gev filters processes, and there are none"),
        ({"processes": [{"name": "z", "pythia": []}]}, "processes.0.pythia = []: list should have at least 1"),
        (
            {"menu": [{"name": "a", "objects": "mu", "thresholds_gev": [5]}] * 2},
            "two seeds of the menu have the same name",
        ),
        (
            {"menu": [{"name": "a", "objects": "htt", "thresholds_gev": [5, 4]}]},
            "a sum has one threshold and no η",
        ),
        (
            {"menu": [{"name": "a", "objects": "etm", "thresholds_gev": [5], "eta_max": 2}]},
            "a sum has one threshold and no η",
        ),
        (
            {"menu": [{"name": "a", "objects": "mu", "thresholds_gev": [5, 7]}]},
            "thresholds_gev fall from the first object to the last",
        ),
        ({"menu": [{"name": "a", "objects": "tau", "thresholds_gev": [5]}]}, "menu.0.objects = 'tau'"),
        ({"trigger": {"jet_sead_gev": 3}}, "unknown key 'trigger.jet_sead_gev'; did you mean 'jet_seed_gev'?"),
    ],
)
def test_an_impossible_sample_is_refused(changes: dict[str, Any], words: str) -> None:
    parse_config(SAMPLE, SampleConfig, where="file.yaml")
    message = refusal({**SAMPLE, **changes}, SampleConfig)
    assert message.startswith("file.yaml: ")
    assert words in message


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"events": 0}, "events = 0: input should be greater than 0"),
        ({"hard": [{**HARD, "name": "a"}] * 2}, "two hard processes have the same name"),
        (
            {"hard": [{**HARD, "name": "a", "pthat_gev": [30, 20]}]},
            "pthat_gev is a lower and a higher end, both over 0",
        ),
        (
            {"hard": [{**HARD, "name": "a", "pthat_gev": [0, 20]}]},
            "pthat_gev is a lower and a higher end, both over 0",
        ),
        (
            {"hard": [{**HARD, "name": n, "pthat_gev": p} for n, p in (("a", [20, 30]), ("b", [40, 50]))]},
            "each bin of pthat_gev must begin where the one before it ends",
        ),
        (
            {"detector": {"em_stochastik": 1}},
            "unknown key 'detector.em_stochastik'; did you mean 'em_stochastic'?",
        ),
    ],
)
def test_an_impossible_pool_is_refused(changes: dict[str, Any], words: str) -> None:
    parse_config(POOL, PoolConfig, where="file.yaml")
    message = refusal({**POOL, **changes}, PoolConfig)
    assert message.startswith("file.yaml: ")
    assert words in message


def test_a_process_without_a_range_may_stand_between_bins() -> None:
    hard = [
        {**HARD, "name": "a", "pthat_gev": [20, 30]}, {**HARD, "name": "w"},
        {**HARD, "name": "b", "pthat_gev": [30, 50]},
    ]  # fmt: skip
    config = parse_config({**POOL, "hard": hard}, PoolConfig, where="file.yaml")
    assert config.softest_gev == 20
    assert parse_config(POOL, PoolConfig, where="file.yaml").softest_gev is None
