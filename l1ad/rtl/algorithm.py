"""A trigger algorithm as one circuit: words in, score word and accept bits out."""

from dataclasses import dataclass

from l1ad.core.fixed import FixedType
from l1ad.core.names import accept_ports
from l1ad.core.ports import InputPorts, Slice
from l1ad.core.score import ScoreFunction
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.rtl.casts import cast
from l1ad.rtl.circuit import Circuit, Operand, Term, Wire, constant, shifted
from l1ad.rtl.delay import DelayModel
from l1ad.rtl.layers import layer_logic

__all__ = ["CONTROL_PORTS", "DECISION", "SCALING", "SCORE_BLOCK", "AlgorithmCircuit", "algorithm_circuit"]

CONTROL_PORTS = frozenset({"ap_clk", "ap_rst", "ap_start", "ap_done", "ap_idle", "ap_ready", "score"})
"""Ports that every top level has, as Vitis HLS names them."""

SCALING, SCORE_BLOCK, DECISION = "scaling", "score", "decision"
"""Blocks beside the layers. No layer can be called `scaled`, `score` or `input`."""

_TABLE_BITS = 8
"""Squares of values of up to so many bits are looked up: one level of logic and a multiplexer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlgorithmCircuit:
    """The whole datapath.

    Attributes:
        wires: The wires, in order.
        outputs: What each output port gives: the score word and the accept bits.
        widths: Bits of each output port.
    """

    wires: tuple[Wire, ...]
    outputs: dict[str, Operand]
    widths: dict[str, int]


def algorithm_circuit(
    trigger: TriggerAlgorithm, ports: InputPorts, delay: DelayModel, *, search: str
) -> AlgorithmCircuit:
    """Build the circuit of an algorithm; `search` is one of `adders.SEARCHES`.

    Raises:
        ToolError: If a layer holds what alkaid's solver cannot.
    """
    taken = {port.name for port in ports.ports} | CONTROL_PORTS | set(accept_ports(trigger.thresholds).values())
    circuit = Circuit(delay=delay, search=search, taken=taken)
    values = _scaled(circuit, trigger, ports)
    for layer, given in trigger.network.given():
        values = layer_logic(circuit, layer, values, given)
    score = _score(circuit, trigger, values)
    circuit.block = DECISION
    outputs: dict[str, Operand] = {"score": score}
    widths = {"score": trigger.score.result.width}
    for name, port in accept_ports(trigger.thresholds).items():
        outputs[port] = _accepted(circuit, port, score, trigger.thresholds[name])
        widths[port] = 1
    return AlgorithmCircuit(wires=tuple(circuit.wires), outputs=outputs, widths=widths)


def _scaled(circuit: Circuit, trigger: TriggerAlgorithm, ports: InputPorts) -> list[Term]:
    """Take the inputs out of the ports, subtract, shift and cast."""
    circuit.block = SCALING
    scaling = trigger.scaling
    working, results = scaling.working, scaling.result.of_each(trigger.layout.n_inputs)
    values = []
    for index, name in enumerate(trigger.layout.names):
        one = results[index]
        if not one.width:
            values.append(Term(0, 0))
            continue
        given = _input(circuit, name, ports.slices[index], ports)
        offset = int(scaling.offsets_raw[index])
        difference = circuit.add(
            f"{name}_difference", Term(given, working.fraction), _trimmed(offset), subtract=True
        )
        held = _wrapped(circuit, f"{name}_held", difference, working)
        shift = scaling.shifts[index]
        if shift >= 0:
            shifted = circuit.floor(f"{name}_shifted", held, shift)
        else:
            shifted = _wrapped(circuit, f"{name}_shifted", Term(held.wire, held.shift - shift), working)
        raw = cast(circuit, f"{name}_scaled", shifted, fraction=working.fraction, to=one)
        values.append(Term(raw, scaling.result.fraction - one.fraction))
    return values


def _trimmed(value: int) -> Term:
    """Write a constant without the zeros at its low end."""
    zeros = (value & -value).bit_length() - 1 if value else 0
    return Term(value >> zeros, zeros)


def _wrapped(circuit: Circuit, name: str, term: Term, working: FixedType) -> Term:
    """Keep the working type: the inputs of the layout fit, other bits of the ports wrap as in C++."""
    bits = working.width - term.shift
    if bits < 1:
        return Term(0, 0)
    low = -(1 << (bits - 1)) if working.signed else 0
    return Term(circuit.wrapped(name, term.wire, low, low + (1 << bits) - 1), term.shift)


def _input(circuit: Circuit, name: str, one: Slice | None, ports: InputPorts) -> Operand:
    if one is None:
        return 0
    port = ports.ports[one.port]
    bounds = (-(1 << (one.width - 1)), (1 << (one.width - 1)) - 1) if one.signed else (0, (1 << one.width) - 1)
    whole = one.width == port.width
    bits = port.name if whole else f"{port.name}[{one.low + one.width - 1}:{one.low}]"
    return circuit.wire(f"{name}_raw", bounds, bits, (), delay_ns=0.0)


def _score(circuit: Circuit, trigger: TriggerAlgorithm, values: list[Term]) -> Operand:
    circuit.block = SCORE_BLOCK
    score, mean_type = trigger.score, trigger.network.output_type
    if score.function is ScoreFunction.OUTPUT:
        total = values[0]
    else:
        squares = [_square(circuit, f"square_{index}", value) for index, value in enumerate(values)]
        total = circuit.total("square", squares)
    return cast(circuit, "score_word", total, fraction=score.fraction(mean_type), to=score.result)


def _square(circuit: Circuit, name: str, value: Term) -> Term:
    """Square: a table for few bits, else the sum of the rows of a long multiplication of the magnitude."""
    wire = value.wire
    if isinstance(wire, int):
        return Term(wire * wire, 2 * value.shift)
    most = max(wire.low * wire.low, wire.high * wire.high)
    least = 0 if wire.low <= 0 <= wire.high else min(wire.low * wire.low, wire.high * wire.high)
    if wire.width <= _TABLE_BITS:
        half = 1 << (wire.width - 1)
        codes = range(1 << wire.width)
        numbers = [code - 2 * half if wire.signed and code >= half else code for code in codes]
        table = tuple(min(number * number, most) for number in numbers)
        delay = circuit.delay.logic() + circuit.delay.lut_ns  # six inputs and the multiplexers behind
        return Term(
            circuit.wire(name, (least, most), "", (wire,), delay_ns=delay, table=table), 2 * value.shift
        )
    return Term(_long_square(circuit, name, wire), 2 * value.shift)


def _long_square(circuit: Circuit, name: str, wire: Wire) -> Operand:
    """Sum the rows: a² = Σ a_i 4^i (1 + 4 (a >> (i + 1))), for the bits a_i of a magnitude."""
    magnitude = wire
    if wire.signed:
        bounds = (0, max(-wire.low, wire.high))
        expression = f"({wire.read} < 0) ? -{wire.read} : {wire.read}"
        magnitude = circuit.wire(
            f"{name}_abs", bounds, expression, (wire,), delay_ns=circuit.delay.adder(wire.width)
        )
    rows = []
    for bit in range(magnitude.width):
        above = magnitude.high >> (bit + 1)
        bounds = (0, 1 + 4 * above)
        row = f"(({magnitude.read} >>> {bit + 1}) <<< 2) + {constant(1)}"
        expression = f"{magnitude.name}[{bit}] ? {row} : {constant(0)}"
        # The gates go into the look-up tables of the adders that follow.
        made = circuit.wire(f"{name}_row{bit}", bounds, expression, (magnitude,), delay_ns=0.0)
        rows.append(Term(made, 2 * bit))
    return _unshifted(circuit, name, circuit.total(name, rows))


def _unshifted(circuit: Circuit, name: str, term: Term) -> Operand:
    if isinstance(term.wire, int) or not term.shift:
        return term.wire if not isinstance(term.wire, int) else term.wire << term.shift
    bounds = (term.wire.low << term.shift, term.wire.high << term.shift)
    return circuit.wire(name, bounds, shifted(term.wire, term.shift), (term.wire,), delay_ns=0.0)


def _accepted(circuit: Circuit, port: str, score: Operand, threshold: int) -> Operand:
    if isinstance(score, int):
        return int(score >= threshold)
    if score.low >= threshold or score.high < threshold:
        return int(score.low >= threshold)
    expression = f"{score.read} >= {constant(threshold)}"
    return circuit.wire(f"{port}_bit", (0, 1), expression, (score,), delay_ns=circuit.delay.adder(score.width))
