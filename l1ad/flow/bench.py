"""Step `bench emulate`: the engines and hls4ml's `predict`, side by side in one run."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.config.run import FirmwareConfig
from l1ad.core.machine import usable_cores
from l1ad.core.progress import Progress, silent
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.core.units import Clock
from l1ad.emulate.engine import reference_scores
from l1ad.emulate.fast import fast_engine
from l1ad.hls.csim import check_compiler
from l1ad.hls.predict import hls4ml_predict
from l1ad.hls.target import HlsTarget

__all__ = ["EngineSpeed", "bench_emulate"]

_REPEATS = 5
_PREDICTED_EVENTS = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSpeed:
    """How fast one engine scores events.

    Attributes:
        engine: Its name.
        cores: Cores it may use.
        events: Events of one pass.
        events_per_second: Median over the passes.
        ratio: Speed over that of hls4ml's `predict`, each pass beside its own: median of the ratios.
        differing: Scores that differ from the reference engine's.
    """

    engine: str
    cores: int
    events: int
    events_per_second: float
    ratio: float
    differing: int

    def document(self) -> dict[str, Any]:
        """Lay the result out for JSON."""
        return asdict(self)


def bench_emulate(
    trigger: TriggerAlgorithm, inputs_raw: NDArray[np.integer], *, progress: Progress = silent
) -> list[EngineSpeed]:
    """Time every engine on the same events, in turns, so that a machine that drifts slows all alike.

    hls4ml's `predict` gets the first 50,000 events, already scaled, and gives encoder means, so that
    scaling and score are not in its time; it runs on one core, as it does for everyone.

    Args:
        trigger: The algorithm.
        inputs_raw: Events, shape (n_events, n_inputs).
        progress: Told the passes done.
    """
    check_compiler()
    trigger.layout.check(inputs_raw, where="bench events")
    fast = fast_engine(trigger)
    few_raw = inputs_raw[:_PREDICTED_EVENTS]
    scaled_raw = trigger.scaling.apply(few_raw)
    target = HlsTarget(part=FirmwareConfig().part, clock=Clock(40))
    with hls4ml_predict(trigger.network, target) as predict:
        engines: dict[str, tuple[int, Callable[[], NDArray[np.int64]]]] = {
            "hls4ml predict": (len(few_raw), lambda: predict(scaled_raw)),
            "reference": (len(few_raw), lambda: reference_scores(trigger, few_raw)),
        }
        if fast is not None:
            name = f"fast ({fast.dtype})"
            engines[name] = (len(inputs_raw), lambda: fast.scores(inputs_raw))
        speeds: dict[str, list[float]] = {name: [] for name in engines}
        results: dict[str, NDArray[np.int64]] = {}
        for turn in range(_REPEATS + 1):  # the first pass warms up and does not count
            progress(turn, _REPEATS + 1, "")
            for name, (n_events, run) in engines.items():
                start = time.perf_counter()
                results[name] = run()
                if turn:
                    speeds[name].append(n_events / (time.perf_counter() - start))
    return _compared(trigger, inputs_raw, speeds, results)


def _compared(
    trigger: TriggerAlgorithm,
    inputs_raw: NDArray[np.integer],
    speeds: dict[str, list[float]],
    results: dict[str, NDArray[np.int64]],
) -> list[EngineSpeed]:
    expected = reference_scores(trigger, inputs_raw)
    baseline = next(iter(speeds))
    found = []
    for name, speed in speeds.items():
        scores = results[name]
        if name == baseline:
            scores = trigger.score.apply(scores, trigger.network.output_type)
        found.append(
            EngineSpeed(
                engine=name,
                cores=usable_cores() if name.startswith("fast") else 1,
                events=len(scores),
                events_per_second=float(np.median(speed)),
                ratio=float(np.median(np.array(speed) / np.array(speeds[baseline]))),
                differing=int(np.count_nonzero(scores != expected[: len(scores)])),
            )
        )
    return found
