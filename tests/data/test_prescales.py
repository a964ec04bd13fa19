import re
from pathlib import Path

import pytest

from l1ad.core.errors import DataError
from l1ad.core.menu import Menu
from l1ad.data.prescales import read_prescales, with_prescales

MENU = Menu(names=("L1_SingleMu22", "L1_SingleEG15"), prescales=(1, 1))


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_csv_and_json_give_the_same_prescales(tmp_path: Path) -> None:
    table = written(tmp_path, "menu.csv", "index,name,prescale\n0,L1_SingleMu22,1\n7, L1_SingleEG15, 1000\n")
    same = written(tmp_path, "menu.json", '{"L1_SingleMu22": 1, "L1_SingleEG15": 1000}')
    assert read_prescales(table) == read_prescales(same) == {"L1_SingleMu22": 1, "L1_SingleEG15": 1000}


def test_a_menu_takes_its_prescales_by_name_and_ignores_seeds_it_does_not_have() -> None:
    menu = with_prescales(MENU, {"L1_Other": 3, "L1_SingleEG15": 0, "L1_SingleMu22": 2}, where="table")
    assert menu == Menu(names=MENU.names, prescales=(2, 0))
    assert menu.unprescaled.tolist() == [False, False]


def test_a_table_without_a_seed_of_the_menu_is_refused_by_its_name() -> None:
    with pytest.raises(DataError, match=re.escape("table: has no prescale for L1_SingleEG15")):
        with_prescales(MENU, {"L1_SingleMu22": 1}, where="table")


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        (
            "a.csv",
            "seed,ps\nL1_A,1\n",
            "its first line names ['seed', 'ps']; a table has 'name' and 'prescale'",
        ),
        ("a.csv", "name,prescale\n", "names no seed"),
        ("a.csv", "", "its first line names None"),
        ("a.csv", "name,prescale\nL1_A,1\nL1_A,2\n", "seed 'L1_A' is in the table twice"),
        ("a.csv", "name,prescale\nL1_A,-1\n", "the prescale of 'L1_A' is '-1'; it is a whole number"),
        ("a.csv", "name,prescale\nL1_A\n", "the prescale of 'L1_A' is None"),
        ("a.json", "[1, 2]", "not a JSON object of seeds"),
        ("a.json", '{"L1_A": 1.5}', "the prescale of 'L1_A' is 1.5"),
        ("a.json", '{"L1_A": 1, "L1_A": 1}', "seed 'L1_A' is in the table twice"),
        ("a.json", "{", "not JSON"),
    ],
)
def test_other_tables_are_refused(tmp_path: Path, name: str, text: str, words: str) -> None:
    with pytest.raises(DataError, match=re.escape(words)):
        read_prescales(written(tmp_path, name, text))


def test_a_missing_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        read_prescales(tmp_path / "none.csv")
