"""`l1ad init` and the group `l1ad config`, as a user runs them."""

import json
from pathlib import Path
from subprocess import CompletedProcess
from typing import Protocol

import numpy as np
import pytest
import yaml

from l1ad.cli.config import KindName
from l1ad.config.kinds import Kind
from l1ad.config.loading import load_config, parse_config
from l1ad.config.presets import OBJECT_WEIGHTS, demo_config
from l1ad.config.run import RunConfig
from l1ad.config.schema import json_schema
from l1ad.core.errors import ConfigError, DataError
from l1ad.core.layouts import numbered_inputs
from l1ad.data.event_writer import write_events
from l1ad.data.events import EventBatch
from l1ad.flow.init import initial_config, name_of, run_of, schema_beside, write_initial

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
    demo = demo_config("hgq" if backend == "hgq" else "qkeras")
    assert config == demo.model_copy(update={"name": "mine"})
    assert done.stdout.endswith(
        "next: l1ad config check mine.yaml, then l1ad train mine.yaml --run runs/mine\n"
    )
    assert "`l1ad train mine.yaml --run runs/mine` begins the run" in (tmp_path / "mine.yaml").read_text()


def test_a_file_name_of_several_words_is_quoted_for_the_shell(tmp_path: Path, program: Program) -> None:
    done = program("init", "two words.yaml", cwd=tmp_path)
    assert "l1ad train 'two words.yaml' --run 'runs/two words'" in done.stdout
    assert load_config(tmp_path / "two words.yaml", RunConfig).name == "two words"


@pytest.mark.parametrize(
    ("file", "name"), [("a/met_2.yaml", "met_2"), ("+++.yaml", "mine"), (f"{'x' * 65}.yaml", "mine")]
)
def test_a_run_has_the_name_of_its_file_where_that_is_a_name(file: str, name: str) -> None:
    assert name_of(Path(file)) == name
    assert run_of(initial_config("qkeras", name=name)) == Path("runs") / name


def test_without_quantisers_it_is_the_demo_in_floating_point() -> None:
    config = initial_config("float")
    assert (config.name, config.model.backend) == ("demo", "float")
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
    assert load_config(tmp_path / "run.yaml", RunConfig) == demo_config("qkeras").model_copy(
        update={"name": "run"}
    )


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


def test_check_tells_the_line_of_what_is_unwise_and_is_content(tmp_path: Path, program: Program) -> None:
    (tmp_path / "run.yaml").write_text("name: x\nrates:\n  budgets:\n    loose: 5 kHz\n    tight: 50 Hz\n")
    done = program("config", "check", "run.yaml", cwd=tmp_path)
    assert done.returncode == 0
    first, second = done.stdout.splitlines()
    assert first == "run.yaml: 1 unwise (run configuration)"
    assert second.startswith("run.yaml:5: unwise: rates.budgets.tight: 240,000 events cannot resolve 50 Hz")
    (document,) = json.loads(program("config", "check", "run.yaml", "--json", cwd=tmp_path).stdout)
    assert [one["line"] for one in document["unwise"]] == [5]


def test_check_of_a_value_that_a_file_leaves_to_its_default_has_the_line_of_the_section(
    tmp_path: Path, program: Program
) -> None:
    text = "name: x\nrates:\n  colliding_bunches: null\n  stream_events_per_day: 60000\n"
    (tmp_path / "run.yaml").write_text(text)
    done = program("config", "check", "run.yaml", cwd=tmp_path)
    assert done.returncode == 1
    assert "run.yaml:2: rates.budgets.tight: 1 kHz is more than all of a preselected stream" in done.stdout


def test_check_of_an_empty_file_says_what_it_stands_for(tmp_path: Path, program: Program) -> None:
    (tmp_path / "run.yaml").write_text("# nothing yet\n")
    done = program("config", "check", "run.yaml", cwd=tmp_path)
    assert done.returncode == 0
    assert "run.yaml: unwise: empty: every key has its default, which is the demo's but for" in done.stdout
    refused = program("config", "check", "run.yaml", "--kind", "target", cwd=tmp_path)
    assert (refused.returncode, refused.stdout.splitlines()[1]) == (
        1,
        "run.yaml: empty; needed are name, part, clock_mhz, cycles_per_crossing, budget, delay",
    )


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
    assert done.stderr.startswith("l1ad: run.yaml:2: model.latent = 0: ")
    assert "(and 1 more; `l1ad config check run.yaml` lists them)" in done.stderr


def test_schema_goes_to_stdout_or_to_a_file(tmp_path: Path, program: Program) -> None:
    from l1ad.config.kinds import Kind

    printed = program("config", "schema", "--kind", "target", cwd=tmp_path).stdout
    assert json.loads(printed) == json_schema(Kind.TARGET)
    done = program("config", "schema", "--out", "run.schema.json", cwd=tmp_path)
    assert json.loads((tmp_path / "run.schema.json").read_text()) == json_schema(Kind.RUN)
    assert "# yaml-language-server: $schema=run.schema.json" in done.stdout


def test_help_knows_every_kind_of_file() -> None:
    assert [one.value for one in KindName] == [one.value for one in Kind]
