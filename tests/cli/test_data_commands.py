"""The group `l1ad data` and `l1ad bench formats`, as a user runs them."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from l1ad.core.layouts import ugt_57
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.core.trigger_file import algorithm_digest, save_trigger
from l1ad.data.event_file import EventFile, read_events
from l1ad.data.opening import load_events
from l1ad.data.score_file import read_scores

COMMANDS = ("data info", "data convert", "data join", "data layout", "bench formats")


def l1ad(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "COLUMNS": "200", "NO_COLOR": "1"}
    return subprocess.run(
        [sys.executable, "-c", "from l1ad.cli.main import main; main()", *arguments],
        cwd=cwd, capture_output=True, text=True, check=False, env=environment,
    )  # fmt: skip


def done(*arguments: str, cwd: Path) -> str:
    """Run a command that must succeed; give what it printed."""
    finished = l1ad(*arguments, cwd=cwd)
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_an_example(command: str, tmp_path: Path) -> None:
    assert f"Example: l1ad {command}" in done(*command.split(), "--help", cwd=tmp_path)


def test_info_prints_tables_for_people_and_json_for_machines(tmp_path: Path) -> None:
    text = done("data", "info", "sample:a_to_4l", cwd=tmp_path)
    for words in (
        "ugt_57, 57 inputs",
        "5,000",
        "jet pt",
        "Reading put right: nothing",
        "What is odd: nothing",
    ):
        assert words in text
    document = json.loads(done("data", "info", "sample:a_to_4l", "--identical", "--json", cwd=tmp_path))
    assert (document["n_events"], document["quality"]["identical"]) == (5_000, 0)


def test_files_go_through_every_format_and_come_back(tmp_path: Path) -> None:
    done("data", "convert", "sample:a_to_4l", "--out", "ours.h5", "--events", "300", cwd=tmp_path)
    done("data", "convert", "ours.h5", "--out", "vectors.txt", cwd=tmp_path)
    text = done("data", "convert", "vectors.txt", "--out", "adc.h5", "--to", "adc2021", cwd=tmp_path)
    assert "no place in adc2021 for bunch_crossing" in text
    done("data", "convert", "adc.h5", "--out", "table.csv", cwd=tmp_path)
    text = done("data", "convert", "table.csv", "--layout", "ugt_57", "--out", "back.h5", "--sample", "a_to_4l",
                cwd=tmp_path)  # fmt: skip
    assert "back.h5: 300 events of a_to_4l" in text
    ours, back = read_events(tmp_path / "ours.h5"), read_events(tmp_path / "back.h5")
    np.testing.assert_array_equal(back.inputs_raw, ours.inputs_raw)
    np.testing.assert_array_equal(ours.inputs_raw, load_events("sample:a_to_4l", stop=300).inputs_raw)
    assert EventFile(tmp_path / "back.h5").provenance["command"] == (
        "l1ad data convert table.csv --out back.h5 --layout ugt_57 --sample a_to_4l"
    )
    assert "of 7 columns, all as written" in done("data", "info", "ours.h5", "--check", cwd=tmp_path)


def test_duplicates_are_one_sentence_or_a_line_of_the_table(tmp_path: Path) -> None:
    done("data", "convert", "sample:a_to_4l", "--out", "a.h5", "--events", "10", cwd=tmp_path)
    refused = l1ad("data", "convert", "a.h5", "a.h5", "--out", "b.h5", cwd=tmp_path)
    assert refused.returncode == 1
    assert refused.stderr.startswith(
        "l1ad: a.h5: run 1, lumi section 75, event 0 comes a second time (rows 0 and 10 of all)"
    )
    text = done("data", "convert", "a.h5", "a.h5", "--out", "b.h5", "--duplicates", "drop", cwd=tmp_path)
    assert "events that came before, dropped (first run 1, lumi section 75, event 0: rows 0 and 10)" in text
    document = json.loads(
        done("data", "convert", "a.h5", "a.h5", "--out", "b.h5", "--duplicates", "keep", "--json", cwd=tmp_path)
    )
    assert (document["events"], document["duplicates"], document["dropped"]) == (20, 10, 0)
    assert "events that came before" in done("data", "info", "b.h5", cwd=tmp_path)


def test_files_of_ours_are_joined_without_a_copy(tmp_path: Path) -> None:
    for name, sample in (("a", "a_to_4l"), ("b", "lq_to_btau")):
        done("data", "convert", f"sample:{sample}", "--out", f"{name}.h5", "--events", "200", cwd=tmp_path)
    text = done("data", "join", "a.h5", "b.h5", "--out", "all.h5", cwd=tmp_path)
    assert text == "all.h5: 400 events of 2 files, which must stay where they are beside it\n"
    assert len(read_events(tmp_path / "all.h5")) == 400
    assert EventFile(tmp_path / "all.h5").provenance["command"] == "l1ad data join a.h5 b.h5 --out all.h5"


def test_a_layout_is_derived_from_a_table_and_reads_it(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    rows = zip(rng.integers(0, 12, 50).tolist(), (rng.random(50) * 900).tolist(), strict=True)
    text = "\n".join(["n_jets,ht", *(f"{jets},{ht:.3f}" for jets, ht in rows)])
    (tmp_path / "table.csv").write_text(text + "\n")
    printed = done("data", "layout", "table.csv", "--bits", "12", "--out", "mine.yaml", cwd=tmp_path)
    assert "mine.yaml: layout 'mine'" in printed
    assert "n_jets" in printed
    summary = done("data", "info", "table.csv", "--layout", "mine.yaml", "--json", cwd=tmp_path)
    assert json.loads(summary)["layout"] == "mine"
    done("data", "convert", "table.csv", "--layout", "mine.yaml", "--out", "mine.h5", cwd=tmp_path)
    assert read_events(tmp_path / "mine.h5").layout.names == ("n_jets", "ht")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("convert", "a.txt", "--out", "b.h5", "--duplicates", "ignore"), "there are refuse, drop, keep"),
        (("convert", "a.txt", "--out", "b.h5", "--to", "hdf5"), "there are l1ad, adc2021, nanoaod, ugt, table"),
        (("info", "a.txt", "--format", "text"), "there are l1ad, adc2021, nanoaod, ugt, table, images"),
        (("info", "a.root", "--objects", "gen"), "there are unpacked, emulated, scouting"),
        (("convert", "a.txt"), "--out"),
    ],
)
def test_wrong_usage_exits_with_2(arguments: tuple[str, ...], words: str, tmp_path: Path) -> None:
    finished = l1ad("data", *arguments, cwd=tmp_path)
    assert finished.returncode == 2
    assert words in finished.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("info", "gone.txt"), "gone.txt: no such file"),
        (("info", "sample:gone"), "no sample 'gone' ships with l1ad"),
        (("convert", "gone.txt", "--out", "b.h5"), "gone.txt: no such file"),
        (("convert", "sample:a_to_4l", "--out", "b.root"), "b.root: ends in none of .h5"),
        (("join", "gone.h5", "--out", "b.h5"), "gone.h5: no such file"),
        (("info", "sample:a_to_4l", "--layout", "gone"), "'gone' is no layout; there are ugt_57"),
    ],
)
def test_a_fault_is_one_sentence_and_exit_code_1(
    arguments: tuple[str, ...], message: str, tmp_path: Path
) -> None:
    finished = l1ad("data", *arguments, cwd=tmp_path)
    assert finished.returncode == 1
    assert finished.stderr.startswith(f"l1ad: {message}")
    assert len(finished.stderr.splitlines()) == 1


def test_emulate_scores_a_file_of_test_vectors(
    tmp_path: Path, build_trigger: Callable[..., TriggerAlgorithm]
) -> None:
    trigger = build_trigger()
    save_trigger(trigger, tmp_path / "trigger.json")
    done("data", "convert", "sample:a_to_4l", "--out", "ours.h5", "--events", "500", cwd=tmp_path)
    done("data", "convert", "ours.h5", "--out", "vectors.txt", cwd=tmp_path)
    for name in ("ours.h5", "vectors.txt"):
        done("emulate", "trigger.json", "--events", name, "--out", f"{name}.scores", cwd=tmp_path)
    digest = algorithm_digest(trigger)
    ours, vectors = (
        read_scores(tmp_path / f"{name}.scores", algorithm_digest=digest) for name in ("ours.h5", "vectors.txt")
    )
    np.testing.assert_array_equal(vectors.score_raw, ours.score_raw)
    assert trigger.layout == ugt_57()


def test_the_benchmark_of_formats_compares_them_all(tmp_path: Path) -> None:
    pytest.importorskip("uproot")
    pytest.importorskip("pyarrow")
    document = json.loads(done("bench", "formats", "--events", "1000", "--json", cwd=tmp_path))
    assert len(document) == 7
    assert {one["differing"] for one in document} == {0}
