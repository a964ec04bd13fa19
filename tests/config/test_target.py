"""Targets: those that ship, a user's own, and what is refused."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from l1ad.config.target import load_target, shipped_targets
from l1ad.core.errors import ConfigError
from l1ad.core.ports import Interface


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "own.yaml"
    path.write_text(shipped_targets()["ugt-vx690t"].read_text())
    return path


def changed(path: Path, **changes: Any) -> str:
    document = yaml.safe_load(path.read_text())
    for key, value in changes.items():
        section, _, name = key.partition("__")
        if name:
            document[section][name] = value
        else:
            document[section] = value
    path.write_text(yaml.safe_dump(document))
    return str(path)


def test_three_targets_ship_and_each_is_named_as_its_file() -> None:
    assert set(shipped_targets()) == {"ugt-vx690t", "vu9p-200", "vu13p-360"}
    for name in shipped_targets():
        assert load_target(name).name == name


def test_the_profile_of_the_global_trigger_is_as_deployed() -> None:
    target = load_target("ugt-vx690t")
    assert (target.part, target.clock.period_ns) == ("xc7vx690t-ffg1927-2", 25.0)
    assert target.interface is Interface.UGT
    budget = target.budget
    assert (budget.latency_cycles, budget.initiation_interval_cycles, budget.dsp, budget.bram_18k) == (
        2,
        1,
        0,
        0,
    )
    assert target.totals.lut == 433_200


def test_a_target_of_ones_own_is_read_from_its_path(own: Path) -> None:
    assert load_target(changed(own, name="mine", budget__lut=1000)).budget.lut == 1000


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"clock_mhz": 250}, "a 250 MHz clock does not fit a whole number of times into a bunch crossing"),
        ({"clock_mhz": 240}, "a 240 MHz clock has 6 cycles in a bunch crossing, cycles_per_crossing says 1"),
        (
            {"budget__initiation_interval_cycles": 2},
            "interval of 2 cycles would miss bunch crossings",
        ),
        ({"score_word": "ap_fixd<18,14>"}, "'ap_fixd<18,14>' is not an ap_fixed or ap_ufixed type"),
        ({"interface": "ugt2"}, "interface = 'ugt2': input should be 'generic' or 'ugt'"),
        ({"budget__luts": 5}, "unknown key 'budget.luts'; did you mean 'lut'?"),
        ({"part": "xc7; exec evil"}, "string should match pattern"),
        ({"delay__net_ns": 0}, "delay.net_ns = 0: input should be greater than 0"),
    ],
)
def test_an_impossible_target_is_refused_with_its_key(changes: dict[str, Any], words: str, own: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        load_target(changed(own, **changes))
    assert words in str(refused.value)
    assert "own.yaml" in str(refused.value)


def test_an_unknown_target_is_told_those_that_ship() -> None:
    with pytest.raises(ConfigError, match=r"'vx690' is no target; ugt-vx690t, vu13p-360, vu9p-200 ship"):
        load_target("vx690")
    with pytest.raises(ConfigError, match=r"gone\.yaml: no such configuration file"):
        load_target("gone.yaml")
