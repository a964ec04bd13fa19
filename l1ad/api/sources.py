"""How events are named, one or several."""

from collections.abc import Sequence
from pathlib import Path

__all__ = ["Sources", "listed"]

Sources = str | Path | Sequence[str | Path]
"""Files of any format or `sample:NAME`, one or several."""


def listed(sources: Sources) -> list[str]:
    """List what is named; nothing for an empty sequence."""
    return [str(sources)] if isinstance(sources, str | Path) else [str(one) for one in sources]
