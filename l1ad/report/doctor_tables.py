"""What `l1ad doctor` found on a machine, as tables of what it prints with `--json`."""

from collections.abc import Mapping
from typing import Any

from l1ad.report.document import State, Table

__all__ = ["doctor_remarks", "doctor_tables"]

_TITLES = {
    "package": "Packages that are needed", "extra": "Extras", "conflict": "Conflicts", "tool": "Programs",
    "card": "Graphics cards", "machine": "Machine", "trial": "Trials",
}  # fmt: skip
_HEADER = ("what", "state", "found", "good for", "what to do")


def doctor_tables(document: Mapping[str, Any]) -> tuple[Table, ...]:
    """Show every finding, a table for each kind of thing."""
    by_group = {
        group: [one for one in document["findings"] if one["group"] == group] for group in _TITLES
    }  # fmt: skip
    return tuple(_group_table(group, found) for group, found in by_group.items() if found)


def doctor_remarks(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Say whether everything works that is needed."""
    if document["works"]:
        return ("everything that is needed works; what is missing only takes away what it is good for",)
    broken = ", ".join(one["name"] for one in document["findings"] if one["needed"] and one["note"])
    return (f"needed and not in order: {broken}",)


def _group_table(group: str, findings: list[Mapping[str, Any]]) -> Table:
    return Table(
        name=f"doctor_{group}",
        title=_TITLES[group],
        header=_HEADER,
        rows=tuple(
            (one["name"], one["health"], one["found"] or "-", one["purpose"], one["note"]) for one in findings
        ),
        states=tuple(_state(one) for one in findings),
    )


def _state(finding: Mapping[str, Any]) -> State:
    if finding["health"] == "good":
        return State.GOOD
    return State.BAD if finding["needed"] else State.OPEN
