"""Networks of every kind of layer and format: the generated C++ equals the emulator on every tensor."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from l1ad.core.integer import requantize
from l1ad.core.network import (
    Dense,
    FrozenNetwork,
)
from l1ad.core.ports import Interface, input_ports
from l1ad.core.trace import Trace
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.emulate.engine import trace
from l1ad.hls.csim import compile_test_bench, simulated_traces
from l1ad.hls.predict import hls4ml_predict
from l1ad.hls.target import HlsTarget

Events = Callable[[TriggerAlgorithm, int], NDArray[np.int64]]
Writer = Callable[[TriggerAlgorithm, Path], Path]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Simulated:
    """An algorithm, what the emulator says of events, and what its C++ does."""

    trigger: TriggerAlgorithm
    expected: Trace
    found: Trace


@pytest.fixture(scope="module")
def simulate(
    events_for: Events, write: Writer, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Simulated]:
    def simulated(trigger: TriggerAlgorithm, n_events: int) -> Simulated:
        inputs_raw = events_for(trigger, n_events)
        executable = compile_test_bench(write(trigger, tmp_path_factory.mktemp("firmware")) / "hls")
        words = input_ports(trigger.layout, Interface.GENERIC).pack(inputs_raw)
        ((_, found),) = simulated_traces(trigger, executable, words, block_events=len(inputs_raw))
        return Simulated(trigger=trigger, expected=trace(trigger, inputs_raw), found=found)

    return simulated


@pytest.fixture(scope="module")
def elements(
    needs_compiler: None,  # noqa: ARG001
    simulate: Callable[..., Simulated],
    elements_trigger: TriggerAlgorithm,
) -> Simulated:
    """Simulate dense layers between activations whose elements have types of their own."""
    return simulate(elements_trigger, 4000)


@pytest.fixture(scope="module")
def images(
    needs_compiler: None,  # noqa: ARG001
    simulate: Callable[..., Simulated],
    images_trigger: TriggerAlgorithm,
) -> Simulated:
    """Simulate convolutions and pooling over the regions that CICADA reads."""
    return simulate(images_trigger, 1500)


def differing(both: Simulated) -> dict[str, int]:
    """Count the integers that differ in each tensor of the C++."""
    return {
        name: int((both.expected[name] != found).sum())
        for name, found in both.found.items()
        if (both.expected[name] != found).any()
    }


def test_types_of_each_element_are_exact_in_every_rounding_overflow_and_sign(elements: Simulated) -> None:
    assert list(elements.found) == list(elements.expected)
    assert differing(elements) == {}
    modes = elements.found["modes"]
    assert not modes[:, 0].any()
    assert (np.array([len(np.unique(column)) for column in modes.T[1:]]) > 4).all()
    np.testing.assert_array_equal(elements.found["learned"], elements.found["kept"])
    assert not elements.found["scaled_inputs"][:, 0].any()
    assert len(np.unique(elements.found["score"])) > 50


def test_accumulators_that_drop_bits_cast_each_product_on_its_own(elements: Simulated) -> None:
    """Not the sum: for every rounding there are events where that would be another integer."""
    for layer, given in elements.trigger.network.given():
        if not layer.name.startswith("drops_") or not isinstance(layer, Dense):
            continue
        names = list(elements.found)
        raw = elements.found[names[names.index(layer.name) - 1]]
        fraction = given.fraction + layer.weight_type.fraction
        whole = raw @ layer.weights_raw + (layer.bias_raw << (fraction - layer.bias_type.fraction))
        at_once = requantize(whole, fraction=fraction, to=layer.accumulator)
        assert (at_once != elements.found[layer.name]).any(), layer.name


def test_convolutions_and_pooling_are_exact_on_every_tensor_but_reshapes(images: Simulated) -> None:
    reshapes = ["image", "flat", "flat_again", "scalar"]
    assert list(images.found) == [name for name in images.expected if name not in reshapes]
    assert differing(images) == {}
    varied = {name: len(np.unique(found)) for name, found in images.found.items()}
    assert min(count for name, count in varied.items() if not name.startswith("accept")) > 10, varied
    shapes = images.trigger.network.shapes
    assert (shapes["conv_2"], shapes["mean_of_each"], shapes["conv_3"]) == ((4, 3, 3), (3, 1, 3), (2, 1, 2))


def test_predict_of_hls4ml_gives_the_same_integers(
    needs_compiler: None,  # noqa: ARG001
    target: HlsTarget,
    small_image_network: FrozenNetwork,
) -> None:
    rng, network, scaled = np.random.default_rng(9), small_image_network, small_image_network.input_type
    low, high = scaled.raw_bounds(12)
    inputs_raw = scaled.cast(rng.integers(low, high + 1, (3000, 12)), fraction=scaled.fraction)
    with hls4ml_predict(network, target) as predict:
        found = predict(inputs_raw)
    np.testing.assert_array_equal(found, network.trace(inputs_raw)["mean"])
    assert len(np.unique(found)) > 10
