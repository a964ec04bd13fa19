"""Configurations in every form that Python has them."""

from pathlib import Path

import pytest

import l1ad
from l1ad.config.run import RunConfig
from l1ad.core.errors import ConfigError

QUICKSTART = Path(__file__).parents[2] / "configs" / "quickstart.yaml"


def test_a_run_begins_with_a_configuration_a_file_or_keys(tmp_path: Path) -> None:
    from_file = l1ad.Run.begin(tmp_path, QUICKSTART).config
    assert from_file == l1ad.Run.begin(tmp_path, str(QUICKSTART)).config
    assert from_file.training == l1ad.demo_config().training
    assert l1ad.Run.begin(tmp_path, l1ad.load_config(QUICKSTART)).config == from_file
    assert l1ad.Run.begin(tmp_path, {"name": "mine"}).config.name == "mine"
    assert list(tmp_path.iterdir()) == []


def test_fewer_epochs_keep_the_share_of_pruning(tmp_path: Path) -> None:
    training = l1ad.Run.begin(tmp_path, RunConfig(), epochs=6).config.training
    assert (training.epochs, training.pruning.start_epoch, training.pruning.end_epoch) == (6, 1, 4)
    assert l1ad.demo_config("hgq", epochs=3).training.epochs == 3


@pytest.mark.parametrize("epochs", [1, 2, 3, 29, 31, 1000])
def test_any_number_of_epochs_is_a_valid_configuration(epochs: int) -> None:
    pruning = l1ad.demo_config(epochs=epochs).training.pruning
    assert 0 <= pruning.start_epoch < pruning.end_epoch <= epochs


def test_refusals_are_those_of_the_command_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="configuration: unknown key 'nmae'; did you mean 'name'"):
        l1ad.Run.begin(tmp_path, {"nmae": "mine"})
    with pytest.raises(ConfigError, match=r"training.epochs = 0: input should be greater than or equal to 1"):
        l1ad.demo_config(epochs=0)
    with pytest.raises(ConfigError, match="no such configuration file"):
        l1ad.load_config(tmp_path / "gone.yaml")
    with pytest.raises(l1ad.L1adError, match="no run here"):
        l1ad.Run.open(tmp_path)
