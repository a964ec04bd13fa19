"""Whether `l1ad doctor` tells the truth about the machine it runs on."""

import json
import os
import subprocess
import sys
import time
from importlib.metadata import metadata, version
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from l1ad.core.plain import plain
from l1ad.flow.doctor import Diagnosis, diagnose
from l1ad.flow.doctor_findings import Finding, Health
from l1ad.flow.doctor_install import install_command, installed_from
from l1ad.flow.doctor_packages import PURPOSES, core_findings, extra_findings, package_conflicts
from l1ad.flow.doctor_tools import first_line
from l1ad.flow.doctor_trials import compiler_trial, emulator_trial


@pytest.fixture(scope="module")
def diagnosis() -> Diagnosis:
    return diagnose()


def named(diagnosis: Diagnosis, name: str) -> Finding:
    (found,) = [one for one in diagnosis.findings if one.name == name]
    return found


def doctor(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from l1ad.cli.main import main; main()", "doctor", *arguments],
        capture_output=True, text=True, check=False, env={**os.environ, "NO_COLOR": "1", **environment},
    )  # fmt: skip


def test_what_the_tests_run_with_works(diagnosis: Diagnosis) -> None:
    assert diagnosis.works
    assert {one.health for one in diagnosis.findings if one.needed} == {Health.GOOD}


def test_it_takes_less_than_ten_seconds() -> None:
    began = time.perf_counter()
    diagnose()
    assert time.perf_counter() - began < 10


def test_versions_are_those_that_are_installed(diagnosis: Diagnosis) -> None:
    assert named(diagnosis, "numpy").found == version("numpy")
    assert named(diagnosis, "python").found == sys.version.split()[0]
    assert f"pytest {version('pytest')}" in named(diagnosis, "dev").found


def test_every_extra_that_the_package_has_is_listed(diagnosis: Diagnosis) -> None:
    listed = {one.name for one in diagnosis.findings if one.group == "extra"}
    assert listed == set(metadata("l1ad").get_all("Provides-Extra") or [])
    assert set(PURPOSES) <= listed


def test_an_extra_with_a_missing_package_says_how_to_get_it(diagnosis: Diagnosis) -> None:
    missing = [one for one in diagnosis.findings if one.group == "extra" and one.health is Health.MISSING]
    for one in missing:
        assert one.note.startswith("missing ")
        assert f"; get it with: {install_command(one.name, installed_from())}" in one.note
    assert all(one.found for one in diagnosis.findings if one.group == "extra" and one.health is Health.GOOD)


def test_the_conflict_of_hgq2_and_qkeras_is_named_exactly_where_both_are() -> None:
    qkeras, hgq = (next(one for one in extra_findings() if one.name == name) for name in ("qkeras", "hgq"))
    both = "qkeras-v3" in qkeras.found and "hgq2" in hgq.found
    assert bool(package_conflicts()) is both
    assert ("environment of its own" in hgq.note) is ("qkeras-v3" in qkeras.found and "hgq2" not in hgq.found)


def test_a_version_outside_what_is_asked_for_is_odd() -> None:
    findings = {one.name: one for one in core_findings()}
    wanted = [Requirement(line) for line in metadata("l1ad").get_all("Requires-Dist") or []]
    for one in wanted:
        if one.marker is None:
            fits = one.specifier.contains(version(one.name), prereleases=True)
            assert (findings[one.name].health is Health.GOOD) is fits


def test_broken_is_what_is_needed_and_not_good() -> None:
    optional = Finding(group="tool", name="yosys", found="", health=Health.MISSING)
    needed = Finding(group="package", name="numpy", found="", health=Health.MISSING, needed=True)
    assert Diagnosis(findings=(optional,)).works
    assert not Diagnosis(findings=(optional, needed)).works


def test_without_a_compiler_on_the_path_it_says_so_and_still_works(tmp_path: Path) -> None:
    done = doctor("--json", PATH=str(tmp_path))
    assert done.returncode == 0
    findings = {one["name"]: one for one in json.loads(done.stdout)["findings"]}
    assert findings["g++"]["health"] == "missing" and "apt install g++" in findings["g++"]["note"]
    assert findings["g++ compiles and runs"]["health"] == "missing"
    assert findings["emulator equals plain integers"]["found"] == "works"


def test_a_compiler_that_does_not_compile_is_odd(tmp_path: Path) -> None:
    liar = tmp_path / "g++"
    liar.write_text("#!/bin/sh\necho 'g++ (liar) 99'\nexit 0\n")
    liar.chmod(0o755)
    done = doctor("--json", PATH=f"{tmp_path}:/usr/bin:/bin")
    findings = {one["name"]: one for one in json.loads(done.stdout)["findings"]}
    assert findings["g++"]["found"] == "g++ (liar) 99"
    assert findings["g++ compiles and runs"]["health"] == "odd"


