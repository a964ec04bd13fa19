"""What cannot be compared is refused, and says why."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from l1ad.config.run import RatesConfig
from l1ad.core.errors import DataError, UnresolvedRateError
from l1ad.data.event_writer import write_events
from l1ad.data.events import EventBatch
from l1ad.data.model_scores import write_model_scores
from l1ad.data.opening import events_digest, load_events
from l1ad.flow.compare import FLOAT, compare
from l1ad.flow.run_directory import RunDirectory
from tests.flow.compared.runs import N_BACKGROUND, SIGNALS, algorithm, begun, configured, real_scores


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ("background", r"their backgrounds .*background\.h5 and .*other\.h5 are not the same events"),
        ("split", "their training_fraction is 0.3 and 0.2, so other events are unseen"),
        ("missing signal", r"signal 'h_to_tautau' is one of \S*first alone"),
        ("more signals", r"signal 'more' is one of \S*changed alone"),
        ("signal", r"their signals 'a_to_4l', .* and .*h_to_tautau\.h5, are not the same events"),
    ],
)
def test_runs_of_other_events_are_refused_with_both_names(
    changed: str, words: str, runs: dict[str, RunDirectory], samples: dict[str, Path], tmp_path: Path
) -> None:
    signals = {name: str(samples[name]) for name in SIGNALS}
    if changed == "background":
        other = load_events(samples["background"]).select(1, N_BACKGROUND)
        write_events(tmp_path / "other.h5", other, {})
    changes: dict[str, dict[str, Any]] = {
        "background": {"background": str(tmp_path / "other.h5")},
        "split": {"training_fraction": 0.2},
        "missing signal": {"signals": {"a_to_4l": signals["a_to_4l"]}},
        "more signals": {"signals": {**signals, "more": signals["a_to_4l"]}},
        "signal": {"signals": {**signals, "a_to_4l": signals["h_to_tautau"]}},
    }
    run = begun(tmp_path / "changed", configured("changed", samples, tmp_path, **changes[changed]))
    match = rf"^\S*first and \S*changed cannot be compared: {words}"
    with pytest.raises(DataError, match=match):
        compare([runs["first"], run], classical=False)


def test_a_copy_of_the_events_elsewhere_is_the_same_events(
    runs: dict[str, RunDirectory], samples: dict[str, Path], tmp_path: Path
) -> None:
    copied = {name: tmp_path / f"copy_of_{name}.h5" for name in samples}
    for name, path in samples.items():
        shutil.copy(path, copied[name])
    shutil.copytree(runs["real"].path, tmp_path / "moved")
    moved = RunDirectory(tmp_path / "moved", configured("real", copied, tmp_path))
    found = compare([runs["real"], moved], reference=moved, classical=False)
    assert algorithm(found, "real").ratios["20 kHz"].geometric_mean.value == 1.0


def test_a_run_without_scores_says_which_steps_write_them(
    runs: dict[str, RunDirectory], samples: dict[str, Path], tmp_path: Path
) -> None:
    run = begun(tmp_path / "bare", configured("bare", samples, tmp_path))
    words = r"bare: no scores to compare; `l1ad emulate \S*bare` writes those of a frozen run, `l1ad evaluate"
    with pytest.raises(DataError, match=words):
        compare([runs["first"], run], classical=False)


def test_float_scores_without_the_kind_of_the_configuration_are_refused(
    runs: dict[str, RunDirectory], samples: dict[str, Path], tmp_path: Path
) -> None:
    config = configured("real", samples, tmp_path)
    model = config.model.model_copy(update={"score": "total"})
    run = begun(tmp_path / "run", config.model_copy(update={"model": model}))
    shutil.copy(runs["real"].evaluation_file, run.evaluation_file)
    with pytest.raises(DataError, match=r"no scores 'total' of 'background', which .*; run `l1ad evaluate"):
        compare([run], classical=False)


def test_float_scores_of_another_training_are_refused(runs: dict[str, RunDirectory], tmp_path: Path) -> None:
    run = begun(tmp_path / "run", runs["real"].config)
    shutil.copy(runs["real"].evaluation_file, run.evaluation_file)
    (run.path / "training").mkdir()
    run.write_json("training/record.json", {"digest": "7e" * 32})
    assert compare([run], classical=False).algorithms[0].kind == FLOAT
    run.write_json("training/record.json", {"digest": "00" * 32})
    with pytest.raises(DataError, match=r"scores of another training; run `l1ad evaluate \S*run` again"):
        compare([run], classical=False)


def test_a_float_score_that_is_no_number_is_refused_with_its_file(
    runs: dict[str, RunDirectory], events: dict[str, EventBatch], samples: dict[str, Path], tmp_path: Path
) -> None:
    run = begun(tmp_path / "run", runs["real"].config)
    scores = {name: {"kl": real_scores(one)} for name, one in events.items()}
    scores["h_to_tautau"]["kl"][7] = np.nan
    digests = {name: events_digest(path) for name, path in samples.items()}
    write_model_scores(run.evaluation_file, scores, digests=digests, training_digest="")
    with pytest.raises(DataError, match=r"evaluation\.h5: scores 2, event 7: nan has no place"):
        compare([run], classical=False)


@pytest.mark.parametrize("name", ["first", "real"])
def test_scores_of_events_that_changed_since_are_refused(
    name: str, runs: dict[str, RunDirectory], samples: dict[str, Path], tmp_path: Path
) -> None:
    path = tmp_path / "changed.h5"
    write_events(path, load_events(samples["a_to_4l"]).select(1, 2_000), {})
    shutil.copytree(runs[name].path, tmp_path / "run")
    signals = {"a_to_4l": str(path), "h_to_tautau": str(samples["h_to_tautau"])}
    run = RunDirectory(tmp_path / "run", configured(name, samples, tmp_path, signals=signals))
    with pytest.raises(DataError, match=r"scores of other events.*run `l1ad (emulate|evaluate) \S*run` again"):
        compare([run], classical=False)


def test_a_run_given_twice_is_refused(runs: dict[str, RunDirectory]) -> None:
    with pytest.raises(DataError, match="first: given twice"):
        compare([runs["first"], runs["second"], runs["first"]], classical=False)


def test_a_budget_that_the_unseen_events_do_not_resolve_is_refused(
    runs: dict[str, RunDirectory], tmp_path: Path
) -> None:
    config = runs["real"].config.model_copy(update={"rates": RatesConfig(budgets={"tight": "1 kHz"})})
    run = begun(tmp_path / "run", config)
    shutil.copy(runs["real"].evaluation_file, run.evaluation_file)
    words = "18000 background events cannot resolve 1 kHz at 2340 colliding bunches: at least 26315 are needed"
    with pytest.raises(UnresolvedRateError, match=words):
        compare([run], classical=False)
