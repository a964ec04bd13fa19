"""How the tail, a review and its CSV are laid out."""

from typing import TYPE_CHECKING, Any

from l1ad.cli.results import print_tables
from l1ad.report.review_tables import review_csv as csv_of_review
from l1ad.report.review_tables import review_remarks, review_tables, tail_remarks, tail_tables

if TYPE_CHECKING:
    from l1ad.flow.rate_review import RateReview

__all__ = ["print_review", "print_tail", "review_csv"]


def print_tail(document: dict[str, Any]) -> None:
    """Print the fits from each onset, and the rates."""
    print_tables(tail_tables(document), tail_remarks(document))


def print_review(result: "RateReview") -> None:
    """Print what a unit changes, and thresholds over pile-up."""
    document = result.document()
    print_tables(review_tables(document), review_remarks(document))


def review_csv(result: "RateReview") -> str:
    """Lay the table of a menu review out as CSV, rates in kHz."""
    return csv_of_review(result.document())
