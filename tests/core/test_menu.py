import re

import pytest

from l1ad.core.menu import Menu


def test_a_menu_comes_back_from_its_rows() -> None:
    menu = Menu(names=("L1_A", "L1_B"), prescales=(1, 0))
    assert Menu.from_rows(menu.rows()) == menu


def test_only_a_prescale_of_one_is_unprescaled() -> None:
    menu = Menu(names=("all", "none", "half"), prescales=(1, 0, 2))
    assert menu.unprescaled.tolist() == [True, False, False]


@pytest.mark.parametrize(
    ("names", "prescales", "words"),
    [
        ((), (), "a menu has at least one seed"),
        (("a",), (), "0 prescales for 1 seeds"),
        (("a", "a"), (1, 1), "seed 'a' is in the menu twice"),
        (("",), (1,), "a seed has no name"),
        (("a",), (-1,), "prescales are whole numbers from 0 on, not (-1,)"),
        (("a",), (1.5,), "prescales are whole numbers"),
        (("a",), (True,), "prescales are whole numbers"),
    ],
)
def test_other_menus_are_refused(names: tuple[str, ...], prescales: tuple[int, ...], words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        Menu(names=names, prescales=prescales)


@pytest.mark.parametrize("rows", [None, 3, [1], [["a"]], [["a", 1, 2]], [["a", "1"]]])
def test_rows_that_are_no_menu_are_refused(rows: object) -> None:
    with pytest.raises(ValueError, match=r"a menu is a list of|prescales are whole numbers"):
        Menu.from_rows(rows)
