"""What the emulator tests share: one small algorithm, and random events over the whole range."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from l1ad.core.fixed import FixedType
from l1ad.core.layout import ugt_57
from l1ad.core.network import Activation, ActivationFunction, Dense, FrozenNetwork, exact_accumulator
from l1ad.core.scaling import Scaling
from l1ad.core.score import Score
from l1ad.core.tensor import TensorType
from l1ad.core.trigger import TriggerAlgorithm

N_LATENT = 3


@pytest.fixture(scope="session")
def trigger() -> TriggerAlgorithm:
    """Give a one-layer encoder with random weights on `ugt_57`, with two thresholds."""
    rng = np.random.default_rng(2026)
    layout = ugt_57()
    fixed = FixedType.from_cpp
    scaling = Scaling(
        layout=layout,
        offsets=(0.0,) * layout.n_inputs,
        shifts=(5,) * layout.n_inputs,
        working=fixed("ap_fixed<18,13>"),
        result=TensorType.uniform(fixed("ap_fixed<8,5,AP_RND_CONV,AP_SAT>")),
    )
    weights_raw = rng.integers(-15, 16, size=(layout.n_inputs, N_LATENT))
    bias_raw = rng.integers(-20, 21, size=N_LATENT)
    weight_type, bias_type = fixed("ap_fixed<6,1>"), fixed("ap_fixed<8,3>")
    accumulator = exact_accumulator(
        given=scaling.result,
        weights_raw=weights_raw,
        weight_type=weight_type,
        bias_raw=bias_raw,
        bias_type=bias_type,
    )
    dense = Dense(
        name="dense_1",
        weights_raw=weights_raw,
        weight_type=weight_type,
        bias_raw=bias_raw,
        bias_type=bias_type,
        accumulator=accumulator,
    )
    mean_type = TensorType.uniform(fixed("ap_fixed<9,6,AP_RND_CONV,AP_SAT>"))
    mean = Activation(name="mean", function=ActivationFunction.LINEAR, n=N_LATENT, result=mean_type)
    return TriggerAlgorithm(
        name="small",
        scaling=scaling,
        network=FrozenNetwork(n_inputs=layout.n_inputs, input_type=scaling.result, layers=(dense, mean)),
        score=Score(fixed("ap_ufixed<18,14,AP_TRN,AP_SAT>")),
        thresholds={"tight": 12_000, "loose": 3_000},
    )


@pytest.fixture(scope="session")
def events() -> Callable[[int], NDArray[np.int16]]:
    """Give a maker of events over the whole range of the layout."""

    def made(n_events: int) -> NDArray[np.int16]:
        layout = ugt_57()
        rng = np.random.default_rng(n_events)
        inputs = rng.integers(layout.raw_min, layout.raw_max + 1, size=(n_events, layout.n_inputs))
        return inputs.astype(np.int16)

    return made
