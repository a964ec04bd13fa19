"""Two frozen runs and one with float scores, compared once for all tests."""

from pathlib import Path

import pytest

from l1ad.core.trigger import TriggerAlgorithm
from l1ad.core.trigger_file import save_trigger
from l1ad.data.event_writer import write_events
from l1ad.data.events import EventBatch
from l1ad.data.opening import load_events
from l1ad.flow.compare import compare
from l1ad.flow.emulate import emulate_run
from l1ad.flow.run_directory import RunDirectory
from l1ad.report.comparison import Comparison
from tests.flow.compared.runs import N_BACKGROUND, TITLES, Builder, begun, configured, write_real_scores


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The background and two signals, cut from samples that ship; one has a title."""
    folder = tmp_path_factory.mktemp("samples")
    paths = {}
    for name, sample, n_events in (
        ("background", "zero_bias", N_BACKGROUND), ("a_to_4l", "a_to_4l", 2_000),
        ("h_to_tautau", "h_to_tautau", 1_500),
    ):  # fmt: skip
        paths[name] = folder / f"{name}.h5"
        titled = {"configuration": {"title": TITLES[name]}} if name in TITLES else {}
        write_events(paths[name], load_events(f"sample:{sample}", stop=n_events), titled)
    return paths


@pytest.fixture(scope="session")
def events(samples: dict[str, Path]) -> dict[str, EventBatch]:
    return {name: load_events(path) for name, path in samples.items()}


@pytest.fixture(scope="session")
def triggers(build_trigger: Builder) -> dict[str, TriggerAlgorithm]:
    wide = "ap_ufixed<24,20,AP_TRN,AP_SAT>"
    return {
        "first": build_trigger(seed=1, name="first", score_type=wide, mean_type="ap_fixed<12,8>"),
        "second": build_trigger(seed=2, name="second", score_type=wide, mean_type="ap_fixed<12,8>"),
    }


@pytest.fixture(scope="session")
def runs(
    tmp_path_factory: pytest.TempPathFactory,
    samples: dict[str, Path],
    events: dict[str, EventBatch],
    triggers: dict[str, TriggerAlgorithm],
) -> dict[str, RunDirectory]:
    """Two frozen runs, the first with firmware, and one with float scores alone."""
    folder = tmp_path_factory.mktemp("runs")
    found = {
        name: begun(folder / name, configured(name, samples, folder / "firmware"))
        for name in ("first", "second", "real")
    }
    for name, trigger in triggers.items():
        save_trigger(trigger, found[name].trigger_file)
        emulate_run(found[name])
    write_real_scores(found["real"], events, samples)
    return found


@pytest.fixture(scope="session")
def comparison(runs: dict[str, RunDirectory]) -> Comparison:
    return compare([runs["first"], runs["second"], runs["real"]], reference=runs["second"], classical=False)
