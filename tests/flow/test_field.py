"""What the field recorded beside the emulator: every fault, put into real events, is found and named."""

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from numpy.typing import NDArray
from typer.testing import CliRunner

from l1ad.cli.rates_compare import compare_field
from l1ad.core.errors import DataError
from l1ad.core.layouts import hlt_57
from l1ad.core.menu import Menu
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.core.trigger_file import algorithm_digest, load_trigger
from l1ad.data.events import EventBatch
from l1ad.data.nanoaod.writer import writing_nanoaod
from l1ad.data.opening import load_events, open_events
from l1ad.data.saving import saving_events
from l1ad.emulate.engine import emulate
from l1ad.flow.emulate import emulate_file
from l1ad.flow.field import compare_with_field
from l1ad.flow.field_causes import scored_blocks
from l1ad.rates.disagreements import RecordedComparison

REPOSITORY = Path(__file__).parents[2]
REFERENCE = REPOSITORY / "firmware" / "reference"
REAL = REPOSITORY.parent / "shared" / "reference" / "nanoaod"
SEED, THRESHOLD = "L1_AXO_Nominal", "tight"
N_EVENTS = 5_000

Raw = NDArray[np.int16]
Scores = NDArray[np.int64]


@pytest.fixture(scope="module")
def trigger() -> TriggerAlgorithm:
    return load_trigger(REFERENCE / "trigger.json")


@pytest.fixture(scope="module", params=["zero_bias", "a_to_4l"])
def events(request: pytest.FixtureRequest) -> EventBatch:
    """Real events: many below the threshold, or many above it."""
    return load_events(f"sample:{request.param}", stop=N_EVENTS)


@pytest.fixture(scope="module")
def leptons() -> EventBatch:
    """Events with many muons, most of them above the threshold."""
    return load_events("sample:a_to_4l", stop=N_EVENTS)


def bits_file(folder: Path, events: EventBatch, bits: NDArray[np.bool_], **provenance: Any) -> str:
    """Write events with the bit of one seed more."""
    assert events.menu is not None and events.menu_bits is not None
    menu = Menu(names=(*events.menu.names, SEED), prescales=(*events.menu.prescales, 1))
    both = replace(events, menu=menu, menu_bits=np.column_stack([events.menu_bits, bits]))
    path = folder / "recorded.h5"
    with saving_events(path, dict(provenance)) as writer:
        writer.append(both)
    return str(path)


def scores_file(folder: Path, events: EventBatch, scores: Scores) -> Path:
    path = folder / "scores.csv"
    rows = zip(events.event_number.tolist(), scores.tolist(), strict=True)
    path.write_text("event_number,score_raw\n" + "\n".join(f"{number},{score}" for number, score in rows))
    return path


def of_bits(
    folder: Path, trigger: TriggerAlgorithm, events: EventBatch, bits: NDArray[np.bool_]
) -> RecordedComparison:
    (part,) = compare_with_field(trigger, bits_file(folder, events, bits), bits={SEED: THRESHOLD}).parts
    np.testing.assert_equal(part.n_disagreements, (bits != accepted(trigger, events)).sum())
    return part


def of_scores(
    folder: Path, trigger: TriggerAlgorithm, events: EventBatch, scores: Scores, **options: Any
) -> RecordedComparison:
    path, file = scores_file(folder, events, scores), bits_file(folder, events, scores > 0)
    (part,) = compare_with_field(trigger, file, bits={}, scores=path, **options).parts
    assert part.n_disagreements == (scores != emulate(trigger, events.inputs_raw).score_raw).sum()
    return part


def accepted(trigger: TriggerAlgorithm, events: EventBatch) -> NDArray[np.bool_]:
    return emulate(trigger, events.inputs_raw).accepted[THRESHOLD]


# Faults, written down without the functions that look for them.


def whole_gev(raw: Raw) -> Raw:
    wrong = raw.copy()
    for column, field in enumerate(hlt_57().fields):  # objects and slots in the order of ugt_57
        if field.quantity == "pt":
            from_one = 1 if field.object_type == "mu" else 0
            gev = np.floor(0.5 * (raw[:, column] - from_one))
            wrong[:, column] = np.where(raw[:, column] > 0, 2 * gev + from_one, 0)
    return wrong


