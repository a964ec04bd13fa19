"""GPUs: found through the array libraries that are installed, never required."""

import importlib.util
from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from l1ad.emulate.arrays import Array
from l1ad.emulate.fast import FastEngine

__all__ = ["gpu_scorers"]

Scorer = Callable[[], NDArray[np.int64]]


def gpu_scorers(engine: FastEngine, inputs_raw: NDArray[np.integer]) -> dict[str, Scorer]:
    """List ways to score events on a GPU: with the events already there, and brought from memory each time.

    The scores always come back to memory, so that the time holds the work.

    Args:
        engine: The fast engine of an algorithm.
        inputs_raw: Events in memory, shape (n_events, n_inputs).

    Returns:
        By name; empty where neither PyTorch nor CuPy sees a GPU.
    """
    found: dict[str, Scorer] = {}
    for name, to_gpu, to_memory in _libraries():
        there = to_gpu(inputs_raw)
        found[f"{name} on a GPU, events there"] = partial(_scored, engine, there, _as_it_is, to_memory)
        found[f"{name} on a GPU, events brought"] = partial(_scored, engine, inputs_raw, to_gpu, to_memory)
    return found


def _scored(
    engine: FastEngine,
    events: Array,
    to_gpu: Callable[[Array], Array],
    to_memory: Callable[[Array], NDArray[np.int64]],
) -> NDArray[np.int64]:
    return to_memory(engine.scores_where_they_are(to_gpu(events)))


def _as_it_is(events: Array) -> Array:
    return events


def _libraries() -> list[tuple[str, Callable[[Array], Array], Callable[[Array], NDArray[np.int64]]]]:
    found: list[tuple[str, Callable[[Array], Array], Callable[[Array], NDArray[np.int64]]]] = []
    if importlib.util.find_spec("torch") is not None:
        import torch

        if torch.cuda.is_available():
            found.append(
                ("PyTorch", lambda x: torch.as_tensor(x, device="cuda"), lambda x: np.asarray(x.cpu().numpy()))
            )
    if importlib.util.find_spec("cupy") is not None:
        import cupy

        if cupy.is_available():
            found.append(("CuPy", cupy.asarray, lambda x: np.asarray(cupy.asnumpy(x))))
    return found
