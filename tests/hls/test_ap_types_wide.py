"""Wide types, cast by the `ap_types` headers that hls4ml ships: where they end and round, and any value."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from l1ad.core.fixed import FixedType, Overflow, Rounding
from l1ad.core.integer import INT64_SAFE_BITS, requantize

Cast = tuple[FixedType, FixedType]

# One line in, "cast high low", gives one line out, "high low": raw integers of 128 bits in two words.
PROGRAM = """#include <ap_fixed.h>
#include <cstdio>

template <class Source, class Target> ap_int<128> cast(const ap_int<128> &raw) {{
    Source source;
    source.V = raw.V;
    Target target(source);
    ap_int<128> result;
    result.V = target.V;
    return result;
}}

static ap_int<128> (*const casts[])(const ap_int<128> &) = {{
{casts}}};

int main() {{
    int which;
    long long high;
    unsigned long long low;
    while (std::scanf("%d %lld %llu", &which, &high, &low) == 3) {{
        ap_int<128> raw = high;
        raw = (raw << 64) + ap_uint<64>(low);
        ap_int<128> result = casts[which](raw);
        std::printf("%lld %llu\\n", ap_int<64>(result >> 64).to_int64(), ap_uint<64>(result).to_uint64());
        std::fflush(stdout);
    }}
}}
"""


# About the words of C++ and the bits that requantize entrusts to int64; few, so that they share classes.
WIDTHS = (1, 5, 12, 18, 27, 31, 32, 33, 45, 53, 60, 62, 63, 64, 65, 80, 100)


def drawn_casts(n_each: int, seed: int) -> list[Cast]:
    """Draw `n_each` casts for each of the 28 modes and both signs of source and target.

    The target's top lies up to 20 bits below the source's, so that most casts overflow, or up to 8 above it.
    At most all bits of the source are dropped: to round more away aborts in the headers, see test_ap_types.py.
    """
    rng = np.random.default_rng(seed)

    def cast(source_signed: bool, signed: bool, rounding: Rounding, overflow: Overflow) -> Cast:
        width, to_width = (int(one) for one in rng.choice(WIDTHS, 2))
        source = FixedType(width, int(rng.integers(-20, 80)), source_signed)
        higher = int(rng.integers(-min(20, width + 1), min(8, to_width) + 1))
        return source, FixedType(to_width, source.integer + higher, signed, rounding, overflow)

    modes = product((True, False), (True, False), Rounding, Overflow)
    return [cast(*mode) for mode in modes for _ in range(n_each)]


CASTS = drawn_casts(2, seed=57)


def landmarks(source: FixedType, to: FixedType) -> list[int]:
    """List raw integers of the source about its own ends, zero, the target's ends, and halves beside them."""
    dropped = source.fraction - to.fraction
    half = 1 << (dropped - 1) if dropped > 0 else 0
    corners = [source.raw_min, source.raw_max, 0]
    for end in (to.raw_min, to.raw_max, 1, -1):
        for edge in (end - 1, end, end + 1):
            at_edge = edge << dropped if dropped > 0 else edge >> -dropped
            corners += [at_edge, at_edge + half]
    # Halves where the source ends: the value that is kept there may be beyond the target's range.
    corners += [((end >> dropped) << dropped) + half for end in corners[:2] if dropped > 0]
    near = {corner + step for corner in corners for step in (-1, 0, 1)}
    return sorted(raw for raw in near if source.holds_raw(raw))


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """The compiled program, waiting for values."""

    process: subprocess.Popen[str]

    def cast(self, which: int, raws: Sequence[int]) -> list[int]:
        """Cast raw integers by C++, few enough that the pipes hold them (some 100)."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.writelines(f"{which} {raw >> 64} {raw & (2**64 - 1)}\n" for raw in raws)
        self.process.stdin.flush()
        words = [self.process.stdout.readline().split() for _ in raws]
        return [(int(high) << 64) + int(low) for high, low in words]


@pytest.fixture(scope="module")
def server(
    needs_compiler: None,  # noqa: ARG001
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Server]:
    """Keep the compiled program running while this file is tested."""
    program = tmp_path_factory.mktemp("ap_types_wide") / "casts"
    text = program.with_suffix(".cpp")
    text.write_text(PROGRAM.format(casts="".join(f"    cast<{source}, {to}>,\n" for source, to in CASTS)))
    headers = files("hls4ml").joinpath("templates", "vivado", "ap_types")
    command = ["g++", "-std=c++11", "-O0", "-w", "-I", str(headers), str(text), "-o", str(program)]
    subprocess.run(command, check=True, timeout=300)
    with subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Server(process=process)
        process.communicate(timeout=60)  # end of input
    assert process.returncode == 0


def _requantized(source: FixedType, to: FixedType, raws: Sequence[int]) -> list[int]:
    """Cast by requantize, from `int64` where the source has one, as the emulator holds it."""
    raw = np.array(raws, dtype=np.int64 if source.raw_max < 2**63 else object)
    result = requantize(raw, fraction=source.fraction, to=to)
    assert result.dtype == (np.int64 if to.width <= INT64_SAFE_BITS else object)
    return [int(one) for one in result]


def test_requantize_gives_the_integers_of_the_ap_types_headers_where_wide_types_end_and_round(
    server: Server,
) -> None:
    n_compared, differing = 0, {}
    for which, (source, to) in enumerate(CASTS):
        raws = landmarks(source, to)
        cpp, ours = server.cast(which, raws), _requantized(source, to, raws)
        misfits = [one for one in zip(raws, cpp, ours, strict=True) if one[1] != one[2]]
        if misfits:
            differing[f"{source} to {to}"] = "raw {}: C++ {}, requantize {}".format(*misfits[0])
        n_compared += len(raws)
    sys.stdout.write(
        f"{len(CASTS)} casts of wide types at their landmarks: {n_compared} comparisons with C++\n"
    )
    assert not differing
    assert len(CASTS) == 224
    assert n_compared > 5000  # with a few to spare: another NumPy may draw other types


def _raws(source: FixedType, to: FixedType) -> st.SearchStrategy[list[int]]:
    """Draw raw integers of the source: any, halves of the target's step, and what lies beside them."""
    step = max(0, source.fraction - to.fraction)
    half = (1 << step) >> 1
    anything = st.integers(source.raw_min, source.raw_max)
    near_half = st.builds(
        lambda raw, beside: ((raw >> step) << step) + half + beside, anything, st.integers(-1, 1)
    )
    return st.lists(anything | near_half.filter(source.holds_raw), min_size=1, max_size=20)


@settings(deadline=None, derandomize=True, max_examples=1500)
@given(data=st.data())
def test_requantize_gives_the_integers_of_the_ap_types_headers_for_any_wide_value(
    server: Server, data: st.DataObject
) -> None:
    which = data.draw(st.integers(0, len(CASTS) - 1))
    source, to = CASTS[which]
    raws = data.draw(_raws(source, to))
    assert server.cast(which, raws) == _requantized(source, to, raws)


def test_the_wide_types_cover_every_mode_and_both_ways_to_hold_an_integer() -> None:
    widths = np.array([(source.width, to.width) for source, to in CASTS])
    assert (widths > INT64_SAFE_BITS).any(axis=0).all()
    assert (widths <= INT64_SAFE_BITS).any(axis=0).all()
    dropped = np.array([source.fraction - to.fraction for source, to in CASTS])
    assert (dropped < 0).any()
    assert (dropped == 0).any()
    assert (dropped > INT64_SAFE_BITS).any()
    assert {(to.rounding, to.overflow) for _, to in CASTS} == set(product(Rounding, Overflow))
