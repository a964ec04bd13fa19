"""JUnit files that any CI reads: the attributes and the order that both usual schemas ask for, and any text."""

import re
from datetime import datetime, timedelta, timezone
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from l1ad.report.junit import JUnitCase, JUnitSuite, Outcome, junit_xml, write_junit

BEGAN = datetime(2026, 11, 28, 9, 5, 7, tzinfo=timezone(timedelta(hours=1)))
CASES = (
    JUnitCase(group="rates", name="rate of 'tight'", outcome=Outcome.PASSED),
    JUnitCase(
        group="rates", name="rate of 'loose'", outcome=Outcome.FAILED, message="6 kHz, allowed is ≤ 5 kHz",
        details="measured <here> & there",
    ),
    JUnitCase(group="resources", name="LUT", outcome=Outcome.SKIPPED, message="not estimated"),
)  # fmt: skip
REQUIRED = {
    "name": r"\S.*", "package": r"\S.*", "id": r"\d+", "hostname": r"\S+", "tests": r"\d+", "failures": r"\d+",
    "errors": r"\d+", "time": r"\d+(\.\d+)?", "timestamp": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d",
}  # fmt: skip
"""What JUnit.xsd (Apache Ant, windyroad) demands of a testsuite in testsuites; junit-10.xsd demands less."""


def suite(*cases: JUnitCase, name: str = "budget", seconds: float = 1.25) -> JUnitSuite:
    return JUnitSuite(name=name, cases=cases, properties={"firmware": "demo"}, began=BEGAN, seconds=seconds)


def parsed(text: str) -> ElementTree.Element:
    root = ElementTree.fromstring(text)  # noqa: S314 -- written here
    assert root.tag == "testsuites"
    (found,) = root
    return found


@pytest.mark.parametrize("cases", [(), CASES], ids=["empty", "every outcome"])
def test_a_suite_has_the_attributes_and_the_order_that_the_schemas_demand(cases: tuple[JUnitCase, ...]) -> None:
    found = parsed(junit_xml(suite(*cases)))
    for name, pattern in REQUIRED.items():
        assert re.fullmatch(pattern, found.attrib[name]), name
    tags = [child.tag for child in found]
    assert tags == ["properties", *["testcase"] * len(cases), "system-out", "system-err"]
    for case in found.iter("testcase"):
        assert set(case.attrib) == {"name", "classname", "time"}
        assert len(case) <= 1


def test_each_outcome_is_counted_and_told() -> None:
    found = parsed(junit_xml(suite(*CASES)))
    assert [found.attrib[name] for name in ("tests", "failures", "errors", "skipped")] == ["3", "1", "0", "1"]
    passed, failed, skipped = found.findall("testcase")
    assert (passed.attrib["classname"], passed.attrib["name"]) == ("budget.rates", "rate of 'tight'")
    assert list(passed) == []
    failure, skip = failed.find("failure"), skipped.find("skipped")
    assert failure is not None
    assert skip is not None
    assert failure.attrib == {"message": "6 kHz, allowed is ≤ 5 kHz", "type": "failed"}
    assert failure.text == "measured <here> & there"
    assert skip.attrib == {"message": "not estimated"}


def test_the_time_is_universal_and_no_machine_is_named() -> None:
    found = parsed(junit_xml(suite()))
    assert found.attrib["timestamp"] == "2026-11-28T08:05:07"
    assert found.attrib["hostname"] == "localhost"


@given(st.text())
def test_any_text_comes_back_but_for_what_xml_cannot_write(text: str) -> None:
    case = JUnitCase(group="any", name=text, outcome=Outcome.FAILED, message=text, details=text)
    (found,) = parsed(junit_xml(suite(case))).findall("testcase")
    failure = found.find("failure")
    assert failure is not None
    legal = "".join(
        one if one in "\t\n\r" or (" " <= one <= "\ufffd" and not "\ud800" <= one <= "\udfff") or one > "\uffff"
        else "\ufffd"
        for one in text
    )  # fmt: skip
    assert failure.attrib["message"] == legal
    # In the text between tags every parser ends lines alike (XML 1.0, section 2.11).
    assert (failure.text or "") == legal.replace("\r\n", "\n").replace("\r", "\n")
    assert found.attrib["name"] == " ".join(legal.split()) or found.attrib["name"] == "-"


def test_the_file_is_utf_8_whatever_the_locale(tmp_path: Path) -> None:
    write_junit(suite(*CASES), tmp_path / "deep" / "accept.xml")
    written = (tmp_path / "deep" / "accept.xml").read_bytes()
    assert written.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>')
    assert "≤ 5 kHz".encode() in written
    assert parsed(written.decode()).attrib["tests"] == "3"
