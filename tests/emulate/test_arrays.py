"""The same code on other array libraries: a strict one always, PyTorch and CuPy where they are installed."""

from collections.abc import Callable
from typing import Any

import array_api_strict
import numpy as np
import pytest
from numpy.typing import NDArray

from l1ad.core.errors import ToolError
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.emulate.engine import trace
from l1ad.emulate.fast import fast_engine

Drawn = Callable[..., TriggerAlgorithm]
DrawnEvents = Callable[[int], NDArray[np.int64]]


def scored(trigger: TriggerAlgorithm, inputs: Any) -> Any:
    engine = fast_engine(trigger)
    assert engine is not None
    return engine.scores_where_they_are(inputs)


@pytest.mark.parametrize("seed", range(25))
def test_a_library_that_knows_nothing_but_the_standard_gives_the_same_scores(
    seed: int, random_algorithm: Drawn, drawn_events: DrawnEvents
) -> None:
    trigger, inputs_raw = random_algorithm(seed), drawn_events(seed)
    scores = scored(trigger, array_api_strict.asarray(inputs_raw))
    assert scores.dtype == array_api_strict.int64
    np.testing.assert_array_equal(np.asarray(scores), trace(trigger, inputs_raw)["score"][:, 0])


@pytest.mark.parametrize("seed", range(25))
def test_images_and_types_of_each_element_too(
    seed: int, random_image_algorithm: Drawn, drawn_images: DrawnEvents
) -> None:
    trigger, inputs_raw = random_image_algorithm(seed), drawn_images(seed)
    scores = scored(trigger, array_api_strict.asarray(inputs_raw))
    np.testing.assert_array_equal(np.asarray(scores), trace(trigger, inputs_raw)["score"][:, 0])


def on_torch(inputs_raw: NDArray[np.int64], device: str) -> Any:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    if device == "cuda" and not torch.cuda.is_available():
        pytest.skip("PyTorch sees no GPU")
    return torch.as_tensor(inputs_raw, device=device)


@pytest.mark.parametrize("device", ["cpu", "cuda"])
@pytest.mark.parametrize("seed", range(10))
def test_pytorch_gives_the_same_scores(
    seed: int,
    device: str,
    random_algorithm: Drawn,
    drawn_events: DrawnEvents,
    random_image_algorithm: Drawn,
    drawn_images: DrawnEvents,
) -> None:
    for trigger, inputs_raw in (
        (random_algorithm(seed), drawn_events(seed)), (random_image_algorithm(seed), drawn_images(seed)),
    ):  # fmt: skip
        scores = scored(trigger, on_torch(inputs_raw, device))
        assert scores.device.type == device
        np.testing.assert_array_equal(scores.cpu().numpy(), trace(trigger, inputs_raw)["score"][:, 0])


@pytest.mark.parametrize("seed", range(10))
def test_cupy_gives_the_same_scores(seed: int, random_algorithm: Drawn, drawn_events: DrawnEvents) -> None:
    cupy = pytest.importorskip("cupy", reason="CuPy is not installed")
    trigger, inputs_raw = random_algorithm(seed), drawn_events(seed)
    scores = scored(trigger, cupy.asarray(inputs_raw))
    np.testing.assert_array_equal(cupy.asnumpy(scores), trace(trigger, inputs_raw)["score"][:, 0])


def test_reduced_precision_is_refused(
    random_algorithm: Drawn, drawn_events: DrawnEvents, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUPY_TF32", "1")
    with pytest.raises(ToolError, match="reduced precision, which is not exact; set CUPY_TF32=0"):
        scored(random_algorithm(1), array_api_strict.asarray(drawn_events(1)))


def test_pytorch_in_reduced_precision_is_refused(random_algorithm: Drawn, drawn_events: DrawnEvents) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("high")
    try:
        with pytest.raises(ToolError, match="set_float32_matmul_precision"):
            scored(random_algorithm(1), torch.as_tensor(drawn_events(1)))
    finally:
        torch.set_float32_matmul_precision(before)
