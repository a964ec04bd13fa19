from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from l1ad.core.errors import NotExactError
from l1ad.core.fixed import FixedType, Overflow, Rounding
from l1ad.core.score import Score, ScoreFunction
from l1ad.core.tensor import TensorType

UGT_WORD = FixedType.from_cpp("ap_ufixed<18,14>")
MEAN = TensorType.uniform(FixedType(9, 5))


@pytest.mark.parametrize("rounding", list(Rounding))
@pytest.mark.parametrize("overflow", list(Overflow))
def test_the_score_is_the_sum_of_squares_cast_to_the_score_word(
    rounding: Rounding, overflow: Overflow, exactly_cast: Callable[[Fraction, FixedType], int]
) -> None:
    word = FixedType(9, 7, False, rounding, overflow)
    mean_raw = np.random.default_rng(8).integers(-256, 256, size=(200, 3))
    expected = [
        exactly_cast(sum((Fraction(m, 2**4) ** 2 for m in event), Fraction()), word)
        for event in mean_raw.tolist()
    ]
    assert Score(word).apply(mean_raw, MEAN).tolist() == expected


def test_the_score_of_a_mean_with_types_of_each_element_counts_in_the_finest_step() -> None:
    mean_type = TensorType((FixedType(6, 4), FixedType(9, 4)))
    mean_raw = np.array([[3 << 5, 1 << 4]])
    assert (Score(UGT_WORD).apply(mean_raw, mean_type) / 2**4).tolist() == [9.25]


def test_an_event_of_zero_mean_scores_zero_and_the_sign_does_not_count() -> None:
    mean_raw = np.array([[0, 0], [40, -24], [-40, 24]])
    scores_raw = Score(UGT_WORD).apply(mean_raw, MEAN)
    assert scores_raw[0] == 0
    assert scores_raw[1] == scores_raw[2] == (40**2 + 24**2) // 2**4


def test_scores_beyond_the_word_wrap_unless_it_saturates() -> None:
    mean_raw = np.array([[-256, -256, -256]])
    saturating = Score(FixedType(8, 8, False, overflow=Overflow.SAT))
    assert saturating.apply(mean_raw, MEAN).tolist() == [255]
    assert Score(FixedType(8, 8, False)).apply(mean_raw, MEAN).tolist() == [768 % 256]


@settings(deadline=None, derandomize=True, max_examples=200)
@given(
    each=st.lists(
        st.builds(FixedType, st.integers(1, 6), st.integers(-3, 8), st.booleans()), min_size=1, max_size=4
    )
)
def test_the_exact_sum_type_holds_the_largest_sum_and_no_narrower_type_does(each: list[FixedType]) -> None:
    largest = sum((max((one.raw_min * one.lsb) ** 2, (one.raw_max * one.lsb) ** 2) for one in each), Fraction())
    exact = Score(UGT_WORD).before_cast(TensorType(tuple(each)), len(each))
    raw = exact.exact_raw(largest)
    assert not exact.signed
    assert exact.fraction == 2 * max(one.fraction for one in each)
    assert exact.width == 1 or not FixedType(exact.width - 1, exact.integer - 1, False).holds_raw(raw)


def test_a_mean_whose_sum_of_squares_is_wider_than_is_emulated_is_refused() -> None:
    score = Score(UGT_WORD)
    assert score.before_cast(TensorType.uniform(FixedType(31, 10)), 3).width == 62
    words = (
        r"the sum of 3 squares of ap_fixed<32,10> needs 64 bits, more than the 62 that are emulated; use a narr"
    )
    with pytest.raises(NotExactError, match=words):
        score.before_cast(TensorType.uniform(FixedType(32, 10)), 3)


EIGHT_BITS = TensorType.uniform(FixedType(8, 4))


@pytest.mark.parametrize(
    ("score", "n_outputs", "message"),
    [
        (Score(FixedType(18, 14)), 3, "is signed"),
        (Score(FixedType(70, 60, signed=False)), 3, "wider than the 62 bits that are emulated"),
        (Score(UGT_WORD, ScoreFunction.OUTPUT), 2, "a network of 2 outputs is not itself a score"),
        (Score(FixedType(18, 14, signed=False), ScoreFunction.OUTPUT), 1, "would wrap to a large score"),
    ],
)
def test_a_score_word_that_the_outputs_do_not_go_with_is_refused(
    score: Score, n_outputs: int, message: str
) -> None:
    with pytest.raises(NotExactError, match=message):
        score.check(EIGHT_BITS, n_outputs)


def test_the_output_itself_is_cast_to_the_score_word() -> None:
    score = Score(FixedType(6, 4, False, Rounding.RND, Overflow.SAT), ScoreFunction.OUTPUT)
    score.check(EIGHT_BITS, 1)
    raw = np.array([[-128], [-1], [0], [1], [2], [127]])  # 4 fraction bits before, 2 after
    assert score.apply(raw, EIGHT_BITS).tolist() == [0, 0, 0, 0, 1, 32]
