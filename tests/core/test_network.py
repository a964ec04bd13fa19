from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from l1ad.core.errors import NotExactError
from l1ad.core.fixed import FixedType, Rounding
from l1ad.core.network import Activation, ActivationFunction, Dense, FrozenNetwork, exact_accumulator
from l1ad.core.tensor import TensorType
from l1ad.core.trigger import TriggerAlgorithm

ExactCast = Callable[[Fraction, FixedType], int]

WEIGHT, BIAS = FixedType(5, 2), FixedType(6, 4)
INPUT = TensorType.uniform(FixedType(6, 3))
INPUT_OF_EACH = TensorType.from_spelling(["ap_fixed<6,3>", "ap_ufixed<4,4>", "ap_fixed<3,-1>"])


def dense(weights: list[list[int]], bias: list[int], *, accumulator: FixedType, name: str = "dense") -> Dense:
    return Dense(
        name=name, weights_raw=np.array(weights), weight_type=WEIGHT, bias_raw=np.array(bias), bias_type=BIAS,
        accumulator=accumulator,
    )  # fmt: skip


def relu(n: int, *spelling: str, name: str = "relu") -> Activation:
    return Activation(
        name=name, function=ActivationFunction.RELU, n=n, result=TensorType.from_spelling(list(spelling))
    )


def random_inputs(given: TensorType, n: int, *, seed: int, n_events: int = 60) -> NDArray[np.int64]:
    """Draw events, the first two at the ends of every element's range, in units of the finest step."""
    rng = np.random.default_rng(seed)
    columns = [
        np.array([one.raw_min, one.raw_max, *rng.integers(one.raw_min, one.raw_max + 1, size=n_events)])
        << (given.fraction - one.fraction)
        for one in given.of_each(n)
    ]
    return np.stack(columns, axis=1)


def sums(layer: Dense, event: list[int], given: TensorType) -> list[Fraction]:
    """Compute x @ weights + bias of one event as real numbers, in exact arithmetic."""
    x = [Fraction(raw) / Fraction(2) ** given.fraction for raw in event]
    weights = [[int(w) * layer.weight_type.lsb for w in row] for row in layer.weights_raw]
    return [
        sum((x[i] * weights[i][j] for i in range(layer.n_in)), int(layer.bias_raw[j]) * layer.bias_type.lsb)
        for j in range(layer.n_out)
    ]


@pytest.mark.parametrize("given_type", [INPUT, INPUT_OF_EACH], ids=["uniform", "of each"])
@pytest.mark.parametrize(
    "accumulator", ["ap_fixed<18,9>", "ap_fixed<20,8>", "ap_fixed<10,1>", "ap_ufixed<11,2>", "ap_fixed<13,4>"]
)
def test_a_dense_layer_agrees_with_exact_arithmetic(
    given_type: TensorType, accumulator: str, exactly_cast: ExactCast
) -> None:
    to = FixedType.from_cpp(accumulator)
    layer = dense([[15, -16], [-7, 3], [1, 0]], [-32, 31], accumulator=to)
    layer.check_input(given_type)
    inputs_raw = random_inputs(given_type, 3, seed=1)
    expected = [
        [exactly_cast(one, to) for one in sums(layer, event, given_type)] for event in inputs_raw.tolist()
    ]
    assert layer.apply(inputs_raw, given_type).tolist() == expected


def test_a_narrow_accumulator_that_wraps_gives_the_sum_modulo_its_range_in_any_order() -> None:
    layer = dense([[15], [-16], [9]], [31], accumulator=FixedType(8, 2))
    inputs_raw = random_inputs(INPUT, 3, seed=2)
    results = layer.apply(inputs_raw, INPUT)[:, 0].tolist()
    assert any(abs(sums(layer, event, INPUT)[0]) > 2 for event in inputs_raw.tolist())
    for event, result in zip(inputs_raw.tolist(), results, strict=True):
        terms = [x * w for x, w in zip(event, (15, -16, 9), strict=True)] + [31 << 4]
        for order in permutations(terms):
            partial = 0
            for term in order:
                partial = (partial + term + 128) % 256 - 128
            assert partial == result


