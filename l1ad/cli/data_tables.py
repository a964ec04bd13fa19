"""What people read of events: a summary of a file, and the account of a conversion."""

from typing import TYPE_CHECKING

from l1ad.cli.results import print_tables
from l1ad.report.event_tables import conversion_remarks, conversion_tables, event_remarks, event_tables

if TYPE_CHECKING:
    from l1ad.flow.convert import Conversion
    from l1ad.flow.data import EventSummary

__all__ = ["print_conversion", "print_events"]


def print_events(summary: "EventSummary") -> None:
    """Print what a file holds, and what is odd about it."""
    document = summary.document()
    print_tables(event_tables(document, summary.layout), event_remarks(document))


def print_conversion(done: "Conversion") -> None:
    """Print what was read, put right and written."""
    document = done.document()
    print_tables(conversion_tables(document), conversion_remarks(document))
