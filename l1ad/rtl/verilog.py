"""A pipelined circuit as Verilog: modules of logic, and a top level with the registers between them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from textwrap import dedent

from l1ad.core.ports import InputPorts
from l1ad.rtl.algorithm import AlgorithmCircuit
from l1ad.rtl.circuit import Wire
from l1ad.rtl.pipeline import Pipeline

__all__ = ["Design", "Module"]

# Widths of operands differ on purpose: Verilog extends them to the width of what they are assigned to.
_LINT = " ".join(f"/* verilator lint_off {one} */" for one in ("WIDTHEXPAND", "WIDTHTRUNC", "UNUSEDSIGNAL"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """The wires of one block in one stage: logic without registers.

    Attributes:
        name: Its name.
        stage: Its stage, from 0.
        wires: The wires it computes.
        given: Wires that it reads from other modules or from registers.
        words: Input ports that it reads.
        results: Wires that others read.
    """

    name: str
    stage: int
    wires: tuple[Wire, ...]
    given: tuple[Wire, ...]
    words: tuple[str, ...]
    results: tuple[Wire, ...]


@dataclass(frozen=True)
class Design:
    """The Verilog of an algorithm.

    Attributes:
        name: Name of the algorithm, an identifier.
        ports: Input ports.
        circuit: The circuit.
        pipeline: Its stages.
    """

    name: str
    ports: InputPorts
    circuit: AlgorithmCircuit
    pipeline: Pipeline

    @property
    def top(self) -> str:
        """Name of the top level."""
        return f"{self.name}_top"

    @cached_property
    def modules(self) -> tuple[Module, ...]:
        """The modules, first stage first."""
        stage = self.pipeline.stage
        groups: dict[tuple[int, str], list[Wire]] = {}
        for wire in self.circuit.wires:
            groups.setdefault((stage[wire.name], wire.block), []).append(wire)
        home = {wire.name: key for key, wires in groups.items() for wire in wires}
        read_elsewhere = {one.name for one in self.circuit.outputs.values() if isinstance(one, Wire)}
        for wire in self.circuit.wires:
            read_elsewhere |= {one.name for one in wire.operands if home[one.name] != home[wire.name]}
        ports = {port.name for port in self.ports.ports}
        made = []
        for (number, block), wires in sorted(groups.items(), key=lambda group: group[0][0]):
            own = {wire.name for wire in wires}
            given = {one.name: one for wire in wires for one in wire.operands if one.name not in own}
            words = {wire.expression.partition("[")[0] for wire in wires if not wire.operands} & ports
            made.append(
                Module(
                    name=f"{self.name}_{block}_stage{number + 1}", stage=number, wires=tuple(wires),
                    given=tuple(given.values()),
                    words=tuple(port.name for port in self.ports.ports if port.name in words),
                    results=tuple(wire for wire in wires if wire.name in read_elsewhere),
                )
            )  # fmt: skip
        return tuple(made)

    def files(self) -> dict[str, str]:
        """Write every Verilog file, by its name; the top level is the last."""
        texts = {f"{one.name}.v": self._module(one) for one in self.modules}
        texts[f"{self.top}.v"] = self._top()
        return texts

    @property
    def logic_bits(self) -> int:
        """Bits of every wire that takes time: a first guess at the look-up tables."""
        return sum(wire.width for wire in self.circuit.wires if wire.delay_ns)

    @property
    def register_bits(self) -> int:
        """Flip-flops of the ranks of registers and of the valid bits."""
        return sum(wire.width * copies for wire, copies in self._registers) + self.pipeline.n_stages

    @cached_property
    def _registers(self) -> tuple[tuple[Wire, int], ...]:
        """List each wire that is read in a later stage, or leaves, with the ranks of registers it passes."""
        stage = self.pipeline.stage
        last: dict[str, int] = {}
        for wire in self.circuit.wires:
            for one in wire.operands:
                last[one.name] = max(last.get(one.name, 0), stage[wire.name])
        for output in self.circuit.outputs.values():
            if isinstance(output, Wire):
                last[output.name] = self.pipeline.n_stages
        return tuple(
            (wire, last[wire.name] - stage[wire.name])
            for wire in self.circuit.wires
            if last.get(wire.name, 0) > stage[wire.name]
        )

    def _module(self, module: Module) -> str:
        widths = {port.name: (port.width, port.signed) for port in self.ports.ports}
        ports = [f"input wire {_kind(*widths[name])}{name}" for name in module.words]
        ports += [f"input wire {_kind(one.width, one.signed)}{one.name}" for one in module.given]
        ports += [f"output wire {_kind(one.width, one.signed)}{one.name}" for one in module.results]
        outside = {wire.name for wire in module.results}
        lines = [line for wire in module.wires for line in _declared(wire, is_port=wire.name in outside)]
        title = (
            f"{module.name}: logic of stage {module.stage + 1} of {self.pipeline.n_stages}, without registers"
        )
        return _file(title, '(* use_dsp = "no" *)\n' + _module_text(module.name, ports, lines))

    def _top(self) -> str:
        controls = [f"input wire {name}" for name in ("ap_clk", "ap_rst", "ap_start")]
        controls += [f"output wire {name}" for name in ("ap_done", "ap_idle", "ap_ready")]
        inputs = [f"input wire {_kind(port.width, port.signed)}{port.name}" for port in self.ports.ports]
        outputs = [f"output wire {_kind(width, False)}{port}" for port, width in self.circuit.widths.items()]
        n = self.pipeline.n_stages
        moved = f"{{valid[{n - 2}:0], ap_start}}" if n > 1 else "ap_start"
        lines = [
            f"// A crossing may enter in every cycle, with ap_start; its results leave {n} cycles later.",
            f"reg [{n - 1}:0] valid = {n}'d0;",
            f"always @(posedge ap_clk) valid <= ap_rst ? {n}'d0 : {moved};",
            f"assign ap_done = valid[{n - 1}];",
            "assign ap_ready = ap_start;",
            "assign ap_idle = ~ap_start & ~(|valid);",
            "",
            *self._nets(),
            "",
            *(line for module in self.modules for line in self._instance(module)),
            "",
            *(f"assign {port} = {self._output(port)};" for port in self.circuit.outputs),
        ]
        title = f"Top level of {self.name}, with the ports of the HLS top level: a pipeline of {n} stages"
        return _file(title, _module_text(self.top, [*controls, *inputs, *outputs], lines))

    def _nets(self) -> Iterator[str]:
        for module in self.modules:
            for wire in module.results:
                yield f"wire {_kind(wire.width, wire.signed)}{wire.name};"
        for wire, copies in self._registers:
            names = [_copy(wire, number) for number in range(copies + 1)]
            yield f"reg {_kind(wire.width, wire.signed)}{', '.join(names[1:])};"
            moves = " ".join(f"{after} <= {before};" for before, after in pairwise(names))
            yield f"always @(posedge ap_clk) begin {moves} end"

    def _instance(self, module: Module) -> list[str]:
        stage = self.pipeline.stage
        pins = [(name, name) for name in module.words]
        pins += [(one.name, _copy(one, module.stage - stage[one.name])) for one in module.given]
        pins += [(one.name, one.name) for one in module.results]
        connected = ",\n        ".join(f".{pin}({net})" for pin, net in pins)
        return [f"{module.name} {module.name}_i (\n        {connected}\n    );"]

    def _output(self, port: str) -> str:
        value = self.circuit.outputs[port]
        if isinstance(value, int):
            return f"{self.circuit.widths[port]}'d{value}"
        return _copy(value, self.pipeline.n_stages - self.pipeline.stage[value.name])


_ENTRIES_PER_LINE = 4


def _copy(wire: Wire, ranks: int) -> str:
    """Name a wire after it passed ranks of registers."""
    return f"{wire.name}_q{ranks}" if ranks else wire.name


def _kind(width: int, signed: bool) -> str:
    return f"{'signed ' if signed else ''}[{width - 1}:0] "


def _declared(wire: Wire, *, is_port: bool) -> Iterator[str]:
    if not wire.table:
        declaration = "assign" if is_port else f"wire {_kind(wire.width, wire.signed).strip()}"
        yield f"{declaration} {wire.name} = {wire.expression};"
        return
    (key,) = wire.operands
    if not is_port:
        yield f"wire {_kind(wire.width, wire.signed)}{wire.name};"
    yield f'(* rom_style = "distributed" *) reg [{wire.width - 1}:0] {wire.name}_table;'
    yield f"assign {wire.name} = {wire.name}_table;"
    yield f"always @* case ({key.name})"
    entries = [
        f"{key.width}'d{code}: {wire.name}_table = {wire.width}'d{value};"
        for code, value in enumerate(wire.table)
    ]
    for start in range(0, len(entries), _ENTRIES_PER_LINE):
        yield "    " + " ".join(entries[start : start + _ENTRIES_PER_LINE])
    yield "endcase"


def _module_text(name: str, ports: Iterable[str], lines: Iterable[str]) -> str:
    listed, joined = ",\n    ".join(ports), "\n    ".join(lines).replace("\n    \n", "\n\n")
    return f"module {name} (\n    {listed}\n);\n    {joined}\nendmodule\n"


def _file(title: str, text: str) -> str:
    return (
        dedent(f"""\
        // {title}.
        // Generated by l1ad from trigger.json; change that, not this.
        `timescale 1ns / 1ps
        `default_nettype none
        {_LINT}
        """)
        + text
        + "`default_nettype wire\n"
    )
