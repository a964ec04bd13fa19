"""Models that exist already, made trigger algorithms."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from l1ad.api.algorithm import Algorithm
from l1ad.api.configuration import ConfigLike, chosen_config, chosen_import
from l1ad.config.importing import ImportConfig
from l1ad.core.trigger_file import save_trigger
from l1ad.flow.importing import begin_run
from l1ad.flow.importing import import_model as run_import
from l1ad.flow.targets import check_target

__all__ = ["import_model"]


def import_model(
    model: str | Path,
    config: ImportConfig | str | Path | Mapping[str, Any] | None = None,
    *,
    out: str | Path | None = None,
    run: str | Path | None = None,
    run_config: ConfigLike | None = None,
) -> Algorithm:
    """Make an existing model a trigger algorithm, without its framework, as `l1ad import`.

    Args:
        model: A Keras or QKeras file, a QONNX graph, or the folder of an hls4ml project.
        config: What the file does not say: layout, scaling, score, formats; a YAML file or its keys.
        out: The `trigger.json` to write.
        run: Instead: run directory to begin, for the steps that follow; `Run.open` opens it.
        run_config: With `run`: configuration of events, firmware and rates.

    Returns:
        The algorithm; its `remarks()` say what was lost, and are empty where nothing was.

    Raises:
        TypeError: If neither `out` nor `run` is given, or both.
        L1adError: If the model holds what no firmware computes exactly; the layer is named.
    """
    if (out is None) == (run is None):
        raise TypeError("give either out, a trigger.json to write, or run, a run directory to begin")
    source = Path(model)
    if out is not None:
        given = [Path(config)] if isinstance(config, str | Path) else []
        check_target(Path(out), source, *given)
    trigger = run_import(source, chosen_import(config)).trigger
    if run is not None:
        return Algorithm(begin_run(Path(run), chosen_config({} if run_config is None else run_config), trigger))
    target = Path(out or "trigger.json")
    save_trigger(trigger, target)
    return Algorithm(target)
