"""Step `verify`: every implementation against the emulator, integer for integer."""

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import reduce
from pathlib import Path
from typing import Any

from l1ad.config.loading import load_config
from l1ad.config.target import TargetConfig
from l1ad.core.errors import DivergenceError, NotExactError, ToolError, TriggerFileError
from l1ad.core.names import project_name
from l1ad.core.ports import input_ports
from l1ad.core.progress import Progress, silent
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.core.trigger_file import load_trigger, trigger_digest
from l1ad.emulate.divergence import divergence_report
from l1ad.emulate.fast import fast_engine
from l1ad.exchange.qonnx.export import export_qonnx
from l1ad.flow.build import TARGET_FILE, TRIGGER_FILE
from l1ad.flow.freeze import TrainedModel, trained_model, whole_algorithm
from l1ad.flow.implementations import (
    C_SIMULATION,
    CMSSW_EMULATOR,
    FAST_ENGINE,
    KERAS,
    ONNX_RUNTIME,
    QONNX,
    RTL,
    Implementation,
    c_simulation,
    cmssw_emulator,
    compared_on,
    fast_emulator,
    onnx_runtime,
    original_cpp,
    qonnx_executor,
    quantised_keras,
    rtl_simulation,
)
from l1ad.flow.manifest import check_manifest
from l1ad.flow.results import save_verification
from l1ad.flow.run_directory import RunDirectory
from l1ad.flow.verification import FloatComparison, Verification, compared_with_float
from l1ad.flow.verified_events import VerifiedEvents, events_of_files, events_of_run
from l1ad.hls.csim import compile_test_bench
from l1ad.hls.emulator_run import compile_emulator
from l1ad.rtl.project import DESIGN_FILE
from l1ad.rtl.simulation import Timing, compile_simulation
from l1ad.rtl.tools import find_verilator
from l1ad.training.environment import framework_found
from l1ad.training.float_model import float_scores

__all__ = [
    "CMSSW_EMULATOR", "C_SIMULATION", "FAST_ENGINE", "KERAS", "ONNX_RUNTIME", "QONNX", "RTL", "verify_run",
    "verify_trigger",
]  # fmt: skip


def verify_run(
    run: RunDirectory,
    *,
    firmware: Path | None = None,
    original: Path | None = None,
    progress: Progress = silent,
) -> Verification:
    """Compare every implementation of a run's algorithm on the same events, on every tensor.

    The events are the background that no training has seen, every signal, and crafted extremes.

    Args:
        run: The run.
        firmware: Folder that holds the algorithm's firmware folder; the configured one unless told.
        original: hls4ml project that the network was imported from, compared as well.
        progress: Told the events done.

    Raises:
        DivergenceError: If any integer differs; the message names event, layer, element, words and bits.
        ToolError: If there is no firmware, or a file of it was changed since the build.
        TriggerFileError: If the firmware was built from another state of `trigger.json`.
    """
    trigger = run.trigger()
    folder = run.firmware(trigger) if firmware is None else firmware / project_name(trigger.name)
    build = _check_firmware(trigger, folder)
    events = events_of_run(run, trigger)
    encoders: list[Implementation] = []
    skipped, float_comparison = {}, None
    backend = run.config.model.backend
    if framework_found(backend) and run.weights_file.is_file():
        trained = trained_model(run)
        encoders.append(quantised_keras(trigger, whole_algorithm(run, trained), trained))
        float_comparison = _compared_float(run, trigger, trained)
    else:
        skipped[KERAS] = f"the extra {backend!r} is not installed, or the run has no trained encoder"
    result = _verified(trigger, folder, events, original=original, before=encoders, progress=progress)
    result = replace(result, skipped={**skipped, **result.skipped}, float_comparison=float_comparison)
    document = _document(trigger, result, events)
    run.write_json("verify.json", document)
    save_verification(folder, document, build=build)
    _refuse_differences(document)
    return result


def verify_trigger(
    trigger: TriggerAlgorithm,
    *,
    firmware: Path,
    sources: tuple[str, ...] = (),
    original: Path | None = None,
    progress: Progress = silent,
) -> Verification:
    """Compare every implementation of any algorithm, imported ones too, without a run directory.

    The events are crafted extremes, events drawn evenly over the ranges, and those of `sources`.
    Arguments and refusals as `verify_run`; `sources` are event files or `sample:NAME`.
    """
    folder = firmware / project_name(trigger.name)
    build = _check_firmware(trigger, folder)
    events = events_of_files(trigger, sources)
    result = _verified(trigger, folder, events, original=original, before=[], progress=progress)
    document = _document(trigger, result, events)
    save_verification(folder, document, build=build)
    _refuse_differences(document)
    return result


