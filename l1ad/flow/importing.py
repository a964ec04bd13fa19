"""Step `import`: from a model file that exists to a trigger algorithm, without its framework."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import l1ad
from l1ad.config.importing import ImportConfig, InputsConfig, ScalingConfig
from l1ad.config.run import RunConfig
from l1ad.core.errors import ConfigError, DataError
from l1ad.core.fixed import FixedType
from l1ad.core.layout import InputLayout
from l1ad.core.layouts import known_layouts, numbered_inputs
from l1ad.core.network import FrozenNetwork
from l1ad.core.scaling import Scaling, lossless_working_type
from l1ad.core.score import Score, ScoreFunction
from l1ad.core.tensor import TensorType
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.core.trigger_file import save_trigger
from l1ad.data.opening import load_events
from l1ad.exchange.chosen_types import ChosenTypes
from l1ad.exchange.hls4ml.network import network_from_hls4ml
from l1ad.exchange.imported import Imported
from l1ad.exchange.keras.network import network_from_keras
from l1ad.exchange.qonnx.network import network_from_qonnx
from l1ad.exchange.scaler import ScalerLoss, read_scaler, scaling_from_mean_and_scale
from l1ad.flow.run_directory import RunDirectory

__all__ = ["ImportedModel", "begin_run", "import_model"]

_CALIBRATION_EVENTS = 100_000
_KERAS, _QONNX = (".keras", ".h5", ".hdf5", ".json"), (".onnx", ".qonnx")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ImportedModel:
    """A model made a trigger algorithm.

    Attributes:
        trigger: The algorithm, without thresholds.
        kind: What it was: a Keras model, a QONNX graph or an hls4ml project.
        notes: One sentence for every loss and every choice; empty when nothing was lost.
    """

    trigger: TriggerAlgorithm
    kind: str
    notes: tuple[str, ...]


def import_model(source: Path, config: ImportConfig) -> ImportedModel:
    """Read an existing model and give it layout, scaling and score.

    Args:
        source: A Keras or QKeras file (.keras, .h5, .json), a QONNX graph (.onnx, .qonnx), or the folder of
            an hls4ml project.
        config: What the file does not say.

    Raises:
        ModelFileError: If the file is none of these, or holds what is not computed exactly.
        NotExactError: If scaling or score do not go with the network.
        ConfigError: If the configuration does not go with the model.
    """
    if not source.exists():
        raise DataError(f"{source}: no such model file or folder")
    try:
        return _imported(source, config)
    except ValueError as fault:  # a format or a name that no algorithm can have
        raise ConfigError(f"{source}: {fault}") from None


def _imported(source: Path, config: ImportConfig) -> ImportedModel:
    layout = _layout(config.layout)
    kind = _kind(source)
    if kind == "hls4ml project":
        imported = network_from_hls4ml(source)
        scaling, loss = _scaling(config, layout, imported.network.input_type)
    else:
        wanted = (
            None if config.input_type is None else TensorType.uniform(FixedType.from_cpp(config.input_type))
        )
        scaling, loss = _scaling(config, layout, wanted)
        imported = _network(kind, source, config, scaling, loss)
        if kind == "QONNX graph" and wanted is None:  # then the graph's own first Quant says it
            scaling, loss = _scaling(config, layout, imported.network.input_type)
    _check_inputs(source, imported.network, layout)
    notes = (*(() if loss is None else loss.notes), *imported.notes)
    name = config.name or (source.resolve().name if source.is_dir() else source.stem)
    trigger = TriggerAlgorithm(
        name=name,
        scaling=scaling,
        network=imported.network,
        score=Score(FixedType.from_cpp(config.score.type), ScoreFunction[config.score.function.upper()]),
        provenance={
            "imported_from": source.name,
            "kind": kind,
            "source_digest": _digest(source),
            "notes": list(notes),
            "versions": {"l1ad": l1ad.__version__},
        },
    )
    return ImportedModel(trigger=trigger, kind=kind, notes=notes)


def begin_run(path: Path, config: RunConfig, trigger: TriggerAlgorithm) -> Path:
    """Begin a run directory with an imported algorithm, for the steps that come after training.

    Raises:
        DataError: If a run is there already; it is left as it is.
    """
    run = RunDirectory.begin(path, config.model_copy(update={"name": trigger.name}))
    if (path / "config.yaml").exists() or run.trigger_file.exists():
        raise DataError(f"{path}: a run is there already; give another directory")
    run.save_config()
    save_trigger(trigger, run.trigger_file)
    return run.trigger_file


def _kind(source: Path) -> str:
    if source.is_dir():
        return "hls4ml project"
    if source.suffix in _QONNX:
        return "QONNX graph"
    if source.suffix in _KERAS:
        return "Keras model"
    raise DataError(
        f"{source}: no model that is known by its ending; known are {', '.join((*_KERAS, *_QONNX))} and "
        "the folder of an hls4ml project"
    )


def _layout(config: str | InputsConfig) -> InputLayout:
    if isinstance(config, InputsConfig):
        return numbered_inputs(config.inputs, width=config.bits, signed=config.signed)
    known = known_layouts()
    if config not in known:
        raise ConfigError(f"input layout {config!r} is not known; known are {', '.join(known)}")
    return known[config]


def _check_inputs(source: Path, network: FrozenNetwork, layout: InputLayout) -> None:
    if network.n_inputs == layout.n_inputs:
        return
    fitting = [name for name, one in known_layouts().items() if one.n_inputs == network.n_inputs]
    hint = fitting[0] if fitting else f"{{inputs: {network.n_inputs}, bits: 10, signed: true}}"
    raise ConfigError(
        f"{source}: reads {network.n_inputs} inputs, layout {layout.name!r} has {layout.n_inputs}; "
        f"say in the import configuration which they are, e.g. 'layout: {hint}'"
    )


def _network(
    kind: str, source: Path, config: ImportConfig, scaling: Scaling, loss: ScalerLoss | None
) -> Imported:
    corrected = config.scaling.into_weights
    if kind == "QONNX graph":
        if corrected:
            raise ConfigError(
                "scaling.into_weights is for float Keras models; the weights of a graph are fixed"
            )
        given = None if config.input_type is None else scaling.result
        return network_from_qonnx(source, input_type=given, output=config.output)
    weights = None if config.weights is None else Path(config.weights)
    return network_from_keras(
        source, input_type=scaling.result, weights=weights, output=config.output,
        types=_chosen_types(config, scaling),
        correction=loss.correction if corrected and loss is not None else None,
    )  # fmt: skip


def _chosen_types(config: ImportConfig, scaling: Scaling) -> ChosenTypes:
    types = config.types
    spellings = {name: one.model_dump(exclude_none=True) for name, one in types.layers.items()}
    return ChosenTypes(
        weight_bits=types.weight_bits, bias_bits=types.bias_bits, activation_bits=types.activation_bits,
        layers=ChosenTypes.read_layers(spellings), calibration=_calibration(types.calibration, scaling),
    )  # fmt: skip


def _calibration(source: str | None, scaling: Scaling) -> NDArray[np.int64] | None:
    if source is None:
        return None
    events = load_events(source, stop=_CALIBRATION_EVENTS)
    if events.layout != scaling.layout:
        raise ConfigError(
            f"{source}: events of layout {events.layout.name!r}, the model's is {scaling.layout.name!r}"
        )
    return scaling.apply(events.inputs_raw)


def _scaling(
    config: ImportConfig, layout: InputLayout, result: TensorType | None
) -> tuple[Scaling, ScalerLoss | None]:
    """Make the scaling, with what a scaler loses in it; without an input type the inputs keep every bit."""
    said = config.scaling
    working = None if said.working_type is None else FixedType.from_cpp(said.working_type)
    if said.scaler is not None:
        if result is None:
            raise ConfigError("with a scaler, give the number format of the scaled inputs as well: input_type")
        mean, scale = read_scaler(Path(said.scaler))
        return scaling_from_mean_and_scale(
            layout, mean, scale, working=working, result=result, physical=said.physical
        )
    offsets, shifts = _each(said, layout.n_inputs)
    if working is None:
        working = lossless_working_type(layout, offsets, shifts)
    scaling = Scaling(
        layout=layout, offsets=offsets, shifts=shifts, working=working,
        result=TensorType.uniform(working) if result is None else result,
    )  # fmt: skip
    return scaling, None


def _each(said: ScalingConfig, n_inputs: int) -> tuple[tuple[float, ...], tuple[int, ...]]:
    offsets, shifts = said.offsets or 0.0, said.shifts or 0
    each = (
        tuple(offsets) if isinstance(offsets, list) else (offsets,) * n_inputs,
        tuple(shifts) if isinstance(shifts, list) else (shifts,) * n_inputs,
    )
    if {len(one) for one in each} != {n_inputs}:
        raise ConfigError(f"scaling: {len(each[0])} offsets and {len(each[1])} shifts for {n_inputs} inputs")
    return each


def _digest(source: Path) -> str:
    """Digest a file, or every file of a folder with its name."""
    files = sorted(path for path in source.rglob("*") if path.is_file()) if source.is_dir() else [source]
    total = hashlib.sha256()
    for file in files:
        total.update(str(file.relative_to(source)).encode())
        total.update(file.read_bytes())
    return total.hexdigest()
