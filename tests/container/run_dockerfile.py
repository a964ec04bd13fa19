"""Run the steps of a Dockerfile without Docker: on overlays of a root, stage by stage, then start the image.

    python -m tests.container.run_dockerfile --base debian --append "--epochs 2"

exercises the Dockerfile of this repository as `docker build` and `docker run` would: every RUN as written,
apt-get and useradd too, then the HEALTHCHECK and the CMD as the image's USER. The machine is not touched.
"""

from __future__ import annotations

import argparse
import json
import shlex
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from l1ad.core.trigger_file import write_text_safely
from tests.container.base_root import debian_root, pip_settings, shared_with, with_python
from tests.container.building import Build, Built, Report, Result, build, start
from tests.container.dockerfile_steps import command_to_run, read_dockerfile
from tests.container.sandbox import isolation

__all__ = ["main"]


def _print_line(result: Result) -> None:
    state = "ok  " if result.code == 0 else f"FAIL {result.code}"
    where = f"line {result.line}" if result.line else ""
    sys.stdout.write(f"{state} {result.seconds:8.1f} s  {result.stage:<10} {where:<9} {result.step[:120]}\n")
    if result.code:
        sys.stdout.write(result.output + "\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="run_dockerfile", description="Run the steps of a Dockerfile without Docker."
    )
    parser.add_argument(
        "--context", type=Path, default=Path(), help="folder that is built; the current one unless told"
    )
    parser.add_argument("--file", type=Path, help="the Dockerfile; that of the context unless told")
    parser.add_argument("--target", help="stage to build; the last unless told")
    parser.add_argument("--build-arg", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument(
        "--base",
        default="debian",
        help="for images: 'debian' (fresh), 'machine' (its own root), or a folder with a root",
    )
    parser.add_argument(
        "--work", type=Path, help="folder for the layers; a temporary one unless told, then removed"
    )
    parser.add_argument("--append", default="", metavar="WORDS", help="words after the CMD, e.g. '--epochs 2'")
    parser.add_argument(
        "--also", action="append", default=[], metavar="COMMAND", help="another command to run; repeatable"
    )
    parser.add_argument("--user", default="", help="run as this user:group instead of the image's")
    parser.add_argument("--offline", action="store_true", help="run the image without network")
    parser.add_argument("--json", type=Path, help="write the results there too")
    return parser


def _root(base: str, work: Path) -> Path:
    if base == "machine":
        return Path("/")
    return debian_root(work) if base == "debian" else Path(base).resolve()


def _started(built: Built, options: argparse.Namespace, report: Report) -> bool:
    """Run HEALTHCHECK, CMD and what else was asked for; False at the first that fails."""
    image = built.image
    command = (*command_to_run(image), *shlex.split(options.append))
    runs: list[tuple[str, Sequence[str], float | None]] = [("CMD", command, None)]
    if image.health:
        runs.insert(0, ("HEALTHCHECK", image.health, image.health_timeout_s))
    runs += [("ALSO", command_to_run(image, words), None) for words in options.also]
    for name, words, timeout_s in runs:
        result = start(built, words, name=name, user=options.user, timeout_s=timeout_s, offline=options.offline)
        report(result)
        if result.code:
            return False
    return True


def _job(options: argparse.Namespace, work: Path) -> Build:
    text = (options.file or options.context / "Dockerfile").read_text(encoding="utf-8")
    given = dict(word.split("=", 1) for word in options.build_arg)
    settings = pip_settings()
    return Build(
        dockerfile=read_dockerfile(text, given),
        context=options.context.resolve(),
        base=with_python(_root(options.base, work), work),
        work=work,
        target=options.target,
        given=given,
        settings=settings,
        shared=shared_with(settings),
    )


def _exercise(options: argparse.Namespace, work: Path) -> int:
    results: list[Result] = []

    def report(result: Result) -> None:
        results.append(result)
        _print_line(result)

    built = build(_job(options, work), report)
    good = built is not None and _started(built, options, report)
    sys.stdout.write(f"{len(results)} steps, {sum(result.seconds for result in results):.0f} s\n")
    if options.json:
        write_text_safely(options.json, json.dumps([asdict(result) for result in results], indent=1) + "\n")
    return 0 if good else 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; 0 if every step ended well, 1 at the first that did not."""
    options = _parser().parse_args(arguments)
    work = (options.work or Path(tempfile.mkdtemp(prefix="l1ad-dockerfile-"))).resolve()
    work.mkdir(parents=True, exist_ok=True)
    try:
        if isolation(work) is None:
            sys.stderr.write(f"no overlay can be mounted under {work}: be root, or allow user namespaces\n")
            return 1
        return _exercise(options, work)
    finally:
        if options.work is None:
            shutil.rmtree(work)


if __name__ == "__main__":
    sys.exit(main())
