"""The benchmark compares what it times; its speeds are no test."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

Command = Callable[..., subprocess.CompletedProcess[str]]


def test_every_engine_gives_the_same_scores_while_it_is_timed(
    demo: tuple[Path, dict[str, Any]], l1ad: Command, tmp_path: Path
) -> None:
    trigger = str(demo[0] / "runs/demo/trigger.json")
    done = l1ad(
        "bench", "emulate", trigger, "--events", "sample:a_to_4l", "--copies", "1", "--json", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    speeds = json.loads(done.stdout)
    engines = [one["engine"] for one in speeds if "GPU" not in one["engine"]]
    assert engines == ["hls4ml predict", "reference", "fast (float32)", "event file to score file"]
    assert {one["differing"] for one in speeds} == {0}
    assert {one["events"] for one in speeds} == {5_000}
    assert speeds[0]["ratio"] == 1.0
    assert all(one["events_per_second"] > 0 for one in speeds)
    assert list(tmp_path.iterdir()) == []
