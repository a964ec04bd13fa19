"""One command per step, in pipeline order: read, call one function, print.

Imports are inside the commands so that `l1ad --help` answers at once.
"""

from collections.abc import Callable

from l1ad.cli.acceptance import accept
from l1ad.cli.compare import compare
from l1ad.cli.firmware import build, inspect, verify
from l1ad.cli.handover import check, wave
from l1ad.cli.models import export, import_
from l1ad.cli.scan import evaluate, scan
from l1ad.cli.scoring import emulate, report
from l1ad.cli.training import demo, freeze, simulate, train

__all__ = ["COMMANDS"]

COMMANDS: tuple[tuple[Callable[..., None], str], ...] = (
    (demo, "l1ad demo"),
    (simulate, "l1ad simulate configs/samples/a_to_4l.yaml --out a_to_4l.h5 --workers 2"),
    (train, "l1ad train configs/quickstart.yaml --run runs/mine"),
    (evaluate, "l1ad evaluate runs/mine"),
    (scan, "l1ad scan configs/scan.yaml --out runs/scan --workers 2"),
    (freeze, "l1ad freeze runs/mine"),
    (import_, "l1ad import model.keras --config import.yaml --out trigger.json"),
    (emulate, "l1ad emulate runs/mine   or   l1ad emulate trigger.json --events my.h5 --out scores.h5"),
    (build, "l1ad build runs/mine   or   l1ad build trigger.json --target vu9p-200"),
    (inspect, "l1ad inspect runs/mine/trigger.json"),
    (verify, "l1ad verify runs/mine   or   l1ad verify trigger.json --events sample:a_to_4l"),
    (check, "l1ad check firmware/demo"),
    (accept, "l1ad accept firmware/demo --budget zero_bias_1khz --run runs/demo --junit accept.xml"),
    (wave, "l1ad wave firmware/demo --events sample:a_to_4l --event 3 --out event.vcd"),
    (export, "l1ad export runs/mine   or   l1ad export trigger.json --to qonnx --out model.onnx"),
    (report, "l1ad report runs/mine"),
    (compare, "l1ad compare runs/mine runs/other --out comparison --reference runs/reference"),
)
"""The commands in pipeline order, each with its example."""
