"""What questions about rates are answered with."""

from dataclasses import dataclass
from typing import Any

from l1ad.api.shown import Shown
from l1ad.flow.rate_menu import BesideMenu as FoundBesideMenu
from l1ad.flow.rate_review import RateReview, RateTail
from l1ad.flow.rate_stability import RateStability
from l1ad.rates.disagreements import FieldComparison
from l1ad.report.document import Table
from l1ad.report.field_tables import field_remarks, field_tables
from l1ad.report.menu_tables import menu_remarks, menu_tables
from l1ad.report.review_tables import review_csv, review_remarks, review_tables, tail_remarks, tail_tables
from l1ad.report.stability_tables import stability_remarks, stability_tables

__all__ = ["BesideMenu", "Field", "Review", "Stability", "Tail"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class BesideMenu(Shown, FoundBesideMenu):
    """An algorithm beside the menu; attributes as `l1ad.flow.rate_menu.BesideMenu`."""

    def headline(self) -> str:
        """Say how many thresholds stand beside how many seeds."""
        beside = self.comparison
        return (
            f"{len(beside.thresholds)} thresholds beside a menu of {len(beside.seeds)} seeds, "
            f"{beside.n_events:,} events, {self.stream}"
        )

    def document(self) -> dict[str, Any]:
        """Lay the result out for JSON, as `l1ad rates menu --json`."""
        return FoundBesideMenu.document(self)

    def tables(self) -> tuple[Table, ...]:
        """Show rates of seeds and thresholds, overlap, gain, and what the pure sample is made of."""
        return menu_tables(self.document())

    def remarks(self) -> tuple[str, ...]:
        """Say what the menu takes alone, and with each threshold."""
        return menu_remarks(self.document())


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Stability(Shown, RateStability):
    """How steady the rates are; attributes as `l1ad.flow.rate_stability.RateStability`."""

    def headline(self) -> str:
        """Say what was followed."""
        return f"stability of {', '.join(self.steadiness)}, {self.stream}"

    def document(self) -> dict[str, Any]:
        """Lay the result out for JSON, as `l1ad rates stability --json`."""
        return RateStability.document(self)

    def tables(self) -> tuple[Table, ...]:
        """Show tests of constancy and trend, rates at another pile-up, correlations and sculpting."""
        return stability_tables(self.document())

    def remarks(self) -> tuple[str, ...]:
        """Say what a bootstrap of lumi sections gives, and what carries the rates at another pile-up."""
        return stability_remarks(self.document())


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Tail(Shown, RateTail):
    """The tail of the scores; attributes as `l1ad.flow.rate_review.RateTail`.

    Attributes:
        algorithm: Name of the algorithm.
    """

    algorithm: str

    def headline(self) -> str:
        """Say from where on the tail is fitted."""
        fit = self.choice.tail.fit
        return f"{self.algorithm}: tail above {fit.onset_raw}, {fit.n_above:,} events"

    def document(self) -> dict[str, Any]:
        """Lay the result out for JSON, as `l1ad rates tail --json`."""
        return RateTail.document(self)

    def tables(self) -> tuple[Table, ...]:
        """Show the fits from each onset, and the rates with where they come from."""
        return tail_tables(self.document())

    def remarks(self) -> tuple[str, ...]:
        """Say how well the chosen fit describes the events."""
        return tail_remarks(self.document())


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Review(Shown, RateReview):
    """What a menu review asks; attributes as `l1ad.flow.rate_review.RateReview`."""

    def headline(self) -> str:
        """Say which thresholds are reviewed on what."""
        return f"{self.algorithm}: {', '.join(self.thresholds)} on {self.n_events:,} events, {self.stream}"

    def document(self) -> dict[str, Any]:
        """Lay the result out for JSON, as `l1ad rates review --json`."""
        return RateReview.document(self)

    def csv(self) -> str:
        """Lay the table of the menu review out as CSV, rates in kHz, as `l1ad rates review --out`."""
        return review_csv(self.document())

    def tables(self) -> tuple[Table, ...]:
        """Show what a step of each threshold changes, and thresholds over pile-up."""
        return review_tables(self.document())

    def remarks(self) -> tuple[str, ...]:
        """Say for which pile-up there is no threshold, and why."""
        return review_remarks(self.document())


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Field(Shown, FieldComparison):
    """What was recorded beside the emulator; attributes as `l1ad.rates.disagreements.FieldComparison`."""

    def headline(self) -> str:
        """Say how many events differ."""
        return f"{self.trigger}: {self.n_disagreements:,} of {self.n_events:,} events of {self.sample} differ"

    def document(self) -> dict[str, Any]:
        """Lay the result out for JSON, as `l1ad rates compare --json`."""
        return FieldComparison.document(self)

    def tables(self) -> tuple[Table, ...]:
        """Show counts, and of what differs the causes and the first events."""
        return field_tables(self)

    def remarks(self) -> tuple[str, ...]:
        """Say what each recorded quantity is, then what came out."""
        return field_remarks(self)
