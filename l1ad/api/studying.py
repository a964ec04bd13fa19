"""Studies: families of networks compared."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from l1ad.api.progress import progress_bar
from l1ad.api.shown import Shown, grown
from l1ad.config.studies.families import StudyConfig
from l1ad.config.study import load_study, parse_study
from l1ad.core.plain import plain
from l1ad.flow.study import save_study
from l1ad.flow.study import study as run_study
from l1ad.report.document import Document, Table

__all__ = ["Studied", "study"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Studied(Shown, Document):
    """What a study found; attributes as `l1ad.report.document.Document`.

    Attributes:
        page: The HTML page.
    """

    page: Path

    def headline(self) -> str:
        """Say which study, and of what."""
        return f"{self.title}: {self.subtitle}"

    def document(self) -> dict[str, Any]:
        """Lay the results out for JSON, as `l1ad study --json`."""
        return dict(plain(self.data))

    def tables(self) -> tuple[Table, ...]:
        """Show the tables of the first section; the page has all."""
        return tuple(block for block in self.sections[0].blocks if isinstance(block, Table))

    def remarks(self) -> tuple[str, ...]:
        """Say the verdicts."""
        return tuple(f"{one.what}: {one.found}" for one in self.verdicts)


def study(
    config: StudyConfig | str | Path | Mapping[str, Any],
    out: str | Path,
    *,
    workers: int = 1,
    progress: bool | None = None,
) -> Studied:
    """Train families of networks on the same data and compare them, as `l1ad study`.

        found = l1ad.study("configs/studies/data_quality.yaml", "runs/data_quality", workers=2)
        found.data["families"][0]["auc"]

    What is in the folder already is gone on with.

    Args:
        config: A study, a YAML file, e.g. `configs/studies/jets.yaml`, or its keys and values.
        out: Folder of the study: data, trials, study.html.
        workers: Processes on this machine.
        progress: Whether to show how far it is; None shows it in a terminal.

    Raises:
        ConfigError: If the configuration says something unknown or out of range.
        DataError: If the data cannot be used.
        ToolError: If an extra is not installed, or a process was killed.
    """
    wanted = _chosen(config)
    with progress_bar("study", progress) as tell:
        document = run_study(wanted, Path(out), workers=workers, progress=tell)
    with progress_bar("write", progress) as tell:
        page = save_study(document, Path(out), progress=tell)
    return grown(Studied, document, page=page)


def _chosen(config: StudyConfig | str | Path | Mapping[str, Any]) -> StudyConfig:
    if isinstance(config, StudyConfig):
        return config
    if isinstance(config, str | Path):
        return load_study(Path(config))
    return parse_study(dict(config), where="study")
