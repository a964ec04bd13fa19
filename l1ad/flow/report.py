"""Step `report`: everything a run left, as one summary, one Markdown file and its figures."""

import json
import platform
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import l1ad
from l1ad.config.loading import load_config
from l1ad.config.target import TargetConfig
from l1ad.core.errors import DataError
from l1ad.core.network import Conv2D, Dense
from l1ad.core.tensor import TensorType
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.core.trigger_file import algorithm_digest, trigger_digest, write_text_safely
from l1ad.data.opening import events_digest, open_events
from l1ad.data.score_file import read_scores
from l1ad.flow.build import TARGET_FILE
from l1ad.flow.check import check_firmware
from l1ad.flow.events import BACKGROUND, sources, unseen_scores
from l1ad.flow.freeze import REMOVED
from l1ad.flow.rate_table import configured_stream
from l1ad.flow.results import load_estimate
from l1ad.flow.run_directory import RunDirectory
from l1ad.flow.train import RECORD as TRAINING_RECORD
from l1ad.metrics.efficiency import roc
from l1ad.rates.rate import rate_at
from l1ad.rates.stream import Stream
from l1ad.report.content import RateCurve, ReportContent
from l1ad.report.figures import draw_figures
from l1ad.report.markdown import markdown_report
from l1ad.rtl.project import DESIGN_FILE

__all__ = ["report"]

_MAX_CURVE_POINTS = 400


def report(run: RunDirectory) -> Path:
    """Write `summary.json`, `report.md` and `figures/` from what the steps left.

    Raises:
        DataError: If a step is missing, or two steps used different states of `trigger.json`.
    """
    trigger = run.trigger()
    verified = run.read_json("verify.json", step="verify")
    rated = run.read_json("rates.json", step="rates")
    for name, result in (("verify", verified), ("rates", rated)):
        if result["trigger_digest"] != trigger_digest(trigger):
            raise DataError(
                f"{run.path / name}.json is of another trigger.json; run `l1ad {name} {run.path}` again"
            )
    summary = _summary(run, trigger, verified, rated)
    run.write_json("summary.json", summary)
    content = _content(run, trigger, summary)
    draw_figures(content, run.path / "figures")
    write_text_safely(run.path / "report.md", markdown_report(content))
    return run.path / "report.md"


def _summary(
    run: RunDirectory, trigger: TriggerAlgorithm, verified: dict[str, Any], rated: dict[str, Any]
) -> dict[str, Any]:
    folder = run.firmware(trigger)
    estimate = load_estimate(folder)
    return {
        "name": trigger.name,
        **{key: value for key, value in verified.items() if key != "trigger_digest"},
        "latency": _latency(verified["timing"], folder),
        "resources": None if estimate is None else {**asdict(estimate), "total": asdict(estimate.total)},
        "budget": [asdict(line) for line in check_firmware(folder)],
        "thresholds": dict(trigger.thresholds),
        "stream": rated["stream"],
        "budgets": rated["budgets"],
        "rates": rated["rates"],
        "efficiencies": rated["efficiencies"],
        "firmware": str(folder),
        "digests": {
            "algorithm": algorithm_digest(trigger),
            "trigger": trigger_digest(trigger),
            "training": str(trigger.provenance.get("training_digest", "")),
            "events": {
                name: events_digest(where) for name, where in sources(run.config.data).items()
            },
        },
        "versions": {
            "l1ad": l1ad.__version__,
            "python": platform.python_version(),
            **{name: version(name) for name in ("numpy", "hls4ml", "scikit-learn", "scipy")},
            **_text_versions(trigger),
        },
    }  # fmt: skip


def _latency(timing: dict[str, Any] | None, folder: Path) -> dict[str, Any]:
    """Tell the latency: measured in simulation where it was, else as the pipeline was planned."""
    design = json.loads((folder / "rtl" / DESIGN_FILE).read_text(encoding="utf-8"))
    target = load_config(folder / TARGET_FILE, TargetConfig)
    cycles = design["planned_latency_cycles"] if timing is None else timing["latency_max"]
    return {
        "kind": "planned by the delay model" if timing is None else "measured in cycle-true simulation",
        "latency_cycles": cycles,
        "latency_ns": cycles * target.clock.period_ns,
        "initiation_interval_cycles": design["initiation_interval_cycles"]
        if timing is None
        else timing["interval_min"],
        "clock_mhz": target.clock_mhz,
        "budget_cycles": target.budget.latency_cycles,
        "within_budget": cycles <= target.budget.latency_cycles,
        "stage_ns": design["stage_ns"],
        "usable_ns": design["usable_ns"],
        "target": target.name,
    }


