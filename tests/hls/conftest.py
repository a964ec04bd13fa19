"""Small algorithms to build: a few layers, seeded weights, every number format chosen by the test."""

import shutil
from collections.abc import Callable

import numpy as np
import pytest

from l1ad.core.fixed import FixedType
from l1ad.core.layout import ugt_57
from l1ad.core.network import Activation, ActivationFunction, Dense, FrozenNetwork, Layer, exact_accumulator
from l1ad.core.scaling import Scaling
from l1ad.core.score import Score
from l1ad.core.tensor import TensorType
from l1ad.core.trigger import TriggerAlgorithm

Builder = Callable[..., TriggerAlgorithm]


@pytest.fixture(scope="session")
def needs_compiler() -> None:
    for tool in ("g++", "make"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")


@pytest.fixture(scope="session")
def build_trigger() -> Builder:
    return _built


def _built(
    *,
    seed: int = 1,
    name: str = "small",
    widths: tuple[int, ...] = (6, 3),
    input_type: str = "ap_fixed<8,4,AP_RND_CONV,AP_SAT>",
    hidden_type: str = "ap_ufixed<8,4,AP_RND_CONV,AP_SAT>",
    mean_type: str = "ap_fixed<8,4,AP_RND_CONV,AP_SAT>",
    score_type: str = "ap_ufixed<18,14,AP_TRN,AP_SAT>",
    working_type: str = "ap_fixed<24,14>",
    thresholds: dict[str, int] | None = None,
) -> TriggerAlgorithm:
    rng = np.random.default_rng(seed)
    layout = ugt_57()
    given = TensorType.from_spelling(input_type)
    scaling = Scaling(
        layout=layout,
        offsets=tuple(float(one) for one in rng.integers(-20, 20, layout.n_inputs)),
        shifts=tuple(int(one) for one in rng.integers(-1, 7, layout.n_inputs)),
        working=FixedType.from_cpp(working_type),
        result=given,
    )
    layers: list[Layer] = []
    n_in = layout.n_inputs
    for number, n_out in enumerate(widths, start=1):
        weights = rng.integers(-16, 16, (n_in, n_out)) * (rng.random((n_in, n_out)) < 0.5)
        bias = rng.integers(-60, 60, n_out)
        weight_type, bias_type = FixedType(6, 1), FixedType(8, 3)
        accumulator = exact_accumulator(
            given=given, weights_raw=weights, weight_type=weight_type, bias_raw=bias, bias_type=bias_type
        )
        layers.append(
            Dense(
                name=f"dense_{number}", weights_raw=weights, weight_type=weight_type, bias_raw=bias,
                bias_type=bias_type, accumulator=accumulator,
            )
        )  # fmt: skip
        is_last = number == len(widths)
        given = TensorType.from_spelling(mean_type if is_last else hidden_type)
        function = ActivationFunction.LINEAR if is_last else ActivationFunction.RELU
        layers.append(
            Activation(name="mean" if is_last else f"relu_{number}", function=function, n=n_out, result=given)
        )
        n_in = n_out
    return TriggerAlgorithm(
        name=name,
        scaling=scaling,
        network=FrozenNetwork(n_inputs=layout.n_inputs, input_type=scaling.result, layers=tuple(layers)),
        score=Score(FixedType.from_cpp(score_type)),
        thresholds=thresholds or {},
    )
