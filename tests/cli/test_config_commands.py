"""`l1ad init` and the group `l1ad config`, as a user runs them."""

import json
from pathlib import Path
from subprocess import CompletedProcess
from typing import Protocol

import numpy as np
import pytest
import yaml

from l1ad.config.acceptance import AcceptanceConfig
from l1ad.config.loading import load_config, parse_config
from l1ad.config.presets import OBJECT_WEIGHTS, demo_config
from l1ad.config.run import DataConfig, FirmwareConfig, RatesConfig, RunConfig
from l1ad.config.sample import PileupConfig, SampleConfig
from l1ad.config.schema import json_schema
from l1ad.core.errors import ConfigError, DataError
from l1ad.core.layouts import numbered_inputs
from l1ad.data.event_writer import write_events
from l1ad.data.events import EventBatch
from l1ad.flow.advice import Remark, remarks
from l1ad.flow.init import initial_config, schema_beside, write_initial

HERE = Path("run.yaml")


class Program(Protocol):
    def __call__(self, *arguments: str, cwd: Path, **environment: str) -> CompletedProcess[str]: ...


@pytest.fixture
def other_events(tmp_path: Path) -> Path:
    """Give ten events of four inputs that no object of the trigger has."""
    path = tmp_path / "other.h5"
    layout = numbered_inputs(4, width=8, signed=True)
    zeros = np.zeros((10, 4), dtype=np.int16)
    write_events(
        path, EventBatch(layout=layout, inputs_raw=zeros, event_number=np.arange(10), sample="other"), {}
    )
    return path


@pytest.mark.parametrize("backend", ["qkeras", "hgq"])
def test_the_file_that_init_writes_loads_to_the_demo(backend: str, tmp_path: Path, program: Program) -> None:
    done = program("init", "mine.yaml", "--backend", backend, cwd=tmp_path)
    assert done.returncode == 0
    config = load_config(tmp_path / "mine.yaml", RunConfig)
    assert config == demo_config("hgq" if backend == "hgq" else "qkeras")
    assert f"l1ad train mine.yaml --run runs/{config.name}" in done.stdout


def test_without_quantisers_it_is_the_demo_in_floating_point() -> None:
    config = initial_config("float")
    assert (config.name, config.model.backend) == ("demo_float", "float")
    assert config.training == demo_config("qkeras").training


def test_init_does_not_replace_a_file_unless_forced(tmp_path: Path, program: Program) -> None:
    (tmp_path / "run.yaml").write_text("name: precious\n")
    refused = program("init", cwd=tmp_path)
    assert refused.returncode == 1
    assert refused.stderr == (
        "l1ad: run.yaml: there is such a file; give another name, or replace it with --force\n"
    )
    assert (tmp_path / "run.yaml").read_text() == "name: precious\n"
    assert program("init", "--force", cwd=tmp_path).returncode == 0
    assert load_config(tmp_path / "run.yaml", RunConfig) == demo_config("qkeras")


def test_init_into_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"a folder; give the name of the file to write, e.g. .*run.yaml"):
        write_initial(tmp_path, RunConfig())


def test_with_a_schema_the_first_line_names_it(tmp_path: Path) -> None:
    write_initial(tmp_path / "mine.yaml", RunConfig(), schema=True)
    first = (tmp_path / "mine.yaml").read_text().splitlines()[0]
    assert first == "# yaml-language-server: $schema=l1ad_run.schema.json"
    assert json.loads(schema_beside(tmp_path / "mine.yaml").read_text())["title"] == "l1ad run"


def test_events_of_the_same_layout_keep_the_demo_but_for_the_background() -> None:
    config = initial_config("qkeras", "sample:ttbar")
    assert config.data.background == "sample:ttbar"
    assert config.data.signals == RunConfig().data.signals
    assert config.training.loss.object_weights == OBJECT_WEIGHTS


def test_events_of_another_layout_get_a_placeholder_for_signals_and_a_part_that_takes_them(
    other_events: Path,
) -> None:
    config = initial_config("qkeras", str(other_events))
    assert (config.data.signals, config.data.development) == ({"signal": "signal.h5"}, {})
    assert config.training.loss.object_weights == {}
    assert config.firmware.target == "vu13p-360"


def test_init_of_events_that_are_not_there_is_refused() -> None:
    with pytest.raises(DataError, match=r"gone.h5: no such file"):
        initial_config("qkeras", "gone.h5")


def test_check_says_fine_in_one_line_with_the_kind(tmp_path: Path, program: Program) -> None:
    write_initial(tmp_path / "run.yaml", demo_config("qkeras"))
    done = program("config", "check", "run.yaml", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "run.yaml: fine (run configuration)\n", "")


