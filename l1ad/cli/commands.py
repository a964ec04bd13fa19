"""Commands and groups in pipeline order, in the panels that `l1ad --help` shows.

A command reads, calls one function and prints. Imports are inside the commands so that help answers at once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from l1ad.cli.acceptance import accept
from l1ad.cli.benches import BENCHES
from l1ad.cli.compare import compare
from l1ad.cli.config import CONFIG_COMMANDS
from l1ad.cli.data import DATA_COMMANDS
from l1ad.cli.doctor import doctor
from l1ad.cli.firmware import build, inspect, verify
from l1ad.cli.handover import check, wave
from l1ad.cli.init import init
from l1ad.cli.models import export, import_
from l1ad.cli.rates import RATES_COMMANDS
from l1ad.cli.scan import evaluate, scan
from l1ad.cli.scoring import emulate, report
from l1ad.cli.study import study
from l1ad.cli.synthesis import SYNTH_COMMANDS
from l1ad.cli.training import demo, freeze, simulate, train

__all__ = ["PANELS", "Group", "Step"]


@dataclass(frozen=True, slots=True)
class Step:
    """One command.

    Attributes:
        command: What it does; its name without a `_` at its end is the command's.
        example: One that works, or several with `   or   ` between.
    """

    command: Callable[..., None]
    example: str

    @property
    def name(self) -> str:
        """What is typed."""
        return self.command.__name__.rstrip("_")


@dataclass(frozen=True, slots=True)
class Group:
    """Commands under one word.

    Attributes:
        name: The word.
        what: What they are about.
        members: Name, command and example of each.
        example: One of them.
    """

    name: str
    what: str
    members: tuple[tuple[str, Callable[..., None], str], ...]
    example: str


PANELS: Mapping[str, tuple[Step | Group, ...]] = {
    "Start": (
        Step(demo, "l1ad demo"),
        Step(doctor, "l1ad doctor"),
        Step(init, "l1ad init mine.yaml --backend qkeras   or   l1ad init mine.yaml --events my.h5 --schema"),
        Group("config", "Configuration files: checked, shown in full, described for editors.",
              CONFIG_COMMANDS, "l1ad config check mine.yaml"),
        Group("data", "Events of any format: what they hold, and in which file.", DATA_COMMANDS,
              "l1ad data info sample:zero_bias"),
        Step(simulate, "l1ad simulate configs/samples/a_to_4l.yaml --out a_to_4l.h5 --workers 2"),
    ),
    "Train": (
        Step(train, "l1ad train configs/quickstart.yaml --run runs/mine"),
        Step(evaluate, "l1ad evaluate runs/mine"),
        Step(scan, "l1ad scan configs/scan.yaml --out runs/scan --workers 2"),
        Step(study, "l1ad study configs/studies/data_quality.yaml --out runs/study --workers 2"),
        Step(freeze, "l1ad freeze runs/mine"),
        Step(import_, "l1ad import model.keras --config import.yaml --out trigger.json"),
    ),
    "Emulate and rate": (
        Step(emulate, "l1ad emulate runs/mine   or   l1ad emulate trigger.json --events my.h5 --out scores.h5"),
        Group("rates", "Rates that an expert signs: thresholds, menu, stability, tails, field.",
              RATES_COMMANDS, "l1ad rates thresholds runs/mine"),
        Step(inspect, "l1ad inspect runs/mine/trigger.json"),
    ),
    "Firmware": (
        Step(build, "l1ad build runs/mine   or   l1ad build trigger.json --target vu9p-200"),
        Group("synth", "What the firmware takes of a part: estimated, synthesised, reported.",
              SYNTH_COMMANDS, "l1ad synth open firmware/demo"),
        Step(verify, "l1ad verify runs/mine   or   l1ad verify trigger.json --events sample:a_to_4l"),
        Step(check, "l1ad check firmware/demo"),
        Step(accept, "l1ad accept firmware/demo --budget zero_bias_1khz --run runs/demo --junit accept.xml"),
        Step(wave, "l1ad wave firmware/demo --events sample:a_to_4l --event 3 --out event.vcd"),
        Step(export, "l1ad export runs/mine   or   l1ad export trigger.json --to qonnx --out model.onnx"),
    ),
    "Look": (
        Step(report, "l1ad report runs/mine"),
        Step(compare, "l1ad compare runs/mine runs/other --out comparison --reference runs/reference"),
        Group("bench", "Measure speeds side by side in one run.", BENCHES,
              "l1ad bench emulate runs/demo/trigger.json"),
    ),
}  # fmt: skip
"""The panels and what they hold, each in pipeline order."""
