"""The reader of C++ text: what it keeps, what it leaves out, what it refuses."""

from pathlib import Path

import pytest

from l1ad.exchange.hls4ml.text import Declaration, declarations, preprocessed, split_arguments
from l1ad.exchange.imported import ModelFileError


def text_of(folder: Path, text: str, *defined: str) -> str:
    path = folder / "file.cpp"
    path.write_text(text, encoding="utf-8")
    return " ".join(preprocessed(path, folder, defined=defined)[0].split())


def test_comments_go_and_strings_stay(tmp_path: Path) -> None:
    text = 'int a; // one; {\n/* two\n { */ char *b = "// three"; int c;\n'
    assert text_of(tmp_path, text) == 'int a; char *b = "// three"; int c;'


def test_synthesis_and_c_simulation_see_the_branch_meant_for_them(tmp_path: Path) -> None:
    text = (
        "#ifndef __SYNTHESIS__\nsimulated;\n#ifdef DEEPER\nnever;\n#endif\n#else\nsynthesised;\n#endif\nboth;"
    )
    assert text_of(tmp_path, text, "__SYNTHESIS__") == "synthesised; both;"
    assert text_of(tmp_path, text) == "simulated; both;"


def test_conditions_on_numbers_and_on_definitions_are_known(tmp_path: Path) -> None:
    text = "#if 0\na;\n#endif\n#if 1\nb;\n#endif\n#if defined(X)\nc;\n#endif\n#if !defined(Y)\nd;\n#endif"
    assert text_of(tmp_path, text, "X") == "b; c; d;"


def test_a_condition_in_a_branch_that_is_left_out_is_not_asked(tmp_path: Path) -> None:
    assert text_of(tmp_path, "#if 0\n#if VERSION > 3\na;\n#else\nb;\n#endif\n#endif\nc;") == "c;"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("#if VERSION > 3\n#endif", r"file.cpp:1: the condition '#if VERSION > 3' is not understood"),
        ("\n#if 1\n#elif 0\n#endif", r"file.cpp:3: #elif is not read"),
        ("#else", r"file.cpp:1: #else without #if"),
        ("#ifdef A\nint a;", r"has no #endif; is the file whole\?"),
    ],
)
def test_directives_that_are_not_understood_are_refused_with_their_line(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(ModelFileError, match=message):
        text_of(tmp_path, text)


def test_own_headers_come_in_once_and_those_of_hls4ml_do_not(tmp_path: Path) -> None:
    (tmp_path / "weights").mkdir()
    (tmp_path / "nnet_utils").mkdir()
    (tmp_path / "defines.h").write_text('#include "file.cpp"\n#define N 3\ntypes;')
    (tmp_path / "weights" / "w2.h").write_text('#include "../defines.h"\nweights;')
    (tmp_path / "nnet_utils" / "nnet_dense.h").write_text("library;")
    includes = ["<vector>", '"ap_fixed.h"', '"nnet_utils/nnet_dense.h"', '"defines.h"', '"weights/w2.h"']
    assert text_of(tmp_path, "\n".join(f"#include {one}" for one in includes)) == "types; weights;"
    assert preprocessed(tmp_path / "file.cpp", tmp_path, defined=())[1]["N"] == "3"


def test_a_header_named_by_a_path_it_once_had_is_found_by_the_end_of_that_path(tmp_path: Path) -> None:
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "w2.h").write_text("weights;")
    assert text_of(tmp_path, '#include "Some/Package/interface/weights/w2.h"') == "weights;"


def test_text_is_cut_into_declarations_and_namespaces_are_opened() -> None:
    inner = "struct s : t { int x; }; namespace two { w w2[2] = {1, 2}; }"
    text = f"typedef a b; namespace one {{ {inner} }} void f(){{g();}}"
    assert list(declarations(text, "here")) == [
        Declaration("typedef a b", None),
        Declaration("struct s : t", " int x; "),
        Declaration("w w2[2] =", "1, 2"),
        Declaration("void f()", "g();"),
    ]


@pytest.mark.parametrize(("text", "message"), [("a { b;", "1 closing brace"), ("a; } b;", "brace too many")])
def test_braces_that_do_not_match_are_refused(text: str, message: str) -> None:
    with pytest.raises(ModelFileError, match=f"here: .*{message}.*is the file whole"):
        list(declarations(text, "here"))


def test_arguments_are_cut_at_their_own_commas_only() -> None:
    assert split_arguments("ap_fixed<8,3>, f(a, b), c[1,2]") == ["ap_fixed<8,3>", "f(a, b)", "c[1,2]"]
    assert split_arguments(" ") == []
