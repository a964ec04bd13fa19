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


@pytest.mark.parametrize("compiled", [True, False])
def test_they_differ_from_call_to_call_and_repeat_from_the_state(compiled: bool) -> None:
    import tensorflow as tf

    state = generator(5)

    def both() -> Any:
        return tf.stack([uniform((7, 3), state), normal((7, 3), state)])

    draw = tf.function(both, jit_compile=True) if compiled else both
    first, second = draw(), draw()
    assert (np.asarray(first) != np.asarray(second)).all()
    state.state.assign(generator(5).state)
    np.testing.assert_array_equal(draw(), first)
    np.testing.assert_array_equal(draw(), second)
