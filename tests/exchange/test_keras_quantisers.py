"""QKeras quantisers: the numbers they give, and every refusal."""

from itertools import product
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from l1ad.core.fixed import FixedType, Overflow
from l1ad.core.network import ActivationFunction
from l1ad.core.tensor import TensorType
from l1ad.exchange.imported import ModelFileError
from l1ad.exchange.keras.quantisers import Quantiser, quantiser_of
from l1ad.exchange.keras.spelling import spelled


def quantiser(written: object, *, of_kernel: bool = False) -> Quantiser:
    """Read a quantiser that is there."""
    found = quantiser_of(written, "kernel of 'dense'", of_kernel=of_kernel)
    assert found is not None
    return found


def grid() -> NDArray[np.float32]:
    """Give every step, middle and quarter between two steps about zero, and random numbers."""
    rng = np.random.default_rng(8)
    steps = np.arange(-1200, 1201) / 128
    return np.concatenate([steps, steps / 8, rng.normal(scale=3, size=3000)]).astype(np.float32)


CONSTANT = [
    *(f"quantized_bits({bits},{integer},alpha=1)" for bits, integer in product((2, 4, 6, 9), (-1, 0, 2))),
    *(f"quantized_bits(6,{integer},1,alpha={alpha})" for integer, alpha in product((0, 2), (0.25, 1.0, 4))),
    "quantized_bits(5, 1, keep_negative=False)",
    "quantized_bits(5, 1, True, False, 2.0)",
    "quantized_bits(16,6)",
    "quantized_linear(6,1)",
    "quantized_linear(6,1,0)",
    "quantized_linear(4,2,keep_negative=False)",
    "quantized_relu(8,4)",
    "quantized_relu(6)",
    "quantized_relu(3,3)",
]


@pytest.mark.parametrize("spelling", CONSTANT)
def test_constants_are_quantised_as_qkeras_does(qkeras: Any, spelling: str) -> None:
    values = grid()
    expected = np.asarray(qkeras.quantizers.get_quantizer(spelling)(values), dtype=np.float64)
    constants = quantiser(spelling).constants(values)
    np.testing.assert_array_equal(constants.values, expected)
    assert constants.kind.holds_raw(int(constants.raw.min()))
    assert constants.kind.holds_raw(int(constants.raw.max()))


@pytest.mark.parametrize("spelling", [one for one in CONSTANT if not quantiser(one).exponent])
def test_activations_are_quantised_as_qkeras_does(qkeras: Any, spelling: str) -> None:
    read = quantiser(spelling)
    raw = np.arange(-(2**15), 2**15, 7)
    expected = np.asarray(
        qkeras.quantizers.get_quantizer(spelling)((raw / 2**9).astype(np.float32)), np.float64
    )
    positive = np.maximum(raw, 0) if read.function is ActivationFunction.RELU else raw
    kind = TensorType.uniform(read.activation_type())
    np.testing.assert_array_equal(kind.cast(positive, fraction=9) * 2.0**-kind.fraction, expected)


@pytest.mark.parametrize("alpha", [0.5, 1.0, 8.0])
@pytest.mark.parametrize("symmetric", [0, 1])
def test_records_of_quantized_linear_with_an_alpha_are_read(qkeras: Any, alpha: float, symmetric: int) -> None:
    theirs = qkeras.quantized_linear(6, 1, symmetric=symmetric, alpha=alpha)
    written = {"class_name": "quantized_linear", "config": theirs.get_config()}
    values = grid()
    np.testing.assert_array_equal(
        quantiser(written).constants(values).values, np.asarray(theirs(values), np.float64)
    )


@pytest.mark.parametrize("seed", range(40))
def test_scales_that_qkeras_finds_for_itself_are_found(qkeras: Any, seed: int) -> None:
    rng = np.random.default_rng(seed)
    shape = [(9, 7), (3, 2, 4, 5), (6,)][seed % 3]
    values = (rng.normal(size=shape) * 2.0 ** rng.integers(-4, 4)).astype(np.float32)
    values[..., 0] *= seed % 4 > 0  # a channel of zeros
    values[..., 1] *= np.float32(0.01)
    theirs = qkeras.quantized_bits(int(rng.integers(2, 9)), int(rng.integers(-1, 4)), alpha="auto_po2")
    expected = np.asarray(theirs(values), dtype=np.float64)
    written = {"class_name": "quantized_bits", "config": theirs.get_config()}
    np.testing.assert_array_equal(quantiser(written).constants(values).values, expected)


