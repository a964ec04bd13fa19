"""What a report says of the trigger menu beside the algorithm, gathered from a run."""

from collections.abc import Mapping

from l1ad.core.menu import Menu
from l1ad.data.opening import open_events
from l1ad.flow.event_parts import Workers
from l1ad.flow.rate_menu import beside_menu
from l1ad.flow.rate_table import configured_stream
from l1ad.flow.rates import unseen_background
from l1ad.flow.run_directory import RunDirectory
from l1ad.report.overlap_section import OverlapContent

__all__ = ["gather_overlap"]


def gather_overlap(
    run: RunDirectory, titles: Mapping[str, str], *, workers: Workers | None = None
) -> OverlapContent:
    """Hold the thresholds of a run against the menu whose decisions its background carries, if it does.

    Args:
        run: The run, with thresholds in its `trigger.json`.
        titles: What to call each sample.
        workers: Who counts; this process unless told.

    Raises:
        ConfigError: If the algorithm has no thresholds.
    """
    data, stream = run.config.data, configured_stream(run.config.rates)
    menu = _menu_of(data.background)
    if menu is None:
        return OverlapContent(stream=str(stream), comparison=None, gains={}, left_out={}, titles=titles)
    signals: dict[str, str] = {}
    left_out: dict[str, str] = {}
    for name, where in data.signals.items():
        carried = _menu_of(where)
        if carried == menu:
            signals[name] = where
        else:
            without = "carries no decisions of a trigger menu" if carried is None else "carries another menu"
            left_out[name] = f"{without}, so its gain is not known"
    found = beside_menu(unseen_background(run), stream, signals=signals, workers=workers or Workers())
    return OverlapContent(
        stream=found.stream, comparison=found.comparison, gains=found.gains, left_out=left_out, titles=titles
    )


def _menu_of(source: str) -> Menu | None:
    """Give the menu whose decisions events carry; None without one."""
    block = next(iter(open_events(source).blocks(1)), None)
    return None if block is None or block.menu_bits is None else block.menu
