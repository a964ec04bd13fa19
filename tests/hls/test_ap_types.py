"""Every value of small types, cast by the `ap_types` headers that hls4ml ships: C simulation runs them.

Wide types, by examples, are in test_ap_types_wide.py; difference and shift in test_ap_types_scaling.py.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from l1ad.core.fixed import FixedType, Overflow, Rounding
from l1ad.core.integer import requantize

Cast = tuple[FixedType, FixedType]
CastByCpp = Mapping[Cast, NDArray[np.int64]]

# Width and integer bits of the targets, and of the sources that are cast to them, each with and without
# a sign. Behind them how many bits the casts drop (negative: add).
SHAPES = {
    (4, -2): ((8, 3), (7, -2), (5, 5), (1, -3)),  # -1, 3, -6: past the top, -2
    (3, 6): ((8, 3), (6, 8), (5, 5), (3, -1)),  # 8: all there are, 1, 3, 7: more than there are
    (4, 3): ((8, 3), (4, 1), (3, -1), (1, 1)),  # 4, 2, 3: all, -1
    (1, 1): ((5, 5), (4, 1), (2, 1), (1, 1)),  # 0, 3, 1, 0
    (1, -2): ((7, -2), (4, 1), (3, -1)),  # 6, 0, 1
    (1, 3): ((8, 3), (6, 8), (2, 1)),  # 7, 0, 3: more than there are
    (6, -1): ((8, 3), (7, -2), (1, 1)),  # -2, 2, -7: past the top
    (2, 0): ((8, 3), (4, 1), (1, -3)),  # 3, 1, 2: more than there are
    (9, 4): ((8, 3), (3, -1)),  # 0, -1: wider than both
    (2, 2): ((8, 3), (6, 8), (5, 5)),  # 5, -2, 0
}

PRELUDE = """#include <ap_fixed.h>
#include <cstdio>
#include <cstdlib>

template <class Source, class Target> void cast_all(int low, int high) {
    for (int raw = low; raw <= high; ++raw) {
        Source source;
        source.V = raw;
        Target target(source);
        std::printf("%d ", int(target.V.to_int64()));
    }
    std::printf("\\n");
}

