"""Casts against the `ap_types` headers that hls4ml ships, compiled here: they are what C simulation runs."""

import importlib.util
import shutil
import subprocess
from collections.abc import Mapping
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from l1ad.core.fixed import FixedType, Overflow, Rounding
from l1ad.core.integer import requantize

SOURCES = (FixedType(8, 3), FixedType(8, 3, signed=False))

# Width and integer bits: of the 5 fraction bits of the sources they cut 6, 8 and 4, the last adds 2. To
# cut more than the 8 bits of the sources trips an assertion of the headers in all modes but AP_TRN.
SHAPES = ((1, 2), (3, 6), (4, 3), (6, -1))

_PRELUDE = """#include <ap_fixed.h>
#include <cstdio>

template <class Source, class Target> void cast_all() {
    for (int bits = 0; bits < 256; ++bits) {
        Source source;
        source.range() = bits;
        Target target = source;
        std::printf("%u ", ap_uint<Target::width>(target.range()).to_uint());
    }
    std::printf("\\n");
}

int main() {
"""


def _targets(width: int, integer: int) -> list[FixedType]:
    return [
        FixedType(width, integer, signed, rounding, overflow)
        for signed, rounding, overflow in product((True, False), Rounding, Overflow)
    ]


def _as_signed(bits: NDArray[np.int64], one: FixedType) -> NDArray[np.int64]:
    """Read bit patterns as raw integers of a type."""
    return bits - ((bits >> (one.width - 1)) << one.width) if one.signed else bits


@pytest.fixture(scope="module")
def cast_by_the_headers(
    tmp_path_factory: pytest.TempPathFactory,
) -> Mapping[tuple[FixedType, FixedType], NDArray[np.int64]]:
    """Give the raw integers that C++ casts all 256 values of each source to, for each target."""
    compiler, hls4ml = shutil.which("g++"), importlib.util.find_spec("hls4ml")
    if compiler is None:
        pytest.skip("g++ was not found: the casts cannot be compared with the ap_types headers")
    if hls4ml is None or hls4ml.origin is None:
        pytest.skip("hls4ml is not installed: it brings the ap_types headers")
    headers = Path(hls4ml.origin).parent / "templates" / "vivado" / "ap_types"
    casts = [(source, to) for shape in SHAPES for source in SOURCES for to in _targets(*shape)]
    folder = tmp_path_factory.mktemp("ap_types")
    program = folder / "casts.cpp"
    calls = "".join(f"    cast_all<{source}, {to}>();\n" for source, to in casts)
    program.write_text(f"{_PRELUDE}{calls}}}\n")
    subprocess.run(
        [compiler, "-std=c++11", "-O1", "-w", "-I", str(headers), str(program), "-o", str(folder / "casts")],
        check=True,
        timeout=300,
    )
    printed = subprocess.run([str(folder / "casts")], check=True, capture_output=True, text=True, timeout=60)
    rows = [np.array(row.split(), dtype=np.int64) for row in printed.stdout.splitlines()]
    return {(source, to): _as_signed(row, to) for (source, to), row in zip(casts, rows, strict=True)}


@pytest.mark.parametrize(("width", "integer"), SHAPES)
@pytest.mark.parametrize("source", SOURCES, ids=str)
def test_requantize_gives_the_integers_of_the_ap_types_headers_in_every_mode(
    source: FixedType,
    width: int,
    integer: int,
    cast_by_the_headers: Mapping[tuple[FixedType, FixedType], NDArray[np.int64]],
) -> None:
    raw = _as_signed(np.arange(256), source)
    differing = {}
    for to in _targets(width, integer):
        cpp, ours = cast_by_the_headers[source, to], requantize(raw, fraction=source.fraction, to=to)
        if (misfits := np.flatnonzero(cpp != ours)).size:
            first = misfits[0]
            differing[str(to)] = (
                f"{misfits.size} of 256 differ, first {raw[first]}: C++ {cpp[first]}, requantize {ours[first]}"
            )
    assert not differing


def test_the_sources_hold_all_256_values_once() -> None:
    signed, unsigned = (_as_signed(np.arange(256), source) for source in SOURCES)
    assert sorted(signed.tolist()) == list(range(-128, 128))
    assert unsigned.tolist() == list(range(256))
