"""The README's examples run as they stand, and what it says of files is so."""

import doctest
from pathlib import Path

import pytest

from l1ad.data.event_file import read_events
from l1ad.data.samples import shipped_samples

ROOT = Path(__file__).resolve().parent.parent


def test_every_example_prints_what_the_readme_says() -> None:
    found = doctest.testfile(str(ROOT / "README.md"), module_relative=False)
    assert found.attempted >= 10
    assert found.failed == 0


@pytest.mark.parametrize(
    "step",
    [
        "train",
        "evaluate",
        "scan",
        "compare",
        "study",
        "doctor",
        "init",
        "config check",
        "bench train",
        "freeze",
        "import",
        "emulate",
        "rates thresholds",
        "rates menu",
        "rates stability",
        "rates tail",
        "rates review",
        "rates compare",
        "accept",
        "bench rates",
        "build",
        "synth open",
        "synth vendor",
        "synth report",
        "check",
        "wave",
        "inspect",
        "verify",
        "export",
        "report",
        "simulate",
        "demo",
        "bench emulate",
        "bench formats",
        "bench simulate",
        "data info",
        "data check",
        "data convert",
        "data join",
        "data layout",
    ],
)
def test_every_command_is_in_the_readme(step: str) -> None:
    assert f"l1ad {step}" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_samples_are_as_large_as_the_readme_says() -> None:
    sizes = {name: len(read_events(path)) for name, path in shipped_samples().items()}
    assert sizes.pop("zero_bias") == 400_000
    assert set(sizes.values()) == {5_000}
    assert round(sum(path.stat().st_size for path in shipped_samples().values()) / 1e6, 1) == 19.2
