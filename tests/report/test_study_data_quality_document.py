"""The document of a data-quality study: what it says on top, and that nothing that failed is hidden."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from l1ad.metrics.repetitions import Repeated, paired, repeated, robustness
from l1ad.report.charts import Heatmap
from l1ad.report.document import Document, State, Table
from l1ad.report.document_markdown import markdown_document
from l1ad.report.html import html_document
from l1ad.report.studies.data_quality.document import data_quality_document
from l1ad.report.studies.data_quality.results import DataQualityResults, FamilyResults, FedResults, TableCounts
from l1ad.report.studies.data_quality.verdicts import mean_text


def areas(middle: float, width: float = 0.01) -> Repeated:
    return repeated([middle - width, middle, middle + width], np.random.default_rng(1))


def family(name: str, middle: float, **changed: Any) -> FamilyResults:
    losses = [0.1, 0.11, 0.12]
    fed = tuple(
        FedResults(fraction=part, sections=int(100 * part), loss=areas(0.1 / part, 0.001), auc=areas(middle),
                   robustness=robustness(losses, [False] * 3))
        for part in (0.5, 1.0)
    )  # fmt: skip
    given: dict[str, Any] = {
        "name": name, "kind": "vanilla", "deployable": False, "auc": {"reconstruction": areas(middle)},
        "auc_errors": 0.02, "efficiency": {"1 %": areas(0.2), "10 %": areas(0.5)},
        "modes": {"noisy_tower": areas(middle), "low_statistics": areas(0.6)}, "fed": fed, "epochs": 12.0,
        "seconds": 3.0, "failed": 0,
    }  # fmt: skip
    return FamilyResults(**(given | changed))


def results(**changed: Any) -> DataQualityResults:
    first, second = [0.79, 0.8, 0.81], [0.69, 0.7, 0.71]
    given: dict[str, Any] = {
        "families": (family("plain", 0.8), family("beta", 0.7)),
        "references": (family("PCA", 0.75, fed=(), epochs=None, seconds=None),),
        "unusable": (),
        "pairs": {("plain", "beta"): replace(paired(first, second, np.random.default_rng(1)), p_value=0.01)},
        "concordance": 1.0,
        "repetitions": 3,
        "harmless": ("low_statistics",),
        "what": {"noisy_tower": "One tower fires in every crossing."},
        "counts": TableCounts(features=259, training=100, validation=30, test_good=20, test_bad=20,
                              modes={"none": 140, "noisy_tower": 20, "low_statistics": 10}),
        "made": True,
        "digest": "d" * 64,
        "versions": {"l1ad": "1"},
        "settings": {"seed": "1"},
    }  # fmt: skip
    return DataQualityResults(**(given | changed))


def found(document: Document) -> dict[str, tuple[str, State]]:
    return {one.what: (one.found, one.state) for one in document.verdicts}


def table(document: Document, name: str) -> Table:
    return next(block for block in document.blocks if isinstance(block, Table) and block.name == name)


def test_the_best_family_is_named_with_its_gain_over_no_training() -> None:
    verdicts = found(data_quality_document(results()))
    assert verdicts["best family"] == ("plain: AUC 0.8000 ± 0.0100", State.GOOD)
    assert verdicts["against no training"] == ("plain +0.0500 over PCA", State.GOOD)
    assert verdicts["trainings"] == ("0 of 12 failed", State.GOOD)


def test_false_alarms_on_harmless_sections_are_said() -> None:
    verdicts = found(data_quality_document(results()))
    told = ("plain takes it for bad with AUC 0.60 ± 0.01", State.OPEN)
    assert verdicts["harmless: low_statistics"] == told


def test_a_family_that_is_not_told_apart_from_another_does_not_win() -> None:
    alike = paired([0.79, 0.8, 0.81], [0.8, 0.79, 0.81], np.random.default_rng(1))
    verdicts = found(data_quality_document(results(pairs={("plain", "beta"): alike})))
    assert verdicts["best family"] == ("plain: AUC 0.8000 ± 0.0100, not told apart from beta", State.OPEN)


def test_a_reference_that_is_better_is_said() -> None:
    better = family("PCA", 0.9, fed=(), epochs=None, seconds=None)
    verdicts = found(data_quality_document(results(references=(better,))))
    assert verdicts["against no training"] == ("plain -0.1000 over PCA", State.BAD)


def test_trainings_that_failed_are_counted_and_leave_gaps_and_no_zeros() -> None:
    broken = FedResults(fraction=1.0, sections=100, loss=None, auc=None,
                        robustness=robustness([None] * 3, [True] * 3))  # fmt: skip
    ill = family("ill", 0.5, fed=(broken,))
    document = data_quality_document(results(families=(family("plain", 0.8), ill), unusable=("worse",)))
    assert found(document)["trainings"] == ("3 of 9 failed; all of worse", State.BAD)
    (_, row) = table(document, "robustness_table").rows
    assert row[:4] == ("ill", "3 of 3", "3 of 3", "–")
    markdown_document(document)


def test_every_writer_takes_the_document_and_says_what_data_it_is() -> None:
    document = data_quality_document(results())
    for text in (html_document(document), markdown_document(document)):
        assert "low_statistics" in text
        assert "no detector and no shifter's eye" in text.replace("&#39;", "'").replace("&#x27;", "'").replace(
            "’", "'"
        )
    assert document.document()["data"]["pairs"][0]["first"] == "plain"


def test_a_mode_that_a_family_has_no_area_of_is_an_empty_cell() -> None:
    few = family("few", 0.7, modes={"noisy_tower": areas(0.7)})
    document = data_quality_document(results(families=(family("plain", 0.8), few), references=()))
    (map_,) = (block for block in document.blocks if isinstance(block, Heatmap))
    assert map_.columns == ("noisy_tower", "low_statistics")
    assert np.isnan(map_.values[1, 1])
    assert map_.values[0, 0] == pytest.approx(0.8)


def test_means_are_written_with_the_spread_of_one_repetition() -> None:
    assert mean_text(areas(0.8213, 0.0021)) == "0.8213 ± 0.0021"
    assert mean_text(areas(0.2), 1, 100.0) == "20.0 ± 1.0"
    assert mean_text(repeated([0.5], np.random.default_rng(1))) == "0.5000"
    assert mean_text(None) == "–"
