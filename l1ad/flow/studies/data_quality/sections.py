"""Lumi sections for a study: the user's table, or one that is made and kept in the study's folder."""

import functools
import shutil
from pathlib import Path
from typing import Any

import numpy as np

import l1ad
from l1ad.config.studies.data_quality import LumiSectionsConfig, QualityDataConfig
from l1ad.core.progress import Progress
from l1ad.data.quality_rows import QualityRows
from l1ad.data.quality_table import writing_quality_table
from l1ad.flow.studies.trials import definition_digest
from l1ad.simulate.chunks import run_chunks, save_arrays
from l1ad.simulate.lumi_sections import Monitoring, monitored_run
from l1ad.simulate.monitored_quantities import FEATURES

__all__ = ["prepared_table"]

_GENERATOR = 1
"""Counts up when the generator gives other numbers for the same settings."""

_ROWS = ("features", "good", "failure_mode", "run", "lumi_section")


def prepared_table(config: QualityDataConfig, folder: Path, *, workers: int, progress: Progress) -> Path:
    """Give the path of the table, which is made where it is not there yet.

    Runs of a table are made apart, each whole or not at all, and do not depend on one another: any number of
    workers makes the same table, and one that was stopped goes on.

    Args:
        config: Which table.
        folder: Has the table that is made.
        workers: Processes.
        progress: Told the runs done.
    """
    if config.table is not None:
        return Path(config.table)
    decisive = {**config.made.model_dump(mode="json"), **_versions()}
    table = folder / f"sections_{definition_digest(decisive)[:12]}.h5"
    if table.exists():
        return table
    parts = folder / f".{table.stem}"
    parts.mkdir(parents=True, exist_ok=True)
    files = [parts / f"{number:05}.npz" for number in range(config.made.runs)]
    run_chunks(
        functools.partial(_make_run, _monitoring(config.made)), files, workers=workers, progress=progress
    )
    with writing_quality_table(table, FEATURES, provenance={"generator": decisive}) as writer:
        for file in files:
            with np.load(file, allow_pickle=False) as found:
                writer.append(QualityRows(**{name: found[name] for name in _ROWS}))
    shutil.rmtree(parts)
    return table


def _monitoring(made: LumiSectionsConfig) -> Monitoring:
    return Monitoring(
        seed=made.seed, sections=made.sections, bad_share=made.bad_share, harmless_share=made.harmless_share,
        severity=made.severity,
    )  # fmt: skip


def _make_run(settings: Monitoring, number: int, file: Path) -> None:
    sections = monitored_run(settings, number)
    save_arrays(file, {name: getattr(sections, name) for name in _ROWS})


def _versions() -> dict[str, Any]:
    return {"l1ad": l1ad.__version__, "numpy": np.__version__, "generator": _GENERATOR}