def test_check_lists_every_fault_with_its_line_and_exits_with_1(tmp_path: Path, program: Program) -> None:
    (tmp_path / "run.yaml").write_text("training:\n  epoch: 3\nrates:\n  colliding_bunches: 0\n")
    done = program("config", "check", "run.yaml", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "run.yaml: 2 wrong (run configuration)",
        "run.yaml:2: unknown key 'training.epoch'; did you mean 'epochs'?",
        "run.yaml:4: rates.colliding_bunches = 0: input should be greater than or equal to 1",
    ]
    document = json.loads(program("config", "check", "run.yaml", "--json", cwd=tmp_path).stdout)
    assert [one["line"] for one in document[0]["faults"]] == [2, 4]


def test_check_of_a_file_that_is_no_yaml_is_one_sentence(tmp_path: Path, program: Program) -> None:
    (tmp_path / "run.yaml").write_text("name: [\n")
    done = program("config", "check", "run.yaml", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("l1ad: run.yaml: not YAML")


def test_show_prints_every_default(tmp_path: Path, program: Program) -> None:
    (tmp_path / "run.yaml").write_text("name: mine\n")
    text = program("config", "show", "run.yaml", cwd=tmp_path).stdout
    assert parse_config(yaml.safe_load(text), RunConfig, where="shown") == RunConfig(name="mine")
    assert "epochs: 30" in text


def test_show_of_a_file_with_faults_names_the_first(tmp_path: Path, program: Program) -> None:
    (tmp_path / "run.yaml").write_text("nam: mine\nmodel: {latent: 0}\n")
    done = program("config", "show", "run.yaml", cwd=tmp_path)
    assert done.returncode == 1
    assert "(and 1 more; `l1ad config check run.yaml` lists them)" in done.stderr


def test_schema_goes_to_stdout_or_to_a_file(tmp_path: Path, program: Program) -> None:
    from l1ad.config.kinds import Kind

    printed = program("config", "schema", "--kind", "target", cwd=tmp_path).stdout
    assert json.loads(printed) == json_schema(Kind.TARGET)
    done = program("config", "schema", "--out", "run.schema.json", cwd=tmp_path)
    assert json.loads((tmp_path / "run.schema.json").read_text()) == json_schema(Kind.RUN)
    assert "# yaml-language-server: $schema=run.schema.json" in done.stdout


def texts(config: object, *, wrong: bool) -> list[str]:
    found: tuple[Remark, ...] = remarks(config, HERE)  # type: ignore[arg-type]
    return [one.text for one in found if one.wrong is wrong]


def test_the_demo_leaves_nothing_to_remark() -> None:
    assert remarks(demo_config("qkeras"), HERE) == ()


def test_a_budget_that_the_events_cannot_resolve_is_unwise() -> None:
    config = RunConfig(rates=RatesConfig(budgets={"tight": "50 Hz"}))
    assert texts(config, wrong=False) == [
        "rates.budgets.tight: 240,000 events cannot resolve 50 Hz of zero bias with 2340 colliding bunches; "
        "at least 526,290 are needed"
    ]
    assert texts(config, wrong=True) == []


def test_a_budget_that_is_no_rate_is_wrong() -> None:
    told = texts(RunConfig(rates=RatesConfig(pure_budgets={"new": "3 apples"})), wrong=True)
    assert told == ["rates.pure_budgets.new: '3 apples' is not a rate budget, e.g. '1 kHz', '500 Hz' or "
                    "'50 events/day'"]  # fmt: skip


def test_events_that_are_not_here_are_unwise_and_those_of_another_layout_wrong(other_events: Path) -> None:
    data = DataConfig(signals={"far": "gone.h5", "odd": str(other_events)}, development={})
    config = RunConfig(data=data)
    assert texts(config, wrong=False) == ["far: gone.h5: no such file"]
    (told,) = texts(config, wrong=True)
    assert told.startswith("odd: layout ")


def test_a_target_file_that_is_not_there_is_wrong() -> None:
    config = RunConfig(firmware=FirmwareConfig(target="gone.yaml"))
    assert texts(config, wrong=True) == ["firmware.target: gone.yaml: no such configuration file"]


def test_an_acceptance_budget_is_held_against_its_events() -> None:
    rates = {"colliding_bunches": 2340, "events": "sample:ttbar", "thresholds": {"tight": {"total": "1 kHz"}}}
    config = AcceptanceConfig.model_validate({"name": "mine", "rates": rates})
    (told,) = texts(config, wrong=False)
    assert told.startswith("rates.thresholds.tight: 5,000 events cannot resolve 1 kHz")


def test_a_sample_without_its_pool_is_wrong(tmp_path: Path) -> None:
    config = SampleConfig(name="a", title="A", pool="p.yaml", pileup=PileupConfig(mean=30), events=10)
    (told,) = remarks(config, tmp_path / "sample.yaml")
    assert told.wrong and told.text.startswith(f"pool: {tmp_path / 'p.yaml'}: no such file")
