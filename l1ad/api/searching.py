"""Many configurations, searched."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from l1ad.api.progress import progress_bar
from l1ad.api.shown import Shown, grown
from l1ad.config.loading import parse_config
from l1ad.config.scan import ScanConfig, load_scan
from l1ad.flow.scan import Scan
from l1ad.flow.scan import scan as run_scan
from l1ad.report.document import Table
from l1ad.report.training_tables import front_table

__all__ = ["Scanned", "scan"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Scanned(Shown, Scan):
    """The trials of a scan so far, and its Pareto front; attributes as `l1ad.flow.scan.Scan`.

    Attributes:
        folder: Folder of the study.
    """

    folder: Path

    def headline(self) -> str:
        """Say how many trials there are, and how many no other one beats."""
        return (
            f"{self.folder}: {len(self.finished)} trials, {len(self.failed)} failed; {len(self.front)} on the "
            "Pareto front"
        )

    def document(self) -> dict[str, Any]:
        """Lay the result out for JSON, as `l1ad scan --json`."""
        return Scan.document(self)

    def tables(self) -> tuple[Table, ...]:
        """Show the Pareto front."""
        return (front_table(self.document(), where=str(self.folder)),)

    def remarks(self) -> tuple[str, ...]:
        """Say why trials failed."""
        return tuple(f"trial {number} failed: {reason}" for number, reason in self.failed.items())


def scan(
    config: ScanConfig | str | Path | Mapping[str, Any],
    out: str | Path,
    *,
    trials: int | None = None,
    workers: int = 1,
    scheduler: str | None = None,
    progress: bool | None = None,
) -> Scanned:
    """Search configurations with Optuna: efficiency on development signals against cells, as `l1ad scan`.

    What is in the folder already is gone on with. A trial becomes a run of its own with the configuration in
    its record: `l1ad.Run.begin("runs/best", found.front[0].document)`.

    Args:
        config: A scan, a YAML file, e.g. `configs/scan.yaml`, or its keys and values.
        out: Folder of the study: study.db, trials, picture of the front.
        trials: Trials in all instead of the configuration's.
        workers: Processes on this machine.
        scheduler: Dask scheduler whose workers evaluate, e.g. `tcp://10.0.0.1:8786`.
        progress: Whether to show how far it is; None shows it in a terminal.

    Raises:
        ConfigError: If the configuration says something unknown or out of range.
        DataError: If there are no development signals, or the folder holds another scan.
    """
    wanted = _chosen(config)
    if trials is not None:
        wanted = wanted.model_copy(update={"trials": trials})
    with progress_bar("scan", progress) as tell:
        found = run_scan(wanted, Path(out), workers=workers, scheduler=scheduler, progress=tell)
    return grown(Scanned, found, folder=Path(out))


def _chosen(config: ScanConfig | str | Path | Mapping[str, Any]) -> ScanConfig:
    if isinstance(config, ScanConfig):
        return config
    if isinstance(config, str | Path):
        return load_scan(Path(config))
    return parse_config(dict(config), ScanConfig, where="scan")
