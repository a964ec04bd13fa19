"""What a report gathers of a run without a training, against its `rates.json` and against the events."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from l1ad.config.run import DataConfig, RatesConfig, RunConfig
from l1ad.core.errors import DataError
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.core.trigger_file import load_trigger, save_trigger
from l1ad.data.events import EventBatch
from l1ad.data.opening import load_events
from l1ad.data.saving import saving_events
from l1ad.emulate.engine import emulate
from l1ad.flow.emulate import emulate_run
from l1ad.flow.event_parts import Workers, event_parts
from l1ad.flow.events import unseen_scores
from l1ad.flow.rates import rates
from l1ad.flow.report_correlation import correlation_content, gather_correlation
from l1ad.flow.report_menu import gather_overlap
from l1ad.flow.report_rates import RateContents, gather_rates
from l1ad.flow.run_directory import RunDirectory
from l1ad.rates.observables import observed
from l1ad.report.correlation_section import CorrelationContent, correlation_section
from l1ad.report.document import Document, Table
from l1ad.report.efficiency_section import efficiency_section
from l1ad.report.overlap_section import OverlapContent, overlap_section
from l1ad.report.rates_section import PER_DAY, rates_section
from l1ad.report.scores_section import scores_section
from tests.conftest import Events
from tests.flow.counting import REFERENCE

TITLES = {"background": "zero bias", "four_leptons": "A → 4ℓ", "leptoquarks": "LQ → bτ"}
SIGNALS = {"four_leptons": "sample:a_to_4l", "leptoquarks": "sample:lq_to_btau"}


def made_run(path: Path, data: dict[str, Any], rated: dict[str, Any]) -> RunDirectory:
    """Give the reference algorithm a run directory of its own, as an import does."""
    config = RunConfig(name="golden", data=DataConfig(**data), rates=RatesConfig(**rated))
    path.mkdir()
    run = RunDirectory.begin(path, config)
    run.save_config()
    save_trigger(load_trigger(REFERENCE), run.trigger_file)
    emulate_run(run)
    rates(run)
    return run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    path = tmp_path_factory.mktemp("runs") / "golden"
    return made_run(path, {"signals": SIGNALS}, {"pure_budgets": {"beside": "2 kHz"}})


@pytest.fixture(scope="module")
def gathered(run: RunDirectory) -> RateContents:
    return gather_rates(run, run.trigger(), TITLES)


@pytest.fixture(scope="module")
def beside(run: RunDirectory) -> OverlapContent:
    return gather_overlap(run, TITLES)


@pytest.fixture(scope="module")
def followed(run: RunDirectory) -> CorrelationContent:
    return gather_correlation(run, run.trigger())


def test_the_scan_has_the_rates_and_efficiencies_of_rates_json_at_each_threshold(
    run: RunDirectory, gathered: RateContents
) -> None:
    rated, scan = run.read_json("rates.json", step="rates"), gathered.rates.scan
    assert set(rated["rates"]) == {"tight", "loose", "beside"}
    assert scan.pure_khz is not None
    for name, one in rated["rates"].items():
        place = int(np.flatnonzero(scan.threshold_raw == one["threshold_raw"])[0])
        assert scan.n_pass[place] == one["n_pass"]
        for curve, of in ((scan.rate_khz, one), (scan.pure_khz, one["pure"])):
            found = [1000 * part[place] for part in (curve.value, curve.low, curve.high)]
            assert found == pytest.approx([of["rate_hz"], of["low_hz"], of["high_hz"]], rel=1e-9)
        for signal, curve in scan.efficiency.items():
            assert curve.value[place] == rated["efficiencies"][signal]["at"][name]["value"]


def test_efficiencies_over_rate_pass_through_those_at_the_budgets(
    run: RunDirectory, gathered: RateContents
) -> None:
    content = gathered.efficiency
    background = unseen_scores(run.config.data, scores_of(run, "sample:zero_bias"))
    for name, curve in content.at_rate.items():
        signal = scores_of(run, SIGNALS[name])
        for index, khz in enumerate(content.allowed_khz):
            allowed = round(khz / content.scan.stream_khz * len(background))
            threshold = np.sort(background)[-1 - allowed] + 1
            assert curve.value[index] == np.count_nonzero(signal >= threshold) / len(signal)
        assert (curve.low <= curve.value).all() and (curve.value <= curve.high).all()
    assert content.allowed_khz[-1] == pytest.approx(100, rel=0.01)
    assert "threshold's own error" in content.intervals


def scores_of(run: RunDirectory, source: str) -> np.ndarray:
    return emulate(run.trigger(), load_events(source).inputs_raw).score_raw


def test_correlations_and_cuts_are_those_of_the_unseen_events(
    run: RunDirectory, followed: CorrelationContent
) -> None:
    batch = load_events("sample:zero_bias")
    unseen = unseen_scores(run.config.data, np.arange(len(batch)))
    score = scores_of(run, "sample:zero_bias")[unseen]
    values = observed(batch.inputs_raw[unseen], batch.layout)
    assert followed.n_events == len(unseen)
    for quantity, of in (("met", "met"), ("ht", "ht"), ("leading_jet", "jet"), ("n_jet", "n_jet")):
        expected = stats.spearmanr(values[of], score).statistic
        assert followed.correlations[quantity].spearman == pytest.approx(expected, abs=0.01)
    loose = run.trigger().thresholds["loose"]
    cut = next(one for one in followed.cuts if (one.title, one.threshold) == ("MET", "loose"))
    met = values["met"] * 0.5 >= cut.cut
    assert (cut.n_cut, cut.n_both) == (met.sum(), (met & (score >= loose)).sum())
    assert cut.n_cut <= cut.n_accepted == np.count_nonzero(score >= loose)


def test_profiles_are_means_with_errors_and_shares_in_physical_units(
    run: RunDirectory, followed: CorrelationContent
) -> None:
    batch = load_events("sample:zero_bias")
    unseen = unseen_scores(run.config.data, np.arange(len(batch)))
    score = scores_of(run, "sample:zero_bias")[unseen]
    n_mu = observed(batch.inputs_raw[unseen], batch.layout)["n_mu"]
    profile = next(one for one in followed.numbers if one.name == "n_mu")
    assert (profile.unit, profile.middle.tolist()) == ("", np.unique(n_mu).tolist())
    for index, number in enumerate(profile.middle):
        here = score[n_mu == number]
        assert profile.score.value[index] == pytest.approx(here.mean())
        if len(here) > 1:
            error = profile.score.high[index] - profile.score.value[index]
            assert error == pytest.approx(here.std(ddof=1) / np.sqrt(len(here)))
    loose = run.trigger().thresholds["loose"]
    passed = [score[n_mu == number] >= loose for number in np.unique(n_mu)]
    shares = profile.share["loose"].value
    assert shares[-1] == pytest.approx(passed[-1].mean())
    assert {one.unit for one in followed.sums} == {"GeV"}
    assert next(one for one in followed.sums if one.name == "met").middle.max() < 1000


def test_the_menu_beside_it_has_the_rates_of_rates_json(run: RunDirectory, beside: OverlapContent) -> None:
    rated = run.read_json("rates.json", step="rates")["rates"]
    assert beside.comparison is not None
    for one in beside.comparison.thresholds:
        assert one.rates.before.rate_khz * 1000 == pytest.approx(rated[one.rates.name]["rate_hz"])
        assert one.rates.pure.rate_khz * 1000 == pytest.approx(rated[one.rates.name]["pure"]["rate_hz"])
    assert set(beside.gains) == set(SIGNALS) and not beside.left_out


def test_all_sections_go_into_one_document(
    gathered: RateContents, beside: OverlapContent, followed: CorrelationContent
) -> None:
    sections = (
        scores_section(gathered.scores),
        rates_section(gathered.rates),
        efficiency_section(gathered.efficiency),
        overlap_section(beside),
        correlation_section(followed),
    )
    document = Document(title="golden", subtitle="", verdicts=(), sections=sections)
    assert len(document.document()["sections"]) == 5
    table = next(one for one in document.blocks if isinstance(one, Table) and one.name == "efficiencies")
    assert [row[0] for row in table.rows] == ["A → 4ℓ", "LQ → bτ"]


def test_events_without_a_menu_have_neither_pure_rates_nor_overlap(tmp_path: Path) -> None:
    path = tmp_path / "bare.h5"
    batch = load_events("sample:zero_bias").select(0, 60_000)
    with saving_events(path, {}) as writer:
        writer.append(replace(batch, menu=None, menu_bits=None))
    run = made_run(
        tmp_path / "run", {"background": str(path), "signals": SIGNALS}, stream_of(1e6, "3e4 events/day")
    )
    found = gather_rates(run, run.trigger(), TITLES)
    assert found.rates.scan.pure_khz is None and found.rates.unit is PER_DAY
    assert [one.name for one in rates_section(found.rates).blocks if isinstance(one, Table)] == ["thresholds"]
    bare = gather_overlap(run, TITLES)
    assert bare.comparison is None
    (told,) = overlap_section(bare).blocks
    assert "no decisions of a trigger menu" in str(told)

    kept = run.read_json("rates.json", step="rates")
    run.write_json("rates.json", {**kept, "n_events": 7})
    with pytest.raises(DataError, match="counted on 7 events, and there are 36000 unseen now"):
        gather_rates(run, run.trigger(), TITLES)


def test_a_signal_of_another_menu_is_left_out_and_said_so(tmp_path: Path) -> None:
    path = tmp_path / "bare.h5"
    with saving_events(path, {}) as writer:
        writer.append(replace(load_events("sample:a_to_4l"), menu=None, menu_bits=None))
    signals = {**SIGNALS, "four_leptons": str(path)}
    run = made_run(tmp_path / "run", {"signals": signals}, {})
    found = gather_overlap(run, TITLES)
    assert set(found.gains) == {"leptoquarks"}
    assert found.left_out == {
        "four_leptons": "carries no decisions of a trigger menu, so its gain is not known"
    }


def stream_of(events_per_day: float, budget: str) -> dict[str, Any]:
    return {
        "colliding_bunches": None,
        "stream_events_per_day": events_per_day,
        "budgets": {"tight": budget, "loose": budget},
    }


def test_of_an_image_without_objects_the_score_is_compared_with_its_inputs_alone(
    images_trigger: TriggerAlgorithm, events_for: Events, tmp_path: Path
) -> None:
    inputs = events_for(images_trigger, 3000)
    batch = EventBatch(
        layout=images_trigger.layout, inputs_raw=inputs.astype(images_trigger.layout.dtype),
        event_number=np.arange(len(inputs)), sample="regions",
    )  # fmt: skip
    with saving_events(tmp_path / "regions.h5", {}) as writer:
        writer.append(batch)
    score = emulate(images_trigger, inputs).score_raw
    trigger = images_trigger.with_thresholds({"loose": int(np.quantile(score, 0.9))})
    found = correlation_content(event_parts(trigger, [str(tmp_path / "regions.h5")]), workers=Workers())
    assert len(found.correlations) == 252
    expected = stats.spearmanr(inputs[:, 7], score).statistic
    assert found.correlations["region_8_et"].spearman == pytest.approx(expected, abs=0.01)
    assert not found.cuts and "has a pT in GeV" in found.note
    section = correlation_section(found)
    assert [one.name for one in section.blocks if isinstance(one, Table)] == ["all_correlations"]


def test_workers_side_by_side_find_the_same(run: RunDirectory) -> None:
    parts = event_parts(run.trigger(), ["sample:zero_bias"], first=340_000, part_events=30_000)
    alone = correlation_content(parts, workers=Workers())
    found = correlation_content(parts, workers=Workers(processes=2))
    assert found.correlations == alone.correlations and len(found.cuts) == 15
    assert found.cuts == alone.cuts
