import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib.image
import numpy as np
import pytest
from numpy.typing import NDArray

from l1ad.report.canvas import COLOURS, canvas
from l1ad.report.charts import Axis, Chart, Heatmap, Look, Marker, Scale, Series
from l1ad.report.drawing import draw, free_colours
from tests.report.documents import SIGNALS, efficiency_chart, overlap_map, rate_chart, score_chart

X = np.arange(1.0, 11.0)


def pixels(block: Chart | Heatmap, folder: Path) -> NDArray[np.float32]:
    path = folder / "one.png"
    draw(block, [path])
    image: NDArray[np.float32] = matplotlib.image.imread(path)[..., :3]
    return image


def has_colour(image: NDArray[np.float32], colour: str) -> bool:
    wanted = np.array([int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)])
    return int((np.abs(image - wanted).max(axis=2) < 0.01).sum()) > 50


def chart(*series: Series, log: bool = False, markers: tuple[Marker, ...] = (), title: str = "any") -> Chart:
    scale = Scale.LOG if log else Scale.LINEAR
    return Chart(
        name="any", title=title, caption="", x=Axis(label="x"), y=Axis(label="y", scale=scale), series=series,
        markers=markers,
    )  # fmt: skip


def line(name: str = "a", **how: Any) -> Series:
    return Series(name=name, **{"x": X, "y": X**2, **how})


@pytest.mark.parametrize("block", [rate_chart(), score_chart(), overlap_map(size=6)])
def test_one_drawing_gives_a_picture_and_a_page_and_nothing_else(
    block: Chart | Heatmap, tmp_path: Path
) -> None:
    paths = [tmp_path / "one.png", tmp_path / "one.pdf"]
    draw(block, paths)
    assert sorted(tmp_path.iterdir()) == sorted(paths)
    image = matplotlib.image.imread(paths[0])
    assert image.shape[1] >= 660
    assert image.std() > 0.05
    assert paths[1].read_bytes().startswith(b"%PDF-1.")
    assert paths[1].read_bytes().rstrip().endswith(b"%%EOF")


@pytest.mark.parametrize("block", [score_chart(), overlap_map(size=3)])
def test_equal_blocks_give_equal_bytes(block: Chart | Heatmap, tmp_path: Path) -> None:
    paths = [tmp_path / "one.png", tmp_path / "one.pdf"]
    draw(block, paths)
    first = [path.read_bytes() for path in paths]
    draw(block, paths)
    assert [path.read_bytes() for path in paths] == first


def test_series_without_a_colour_take_those_that_no_other_has() -> None:
    colours = (None, 1, None, 1, None)
    series = [line(str(place), colour=colour) for place, colour in enumerate(colours)]
    assert free_colours(series) == (0, 1, 2, 1, 3)


def test_the_colours_of_the_house_are_drawn_one_after_the_other(tmp_path: Path) -> None:
    image = pixels(chart(*(line(str(place), y=X + place) for place in range(7))), tmp_path)
    assert all(has_colour(image, colour) for colour in COLOURS)


def test_the_second_time_round_a_colour_is_dashed(tmp_path: Path) -> None:
    full = pixels(chart(line(colour=1)), tmp_path)
    again = pixels(chart(line(colour=1 + len(COLOURS))), tmp_path)
    dashed = pixels(chart(line(colour=1, dashed=True)), tmp_path)
    assert np.array_equal(again, dashed)
    assert not np.array_equal(full, dashed)


@pytest.mark.parametrize("look", [Look.LINE, Look.POINTS, Look.STEPS, Look.AREA])
def test_an_interval_is_seen(look: Look, tmp_path: Path) -> None:
    x = np.arange(11.0) if look in (Look.STEPS, Look.AREA) else X
    with_ends = Series(name="a", x=x, y=X, low=X - 0.5, high=X + 1, look=look)
    plain = replace(with_ends, low=None, high=None)
    # Equal axes: what differs are the intervals.
    axis = Axis(label="y", low=0, high=12)
    shown, bare = (pixels(replace(chart(one), y=axis), tmp_path) for one in (with_ends, plain))
    assert (shown != bare).any(axis=2).sum() > 500


def test_points_are_small_and_pale_where_they_hide_one_another(tmp_path: Path) -> None:
    few, many = (
        pixels(chart(Series(name="a", x=x, y=x, look=Look.POINTS, colour=1, in_legend=False)), tmp_path)
        for x in (np.linspace(0, 10, count) for count in (50, 51))
    )
    assert has_colour(few, COLOURS[1])
    assert not has_colour(many, COLOURS[1])
    assert (many < 0.95).any(axis=2).sum() < (few < 0.95).any(axis=2).sum()


def test_an_area_is_filled_and_an_outline_is_not(tmp_path: Path) -> None:
    edges = np.arange(11.0)
    area, steps = (
        pixels(chart(Series(name="a", x=edges, y=X, look=look, in_legend=False)), tmp_path)
        for look in (Look.AREA, Look.STEPS)
    )
    assert (area < 0.95).any(axis=2).sum() > 5 * (steps < 0.95).any(axis=2).sum()


