"""Casts that C simulation cannot do are refused before any file is written."""

from collections.abc import Callable

import pytest

from l1ad.core.errors import ToolError
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.hls.top_level import check_casts


def test_a_cast_that_drops_more_bits_than_there_are_is_refused(
    build_trigger: Callable[..., TriggerAlgorithm],
) -> None:
    with pytest.raises(ToolError, match=r"'relu_1': the cast from .* to .* drops more bits than there are"):
        check_casts(build_trigger(hidden_type="ap_ufixed<4,40,AP_RND_CONV,AP_SAT>"))
    check_casts(build_trigger(hidden_type="ap_ufixed<4,40,AP_TRN,AP_SAT>"))
    check_casts(build_trigger())
