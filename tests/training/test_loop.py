"""Training for real, on little: resumed, interrupted, stopped early, refused."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from l1ad.config.training import (
    AugmentationConfig,
    InvarianceConfig,
    LossConfig,
    PruningConfig,
    TrainingConfig,
)
from l1ad.core.errors import DataError
from l1ad.training.checkpoint import load_checkpoint
from l1ad.training.loop import Outcome
from l1ad.training.model import Autoencoder

from .conftest import TRAINING, SmallTraining


class StoppedError(Exception):
    """A run that is stopped in the middle."""


def values(model: Autoencoder) -> list[np.ndarray[Any, Any]]:
    return [np.asarray(variable) for variable in model.variables]


def equal(found: Autoencoder, wanted: Autoencoder) -> None:
    for one, other in zip(values(found), values(wanted), strict=True):
        np.testing.assert_array_equal(one, other)


def stopping_after(epochs: int, error: type[BaseException] = StoppedError) -> Any:
    def told(done: int) -> None:
        if done == epochs:
            raise error

    return told


@pytest.fixture(scope="module")
def uninterrupted(
    small: SmallTraining, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Autoencoder, Outcome]]:
    model = small.fresh()
    yield model, small.run(model, tmp_path_factory.mktemp("whole") / "checkpoint.npz")


def test_a_training_stopped_between_epochs_ends_in_the_same_weights(
    small: SmallTraining, uninterrupted: tuple[Autoencoder, Outcome], tmp_path: Path
) -> None:
    checkpoint = tmp_path / "checkpoint.npz"
    with pytest.raises(StoppedError):
        small.run(small.fresh(), checkpoint, told=stopping_after(2))
    resumed = small.fresh(seed=99)  # other initial weights: everything must come from the checkpoint
    outcome = small.run(resumed, checkpoint)
    model, expected = uninterrupted
    assert outcome == expected
    assert [record["epoch"] for record in outcome.history] == [1, 2, 3, 4]
    equal(resumed, model)


def test_ctrl_c_keeps_the_best_epoch_and_the_training_can_go_on(
    small: SmallTraining, uninterrupted: tuple[Autoencoder, Outcome], tmp_path: Path
) -> None:
    checkpoint = tmp_path / "checkpoint.npz"
    model = small.fresh()
    outcome = small.run(model, checkpoint, told=stopping_after(3, KeyboardInterrupt))
    assert outcome.stopped == "interrupted"
    assert len(outcome.history) == 3
    kept = load_checkpoint(checkpoint, "d")
    assert kept is not None
    assert outcome.best_epoch == kept.best_epoch
    for found, wanted in zip(values(model), kept.best, strict=True):
        np.testing.assert_array_equal(found, wanted)
    gone_on = small.fresh()
    assert small.run(gone_on, checkpoint) == uninterrupted[1]
    equal(gone_on, uninterrupted[0])


def test_the_loss_falls_and_the_sparsity_is_reached(uninterrupted: tuple[Autoencoder, Outcome]) -> None:
    model, outcome = uninterrupted
    history = outcome.history
    assert history[-1]["reconstruction"] < history[0]["reconstruction"]
    assert [record["sparsity"] for record in history] == [0.0, 0.4375, 0.5, 0.5]
    for layer in model.weighted:
        assert np.mean(np.asarray(layer.kernel) == 0) >= 0.5


def test_the_best_epoch_is_one_with_all_pruning_done(uninterrupted: tuple[Autoencoder, Outcome]) -> None:
    history = uninterrupted[1].history
    fit = [record for record in history if record["sparsity"] == 0.5]
    if "ebops" in history[0]:  # learned bits are taken away until the end
        fit = fit[-1:]
    assert uninterrupted[1].best_epoch == min(fit, key=lambda record: record["validation_loss"])["epoch"]


def test_a_training_whose_loss_no_longer_falls_stops_and_keeps_its_best(
    small: SmallTraining, tmp_path: Path
) -> None:
    changed = TRAINING.model_copy(
        update={"epochs": 60, "patience_epochs": 1, "learning_rate": 0.05,
                "pruning": PruningConfig(sparsity=0.0),
                "compression": TRAINING.compression.model_copy(update={"budget_ebops": 1e6})}
    )  # fmt: skip
    outcome = small.run(small.fresh(), tmp_path / "checkpoint.npz", config=changed)
    assert "has not fallen for 1 epochs" in outcome.stopped
    assert len(outcome.history) == outcome.best_epoch + 1 < 60
    losses = [record["validation_loss"] for record in outcome.history]
    assert losses[outcome.best_epoch - 1] == min(losses)


def test_a_checkpoint_of_another_training_is_refused_and_kept(small: SmallTraining, tmp_path: Path) -> None:
    checkpoint = tmp_path / "checkpoint.npz"
    with pytest.raises(StoppedError):
        small.run(small.fresh(), checkpoint, told=stopping_after(1))
    kept = checkpoint.read_bytes()
    with pytest.raises(DataError, match="belongs to a training with another configuration"):
        small.run(small.fresh(), checkpoint, digest="another")
    assert checkpoint.read_bytes() == kept


def test_a_loss_that_is_no_number_stops_with_epoch_batch_inputs_and_a_hint(
    small: SmallTraining, tmp_path: Path
) -> None:
    words = (
        r"the loss is no number in epoch \d, batch \d; the largest inputs there are input_\d_value "
        r"\(up to [\d.]+\), .* Try a smaller training.learning_rate; the checkpoint of the epoch before is kept"
    )
    with pytest.raises(DataError, match=words):
        small.run(small.fresh(), tmp_path / "checkpoint.npz", learning_rate=1e30)


def test_fewer_events_than_a_batch_are_refused(small: SmallTraining, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="600 events to train on are less than one batch of 601"):
        small.run(small.fresh(), tmp_path / "checkpoint.npz", batch_events=601)


@pytest.mark.parametrize(
    ("changed", "term"),
    [
        ({"loss": LossConfig(reconstruction="huber", huber_delta=0.5)}, "reconstruction"),
        ({"loss": LossConfig(mask="nonzero", kl_schedule="warm_up", kl_epochs=2)}, "kl"),
        ({"loss": LossConfig(mask="none", kl_schedule="cyclical", kl_epochs=2)}, "kl"),
    ],
)
def test_every_loss_trains(small: SmallTraining, tmp_path: Path, changed: dict[str, Any], term: str) -> None:
    history = small.run(small.fresh(), tmp_path / "checkpoint.npz", **changed).history
    assert history[-1][term] > 0
    assert history[-1]["validation_reconstruction"] < history[0]["validation_reconstruction"]


def test_the_kl_weight_of_every_epoch_is_told(small: SmallTraining, tmp_path: Path) -> None:
    loss = LossConfig(beta=2.0, kl_schedule="warm_up", kl_epochs=2)
    history = small.run(small.fresh(), tmp_path / "checkpoint.npz", loss=loss).history
    assert [record["kl_weight"] for record in history] == [0.0, 1.0, 2.0, 2.0]
    first = history[0]
    assert first["loss"] == pytest.approx(first["reconstruction"] + first["bits"], rel=1e-5)


def test_a_plain_autoencoder_has_no_kl_term(small: SmallTraining, tmp_path: Path) -> None:
    model = small.fresh(variational=False)
    assert model.variance is None
    history = small.run(model, tmp_path / "checkpoint.npz").history
    assert all(record["kl"] == 0 for record in history)
    assert history[-1]["validation_reconstruction"] < history[0]["validation_reconstruction"]


def test_the_configuration_refuses_what_cannot_be_trained() -> None:
    with pytest.raises(ValueError, match="pruning must start before it ends, and end within the epochs"):
        TrainingConfig(epochs=10)
    with pytest.raises(ValueError, match="invariance between two equal views teaches nothing"):
        TrainingConfig(invariance=InvarianceConfig(weight=1.0), augmentation=AugmentationConfig())
