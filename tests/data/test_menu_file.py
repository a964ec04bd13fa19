import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from l1ad.core.errors import DataError
from l1ad.core.menu import Menu
from l1ad.data.menu_file import ChosenMenu, read_menu

EVENTS = Menu(names=("L1_SingleMu22", "L1_ZeroBias", "L1_SingleEG15", "L1_HTT360"), prescales=(1, 1, 1, 1))


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_menu_file_picks_its_seeds_in_the_order_of_the_bits(tmp_path: Path) -> None:
    path = written(tmp_path, "menu.csv", "name,prescale\nL1_HTT360,1\nL1_SingleMu22,1\nL1_SingleEG15,40\n")
    expected = ChosenMenu(
        menu=Menu(names=("L1_SingleMu22", "L1_SingleEG15", "L1_HTT360"), prescales=(1, 40, 1)),
        columns=(0, 2, 3),
        left_out=("L1_ZeroBias",),
    )
    assert read_menu(path, EVENTS) == expected
    same = written(tmp_path, "menu.json", '{"L1_HTT360": 1, "L1_SingleEG15": 40, "L1_SingleMu22": 1}')
    assert read_menu(same, EVENTS) == expected


def test_a_file_that_names_every_seed_leaves_none_out(tmp_path: Path) -> None:
    path = written(
        tmp_path, "all.csv", "name,prescale\n" + "".join(f"{name},{3}\n" for name in EVENTS.names[::-1])
    )
    chosen = read_menu(path, EVENTS)
    assert chosen.menu == Menu(names=EVENTS.names, prescales=(3, 3, 3, 3))
    assert (chosen.columns, chosen.left_out) == ((0, 1, 2, 3), ())


def test_seeds_without_bits_in_the_events_are_refused_by_name(tmp_path: Path) -> None:
    path = written(tmp_path, "menu.csv", "name,prescale\nL1_SingleMu22,1\nL1_Other,2\n")
    with pytest.raises(
        DataError, match=re.escape("menu.csv: the events have no bits of L1_Other; give events")
    ):
        read_menu(path, EVENTS)
    many = written(tmp_path, "many.json", "{" + ", ".join(f'"L1_{i}": 1' for i in range(8)) + "}")
    with pytest.raises(DataError, match="no bits of L1_0, L1_1, L1_2, L1_3, L1_4 and 3 more"):
        read_menu(many, EVENTS)


def test_a_file_that_is_no_table_is_refused_as_prescale_tables_are(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="the prescale of 'L1_HTT360' is '-1'"):
        read_menu(written(tmp_path, "menu.csv", "name,prescale\nL1_HTT360,-1\n"), EVENTS)
    with pytest.raises(DataError, match="no such file"):
        read_menu(tmp_path / "none.csv", EVENTS)


@given(st.lists(st.sampled_from(EVENTS.names), min_size=1, unique=True), st.integers(0, 10**6))
def test_columns_give_each_seed_its_own_bits(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], prescale: int
) -> None:
    path = written(
        tmp_path_factory.mktemp("menu"),
        "menu.csv",
        "name,prescale\n" + "".join(f"{name},{prescale}\n" for name in names),
    )
    chosen = read_menu(path, EVENTS)
    bits = np.array([[name == seed for seed in EVENTS.names] for name in names])
    picked = bits[:, list(chosen.columns)]
    assert [chosen.menu.names[int(row.argmax())] for row in picked] == names
    assert set(chosen.menu.prescales) == {prescale}
