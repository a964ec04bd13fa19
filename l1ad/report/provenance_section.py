"""What a report says of where everything comes from: digests, versions, configuration, acceptance."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from l1ad.report.acceptance_tables import acceptance_remarks, acceptance_table
from l1ad.report.document import Block, Paragraph, Section, Table

__all__ = ["acceptance_section", "provenance_section", "provenance_tables"]


def acceptance_section(accepted: Mapping[str, Any]) -> Section:
    """Tell every check of a delivery, as `l1ad accept` writes them."""
    fails = any(one["verdict"] == "fail" for one in accepted["checks"])
    remarks = "\n".join(f"- {remark}" for remark in acceptance_remarks(accepted))
    # Without the folder, which is a path of whoever accepted.
    table = replace(acceptance_table(accepted, folded=not fails), title=f"Checks of {accepted['budget']}")
    blocks = (Paragraph(remarks), table)
    return Section(id="delivery", title="Acceptance", blocks=blocks)


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
    text = (
        "The same digests are the same bits: of the algorithm without its thresholds, of `trigger.json` with "
        "them, of the training, and of the events in their order."
    )
    blocks = (Paragraph(text), *provenance_tables(named, versions, settings))
    return Section(id="provenance", title="Provenance", blocks=blocks)


def provenance_tables(
    digests: Mapping[str, str], versions: Mapping[str, str], settings: Mapping[str, str]
) -> list[Block]:
    """Lay out digests, versions and settings, each as text by its name; no settings, no table of them."""
    blocks: list[Block] = [
        Table(name="digests", title="SHA-256", header=("of", "digest"), rows=tuple(digests.items())),
        Table(name="versions", title="Versions", header=("package", "version"), rows=tuple(versions.items())),
    ]
    if settings:
        blocks.append(
            Table(name="configuration", title="Configuration", header=("key", "value"),
                  rows=tuple(settings.items()), folded=True)
        )  # fmt: skip
    return blocks
