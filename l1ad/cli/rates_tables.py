"""How thresholds are printed, beside the menu and over time."""

from typing import TYPE_CHECKING, Any

from l1ad.cli.results import print_tables
from l1ad.report.menu_tables import menu_remarks, menu_tables
from l1ad.report.stability_tables import stability_remarks, stability_tables
from l1ad.report.threshold_tables import threshold_remarks, threshold_tables

if TYPE_CHECKING:
    from l1ad.flow.rate_menu import BesideMenu
    from l1ad.flow.rate_stability import RateStability

__all__ = ["print_menu", "print_stability", "print_thresholds"]


def print_thresholds(document: dict[str, Any]) -> None:
    """Print thresholds with their rates and the ladder; of a run also what they leave of the signals."""
    print_tables(threshold_tables(document), threshold_remarks(document))


def print_menu(result: "BesideMenu") -> None:
    """Print rates of seeds and thresholds, overlap, gain and what the pure sample is made of."""
    document = result.document()
    print_tables(menu_tables(document), menu_remarks(document))


def print_stability(result: "RateStability") -> None:
    """Print tests of constancy and trend, outliers, and the strongest correlations."""
    document = result.document()
    print_tables(stability_tables(document), stability_remarks(document))
