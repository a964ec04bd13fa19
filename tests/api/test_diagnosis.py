"""What Python says of the machine is what `l1ad doctor` says."""

import json

from typer.testing import CliRunner

import l1ad
from l1ad.cli.main import app
from l1ad.report.doctor_tables import doctor_remarks, doctor_tables
from l1ad.report.document import State


def test_a_diagnosis_is_the_one_that_the_command_line_prints() -> None:
    found = l1ad.doctor()
    done = CliRunner().invoke(app, ["doctor", "--json"])
    printed = json.loads(done.stdout)
    mine = {
        (one["group"], one["name"]): one["health"]
        for one in json.loads(json.dumps(found.document()))["findings"]
    }
    assert mine == {(one["group"], one["name"]): one["health"] for one in printed["findings"]}
    assert sum(len(table.rows) for table in found.tables()) == len(found.findings)
    assert done.exit_code == (0 if found.works else 1)
    assert found.remarks()[0].startswith("everything that is needed works" if found.works else "needed and not")


def test_what_is_needed_and_missing_stands_out() -> None:
    finding = {
        "group": "tool",
        "found": "",
        "purpose": "C simulation",
        "note": "install it",
        "health": "missing",
    }
    document = {
        "works": False,
        "findings": [
            {**finding, "name": "c++", "needed": True},
            {**finding, "name": "gtkwave", "needed": False},
            {**finding, "name": "make", "needed": True, "health": "good", "note": ""},
        ],
    }
    (table,) = doctor_tables(document)
    assert table.title == "Programs"
    assert table.states == (State.BAD, State.OPEN, State.GOOD)
    assert table.rows[0] == ("c++", "missing", "-", "C simulation", "install it")
    assert doctor_remarks(document) == ("needed and not in order: c++",)
