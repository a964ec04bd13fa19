"""What the trigger recorded in the field beside the emulator, as tables."""

from l1ad.rates.disagreements import Disagreement, FieldComparison, RecordedComparison
from l1ad.report.document import State, Table
from l1ad.report.plain_tables import made_table

__all__ = ["field_remarks", "field_tables"]

_CAUSES_SHOWN, _EVENTS_SHOWN = 5, 5


def field_tables(comparison: FieldComparison) -> tuple[Table, ...]:
    """Show counts, and of what differs the causes and the first events."""
    counted = Table(
        name="field",
        title=f"{comparison.trigger} beside what was recorded of {comparison.sample}",
        header=(
            "recorded", "emulated", "events", "agree", "differ", "recorded 0 that says nothing", "not recorded",
        ),
        rows=tuple(
            (one.recorded, one.emulated, *(f"{count:,}" for count in _counts(one))) for one in comparison.parts
        ),
        states=tuple(State.BAD if one.n_disagreements else State.GOOD for one in comparison.parts),
    )  # fmt: skip
    differing = (
        table
        for number, part in enumerate(comparison.parts, start=1)
        if part.n_disagreements
        for table in _differences(part, number)
    )
    return (counted, *differing)


def field_remarks(comparison: FieldComparison) -> tuple[str, ...]:
    """Say what each recorded quantity is, then what came out."""
    notes = (f"{part.recorded}: {part.note}" for part in comparison.parts)
    return (*notes, *(part.verdict for part in comparison.parts))


def _counts(part: RecordedComparison) -> tuple[int, ...]:
    return (part.n_events, part.n_agreements, part.n_disagreements, part.n_not_judged, part.n_without_record)


def _differences(part: RecordedComparison, number: int) -> tuple[Table, Table]:
    causes = (
        (one.name, f"{one.explained} of {one.disagreeing}", f"{one.consistent} of {one.agreeing}")
        for one in part.causes[:_CAUSES_SHOWN]
    )
    events = map(_event_row, part.disagreements[:_EVENTS_SHOWN])
    header = ("event", "run", "lumi section", "crossing", "recorded", "emulated", "score", "inputs")
    return (
        made_table(f"causes_{number}", f"What may explain {part.recorded}",
                   ("cause", "explains", "leaves in agreement"), causes),
        made_table(f"events_{number}", f"First events that differ in {part.recorded}", header, events),
    )  # fmt: skip


def _event_row(one: Disagreement) -> tuple[str, ...]:
    about = (one.event_number, one.run, one.lumi_section, one.bunch_crossing, one.recorded, one.emulated)
    inputs = " ".join(f"{name}={value}" for name, value in one.inputs.items())
    return (*("" if value is None else str(value) for value in (*about, one.score_raw)), inputs)