def muons_without_phi(raw: Raw) -> Raw:
    wrong = raw.copy()
    wrong[:, [17, 20, 23, 26]] = 0
    return wrong


def muons_elsewhere(raw: Raw) -> Raw:
    """Bend the muons' φ by their charge, which is not in the inputs, as between the stations and the vertex."""
    wrong, charge = raw.copy(), np.random.default_rng(3).choice([-1, 1], (len(raw), 4))
    for slot, column in enumerate((17, 20, 23, 26)):
        there = raw[:, column - 2] > 0
        bent = (raw[:, column] + charge[:, slot] * (8 + 400 // np.maximum(raw[:, column - 2], 1))) % 576
        wrong[there, column] = bent[there]
    return wrong


def fifth_photon(raw: Raw) -> Raw:
    """Put a fifth e/γ of a few GeV into nine in ten events with four, before the muons and jets."""
    rng, wrong = np.random.default_rng(5), raw.copy()
    full = (raw[:, 12] > 0) & (rng.random(len(raw)) < 0.9)
    fifth = np.column_stack(
        [rng.integers(1, 9, len(raw)), rng.integers(-60, 60, len(raw)), rng.integers(0, 144, len(raw))]
    )
    wrong[full, 18:] = raw[full, 15:-3]
    wrong[full, 15:18] = fifth[full]
    layout = load_events("sample:a_to_4l", stop=1).layout
    return np.clip(wrong, layout.raw_min, layout.raw_max).astype(np.int16)


INPUT_FAULTS = [
    (whole_gev, "truncated pT of all objects"),
    (muons_without_phi, "muon φ zero"),
]


@pytest.mark.parametrize(("fault", "name"), INPUT_FAULTS)
def test_mistaken_inputs_are_named_from_bits_and_from_scores(
    fault: Callable[[Raw], Raw], name: str, tmp_path: Path, trigger: TriggerAlgorithm, events: EventBatch
) -> None:
    wrong = emulate(trigger, fault(events.inputs_raw))
    for part in (
        of_bits(tmp_path, trigger, events, wrong.accepted[THRESHOLD]),
        of_scores(tmp_path, trigger, events, wrong.score_raw),
    ):
        assert part.n_disagreements > 10
        assert part.likely_cause == name
        assert (part.causes[0].share, part.causes[0].agreement) == (1.0, 1.0)


def test_muons_that_are_not_at_the_vertex_are_named_by_what_differs(
    tmp_path: Path, trigger: TriggerAlgorithm, events: EventBatch
) -> None:
    scores = emulate(trigger, muons_elsewhere(events.inputs_raw)).score_raw
    part = of_scores(tmp_path, trigger, events, scores)
    assert part.likely_cause == "inputs of muons"
    assert "at the vertex?" in part.verdict


def test_a_list_that_is_not_capped_is_named(
    tmp_path: Path, trigger: TriggerAlgorithm, events: EventBatch
) -> None:
    scores = emulate(trigger, fifth_photon(events.inputs_raw)).score_raw
    assert of_scores(tmp_path, trigger, events, scores).likely_cause == "list of e/γ not capped"


@pytest.mark.parametrize(("step", "name"), [(1, "crossing before"), (-1, "crossing after")])
def test_the_wrong_crossing_is_named_across_blocks(
    step: int, name: str, tmp_path: Path, trigger: TriggerAlgorithm, leptons: EventBatch
) -> None:
    scores = emulate(trigger, leptons.inputs_raw).score_raw
    moved = np.roll(scores, step)
    moved[0 if step == 1 else -1] = scores[0 if step == 1 else -1]
    assert of_scores(tmp_path, trigger, leptons, moved).likely_cause == name
    part = of_bits(tmp_path, trigger, leptons, moved >= trigger.thresholds[THRESHOLD])
    assert part.likely_cause == name
    assert part.causes[0].share == 1.0


def test_a_crossing_that_slips_now_and_then_is_named_from_scores(
    tmp_path: Path, trigger: TriggerAlgorithm, leptons: EventBatch
) -> None:
    scores = emulate(trigger, leptons.inputs_raw).score_raw
    slips = np.random.default_rng(4).random(N_EVENTS) < 0.02
    part = of_scores(tmp_path, trigger, leptons, np.where(slips, np.roll(scores, 1), scores))
    assert part.likely_cause == "crossing before"
    assert part.causes[0].agreement < 0.1


def test_neighbours_are_the_same_however_the_file_is_cut(
    trigger: TriggerAlgorithm, leptons: EventBatch
) -> None:
    def rows(block_events: int) -> Iterator[tuple[NDArray[np.int64], ...]]:
        for _, *scores in scored_blocks(trigger, leptons.blocks(block_events)):
            yield tuple(scores)

    whole = next(rows(N_EVENTS))
    cut = [np.concatenate(parts) for parts in zip(*rows(7), strict=True)]
    for one, other in zip(whole, cut, strict=True):
        np.testing.assert_array_equal(one, other)
    assert (whole[1][1:] == whole[0][:-1]).all() and (whole[2][:-1] == whole[0][1:]).all()


@pytest.mark.parametrize(
    ("bits", "name"),
    [
        (lambda scores, tight: scores > tight, "> for >="),
        (lambda scores, _: scores >= 572, "threshold of loose"),
        (lambda scores, tight: scores >= tight + 77, "other threshold"),
        (lambda scores, tight: scores >= tight - 77, "other threshold"),
        (lambda scores, tight: scores >= tight // 16, "threshold without fraction"),
        (lambda scores, tight: tight >= scores, "score and threshold swapped"),
        (lambda scores, tight: scores < tight, "bit inverted"),
        (lambda scores, _: scores < 0, "never accepts"),
    ],
)
def test_mistaken_thresholds_and_comparisons_are_named(
    bits: Callable[[Scores, int], NDArray[np.bool_]],
    name: str,
    tmp_path: Path,
    trigger: TriggerAlgorithm,
    events: EventBatch,
) -> None:
    scores = emulate(trigger, events.inputs_raw).score_raw
    part = of_bits(tmp_path, trigger, events, bits(scores, trigger.thresholds[THRESHOLD]))
    assert part.n_disagreements > 0
    assert part.likely_cause == name


def test_one_threshold_that_explains_all_bits_is_told_with_its_ends(
    tmp_path: Path, trigger: TriggerAlgorithm, leptons: EventBatch
) -> None:
    scores = emulate(trigger, leptons.inputs_raw).score_raw
    part = of_bits(tmp_path, trigger, leptons, scores >= 900)
    assert part.window is not None
    assert part.window.contradicted == 0
    assert (
        scores[scores < 900].max() + 1
        == part.window.low
        <= 900
        <= part.window.high
        == scores[scores >= 900].min()
    )
    assert f"{part.window.low} to {part.window.high}" in part.verdict


def test_a_score_word_that_wraps_is_named(
    tmp_path: Path, trigger: TriggerAlgorithm, leptons: EventBatch
) -> None:
    bits_of = replace(trigger.score.result, width=12, integer=8)
    narrow = replace(trigger, score=replace(trigger.score, result=bits_of))
    wide = emulate(trigger, leptons.inputs_raw).score_raw
    assert (wide >= 4096).sum() > 10
    assert of_scores(tmp_path, narrow, leptons, wide % 4096).likely_cause == "score overflow"


def test_another_algorithm_is_named_when_it_is_among_the_suspects(
    tmp_path: Path,
    trigger: TriggerAlgorithm,
    leptons: EventBatch,
    build_trigger: Callable[..., TriggerAlgorithm],
) -> None:
    other = build_trigger(name="v3")
    scores = emulate(other, leptons.inputs_raw).score_raw
    assert of_scores(tmp_path, trigger, leptons, scores, others=(other,)).likely_cause == "other algorithm: v3"
    unknown = of_scores(tmp_path, trigger, leptons, scores)
    assert unknown.likely_cause == "unknown"
    assert "is this the algorithm that ran?" in unknown.verdict


def test_faults_without_a_reason_have_an_unknown_cause(
    tmp_path: Path, trigger: TriggerAlgorithm, events: EventBatch
) -> None:
    chance = np.random.default_rng(6).random(N_EVENTS) < 0.03
    bits = accepted(trigger, events)
    assert of_bits(tmp_path, trigger, events, bits ^ chance).likely_cause == "unknown"
    dropped = of_bits(tmp_path, trigger, events, bits & ~chance)
    assert dropped.likely_cause == "unknown"
    assert "was the seed prescaled or masked?" in dropped.verdict
    scores = emulate(trigger, events.inputs_raw).score_raw
    assert of_scores(tmp_path, trigger, events, scores + chance).likely_cause == "unknown"


def test_the_bits_of_a_seed_that_has_nothing_to_do_with_the_score_have_an_unknown_cause(
    trigger: TriggerAlgorithm,
) -> None:
    (part,) = compare_with_field(trigger, "sample:a_to_4l", bits={"L1_ETM120": THRESHOLD}).parts
    assert part.n_disagreements > N_EVENTS // 2
    assert part.likely_cause == "unknown"


def test_what_agrees_has_no_disagreement_and_no_cause(
    tmp_path: Path, trigger: TriggerAlgorithm, events: EventBatch
) -> None:
    decisions = emulate(trigger, events.inputs_raw)
    comparison = compare_with_field(
        trigger, bits_file(tmp_path, events, decisions.accepted[THRESHOLD]), bits={SEED: THRESHOLD},
        scores=scores_file(tmp_path, events, decisions.score_raw),
    )  # fmt: skip
    assert [(one.n_events, one.n_disagreements, one.causes) for one in comparison.parts] == [
        (N_EVENTS, 0, ())
    ] * 2
    assert comparison.n_disagreements == 0


def test_the_vectors_of_a_firmware_folder_agree_in_bits_and_in_scores(trigger: TriggerAlgorithm) -> None:
    folder = REFERENCE / "vectors"
    bits = {"algo_000": "tight", "algo_001": "loose", "accept:tight": "tight"}
    comparison = compare_with_field(trigger, str(folder / "ugt.txt"), bits=bits, scores=folder / "expected.csv")
    assert [one.recorded for one in comparison.parts] == ["score", *bits]
    assert {(one.n_events, one.n_disagreements) for one in comparison.parts} == {(comparison.n_events, 0)}


def test_every_disagreement_is_counted_and_the_first_are_kept_with_their_inputs(
    tmp_path: Path, trigger: TriggerAlgorithm, leptons: EventBatch
) -> None:
    bits = accepted(trigger, leptons)
    file = bits_file(tmp_path, leptons, ~bits)
    (part,) = compare_with_field(trigger, file, bits={SEED: THRESHOLD}, keep=7).parts
    assert (part.n_disagreements, len(part.disagreements)) == (N_EVENTS, 7)
    for event, one in enumerate(part.disagreements):
        assert one.event_number == leptons.event_number[event]
        assert leptons.run is not None and one.run == leptons.run[event]
        assert (one.recorded, one.emulated) == (int(not bits[event]), int(bits[event]))
        row = [one.inputs.get(name, 0) for name in leptons.layout.names]
        assert row == leptons.inputs_raw[event].tolist()
        assert 0 not in one.inputs.values()


# Prescales, as NanoAOD has them.


@pytest.fixture
def prescaled(tmp_path: Path, trigger: TriggerAlgorithm, leptons: EventBatch) -> tuple[str, NDArray[np.bool_]]:
    """A NanoAOD file whose seed let every other accepted event pass, and accepted one too many."""
    pytest.importorskip("uproot")
    bits = accepted(trigger, leptons)
    recorded = bits & (np.cumsum(bits) % 2 == 0)
    recorded[np.flatnonzero(~bits)[0]] = True
    path = tmp_path / "nano.root"
    with writing_nanoaod(path, {}) as writer:
        writer.append(replace(leptons, menu=Menu(names=(SEED,), prescales=(1,)), menu_bits=recorded[:, None]))
    return str(path), recorded


def test_a_recorded_0_of_a_seed_with_an_unknown_prescale_is_not_judged(
    trigger: TriggerAlgorithm, leptons: EventBatch, prescaled: tuple[str, NDArray[np.bool_]]
) -> None:
    file, recorded = prescaled
    (part,) = compare_with_field(trigger, file, bits={SEED: THRESHOLD}).parts
    assert part.n_disagreements == 1
    assert part.n_not_judged == (accepted(trigger, leptons) & ~recorded).sum()
    assert part.n_events + part.n_not_judged == N_EVENTS
    assert "the prescale is not known" in part.note


@pytest.mark.parametrize(("prescale", "one_way"), [(1, False), (2, True), (0, True)])
def test_a_known_prescale_says_whether_a_recorded_0_counts(
    prescale: int, one_way: bool, trigger: TriggerAlgorithm, leptons: EventBatch,
    prescaled: tuple[str, NDArray[np.bool_]],
) -> None:  # fmt: skip
    file, recorded = prescaled
    (part,) = compare_with_field(trigger, file, bits={SEED: THRESHOLD}, prescales={SEED: prescale}).parts
    wrong = (accepted(trigger, leptons) != recorded).sum()
    assert (part.n_disagreements, part.n_not_judged) == ((1, wrong - 1) if one_way else (wrong, 0))
    assert f"the prescale is {prescale}" in part.note


def test_bits_that_were_converted_are_still_those_of_after_prescale(
    tmp_path: Path, trigger: TriggerAlgorithm, leptons: EventBatch, prescaled: tuple[str, NDArray[np.bool_]]
) -> None:
    provenance = {"sources": [{"provenance": open_events(prescaled[0]).provenance}]}
    file = bits_file(tmp_path, leptons, prescaled[1], **provenance)
    (part,) = compare_with_field(trigger, file, bits={SEED: THRESHOLD}).parts
    assert (part.n_disagreements, part.n_not_judged > 0) == (1, True)


def test_a_cause_is_named_behind_a_prescale(
    tmp_path: Path, trigger: TriggerAlgorithm, events: EventBatch
) -> None:
    pytest.importorskip("uproot")
    recorded = emulate(trigger, muons_without_phi(events.inputs_raw)).accepted[THRESHOLD]
    recorded &= np.random.default_rng(8).random(N_EVENTS) < 0.5
    file = bits_file(tmp_path, events, recorded, menu_bits="decisions after prescale and mask")
    (part,) = compare_with_field(trigger, file, bits={SEED: THRESHOLD}).parts
    assert part.n_disagreements > 0
    assert part.likely_cause == "muon φ zero"


# Records in files of their own.


def test_scores_are_matched_by_run_lumi_section_and_number_whatever_their_order(
    tmp_path: Path, trigger: TriggerAlgorithm, leptons: EventBatch
) -> None:
    numbers = np.arange(N_EVENTS)
    events = replace(leptons, event_number=numbers // 4, run=1 + numbers % 2, lumi_section=1 + numbers // 2 % 2)
    scores = emulate(trigger, events.inputs_raw).score_raw
    rows = [f"{score},{n // 4},{1 + n // 2 % 2},{1 + n % 2}" for n, score in enumerate(scores.tolist())]
    np.random.default_rng(9).shuffle(rows)
    path = tmp_path / "scores.csv"
    path.write_text("score_raw,event_number,lumi_section,run\n" + "\n".join(rows[: N_EVENTS // 2]))
    file = bits_file(tmp_path, events, scores > 0)
    (part,) = compare_with_field(trigger, file, bits={}, scores=path).parts
    assert (part.n_events, part.n_without_record, part.n_disagreements) == (N_EVENTS // 2, N_EVENTS // 2, 0)


def test_our_own_score_files_are_read_and_those_of_another_algorithm_refused(
    tmp_path: Path, trigger: TriggerAlgorithm, build_trigger: Callable[..., TriggerAlgorithm]
) -> None:
    scores = tmp_path / "scores.h5"
    emulate_file(trigger, "sample:a_to_4l", scores)
    assert compare_with_field(trigger, "sample:a_to_4l", bits={}, scores=scores).n_disagreements == 0
    other = build_trigger()
    with pytest.raises(DataError, match=f"not of {algorithm_digest(other)[:12]}"):
        compare_with_field(other, "sample:a_to_4l", bits={}, scores=scores)


@pytest.mark.parametrize(
    ("text", "bits", "message"),
    [
        ("event_number,score_raw\n1,5\n1,6", {}, "event_number 1 is there twice"),
        ("run,score_raw\n1,5", {}, "has run and no 'event_number'"),
        ("event_number,score_raw\n-7,5", {}, "holds nothing of the 5000 events"),
        ("event_number\n1", {}, "nothing to compare; name a seed and its threshold"),
        ("event_number,score_raw\n1,5.5", {}, "line 2: '5.5' is no integer"),
        ("event_number,bit\n1,0\n2,7", {"bit": "tight"}, "line 3: 'bit' is 7, no accept bit"),
        ("event_number,score_raw\n1,5", {"L1_NONE": "tight"}, "no seed 'L1_NONE' was recorded; there are L1_"),
        (
            "event_number,score_raw\n1,5",
            {"L1_ETM120": "tigth"},
            "has no threshold 'tigth' .* it has tight, loose",
        ),
        ("score\n" + "5\n" * 5001, {}, "5001 lines for 5000 events"),
    ],
)
def test_a_record_that_cannot_be_compared_is_refused(
    text: str, bits: dict[str, str], message: str, tmp_path: Path, trigger: TriggerAlgorithm
) -> None:
    path = tmp_path / "record.csv"
    path.write_text(text)
    with pytest.raises(DataError, match=message):
        compare_with_field(trigger, "sample:a_to_4l", bits=bits, scores=path)


def test_a_column_that_the_events_do_not_know_is_refused(
    tmp_path: Path, trigger: TriggerAlgorithm, leptons: EventBatch
) -> None:
    path = tmp_path / "scores.csv"
    path.write_text("event_number,run,score_raw\n1,1,5\n")
    file = bits_file(tmp_path, replace(leptons, run=None), np.zeros(N_EVENTS, dtype=np.bool_))
    with pytest.raises(DataError, match="the events know no 'run'"):
        compare_with_field(trigger, file, bits={}, scores=path)


@pytest.mark.skipif(not REAL.is_dir(), reason="CMS's files are not beside the checkout")
def test_real_files_without_what_is_asked_for_are_refused(trigger: TriggerAlgorithm) -> None:
    pytest.importorskip("uproot")
    with pytest.raises(DataError, match="layout 'hlt_57', not 'ugt_57'"):
        compare_with_field(trigger, str(REAL / "coffea_scouting_nano.root"), bits={SEED: THRESHOLD})
    with pytest.raises(DataError, match="coffea_nano_dy"):
        compare_with_field(trigger, str(REAL / "coffea_nano_dy.root"), bits={"L1_SingleMu22": THRESHOLD})


# The command.


def run(*arguments: str) -> Any:
    app = typer.Typer()
    app.command()(compare_field)
    return CliRunner().invoke(app, [str(REFERENCE / "trigger.json"), *arguments])


def test_the_command_leaves_3_when_events_differ_and_writes_them(
    tmp_path: Path, trigger: TriggerAlgorithm, leptons: EventBatch
) -> None:
    wrong = emulate(trigger, whole_gev(leptons.inputs_raw)).accepted[THRESHOLD]
    file, out = bits_file(tmp_path, leptons, wrong), tmp_path / "differ.csv"
    done = run("--events", file, "--bits", f"{SEED}=tight", "--out", str(out))
    assert done.exit_code == 3
    assert "likely cause: pT of all objects was cut down to whole GeV" in done.stdout
    with out.open() as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == (wrong != accepted(trigger, leptons)).sum()
    for row in rows[:20]:
        (event,) = np.flatnonzero(leptons.event_number == int(row["event_number"]))
        assert (row["comparison"], int(row["recorded"])) == (SEED, int(wrong[event]))
        assert [int(row[name]) for name in leptons.layout.names] == leptons.inputs_raw[event].tolist()


def test_the_command_leaves_0_when_nothing_differs_and_prints_json(
    tmp_path: Path, trigger: TriggerAlgorithm, leptons: EventBatch
) -> None:
    file = bits_file(tmp_path, leptons, accepted(trigger, leptons))
    done = run("--events", file, "--bits", f"{SEED}=tight", "--json")
    assert done.exit_code == 0
    document = json.loads(done.stdout)
    assert (document["n_events"], document["n_disagreements"]) == (N_EVENTS, 0)


@pytest.mark.parametrize("bits", ["L1_AXO", "L1_AXO=", "=tight"])
def test_the_command_refuses_bits_without_a_threshold(bits: str) -> None:
    done = run("--events", "sample:a_to_4l", "--bits", bits)
    assert done.exit_code == 2
    assert "is not SEED=THRESHOLD" in done.stderr


def test_the_command_does_not_write_over_its_events(tmp_path: Path, leptons: EventBatch) -> None:
    file = bits_file(tmp_path, leptons, np.zeros(N_EVENTS, dtype=np.bool_))
    done = run("--events", file, "--bits", f"{SEED}=tight", "--out", file)
    assert isinstance(done.exception, DataError)
    assert "would replace what it is made from" in str(done.exception)