def _history(run: RunDirectory, trigger: TriggerAlgorithm) -> list[dict[str, float]]:
    if "imported_from" in trigger.provenance:
        return []
    history: list[dict[str, float]] = run.read_json(TRAINING_RECORD, step="train")["history"]
    return history


def _notes(run: RunDirectory, trigger: TriggerAlgorithm) -> tuple[str, ...]:
    """Say what an import lost, or what a training met and freezing left out."""
    if "imported_from" in trigger.provenance:
        notes = trigger.provenance.get("notes", [])
        return tuple(str(note) for note in notes) if isinstance(notes, list) else ()
    record = run.read_json(TRAINING_RECORD, step="train")
    return (*record["warnings"], run.read_json(REMOVED, step="freeze")["sentence"])


def _score_costs(run: RunDirectory) -> list[list[str]]:
    if not (run.path / "evaluation.json").is_file():
        return []
    evaluated = run.read_json("evaluation.json", step="evaluate")
    if evaluated["training_digest"] != run.read_json(TRAINING_RECORD, step="train")["digest"]:
        raise DataError(
            f"{run.path / 'evaluation.json'} is of another training; run `l1ad evaluate {run.path}` again"
        )
    return [
        [signal, point, f"{one['deployed']:.2%}", f"{one['best']:.2%}", one["score"]]
        for signal, points in evaluated["cost"].items()
        for point, one in points.items()
    ]


def _text_versions(trigger: TriggerAlgorithm) -> dict[str, str]:
    versions = trigger.provenance.get("versions", {})
    return {str(k): str(v) for k, v in versions.items()} if isinstance(versions, dict) else {}


def _content(run: RunDirectory, trigger: TriggerAlgorithm, summary: dict[str, Any]) -> ReportContent:
    digest = algorithm_digest(trigger)
    scores = {
        name: read_scores(run.scores(name), algorithm_digest=digest)
        for name in (BACKGROUND, *run.config.data.signals)
    }
    values = {name: one.score_raw for name, one in scores.items()}
    values[BACKGROUND] = unseen_scores(run.config.data, values[BACKGROUND])
    stream = configured_stream(run.config.rates)
    return ReportContent(
        name=trigger.name,
        summary=summary,
        layers=_layer_rows(trigger),
        scores=values,
        roc={name: roc(values[BACKGROUND], values[name]) for name in run.config.data.signals},
        rate_curve=_rate_curve(values[BACKGROUND], stream),
        history=_history(run, trigger),
        origin=f"{trigger.provenance.get('imported_from')} ({trigger.provenance.get('kind')})",
        notes=_notes(run, trigger),
        score_costs=_score_costs(run),
        titles=_titles(run),
    )


def _rate_curve(background_raw: NDArray[np.int64], stream: Stream) -> RateCurve:
    levels = np.unique(background_raw)
    chosen = levels[np.unique(np.linspace(0, len(levels) - 1, _MAX_CURVE_POINTS).astype(int))]
    points = [rate_at(int(level), background_raw, stream) for level in chosen]
    return RateCurve(
        threshold_raw=chosen,
        rate_hz=np.array([point.rate_hz for point in points]),
        low_hz=np.array([point.low_hz for point in points]),
        high_hz=np.array([point.high_hz for point in points]),
    )


def _layer_rows(trigger: TriggerAlgorithm) -> list[list[str]]:
    layout = trigger.layout
    rows = [["input scaling", str(layout.n_inputs), "", _told(trigger.scaling.result), ""]]
    for layer, given in trigger.network.given():
        result = _told(layer.output_type(given))
        if isinstance(layer, Dense | Conv2D):
            shape = " x ".join(str(size) for size in layer.weights_raw.shape)
            rows.append([layer.name, shape, str(layer.weight_type), result, f"{layer.sum.sparsity:.1%}"])
        else:
            rows.append([layer.name, str(layer.n_out), "", result, ""])
    return [*rows, ["score", "1", "", str(trigger.score.result), ""]]


def _told(kind: TensorType) -> str:
    return str(kind.types[0]) if kind.is_uniform else f"{len(set(kind.types))} types"


def _titles(run: RunDirectory) -> dict[str, str]:
    """Call each sample as its file's configuration does, or by its name."""
    titles: dict[str, str] = {}
    for name, where in sources(run.config.data).items():
        configuration = open_events(where).provenance.get("configuration")
        titles[name] = str(configuration.get("title", name)) if isinstance(configuration, dict) else name
    return titles