def test_a_legend_makes_the_figure_higher_and_leaves_the_axes_as_they_are(tmp_path: Path) -> None:
    few, many = (pixels(efficiency_chart(signals=SIGNALS[:count]), tmp_path) for count in (2, 9))
    assert many.shape[1] == few.shape[1]
    assert many.shape[0] > few.shape[0]


@pytest.mark.parametrize("upright", [True, False])
def test_a_line_across_is_drawn_with_its_name(upright: bool, tmp_path: Path) -> None:
    bare = pixels(chart(line()), tmp_path)
    unnamed, named = (
        pixels(chart(line(), markers=(Marker(name=name, at=5.0, upright=upright),)), tmp_path)
        for name in ("", "threshold")
    )
    assert (unnamed != bare).any(axis=2).sum() > 200
    assert (named != unnamed).any(axis=2).sum() > 100


def test_a_line_across_beyond_the_axes_is_left_out(tmp_path: Path) -> None:
    short = replace(chart(line()), x=Axis(label="x", low=1, high=10))
    beyond = replace(short, markers=(Marker(name="far", at=11.0), Marker(name="near", at=0.5)))
    assert np.array_equal(pixels(beyond, tmp_path), pixels(short, tmp_path))


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize(
    "series",
    [
        (),
        (line(x=np.zeros(0), y=np.zeros(0)),),
        (line(y=np.full(10, np.nan)),),
        (line(y=np.zeros(10), low=np.zeros(10), high=X, look=Look.POINTS),),
        (line(x=X[:1], y=X[:1]),),
        (line(y=np.where(X == 3, np.inf, X), low=X - 20, high=np.where(X == 3, np.inf, X)),),
        (line(low=X**2 + 1, high=X**2 - 1, look=Look.POINTS),),
        (Series(name="a", x=np.arange(11.0), y=np.zeros(10), look=Look.AREA),),
    ],
    ids=["none", "empty", "unknown", "zeros", "one point", "infinite", "inside out", "empty histogram"],
)
@pytest.mark.filterwarnings("error")
def test_what_can_hardly_be_drawn_is_drawn_without_a_word(
    series: tuple[Series, ...], log: bool, tmp_path: Path
) -> None:
    markers = (Marker(name="at zero", at=0.0), Marker(name="across", at=0.0, upright=False))
    assert pixels(chart(*series, log=log, markers=markers), tmp_path).std() > 0.05


@pytest.mark.filterwarnings("error")
def test_signs_of_formulas_are_letters(tmp_path: Path) -> None:
    strange = r"_$x^ $\frac{ µ → `b`"
    block = chart(line(strange), title=strange, markers=(Marker(name=strange, at=3.0),))
    assert has_colour(
        pixels(replace(block, x=Axis(label=strange), y=Axis(label=strange)), tmp_path), COLOURS[0]
    )
    names = (strange, "b")
    pixels(replace(overlap_map(size=2), rows=names, columns=names, label=strange, title=strange), tmp_path)


def test_a_name_that_begins_with_an_underscore_is_in_the_legend(tmp_path: Path) -> None:
    hidden, named = (pixels(chart(line("_a", in_legend=shown)), tmp_path) for shown in (False, True))
    assert named.shape[0] > hidden.shape[0]
    assert (named[hidden.shape[0] - 20 :] < 0.5).any()


def test_the_darkest_cell_has_the_highest_number(tmp_path: Path) -> None:
    names = ("a", "b")
    values = np.array([[0.0, 1.0], [np.nan, 0.5]])
    block = replace(overlap_map(size=2), rows=names, columns=names, values=values)
    image = pixels(block, tmp_path)
    assert has_colour(image, "#08306b")
    assert has_colour(image, "#f7fbff")
    high = pixels(replace(block, high=2.0), tmp_path)
    assert not np.array_equal(high, image)


@pytest.mark.parametrize("shape", [(1, 1), (1, 30), (40, 2), (0, 0)])
@pytest.mark.filterwarnings("error")
def test_a_heatmap_of_any_shape_is_drawn(shape: tuple[int, int], tmp_path: Path) -> None:
    rows, columns = (tuple(f"a rather long name {place}" for place in range(count)) for count in shape)
    block = Heatmap(
        name="any",
        title="any",
        caption="",
        rows=rows,
        columns=columns,
        values=np.full(shape, 0.3),
        label="share",
    )
    assert pixels(block, tmp_path).std() > 0.02


def test_a_drawing_that_fails_leaves_the_old_files_and_no_pieces(tmp_path: Path) -> None:
    paths = [tmp_path / "one.png", tmp_path / "one.pdf"]
    draw(rate_chart(), paths)
    before = {path: zlib.crc32(path.read_bytes()) for path in tmp_path.iterdir()}
    with (
        pytest.raises(ValueError, match="Format 'nonsense' is not supported"),
        canvas([*paths, tmp_path / "one.nonsense"]) as (axes,),
    ):
        axes.plot(X, X)
    assert {path: zlib.crc32(path.read_bytes()) for path in tmp_path.iterdir()} == before
