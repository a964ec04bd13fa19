"""What a data-quality study found, as values that a document is made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from l1ad.core.plain import plain
from l1ad.metrics.repetitions import Paired, Repeated, Robustness

__all__ = ["DataQualityResults", "FamilyResults", "FedResults", "TableCounts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableCounts:
    """How many sections there were of what.

    Attributes:
        features: Features of each section.
        training: Good sections to train on.
        validation: Good sections to watch the loss on.
        test_good: Good sections of the test.
        test_bad: Bad ones, all that there are.
        modes: Sections of the table by failure mode.
    """

    features: int
    training: int
    validation: int
    test_good: int
    test_bad: int
    modes: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class FedResults:
    """A family that was fed a part of the training sections.

    Attributes:
        fraction: The part.
        sections: How many that are.
        loss: Squared reconstruction error of the validation for a feature; None if every training failed.
        auc: Area under the ROC curve; likewise.
        robustness: How its trainings ended.
    """

    fraction: float
    sections: int
    loss: Repeated | None
    auc: Repeated | None
    robustness: Robustness


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyResults:
    """A family, or a reference that is not trained.

    Attributes:
        name: Its name.
        kind: What it is, in a word.
        deployable: Whether the score of its encoder alone has a meaning.
        auc: Area under the ROC curve by score, the first of them what it is compared by.
        auc_errors: Half width of the interval of each repetition's area, averaged: the test's own statistics.
        efficiency: Bad sections found, by share of good ones that are called bad, e.g. `1 %`.
        modes: Area by failure mode, each against good sections in which nothing went wrong.
        fed: By part of the training sections, rising; empty of a reference.
        epochs: Epochs of each training with all of them, averaged; None of a reference.
        seconds: Time of each such training, averaged; None of a reference.
        failed: Trainings with all sections that gave no usable network; they are in no average.
    """

    name: str
    kind: str
    deployable: bool
    auc: Mapping[str, Repeated]
    auc_errors: float
    efficiency: Mapping[str, Repeated]
    modes: Mapping[str, Repeated]
    fed: tuple[FedResults, ...]
    epochs: float | None
    seconds: float | None
    failed: int

    @property
    def main(self) -> Repeated:
        """The area that it is compared by."""
        return next(iter(self.auc.values()))


@dataclass(frozen=True, slots=True, kw_only=True)
class DataQualityResults:
    """The whole study.

    Attributes:
        families: What was trained and could be scored, in the study's order.
        references: What needs no training.
        unusable: Families of which every training failed.
        pairs: Each two families compared, by their names.
        concordance: How far repetitions agree on the families' order; None with one family.
        repetitions: Trainings of each.
        harmless: Failure modes whose sections are good.
        what: Meaning of each failure mode of a table that was made.
        counts: How many sections.
        made: Whether the table was made here, by a generator.
        digest: SHA-256 of the table.
        versions: Version of each package.
        settings: Key and value of the configuration.
    """

    families: tuple[FamilyResults, ...]
    references: tuple[FamilyResults, ...]
    unusable: tuple[str, ...]
    pairs: Mapping[tuple[str, str], Paired]
    concordance: float | None
    repetitions: int
    harmless: tuple[str, ...]
    what: Mapping[str, str]
    counts: TableCounts
    made: bool
    digest: str
    versions: Mapping[str, str]
    settings: Mapping[str, str]

    def document(self) -> dict[str, Any]:
        """Lay the results out for JSON."""
        pairs = [
            {"first": first, "second": second, **plain(one)} for (first, second), one in self.pairs.items()
        ]
        found: dict[str, Any] = {
            name: plain(getattr(self, name))
            for name in ("families", "references", "unusable", "concordance", "repetitions", "harmless",
                         "counts", "made", "digest", "versions", "settings")
        }  # fmt: skip
        return {"kind": "data_quality", **found, "pairs": pairs}
