"""Random numbers of a compiled step: their distribution, and that they follow the state of the generator."""

from typing import Any

import numpy as np
import pytest
from scipy import stats

pytest.importorskip("keras", reason="neither the extra 'qkeras' nor 'hgq' is installed")

from l1ad.training.random_numbers import normal, uniform


def generator(number: int) -> Any:
    import keras

    return keras.random.SeedGenerator(number)


def test_they_are_distributed_as_they_say() -> None:
    state = generator(3)
    assert stats.kstest(np.asarray(uniform((200, 50), state)).ravel(), "uniform").pvalue > 0.01
    assert stats.kstest(np.asarray(normal((200, 50), state)).ravel(), "norm").pvalue > 0.01


def test_they_repeat_from_the_state_compiled_or_not() -> None:
    import tensorflow as tf

    state = generator(5)
    compiled = tf.function(lambda: (uniform((7, 3), state), normal((7, 3), state)), jit_compile=True)
    first, second = compiled(), compiled()
    fresh = generator(5)
    for found in (first, second):
        np.testing.assert_array_equal(found[0], uniform((7, 3), fresh))
        np.testing.assert_allclose(found[1], normal((7, 3), fresh), rtol=1e-5, atol=1e-6)
    assert (np.asarray(first[0]) != np.asarray(second[0])).all()