def test_a_negative_number_becomes_zero_in_relu_and_stays_in_linear() -> None:
    raw = np.array([[-5, 7]])
    rectified = relu(2, "ap_fixed<8,4>").apply(raw, TensorType.uniform(FixedType(8, 4)))
    linear = Activation(
        name="cast", function=ActivationFunction.LINEAR, n=2, result=TensorType.uniform(FixedType(8, 4))
    )
    assert rectified.tolist() == [[0, 7]]
    assert linear.apply(raw, TensorType.uniform(FixedType(8, 4))).tolist() == [[-5, 7]]


@pytest.mark.parametrize("function", list(ActivationFunction))
def test_an_activation_casts_each_element_to_its_own_type(
    function: ActivationFunction, exactly_cast: ExactCast
) -> None:
    result = TensorType.from_spelling(
        ["ap_ufixed<4,2,AP_RND,AP_SAT>", "ap_fixed<5,4>", "ap_fixed<6,2,AP_RND_CONV,AP_SAT>"]
    )
    layer = Activation(name="cast", function=function, n=3, result=result)
    raw = random_inputs(INPUT_OF_EACH, 3, seed=3)
    given_step, step = Fraction(1, 2**INPUT_OF_EACH.fraction), Fraction(1, 2**result.fraction)
    for event, got in zip(raw.tolist(), layer.apply(raw, INPUT_OF_EACH).tolist(), strict=True):
        values = [max(x, 0) * given_step if function == "relu" else x * given_step for x in event]
        expected = [exactly_cast(v, one) * one.lsb for v, one in zip(values, result.types, strict=True)]
        assert [one * step for one in got] == expected


def test_a_network_agrees_layer_by_layer_with_exact_arithmetic(
    small_trigger: TriggerAlgorithm, exactly_cast: ExactCast
) -> None:
    network = small_trigger.network
    inputs_raw = random_inputs(network.input_type, 57, seed=4, n_events=20)
    traced = network.trace(inputs_raw)
    assert list(traced) == ["dense_1", "relu_1", "dense_mean", "mean"]
    for index, event in enumerate(inputs_raw.tolist()):
        given_type, current = network.input_type, event
        for layer in network.layers:
            if isinstance(layer, Dense):
                current = [exactly_cast(one, layer.accumulator) for one in sums(layer, current, given_type)]
            else:
                assert isinstance(layer, Activation)
                (to,), step = layer.result.types, Fraction(1, 2**given_type.fraction)
                floor = 0 if layer.function is ActivationFunction.RELU else -(2**62)
                current = [exactly_cast(max(x, floor) * step, to) for x in current]
            given_type = layer.output_type(given_type)
            assert traced[layer.name][index].tolist() == current


def test_a_layer_after_types_of_each_element_adds_them_in_the_finest_step() -> None:
    hidden = relu(2, "ap_ufixed<3,3>", "ap_ufixed<4,0>")
    after = dense([[4], [4]], [0], accumulator=FixedType(20, 8), name="after")
    network = FrozenNetwork(n_inputs=2, input_type=TensorType.uniform(FixedType(10, 4)), layers=(hidden, after))
    traced = network.trace(np.array([[3 << 6, 1 << 4]]))
    assert (traced["relu"] / 2**4).tolist() == [[3.0, 0.25]]
    assert (traced["after"] / 2**12).tolist() == [[0.5 * 3.25]]


@st.composite
def small_layers(draw: st.DrawFn) -> tuple[TensorType, Dense]:
    n_in, n_out = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    narrow = st.builds(FixedType, st.integers(1, 5), st.integers(-2, 6), st.booleans())
    each = draw(st.lists(narrow, min_size=n_in, max_size=n_in) | st.lists(narrow, min_size=1, max_size=1))
    weight_type, bias_type = draw(narrow), draw(narrow)
    weight, bias = (st.integers(one.raw_min, one.raw_max) for one in (weight_type, bias_type))
    weights_raw = np.array(draw(st.lists(weight, min_size=n_in * n_out, max_size=n_in * n_out)))
    layer = Dense(
        name="dense",
        weights_raw=weights_raw.reshape(n_in, n_out),
        weight_type=weight_type,
        bias_raw=np.array(draw(st.lists(bias, min_size=n_out, max_size=n_out))),
        bias_type=bias_type,
        accumulator=FixedType(1, 1),
    )
    given_type = TensorType(tuple(each))
    accumulator = exact_accumulator(
        given=given_type,
        weights_raw=layer.weights_raw,
        weight_type=weight_type,
        bias_raw=layer.bias_raw,
        bias_type=bias_type,
    )
    return given_type, replace(layer, accumulator=accumulator)


