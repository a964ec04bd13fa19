import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from l1ad.core.names import check_identifier, cpp_identifier


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("axo_demo", "axo_demo"),
        ("axo demo v5", "axo_demo_v5"),
        ("AXO-L1.v4", "AXO_L1_v4"),
        ('axo"; system("rm -rf ~"); //', "axo_system_rm_rf"),
        ("../../etc/passwd", "etc_passwd"),
        ("/", None),
        ("a/b\\c\0d\ne", "a_b_c_d_e"),
        ("__axo__demo__", "axo_demo"),
        ("4jets", "ad_4jets"),
        ("class", "ad_class"),
        ("co_await", "ad_co_await"),
        ("_class_", "ad_class"),
        ("Class", "Class"),
        ("größe µ5", "gr_e_5"),
        ("µµ", None),
        ("٣axo", "axo"),
        ("", None),
        ("___", None),
    ],
)
def test_a_name_becomes_an_identifier_or_is_refused(name: str, safe: str | None) -> None:
    if safe is not None:
        assert cpp_identifier(name) == safe
        return
    with pytest.raises(
        ValueError, match=r"has no letter or digit to name a C\+\+ function by, e\.g\. 'axo_demo'"
    ):
        cpp_identifier(name)


@settings(deadline=None, derandomize=True, max_examples=500)
@given(st.text())
def test_any_name_with_a_letter_becomes_an_identifier_that_cpp_does_not_reserve(name: str) -> None:
    assume(re.search("[0-9A-Za-z]", name) and len(name) < 64)
    safe = cpp_identifier(name)
    assert re.fullmatch("[A-Za-z][0-9A-Za-z_]*", safe, flags=re.ASCII)
    assert "__" not in safe


@settings(deadline=None, derandomize=True, max_examples=200)
@given(st.text(alphabet="aZ_ 4é/class", min_size=1))
def test_an_identifier_is_left_as_it_is(name: str) -> None:
    assume(re.search("[0-9A-Za-z]", name))
    safe = cpp_identifier(name)
    assert cpp_identifier(safe) == safe


@pytest.mark.parametrize("name", ["dense_1", "x", "Relu2"])
def test_an_identifier_passes_the_check(name: str) -> None:
    check_identifier(name, "layer name")


@pytest.mark.parametrize(
    "name", ["", "1st", "_hidden", "dense-1", "dense 1", "größe", "class", "dense\n", "a;b"]
)
def test_a_name_that_could_not_stand_in_cpp_is_refused(name: str) -> None:
    with pytest.raises(
        ValueError, match=re.escape(f"layer name {name!r} is not a C++ identifier such as 'dense_1'")
    ):
        check_identifier(name, "layer name")


@settings(deadline=None, derandomize=True, max_examples=200)
@given(st.text(max_size=64))
def test_whatever_becomes_an_identifier_passes_the_check(name: str) -> None:
    assume(re.search("[0-9A-Za-z]", name))
    check_identifier(cpp_identifier(name), "name")


def test_a_name_longer_than_a_file_name_bears_is_refused() -> None:
    with pytest.raises(ValueError, match="is 65 characters long; a name may have 64"):
        cpp_identifier("a" * 65)
