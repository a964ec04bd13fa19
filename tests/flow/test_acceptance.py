"""A delivery is accepted when everything it must keep was measured and is kept, and else says why not."""

import hashlib
import json
import math
import shutil
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import typer
import yaml
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from l1ad.cli.acceptance import accept as command
from l1ad.config.acceptance import AcceptanceConfig, AcceptedRatesConfig
from l1ad.config.loading import load_config
from l1ad.config.run import DataConfig, FirmwareConfig, RunConfig
from l1ad.core.errors import ConfigError, DataError, ToolError
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.core.trigger_file import save_trigger, trigger_digest
from l1ad.data.event_file import read_events
from l1ad.data.event_writer import write_events
from l1ad.data.events import EventBatch
from l1ad.data.opening import events_digest
from l1ad.data.samples import shipped_samples
from l1ad.emulate.engine import emulate
from l1ad.flow.acceptance import Acceptance, accept
from l1ad.flow.accepted_line import AcceptanceLine, Verdict, held
from l1ad.flow.accepted_rates import ChosenEvents, chosen_events, rate_lines
from l1ad.flow.build import build
from l1ad.flow.manifest import MANIFEST_FILE
from l1ad.flow.run_directory import RunDirectory
from l1ad.flow.verify import verify_trigger
from l1ad.rates.intervals import clopper_pearson
from l1ad.rates.rate import threshold_for_rate
from l1ad.rtl.tools import find_verilator

Builder = Callable[..., TriggerAlgorithm]

BUDGETS = Path(__file__).parents[2] / "configs" / "budgets"
F_REV_HZ = 11245.5
SEEN = 160_000
"""Events of the sample that the demo's fractions leave out of the rates."""


@pytest.fixture(scope="module")
def zero_bias() -> EventBatch:
    return read_events(shipped_samples()["zero_bias"], start=SEEN)


@pytest.fixture(scope="module")
def trigger(build_trigger: Builder, zero_bias: EventBatch) -> TriggerAlgorithm:
    """A small algorithm whose only threshold keeps 1 kHz of the shipped zero bias."""
    small = replace(build_trigger(), provenance={"training_digest": "0123456789abcdef"})
    scores = emulate(small, zero_bias.inputs_raw).score_raw
    return small.with_thresholds({"tight": threshold_for_rate(scores, target_khz=1.0, colliding_bunches=2340)})


