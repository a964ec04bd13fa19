"""The vendor's tools, played by stand-ins: found, asked for a version, or said to be missing."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from l1ad.core.errors import ToolError
from l1ad.synthesis.tools import ToolName, environment_of, find_tools

StandIn = Callable[[str, str], Path]


@pytest.mark.parametrize("name", list(ToolName))
def test_a_tool_on_path_is_found_with_its_version(name: ToolName, stand_in: StandIn) -> None:
    program = stand_in(name, "exit 1")
    tool = find_tools().named(name)
    assert (tool.name, tool.path, tool.version, tool.notes) == (name, program, "2023.1", ())
    assert tool.environment["PATH"] == os.environ["PATH"]


def test_what_is_missing_is_said_with_what_to_do(stand_in: StandIn) -> None:
    stand_in("vivado", "exit 1")
    found = find_tools()
    assert set(found.tools) == {ToolName.VIVADO}
    assert found.missing[ToolName.VITIS_HLS] == (
        "vitis_hls was not found on PATH; source the Vitis settings64.sh, or give it with --settings"
    )
    with pytest.raises(ToolError, match="vivado_hls was not found on PATH; source the Vivado settings64"):
        found.named(ToolName.VIVADO_HLS)
    with pytest.raises(ToolError, match="vitis_hls was not found on PATH"):
        found.hls()


def test_vitis_hls_is_preferred_to_vivado_hls(stand_in: StandIn) -> None:
    stand_in("vivado_hls", "exit 1")
    assert find_tools().hls().name is ToolName.VIVADO_HLS
    stand_in("vitis-run", "exit 1")
    assert find_tools().hls().name is ToolName.VITIS_RUN
    stand_in("vitis_hls", "exit 1")
    assert find_tools().hls().name is ToolName.VITIS_HLS


def test_a_tool_that_says_no_version_is_used_all_the_same(stand_in: StandIn) -> None:
    program = stand_in("vivado", "")
    program.write_text("#!/usr/bin/env bash\necho 'Tool Version Limit: 2023.05'\n")
    tool = find_tools().named(ToolName.VIVADO)
    assert tool.version is None
    assert tool.notes == ("vivado -version said no version such as v2024.1",)


def test_asking_for_a_version_leaves_nothing_in_the_users_folder(
    stand_in: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = stand_in("vitis_hls", "")
    program.write_text("#!/usr/bin/env bash\necho 'Vitis HLS v2022.2 (64-bit)' | tee vitis_hls.log\n")
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    assert find_tools().named(ToolName.VITIS_HLS).version == "2022.2"
    assert list(here.iterdir()) == []


def test_a_settings_file_puts_the_tools_on_path(
    stand_in: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = stand_in("vitis_hls", "exit 1")
    monkeypatch.setenv("PATH", os.defpath)
    assert ToolName.VITIS_HLS in find_tools().missing
    settings = tmp_path / "a folder with 'quotes'; $(touch gone)" / "settings64.sh"
    settings.parent.mkdir()
    settings.write_text(f'echo "Welcome"\nPATH="{program.parent}:$PATH"\nXILINX_HLS=\'two\nlines\'\n')
    tool = find_tools(settings).named(ToolName.VITIS_HLS)
    assert tool.path == program
    assert tool.environment["XILINX_HLS"] == "two\nlines"
    assert "XILINX_HLS" not in os.environ


def test_a_settings_file_of_another_tool_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.defpath)
    settings = tmp_path / "settings64.sh"
    settings.write_text("A=1\n")
    assert find_tools(settings).missing[ToolName.VIVADO] == (
        f"vivado was not found on the PATH that {settings} sets; is it the settings64.sh of Vivado?"
    )


def test_a_settings_file_that_is_missing_or_fails_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        ToolError, match=r"settings64\.sh: no such file; give the settings64\.sh of Vitis or Vivado"
    ):
        environment_of(tmp_path / "settings64.sh")
    (tmp_path / "settings64.sh").write_text("echo 'no such release' >&2\nreturn 3\n")
    with pytest.raises(ToolError, match=r"could not be sourced by bash \(code 3\): no such release"):
        environment_of(tmp_path / "settings64.sh")
    (tmp_path / "settings64.sh").write_text("exit 0\n")
    with pytest.raises(ToolError, match=r"could not be sourced by bash \(code 0\)"):
        environment_of(tmp_path / "settings64.sh")


def test_the_environment_is_not_shown_with_the_tool(stand_in: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("L1AD_SOMETHING", "not for everybody")
    stand_in("vivado", "exit 1")
    assert "not for everybody" not in repr(find_tools())