def _verified(
    trigger: TriggerAlgorithm,
    folder: Path,
    events: VerifiedEvents,
    *,
    original: Path | None,
    before: list[Implementation],
    progress: Progress,
) -> Verification:
    ports = input_ports(trigger.layout, load_config(folder / TARGET_FILE, TargetConfig).interface)
    progress(0, 1, "compiling the HLS project")
    executable = compile_test_bench(folder / "hls")
    skipped: dict[str, str] = {}
    implementations = list(before)
    if fast_engine(trigger) is None:
        skipped[FAST_ENGINE] = "no floating-point type is proven exact; the reference engine is used"
    else:
        implementations.append(fast_emulator(trigger))
    implementations.append(c_simulation(trigger, ports, executable))
    progress(0, 1, "compiling the emulator library")
    implementations.append(cmssw_emulator(trigger, *compile_emulator(folder / "emulator")))
    measured: list[Timing] = []
    try:
        find_verilator()
    except ToolError as missing:
        skipped[RTL] = str(missing)
    else:
        progress(0, 1, "compiling the Verilog")
        simulation = compile_simulation(folder / "rtl")
        implementations.append(rtl_simulation(trigger, ports, simulation, measured))
    if original is not None:
        implementations.append(original_cpp(trigger, original))
    with _exported(trigger, skipped) as exported:
        implementations += exported
        agreements = []
        total = len(implementations) * len(events.inputs_raw)
        done = 0
        for one in implementations:
            agreement = compared_on(one, events.inputs_raw, progress, before=done, total=total)
            done += agreement.events
            if agreement.first is not None:
                place = events.place(agreement.first.event)
                agreement = replace(agreement, first=replace(agreement.first, place=place))
            agreements.append(agreement)
        progress(total, total, "")
    timing = reduce(Timing.then, measured) if measured else None
    if timing is not None:
        _check_latency(timing, folder)
    return Verification(agreements=tuple(agreements), skipped=skipped, timing=timing)


def _check_latency(timing: Timing, folder: Path) -> None:
    """Refuse a latency that varies or is not the planned one: a crossing has to come out in its time."""
    planned = json.loads((folder / "rtl" / DESIGN_FILE).read_text(encoding="utf-8"))["planned_latency_cycles"]
    if not timing.latency_min == timing.latency_max == planned:
        raise DivergenceError(
            f"{RTL}: {timing.latency_min} to {timing.latency_max} cycles from ap_start to ap_done, planned are "
            f"{planned}"
        )


@contextmanager
def _exported(trigger: TriggerAlgorithm, skipped: dict[str, str]) -> Iterator[list[Implementation]]:
    """Export the algorithm as `l1ad export` would, or note why it cannot be run as QONNX here."""
    with tempfile.TemporaryDirectory(prefix="l1ad-qonnx-") as folder:
        file = Path(folder) / f"{project_name(trigger.name)}.qonnx"
        try:
            export_qonnx(trigger, file)
        except (NotExactError, ToolError) as fault:
            skipped[ONNX_RUNTIME] = skipped[QONNX] = str(fault)
            yield []
            return
        yield [onnx_runtime(trigger, file), qonnx_executor(trigger, file)]


def _check_firmware(trigger: TriggerAlgorithm, firmware: Path) -> str:
    """Refuse firmware that is not as built, or of another algorithm; give the digest of its manifest."""
    if not (firmware / TRIGGER_FILE).is_file():
        raise ToolError(f"{firmware}: no firmware here; `l1ad build` writes it")
    manifest = check_manifest(firmware)
    built = load_trigger(firmware / TRIGGER_FILE)
    if trigger_digest(built) != trigger_digest(trigger):
        raise TriggerFileError(
            f"{firmware} was built from trigger {trigger_digest(built)[:12]}, the run now has "
            f"{trigger_digest(trigger)[:12]} (other weights or thresholds); run `l1ad build` again"
        )
    return manifest.digest


def _document(trigger: TriggerAlgorithm, result: Verification, events: VerifiedEvents) -> dict[str, Any]:
    """Lay the result out for JSON, with the first difference of each implementation in full."""
    divergences = {
        one.implementation: divergence_report(trigger, one, events.inputs_raw[one.first.event])
        for one in result.agreements
        if one.first is not None
    }
    return {"trigger_digest": trigger_digest(trigger), **result.document(trigger), "divergences": divergences}


def _refuse_differences(document: Mapping[str, Any]) -> None:
    """Raise the first of the differences, once all of them are on disk."""
    for text in document["divergences"].values():
        raise DivergenceError(text)


def _compared_float(run: RunDirectory, trigger: TriggerAlgorithm, trained: TrainedModel) -> FloatComparison:
    background = trained.data.split.rates.inputs_raw
    shown = trigger.scaling.as_real(background)
    return compared_with_float(trigger, background, float_scores(run.config.model, trained.model, shown))