@settings(deadline=None, derandomize=True, max_examples=300)
@given(small_layers())
def test_the_exact_accumulator_holds_every_sum_and_no_narrower_type_does(
    drawn: tuple[TensorType, Dense],
) -> None:
    given_type, layer = drawn
    low, high = given_type.raw_bounds(layer.n_in)
    corners = [list(corner) for corner in product(*zip(low.tolist(), high.tolist(), strict=True))]
    reached = [value for corner in corners for value in sums(layer, corner, given_type)]
    accumulator = layer.accumulator
    raw = [accumulator.exact_raw(value) for value in reached]
    layer.check_input(given_type)
    results = layer.apply(np.array(corners), given_type)
    assert results.ravel().tolist() == raw
    if accumulator.width > 1:
        narrower = FixedType(accumulator.width - 1, accumulator.integer - 1)
        assert not all(narrower.holds_raw(value) for value in raw)


def test_sparsity_counts_weights_that_are_zero() -> None:
    assert dense([[0, 1], [0, 0]], [0, 0], accumulator=FixedType(20, 10)).sum.sparsity == 0.75


def test_weights_and_bias_of_different_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"layer 'dense': weights of shape \(1, 2\) and bias of shape \(1,\)"):
        dense([[1, 2]], [0], accumulator=FixedType(20, 10))


def test_weights_and_biases_outside_their_type_are_refused() -> None:
    with pytest.raises(
        NotExactError, match=r"a weight lies outside ap_fixed<5,2> \(raw 1 to 16, allowed -16 to 15"
    ):
        dense([[1], [16]], [0], accumulator=FixedType(20, 10))
    with pytest.raises(NotExactError, match=r"a bias lies outside ap_fixed<6,4> \(raw -33 to -33, allowed -32"):
        dense([[1]], [-33], accumulator=FixedType(20, 10))


@pytest.mark.parametrize("rounding", list(Rounding))
def test_an_accumulator_with_fewer_fraction_bits_casts_each_product_and_the_bias_on_its_own(
    rounding: Rounding, exactly_cast: ExactCast
) -> None:
    accumulator = FixedType(7, 5, True, rounding)  # products have 6 fraction bits, the bias has 3
    layer = dense([[3, -5], [7, 6], [-8, 1]], [5, -3], accumulator=accumulator)
    rng = np.random.default_rng(3)
    inputs_raw = rng.integers(-128, 128, (200, 3))
    found = layer.apply(inputs_raw, INPUT)
    wide = FixedType(40, 38, True, rounding)
    for event, row in zip(inputs_raw.tolist(), found.tolist(), strict=True):
        for column, value in enumerate(row):
            products = [
                Fraction(x * int(w), 2 ** (INPUT.fraction + layer.weight_type.fraction))
                for x, w in zip(event, layer.weights_raw[:, column], strict=True)
            ]
            terms = [*products, int(layer.bias_raw[column]) * layer.bias_type.lsb]
            total = sum(exactly_cast(one, wide) for one in terms)
            assert value == exactly_cast(Fraction(total, 4), accumulator)


def test_sums_wider_than_are_emulated_are_refused() -> None:
    layer = dense([[1]] * 4, [1], accumulator=FixedType(62, 50))
    layer.check_input(TensorType.uniform(FixedType(45, 36)))
    with pytest.raises(
        NotExactError, match=r"sums of ap_fixed<60,51> times ap_fixed<5,2> need more than 62 bits"
    ):
        layer.check_input(TensorType.uniform(FixedType(60, 51)))


def test_an_activation_with_types_for_another_number_of_elements_is_refused() -> None:
    with pytest.raises(ValueError, match="2 number formats were given for 3 elements"):
        relu(3, "ap_fixed<8,4>", "ap_fixed<8,4>")


def test_a_layer_name_that_could_not_stand_in_cpp_is_refused() -> None:
    with pytest.raises(ValueError, match=r"layer name 'dense 1' is not a C\+\+ identifier"):
        dense([[1]], [1], accumulator=FixedType(20, 10), name="dense 1")
    with pytest.raises(ValueError, match=r"layer name 'float' is not a C\+\+ identifier"):
        relu(1, "ap_fixed<8,4>", name="float")


