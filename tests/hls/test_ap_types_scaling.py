"""Difference and shift of every input, as the top level writes them, by the `ap_types` headers of hls4ml."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray

from l1ad.core.fixed import FixedType, Overflow, Rounding
from l1ad.core.layout import InputLayout
from l1ad.core.layouts import numbered_inputs
from l1ad.core.scaling import Scaling
from l1ad.core.tensor import TensorType

ScaledByCpp = Mapping[tuple[str, FixedType], NDArray[np.int64]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Inputs of one type, scaled with every offset and every shift, to results of one size in every mode.

    Attributes:
        width: Bits of the hardware integers.
        signed: Whether they have a sign.
        working: C++ spelling of the type that difference and shift are computed in.
        offsets: Subtracted constants.
        shifts: Bits to shift right by, to the left where negative.
        result: Width, integer bits and sign of the results.
    """

    width: int
    signed: bool
    working: str
    offsets: tuple[float, ...]
    shifts: tuple[int, ...]
    result: FixedType

    @property
    def columns(self) -> list[tuple[float, int]]:
        """Offset and shift of each input."""
        return list(product(self.offsets, self.shifts))

    @property
    def layout(self) -> InputLayout:
        """As many inputs as there are pairs of offset and shift."""
        return numbered_inputs(len(self.columns), width=self.width, signed=self.signed)

    @property
    def inputs_raw(self) -> NDArray[np.int64]:
        """Every hardware integer, given to every input, shape (n_values, n_inputs)."""
        field = self.layout.fields[0]
        values = np.arange(field.raw_min, field.raw_max + 1)
        return np.tile(values[:, np.newaxis], self.layout.n_inputs)

    @property
    def results(self) -> list[FixedType]:
        """The type of the results, in every mode."""
        return [
            replace(self.result, rounding=rounding, overflow=overflow)
            for rounding, overflow in product(Rounding, Overflow)
        ]

    def scaling_to(self, result: FixedType) -> Scaling:
        """Give the scaling under test."""
        offsets, shifts = zip(*self.columns, strict=True)
        working = FixedType.from_cpp(self.working)
        return Scaling(
            layout=self.layout,
            offsets=offsets,
            shifts=shifts,
            working=working,
            result=TensorType.uniform(result),
        )

    def in_cpp(self, name: str) -> str:
        """Write it in C++, difference and shift character for character like the firmware's top level."""
        field, n_inputs = self.layout.fields[0], self.layout.n_inputs
        lines = "\n".join(
            f"    shifted[{index}] = working_t(working_t(x) - working_t({offset!r})){_shifted(shift)};"
            for index, (offset, shift) in enumerate(self.columns)
        )
        return f"""
namespace {name} {{
typedef {self.working} working_t;
typedef decltype(working_t(0) >> 1) shifted_t;  // as it meets the cast to the result

void shift(ap_{"int" if self.signed else "uint"}<{self.width}> x, shifted_t shifted[{n_inputs}]) {{
{lines}
}}

template <class scaled_t> void scale_all() {{
    for (int raw = {field.raw_min}; raw <= {field.raw_max}; ++raw) {{
        shifted_t shifted[{n_inputs}];
        shift(raw, shifted);
        for (int index = 0; index < {n_inputs}; ++index) {{
            scaled_t scaled;
            scaled = shifted[index];
            std::printf("%d ", int(scaled.V.to_int64()));
        }}
    }}
    std::printf("\\n");
}}
}} // namespace {name}
"""


def _shifted(shift: int) -> str:
    return f" >> {shift}" if shift > 0 else f" << {-shift}" if shift < 0 else ""


