"""What C simulation cannot compute is refused before any file is written."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from l1ad.core.errors import ToolError
from l1ad.core.fixed import FixedType, Rounding
from l1ad.core.network import Conv2D, Dense, FrozenNetwork, Reshape
from l1ad.core.tensor import TensorType
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.hls.casts import check_casts

Builder = Callable[..., TriggerAlgorithm]


def with_first(trigger: TriggerAlgorithm, **changes: object) -> TriggerAlgorithm:
    """Change the first layer; the dense layer after it stays the one it was."""
    first, *others = trigger.network.layers
    assert isinstance(first, Dense)
    layers = (replace(first, **changes), *others)  # type: ignore[arg-type]
    network = FrozenNetwork(n_inputs=57, input_type=trigger.network.input_type, layers=layers)
    return replace(trigger, network=network)


def test_a_cast_that_drops_more_bits_than_there_are_is_refused(build_trigger: Builder) -> None:
    with pytest.raises(ToolError, match=r"'relu_1': the cast from .* to .* drops more bits than there are"):
        check_casts(build_trigger(hidden_type="ap_ufixed<4,40,AP_RND_CONV,AP_SAT>"))
    check_casts(build_trigger(hidden_type="ap_ufixed<4,40,AP_TRN,AP_SAT>"))
    check_casts(build_trigger())


def test_a_single_element_is_enough_to_be_refused_and_one_without_bits_is_not(build_trigger: Builder) -> None:
    usual = ["ap_fixed<8,4,AP_RND_CONV,AP_SAT>"] * 56
    with pytest.raises(
        ToolError, match=r"scaled inputs: the cast from ap_fixed<24,14> to ap_fixed<4,30,AP_RND"
    ):
        check_casts(build_trigger(input_type=[*usual, "ap_fixed<4,30,AP_RND,AP_WRAP>"]))
    check_casts(build_trigger(input_type=[*usual, "ap_ufixed<0,0,AP_RND,AP_WRAP>"]))


def test_accumulators_are_checked_for_products_and_bias(build_trigger: Builder) -> None:
    trigger = build_trigger(widths=(3,))
    with pytest.raises(
        ToolError, match=r"products of 'dense_1': the cast from ap_fixed<14,5> to ap_fixed<4,10,"
    ):
        check_casts(with_first(trigger, accumulator=FixedType(4, 10, True, Rounding.RND)))
    coarse = FixedType(12, 9, True, Rounding.RND)
    check_casts(with_first(trigger, accumulator=coarse))
    with pytest.raises(ToolError, match=r"bias of 'dense_1': the cast from ap_fixed<8,-5> to ap_fixed<12,9,"):
        check_casts(with_first(trigger, accumulator=coarse, bias_type=FixedType(8, -5)))


def test_convolutions_are_checked_as_well(build_trigger: Builder) -> None:
    trigger = build_trigger()
    image = Reshape(name="image", input_shape=(57,), target_shape=(19, 3, 1))
    conv = Conv2D(
        name="conv", input_shape=(19, 3, 1), weights_raw=np.ones((19, 3, 1, 2), dtype=np.int64),
        weight_type=FixedType(6, 1), bias_raw=np.zeros(2, dtype=np.int64), bias_type=FixedType(8, 3),
        accumulator=FixedType(4, 10, True, Rounding.RND),
    )  # fmt: skip
    network = FrozenNetwork(n_inputs=57, input_type=trigger.network.input_type, layers=(image, conv))
    with pytest.raises(ToolError, match=r"products of 'conv': the cast from"):
        check_casts(replace(trigger, network=network))
    truncating = replace(conv, accumulator=FixedType(4, 10))
    network = FrozenNetwork(n_inputs=57, input_type=trigger.network.input_type, layers=(image, truncating))
    check_casts(replace(trigger, network=network))


def test_what_a_double_does_not_hold_is_refused(build_trigger: Builder) -> None:
    trigger = build_trigger(widths=(3,), input_type="ap_fixed<2,1>")
    wide = FixedType(56, 40)
    with pytest.raises(ToolError, match=r"'dense_1' is wider than the 53 bits that C simulation can hand over"):
        check_casts(with_first(trigger, accumulator=wide))
    bias = np.array([2**54 + 1, 0, 0])
    narrow = with_first(trigger, bias_raw=bias, bias_type=wide, accumulator=FixedType(20, 10))
    with pytest.raises(ToolError, match=r"'dense_1' has weights or a bias of more than the 53 bits"):
        check_casts(narrow)
    assert narrow.network.types["dense_1"] == TensorType.uniform(FixedType(20, 10))
