"""What a report says of latency and resources: each figure beside its limit, with who says so."""

from collections.abc import Iterator, Mapping
from typing import Any

from l1ad.report.document import Block, Paragraph, Section, State, Table

__all__ = ["resources_section", "verdict_state"]

_STATES = {"within": State.GOOD, "pass": State.GOOD, "over": State.BAD, "fail": State.BAD}


def resources_section(summary: Mapping[str, Any]) -> Section:
    """Tell latency, cells of every module, and the budget.

    Args:
        summary: The run's summary, as in `summary.json`; `latency` is null where no firmware was built.
    """
    return Section(id="resources", title="Latency and resources", blocks=tuple(_blocks(summary)))


def verdict_state(verdict: str) -> State:
    """Give the state of a verdict in words, `within` and `pass` or `over` and `fail`; others are open."""
    return _STATES.get(verdict, State.OPEN)


def _blocks(summary: Mapping[str, Any]) -> Iterator[Block]:
    if summary["latency"] is None:
        yield Paragraph("No firmware of this state of the algorithm: `l1ad build` writes it.")
        return
    yield Paragraph(_latency(summary["latency"]))
    budget = summary["budget"]
    yield Table(
        name="budget",
        title="Budget",
        header=("figure", "value", "limit", "unit", "source"),
        rows=tuple(_line(one) for one in budget),
        states=tuple(verdict_state(one["verdict"]) for one in budget),
    )
    if summary["resources"] is None:
        yield Paragraph("Cells were not estimated; `l1ad synth open` does, with Yosys.")
        return
    resources = summary["resources"]
    kinds = tuple(resources["total"])
    rows = [(one["module"], *(f"{one['resources'][kind]:,}" for kind in kinds)) for one in resources["modules"]]
    rows.append(("together", *(f"{resources['total'][kind]:,}" for kind in kinds)))
    yield Table(
        name="cells",
        title=f"Cells of each module, open estimate before placement ({resources['tool']} "
        f"{resources['version']}, {resources['family']})",
        header=("module", *(kind.upper().replace("_", " ") for kind in kinds)),
        rows=tuple(rows),
        folded=True,
    )


def _latency(latency: Mapping[str, Any]) -> str:
    stages = ", ".join(f"{one:.2f}" for one in latency["stage_ns"])
    return (
        f"**{latency['latency_cycles']} cycles** of {latency['clock_mhz']:g} MHz "
        f"({latency['latency_ns']:g} ns), {latency['kind']}, against a budget of {latency['budget_cycles']}; a "
        f"crossing every {_every(latency['initiation_interval_cycles'])}; target `{latency['target']}`. "
        f"Longest paths of the stages: {stages} ns of {latency['usable_ns']:g} ns, by the target's delay "
        "model, an assumption before placement."
    )


def _every(cycles: int) -> str:
    return "cycle" if cycles == 1 else f"{cycles} cycles"


def _line(one: Mapping[str, Any]) -> tuple[str, ...]:
    source = "; ".join(filter(None, (one["source"], one["note"])))
    return (one["what"], _number(one["value"]), _number(one["limit"]), one["unit"], source)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:,.6g}" if isinstance(value, float) else f"{value:,}"