def test_the_default_of_a_kernel_is_a_scale_of_its_own_and_that_of_a_bias_is_one(qkeras: Any) -> None:
    layer = qkeras.QDense(
        3,
        kernel_quantizer="quantized_bits(5,0)",
        bias_quantizer="quantized_bits(5,0)",
        kernel_initializer="ones",
    )
    layer.build((None, 4))
    values = np.linspace(-3, 3, 12, dtype=np.float32).reshape(4, 3)
    of_kernel = quantiser("quantized_bits(5,0)", of_kernel=True)
    expected = np.asarray(layer.kernel_quantizer_internal(values), dtype=np.float64)
    np.testing.assert_array_equal(of_kernel.constants(values).values, expected)
    expected = np.asarray(layer.bias_quantizer_internal(values), dtype=np.float64)
    np.testing.assert_array_equal(quantiser("quantized_bits(5,0)").constants(values).values, expected)


def test_a_stored_scale_is_used_as_it_is(qkeras: Any) -> None:
    values = np.random.default_rng(4).normal(size=(6, 3)).astype(np.float32)
    stored = np.array([[0.5, 2.0, 0.125]])
    theirs = qkeras.quantized_bits(5, 1, alpha="auto_po2", post_training_scale=stored)
    written = {"class_name": "quantized_bits", "config": theirs.get_config()}
    expected = np.asarray(theirs(values), dtype=np.float64)
    np.testing.assert_array_equal(quantiser(written).constants(values).values, expected)


def test_number_formats_are_those_of_the_firmware() -> None:
    assert str(quantiser("quantized_bits(6,0,alpha=1)").kind) == "ap_fixed<6,1,AP_RND_CONV,AP_SAT>"
    assert quantiser("quantized_bits(6,0,1,alpha=1)").kind.overflow is Overflow.SAT_SYM
    assert str(quantiser("quantized_relu(8,4)").kind) == "ap_ufixed<8,4,AP_RND_CONV,AP_SAT>"
    halved = quantiser("quantized_bits(6,2,alpha=0.5)").constants(np.array([3.9], dtype=np.float32))
    assert (halved.raw.tolist(), halved.kind) == ([31], FixedType.from_cpp("ap_fixed<6,2,AP_RND_CONV,AP_SAT>"))


@pytest.mark.parametrize(
    "written",
    [
        "quantized_bits(6,0,alpha=1)",
        " quantized_bits( 6 , integer = 0, alpha = 1.0 ) ",
        {"class_name": "quantized_bits", "config": {"bits": 6, "integer": 0, "alpha": 1}},
        {
            "module": "qkeras.quantizers",
            "class_name": "quantized_bits",
            "config": {
                "bits": 6.0,
                "integer": 0,
                "symmetric": False,
                "alpha": 1.0,
                "post_training_scale": None,
            },
            "registered_name": "qkeras>quantized_bits",
        },
        {"class_name": "qkeras>quantized_bits", "config": {"bits": 6, "integer": 0, "keep_negative": True}},
    ],
)
def test_every_spelling_of_a_quantiser_is_read(written: object) -> None:
    assert quantiser(written).kind == FixedType.from_qkeras_bits(6, 0)


def test_a_plain_function_is_read_in_each_of_its_spellings() -> None:
    for written in ("relu", {"class_name": "function", "config": "relu", "registered_name": "function"}):
        found = spelled(written, "x")
        assert found is not None
        assert found.name == "relu"
    assert spelled(None, "x") is None
    assert quantiser_of(None, "x") is None


