"""Small algorithms to build: a few layers, seeded weights, every number format chosen by the test."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from l1ad.core.fixed import FixedType
from l1ad.core.layout import ugt_57
from l1ad.core.network import Activation, ActivationFunction, Dense, FrozenNetwork, Layer, exact_accumulator
from l1ad.core.scaling import Scaling
from l1ad.core.score import Score, ScoreFunction
from l1ad.core.tensor import TensorType
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.core.units import Clock
from l1ad.emulate.compare import crafted_extremes
from l1ad.emulate.engine import trace
from l1ad.hls.project import write_project
from l1ad.hls.target import HlsTarget

Builder = Callable[..., TriggerAlgorithm]
Events = Callable[[TriggerAlgorithm, int], NDArray[np.int64]]
Writer = Callable[[TriggerAlgorithm, Path], Path]


@pytest.fixture(scope="session")
def needs_compiler() -> None:
    for tool in ("g++", "make"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")


@pytest.fixture(scope="session")
def build_trigger() -> Builder:
    return _built


@pytest.fixture(scope="session")
def target() -> HlsTarget:
    return HlsTarget(part="xc7vx690t-ffg1927-2", clock=Clock(40))


@pytest.fixture(scope="session")
def events_for() -> Events:
    """Give crafted extremes, then events drawn evenly over the ranges."""

    def events(trigger: TriggerAlgorithm, n_events: int) -> NDArray[np.int64]:
        layout = trigger.layout
        low, high = layout.raw_min, layout.raw_max + 1
        drawn = np.random.default_rng(5).integers(low, high, (n_events, layout.n_inputs))
        return np.concatenate([crafted_extremes(layout), drawn])

    return events


@pytest.fixture(scope="session")
def write(events_for: Events, target: HlsTarget) -> Writer:
    """Write the firmware folder of an algorithm, with 50 events and the extremes for its test bench."""

    def written(trigger: TriggerAlgorithm, firmware: Path) -> Path:
        vectors = events_for(trigger, 50)
        return write_project(
            trigger, target=target, firmware=firmware, vectors_raw=vectors, expected=trace(trigger, vectors)
        )

    return written


def _built(
    *,
    seed: int = 1,
    name: str = "small",
    widths: tuple[int, ...] = (6, 3),
    input_type: str | list[str] = "ap_fixed<8,4,AP_RND_CONV,AP_SAT>",
    hidden_type: str = "ap_ufixed<8,4,AP_RND_CONV,AP_SAT>",
    mean_type: str = "ap_fixed<8,4,AP_RND_CONV,AP_SAT>",
    score_type: str = "ap_ufixed<18,14,AP_TRN,AP_SAT>",
    working_type: str = "ap_fixed<24,14>",
    thresholds: dict[str, int] | None = None,
    score_function: ScoreFunction = ScoreFunction.SUM_OF_SQUARES,
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
        score=Score(FixedType.from_cpp(score_type), score_function),
        thresholds=thresholds or {},
    )
