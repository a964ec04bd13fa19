"""Questions about rates from Python: the documents and tables that `l1ad rates` prints."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import l1ad
from l1ad.api.shown import Shown
from l1ad.cli.main import app
from l1ad.cli.results import print_tables
from l1ad.core.errors import ConfigError
from l1ad.core.trigger_file import save_trigger
from l1ad.rates.pileup_profile import PileupProfile

REFERENCE = Path(__file__).parents[2] / "firmware" / "reference" / "trigger.json"
EVENTS = 60_000
Asked = Callable[[l1ad.Algorithm, Path], Shown]


def asked_menu(algorithm: l1ad.Algorithm, events: Path) -> Shown:
    return algorithm.menu(events, bunches=2340, signals={"a_to_4l": "sample:a_to_4l"})


def asked_stability(algorithm: l1ad.Algorithm, events: Path) -> Shown:
    return algorithm.stability([events], bunches=2340, pileup=48, sculpt=["ht"], seeds=["L1_HTT360"])


def asked_tail(algorithm: l1ad.Algorithm, events: Path) -> Shown:
    return algorithm.tail(events, bunches=2340, threshold=30_000)


def asked_review(algorithm: l1ad.Algorithm, events: Path) -> Shown:
    return algorithm.review(events, bunches=2340, pileup=[48, 90])


@pytest.fixture(scope="module")
def zero_bias(tmp_path_factory: pytest.TempPathFactory) -> Path:
    events = l1ad.load_events("sample:zero_bias", stop=EVENTS)
    return l1ad.save_events(events, tmp_path_factory.mktemp("events") / "zero_bias.h5")


@pytest.fixture(scope="module")
def algorithm(tmp_path_factory: pytest.TempPathFactory, zero_bias: Path) -> l1ad.Algorithm:
    """An algorithm with thresholds for zero bias, with rates that the reference network can keep."""
    file = tmp_path_factory.mktemp("rated") / "trigger.json"
    shutil.copyfile(REFERENCE, file)
    found = l1ad.load_trigger(file)
    found.thresholds(zero_bias, bunches=2340, budgets={"tight": "20 kHz", "loose": "100 kHz"})
    return found


def printed(arguments: list[str], *, code: int = 0) -> str:
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == code, done.output
    return done.stdout


def shown(result: Shown, capsys: pytest.CaptureFixture[str]) -> str:
    """Print a result as the command line prints its own."""
    capsys.readouterr()
    print_tables(result.tables(), result.remarks())
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (asked_menu, ["menu", "--signal", "a_to_4l=sample:a_to_4l"]),
        (asked_stability, ["stability", "--pileup", "48", "--sculpt", "ht", "--seed", "L1_HTT360"]),
        (asked_tail, ["tail", "--threshold", "30000"]),
        (asked_review, ["review", "--pileup", "48", "--pileup", "90"]),
    ],
)
def test_answers_and_their_tables_are_those_that_the_command_line_prints(
    algorithm: l1ad.Algorithm,
    zero_bias: Path,
    asked: Asked,
    words: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = asked(algorithm, zero_bias)
    command = [
        "rates",
        words[0],
        str(algorithm.file),
        "--events",
        str(zero_bias),
        "--bunches",
        "2340",
        *words[1:],
    ]
    assert json.loads(json.dumps(found.document())) == json.loads(printed([*command, "--json"]))
    tables = printed(command)
    assert shown(found, capsys) == tables
    for table in found.tables():
        assert table.rows
        assert all(row[0] in tables for row in table.rows), table.name
    assert "<table" in found._repr_html_()


def test_a_review_writes_the_table_that_the_command_line_writes(
    algorithm: l1ad.Algorithm, zero_bias: Path, tmp_path: Path
) -> None:
    review = algorithm.review(zero_bias, bunches=2340, out=tmp_path / "mine.csv")
    printed(
        [
            "rates",
            "review",
            str(algorithm.file),
            "--events",
            str(zero_bias),
            "--bunches",
            "2340",
            "--out",
            str(tmp_path / "theirs.csv"),
        ]
    )
    assert (tmp_path / "mine.csv").read_bytes() == (tmp_path / "theirs.csv").read_bytes()
    assert review.csv() == (tmp_path / "mine.csv").read_text(encoding="utf-8")
    assert [line.split(",")[1] for line in review.csv().splitlines()[1:]] == [
        str(raw) for raw in algorithm.thresholds_raw.values()
    ]


def test_another_pileup_is_a_mean_a_file_or_a_profile(
    algorithm: l1ad.Algorithm, zero_bias: Path, tmp_path: Path
) -> None:
    profile = PileupProfile.poisson(48)
    file = tmp_path / "profile.csv"
    rows = (
        f"{n},{share!r}\n" for n, share in zip(profile.pileup.tolist(), profile.share.tolist(), strict=True)
    )
    file.write_text(f"pileup,weight\n{''.join(rows)}", encoding="utf-8")
    found = [algorithm.stability(zero_bias, bunches=2340, pileup=one).at_pileup for one in (48, profile, file)]
    rates = [one.rates["tight"].rate_khz for one in found if one is not None]
    assert rates[0] == rates[1] == pytest.approx(rates[2], rel=1e-12)


def test_what_is_not_said_is_refused_with_what_is_missing(
    algorithm: l1ad.Algorithm, zero_bias: Path, tmp_path: Path
) -> None:
    with pytest.raises(TypeError, match="an algorithm has no events of its own: give unselected events"):
        algorithm.menu()
    with pytest.raises(ConfigError, match="a rate needs its stream"):
        algorithm.review(zero_bias)
    without = algorithm.save(tmp_path / "without.json").trigger.with_thresholds({})
    save_trigger(without, tmp_path / "without.json")
    with pytest.raises(ConfigError, match="has no thresholds; `l1ad rates thresholds` sets them"):
        l1ad.load_trigger(tmp_path / "without.json").menu(zero_bias, bunches=2340)


def recorded(algorithm: l1ad.Algorithm, folder: Path, *, wrong: int) -> tuple[Path, Path]:
    """Write events, and scores as a trigger records them of which some are one unit off."""
    events = l1ad.load_events("sample:a_to_4l", stop=200)
    words = algorithm.emulate(events).score_raw.copy()
    words[:wrong] += 1
    scores = folder / "recorded.csv"
    lines = (f"{number},{word}\n" for number, word in zip(events.event_number, words, strict=True))
    scores.write_text(f"event_number,score_raw\n{''.join(lines)}", encoding="utf-8")
    return l1ad.save_events(events, folder / "events.h5"), scores


@pytest.mark.parametrize(("wrong", "code"), [(0, 0), (3, 3)])
def test_what_was_recorded_is_compared_as_by_the_command_line(
    algorithm: l1ad.Algorithm, tmp_path: Path, wrong: int, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    events, scores = recorded(algorithm, tmp_path, wrong=wrong)
    found = algorithm.field(events, scores=scores, out=tmp_path / "mine.csv")
    command = ["rates", "compare", str(algorithm.file), "--events", str(events), "--scores", str(scores)]
    document: dict[str, Any] = json.loads(printed([*command, "--json"], code=code))
    assert json.loads(json.dumps(found.document())) == document
    assert found.n_disagreements == document["n_disagreements"] == wrong
    text = printed([*command, "--out", str(tmp_path / "theirs.csv")], code=code)
    assert shown(found, capsys) == text
    assert (tmp_path / "mine.csv").read_bytes() == (tmp_path / "theirs.csv").read_bytes()
    assert len((tmp_path / "mine.csv").read_text(encoding="utf-8").splitlines()) == 1 + wrong


def test_results_of_anything_else_are_compared_as_by_the_command_line(
    algorithm: l1ad.Algorithm, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scores = algorithm.emulate("sample:a_to_4l").score_raw
    results = tmp_path / "board.csv"
    results.write_text("score\n" + "".join(f"{word}\n" for word in scores[:500]), encoding="utf-8")
    found = algorithm.verify("sample:a_to_4l", against=results)
    command = ["verify", str(algorithm.file), "--events", "sample:a_to_4l", "--against", str(results)]
    assert (found.events, found.mismatches) == (500, 0)
    assert json.loads(json.dumps(found.document())) == json.loads(printed([*command, "--json"]))
    assert shown(found, capsys) == printed(command)
    results.write_text(f"score\n{scores[0] + 1}\n", encoding="utf-8")
    with pytest.raises(l1ad.L1adError, match=r"board\.csv"):
        algorithm.verify("sample:a_to_4l", against=results)
    with pytest.raises(TypeError, match="results of one file of events alone"):
        algorithm.verify(against=results)


def test_a_run_is_asked_without_naming_its_events(small_run: l1ad.Run) -> None:
    menu = small_run.menu()
    assert json.loads(json.dumps(menu.document())) == json.loads(
        printed(["rates", "menu", str(small_run.path), "--json"])
    )
    assert set(menu.gains) == {"a_to_4l"}
    assert menu.comparison.n_events == 30_000  # what the training has not seen
    here, other = small_run.review(pileup=48), small_run.review(bunches=1170)
    assert menu.stream == here.stream != other.stream
    for name, one in other.thresholds.items():
        assert one.total.rate_khz == pytest.approx(here.thresholds[name].total.rate_khz / 2)