CASES = {
    "whole_numbers": Case(
        width=5, signed=True, working="ap_fixed<8,8>",
        offsets=(0.0, -7.0, 15.0), shifts=(-2, -1, 0, 1, 3, 7, 8), result=FixedType(4, 3),
    ),
    "spare_bits": Case(
        width=5, signed=False, working="ap_fixed<12,9>",
        offsets=(0.0, 17.5, 31.0, -3.125), shifts=(-2, 0, 1, 2, 3, 4, 6, 13),
        result=FixedType(6, 3, signed=False),
    ),
    # The working type's own modes find nothing to round or to limit; a shift drops bits all the same.
    "working_type_with_modes": Case(
        width=4, signed=True, working="ap_fixed<9,6,AP_RND_CONV,AP_SAT>",
        offsets=(0.0, 5.25, -7.875), shifts=(-1, 0, 1, 2, 4, 5), result=FixedType(4, -1),
    ),
    "no_room_to_spare": Case(
        width=5, signed=False, working="ap_fixed<6,6,AP_RND,AP_SAT_ZERO>",
        offsets=(0.0, 31.0), shifts=(0, 1, 2, 5), result=FixedType(3, 6),
    ),
    "unsigned_working_type": Case(
        width=5, signed=False, working="ap_ufixed<9,7,AP_RND,AP_SAT>",
        offsets=(0.0,), shifts=(-2, -1, 0, 1, 2, 4, 9), result=FixedType(5, 4, signed=False),
    ),
    "one_bit": Case(
        width=1, signed=True, working="ap_fixed<4,2,AP_RND_INF,AP_SAT_SYM>",
        offsets=(0.0, 0.75, -0.5), shifts=(0, 1, 2, 3), result=FixedType(2, 1),
    ),
    # As AXOL1TL scales its transverse momenta.
    "nine_bits": Case(
        width=9, signed=False, working="ap_fixed<18,13>",
        offsets=(0.0, 35.5), shifts=(-2, 0, 4, 6), result=FixedType(8, 6, signed=False),
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def scaled_by_cpp(
    needs_compiler: None,  # noqa: ARG001
    tmp_path_factory: pytest.TempPathFactory,
) -> ScaledByCpp:
    """Give what C++ makes of every value, shape (n_values, n_inputs), for each case and result type."""
    program = tmp_path_factory.mktemp("ap_types_scaling") / "scale"
    text = program.with_suffix(".cpp")
    scaled = [(name, result) for name, case in CASES.items() for result in case.results]
    templates = "".join(case.in_cpp(name) for name, case in CASES.items())
    calls = "".join(f"    {name}::scale_all<{result}>();\n" for name, result in scaled)
    text.write_text(f"#include <ap_fixed.h>\n#include <cstdio>\n{templates}\nint main() {{\n{calls}}}\n")
    headers = files("hls4ml").joinpath("templates", "vivado", "ap_types")
    command = ["g++", "-std=c++11", "-O0", "-w", "-I", str(headers), str(text), "-o", str(program)]
    subprocess.run(command, check=True, timeout=300)
    printed = subprocess.run([program], check=True, capture_output=True, text=True, timeout=60).stdout
    rows = [np.array(row.split(), dtype=np.int64) for row in printed.splitlines()]
    return {
        (name, result): row.reshape(CASES[name].inputs_raw.shape)
        for (name, result), row in zip(scaled, rows, strict=True)
    }


def _misfits(case: Case, result: FixedType, cpp: NDArray[np.int64]) -> Iterator[str]:
    raw, ours = case.inputs_raw, case.scaling_to(result).apply(case.inputs_raw)
    for event, column in np.argwhere(cpp != ours):
        offset, shift = case.columns[column]
        yield (
            f"({raw[event, column]} - {offset!r}) >> {shift} in {result}: "
            f"C++ {cpp[event, column]}, Scaling {ours[event, column]}"
        )


@pytest.mark.parametrize("name", CASES)
def test_scaling_gives_the_integers_of_the_ap_types_headers_for_every_input_in_every_mode(
    name: str, scaled_by_cpp: ScaledByCpp
) -> None:
    case = CASES[name]
    misfits = [
        misfit for result in case.results for misfit in _misfits(case, result, scaled_by_cpp[name, result])
    ]
    assert not misfits


def test_as_many_scalings_and_values_are_compared_as_ever(scaled_by_cpp: ScaledByCpp) -> None:
    n_scalings = sum(values.shape[1] for values in scaled_by_cpp.values())
    n_values = sum(values.size for values in scaled_by_cpp.values())
    sys.stdout.write(f"{n_scalings} scalings of every input: {n_values} comparisons with C++\n")
    assert (n_scalings, n_values) == (2968, 184352)
