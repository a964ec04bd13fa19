"""The samples that ship with the package: simulated events small enough to download with it."""

from importlib.resources import files
from pathlib import Path

from l1ad.core.errors import DataError

__all__ = ["SAMPLE_PREFIX", "locate_events", "shipped_samples"]

SAMPLE_PREFIX = "sample:"


def shipped_samples() -> dict[str, Path]:
    """List the event files that ship with the package, by name."""
    folder = Path(str(files(__name__)))
    return {path.stem: path for path in sorted(folder.glob("*.h5"))}


def locate_events(name: str) -> Path:
    """Find an event file: `sample:NAME` for one that ships, anything else is a path.

    Raises:
        DataError: If no sample of that name ships.
    """
    if not name.startswith(SAMPLE_PREFIX):
        return Path(name)
    samples = shipped_samples()
    wanted = name.removeprefix(SAMPLE_PREFIX)
    if wanted not in samples:
        raise DataError(f"no sample {wanted!r} ships with l1ad; there are {', '.join(samples)}")
    return samples[wanted]
