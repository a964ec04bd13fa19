"""What a verification found, and the float model beside it."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from l1ad.core.trigger import TriggerAlgorithm
from l1ad.emulate.compare import Agreement
from l1ad.emulate.divergence import offending_word
from l1ad.emulate.engine import emulate
from l1ad.rtl.simulation import Timing

__all__ = ["FloatComparison", "Verification", "compared_with_float"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FloatComparison:
    """How the frozen algorithm compares with its float model; a statistical comparison, never exact.

    Attributes:
        events: Events compared: background that no training has seen.
        spearman: Rank correlation of the two scores.
        differing_decisions: Events that one accepts and the other does not, each at its own threshold.
        accepted: Events that each accepts.
    """

    events: int
    spearman: float
    differing_decisions: int
    accepted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What a verification found.

    Attributes:
        agreements: One for each implementation that was compared.
        skipped: Implementations that could not be, and why.
        timing: What the cycle-true simulation measured, where it was run.
        float_comparison: The float model beside it, where Keras is installed.
    """

    agreements: tuple[Agreement, ...]
    skipped: dict[str, str]
    timing: Timing | None = None
    float_comparison: FloatComparison | None = None

    @property
    def events_verified(self) -> int:
        """Events on which every compared implementation was run."""
        return min(agreement.events for agreement in self.agreements)

    @property
    def mismatches(self) -> int:
        """Integers that differ, over all implementations."""
        return sum(agreement.differing_values for agreement in self.agreements)

    def document(self, trigger: TriggerAlgorithm) -> dict[str, Any]:
        """Lay the result out for JSON; a difference with the words and the bits that differ."""
        return {
            "events_verified": self.events_verified,
            "mismatches": self.mismatches,
            "implementations": [
                self.agreements[0].reference,
                *(agreement.implementation for agreement in self.agreements),
            ],
            "agreements": [_agreement_document(trigger, agreement) for agreement in self.agreements],
            "skipped": self.skipped,
            "timing": None if self.timing is None else asdict(self.timing),
            "float_comparison": None if self.float_comparison is None else asdict(self.float_comparison),
        }


def _agreement_document(trigger: TriggerAlgorithm, agreement: Agreement) -> dict[str, Any]:
    document = asdict(agreement)
    if agreement.first is not None:
        document["first"]["word"] = asdict(offending_word(trigger, agreement.first))
    return document


def compared_with_float(
    trigger: TriggerAlgorithm, inputs_raw: NDArray[np.integer], floating: NDArray[np.floating]
) -> FloatComparison:
    """Compare with the float model at equal rate: each accepts as many events as pass the lowest threshold.

    Args:
        trigger: The algorithm.
        inputs_raw: Background events, shape (n_events, n_inputs).
        floating: Scores of the float model for the same events, shape (n_events,).
    """
    frozen = emulate(trigger, inputs_raw).score_raw
    threshold = min(trigger.thresholds.values(), default=int(np.quantile(frozen, 0.999)))
    accepted = frozen >= threshold
    n_accepted = int(accepted.sum())
    float_accepted = np.zeros(len(frozen), dtype=bool)
    float_accepted[np.argsort(floating, kind="stable")[len(frozen) - n_accepted :]] = True
    return FloatComparison(
        events=len(frozen),
        spearman=float(stats.spearmanr(frozen, floating).statistic),
        differing_decisions=int(np.count_nonzero(accepted != float_accepted)),
        accepted=n_accepted,
    )
