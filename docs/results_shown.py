"""What results look like: made while the site is built, of what ships, so it cannot be older than the code."""

from pathlib import Path

from l1ad.api.algorithm import load_trigger
from l1ad.data.opening import open_events
from l1ad.data.samples import SAMPLE_PREFIX, locate_events, shipped_samples

__all__ = ["inspection", "samples"]

_REFERENCE = Path(__file__).parents[1] / "firmware" / "reference" / "trigger.json"


def inspection() -> str:
    """Inspect the algorithm that the repository keeps, as a notebook shows it."""
    return f'<div class="result" markdown="0">\n{load_trigger(_REFERENCE).inspect()._repr_html_()}\n</div>'


def samples() -> str:
    """List the samples that ship, by the name that commands take."""
    lines = ["| sample | what it is | events |", "| --- | --- | ---: |"]
    for name in shipped_samples():
        where = f"{SAMPLE_PREFIX}{name}"
        events = open_events(locate_events(where))
        configuration = events.provenance.get("configuration")
        title = configuration.get("title", "") if isinstance(configuration, dict) else ""
        lines.append(f"| `{where}` | {title} | {events.n_events:,} |")
    return "\n".join(lines)
