"""The fast engine: exact integer arithmetic in floating point, where a proof says that nothing rounds.

Interval arithmetic bounds each product and each partial sum of an algorithm (`proof.py`). While they stay
below what a floating-point type holds exactly, its matrix products are exact whatever the order of their
sums, and run at the speed of the machine's linear algebra: on every core, or on a GPU when the events are
CuPy or PyTorch arrays there.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from l1ad.core.machine import usable_cores
from l1ad.core.progress import Progress, silent
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.emulate.arrays import Array, ArrayHome
from l1ad.emulate.bounds import Interval, bounds
from l1ad.emulate.float_casts import Operation
from l1ad.emulate.program import program, widest_tensor
from l1ad.emulate.proof import exact_dtype

__all__ = ["FastEngine", "fast_engine"]

_CACHE_BYTES = 1 << 20  # the widest tensor of a block stays in a core's second-level cache
_DEVICE_BYTES = 1 << 30  # on a GPU, blocks are there to bound the memory


@dataclass(frozen=True, eq=False)
class FastEngine:
    """An algorithm made ready to run on many events.

    Attributes:
        trigger: The algorithm.
        known: Its bounds.
        dtype: The floating-point type that the proof allows: `float32` or `float64`.
    """

    trigger: TriggerAlgorithm
    known: dict[str, Interval]
    dtype: str

    def scores(self, inputs_raw: NDArray[np.integer], *, progress: Progress = silent) -> NDArray[np.int64]:
        """Score events on every core; `inputs_raw` must lie within the layout."""
        n_events = len(inputs_raw)
        result = np.empty(n_events, dtype=np.int64)
        size = self._block_events(_CACHE_BYTES)
        blocks = [slice(start, start + size) for start in range(0, n_events, size)]
        operations = self._on_processor

        def run(block: slice) -> int:
            result[block] = _done(operations, inputs_raw[block])
            return int(min(block.stop, n_events))

        # One thread a block; the linear algebra must not start threads of its own beside them.
        with threadpool_limits(limits=1, user_api="blas"), ThreadPoolExecutor(usable_cores()) as pool:
            for done in pool.map(run, blocks):
                progress(done, n_events, "")
        return result

    def scores_where_they_are(self, inputs_raw: Array) -> Array:
        """Score events that live in another array library, on their device, and leave the scores there.

        Args:
            inputs_raw: Hardware integers within the layout, shape (n_events, n_inputs), of CuPy, PyTorch or
                any library that keeps to the array API standard.

        Returns:
            Score words, `int64` of the same library on the same device, shape (n_events,).
        """
        home = ArrayHome.of(inputs_raw, self.dtype)
        operations = program(self.trigger, self.known, home)
        size = self._block_events(_DEVICE_BYTES)
        n_events = inputs_raw.shape[0]
        parts = [
            _done(operations, inputs_raw[start : min(n_events, start + size), :])
            for start in range(0, n_events, size)
        ]
        return parts[0] if len(parts) == 1 else home.namespace.concat(parts, axis=0)

    @cached_property
    def _on_processor(self) -> list[Operation]:
        home = ArrayHome.of(np.zeros(0), self.dtype)
        return program(self.trigger, self.known, home)

    def _block_events(self, n_bytes: int) -> int:
        return max(256, n_bytes // (widest_tensor(self.trigger) * np.dtype(self.dtype).itemsize))


def _done(operations: list[Operation], values: Array) -> Array:
    for operation in operations:
        values = operation(values)
    return values


@lru_cache(maxsize=8)  # an algorithm is a constant; streams ask for its engine at every block
def fast_engine(trigger: TriggerAlgorithm) -> FastEngine | None:
    """Make an algorithm ready, or return None where no floating-point type is proven exact."""
    known = bounds(trigger)
    dtype = exact_dtype(trigger, known)
    return None if dtype is None else FastEngine(trigger=trigger, known=known, dtype=dtype)
