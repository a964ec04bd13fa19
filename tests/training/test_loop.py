"""Training for real, on little: resumed, refused, frozen and compared."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("qkeras", reason="the extra 'qkeras' is not installed")

from l1ad.config.run import ModelConfig, TrainingConfig
from l1ad.core.errors import DataError, NotExactError
from l1ad.core.network import Dense
from l1ad.core.tensor import TensorType
from l1ad.training.encoder_file import load_encoder, save_encoder
from l1ad.training.environment import prepared_framework
from l1ad.training.freeze import frozen_encoder, keras_trace
from l1ad.training.loop import TrainingEvents, trained
from l1ad.training.model import Autoencoder, built_autoencoder, quantised_layers

MODEL = ModelConfig(hidden=(5,), latent=2)
TRAINING = TrainingConfig(
    epochs=4, batch_events=128, sparsity=0.5, pruning_start_epoch=1, pruning_end_epoch=3, learning_rate=0.01
)
INPUT_TYPE = TensorType.from_spelling("ap_fixed<8,5,AP_RND_CONV,AP_SAT>")


class StoppedError(Exception):
    """A run that is stopped in the middle."""


def events(seed: int, n_events: int = 600) -> TrainingEvents:
    raw = np.random.default_rng(seed).integers(-60, 60, (n_events, 6))
    return TrainingEvents(inputs=(raw / 8).astype(np.float32), weights=(raw > -20).astype(np.float32))


def fresh(seed: int = 1) -> Autoencoder:
    prepared_framework(seed)
    return built_autoencoder(MODEL, 6)


def run(model: Autoencoder, checkpoint: Path, *, stop_after: int | None = None, **changed: Any) -> Any:
    def progress(done: int, *_: object) -> None:
        if stop_after is not None and done == stop_after:
            raise StoppedError

    config = TRAINING.model_copy(update=changed)
    return trained(
        model, config, training=events(1), validation=events(2), checkpoint=checkpoint, digest="d",
        progress=progress,
    )  # fmt: skip


def values(model: Autoencoder) -> list[np.ndarray[Any, Any]]:
    return [np.asarray(variable) for part in model.parts for variable in part.variables]


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Autoencoder, Any]]:
    model = fresh()
    yield model, run(model, tmp_path_factory.mktemp("whole") / "checkpoint.npz")


def test_a_training_stopped_between_epochs_ends_in_the_same_weights(
    uninterrupted: tuple[Autoencoder, Any], tmp_path: Path
) -> None:
    checkpoint = tmp_path / "checkpoint.npz"
    with pytest.raises(StoppedError):
        run(fresh(), checkpoint, stop_after=2)
    resumed = fresh(seed=99)  # other initial weights: everything must come from the checkpoint
    history = run(resumed, checkpoint)
    model, expected = uninterrupted
    assert history == expected
    assert [record["epoch"] for record in history] == [1, 2, 3, 4]
    for found, wanted in zip(values(resumed), values(model), strict=True):
        np.testing.assert_array_equal(found, wanted)


def test_the_loss_falls_and_the_sparsity_is_reached(uninterrupted: tuple[Autoencoder, Any]) -> None:
    model, history = uninterrupted
    assert history[-1]["loss"] < history[0]["loss"]
    network = frozen_encoder(model.encoder, INPUT_TYPE)
    for layer in network.layers:
        if isinstance(layer, Dense):
            assert layer.sum.sparsity >= 0.5


def test_a_checkpoint_of_another_training_is_refused_and_kept(tmp_path: Path) -> None:
    checkpoint = tmp_path / "checkpoint.npz"
    with pytest.raises(StoppedError):
        run(fresh(), checkpoint, stop_after=1)
    kept = checkpoint.read_bytes()
    with pytest.raises(DataError, match="belongs to a training with another configuration"):
        trained(
            fresh(), TRAINING, training=events(1), validation=events(2), checkpoint=checkpoint,
            digest="another", progress=lambda *_: None,
        )  # fmt: skip
    assert checkpoint.read_bytes() == kept


def test_a_loss_that_is_no_number_stops_with_a_hint(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"loss is (nan|inf) in epoch \d; try a smaller training.learning_rate"):
        run(fresh(), tmp_path / "checkpoint.npz", learning_rate=1e30)


def test_fewer_events_than_a_batch_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="600 events to train on are less than one batch of 601"):
        run(fresh(), tmp_path / "checkpoint.npz", batch_events=601)


def test_the_frozen_network_equals_keras_on_every_layer(
    uninterrupted: tuple[Autoencoder, Any], tmp_path: Path
) -> None:
    save_encoder(uninterrupted[0].encoder, tmp_path / "encoder.keras")
    encoder = load_encoder(tmp_path / "encoder.keras")
    network = frozen_encoder(encoder, INPUT_TYPE)
    inputs = np.random.default_rng(5).integers(-128, 128, (20_000, 6))
    found, expected = keras_trace(encoder, network, inputs), network.trace(inputs)
    assert list(expected) == ["dense_1", "relu_1", "dense_mean", "mean"]
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name], values, err_msg=name)
    assert np.unique(expected["mean"]).size > 20


def test_a_quantiser_that_scales_its_weights_does_not_freeze() -> None:
    from qkeras import quantized_bits

    encoder = fresh().encoder
    quantised_layers(encoder)[0].kernel_quantizer_internal = quantized_bits(6, 0, alpha="auto")
    with pytest.raises(NotExactError, match=r"kernel of 'dense_1' is quantised by .* with alpha='auto'"):
        frozen_encoder(encoder, INPUT_TYPE)


def test_a_layer_that_the_firmware_does_not_know_does_not_freeze() -> None:
    import keras

    inputs = keras.Input((3,))
    model = keras.Model(inputs, keras.layers.Softmax(name="soft")(inputs))
    with pytest.raises(NotExactError, match="layer 'soft' is a Softmax; only QDense and QActivation freeze"):
        frozen_encoder(model, INPUT_TYPE)


def test_a_file_that_is_no_encoder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "encoder.keras").write_text("not a model")
    with pytest.raises(DataError, match="not a Keras encoder"):
        load_encoder(tmp_path / "encoder.keras")