@pytest.mark.parametrize(
    ("source", "command"),
    [
        (None, "pip install 'l1ad[onnx]'"),
        (
            {"url": "file:///home/me/l1ad", "dir_info": {"editable": True}},
            "pip install -e '.[onnx]' in the clone",
        ),
        ({"url": "file:///home/me/l1ad", "dir_info": {}}, "pip install '.[onnx]' in the clone"),
        (
            {"url": "https://example.org/l1ad.git", "vcs_info": {"vcs": "git", "commit_id": "1"}},
            "pip install 'l1ad[onnx] @ git+https://example.org/l1ad.git'",
        ),
        (
            {"url": "file:///home/me/l1ad-0.1.0-py3-none-any.whl", "archive_info": {}},
            "pip install './l1ad-0.1.0-py3-none-any.whl[onnx]' where that file lies",
        ),
        (
            {"url": "https://example.org/l1ad-0.1.0.tar.gz", "archive_info": {}},
            "pip install 'l1ad[onnx] @ https://example.org/l1ad-0.1.0.tar.gz'",
        ),
    ],
)
def test_an_extra_is_installed_the_way_that_l1ad_was(source: dict[str, Any] | None, command: str) -> None:
    assert install_command("onnx", source) == command


def test_l1ad_alone_is_installed_without_brackets() -> None:
    assert install_command("", None) == "pip install l1ad"
    assert install_command("", {"dir_info": {"editable": True}}) == "pip install -e . in the clone"


def test_where_l1ad_came_from_is_found_beside_metadata_that_a_build_left_in_the_clone(tmp_path: Path) -> None:
    left, installed = tmp_path / "clone" / "l1ad.egg-info", tmp_path / "site" / "l1ad-9.dist-info"
    for folder, name in ((left, "PKG-INFO"), (installed, "METADATA")):
        folder.mkdir(parents=True)
        (folder / name).write_text("Metadata-Version: 2.1\nName: l1ad\nVersion: 9\n")
    (installed / "direct_url.json").write_text('{"url": "file:///x", "dir_info": {"editable": true}}')
    code = (
        f"import sys; sys.path[:0] = {[str(left.parent), str(installed.parent)]!r}\n"
        "from l1ad.flow.doctor_install import installed_from; print(installed_from()['url'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "file:///x\n"


def found_with(folder: Path, **programs: str) -> dict[str, Any]:
    """Let the doctor look at programs of a line of shell each, and give what it says of Icarus Verilog."""
    for name, script in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    findings = json.loads(doctor("--json", PATH=str(folder)).stdout)["findings"]
    (one,) = [finding for finding in findings if finding["name"] == "iverilog"]
    return dict(one)


def test_without_icarus_it_says_what_that_is_for_and_how_to_get_it(tmp_path: Path) -> None:
    found = found_with(tmp_path)
    assert (found["health"], found["needed"]) == ("missing", False)
    assert "make -C firmware/NAME/rtl test" in found["purpose"]
    assert "apt install iverilog" in found["note"]


def test_icarus_without_what_the_self_test_needs_beside_it_is_odd(tmp_path: Path) -> None:
    alone = found_with(tmp_path, iverilog="echo 'Icarus Verilog version 12.0'")
    assert (alone["health"], alone["found"]) == ("odd", "Icarus Verilog version 12.0")
    assert alone["note"].startswith("vvp and make not found on PATH")
    whole = found_with(tmp_path, vvp="exit 0", make="echo GNU Make 4")
    assert (whole["health"], whole["note"]) == ("good", "")


def test_the_trials_work_here() -> None:
    assert emulator_trial().health is Health.GOOD
    if first_line(["g++", "--version"]) is None:
        pytest.skip("g++ is not installed")
    assert compiler_trial().found == "works"


def test_a_program_that_is_not_there_says_nothing() -> None:
    assert first_line(["l1ad_no_such_program"]) is None
    assert first_line([sys.executable, "-c", "raise SystemExit(1)"]) is None
    assert first_line([sys.executable, "-c", "print('one'); print('two')"]) == "one"


def test_the_document_is_plain(diagnosis: Diagnosis) -> None:
    document = diagnosis.document()
    assert json.loads(json.dumps(document)) == plain(document)
    assert document["works"] is True


def test_people_get_tables_and_a_verdict() -> None:
    done = doctor()
    assert done.returncode == 0
    for words in ("Extras", "Programs", "Machine", "Trials", "everything that is needed works"):
        assert words in done.stdout
