"""What people call the samples of a run, and whether they are data or simulation."""

from pathlib import Path

from l1ad.data.opening import open_events
from l1ad.flow.events import sources
from l1ad.flow.run_directory import RunDirectory

__all__ = ["events_origin", "sample_titles"]


_SIMULATED = "l1ad simulate"


def sample_titles(run: RunDirectory) -> dict[str, str]:
    """Call each sample as its file's configuration does, or by its name; the background first."""
    titles: dict[str, str] = {}
    for name, where in sources(run.config.data).items():
        configuration = open_events(where).provenance.get("configuration")
        titles[name] = str(configuration.get("title", name)) if isinstance(configuration, dict) else name
    return titles


def events_origin(where: str | Path) -> str:
    """Say in a few words what events are: simulated, or of which file.

    Events count as simulated where `l1ad simulate` is in their provenance, joined and converted ones too.
    """
    provenance = str(open_events(where).provenance)
    return "counted on simulated events" if _SIMULATED in provenance else f"counted on {Path(where).name}"
