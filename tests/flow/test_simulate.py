"""`l1ad simulate` as a user runs it, on a pool of Z → ℓℓ that takes well under a second."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from l1ad.data.event_file import EventFile, read_events

pytest.importorskip("pythia8mc", reason="Pythia is not installed")

Command = Callable[..., subprocess.CompletedProcess[str]]

POOL = """
name: tiny
minimum_bias:
  - "WeakSingleBoson:ffbar2gmZ = on"
  - "23:onMode = off"
  - "23:onIfAny = 11 13"
  - "PartonLevel:MPI = off"
  - "PartonLevel:ISR = off"
  - "HadronLevel:all = off"
events: 60
"""
SAMPLE = """
name: quick
title: quick zero bias
pool: ../pools/tiny.yaml
pileup: {mean: 3}
events: 2100
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a pool file and a sample file, as `configs` has them."""
    for name, text in (("pools/tiny", POOL), ("samples/quick", SAMPLE)):
        path = tmp_path / f"{name}.yaml"
        path.parent.mkdir()
        path.write_text(text, encoding="utf-8")
    return tmp_path


def test_a_pool_is_made_into_a_folder(l1ad: Command, folder: Path) -> None:
    done = l1ad("simulate", "pools/tiny.yaml", "--pool", "kept", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "kept: 60 events of single collisions, 0.0 MB\n"
    assert "pool tiny: done in" in done.stderr
    assert {path.suffix for path in (folder / "kept").iterdir()} == {".npz", ".json"}
    again = l1ad("simulate", "pools/tiny.yaml", "--pool", "kept", "--json", cwd=folder)
    assert json.loads(again.stdout) == {"file": "kept", "sample": "tiny", "events": 60}


def test_a_sample_is_made_with_its_pool(l1ad: Command, folder: Path) -> None:
    arguments = (
        "simulate",
        "samples/quick.yaml",
        "--out",
        "x.h5",
        "--pool",
        "kept",
        "--workers",
        "2",
        "--json",
    )
    done = l1ad(*arguments, cwd=folder)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"file": "x.h5", "sample": "quick", "events": 2100}
    assert "pool tiny: done in" in done.stderr
    assert "simulate quick: done in" in done.stderr
    assert len(read_events(folder / "x.h5")) == 2100
    assert EventFile(folder / "x.h5").provenance["command"] == "l1ad simulate samples/quick.yaml --out x.h5"
    assert {path.name for path in folder.iterdir()} == {"pools", "samples", "kept", "x.h5"}


def test_another_number_of_events_is_told_in_the_provenance(l1ad: Command, folder: Path) -> None:
    arguments = ("simulate", "samples/quick.yaml", "--out", "out/x.h5", "--pool", "kept", "--events", "30")
    done = l1ad(*arguments, cwd=folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("out/x.h5: 30 events of quick zero bias, ")
    provenance = EventFile(folder / "out/x.h5").provenance
    assert provenance["command"] == "l1ad simulate samples/quick.yaml --events 30 --out x.h5"
    assert provenance["configuration"]["events"] == 30


def test_a_pool_is_kept_in_the_cache_unless_told(
    l1ad: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    assert l1ad("simulate", "pools/tiny.yaml", cwd=folder).returncode == 0
    (kept,) = (folder / "cache/l1ad/pools").iterdir()
    before = {path: path.stat().st_mtime_ns for path in kept.iterdir()}
    done = l1ad("simulate", "samples/quick.yaml", "--events", "10", "--out", "x.h5", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert {path: path.stat().st_mtime_ns for path in kept.iterdir()} == before
    assert len(before) == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["samples/quick.yaml"], "samples/quick.yaml: a sample goes into a file; name it with --out"),
        (
            ["pools/tiny.yaml", "--out", "x.h5"],
            "pools/tiny.yaml: is a pool, which is kept whole in a folder; give --pool alone",
        ),
        (
            ["pools/tiny.yaml", "--events", "5"],
            "pools/tiny.yaml: is a pool, which is kept whole in a folder; give --pool alone",
        ),
        (["samples/none.yaml", "--out", "x.h5"], "samples/none.yaml: no such configuration file"),
    ],
)
def test_wrong_use_is_one_sentence(l1ad: Command, folder: Path, arguments: list[str], words: str) -> None:
    done = l1ad("simulate", *arguments, cwd=folder)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"l1ad: {words}\n")
    assert {path.name for path in folder.iterdir()} == {"pools", "samples"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            SAMPLE.replace("tiny.yaml", "tinny.yaml"),
            "samples/../pools/tinny.yaml: no such configuration file",
        ),
        (
            SAMPLE + "enrichmant: 0.5\n",
            "samples/quick.yaml: unknown key 'enrichmant'; did you mean 'enrichment'?",
        ),
        (
            SAMPLE.replace("mean: 3", "maen: 3"),
            "samples/quick.yaml: unknown key 'pileup.maen'; did you mean 'mean'?",
        ),
        (SAMPLE.replace("pileup: {mean: 3}\n", ""), "samples/quick.yaml: key 'pileup' is missing"),
    ],
)
def test_a_fault_of_a_sample_file_is_one_sentence(l1ad: Command, folder: Path, text: str, words: str) -> None:
    (folder / "samples/quick.yaml").write_text(text, encoding="utf-8")
    done = l1ad("simulate", "samples/quick.yaml", "--out", "x.h5", cwd=folder)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"l1ad: {words}\n")


def test_a_setting_that_pythia_does_not_know_is_one_sentence(l1ad: Command, folder: Path) -> None:
    (folder / "pools/tiny.yaml").write_text(POOL.replace("23:onMode", "23:onMood"), encoding="utf-8")
    done = l1ad("simulate", "pools/tiny.yaml", "--pool", "kept", cwd=folder)
    assert done.returncode == 1
    assert done.stderr == "l1ad: Pythia does not know the setting '23:onMood = off'\n"


def test_the_folder_of_another_pool_is_refused(l1ad: Command, folder: Path) -> None:
    assert l1ad("simulate", "pools/tiny.yaml", "--pool", "kept", cwd=folder).returncode == 0
    (folder / "pools/tiny.yaml").write_text(POOL.replace("60", "61"), encoding="utf-8")
    done = l1ad("simulate", "samples/quick.yaml", "--out", "x.h5", "--pool", "kept", cwd=folder)
    words = "l1ad: kept: holds another pool than 'tiny' is now; give another folder\n"
    assert (done.returncode, done.stderr) == (1, words)
