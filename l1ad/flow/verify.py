"""Step `verify`: every implementation against the emulator, integer for integer."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from l1ad.core.errors import DivergenceError, ToolError, TriggerFileError
from l1ad.core.integer import requantize
from l1ad.core.progress import Progress, silent
from l1ad.core.trace import SCALED_INPUTS, SCORE, Trace
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.core.trigger_file import load_trigger, trigger_digest
from l1ad.emulate.compare import Agreement, compared, crafted_extremes
from l1ad.emulate.engine import emulate, reference_scores, trace
from l1ad.emulate.fast import fast_engine
from l1ad.flow.events import BACKGROUND, read_signals, split_background
from l1ad.flow.run_directory import RunDirectory
from l1ad.hls.csim import compile_test_bench, simulated_traces
from l1ad.hls.manifest import check_manifest
from l1ad.hls.project import TRIGGER_FILE
from l1ad.hls.top_level import project_name
from l1ad.training.encoder_file import load_encoder
from l1ad.training.environment import framework_found, prepared_framework
from l1ad.training.float_model import float_scores
from l1ad.training.freeze import keras_trace

__all__ = ["C_SIMULATION", "FAST_ENGINE", "KERAS", "FloatComparison", "Verification", "verify"]

KERAS = "quantised Keras"
FAST_ENGINE = "fast emulator"
C_SIMULATION = "HLS C simulation"
BLOCK_EVENTS = 8_192


@dataclass(frozen=True, slots=True, kw_only=True)
class FloatComparison:
    """How the frozen algorithm compares with its float model; a statistical comparison, never exact.

    Attributes:
        events: Events compared: background that no training has seen.
        spearman: Rank correlation of the two scores.
        differing_decisions: Events that one accepts and the other does not, each at its own threshold.
        accepted: Events that each accepts.
    """

    events: int
    spearman: float
    differing_decisions: int
    accepted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What a verification found.

    Attributes:
        agreements: One for each implementation that was compared.
        skipped: Implementations that could not be, and why.
        float_comparison: The float model beside it, where Keras is installed.
    """

    agreements: tuple[Agreement, ...]
    skipped: dict[str, str]
    float_comparison: FloatComparison | None

    @property
    def events_verified(self) -> int:
        """Events on which every compared implementation was run."""
        return min(agreement.events for agreement in self.agreements)

    @property
    def mismatches(self) -> int:
        """Integers that differ, over all implementations."""
        return sum(agreement.differing_values for agreement in self.agreements)

    def document(self) -> dict[str, Any]:
        """Lay the result out for JSON."""
        return {
            "events_verified": self.events_verified,
            "mismatches": self.mismatches,
            "implementations": ["emulator", *(agreement.implementation for agreement in self.agreements)],
            "agreements": [asdict(agreement) for agreement in self.agreements],
            "skipped": self.skipped,
            "float_comparison": None if self.float_comparison is None else asdict(self.float_comparison),
        }


def verify(run: RunDirectory, *, firmware: Path | None = None, progress: Progress = silent) -> Verification:
    """Compare quantised Keras, emulator and C simulation on the same events, on every tensor.

    The events are the background that no training has seen, every signal, and crafted extremes.

    Args:
        run: The run.
        firmware: Folder that holds the algorithm's firmware folder; the configured one unless told.
        progress: Told the events done.

    Raises:
        DivergenceError: If any integer differs; the message names event, layer, element and both values.
        ToolError: If there is no firmware, or a file of it was changed since the build.
        TriggerFileError: If the firmware was built from another state of `trigger.json`.
    """
    trigger = run.trigger()
    folder = run.firmware(trigger) if firmware is None else firmware / project_name(trigger)
    _check_firmware(trigger, folder)
    events = _events(run, trigger)
    inputs_raw = events.inputs_raw
    executable = compile_test_bench(folder / "hls")
    total = 2 * len(inputs_raw)
    agreements = [_compared_simulation(trigger, executable, inputs_raw, progress, total)]
    skipped: dict[str, str] = {}
    if fast_engine(trigger) is None:
        skipped[FAST_ENGINE] = "no floating-point type is proven exact; the reference engine is used"
    else:
        agreements.insert(0, _compared_fast(trigger, inputs_raw))
    float_comparison = None
    if framework_found() and run.encoder_file.is_file():
        prepared_framework(run.config.training.seed)
        encoder = load_encoder(run.encoder_file)
        agreements.insert(0, _compared_keras(trigger, encoder, inputs_raw, progress, total))
        float_comparison = _compared_float(run, trigger, encoder)
    else:
        skipped[KERAS] = "the extra 'qkeras' is not installed, or the run has no trained encoder"
    progress(total, total, "")
    agreements = [_with_place(agreement, events) for agreement in agreements]
    result = Verification(agreements=tuple(agreements), skipped=skipped, float_comparison=float_comparison)
    run.write_json("verify.json", {"trigger_digest": trigger_digest(trigger), **result.document()})
    for agreement in result.agreements:
        if agreement.first is not None:
            raise DivergenceError(str(agreement))
    return result


