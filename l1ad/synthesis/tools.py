"""The vendor's tools on this machine: found on PATH, or where a settings file puts them."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from l1ad.core.errors import ToolError
from l1ad.synthesis.processes import output_of

__all__ = ["FoundTools", "ToolName", "VendorTool", "environment_of", "find_tools"]

SECONDS = 120
"""A tool of this size on a network disk takes its time to say its version."""

_SOURCE = 'set -a; . "$1" >/dev/null && env -0'

_VERSION = re.compile(r"\bv(20\d\d\.\d+(?:\.\d+)?)\b")
"""With its 'v': the tools also print 'Tool Version Limit: 2024.05'."""


class ToolName(StrEnum):
    """The vendor's programs that l1ad can run; `vitis-run` is Vitis HLS since 2024.2."""

    VITIS_HLS = "vitis_hls"
    VITIS_RUN = "vitis-run"
    VIVADO_HLS = "vivado_hls"
    VIVADO = "vivado"

    @property
    def suite(self) -> str:
        """Whose settings64.sh puts it on PATH."""
        return "Vitis" if self in (ToolName.VITIS_HLS, ToolName.VITIS_RUN) else "Vivado"


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorTool:
    """A tool that was found.

    Attributes:
        name: Which.
        path: The executable.
        version: E.g. '2024.1'; None if it did not say.
        environment: The environment to run it in; never printed, for it can hold what is nobody's business.
        notes: Why the version is not known.
    """

    name: ToolName
    path: Path
    version: str | None
    environment: Mapping[str, str] = field(repr=False)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundTools:
    """The tools of this machine.

    Attributes:
        tools: Those that were found, by name.
        missing: For each of the others what is missing and what to do, one sentence.
    """

    tools: Mapping[ToolName, VendorTool]
    missing: Mapping[ToolName, str]

    def named(self, name: ToolName) -> VendorTool:
        """Give a tool.

        Raises:
            ToolError: If it was not found, saying what to do.
        """
        if name not in self.tools:
            raise ToolError(self.missing[name])
        return self.tools[name]

    def hls(self) -> VendorTool:
        """Give the tool for HLS: Vitis HLS under either name before Vivado HLS.

        Raises:
            ToolError: If none was found, saying what to do.
        """
        for name in (ToolName.VITIS_HLS, ToolName.VITIS_RUN, ToolName.VIVADO_HLS):
            if name in self.tools:
                return self.tools[name]
        raise ToolError(self.missing[ToolName.VITIS_HLS])


def find_tools(settings: Path | None = None) -> FoundTools:
    """Find the vendor's tools, ask each for its version, and say what is missing.

    Args:
        settings: The `settings64.sh` of Vitis or Vivado; without it PATH is as it is.

    Raises:
        ToolError: If the settings file does not exist or cannot be sourced.
    """
    environment = dict(os.environ) if settings is None else environment_of(settings)
    tools: dict[ToolName, VendorTool] = {}
    missing: dict[ToolName, str] = {}
    for name in ToolName:
        found = shutil.which(name, path=environment.get("PATH", os.defpath))
        if found is not None:
            tools[name] = _asked(name, Path(found).absolute(), environment)
        elif settings is None:
            missing[name] = (
                f"{name} was not found on PATH; source the {name.suite} settings64.sh, "
                "or give it with --settings"
            )
        else:
            missing[name] = (
                f"{name} was not found on the PATH that {settings} sets; "
                f"is it the settings64.sh of {name.suite}?"
            )
    return FoundTools(tools=tools, missing=missing)


def environment_of(settings: Path) -> dict[str, str]:
    """Give the environment that a shell has after sourcing a settings file.

    Raises:
        ToolError: If the file does not exist or sourcing it fails.
    """
    if not settings.is_file():
        raise ToolError(f"{settings}: no such file; give the settings64.sh of Vitis or Vivado")
    # Absolute, because bash looks for a bare name on PATH.
    command = ["bash", "-c", _SOURCE, "_", str(settings.absolute())]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, check=False,
            start_new_session=True,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise ToolError(f"{settings} did not end within {SECONDS} s of being sourced by bash") from None
    except OSError as fault:
        raise ToolError(f"{settings}: bash cannot be started to source it: {fault.strerror}") from None
    pairs = (os.fsdecode(one).partition("=") for one in done.stdout.split(b"\0") if one)
    environment = {name: value for name, equals, value in pairs if equals and name != "_"}
    if done.returncode != 0 or not environment:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        why = f": {said[0]}" if said else ""
        raise ToolError(f"{settings} could not be sourced by bash (code {done.returncode}){why}")
    return environment


def _asked(name: ToolName, path: Path, environment: Mapping[str, str]) -> VendorTool:
    """Ask a tool for its version, away from the user's folder: it leaves a log where it runs."""
    option = "--version" if name is ToolName.VITIS_RUN else "-version"
    with tempfile.TemporaryDirectory(prefix="l1ad.") as nowhere:
        said = output_of([str(path), option], Path(nowhere), environment, SECONDS)
    found = None if said is None else _VERSION.search(said)
    notes: tuple[str, ...] = ()
    if said is None:
        notes = (f"{name} {option} did not end within {SECONDS} s; its version is not known",)
    elif found is None:
        notes = (f"{name} {option} said no version such as v2024.1",)
    return VendorTool(
        name=name, path=path, version=found[1] if found else None, environment=environment, notes=notes
    )
