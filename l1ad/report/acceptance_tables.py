"""The verdict on a delivery, for people as a table and for a trigger group's CI as JUnit."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from l1ad.report.document import Table
from l1ad.report.junit import JUnitCase, JUnitSuite, Outcome
from l1ad.report.resources_section import verdict_state

__all__ = ["acceptance_remarks", "acceptance_suite", "acceptance_table"]

_OUTCOMES = {"pass": Outcome.PASSED, "unclear": Outcome.PASSED, "fail": Outcome.FAILED}


def acceptance_table(document: Mapping[str, Any], *, folded: bool = False) -> Table:
    """Show what was measured of each check, beside its limit.

    Args:
        document: The acceptance, as `l1ad accept --json`.
        folded: Whether it stands behind more important tables.
    """
    checks = document["checks"]
    return Table(
        name="acceptance",
        title=f"Acceptance of {document['folder']} by {document['budget']}",
        header=("check", "measured", "limit", "verdict", "source"),
        rows=tuple(
            (one["name"], one["measured_text"], one["limit_text"], str(one["verdict"]),
             "; ".join(filter(None, (one["source"], one["note"]))))
            for one in checks
        ),
        states=tuple(verdict_state(one["verdict"]) for one in checks),
        folded=folded,
    )  # fmt: skip


def acceptance_remarks(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Say how many checks the delivery passed, and why it failed those that it failed."""
    checks = document["checks"]
    counts = Counter(str(one["verdict"]) for one in checks)
    told = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    verdict = "accepted" if document["accepted"] else "not accepted"
    failed = (f"fails: {one['name']}: {one['reason']}" for one in checks if one["verdict"] == "fail")
    return (f"{verdict} by {document['budget']}: {told}", *failed)


def acceptance_suite(document: Mapping[str, Any], *, began: datetime, ended: datetime) -> JUnitSuite:
    """Make a JUnit suite of an acceptance, a case for each check; what was not measured is skipped.

    Args:
        document: The acceptance, as `l1ad accept --json`.
        began: When it began.
        ended: When it was done.
    """
    cases = [
        JUnitCase(
            group=one["group"], name=one["name"], outcome=_OUTCOMES.get(one["verdict"], Outcome.SKIPPED),
            message=one["reason"],
            details=f"measured {one['measured_text']}, limit {one['limit_text']}; {one['source']}",
        )
        for one in document["checks"]
    ]  # fmt: skip
    return JUnitSuite(
        name=document["budget"], cases=cases, properties={"firmware": Path(document["folder"]).name},
        began=began, seconds=(ended - began).total_seconds(),
    )  # fmt: skip