REFUSED = {
    "quantized_bits(6,0,alpha='auto')": "alpha='auto' finds its scale from the data",
    "quantized_bits(6,0,alpha=0.7)": "alpha=0.7 of quantized_bits is no power of two",
    "quantized_bits(6,0,alpha=-2)": "alpha=-2 of quantized_bits is no power of two",
    "quantized_bits(6,0,alpha=[1,2])": "an array as alpha is not imported",
    "quantized_bits(1,0,alpha=1)": "no bit besides the sign",
    "quantized_bits(40,0,alpha=1)": "wider than the 32 bits",
    "quantized_bits(6.5,0,alpha=1)": "bits=6.5; a whole number is wanted",
    "quantized_bits('6',0)": "bits='6'; a number is wanted",
    "quantized_bits(6,0,use_stochastic_rounding=True,alpha=1)": "its result is left to chance",
    "quantized_bits(6,0,alpha=1,qnoise_factor=0.5)": "mixes in what was not quantised",
    "quantized_bits(6,0,alpha='auto_po2',scale_axis=0)": "scales are imported for each output channel",
    "quantized_bits(6,0,alpha='auto_po2',keep_negative=0)": "for signed weights only",
    "quantized_bits(6,0,alpha='auto_po2',post_training_scale=[0.3])": "is no power of two",
    "quantized_bits(6,0,beta=1)": "quantized_bits has no argument 'beta'; it has bits, integer",
    "quantized_bits(6,0": "is not a quantiser such as",
    "quantized_bits(6,bits=6)": "an argument is given twice",
    "__import__('os').system('true')": "is not a quantiser such as",
    "quantized_bits(__import__('os').getpid())": "is not a quantiser such as",
    "quantized_relu(8,4,1)": "use_sigmoid=1 is not imported",
    "quantized_relu(8,4,negative_slope=0.25)": "only a slope of 0 is known",
    "quantized_relu(8,4,relu_upper_bound=6)": "relu_upper_bound=6 is not imported",
    "quantized_relu(8,4,is_quantized_clip=False)": "is_quantized_clip=False is not imported",
    "quantized_linear(6,0,alpha='auto_po2')": "only auto_po2 of quantized_bits on weights",
    "ternary(1.0)": "'ternary' is not imported; known are linear, relu, quantized_bits",
    "binary": "'binary' is not imported",
    "quantized_tanh(8)": "'quantized_tanh' is not imported",
    "quantized_po2(4)": "'quantized_po2' is not imported",
    "sigmoid": "'sigmoid' is not imported",
}


@pytest.mark.parametrize(("spelling", "words"), REFUSED.items(), ids=list(REFUSED))
def test_what_is_not_known_to_be_exact_is_refused_by_name(spelling: str, words: str) -> None:
    with pytest.raises(ModelFileError) as refused:
        quantiser(spelling).constants(np.ones((2, 2), dtype=np.float32))
    assert words in str(refused.value)
    assert str(refused.value).startswith("kernel of 'dense'")


def test_the_default_of_quantized_linear_on_a_kernel_is_refused() -> None:
    with pytest.raises(ModelFileError, match="alpha='auto_po2' finds its scale from the data"):
        quantiser("quantized_linear(6,1)", of_kernel=True)


def test_a_record_that_is_no_quantiser_is_refused() -> None:
    with pytest.raises(ModelFileError, match="is no function or quantiser that Keras would have written"):
        quantiser_of(["quantized_bits"], "kernel of 'dense'")


@pytest.mark.parametrize("spelling", ["quantized_bits(6,0,alpha=2)", "quantized_bits(6,0,alpha='auto_po2')"])
def test_an_activation_that_is_scaled_after_rounding_is_refused(spelling: str) -> None:
    with pytest.raises(ModelFileError, match="an activation is imported with alpha=1 only"):
        quantiser(spelling).activation_type()


def test_weights_that_keras_itself_does_not_bring_onto_a_step_are_refused() -> None:
    values = np.array([0.5, 3.0e7 + 2], dtype=np.float32)
    with pytest.raises(ModelFileError, match=r"element \(1,\) is .* own float32 arithmetic leaves its steps"):
        quantiser("quantized_bits(6,0,alpha=1)").constants(values)


def test_a_scale_between_two_powers_of_two_is_refused() -> None:
    # The first scale is 2 * largest / levels, with 2 bits 2 levels: the largest weight itself.
    values = np.array([[np.sqrt(0.5)], [0.1]], dtype=np.float32)
    with pytest.raises(ModelFileError, match="so closely between two powers of two that float32 may decide"):
        quantiser("quantized_bits(2,0,alpha='auto_po2')").constants(values)
