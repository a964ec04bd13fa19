import csv
import io
import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from l1ad.report.charts import Axis, Chart, Look, Series
from l1ad.report.csv_data import CHART_COLUMNS, HEATMAP_COLUMNS, SLIDER_COLUMNS, csv_text
from l1ad.report.document import Table
from tests.report.documents import overlap_map, rate_chart, score_chart, threshold_slider

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


def read_back(text: str) -> tuple[list[str], list[list[str]]]:
    header, *rows = csv.reader(io.StringIO(text, newline=""))
    return header, rows


def number(cell: str) -> float:
    return float(cell) if cell else math.nan


def one_series(one: Series) -> Chart:
    axis = Axis(label="")
    return Chart(name="one", title="", caption="", x=axis, y=axis, series=(one,))


def test_a_curve_has_a_line_a_point_and_no_upper_edge() -> None:
    chart = rate_chart()
    header, rows = read_back(csv_text(chart))
    assert header == list(CHART_COLUMNS)
    for one in chart.series:
        mine = [row[1:] for row in rows if row[0] == one.name]
        x, x_high, y, low, high = zip(*mine, strict=True)
        assert set(x_high) == {""}
        for cells, values in ((x, one.x), (y, one.y), (low, one.low), (high, one.high)):
            np.testing.assert_array_equal([number(cell) for cell in cells], values)
    assert len(rows) == sum(len(one.y) for one in chart.series)


def test_a_histogram_has_a_line_a_bin_with_both_edges() -> None:
    chart = score_chart()
    _, rows = read_back(csv_text(chart))
    one = chart.series[1]
    mine = [row for row in rows if row[0] == one.name]
    np.testing.assert_array_equal([float(row[1]) for row in mine], one.x[:-1])
    np.testing.assert_array_equal([float(row[2]) for row in mine], one.x[1:])
    np.testing.assert_array_equal([float(row[3]) for row in mine], one.y)
    assert {(row[4], row[5]) for row in mine} == {("", "")}


@given(
    arrays.arrays(np.float64, st.integers(0, 20), elements=st.floats(allow_nan=True, allow_infinity=True)),
    TEXTS,
)
def test_every_number_and_every_name_is_read_back_as_it_was(y: np.ndarray, name: str) -> None:
    x = np.arange(len(y) + 1.0)
    header, rows = read_back(csv_text(one_series(Series(name=name, x=x, y=y, look=Look.STEPS))))
    assert all(len(row) == len(header) for row in rows)
    assert [row[0] for row in rows] == [name] * len(y)
    found = np.array([number(row[3]) for row in rows])
    np.testing.assert_array_equal(found, np.where(np.isfinite(y), y, np.nan))
    assert np.array_equal(np.signbit(found[np.isfinite(y)]), np.signbit(y[np.isfinite(y)]))


def test_a_heatmap_has_a_line_a_cell() -> None:
    heatmap = overlap_map(size=4)
    header, rows = read_back(csv_text(heatmap))
    assert header == list(HEATMAP_COLUMNS)
    assert [row[:2] for row in rows] == [[row, column] for row in heatmap.rows for column in heatmap.columns]
    np.testing.assert_array_equal([number(row[2]) for row in rows], heatmap.values.ravel())
    assert [row[2] for row in rows].count("") == 2


def test_a_slider_has_every_number_at_every_setting() -> None:
    slider = threshold_slider()
    header, rows = read_back(csv_text(slider))
    assert header == list(SLIDER_COLUMNS)
    assert len(rows) == 4 * 2
    first, second = slider.rows
    assert rows[2] == ["20.0", "rate", "", "kHz", "10.0", "9.0", "11.0"]
    assert rows[5] == ["30.5", "h_to_aa_4b", "", "%", "0.125", "", ""]
    np.testing.assert_array_equal([number(row[4]) for row in rows[::2]], first.values[:, 0])
    np.testing.assert_array_equal([number(row[4]) for row in rows[1::2]], second.values[:, 0])


@given(st.integers(1, 5).flatmap(lambda n: st.lists(st.lists(TEXTS, min_size=n, max_size=n), min_size=1)))
def test_a_table_of_words_is_read_back_as_it_is_shown(lines: list[list[str]]) -> None:
    header, *rows = (tuple(f"x{cell}" for cell in line) for line in lines)  # so that none is a number
    text = csv_text(Table(name="any", title="", header=header, rows=tuple(rows)))
    assert text.endswith("\r\n")
    assert read_back(text) == (list(header), [list(row) for row in rows])


def test_a_table_of_numbers_has_one_a_cell() -> None:
    rows = (("a", "1.0 kHz (0.9 to 1.1)"), ("b", "–"))
    header, read = read_back(csv_text(Table(name="rates", title="", header=("seed", "rate"), rows=rows)))
    assert header == ["seed", "rate (kHz)", "rate (kHz) low", "rate (kHz) high"]
    assert read == [["a", "1.0", "0.9", "1.1"], ["b", "", "", ""]]
