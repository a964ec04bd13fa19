"""How numbers stand in the cells of tables, and which tables are left out."""

import pytest

from l1ad.cli.results import print_tables
from l1ad.report.plain_tables import estimate_text, figure_text, filled, made_table, number_text, percent_text
from l1ad.report.stability_tables import stability_tables


def test_figures_are_written_to_the_digits_that_they_have() -> None:
    assert [number_text(one) for one in (None, 0, 12_345, 1234.56789, 2.5)] == [
        "-", "0", "12,345", "1,234.57", "2.5",
    ]  # fmt: skip
    assert [figure_text(one, "+.2f") for one in (None, float("nan"), 0.126, -3.0)] == [
        "-",
        "-",
        "+0.13",
        "-3.00",
    ]


def test_a_fraction_is_a_value_or_an_efficiency() -> None:
    assert percent_text({"value": 0.1234, "low": 0.1, "high": 0.15}) == "12.34 % (10.00 to 15.00)"
    assert percent_text({"efficiency": 1.0, "low": 0.9, "high": 1.0}) == "100.00 % (90.00 to 100.00)"


def test_a_rate_is_written_with_both_its_errors() -> None:
    assert estimate_text({"rate_khz": 1.0, "low_khz": 0.9, "high_khz": 1.2}) == "1.00 +0.20 −0.10 kHz"
    assert estimate_text({"rate_khz": 0.001, "low_khz": 0.0005, "high_khz": 0.002}) == "1.00 +1.00 −0.50 Hz"


def test_tables_without_rows_are_left_out_and_folded_ones_are_not_printed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    empty = made_table("empty", "Empty", ("a",), ())
    long = made_table("long", "Long", ("a",), [("hidden",)], folded=True)
    short = made_table("short", "Short", ("a",), [("seen",)])
    assert filled((empty, short)) == (short,)
    print_tables((long, short), ("a remark",))
    out = capsys.readouterr().out
    assert "seen" in out
    assert "hidden" not in out
    assert out.endswith("a remark\n")


def test_what_a_sample_is_too_small_for_stands_as_unknown() -> None:
    nothing = {"spearman": None, "error": None, "pearson": None, "mutual_information_bits": 0.0}
    document = {
        "stream": "zero bias",
        "steadiness": {
            "tight": {
                "pile-up": {
                    "titles": ["1", "2"], "constancy": {"p_value": None}, "outliers": [],
                    "trend": {"slope": None, "error": None, "p_value": 0.5},
                },
            },
        },
        "at_pileup": None,
        "correlations": {"ht": nothing},
        "sculpting": {},
    }  # fmt: skip
    steady, correlated = stability_tables(document)
    assert steady.rows == (("tight", "pile-up", "2", "-", "-", "0.5", "none"),)
    assert correlated.rows == (("ht", "- ± -", "-", "0.000"),)
