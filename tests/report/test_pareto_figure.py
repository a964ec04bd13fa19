from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
from numpy.typing import NDArray

from l1ad.report.pareto_figure import write_pareto_figure
from l1ad.search.trials import Finished


def finished(number: int, **values: float) -> Finished:
    return Finished(number=number, parameters={}, document={}, values=values, seconds=1.0, versions={})


def trials(count: int, *, latencies: int) -> list[Finished]:
    """Make trials that find more the more logic they take, at so many different latencies."""
    return [
        finished(
            n, efficiency=0.01 + 0.2 * n / count, lut=1000.0 * 1.3**n, latency_cycles=float(3 + n % latencies)
        )
        for n in range(count)
    ]


def pixels(path: Path) -> NDArray[np.float32]:
    image: NDArray[np.float32] = matplotlib.image.imread(path)
    return image


@pytest.mark.parametrize("latencies", [1, 15])
def test_a_picture_comes_out_and_nothing_else(latencies: int, tmp_path: Path) -> None:
    shown = trials(16, latencies=latencies)
    path = write_pareto_figure(shown, shown[::3], tmp_path / "scan", rate_khz=1.0)
    assert path == tmp_path / "scan" / "pareto.png"
    assert [one.name for one in path.parent.iterdir()] == ["pareto.png"]
    image = pixels(path)
    assert image.shape[:2] == (770, 1100)
    assert image.std() > 0.05


def test_the_front_is_seen_in_the_picture(tmp_path: Path) -> None:
    shown = trials(8, latencies=2)
    with_front = pixels(write_pareto_figure(shown, shown, tmp_path / "all", rate_khz=1.0))
    without = pixels(write_pareto_figure(shown, [], tmp_path / "none", rate_khz=1.0))
    assert not np.array_equal(with_front, without)


def test_trials_that_lack_a_value_are_left_out(tmp_path: Path) -> None:
    shown = trials(8, latencies=2)
    known = {"efficiency": 0.9, "lut": 3000.0, "latency_cycles": 9.0}
    strangers = [
        finished(8 + place, **{name: value for name, value in known.items() if name != lacking})
        for place, lacking in enumerate(known)
    ]
    alone = write_pareto_figure(shown, shown[:2], tmp_path / "alone", rate_khz=1.0)
    beside = write_pareto_figure(
        [*shown, *strangers], [*shown[:2], *strangers], tmp_path / "beside", rate_khz=1.0
    )
    assert beside.read_bytes() == alone.read_bytes()


def test_a_scan_of_which_nothing_can_be_drawn_has_a_picture_too(tmp_path: Path) -> None:
    path = write_pareto_figure([finished(0, ebops=5.0)], [], tmp_path, rate_khz=1.0)
    assert pixels(path).shape[:2] == (770, 1100)
