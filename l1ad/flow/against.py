"""Step `verify --against`: what anything else gave for a file of events, integer for integer."""

from pathlib import Path

from l1ad.core.errors import DataError, DivergenceError
from l1ad.core.trace import SCALED_INPUTS, SCORE, Trace, accept_name
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.data.opening import load_events
from l1ad.data.result_file import read_results
from l1ad.emulate.compare import Agreement, compared
from l1ad.emulate.divergence import divergence_report
from l1ad.emulate.engine import trace
from l1ad.flow.verification import Verification

__all__ = ["verify_against"]

_BLOCK_EVENTS = 8_192


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
    widths = {SCALED_INPUTS: trigger.layout.n_inputs}
    widths |= {layer.name: layer.n_out for layer in trigger.network.layers}
    widths |= {SCORE: 1} | {accept_name(name): 1 for name in trigger.thresholds}
    tables = [(str(path), read_results(path, widths)) for path in results]
    n_common = min(_lines(table) for _, table in tables)
    events = load_events(source, stop=max(_lines(table) for _, table in tables))
    if events.layout != trigger.layout:
        raise DataError(f"{source}: events of {events.layout.told_apart(trigger.layout)}")
    for name, table in tables:
        if _lines(table) > len(events):
            raise DataError(f"{name}: {_lines(table)} lines for {len(events)} events of {source}")
    agreements: list[Agreement] = []
    for name, table in tables[1:] or tables:
        total: Agreement | None = None
        for start in range(0, n_common, _BLOCK_EVENTS):
            block = slice(start, min(start + _BLOCK_EVENTS, n_common))
            reference, expected = (
                (tables[0][0], _cut(tables[0][1], block))
                if len(tables) > 1
                else ("emulator", trace(trigger, events.inputs_raw[block]))
            )
            part = _compared(name, expected, _cut(table, block), reference)
            total = part if total is None else total.then(part)
        if total is not None:
            agreements.append(total)
    for agreement in agreements:
        if agreement.first is not None:
            event_raw = events.inputs_raw[agreement.first.event]
            raise DivergenceError(divergence_report(trigger, agreement, event_raw))
    return Verification(agreements=tuple(agreements), skipped={})


def _lines(table: Trace) -> int:
    return len(next(iter(table.values())))


def _cut(table: Trace, block: slice) -> Trace:
    return {name: values[block] for name, values in table.items()}


def _compared(name: str, expected: Trace, found: Trace, reference: str) -> Agreement:
    try:
        return compared(name, expected, found, reference=reference)
    except ValueError as fault:
        raise DataError(str(fault)) from None
