"""Step `verify --against`: what anything else gave for a file of events, integer for integer."""

from pathlib import Path

from l1ad.core.errors import DataError, DivergenceError
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.data.event_file import read_events
from l1ad.data.result_file import read_results
from l1ad.data.samples import locate_events
from l1ad.emulate.compare import compared
from l1ad.emulate.divergence import divergence_report
from l1ad.emulate.engine import trace
from l1ad.flow.verification import Verification

__all__ = ["verify_against"]


def verify_against(trigger: TriggerAlgorithm, source: str, results: tuple[Path, ...]) -> Verification:
    """Compare results of hardware or of a vendor tool with the emulator, or two such files with each other.

    Args:
        trigger: The algorithm.
        source: The events that were run: an event file or `sample:NAME`.
        results: CSV files as `read_results` describes them, a line for each event of `source` in order; fewer
            lines stand for the first events. Of several, the first is what the others are compared with.

    Raises:
        DataError: If a file is no such table, or has more lines than there are events.
        DivergenceError: If any integer differs; the message names event, element, words and bits.
    """
    events = read_events(locate_events(source))
    if events.layout != trigger.layout:
        raise DataError(
            f"{source}: events of layout {events.layout.name!r}, the algorithm reads {trigger.layout.name!r}"
        )
    expected = trace(trigger, events.inputs_raw)
    widths = {name: values.shape[1] for name, values in expected.items()}
    found = {str(path): read_results(path, widths) for path in results}
    lines = {name: len(next(iter(tensors.values()))) for name, tensors in found.items()}
    for name, n_lines in lines.items():
        if n_lines > len(events):
            raise DataError(f"{name}: {n_lines} lines for {len(events)} events of {source}")
    n_common = min(lines.values())
    tables = {"emulator": expected, **found} if len(found) == 1 else found
    reference, *others = tables
    agreements = []
    for name in others:
        cut = [{one: values[:n_common] for one, values in tables[key].items()} for key in (reference, name)]
        try:
            agreement = compared(name, *cut, reference=reference)
        except ValueError as fault:
            raise DataError(str(fault)) from None
        if agreement.first is not None:
            event = agreement.first.event
            raise DivergenceError(divergence_report(trigger, agreement, events.inputs_raw[event]))
        agreements.append(agreement)
    return Verification(agreements=tuple(agreements), skipped={})
