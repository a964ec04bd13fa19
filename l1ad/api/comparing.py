"""Runs and classical references side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from l1ad.api.progress import progress_bar
from l1ad.api.run import Run
from l1ad.api.shown import Shown, grown
from l1ad.flow.compare import compare as run_compare
from l1ad.flow.compare import save_comparison
from l1ad.report.comparison import Comparison
from l1ad.report.comparison_tables import comparison_remarks, comparison_table
from l1ad.report.document import Table

__all__ = ["Compared", "compare"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Compared(Shown, Comparison):
    """Algorithms side by side; attributes as `l1ad.report.comparison.Comparison`."""

    def headline(self) -> str:
        """Say what was compared on what."""
        return f"{len(self.algorithms)} algorithms on {self.n_background:,} background events, {self.stream}"

    def document(self) -> dict[str, Any]:
        """Lay the result out for JSON, as `l1ad compare --json`."""
        return Comparison.document(self)

    def tables(self) -> tuple[Table, ...]:
        """Show the efficiencies at the tightest budget, ratios to the reference, and costs."""
        return (comparison_table(self),)

    def remarks(self) -> tuple[str, ...]:
        """Say where an algorithm finds more than what should bound it."""
        return comparison_remarks(self)


def compare(
    runs: Sequence[Run | str | Path],
    *,
    reference: Run | str | Path | None = None,
    classical: bool = True,
    out: str | Path | None = None,
    progress: bool | None = None,
) -> Compared:
    """Compare runs and classical references on the same events at the same rates, as `l1ad compare`.

        found = l1ad.compare(["runs/demo", "runs/demo_hgq"], reference="runs/demo", out="comparison")
        found.tables()[0].rows

    Args:
        runs: The runs, or their directories.
        reference: Run that the efficiencies of all are divided by.
        classical: Whether classical references are compared too.
        out: Folder to write the comparison and its figures into.
        progress: Whether to show how far it is; None shows it in a terminal.

    Raises:
        DataError: If the runs are not of the same events, or one has no scores.
    """
    with progress_bar("compare", progress) as tell:
        found = run_compare(
            [_opened(run).directory for run in runs],
            reference=None if reference is None else _opened(reference).directory,
            classical=classical,
            progress=tell,
        )
        if out is not None:
            save_comparison(found, Path(out))
    return grown(Compared, found)


def _opened(run: Run | str | Path) -> Run:
    return run if isinstance(run, Run) else Run.open(run)