def _check_firmware(trigger: TriggerAlgorithm, firmware: Path) -> None:
    if not (firmware / TRIGGER_FILE).is_file():
        raise ToolError(f"{firmware}: no firmware here; `l1ad build` writes it")
    check_manifest(firmware)
    built = load_trigger(firmware / TRIGGER_FILE)
    if trigger_digest(built) != trigger_digest(trigger):
        raise TriggerFileError(
            f"{firmware} was built from trigger {trigger_digest(built)[:12]}, the run now has "
            f"{trigger_digest(trigger)[:12]} (other weights or thresholds); run `l1ad build` again"
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Events:
    """Events of several samples in a row, and what each is called at home."""

    inputs_raw: NDArray[np.integer]
    places: list[tuple[str, NDArray[np.int64]]]

    def place(self, index: int) -> str:
        """Name the sample and the event number of an event."""
        for sample, numbers in self.places:
            if index < len(numbers):
                return f"{sample} event {numbers[index]}"
            index -= len(numbers)
        raise IndexError(index)


def _events(run: RunDirectory, trigger: TriggerAlgorithm) -> _Events:
    extremes = crafted_extremes(trigger.layout)
    samples = {BACKGROUND: split_background(run.config.data).rates, **read_signals(run.config.data)}
    return _Events(
        inputs_raw=np.concatenate([extremes, *(events.inputs_raw for events in samples.values())]),
        places=[
            ("crafted", np.arange(len(extremes))),
            *((name, events.event_number) for name, events in samples.items()),
        ],
    )


def _with_place(agreement: Agreement, events: _Events) -> Agreement:
    if agreement.first is None:
        return agreement
    return replace(agreement, first=replace(agreement.first, place=events.place(agreement.first.event)))


def _blocks(n_events: int) -> Iterator[slice]:
    return (slice(start, start + BLOCK_EVENTS) for start in range(0, n_events, BLOCK_EVENTS))


def _joined(agreements: Iterator[Agreement]) -> Agreement:
    total = next(agreements)
    for agreement in agreements:
        total = total.then(agreement)
    return total


def _compared_fast(trigger: TriggerAlgorithm, inputs_raw: NDArray[np.integer]) -> Agreement:
    """Compare what `l1ad emulate` gives with the plain integer arithmetic that the others are held against."""
    expected = reference_scores(trigger, inputs_raw)[:, None]
    return compared(FAST_ENGINE, {SCORE: expected}, {SCORE: emulate(trigger, inputs_raw).score_raw[:, None]})


def _compared_simulation(
    trigger: TriggerAlgorithm, executable: Path, inputs_raw: NDArray[np.integer], progress: Progress, total: int
) -> Agreement:
    def each() -> Iterator[Agreement]:
        traces = simulated_traces(trigger, executable, inputs_raw, block_events=BLOCK_EVENTS)
        for block, found in traces:
            progress(block.start, total, C_SIMULATION)
            yield compared(C_SIMULATION, trace(trigger, inputs_raw[block]), found)

    return _joined(each())


def _compared_keras(
    trigger: TriggerAlgorithm, encoder: Any, inputs_raw: NDArray[np.integer], progress: Progress, total: int
) -> Agreement:
    def each() -> Iterator[Agreement]:
        for block in _blocks(len(inputs_raw)):
            progress(total // 2 + block.start, total, KERAS)
            expected = trace(trigger, inputs_raw[block])
            found = keras_trace(encoder, trigger.network, expected[SCALED_INPUTS])
            found[SCORE] = _keras_score(trigger, found)
            yield compared(KERAS, expected, found)

    return _joined(each())


def _keras_score(trigger: TriggerAlgorithm, found: Trace) -> NDArray[np.int64]:
    """Score Keras's means in floating point, then cast to the score word."""
    fraction = trigger.network.output_type.fraction
    mean = found[trigger.network.layers[-1].name] * 2.0**-fraction
    squared = np.rint(np.sum(mean**2, axis=1) * 4.0**fraction).astype(np.int64)
    return requantize(squared, fraction=2 * fraction, to=trigger.score.result)[:, None]


def _compared_float(run: RunDirectory, trigger: TriggerAlgorithm, encoder: Any) -> FloatComparison:
    """Compare with the float model at equal rate: each accepts as many events as pass the lowest threshold."""
    background = split_background(run.config.data).rates.inputs_raw
    frozen = emulate(trigger, background).score_raw
    floating = float_scores(encoder, trigger.scaling.as_real(background))
    threshold = min(trigger.thresholds.values(), default=int(np.quantile(frozen, 0.999)))
    accepted = frozen >= threshold
    n_accepted = int(accepted.sum())
    float_accepted = np.zeros(len(frozen), dtype=bool)
    float_accepted[np.argsort(floating, kind="stable")[len(frozen) - n_accepted :]] = True
    return FloatComparison(
        events=len(frozen),
        spearman=float(stats.spearmanr(frozen, floating).statistic),
        differing_decisions=int(np.count_nonzero(accepted != float_accepted)),
        accepted=n_accepted,
    )
