"""What a report says of rates and of what the score follows, on small accounts with known answers."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from l1ad.flow.report_rates import efficiency_content
from l1ad.rates.correlations import Correlation
from l1ad.rates.histogram import ScoreHistogram
from l1ad.rates.menu_rates import AcceptRates, MenuComparison, MenuOverlap, ThresholdRates
from l1ad.rates.rate_account import RateAccount
from l1ad.rates.single_cuts import SingleCut
from l1ad.rates.stream import ZeroBiasStream
from l1ad.rates.threshold_scan import ThresholdScan
from l1ad.rates.thresholds import rates_at
from l1ad.rates.weighted import RateEstimate
from l1ad.report.charts import Chart, Heatmap
from l1ad.report.correlation_section import CorrelationContent, correlation_section, correlation_verdict
from l1ad.report.document import Paragraph, Section, State, Table
from l1ad.report.efficiency_section import efficiency_section
from l1ad.report.overlap_section import OverlapContent, overlap_section
from l1ad.report.rates_section import KHZ, RatesContent, rates_section
from l1ad.report.scores_section import ScoresContent, scores_section
from l1ad.report.slider import Slider

STREAM = ZeroBiasStream(2340)
THRESHOLDS = {"loose": 700, "tight": 1000}
TITLES = {"background": "zero bias", "higgs": "h → ττ"}


def scores_of(n_events: int, seed: int, scale: float = 0.01) -> NDArray[np.int64]:
    return np.random.default_rng(seed).geometric(scale, n_events)


def document_of(account: RateAccount) -> dict[str, Any]:
    """Lay thresholds out as `rates.json` does."""
    sample = account.sample(STREAM)
    rates = {}
    for name, raw in THRESHOLDS.items():
        one = rates_at(raw, account, STREAM)
        rates[name] = {
            "threshold_raw": raw, "budget": "5 kHz", "kind": "total", "threshold_low_raw": raw - 9,
            "threshold_high_raw": raw + 9, "tied": one.tied, "note": "", "n_pass": one.total.n_pass,
            "n_total": sample.n_events, "rate_hz": one.total.rate_khz * 1000,
            "low_hz": one.total.low_khz * 1000,
            "high_hz": one.total.high_khz * 1000, "pure": None,
        }  # fmt: skip
    at = {name: {"value": 0.25, "low": 0.2, "high": 0.3} for name in THRESHOLDS}
    return {
        "stream": str(STREAM), "n_events": sample.n_events, "effective_events": 5.0, "excluded": 10,
        "checked": True, "equal_weights": sample.equal_weights, "coverage": sample.coverage, "menu": None,
        "ladder": {}, "unresolved": {"total VTight": "too few events"},
        "budgets": dict.fromkeys(THRESHOLDS, "5 kHz"), "rates": rates,
        "efficiencies": {"higgs": {"auc": 0.75, "at": at}},
    }  # fmt: skip


def content_of(account: RateAccount) -> RatesContent:
    signals = {"higgs": scores_of(300, 2, 0.002)}
    scan = ThresholdScan.of(account, STREAM, signals=signals, thresholds_raw=THRESHOLDS.values())
    return RatesContent(rates=document_of(account), scan=scan, unit=KHZ, fraction=4, titles=TITLES)


def chart_of(section: Section, name: str) -> Chart:
    return next(block for block in section.blocks if isinstance(block, Chart) and block.name == name)


def table_of(section: Section, name: str) -> Table:
    return next(block for block in section.blocks if isinstance(block, Table) and block.name == name)


def text_of(section: Section) -> str:
    return "\n".join(block.text for block in section.blocks if isinstance(block, Paragraph))


def weighted_account(n_events: int, seed: int) -> RateAccount:
    scores, weights = scores_of(n_events, seed), np.random.default_rng(seed).choice([0.5, 2.0], n_events)
    total = ScoreHistogram.of(scores, weights)
    return RateAccount(total=total, free=None, lightest=0.5, heaviest=2.0, menu=None, pileup={})


@pytest.fixture(scope="module")
def account() -> RateAccount:
    return RateAccount.of_scores(scores_of(100_000, 1))


def test_the_slider_starts_at_the_tightest_threshold_and_its_rows_are_the_scan(account: RateAccount) -> None:
    content = content_of(account)
    slider = next(block for block in rates_section(content).blocks if isinstance(block, Slider))
    assert list(slider.marks.items()) == [("tight", 1000.0), ("loose", 700.0)]
    assert slider.chart == "rate"
    assert [row.name for row in slider.rows] == ["events of 100,000", "rate", "h → ττ"]
    place = int(np.flatnonzero(slider.positions == 700)[0])
    events, rate, higgs = slider.rows
    assert events.values[place, 0] == account.total.passing(700).n_events
    assert rate.values[place, 0] * 1000 == pytest.approx(content.rates["rates"]["loose"]["rate_hz"])
    assert higgs.values[place, 0] == pytest.approx(100 * np.mean(scores_of(300, 2, 0.002) >= 700))


def test_thresholds_are_told_with_their_score_as_a_real_number_and_what_to_expect(account: RateAccount) -> None:
    section = rates_section(content_of(account))
    first = table_of(section, "thresholds").rows[0]
    assert first[:5] == ("loose", "5 kHz total", "700", "691 to 709", "43.75")
    n_pass = int(account.total.passing(700).n_events)
    expected = (n_pass + 1) / 100_001 * STREAM.rate_hz / 1000
    text = text_of(section)
    assert f"{expected:.3g} kHz at `loose`" in text
    assert "total VTight: too few events" in text
    assert "without a trigger menu" in text


def test_the_rate_chart_ends_at_100_khz_and_has_no_logarithm_of_nothing(account: RateAccount) -> None:
    chart = chart_of(rates_section(content_of(account)), "rate")
    (rate,) = chart.series
    assert np.nanmax(rate.y) <= 100 < np.nanmax(rate.y) * 1.1
    assert math.isnan(rate.y[-1]) and rate.high is not None and rate.high[-1] > 0  # the upper limit is known
    assert np.nanmin(rate.y) > 0
    assert {one.name: one.at for one in chart.markers} == {"loose": 700.0, "tight": 1000.0}


def test_the_scores_are_densities_that_add_up_to_what_is_over_0(account: RateAccount) -> None:
    scores = np.append(scores_of(1000, 3), np.zeros(250, np.int64))
    content = ScoresContent(
        samples={"background": account.total, "higgs": ScoreHistogram.of(scores)}, titles=TITLES,
        thresholds_raw=THRESHOLDS, raw_max=2**18 - 1, fraction=4,
    )  # fmt: skip
    section = scores_section(content)
    background, higgs = chart_of(section, "scores").series
    for one, share in ((background, 1.0), (higgs, 0.8)):
        assert np.nansum(one.y * np.diff(one.x)) == pytest.approx(share)
    assert table_of(section, "score_levels").rows[1][2] == "20.00 %"


def test_the_roc_is_the_scan_and_its_points_are_the_thresholds_in_the_colour_of_the_line(
    account: RateAccount,
) -> None:
    content = content_of(account)
    found = efficiency_content(
        account, {"higgs": scores_of(300, 2, 0.002)}, content.scan, content.rates, unit=KHZ, titles=TITLES,
        rng=np.random.default_rng(1),
    )  # fmt: skip
    section = efficiency_section(found)
    line, diagonal, points = chart_of(section, "roc").series
    assert line.colour == points.colour and line.in_legend and not points.in_legend
    fractions = [one["n_pass"] / one["n_total"] for one in content.rates["rates"].values()]
    np.testing.assert_allclose(points.x, fractions)
    background, signal = scores_of(100_000, 1), scores_of(300, 2, 0.002)
    for x, y in zip(line.x[::40], line.y[::40], strict=True):
        threshold = np.sort(background)[-round(x * 100_000)]
        assert y >= np.mean(signal >= threshold) - 1e-12
    assert diagonal.x[-1] == diagonal.y[-1] == 1
    assert table_of(section, "efficiencies").rows == (
        ("h → ττ", "0.7500", "25.00 % (20.00 to 30.00)", "25.00 % (20.00 to 30.00)"),
    )


def test_a_weighted_background_has_intervals_of_the_signal_alone_and_says_so() -> None:
    account, signal = weighted_account(50_000, 5), scores_of(300, 2, 0.002)
    content = content_of(account)
    found = efficiency_content(
        account, {"higgs": signal}, content.scan, content.rates, unit=KHZ, titles=TITLES,
        rng=np.random.default_rng(1),
    )  # fmt: skip
    assert "without the threshold's own error" in found.intervals
    total = account.total
    for share, value in zip(
        found.allowed_khz / found.scan.stream_khz, found.at_rate["higgs"].value, strict=True
    ):
        passes = (raw for raw in range(3000) if total.passing(raw).weight <= share * total.weight)
        assert value == np.mean(signal >= next(passes))
    text = text_of(rates_section(content))
    assert "of different weight" in text and "scaled Garwood" in text and "n + 1" not in text


def rate(khz: float) -> RateEstimate:
    return RateEstimate(n_pass=9, effective_pass=9.0, rate_khz=khz, low_khz=0.8 * khz, high_khz=1.2 * khz)


def comparison_of(n_seeds: int) -> MenuComparison:
    """Make a menu in which the seeds accept the more of what the threshold does the later they come."""
    both = np.diag(np.full(n_seeds + 1, 100.0))
    both[-1, :-1] = both[:-1, -1] = np.arange(n_seeds)
    names = (*(f"L1_{n}" for n in range(n_seeds)), "tight")
    rates = [
        AcceptRates(
            name=name, prescale=1 + n % 2, before=rate(2), after=rate(2), pure=rate(1), proportional=rate(1)
        )
        for n, name in enumerate(names)
    ]
    return MenuComparison(
        location="made", n_events=1000, effective_events=1000.0, equal_weights=True, stream_khz=26_314.0,
        coverage=0.6827, seeds=tuple(rates[:-1]), menu=rate(40), overlap=MenuOverlap.of(names, both),
        thresholds=(ThresholdRates(threshold_raw=1000, rates=rates[-1], menu_with=rate(41)),),
    )  # fmt: skip


def overlap_of(n_seeds: int) -> OverlapContent:
    why = {"higgs": "carries no decisions of a trigger menu, so its gain is not known"}
    return OverlapContent(
        stream=str(STREAM), comparison=comparison_of(n_seeds), gains={}, left_out=why, titles=TITLES
    )


def test_of_a_large_menu_the_seeds_are_drawn_that_accept_most_of_what_the_thresholds_do() -> None:
    section = overlap_section(overlap_of(60))
    shares, alike = (block for block in section.blocks if isinstance(block, Heatmap))
    assert shares.rows == shares.columns == alike.rows
    assert set(shares.rows) == {*(f"L1_{n}" for n in range(36, 60)), "tight"}
    assert shares.values[-1, 0] == 0.36
    assert "Of 60 seeds those 24" in shares.caption
    assert len(table_of(section, "seeds").rows) == 60


def test_a_small_menu_is_drawn_whole_and_signals_that_are_left_out_are_told() -> None:
    section = overlap_section(overlap_of(3))
    heatmap = next(block for block in section.blocks if isinstance(block, Heatmap))
    assert heatmap.rows == ("L1_0", "L1_1", "L1_2", "tight")
    assert "h → ττ: carries no decisions" in text_of(section)
    assert "3 seeds, 1 of them prescaled" in text_of(section)


def cut_of(title: str, threshold: str, n_both: int, interval: tuple[float, float], of: int = 40) -> SingleCut:
    low, high = interval
    return SingleCut(
        title=title, unit="GeV", threshold=threshold, cut=99.5, n_cut=of, n_accepted=of, n_both=n_both,
        share=n_both / of, low=low, high=high,
    )  # fmt: skip


def followed(*cuts: SingleCut, note: str = "") -> CorrelationContent:
    correlations: Mapping[str, Correlation] = {
        name: Correlation(
            effective_events=900.0, pearson=rho, spearman=rho, error=0.03, mutual_information_bits=0.1
        )
        for name, rho in (("jet_1_pt", 0.2), ("met", -0.6))
    }
    return CorrelationContent(
        n_events=900, correlations=correlations, titles={"met": "MET"}, sums=[], numbers=[], sculpting={},
        cuts=cuts, note=note,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("n_both", "interval", "state", "words"),
    [
        (30, (0.66, 0.82), State.BAD, "To a large part a detector of MET"),
        (4, (0.06, 0.17), State.GOOD, "More than a cut on one quantity"),
        (21, (0.44, 0.61), State.OPEN, "Not told apart from a cut on MET"),
    ],
)
def test_the_verdict_goes_by_whether_the_interval_lies_on_one_side_of_a_half(
    n_both: int, interval: tuple[float, float], state: State, words: str
) -> None:
    others = cut_of("HT", "loose", 1, (0.0, 0.1)), cut_of("MET", "tight", 9, (0.8, 1.0), of=9)
    verdict = correlation_verdict(followed(cut_of("MET", "loose", n_both, interval), *others))
    assert (verdict.state, verdict.found, verdict.section) == (state, words, "correlation")
    accepted = f"MET ≥ 99.5 GeV, a cut at the same rate, accepts {n_both} of the 40 events of loose"
    assert verdict.why.startswith(accepted)


def test_the_section_tells_of_the_other_cuts_with_the_name_of_the_threshold_in_code_style() -> None:
    cuts = cut_of("HT", "loose", 1, (0.0, 0.1)), cut_of("MET", "loose", 21, (0.44, 0.61))
    section = correlation_section(followed(*cuts))
    told = "Of the 40 events that `loose` accepts, cuts at the same rate accept 21 (MET ≥ 99.5 GeV), 1 (HT"
    assert told in text_of(section)
    assert "`" not in correlation_verdict(followed(*cuts)).why


def test_without_cuts_nothing_is_claimed_and_correlations_are_still_told() -> None:
    content = followed(note="no object has a pT in GeV.")
    assert correlation_verdict(content).state is State.OPEN
    section = correlation_section(content)
    assert "no object has a pT in GeV" in text_of(section)
    assert [row[0] for row in table_of(section, "all_correlations").rows] == ["MET", "jet_1_pt"]
    assert [row[0] for row in table_of(section, "correlations").rows] == ["MET"]


def test_a_threshold_that_nothing_passes_is_shown_at_half_an_event(account: RateAccount) -> None:
    content = content_of(account)
    nothing = {**content.rates["rates"]["tight"], "n_pass": 0, "rate_hz": 0.0, "low_hz": 0.0}
    rated = {**content.rates, "rates": {**content.rates["rates"], "tight": nothing}}
    found = efficiency_content(
        account, {"higgs": scores_of(300, 2, 0.002)}, content.scan, rated, unit=KHZ, titles=TITLES,
        rng=np.random.default_rng(1),
    )  # fmt: skip
    points = chart_of(efficiency_section(replace(found, rates=rated)), "roc").series[-1]
    assert points.x[1] == pytest.approx(0.5 / 100_000)
