"""Folders that stand for layers of an image, stacked by overlayfs and entered with chroot.

Mounts live in a namespace of their own and end with the command, so the machine sees none of them, and
what a command writes or installs lands in the uppermost folder. Processes end with the command too.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

__all__ = ["Entry", "Layers", "Outcome", "copy_between", "copy_into", "isolation", "run_in"]

# Root of the machine, or root of a user namespace where the kernel lets users mount overlays. In the
# latter files have one owner only: enough for steps that change none, too little for apt-get.
_WAYS = (("unshare",), ("unshare", "--user", "--map-root-user"))
_NAMESPACES = ("--mount", "--pid", "--ipc", "--fork", "--kill-child")
_NOT_IN_A_PATH = set(":,\\")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layers:
    """Folders from the lowest to the one that is written to; `scratch` is for overlayfs and the mount."""

    below: tuple[Path, ...]
    upper: Path
    scratch: Path

    def __post_init__(self) -> None:
        for path in (*self.below, self.upper, self.scratch):
            if _NOT_IN_A_PATH & set(str(path)) or not path.is_absolute():
                raise ValueError(f"'{path}' cannot be a layer: overlayfs needs absolute paths without : , \\")

    @property
    def root(self) -> Path:
        """Where the stack is mounted while a command runs; empty otherwise."""
        return self.scratch / "root"

    def mount_lines(self) -> list[str]:
        """Shell lines that stack the layers at `root`."""
        below, machine = list(reversed(self.below)), self.scratch / "machine"
        lines = []
        if Path("/") in below:
            # The kernel refuses layers that hold one another, as / holds all; an overlay of its own hides it.
            lines.append(
                _overlay_line(
                    [Path("/")], self.scratch / "machine.files", self.scratch / "machine.work", machine
                )
            )
            below[below.index(Path("/"))] = machine
        return [*lines, _overlay_line(below, self.upper, self.scratch / "work", self.root)]


def _overlay_line(below: Sequence[Path], upper: Path, work: Path, at: Path) -> str:
    for folder in (upper, work, at):
        folder.mkdir(parents=True, exist_ok=True)
    options = f"lowerdir={':'.join(map(str, below))},upperdir={upper},workdir={work}"
    return f"mount -t overlay overlay -o {shlex.quote(options)} {shlex.quote(str(at))}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a command ended; `output` is stdout and stderr together."""

    code: int
    output: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """How a root is entered: user as Docker writes it, folder, variables, and paths of the machine to share."""

    environment: Mapping[str, str] = field(default_factory=dict)
    workdir: str = "/"
    user: str = "root"
    shared: tuple[Path, ...] = ()
    offline: bool = False


@cache
def isolation(folder: Path) -> tuple[str, ...] | None:
    """Find the command in front of which overlays can be mounted under a folder; None if there is none."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        probe = Layers(below=(Path("/usr"),), upper=Path(name) / "files", scratch=Path(name))
        for way in _WAYS:
            if shutil.which(way[0]) and _bash(probe.mount_lines(), way=way).code == 0:
                return way
    return None


def run_in(layers: Layers, command: Sequence[str], entry: Entry, *, timeout_s: float | None = None) -> Outcome:
    """Run a command in a root made of layers, as `docker run` would.

    Raises:
        subprocess.TimeoutExpired: If it takes longer than that.
    """
    root = layers.root
    lines = [*layers.mount_lines(), *_system_lines(root), *_sharing_lines(root, entry.shared)]
    environment = [f"{name}={value}" for name, value in entry.environment.items()]
    inside = ["env", "--ignore-environment", f"--chdir={entry.workdir}", *environment, *command]
    chroot = ["chroot", f"--userspec={entry.user}", str(root), *inside]
    if entry.offline:
        # Loopback stays down: what needs even that is found out here.
        chroot = ["unshare", "--net", *chroot]
    return _bash([*lines, f"exec {shlex.join(chroot)}"], way=_way(layers), timeout_s=timeout_s)


def copy_into(layers: Layers, folder: Path, destination: str, *, owner: str = "") -> Outcome:
    """Copy the contents of a folder of the machine into a folder of the root."""
    target = shlex.quote(f"{layers.root}{destination}")
    changed = [f"chown --recursive {shlex.quote(owner)} {shlex.quote(str(folder))}/*"] if owner else []
    lines = ["shopt -s dotglob nullglob", *changed, f"mkdir --parents {target}"]
    copy = f'for path in {shlex.quote(str(folder))}/*; do cp --archive -t {target} -- "$path"; done'
    return _bash([*layers.mount_lines(), *lines, copy], way=_way(layers))


def copy_between(source: Layers, paths: Sequence[str], target: Layers, destination: str) -> Outcome:
    """Copy files or folders of one root into another; of a folder its contents, as `COPY --from` does."""
    into = shlex.quote(f"{target.root}{destination}")
    folder = into if destination.endswith("/") else shlex.quote(str(Path(f"{target.root}{destination}").parent))
    lines = [*source.mount_lines(), *target.mount_lines()]
    for path in paths:
        taken = shlex.quote(f"{source.root}{path}")
        lines += [
            f"if [ -d {taken} ]; then mkdir --parents {into}; cp --archive -T {taken} {into}",
            f"else mkdir --parents {folder}; cp --archive {taken} {into}; fi",
        ]
    return _bash(lines, way=_way(target))


def _way(layers: Layers) -> tuple[str, ...]:
    way = isolation(layers.scratch.parent)
    if way is None:
        raise PermissionError(
            f"no overlay can be mounted under {layers.scratch.parent}: neither as root nor as user"
        )
    return way


def _system_lines(root: Path) -> list[str]:
    """Shell lines that give a root its devices and its processes."""
    dev, proc = shlex.quote(f"{root}/dev"), shlex.quote(f"{root}/proc")
    return [f"mkdir --parents {dev} {proc}", f"mount --rbind /dev {dev}", f"mount -t proc proc {proc}"]


def _sharing_lines(root: Path, shared: Sequence[Path]) -> list[str]:
    """Shell lines that show paths of the machine inside, read-only, under the same names."""
    lines = []
    for path in shared:
        inside = shlex.quote(f"{root}{path}")
        made = (
            f"mkdir --parents {inside}"
            if path.is_dir()
            else f"mkdir --parents $(dirname {inside}); touch {inside}"
        )
        lines += [made, f"mount --bind {shlex.quote(str(path))} {inside}", f"mount -o remount,bind,ro {inside}"]
    return lines


def _bash(lines: Sequence[str], *, way: tuple[str, ...], timeout_s: float | None = None) -> Outcome:
    script = "\n".join(("set -e", *lines))
    done = subprocess.run(
        [*way, *_NAMESPACES, "bash", "-c", script],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={"PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"},
        timeout=timeout_s,
        check=False,
    )
    return Outcome(code=done.returncode, output=done.stdout.decode("utf-8", "replace"))
