"""The doors for models: one in for those that exist already, one out for other tools."""

from pathlib import Path
from typing import Annotated

import typer

from l1ad.cli import completion
from l1ad.cli.options import JsonOption, RunOrTriggerArgument

__all__ = ["export", "import_"]


def import_(
    model: Annotated[
        Path, typer.Argument(help="Keras or QKeras file (.keras, .h5, .json), QONNX graph, or hls4ml project.")
    ],
    out: Annotated[Path | None, typer.Option(help="trigger.json to write.")] = None,
    run: Annotated[
        Path | None,
        typer.Option(
            help="Instead: run directory to begin, for the steps that follow.", autocompletion=completion.runs
        ),
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="What the file does not say: layout, scaling, score, formats (YAML).")
    ] = None,
    run_config: Annotated[
        Path | None, typer.Option(help="With --run: configuration of events, firmware and rates.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Make an existing model a trigger algorithm, without its framework; losses are listed."""
    from l1ad.cli.terminal import show
    from l1ad.config.importing import ImportConfig
    from l1ad.config.loading import load_config
    from l1ad.config.run import RunConfig
    from l1ad.core.trigger_file import algorithm_digest, save_trigger
    from l1ad.flow.importing import begin_run, import_model
    from l1ad.flow.targets import check_target

    if (out is None) == (run is None):
        raise typer.BadParameter("give either --out trigger.json or --run DIRECTORY")
    if out is not None:
        check_target(out, model, *([] if config is None else [config]))
    imported = import_model(model, ImportConfig() if config is None else load_config(config, ImportConfig))
    trigger = imported.trigger
    if run is not None:
        settings = RunConfig() if run_config is None else load_config(run_config, RunConfig)
        target = begin_run(run, settings, trigger)
    else:
        target = out or Path("trigger.json")
        save_trigger(trigger, target)
    digest = algorithm_digest(trigger)
    lines = [
        f"{target}: {imported.kind} of {len(trigger.network.layers)} layers, {trigger.layout.n_inputs} inputs, "
        f"{trigger.network.n_outputs} outputs, algorithm {digest[:12]}",
        *(imported.notes or ("nothing was rounded: every weight and format is the model's own",)),
    ]
    document = {"file": str(target), "kind": imported.kind, "algorithm": digest, "notes": list(imported.notes)}
    show(document, "\n".join(lines), as_json=json)


def export(
    source: RunOrTriggerArgument,
    out: Annotated[
        Path | None, typer.Option(help="File to write; <name>.onnx beside the trigger.json by default.")
    ] = None,
    to: Annotated[str, typer.Option(help="Format; 'qonnx' is known.")] = "qonnx",
    json: JsonOption = False,
) -> None:
    """Write the algorithm as a QONNX file that qonnx and ONNX Runtime run to the same integers."""
    from l1ad.cli.terminal import show
    from l1ad.core.names import cpp_identifier
    from l1ad.core.trigger_file import load_trigger
    from l1ad.exchange.qonnx.export import export_qonnx
    from l1ad.flow.run_directory import RunDirectory
    from l1ad.flow.targets import check_target

    if to != "qonnx":
        raise typer.BadParameter(f"{to!r} is no format that is known; 'qonnx' is")
    file = RunDirectory.open(source).trigger_file if source.is_dir() else source
    trigger = load_trigger(file)
    target = out or file.with_name(f"{cpp_identifier(trigger.name)}.onnx")
    check_target(target, file)
    export_qonnx(trigger, target)
    size = target.stat().st_size
    text = f"{target}: {size / 1e3:.1f} kB, hardware integers in, score word out; `l1ad verify` runs it"
    show({"file": str(target), "bytes": size}, text, as_json=json)
