"""The array of a tensor holds every value of every element."""

import numpy as np

from l1ad.core.fixed import FixedType, Overflow, Rounding
from l1ad.core.tensor import TensorType
from l1ad.hls.storage import cast_to, stored_type


def test_one_type_for_all_elements_is_the_type_of_the_array_with_its_modes() -> None:
    one = FixedType(8, 3, False, Rounding.RND_CONV, Overflow.SAT)
    assert stored_type(TensorType.uniform(one)) == one


def test_the_array_holds_the_ends_and_the_step_of_every_element() -> None:
    rng = np.random.default_rng(3)
    for _ in range(500):
        widths, fractions, signs = rng.integers(0, 9, 4), rng.integers(-3, 9, 4), rng.integers(0, 2, 4)
        types = tuple(
            FixedType(int(w), int(w - f), bool(s)) if w else FixedType(0, 0, signed=False)
            for w, f, s in zip(widths, fractions, signs, strict=True)
        )
        stored = stored_type(TensorType(types))
        for one in types:
            assert stored.exact_raw(one.raw_max * one.lsb) == one.raw_max * one.lsb / stored.lsb
            assert stored.exact_raw(one.raw_min * one.lsb) == one.raw_min * one.lsb / stored.lsb
            assert not one.width or stored.fraction >= one.fraction


def test_the_array_of_elements_that_are_all_zero_has_one_bit() -> None:
    none = FixedType(0, 0, signed=False)
    assert stored_type(TensorType((none, none))) == FixedType(1, 1, signed=False)
    assert cast_to(none, "data[3]") == "0"
    assert cast_to(FixedType(4, 2), "data[3]") == "ap_fixed<4,2>(data[3])"
