"""Tables as they are shown, parted into columns of numbers."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from l1ad.report.document import Table
from l1ad.report.numbers import rate_text, value_text
from l1ad.report.table_columns import csv_columns

NUMBERS = st.floats(-1e9, 1e9, allow_nan=False)


def parted(
    *column: str, name: str = "rate", other: str = "seed"
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    rows = tuple((f"row {number}", cell) for number, cell in enumerate(column))
    header, cells = csv_columns(Table(name="t", title="", header=(other, name), rows=rows))
    assert header[0] == other
    assert [row[0] for row in cells] == [row[0] for row in rows]
    return header[1:], [row[1:] for row in cells]


@given(
    st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), min_size=1, max_size=9), st.sampled_from(["", "kHz", "%"])
)
def test_values_with_intervals_are_read_back_with_the_digits_that_are_shown(
    rows: list[tuple[float, float, float]], unit: str
) -> None:
    header, cells = parted(*(value_text(*row, decimals=3, unit=unit) for row in rows))
    name = f"rate ({unit})" if unit else "rate"
    assert header == (name, f"{name} low", f"{name} high")
    for row, found in zip(rows, cells, strict=True):
        assert [float(cell) for cell in found] == pytest.approx(row, abs=0.000501)


@pytest.mark.parametrize(
    ("column", "header", "cells"),
    [
        (("1,234 ± 5", "7 ± 1"), ("rate", "rate error"), [("1234", "5"), ("7", "1")]),
        (("0.5 ± 0.1 pb",), ("rate (pb)", "rate (pb) error"), [("0.5", "0.1")]),
        (("−3", "1e-05"), ("rate",), [("-3",), ("1e-05",)]),
        (("2.5 %", "–", ""), ("rate (%)",), [("2.5",), ("",), ("",)]),
        (("+0.607 ± 0.002", "-0.1 ± 0.02"), ("rate", "rate error"), [("+0.607", "0.002"), ("-0.1", "0.02")]),
        (("88%", "7%"), ("rate (%)",), [("88",), ("7",)]),
        (
            ("0.98 (0.45 to 1.87) kHz",),
            ("rate (kHz)", "rate (kHz) low", "rate (kHz) high"),
            [("0.98", "0.45", "1.87")],
        ),
        (("12 (8 to ∞)", "> 22"), ("rate", "rate low", "rate high"), [("12", "8", "inf"), ("", "22", "")]),
    ],
)
def test_what_tables_show_is_parted(
    column: tuple[str, ...], header: tuple[str, ...], cells: list[tuple[str, ...]]
) -> None:
    assert parted(*column) == (header, cells)


def test_rates_with_errors_up_and_down_are_parted_where_their_units_are_one() -> None:
    rate = {"low_hz": 900.0, "rate_hz": 1000.0, "high_hz": 1200.0}
    assert parted(rate_text(rate)) == (
        ("rate (kHz)", "rate (kHz) up", "rate (kHz) down"),
        [("1.00", "0.20", "0.10")],
    )
    small = rate_text({key: value / 1e4 for key, value in rate.items()})
    assert parted(rate_text(rate), small) == (("rate",), [(rate_text(rate),), (small,)])


@pytest.mark.parametrize(
    "cell", ["4 of 4", "3.9.2", "2026-11-28", "1 to 3", "none, see below", "12,34", "3 tied", "5σ at 10 %"]
)
def test_words_stay_words_and_so_does_the_column_they_are_in(cell: str) -> None:
    assert parted("1.5", cell) == (("rate",), [("1.5",), (cell,)])


@pytest.mark.parametrize(
    ("name", "cell", "header"),
    [("pT (GeV)", "5 GeV", "pT (GeV)"), ("first signals", "1.5 s", "first signals (s)"),
     ("of 1 kHz", "3 Hz", "of 1 kHz (Hz)"), ("share (%)", "3 %", "share (%)")],
)  # fmt: skip
def test_a_unit_that_the_name_has_as_a_word_is_not_repeated(name: str, cell: str, header: str) -> None:
    assert parted(cell, name=name)[0] == (header,)


def test_a_column_whose_parts_would_be_called_as_another_stays_as_it_is_shown() -> None:
    assert parted("1 (0 to 2)", other="rate low") == (("rate",), [("1 (0 to 2)",)])


def test_columns_of_one_name_are_treated_alike() -> None:
    table = Table(name="t", title="", header=("seed", "a", "a"), rows=(("x", "1 ± 2", "3 ± 4"),))
    assert csv_columns(table) == (("seed", "a", "a"), [("x", "1 ± 2", "3 ± 4")])


def test_the_first_column_names_rows_and_stays() -> None:
    table = Table(name="t", title="", header=("widths", "jets"), rows=(("128,128", "12,345"),))
    assert csv_columns(table) == (("widths", "jets"), [("128,128", "12345")])


def test_a_table_without_rows_keeps_its_header() -> None:
    assert csv_columns(Table(name="t", title="", header=("a", "b"), rows=())) == (("a", "b"), [])


def test_no_number_is_lost_to_infinity() -> None:
    (_, (row,)) = parted("1 (0 to ∞)")
    assert math.isinf(float(row[2]))
