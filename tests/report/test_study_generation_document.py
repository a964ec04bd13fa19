"""The document of a generation study: its one table, what it says on top, and that nothing is hidden."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from l1ad.data.z_gamma import VARIABLES
from l1ad.metrics.repetitions import Repeated, repeated
from l1ad.report.charts import Chart, Heatmap
from l1ad.report.document import Document, State, Table
from l1ad.report.document_markdown import markdown_document
from l1ad.report.html import html_document
from l1ad.report.studies.generation.document import generation_document
from l1ad.report.studies.generation.results import (
    Distances,
    GenerationCounts,
    GenerationResults,
    GeneratorResults,
    ShownVariable,
    TriedSettings,
)
from l1ad.report.studies.generation.verdicts import with_spread


def around(middle: float, width: float = 0.01) -> Repeated:
    return repeated([middle - width, middle, middle + width], np.random.default_rng(1))


def distances(far: float) -> Distances:
    return Distances(
        ks=around(0.02 + far), wasserstein=around(0.03 + far), chi2_per_bin=around(1 + 10 * far, 0.1),
        correlation=around(0.3 + far), classifier_auc=around(0.5 + far),
        classifier_accuracy=around(0.5 + far / 2),
        auc_errors=0.008, by_variable={"ks": np.full(18, 0.02 + far)},
        relations={name: around(far, 0.001) for name in ("energy of Zγ", "jets ≥ central jets")},
    )  # fmt: skip


def family(name: str, far: float, rank: float, **changed: Any) -> GeneratorResults:
    counts = tuple(np.full(4, 25.0) for _ in VARIABLES)
    given: dict[str, Any] = {
        "name": name, "kind": "vae", "settings": {"batch": 256, "beta": 0.512345}, "distances": distances(far),
        "ranks": {"overall": around(rank)}, "scores": {"reconstruction": around(0.8), "latent": around(0.4)},
        "score_errors": {"reconstruction": 0.01, "latent": 0.02},
        "efficiency": {"reconstruction": np.array([0.1, 0.8]), "latent": np.array([0.05, 0.4])},
        "counts": counts, "count_spread": tuple(np.ones(4) for _ in VARIABLES),
        "pulls": tuple(np.zeros(20 if place < 13 else 2) for place in range(18)), "correlations": np.eye(18),
        "tried": (TriedSettings(settings={"batch": 256}, distance=3.2),
                  TriedSettings(settings={"batch": 128}, distance=None)),
        "epochs": 40.0, "seconds": 12.0, "failed": 0,
    }  # fmt: skip
    return GeneratorResults(**(given | changed))


def results(**changed: Any) -> GenerationResults:
    criteria = ("distribution", "correlation", "classifier", "overall")
    given: dict[str, Any] = {
        "families": (family("VAE", 0.1, 2.0), family("VAE+NF", 0.04, 1.0)), "unusable": (),
        "floor": distances(0.0), "floor_repetitions": 10, "best": dict.fromkeys(criteria, "VAE+NF"),
        "alike": dict.fromkeys(criteria, ()), "correlations": np.eye(18),
        "variables": tuple(ShownVariable(name=one.name, label=one.label, edges=np.arange(5.0),
                                         counts=np.full(4, 25.0), is_count=False) for one in VARIABLES),
        "background_shares": np.array([0.1, 1.0]), "repetitions": 3, "mass_gev": 250.0, "digest": "0" * 64,
        "counts": GenerationCounts(training=500, validation=200, test=100, signal=90, compared=50),
        "versions": {"l1ad": "1"}, "settings": {"seed": "1"},
    }  # fmt: skip
    return GenerationResults(**(given | changed))


def table(document: Document, name: str) -> Table:
    return next(block for block in document.blocks if isinstance(block, Table) and block.name == name)


def verdict(document: Document, what: str) -> Any:
    return next(one for one in document.verdicts if one.what == what)


def test_the_one_table_has_every_family_and_what_true_events_give() -> None:
    rows = table(generation_document(results()), "comparison_table").rows
    assert [row[0] for row in rows] == ["VAE", "VAE+NF", "true events"]
    assert rows[1][1] == "0.0600 ± 0.0100"
    assert rows[1][-1] == "distribution, correlation, classifier, overall"
    assert rows[0][-1] == rows[2][-1] == ""


def test_the_best_is_told_with_those_that_are_alike() -> None:
    document = generation_document(results(alike={"distribution": ("VAE",), "correlation": (), "classifier": (),
                                                  "overall": ()}))  # fmt: skip
    assert verdict(document, "best in distribution").found.endswith("not told apart from VAE")
    assert verdict(document, "best in distribution").state is State.OPEN
    assert verdict(document, "best in correlation").state is State.GOOD
    assert table(document, "comparison_table").rows[0][-1] == "= distribution"


@pytest.mark.parametrize(("far", "state"), [(0.0, State.OPEN), (0.1, State.BAD)])
def test_generated_events_that_can_be_told_from_true_ones_are_said_to_be(far: float, state: State) -> None:
    document = generation_document(results(families=(family("VAE+NF", far, 1.0),)))
    assert verdict(document, "told from true events").state is state


def test_every_variable_has_a_figure_with_true_events_at_the_back() -> None:
    document = generation_document(results())
    charts = [
        block for block in document.blocks if isinstance(block, Chart) and block.name.startswith("variable_")
    ]
    assert [one.name for one in charts] == [f"variable_{one.name}" for one in VARIABLES]
    assert [one.name for one in charts[0].series] == ["true", "VAE", "VAE+NF"]
    maps = {block.name for block in document.blocks if isinstance(block, Heatmap)}
    assert maps == {"ks_by_variable", "pulls", "correlations_true", "correlations_generated",
                    "correlations_difference"}  # fmt: skip


def test_counts_have_no_pulls_in_bins_that_they_do_not_have() -> None:
    document = generation_document(results())
    pulls = next(block for block in document.blocks if isinstance(block, Heatmap) and block.name == "pulls")
    assert np.isnan(pulls.values[13, 2:]).all()
    assert np.isfinite(pulls.values[0]).all()


def test_what_failed_is_told() -> None:
    whole = results()
    broken = replace(
        whole, families=(replace(whole.families[0], failed=1), whole.families[1]), unusable=("VAE+D",)
    )
    found = verdict(generation_document(broken), "trainings")
    assert found.found == "4 of 9 failed; all of VAE+D"
    assert found.state is State.BAD
    assert table(generation_document(whole), "search_table").rows[1][2] == "–"


def test_a_study_in_which_every_training_failed_is_still_a_document() -> None:
    document = generation_document(results(families=(), unusable=("VAE",), best={}, alike={}))
    assert verdict(document, "trainings").found == "3 of 3 failed; all of VAE"
    assert "Zγ" in markdown_document(document)


def test_events_of_the_user_are_not_said_to_be_simulated() -> None:
    text = markdown_document(generation_document(results(mass_gev=None)))
    assert "the signal of the user's table" in text
    assert "simulated" not in text.split("## Provenance")[1]
    assert "**simulated**" in markdown_document(generation_document(results()))


def test_the_document_is_a_page() -> None:
    page = html_document(generation_document(results()))
    assert "C2ST AUC" in page
    assert "0.512" in page


def test_a_value_of_one_training_has_no_spread() -> None:
    assert with_spread(repeated([0.5], np.random.default_rng(1)), 2) == "0.50"
    assert with_spread(None, 2) == "–"