def test_layers_that_do_not_make_a_chain_are_refused() -> None:
    first = dense([[1, 2]], [0, 0], accumulator=FixedType(20, 10))
    with pytest.raises(ValueError, match="a network needs at least one layer"):
        FrozenNetwork(n_inputs=1, input_type=INPUT, layers=())
    with pytest.raises(ValueError, match="layer 'dense' takes 1 values but is given 57"):
        FrozenNetwork(n_inputs=57, input_type=INPUT, layers=(first,))
    with pytest.raises(ValueError, match="layer 'relu' takes 3 values but is given 2"):
        FrozenNetwork(n_inputs=1, input_type=INPUT, layers=(first, relu(3, "ap_fixed<8,4>")))
    with pytest.raises(ValueError, match=r"two layers share a name: \['dense', 'dense'\]"):
        FrozenNetwork(n_inputs=1, input_type=INPUT, layers=(first, relu(2, "ap_fixed<8,4>", name="dense")))


def test_outputs_of_a_network_are_those_of_its_last_layer() -> None:
    first = dense([[1, 2]], [0, 0], accumulator=FixedType(20, 10))
    network = FrozenNetwork(n_inputs=1, input_type=INPUT, layers=(first, relu(2, "ap_ufixed<8,4>")))
    assert network.n_outputs == 2
    assert network.output_type == TensorType.uniform(FixedType(8, 4, signed=False))


def test_an_accumulator_that_saturates_is_refused_because_the_order_of_the_sum_would_matter() -> None:
    layer = Dense(
        name="dense_1",
        weights_raw=np.array([[7], [7], [-7]]),
        weight_type=FixedType(4, 4),
        bias_raw=np.array([0]),
        bias_type=FixedType(4, 4),
        accumulator=FixedType.from_cpp("ap_fixed<8,8,AP_TRN,AP_SAT>"),
    )
    with pytest.raises(NotExactError, match="its result would depend on the order of the sum"):
        FrozenNetwork(n_inputs=3, input_type=TensorType.uniform(FixedType(6, 6)), layers=(layer,))


def test_a_bias_that_does_not_fit_beside_the_products_is_refused() -> None:
    bias_type, given = FixedType(50, 50), TensorType.uniform(FixedType(10, -10))
    arrays = {"weights_raw": np.array([[1]]), "bias_raw": np.array([2**49 - 1])}
    types = {"weight_type": FixedType(8, 8), "bias_type": bias_type}
    accumulator = exact_accumulator(given=given, **arrays, **types)  # type: ignore[arg-type]
    assert accumulator.width == 70
    layer = Dense(name="dense_1", **arrays, **types, accumulator=accumulator)  # type: ignore[arg-type]
    with pytest.raises((NotExactError, ValueError), match=r"more than 62 bits|too wide"):
        FrozenNetwork(n_inputs=1, input_type=given, layers=(layer,))


def test_weights_are_integers_that_nobody_changes() -> None:
    parts = {"bias_raw": np.array([0]), "weight_type": FixedType(4, 4), "bias_type": FixedType(4, 4)}
    wide = FixedType(20, 20)
    with pytest.raises(ValueError, match="raw integers, not float64"):
        Dense(name="dense_1", weights_raw=np.array([[1.5]]), accumulator=wide, **parts)  # type: ignore[arg-type]
    given = np.array([[3]])
    layer = Dense(name="dense_1", weights_raw=given, accumulator=wide, **parts)  # type: ignore[arg-type]
    given[0, 0] = 4
    assert layer.weights_raw[0, 0] == 3
    with pytest.raises(ValueError, match="read-only"):
        layer.weights_raw[0, 0] = 5


@pytest.mark.parametrize("name", ["score", "scaled_inputs", "scaled", "input"])
def test_a_layer_with_the_name_of_another_tensor_is_refused(name: str) -> None:
    layer = dense([[1]], [0], accumulator=FixedType(20, 10), name=name)
    with pytest.raises(ValueError, match=f"no layer can be called '{name}': another tensor is"):
        FrozenNetwork(n_inputs=1, input_type=INPUT, layers=(layer,))
