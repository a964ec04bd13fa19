"""Constant matrix products as graphs of adders that share their terms: alkaid's solver, on our wires."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import ToolError
from l1ad.rtl.circuit import Circuit, Term

__all__ = ["SEARCHES", "WrongGraphError", "weighted_sums"]


class WrongGraphError(ToolError):
    """A graph of adders that does not compute what it was asked for; another search may find one."""


SEARCHES: dict[str, dict[str, Any]] = {
    "shallow": {"method0": "wmc", "hard_dc": 0},
    "shallow, pseudo-optimal": {"method0": "mc-pdc", "hard_dc": 0},
    "one level deeper": {"method0": "wmc-pdc", "hard_dc": 1},
    "few adders": {"method0": "wmc", "hard_dc": -1},
}
"""Options of alkaid's solver: fewer adders, or fewer of them in a row. Which serves best differs by network."""


_INPUT, _ADD, _SUBTRACT, _NEGATE = -1, 0, 1, -2


def weighted_sums(
    circuit: Circuit, name: str, terms: Sequence[Term], kernel: NDArray[Any], bias: Sequence[int]
) -> list[Term]:
    """Compute `terms @ kernel + bias` with as few adders as alkaid finds by the circuit's search.

    The method is distributed arithmetic: constants in canonical signed digits, common partial sums shared
    (Sun et al., arXiv:2507.04535). The bias enters the tree as a constant, one adder a sum.

    Args:
        circuit: Takes the adders; they are called `name` with a number.
        name: Beginning of their names.
        terms: The values, one a row of the kernel.
        kernel: Integers, shape (n_terms, n_sums).
        bias: Integers, one a sum.

    Returns:
        The sums.

    Raises:
        ToolError: If a weight has more bits than alkaid's solver holds.
    """
    kernel = np.array(kernel, dtype=object)
    fixed = [int(one) for one in bias]
    rows: list[int] = []
    terms = [term.known for term in terms]
    for row, term in enumerate(terms):
        if isinstance(term.wire, int):  # known now: part of the bias
            value = _whole(term)
            fixed = [one + value * int(weight) for one, weight in zip(fixed, kernel[row], strict=True)]
        elif any(kernel[row]):
            rows.append(row)
    if not rows:
        return [Term(one, 0) for one in fixed]
    biased = [column for column, one in enumerate(fixed) if one]
    given = [terms[row] for row in rows] + [Term(fixed[column], 0) for column in biased]
    ones = np.array([[int(one == column) for one in range(len(fixed))] for column in biased], dtype=object)
    stacked = np.concatenate([kernel[rows], ones.reshape(-1, len(fixed))])
    programs = _programs(stacked, given, circuit.search)
    _check_programs(programs, stacked, name)
    return _emitted(circuit, name, programs, given)


def _whole(term: Term) -> int:
    wire = term.wire
    if not isinstance(wire, int):
        raise TypeError(f"{wire.name} is no constant")
    return wire << term.shift if term.shift >= 0 else wire >> -term.shift


def _programs(kernel: NDArray[Any], given: Sequence[Term], search: str) -> tuple[Any, ...]:
    """Let alkaid find programs, one after the other, that compute a product with a constant matrix."""
    from alkaid.cmvm import cmvm_solve

    exact = kernel.astype(np.float32)
    if any(int(a) != int(b) for a, b in zip(exact.ravel(), kernel.ravel(), strict=True)):
        raise ToolError("a weight has more than the 24 bits that alkaid's solver holds; use a narrower type")
    intervals = []
    for term in given:
        # A bias is told as an interval down or up to zero: with constants alkaid 0.8.2 gives wrong sums where
        # two of them cancel (equal columns with opposite biases).
        low, high = term.bounds
        if low == high:
            low, high = min(low, 0), max(high, 0)
        step = 2.0**term.shift
        intervals.append((low * step, high * step, step))
    programs: tuple[Any, ...] = cmvm_solve(
        np.ascontiguousarray(exact), qintervals=intervals, latencies=[0.0] * len(given), **SEARCHES[search]
    )
    return programs


def _check_programs(programs: tuple[Any, ...], kernel: NDArray[Any], name: str) -> None:
    """Prove that programs compute the product they were asked for: each value as a sum of multiples of inputs.

    Raises:
        WrongGraphError: If an output is another sum.
    """
    current = list(np.eye(len(kernel)))  # exact: multiples are whole numbers of few bits times powers of two
    for program in programs:
        values: list[NDArray[np.float64]] = []
        for op in program.ops:
            if op.opcode == _INPUT:
                values.append(current[op.data[0]] * 2.0 ** program.inp_shifts[op.data[0]])
            elif op.opcode == _NEGATE:
                values.append(-values[op.addr[0]])
            elif op.opcode in (_ADD, _SUBTRACT):
                one, other = (values[index] for index in op.addr)
                values.append(one + (1 if op.opcode == _ADD else -1) * other * 2.0 ** op.data[0])
            else:
                raise ToolError(f"alkaid gave an operation {op.opcode} that is no adder; install alkaid 0.8.2")
        nothing = np.zeros(len(kernel))
        outputs = zip(program.out_idxs, program.out_shifts, program.out_negs, strict=True)
        current = [
            (values[index] if index >= 0 else nothing) * 2.0**shift * (-1 if negative else 1)
            for index, shift, negative in outputs
        ]
    if not np.array_equal(np.array(current).T, kernel.astype(np.float64)):
        raise WrongGraphError(f"alkaid's graph of adders for {name!r} is not the product it was asked for")


def _emitted(circuit: Circuit, name: str, programs: tuple[Any, ...], given: Sequence[Term]) -> list[Term]:
    """Write alkaid's programs as wires."""
    current, number = list(given), 0
    for program in programs:
        values: list[Term] = []
        for op in program.ops:
            number += 1
            if op.opcode == _INPUT:
                index = op.data[0]
                values.append(_scaled(current[index], int(program.inp_shifts[index])))
            elif op.opcode in (_ADD, _SUBTRACT):
                one, other = (values[index] for index in op.addr)
                other = _scaled(other, int(op.data[0]))
                values.append(circuit.add(f"{name}_a{number}", one, other, subtract=op.opcode == _SUBTRACT))
            else:
                values.append(_negated(circuit, f"{name}_a{number}", values[op.addr[0]]))
        current = []
        outputs = zip(program.out_idxs, program.out_shifts, program.out_negs, strict=True)
        for column, (index, shift, negative) in enumerate(outputs):
            value = _scaled(values[index], int(shift)) if index >= 0 else Term(0, 0)
            current.append(_negated(circuit, f"{name}_n{number}_{column}", value) if negative else value)
    return current


def _scaled(term: Term, shift: int) -> Term:
    return Term(term.wire, term.shift + shift)


def _negated(circuit: Circuit, name: str, term: Term) -> Term:
    return circuit.add(name, Term(0, term.shift), term, subtract=True)
