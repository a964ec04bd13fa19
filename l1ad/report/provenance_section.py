"""What a report says of where everything comes from: digests, versions, configuration, acceptance."""

from collections.abc import Mapping
from typing import Any

from l1ad.report.document import Block, Paragraph, Section, Table
from l1ad.report.resources_section import verdict_state

__all__ = ["acceptance_section", "provenance_section"]


def acceptance_section(accepted: Mapping[str, Any]) -> Section:
    """Tell every check of a delivery, as `l1ad accept` writes them."""
    checks = accepted["checks"]
    fails = [one for one in checks if one["verdict"] == "fail"]
    verdict = "accepted" if accepted["accepted"] else f"not accepted: {len(fails)} of {len(checks)} checks fail"
    return Section(
        id="acceptance",
        title="Acceptance",
        blocks=(
            Paragraph(f"By the budget `{accepted['budget']}`: **{verdict}**; {len(checks)} checks."),
            Table(
                name="acceptance_checks",
                title="Checks",
                header=("group", "check", "measured", "limit", "source", "why"),
                rows=tuple(
                    (
                        one["group"],
                        one["name"],
                        one["measured_text"],
                        one["limit_text"],
                        one["source"],
                        one["note"],
                    )
                    for one in checks
                ),
                states=tuple(verdict_state(one["verdict"]) for one in checks),
                folded=not fails,
            ),
        ),
    )


def provenance_section(
    digests: Mapping[str, Any], versions: Mapping[str, str], settings: Mapping[str, str]
) -> Section:
    """Tell by which digests, versions and settings the same could be made again.

    Args:
        digests: SHA-256 of the algorithm and of what it was made from; `events` holds one for each sample.
        versions: Version of each package.
        settings: Key and value of the configuration; empty where there is none.
    """
    named = {name: one for name, one in digests.items() if name != "events" and one}
    named |= {f"events of {name}": one for name, one in digests["events"].items()}
    blocks: list[Block] = [
        Paragraph("The same digests are the same bits: of the algorithm without its thresholds, of "
                  "`trigger.json` with them, of the training, and of the events in their order."),
        Table(name="digests", title="SHA-256", header=("of", "digest"), rows=tuple(named.items())),
        Table(name="versions", title="Versions", header=("package", "version"), rows=tuple(versions.items())),
    ]  # fmt: skip
    if settings:
        blocks.append(
            Table(name="configuration", title="Configuration", header=("key", "value"),
                  rows=tuple(settings.items()), folded=True)
        )  # fmt: skip
    return Section(id="provenance", title="Provenance", blocks=tuple(blocks))
