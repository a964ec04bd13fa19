"""What stands in for the base image `python:3.x-slim-bookworm` where no image can be pulled.

Two stand-ins: the machine's own root (quick; but whatever is installed on it is there, asked for or not), or
a fresh minimal Debian made by debootstrap (half a minute; what a step forgets to install is missing). On top of
either the Python that runs this is copied to /usr/local, where the image has it.
"""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.container.sandbox import Entry, Layers, run_in

__all__ = ["IMAGE_ENVIRONMENT", "debian_root", "pip_settings", "shared_with", "with_python"]

IMAGE_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}

# What the slim image has beside Debian's essential packages: the libraries of Python's own modules.
_PACKAGES = (
    "ca-certificates,netbase,tzdata,libbz2-1.0,libexpat1,libffi8,liblzma5,libncursesw6,libreadline8,libsqlite3-0,"
    "libssl3,libuuid1,zlib1g"
)
_NOT_COPIED = shutil.ignore_patterns("site-packages", "test", "tests", "idlelib", "config-*", "__pycache__")


def debian_root(folder: Path, *, suite: str = "bookworm") -> Path:
    """Make a minimal Debian in a folder, or take the one that is there.

    Raises:
        subprocess.CalledProcessError: If packages cannot be fetched.
    """
    root = folder / f"debian-{suite}"
    if not (root / "etc/debian_version").is_file():
        partial = folder / f".debian-{suite}.partial"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        program, environment = _debootstrap(folder)
        command = [program, "--variant=minbase", f"--include={_PACKAGES}", suite, str(partial)]
        subprocess.run(command, check=True, env=environment, capture_output=True)
        partial.rename(root)
    return root


def with_python(root: Path, folder: Path) -> Layers:
    """Lay the Python that runs this over a root, at /usr/local as in the image."""
    layers = Layers(below=(root,), upper=folder / "python", scratch=folder / "python.scratch")
    local, prefix = layers.upper / "usr/local", Path(sys.base_prefix)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    if not (local / "bin/python").exists():
        (local / "bin").mkdir(parents=True)
        shutil.copytree(prefix / "lib" / version, local / "lib" / version, ignore=_NOT_COPIED, symlinks=True)
        for library in (prefix / "lib").glob("libpython*.so*"):
            shutil.copy2(library, local / "lib", follow_symlinks=False)
        shutil.copytree(prefix / "include", local / "include", dirs_exist_ok=True)
        shutil.copy2(prefix / "bin" / version, local / "bin" / version)
        for name in ("python", "python3"):
            (local / "bin" / name).symlink_to(version)
        run_in(layers, ["ldconfig"], Entry(environment=IMAGE_ENVIRONMENT))
    return layers


def pip_settings() -> dict[str, str]:
    """Tell how pip is set up on this machine, as the variables PIP_*; in memory only, never in a file."""
    listing = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], check=True, capture_output=True, text=True
    )
    settings: dict[str, str] = {}
    for line in sorted(listing.stdout.splitlines()):
        key, _, value = line.partition("=")
        section, _, name = key.rpartition(".")
        if section in ("global", ":env:"):
            variable = f"PIP_{name.upper().replace('-', '_')}"
            settings[variable] = str(ast.literal_eval(value))
    return settings | {name: value for name, value in os.environ.items() if name.startswith("PIP_")}


def shared_with(settings: Mapping[str, str]) -> tuple[Path, ...]:
    """List the paths of the machine that a step needs to reach the network, and those pip's settings name."""
    words = [word for value in settings.values() for word in value.split()]
    # An index in a folder points to files beside it.
    indexes = [Path(word.removeprefix("file://")).parent for word in words if word.startswith("file:///")]
    named = [Path(word) for word in words if word.startswith("/")]
    paths = [Path("/etc/resolv.conf"), *indexes, *named]
    return tuple(dict.fromkeys(path.resolve() for path in paths if path.exists() and path != Path("/")))


def _debootstrap(folder: Path) -> tuple[str, dict[str, str]]:
    """Find debootstrap, or unpack Debian's package of it beside; nothing is installed on the machine."""
    found = shutil.which("debootstrap", path=os.environ["PATH"] + ":/usr/sbin")
    if found:
        return found, dict(os.environ)
    unpacked = folder / "debootstrap"
    unpacked.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        ["/usr/bin/apt-get", "download", "debootstrap"], cwd=unpacked, check=True, capture_output=True
    )
    (package,) = unpacked.glob("debootstrap_*.deb")
    subprocess.run(["/usr/bin/dpkg", "-x", package.name, "."], cwd=unpacked, check=True, capture_output=True)
    environment = dict(os.environ) | {"DEBOOTSTRAP_DIR": str(unpacked / "usr/share/debootstrap")}
    return str(unpacked / "usr/sbin/debootstrap"), environment