int main(int argc, char **argv) {
"""


def aborts(source: FixedType, to: FixedType) -> bool:
    """Tell whether the headers stop the program: "Attempting to read bit beyond MSB" (ap_private.h).

    To round they read the highest bit that is dropped, which is not there when more bits are dropped
    than the source has. AP_TRN reads none, nor does AP_TRN_ZERO where nothing can be negative.
    """
    reads = to.rounding is not Rounding.TRN and (to.rounding is not Rounding.TRN_ZERO or source.signed)
    return reads and source.fraction - to.fraction > source.width


def _both_signs(shapes: Sequence[tuple[int, int]]) -> list[FixedType]:
    return [FixedType(*shape, signed) for shape in shapes for signed in (True, False)]


def _targets(shape: tuple[int, int]) -> list[FixedType]:
    modes = product((True, False), Rounding, Overflow)
    return [FixedType(*shape, signed, rounding, overflow) for signed, rounding, overflow in modes]


CASTS = [
    (source, to)
    for shape, sources in SHAPES.items()
    for to in _targets(shape)  # side by side: g++ compiles the class of a target once for all its sources
    for source in _both_signs(sources)
    if not aborts(source, to)
]


def _compiled(program: Path, calls: Sequence[str]) -> Path:
    """Compile a program whose main consists of `calls`; without optimisation, which is quickest."""
    text = program.with_suffix(".cpp")
    text.write_text(PRELUDE + "".join(f"    {call}\n" for call in calls) + "}\n")
    headers = files("hls4ml").joinpath("templates", "vivado", "ap_types")
    command = ["g++", "-std=c++11", "-O0", "-w", "-I", str(headers), str(text), "-o", str(program)]
    subprocess.run(command, check=True, timeout=300)
    return program


def _call(source: FixedType, to: FixedType) -> str:
    return f"cast_all<{source}, {to}>({source.raw_min}, {source.raw_max});"


def _every_raw(source: FixedType) -> NDArray[np.int64]:
    return np.arange(source.raw_min, source.raw_max + 1)


@pytest.fixture(scope="module")
def cast_by_cpp(
    needs_compiler: None,  # noqa: ARG001
    tmp_path_factory: pytest.TempPathFactory,
) -> CastByCpp:
    """Give the raw integers that C++ casts every value of the source to, lowest first, for each cast."""
    folder = tmp_path_factory.mktemp("ap_types")
    parts = [CASTS[start : start + 450] for start in range(0, len(CASTS), 450)]  # about 350 MB of memory each

    def printed(number: int) -> list[str]:
        program = _compiled(folder / f"casts_{number}", [_call(*cast) for cast in parts[number]])
        run = subprocess.run([program], check=True, capture_output=True, text=True, timeout=60)
        return run.stdout.splitlines()

    with ThreadPoolExecutor(os.cpu_count()) as workers:
        rows = [row for part in workers.map(printed, range(len(parts))) for row in part]
    return {cast: np.array(row.split(), dtype=np.int64) for cast, row in zip(CASTS, rows, strict=True)}


@pytest.mark.parametrize(
    ("shape", "source"),
    [(shape, source) for shape, sources in SHAPES.items() for source in _both_signs(sources)],
    ids=str,
)
def test_requantize_gives_the_integers_of_the_ap_types_headers_in_every_mode(
    shape: tuple[int, int], source: FixedType, cast_by_cpp: CastByCpp
) -> None:
    raw = _every_raw(source)
    differing = {}
    for to in _targets(shape):
        if aborts(source, to):
            continue
        cpp, ours = cast_by_cpp[source, to], requantize(raw, fraction=source.fraction, to=to)
        assert cpp.shape == ours.shape
        if (misfits := np.flatnonzero(cpp != ours)).size:
            first = misfits[0]
            differing[str(to)] = (
                f"{misfits.size} of {raw.size} differ, first {raw[first]}: C++ {cpp[first]}, "
                f"requantize {ours[first]}"
            )
    assert not differing


def test_as_many_casts_and_values_are_compared_as_ever(cast_by_cpp: CastByCpp) -> None:
    n_casts, n_values = len(cast_by_cpp), sum(values.size for values in cast_by_cpp.values())
    sys.stdout.write(f"{n_casts} casts of every value of their sources: {n_values} comparisons with C++\n")
    assert (n_casts, n_values) == (3432, 319760)
    assert {(to.rounding, to.overflow) for _, to in cast_by_cpp} == set(product(Rounding, Overflow))


@pytest.fixture(scope="module")
def one_too_many(
    needs_compiler: None,  # noqa: ARG001
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Path, list[Cast]]:
    """Compile casts that drop 4 of 3 bits; the program's argument says which of them it makes."""
    casts = [
        (source, FixedType(3, 5, rounding=rounding))
        for source, rounding in product(_both_signs([(3, 1)]), Rounding)
    ]
    calls = [f"if (std::atoi(argv[1]) == {number}) {_call(*cast)}" for number, cast in enumerate(casts)]
    return _compiled(tmp_path_factory.mktemp("one_too_many") / "casts", calls), casts


def test_to_drop_one_bit_more_than_there_are_aborts_exactly_where_it_is_left_out_here(
    one_too_many: tuple[Path, list[Cast]],
) -> None:
    program, casts = one_too_many
    for number, (source, to) in enumerate(casts):
        run = subprocess.run(
            [program, str(number)], cwd=program.parent, capture_output=True, text=True, timeout=60
        )
        if aborts(source, to):
            assert run.returncode == -signal.SIGABRT
            assert "Attempting to read bit beyond MSB" in run.stderr
        else:
            ours = requantize(_every_raw(source), fraction=source.fraction, to=to)
            assert [int(one) for one in run.stdout.split()] == ours.tolist()
    assert sum(aborts(*cast) for cast in casts) == 11
