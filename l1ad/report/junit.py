"""Results as a JUnit XML file, which every CI shows as tests."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from xml.etree import ElementTree

from l1ad.core.trigger_file import write_text_safely

__all__ = ["JUnitCase", "JUnitSuite", "Outcome", "junit_xml", "write_junit"]


class Outcome(StrEnum):
    """What became of a test."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class JUnitCase:
    """One test.

    Attributes:
        group: What CI sorts it under.
        name: What was tested.
        outcome: What became of it.
        message: Why it failed or was skipped, in one sentence.
        details: What a person reads below that.
    """

    group: str
    name: str
    outcome: Outcome
    message: str = ""
    details: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JUnitSuite:
    """Tests that were made together.

    Attributes:
        name: Name of the suite.
        cases: The tests.
        properties: What else is known, by name.
        began: When they were made, with its time zone.
        seconds: How long they took.
    """

    name: str
    cases: Sequence[JUnitCase]
    properties: Mapping[str, str]
    began: datetime
    seconds: float = 0.0

    def count(self, outcome: Outcome) -> int:
        """Count the tests of an outcome."""
        return sum(case.outcome is outcome for case in self.cases)


def junit_xml(suite: JUnitSuite) -> str:
    """Write a suite as XML that both usual schemas take: that of Apache Ant (windyroad) and Jenkins's junit-10.

    They have no time zone: the time is UTC. Characters that XML 1.0 does not have become U+FFFD.
    """
    root = ElementTree.Element("testsuites")
    top = ElementTree.SubElement(
        root,
        "testsuite",
        {
            "name": _token(suite.name),
            "package": _token(suite.name),
            "id": "0",
            "timestamp": suite.began.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
            "hostname": "localhost",  # no name of a machine leaves it
            "tests": str(len(suite.cases)),
            "failures": str(suite.count(Outcome.FAILED)),
            "errors": "0",
            "skipped": str(suite.count(Outcome.SKIPPED)),
            "time": f"{suite.seconds:.3f}",
        },
    )
    properties = ElementTree.SubElement(top, "properties")
    for name, value in suite.properties.items():
        ElementTree.SubElement(properties, "property", {"name": _token(name), "value": _legal(value)})
    for case in suite.cases:
        _add_case(top, case, f"{suite.name}.{case.group}")
    for empty in ("system-out", "system-err"):
        ElementTree.SubElement(top, empty)
    ElementTree.indent(root, " ")
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def write_junit(suite: JUnitSuite, path: Path) -> None:
    """Write a suite to a file, at once or not at all."""
    write_text_safely(path, junit_xml(suite))


_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no way to write, escaped or not (its section 2.2)."""


def _add_case(suite: ElementTree.Element, case: JUnitCase, classname: str) -> None:
    attributes = {"name": _token(case.name), "classname": _token(classname), "time": "0"}
    element = ElementTree.SubElement(suite, "testcase", attributes)
    if case.outcome is Outcome.FAILED:
        told = {"message": _legal(case.message), "type": "failed"}
        ElementTree.SubElement(element, "failure", told).text = _legal(case.details)
    elif case.outcome is Outcome.SKIPPED:
        ElementTree.SubElement(element, "skipped", {"message": _legal(case.message)})


def _legal(text: str) -> str:
    return _ILLEGAL.sub("\ufffd", text)


def _token(text: str) -> str:
    """Write what the schemas call a token: one line, single spaces, not empty."""
    return " ".join(_legal(text).split()) or "-"
