"""The history of a training as a CSV file, for spreadsheets and plotting tools."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from l1ad.core.trigger_file import write_text_safely

__all__ = ["write_history"]


def write_history(path: Path, history: Sequence[dict[str, float]]) -> None:
    """Write one line an epoch; a column is there if any epoch knows it."""
    columns = list(dict.fromkeys(name for record in history for name in record))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: f"{value:.8g}" for name, value in record.items()} for record in history)
    write_text_safely(path, text.getvalue())
