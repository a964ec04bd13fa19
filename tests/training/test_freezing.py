"""The frozen network against Keras itself, layer by layer; and what is refused."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from l1ad.config.model import ConvolutionConfig, FormatsConfig, ModelConfig
from l1ad.config.training import CompressionConfig, PruningConfig
from l1ad.core.errors import NotExactError
from l1ad.core.fixed import FixedType
from l1ad.core.layouts import numbered_inputs
from l1ad.core.network import FrozenNetwork, Weighted
from l1ad.core.scaling import Scaling, lossless_working_type
from l1ad.core.tensor import TensorType
from l1ad.training.environment import prepared_framework
from l1ad.training.float_model import float_scores
from l1ad.training.freeze import frozen_encoder, keras_trace
from l1ad.training.inputs import hardware_inputs
from l1ad.training.model import Autoencoder, built_autoencoder

from .conftest import GRID, N_INPUTS, SCALING, SmallTraining

N_EVENTS = 20_000
STRONG = CompressionConfig(beta=1e-3, beta_final=1e-2)


def scaling_of(n_inputs: int) -> Scaling:
    """Scale inputs that reach four times as far as the type that they are cast to."""
    layout, offsets, shifts = (
        numbered_inputs(n_inputs, width=10, signed=True),
        (0.0,) * n_inputs,
        (3,) * n_inputs,
    )
    working = lossless_working_type(layout, offsets, shifts)
    return Scaling(
        layout=layout, offsets=offsets, shifts=shifts, working=working, result=TensorType.uniform(GRID)
    )


def events_of(scaling: Scaling, n_events: int = N_EVENTS) -> NDArray[np.int64]:
    """Draw events, most of them small; the first are all lowest, all highest and all zero."""
    low, high = scaling.layout.raw_min, scaling.layout.raw_max
    rng = np.random.default_rng(5)
    widths = rng.uniform(0.01, 1.0, (n_events, 1))
    drawn = np.rint(rng.uniform(low, high, (n_events, len(low))) * widths).astype(np.int64)
    drawn[:3] = low, high, np.zeros_like(low)
    return drawn


def checked(model: Autoencoder, scaling: Scaling, backend: str) -> FrozenNetwork:
    """Freeze, and compare every layer with Keras, which must say many different things."""
    frozen_scaling, network = frozen_encoder(model, scaling)
    raw = events_of(scaling)
    shown = hardware_inputs(scaling, GRID if backend == "qkeras" else None).shown(raw)
    found, expected = keras_trace(model, network, shown), network.trace(frozen_scaling.apply(raw))
    assert list(found) == list(expected) == [layer.name for layer in network.layers]
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name], values, err_msg=name)
    assert np.unique(expected["mean"]).size > 10
    return network


def weighted(network: FrozenNetwork, name: str) -> Weighted:
    found = next(layer for layer in network.layers if layer.name == name)
    assert isinstance(found, Weighted)
    return found


def randomised(model: Autoencoder, seed: int = 4) -> None:
    """Give random weights; with HGQ2 random bits too, as far apart as training leaves them."""
    rng = np.random.default_rng(seed)
    for layer in model.weighted:
        layer.kernel.assign(rng.normal(0, 0.6, layer.kernel.shape))
        layer.bias.assign(rng.normal(0, 0.6, layer.bias.shape))
    values, weights = {"k": (0, 2), "i": (1, 6), "f": (-1, 5)}, {"i": (0, 2), "b": (1, 8)}
    for variable in model.encoder.variables:
        ranges = weights if "kbi" in variable.path else values
        if variable.name in ranges:
            variable.assign(rng.integers(*ranges[variable.name], variable.shape))


@pytest.fixture(scope="module")
def trained(small: SmallTraining, tmp_path_factory: pytest.TempPathFactory) -> Autoencoder:
    model = small.fresh()
    small.run(
        model, tmp_path_factory.mktemp("trained") / "checkpoint.npz", epochs=25, learning_rate=0.05,
        compression=STRONG, pruning=PruningConfig(sparsity=0.3, start_epoch=1, end_epoch=3),
    )  # fmt: skip
    return model


def test_a_trained_network_equals_keras_on_every_layer(small: SmallTraining, trained: Autoencoder) -> None:
    network = checked(trained, scaling_of(N_INPUTS), small.backend)
    assert list(network.types) == ["dense_1", "relu_1", "dense_mean", "mean"]


def test_learned_types_are_those_of_single_elements(small: SmallTraining, trained: Autoencoder) -> None:
    if small.backend != "hgq":
        pytest.skip("bits are learned with the extra 'hgq' alone")
    scaling, network = frozen_encoder(trained, SCALING)
    assert scaling.result == network.input_type
    assert len(network.input_type.types) == N_INPUTS
    for name, size in (("relu_1", 5), ("mean", 2)):
        assert len(network.types[name].types) == size
    kinds = [one for types in (network.input_type, *network.types.values()) for one in types.types]
    cast = [one for one in kinds if one.overflow.name == "SAT"]
    assert min(one.width for one in cast) < 8
    assert len({one.width for one in cast}) > 1


IMAGES: dict[str, tuple[ConvolutionConfig, ...]] = {
    "one, pooled by maximum": (ConvolutionConfig(filters=2, kernel=(2, 2), padding="same", pool=(2, 1)),),
    "two, one by maximum, one by mean": (
        ConvolutionConfig(filters=3, kernel=(2, 1), padding="same", pool=(2, 1), pooling="average"),
        ConvolutionConfig(filters=2, kernel=(1, 2), pool=(2, 1)),
    ),
    "two, not pooled, with strides": (
        ConvolutionConfig(filters=2, kernel=(2, 2), strides=(2, 1)),
        ConvolutionConfig(filters=2, kernel=(2, 1)),
    ),
}


@pytest.mark.parametrize("convolutions", IMAGES)
def test_convolutions_and_pooling_equal_keras_on_every_layer(small: SmallTraining, convolutions: str) -> None:
    prepared_framework(small.backend, 1)
    config = ModelConfig(
        backend=small.backend, image=(4, 3, 1), convolutions=IMAGES[convolutions], hidden=(4,), latent=2,
        activation_integer=3, mean_integer=4,
    )  # fmt: skip
    model = built_autoencoder(config, 12, 12, seed=1)
    randomised(model)
    network = checked(model, scaling_of(12), small.backend)
    assert network.layers[0].name == "image"
    assert ("dense_1_inputs" in network.types) == (small.backend == "hgq")


def test_a_mean_over_three_elements_is_refused(small: SmallTraining) -> None:
    prepared_framework(small.backend, 1)
    pooled = ConvolutionConfig(filters=1, kernel=(1, 1), pool=(1, 3), pooling="average")
    config = ModelConfig(backend=small.backend, image=(4, 3, 1), convolutions=(pooled,), hidden=(), latent=2)
    with pytest.raises(
        NotExactError, match=r"layer 'pool_1': the mean of 1 x 3 elements is exact in no number"
    ):
        frozen_encoder(built_autoencoder(config, 12, 12, seed=1), scaling_of(12))


def test_formats_of_single_layers_arrive_in_the_frozen_types(small: SmallTraining) -> None:
    own = FormatsConfig(weight_bits=3, weight_integer=1, bias_bits=4, bias_integer=0, activation_bits=5)
    own = own.model_copy(update={"activation_integer": 2})
    model = small.fresh(layers={"dense_1": own}, weight_bits=6, activation_integer=3)
    rng = np.random.default_rng(1)
    for layer in model.weighted:
        layer.kernel.assign(rng.normal(0, 2, layer.kernel.shape))
        layer.bias.assign(rng.normal(0, 2, layer.bias.shape))
    network = checked(model, SCALING, small.backend)
    assert {type_.kif for type_ in network.input_type.types} == {GRID.kif}
    first, last = weighted(network, "dense_1"), weighted(network, "dense_mean")
    # Three bits with one before the point are steps of a half up to 1.5; weights of width 2 reach the end.
    assert steps(first.weights_raw, first.weight_type) <= {n / 2 for n in range(-4, 4)}
    assert steps(first.bias_raw, first.bias_type) <= {n / 8 for n in range(-8, 8)}
    assert max(steps(first.weights_raw, first.weight_type)) == 1.5
    assert max(steps(last.weights_raw, last.weight_type)) == 31 / 32
    (read,) = {one.kif for one in network.types["relu_1"].types}
    assert read == (0, 2, 3)


def steps(raw: NDArray[np.int64], kind: FixedType) -> set[float]:
    return set((raw * float(kind.lsb)).ravel().tolist())


def test_hard_tanh_saturates_at_one_and_equals_keras(small: SmallTraining) -> None:
    if small.backend != "qkeras":
        pytest.skip("hard_tanh freezes with the extra 'qkeras' alone")
    model = small.fresh(activation="hard_tanh")
    network = checked(model, SCALING, small.backend)
    (kind,) = network.types["hard_tanh_1"].types
    assert str(kind) == "ap_fixed<8,1,AP_RND_CONV,AP_SAT>"
    reached = network.trace(SCALING.apply(events_of(SCALING)))["hard_tanh_1"]
    assert (reached.min(), reached.max()) == (-128, 127)


def test_a_float_model_does_not_freeze(small: SmallTraining) -> None:
    with pytest.raises(NotExactError, match="a float model has no number formats to freeze; train with"):
        frozen_encoder(small.fresh(backend="float"), SCALING)


def test_a_float_baseline_begins_with_the_weights_of_the_quantised_model(small: SmallTraining) -> None:
    changed: dict[str, Any] = {"hidden": (5, 4)}
    quantised, plain = small.fresh(seed=7, **changed), small.fresh(seed=7, backend="float", **changed)
    other = small.fresh(seed=8, **changed)
    for one, twin, stranger in zip(quantised.weighted, plain.weighted, other.weighted, strict=True):
        np.testing.assert_array_equal(np.asarray(one.kernel), np.asarray(twin.kernel))
        assert not np.any(np.asarray(one.kernel) == np.asarray(stranger.kernel))
    for one, twin in zip(quantised.decoder.get_weights(), plain.decoder.get_weights(), strict=True):
        np.testing.assert_array_equal(one, twin)


def test_weights_of_a_float_twin_are_computed_with_as_they_are(small: SmallTraining) -> None:
    """The twin has the layers that float pre-training trains: same weights, nothing rounded or clipped."""
    model = small.fresh()
    randomised(model)
    inputs = np.random.default_rng(2).normal(0, 20, (500, N_INPUTS))
    (kernel_1, bias_1), (kernel_2, bias_2) = (
        (np.asarray(layer.kernel, np.float64), np.asarray(layer.bias, np.float64)) for layer in model.weighted
    )
    mean = np.maximum(inputs @ kernel_1 + bias_1, 0) @ kernel_2 + bias_2
    np.testing.assert_allclose(float_scores(small.model, model, inputs), (mean**2).sum(axis=1), rtol=1e-4)


def test_a_quantiser_that_scales_its_weights_does_not_freeze(small: SmallTraining) -> None:
    if small.backend != "qkeras":
        pytest.skip("alpha is of the extra 'qkeras'")
    from qkeras import quantized_bits

    model = small.fresh()
    model.weighted[0].kernel_quantizer_internal = quantized_bits(6, 0, alpha="auto")
    with pytest.raises(NotExactError, match=r"kernel of 'dense_1' is quantised by .* with alpha='auto'; only"):
        frozen_encoder(model, SCALING)


def test_a_cast_that_no_ap_fixed_has_does_not_freeze(small: SmallTraining) -> None:
    if small.backend != "hgq":
        pytest.skip("stochastic rounding is of the extra 'hgq'")
    model = small.fresh()
    model.weighted[0].iq.quantizer._round_mode = "S_RND"
    with pytest.raises(NotExactError, match="scaled inputs: cast with S_RND and SAT, which no ap_fixed has"):
        frozen_encoder(model, SCALING)


def test_a_layer_that_the_firmware_does_not_know_does_not_freeze(small: SmallTraining) -> None:
    import keras

    model = small.fresh()
    inputs = keras.Input((N_INPUTS,))
    hidden = keras.layers.Softmax(name="soft")(model.weighted[0](inputs))
    model_of_mean = keras.Model(inputs, model.encoder.layers[-1](model.weighted[1](hidden)))
    words = (
        "layer 'soft' is a Softmax; dense layers, convolutions, their activations, pooling and reshaping freeze"
    )
    with pytest.raises(NotExactError, match=words):
        model.backend.frozen(model_of_mean, SCALING)
