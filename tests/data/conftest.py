"""What the data tests share: random events of the whole range of the layout."""

from collections.abc import Callable

import numpy as np
import pytest

from l1ad.core.layouts import ugt_57
from l1ad.data.events import EventBatch

Events = Callable[[int, int], EventBatch]


def _random_events(n_events: int, seed: int) -> EventBatch:
    layout = ugt_57()
    rng = np.random.default_rng(seed)
    inputs = rng.integers(layout.raw_min, layout.raw_max + 1, size=(n_events, layout.n_inputs))
    return EventBatch(
        layout=layout,
        inputs_raw=inputs.astype(layout.dtype),
        event_number=rng.permutation(n_events).astype(np.int64),
        sample="random",
    )


@pytest.fixture(scope="session")
def random_events() -> Events:
    """Give a maker of events: number and seed in, events over the whole range out."""
    return _random_events