@pytest.fixture(scope="module")
def verified(trigger: TriggerAlgorithm, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its firmware folder, built and verified."""
    if shutil.which("g++") is None:
        pytest.skip("g++ is not installed")
    try:
        find_verilator()
    except ToolError as missing:
        pytest.skip(str(missing))
    place = tmp_path_factory.mktemp("delivery")
    folder = build(trigger, FirmwareConfig(folder=str(place))).folder
    verify_trigger(trigger, firmware=place, sources=("sample:a_to_4l",))
    return folder


@pytest.fixture
def delivery(verified: Path, tmp_path: Path) -> Path:
    """A copy that a test may spoil."""
    shutil.copytree(verified, tmp_path / verified.name)
    return tmp_path / verified.name


def budget(**changes: Any) -> AcceptanceConfig:
    """The budget that ships, for one threshold, without a demand for resources, which take minutes."""
    document = yaml.safe_load((BUDGETS / "zero_bias_1khz.yaml").read_text(encoding="utf-8"))
    document["demanded"].remove("resources")
    document["bit_equality"]["min_events"] = 20_000
    document["rates"]["thresholds"] = {"tight": {"total": "1 kHz", "pure": "1 kHz"}}
    for path, value in changes.items():
        *sections, key = path.split("__")
        place = document
        for section in sections:
            place = place[section]
        place[key] = value
    return AcceptanceConfig.model_validate(document)


def named(result: Acceptance, name: str) -> AcceptanceLine:
    (line,) = (one for one in result.lines if one.name == name)
    return line


def sealed_again(folder: Path) -> None:
    """Write the digests of the generated files as they are now, as somebody would who hides a change."""
    document = json.loads((folder / MANIFEST_FILE).read_text())
    document["files"] = {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in document["files"]
    }
    (folder / MANIFEST_FILE).write_text(json.dumps(document, indent=1) + "\n")


def failures(result: Acceptance) -> dict[str, str]:
    return {line.name: line.reason for line in result.failed}


def test_a_delivery_within_its_budget_is_accepted_and_every_figure_has_its_source(
    verified: Path, trigger: TriggerAlgorithm
) -> None:
    result = accept(verified, budget())
    assert failures(result) == {}
    assert result.accepted
    assert {line.group for line in result.lines if line.verdict is Verdict.PASS} == {
        "provenance", "bit_equality", "timing", "rates",
    }  # fmt: skip
    assert named(result, "algorithm verified").value == trigger_digest(trigger)[:12]
    assert named(result, "threshold 'tight'").value == trigger.thresholds["tight"]
    rtl = named(result, "integers that differ, RTL in Verilator")
    assert (rtl.value, rtl.limit) == (0, 0)
    latency = named(result, "latency of the Verilog")
    assert (latency.limit, latency.source) == (2, "measured in cycle-true simulation")
    for line in result.lines:
        assert line.verdict is Verdict.NOT_MEASURED or line.value is not None
        assert line.source or line.note or line.group == "provenance"


def test_what_was_not_measured_fails_only_where_it_is_demanded(verified: Path) -> None:
    lut = named(accept(verified, budget()), "LUT of the Verilog")
    assert lut.verdict is Verdict.NOT_MEASURED
    assert lut.note == "not estimated; run `l1ad synth open`"
    strict = accept(verified, budget(demanded=["resources", "float_model"]))
    assert failures(strict)["LUT of the Verilog"] == (
        "demanded, but not measured: not estimated; run `l1ad synth open`"
    )
    assert failures(strict)["rank correlation"] == "demanded, but not measured: no run; give --run"


def test_a_changed_file_is_refused_and_nothing_the_folder_says_counts_any_more(delivery: Path) -> None:
    top = delivery / "hls" / "small_top.cpp"
    top.write_text(top.read_text() + "// tuned by hand\n")
    found = failures(accept(delivery, budget()))
    assert "hls/small_top.cpp was changed since the build" in found["files as built"]
    assert "the folder is not as it was built" in found["integers that differ, RTL in Verilator"]
    assert "the folder is not as it was built" in found["of the firmware"]
    assert "rate of 'tight'" not in found


def test_a_trigger_file_changed_by_hand_is_refused_in_words(delivery: Path) -> None:
    file = delivery / "trigger.json"
    document = json.loads(file.read_text())
    document["thresholds"]["tight"] -= 1
    file.write_text(json.dumps(document))
    result = accept(delivery, budget())
    assert "trigger.json was changed since the build" in failures(result)["files as built"]
    assert "trigger.json is not as it was saved" in failures(result)["of the algorithm"]


def test_a_threshold_that_the_firmware_was_not_built_with_is_refused_even_under_a_new_manifest(
    delivery: Path, trigger: TriggerAlgorithm
) -> None:
    lower = trigger.with_thresholds({"tight": trigger.thresholds["tight"] // 2})
    save_trigger(lower, delivery / "trigger.json")
    sealed_again(delivery)
    found = failures(accept(delivery, budget()))
    assert "files as built" not in found
    assert found["algorithm of the build"] == (
        f"trigger.json is {trigger_digest(lower)[:12]}, the manifest was written for "
        f"{trigger_digest(trigger)[:12]}; run `l1ad build` again"
    )
    assert "is of another build or cannot be read" in found["algorithm verified"]
    assert "allowed is ≤ 1 kHz" in found["rate of 'tight'"]


def test_a_verification_of_another_build_does_not_count(
    verified: Path, trigger: TriggerAlgorithm, tmp_path: Path
) -> None:
    other = trigger.with_thresholds({"tight": trigger.thresholds["tight"] + 1})
    folder = build(other, FirmwareConfig(folder=str(tmp_path))).folder
    shutil.copytree(verified / "results", folder / "results")
    found = failures(accept(folder, budget()))
    assert found["algorithm verified"] == (
        "results/verification.json is of another build or cannot be read; run `l1ad verify` again"
    )
    assert "not verified as built" in found["integers that differ, HLS C simulation"]
    assert "cycles, planned by the delay model; run `l1ad verify`" in found["latency of the Verilog"]


def test_a_delivery_without_a_verification_or_a_training_says_so(
    delivery: Path, build_trigger: Builder
) -> None:
    shutil.rmtree(delivery / "results")
    found = failures(accept(delivery, budget()))
    assert found["algorithm verified"] == (
        "demanded, but not measured: nobody verified this build; run `l1ad verify`"
    )
    foreign = build(build_trigger(thresholds={"tight": 9}), FirmwareConfig(folder=str(delivery.parent / "x")))
    assert "no digest of a training" in failures(accept(foreign.folder, budget()))["training"]


def test_an_implementation_that_was_not_compared_and_too_few_events_are_refused(verified: Path) -> None:
    result = accept(
        verified,
        budget(
            bit_equality__implementations=["quantised Keras", "RTL in Verilator"],
            bit_equality__min_events=10**6,
        ),
    )
    found = failures(result)
    assert found["integers that differ, quantised Keras"] == (
        "demanded, but not measured: `l1ad verify` did not compare it"
    )
    assert "allowed is ≥ 1,000,000" in found["events compared, RTL in Verilator"]


def test_a_threshold_of_the_budget_that_the_firmware_lacks_is_refused_and_others_are_named(
    verified: Path,
) -> None:
    result = accept(verified, budget(rates__thresholds={"golden": {"total": "1 kHz"}}))
    found = failures(result)
    assert found["threshold 'golden'"] == "trigger.json has no threshold 'golden'; there is tight"
    assert "there is no such threshold" in found["rate of 'golden'"]
    assert named(result, "other thresholds").value == "tight"


def test_a_limit_of_the_budget_counts_before_that_of_the_folders_own_target(verified: Path) -> None:
    found = failures(accept(verified, budget(hardware__latency_cycles=1)))
    cycles = named(accept(verified, budget()), "latency of the Verilog").value
    assert found == {"latency of the Verilog": f"{cycles} cycles, allowed is ≤ 1 cycles"}
    assert named(accept(verified, budget(hardware__latency_cycles=None)), "latency of the Verilog").limit == 2


def test_a_budget_too_small_fails_and_one_within_the_interval_is_only_unclear(verified: Path) -> None:
    small = accept(verified, budget(rates__thresholds={"tight": {"total": "200 Hz"}}))
    assert "Hz, allowed is ≤ 200 Hz" in failures(small)["rate of 'tight'"]
    close = accept(verified, budget(rates__thresholds={"tight": {"total": "0.8 kHz"}}))
    assert close.accepted
    line = named(close, "rate of 'tight'")
    assert line.verdict is Verdict.UNCLEAR
    assert line.note.startswith("beyond the limit, its interval is not")


def test_an_implementation_that_gives_other_integers_is_found_by_verifying_here(
    delivery: Path, trigger: TriggerAlgorithm
) -> None:
    top = delivery / "hls" / "small_top.cpp"
    threshold = trigger.thresholds["tight"]
    text = top.read_text()
    assert text.count(f"score_word_t({threshold})") == 1
    top.write_text(text.replace(f"score_word_t({threshold})", f"score_word_t({threshold // 2})"))
    sealed_again(delivery)
    events = "sample:a_to_4l"
    result = accept(
        delivery, budget(rates__thresholds={"tight": {"total": "40000 kHz"}}), events=events, verify=True
    )
    found = failures(result)
    # The emulator library is compiled from the same C++.
    wrong = {f"integers that differ, {name}" for name in ("HLS C simulation", "CMSSW emulator library")}
    assert set(found) == wrong
    assert "accept:tight" in found["integers that differ, HLS C simulation"]


def test_impossible_names_and_folders_are_refused_before_anything_is_measured(
    verified: Path, tmp_path: Path
) -> None:
    with pytest.raises(ToolError, match="no firmware here; `l1ad build` writes it"):
        accept(tmp_path, budget())
    with pytest.raises(
        ConfigError, match="'RTL in Verlator' is no implementation; did you mean 'RTL in Verilator'"
    ):
        accept(verified, budget(bit_equality__implementations=["RTL in Verlator"]))
    with pytest.raises(ConfigError, match="'1 kilohertz' is not a rate budget"):
        accept(verified, budget(rates__thresholds={"tight": {"total": "1 kilohertz"}}))
    shutil.copytree(verified, tmp_path / "renamed")
    with pytest.raises(ToolError, match="can only be verified in a folder called 'small'; rename it"):
        accept(tmp_path / "renamed", budget(), verify=True)


@pytest.mark.parametrize(("total", "code"), [("1 kHz", 0), ("200 Hz", 3)])
def test_the_command_prints_a_verdict_leaves_a_junit_file_and_exits_with_3_when_anything_fails(
    total: str, code: int, verified: Path, tmp_path: Path
) -> None:
    file, junit = tmp_path / "mine.yaml", tmp_path / "accept.xml"
    config = budget(rates__thresholds={"tight": {"total": total}})
    file.write_text(yaml.safe_dump(config.model_dump(mode="json")))
    app = typer.Typer()
    app.command()(command)
    arguments = [str(verified), "--budget", str(file), "--junit", str(junit)]
    done = CliRunner().invoke(app, [*arguments, "--json"])
    assert done.exit_code == code, done.output
    document = json.loads(done.stdout)
    assert document["accepted"] is (code == 0)
    suite = ElementTree.parse(junit).getroot().find("testsuite")  # noqa: S314 -- written here
    assert suite is not None
    assert int(suite.attrib["tests"]) == len(document["checks"])
    verdicts = [line["verdict"] for line in document["checks"]]
    assert int(suite.attrib["failures"]) == verdicts.count("fail") == (1 if code else 0)
    assert int(suite.attrib["skipped"]) == verdicts.count("not measured") > 0
    shown = CliRunner().invoke(app, arguments)
    assert shown.exit_code == code
    assert "rate of 'tight'" in shown.stdout
    assert ("not accepted: rate of 'tight': " in shown.stderr) is (code == 3)


def zero_bias_rates(**changes: Any) -> AcceptedRatesConfig:
    document = {"colliding_bunches": 2340, "thresholds": {"tight": {"total": "1 kHz", "pure": "1 kHz"}}}
    return AcceptedRatesConfig.model_validate({**document, **changes})


UNSEEN = ChosenEvents(location="sample:zero_bias", start=SEEN, note="")


def test_rate_and_pure_rate_are_those_counted_by_hand(trigger: TriggerAlgorithm, zero_bias: EventBatch) -> None:
    low = trigger.with_thresholds({"tight": trigger.thresholds["tight"] // 3})
    total, pure = rate_lines(low, zero_bias_rates(), UNSEEN)
    accepted = emulate(low, zero_bias.inputs_raw).score_raw >= low.thresholds["tight"]
    assert zero_bias.menu is not None
    assert zero_bias.menu_bits is not None
    alone = Fraction(0)
    for bits in zero_bias.menu_bits[accepted]:
        chance = Fraction(1)
        for fired, prescale in zip(bits, zero_bias.menu.prescales, strict=True):
            chance *= 1 - Fraction(1, prescale) if fired and prescale else 1
        alone += chance
    n_total, n_pass, khz = len(zero_bias), int(accepted.sum()), F_REV_HZ * 2340 / 1000
    assert total.value == pytest.approx(n_pass / n_total * khz, rel=1e-12)
    assert pure.value == pytest.approx(float(alone) / n_total * khz, rel=1e-9)
    assert (total.low, total.high) == pytest.approx(
        [end * khz for end in clopper_pearson(n_pass, n_total, coverage=0.95)], rel=1e-9
    )
    assert 0 < alone < n_pass
    for line in (total, pure):
        assert isinstance(line.value, float)
        assert line.low is not None
        assert line.high is not None
        assert line.low < line.value < line.high


def test_events_too_few_for_the_budget_measure_nothing_unless_they_fail_it(
    trigger: TriggerAlgorithm, zero_bias: EventBatch, tmp_path: Path
) -> None:
    write_events(tmp_path / "few.h5", zero_bias.select(0, 1000), {})
    few = ChosenEvents(location=str(tmp_path / "few.h5"), start=0, note="")
    (line,) = rate_lines(trigger, zero_bias_rates(thresholds={"tight": {"total": "1 kHz"}}), few)
    assert line.verdict is Verdict.NOT_MEASURED
    assert line.note.startswith("1000 events cannot resolve 1 kHz: at least 26315 are needed in zero bias")
    everything = trigger.with_thresholds({"tight": 0})
    (line,) = rate_lines(everything, zero_bias_rates(thresholds={"tight": {"total": "1 kHz"}}), few)
    assert line.verdict is Verdict.FAIL


def test_a_pure_rate_needs_a_menu_and_an_event_needs_the_layout(
    trigger: TriggerAlgorithm, zero_bias: EventBatch, elements_trigger: TriggerAlgorithm, tmp_path: Path
) -> None:
    bare = replace(zero_bias.select(0, 50_000), menu=None, menu_bits=None)
    write_events(tmp_path / "bare.h5", bare, {})
    events = ChosenEvents(location=str(tmp_path / "bare.h5"), start=0, note="")
    total, pure = rate_lines(trigger, zero_bias_rates(), events)
    assert total.verdict is not Verdict.NOT_MEASURED
    assert (pure.verdict, pure.note) == (Verdict.NOT_MEASURED, f"{events.location} has no menu bits")
    with pytest.raises(DataError, match=r"bare\.h5: events of "):
        list(rate_lines(elements_trigger, zero_bias_rates(), events))


def test_a_run_without_named_events_is_counted_on_what_it_has_not_trained_on(
    trigger: TriggerAlgorithm, zero_bias: EventBatch, tmp_path: Path
) -> None:
    """The budget that ships for a preselected stream; the background stands for the stream, as it says."""
    rates = load_config(BUDGETS / "preselected_50_per_day.yaml", AcceptanceConfig).rates
    data = DataConfig(training_fraction=0.5, validation_fraction=0.1)
    run = RunDirectory.begin(tmp_path, RunConfig(data=data))
    assert chosen_events(rates, trigger, None, None) is None
    events = chosen_events(rates, trigger, run, None)
    assert events is not None
    assert (events.location, events.start) == ("sample:zero_bias", 240_000)
    unseen = zero_bias.select(240_000 - SEEN, len(zero_bias))
    scores = np.sort(emulate(trigger, unseen.inputs_raw).score_raw)
    within, over = (trigger.with_thresholds({"day": int(scores[-n])}) for n in (1, 40))
    (line,) = rate_lines(within, rates, events)
    n_pass = int((scores >= scores[-1]).sum())
    assert line.verdict is Verdict.PASS
    assert line.value == pytest.approx(n_pass / 160_000 * 6e6)
    assert line.unit == "events/day"
    (line,) = rate_lines(over, rates, events)
    assert line.verdict is Verdict.FAIL
    assert "a preselected stream of 6e+06 events/day" in line.source


def test_events_named_by_the_user_come_first_and_those_trained_on_are_told(
    trigger: TriggerAlgorithm, tmp_path: Path
) -> None:
    rates = zero_bias_rates(events="sample:zero_bias", leave_out_fraction=0.4)
    chosen = chosen_events(rates, trigger, None, None)
    assert chosen == ChosenEvents(location="sample:zero_bias", start=SEEN, note="")
    run = RunDirectory.begin(tmp_path, RunConfig(data=DataConfig(training_fraction=0.2)))
    cut_by_run = chosen_events(rates, trigger, run, None)
    assert cut_by_run is not None
    assert cut_by_run.start == 120_000
    named_events = chosen_events(rates, trigger, run, "sample:a_to_4l")
    assert named_events == ChosenEvents(location="sample:a_to_4l", start=0, note="")
    trained = replace(trigger, provenance={"background_digest": events_digest("sample:zero_bias")})
    again = chosen_events(rates, trained, None, "sample:zero_bias")
    assert again is not None
    assert (again.start, again.note) == (0, "trained on some of these very events")


FIGURES = st.floats(-1e6, 1e6)


@given(st.tuples(FIGURES, FIGURES, FIGURES).map(sorted), FIGURES, st.booleans())
def test_a_figure_fails_exactly_where_its_whole_interval_is_beyond_the_limit(
    interval: list[float], limit: float, at_least: bool
) -> None:
    low, value, high = interval
    line = held("rates", "rate", value, limit, interval=(low, high), at_least=at_least)
    surely = high < limit if at_least else low > limit
    beyond = (value < limit if at_least else value > limit) and not math.isclose(value, limit, rel_tol=1e-12)
    assert (line.verdict is Verdict.FAIL) is surely
    assert (line.verdict is Verdict.UNCLEAR) is (beyond and not surely)


def test_the_demo_is_delivered_with_its_float_model_measured(demo: tuple[Path, dict[str, Any]]) -> None:
    folder, summary = demo
    config = load_config(BUDGETS / "zero_bias_1khz.yaml", AcceptanceConfig)
    config = config.model_copy(update={"demanded": (*config.demanded, "float_model")})
    result = accept(folder / summary["firmware"], config, run=RunDirectory.open(folder / "runs" / "demo"))
    assert {line.verdict for line in result.lines} <= {Verdict.PASS, Verdict.FAIL}
    assert {line.group for line in result.failed} <= {"float_model"}  # three epochs promise nothing of it
    assert named(result, "rank correlation").value == pytest.approx(summary["float_comparison"]["spearman"])
    assert named(result, "training").source == "provenance, and the run's record"
    for name, rate in summary["rates"].items():
        line = named(result, f"rate of {name!r}")
        assert line.value == pytest.approx(rate["rate_hz"] / 1000)
        assert line.note == "not trained on, but what the run's thresholds were set on"
    lost = [line for line in result.lines if line.name.startswith("efficiency of ")]
    assert len(lost) == 2 * len(RunConfig().data.signals)


def test_the_firmware_of_another_run_is_refused_and_not_compared_with_its_float_model(
    verified: Path, demo: tuple[Path, dict[str, Any]]
) -> None:
    run = RunDirectory.open(demo[0] / "runs" / "demo")
    result = accept(verified, budget(), run=run)
    assert "run `l1ad build` again" in failures(result)["algorithm of the run"]
    assert "freeze and build again" in failures(result)["training"]
    assert named(result, "rank correlation").note.endswith("runs/demo holds another algorithm")
