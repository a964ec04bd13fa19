"""The Verilog design of an algorithm: the adder graphs tried, the one that serves best."""

from l1ad.core.names import project_name
from l1ad.core.ports import InputPorts
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.rtl.adders import SEARCHES, WrongGraphError
from l1ad.rtl.algorithm import algorithm_circuit
from l1ad.rtl.delay import DelayModel
from l1ad.rtl.pipeline import pipelined
from l1ad.rtl.verilog import Design

__all__ = ["pipelined_design"]


def pipelined_design(trigger: TriggerAlgorithm, ports: InputPorts, delay: DelayModel) -> Design:
    """Design a pipeline for an algorithm: the fewest stages, then the fewest bits of logic.

    Args:
        trigger: The algorithm.
        ports: Input ports of the top level.
        delay: Delay model and clock.

    Raises:
        ToolError: If no adder graph is found for a layer, or the clock is too fast for a single wire.
    """
    designs, faults = [], []
    for search in SEARCHES:
        try:
            circuit = algorithm_circuit(trigger, ports, delay, search=search)
        except WrongGraphError as fault:
            faults.append(fault)
            continue
        pipeline = pipelined(circuit.wires, usable_ns=delay.usable_ns)
        designs.append(Design(name=project_name(trigger.name), ports=ports, circuit=circuit, pipeline=pipeline))
    if not designs:
        raise faults[0]
    return min(designs, key=lambda one: (one.pipeline.n_stages, one.logic_bits))
