"""The benchmark of the simulation measures what it says; its speeds are no test."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("pythia8mc", reason="Pythia is not installed")

POOL = """
name: tiny
minimum_bias: ["WeakSingleBoson:ffbar2gmZ = on", "PartonLevel:MPI = off", "PartonLevel:ISR = off"]
events: 60
"""
SAMPLE = """
name: quick
title: quick
pool: tiny.yaml
pileup: {mean: 2}
events: 2000
"""


def test_every_part_of_the_simulation_is_timed_beside_pythia_alone(
    l1ad: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    for name, text in (("tiny", POOL), ("quick", SAMPLE)):
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    arguments = (
        "bench",
        "simulate",
        "quick.yaml",
        "--pool",
        "kept",
        "--collisions",
        "200",
        "--crossings",
        "250",
    )
    done = l1ad(*arguments, "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    lines = json.loads(done.stdout)
    assert [(line["what"], line["processes"], line["events"]) for line in lines] == [
        ("Pythia alone", 1, 200),
        ("pool of collisions", 1, 200),
        ("crossings from the pool", 1, 250),
        ("crossings from the pool", 2, 500),
    ]
    assert lines[0]["ratio"] == 1.0
    assert lines[1]["ratio"] > 0
    assert [line["ratio"] for line in lines[2:]] == [None, None]
    assert all(line["events_per_second"] > 0 for line in lines)
    table = l1ad(*arguments, cwd=tmp_path)
    assert table.returncode == 0, table.stderr
    assert "Simulation speed, median of 3 turns" in table.stdout
    assert table.stdout.count("crossings from the pool") == 2
