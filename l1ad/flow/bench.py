"""Step `bench emulate`: the engines and hls4ml's `predict`, side by side in one run."""

import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.config.run import FirmwareConfig
from l1ad.config.target import load_target
from l1ad.core.machine import usable_cores
from l1ad.core.progress import Progress, silent
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.core.trigger_file import algorithm_digest
from l1ad.data.event_writer import write_events
from l1ad.data.events import EventBatch
from l1ad.data.score_file import read_scores
from l1ad.emulate.devices import gpu_scorers
from l1ad.emulate.engine import reference_scores
from l1ad.emulate.fast import fast_engine
from l1ad.flow.build import hls_target
from l1ad.flow.emulate import emulate_file
from l1ad.hls.csim import check_compiler
from l1ad.hls.predict import hls4ml_predict

__all__ = ["EngineSpeed", "bench_emulate"]

_REPEATS = 5
_PREDICTED_EVENTS = 50_000
_PREDICT = "hls4ml predict"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Engine:
    """A way to score the first `events` events on `cores` cores; `scores` reads what the timed part left."""

    events: int
    cores: int
    run: Callable[[], Any]
    scores: Callable[[Any], NDArray[np.int64]] = np.asarray


def bench_emulate(
    trigger: TriggerAlgorithm, inputs_raw: NDArray[np.integer], *, progress: Progress = silent
) -> list[EngineSpeed]:
    """Time every engine on the same events, in turns, so that a machine that drifts slows all alike.

    hls4ml's `predict` gets the first 50,000 events, already scaled, and gives encoder means, so that
    scaling and score are not in its time; it runs on one core, as it does for everyone. The road from a
    compressed event file to a score file is timed as `l1ad emulate` goes it. GPUs are timed where PyTorch
    or CuPy sees one.

    Args:
        trigger: The algorithm.
        inputs_raw: Events, shape (n_events, n_inputs).
        progress: Told the passes done.
    """
    check_compiler()
    trigger.layout.check(inputs_raw, where="bench events")
    scaled_raw = trigger.scaling.apply(inputs_raw[:_PREDICTED_EVENTS])
    target = hls_target(load_target(FirmwareConfig().target), FirmwareConfig())
    with (
        tempfile.TemporaryDirectory(prefix="l1ad-bench-") as folder,
        hls4ml_predict(trigger.network, target) as predict,
    ):
        engines = {
            _PREDICT: _Engine(
                events=len(scaled_raw), cores=1, run=lambda: predict(scaled_raw),
                scores=lambda means: trigger.score.apply(means, trigger.network.output_type),
            ),
            **_our_engines(trigger, inputs_raw, Path(folder)),
        }  # fmt: skip
        speeds: dict[str, list[float]] = {name: [] for name in engines}
        left: dict[str, Any] = {}
        for turn in range(_REPEATS + 1):  # the first pass warms up and does not count
            for done, (name, engine) in enumerate(engines.items()):
                progress(turn * len(engines) + done, (_REPEATS + 1) * len(engines), name)
                start = time.perf_counter()
                left[name] = engine.run()
                if turn:
                    speeds[name].append(engine.events / (time.perf_counter() - start))
        results = {name: engine.scores(left[name]) for name, engine in engines.items()}
    expected = reference_scores(trigger, inputs_raw)
    return [
        EngineSpeed(
            engine=name,
            cores=engine.cores,
            events=engine.events,
            events_per_second=float(np.median(speeds[name])),
            ratio=float(np.median(np.array(speeds[name]) / np.array(speeds[_PREDICT]))),
            differing=int(np.count_nonzero(results[name] != expected[: engine.events])),
        )
        for name, engine in engines.items()
    ]


def _our_engines(
    trigger: TriggerAlgorithm, inputs_raw: NDArray[np.integer], folder: Path
) -> dict[str, _Engine]:
    few_raw, n_events, cores = inputs_raw[:_PREDICTED_EVENTS], len(inputs_raw), usable_cores()
    engines = {
        "reference": _Engine(events=len(few_raw), cores=1, run=lambda: reference_scores(trigger, few_raw))
    }
    if (fast := fast_engine(trigger)) is not None:
        engines[f"fast ({fast.dtype})"] = _Engine(
            events=n_events, cores=cores, run=lambda: fast.scores(inputs_raw)
        )
        for name, run in gpu_scorers(fast, inputs_raw).items():
            engines[name] = _Engine(events=n_events, cores=1, run=run)
    events = EventBatch(
        layout=trigger.layout,
        inputs_raw=inputs_raw.astype(trigger.layout.dtype),
        event_number=np.arange(n_events),
        sample="bench",
    )
    write_events(folder / "events.h5", events, {})

    scored, digest = folder / "scores.h5", algorithm_digest(trigger)
    engines["event file to score file"] = _Engine(
        events=n_events, cores=cores, run=lambda: emulate_file(trigger, str(folder / "events.h5"), scored),
        scores=lambda _: read_scores(scored, algorithm_digest=digest).score_raw,
    )  # fmt: skip
    return engines
