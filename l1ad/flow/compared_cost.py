"""What the algorithm of a run takes: of its weights, and of its firmware where that was built and measured."""

from l1ad.config.loading import load_config
from l1ad.config.target import TargetConfig
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.core.trigger_file import algorithm_digest, load_trigger
from l1ad.emulate.inspection import inspect
from l1ad.flow.build import TARGET_FILE, TRIGGER_FILE
from l1ad.flow.freeze import sparsity
from l1ad.flow.results import load_estimate, load_verification
from l1ad.flow.run_directory import RunDirectory
from l1ad.report.comparison import Cost

__all__ = ["run_cost"]


def run_cost(run: RunDirectory) -> Cost:
    """Gather the cost of a frozen run; what nobody measured yet of this very algorithm is None.

    The estimate of `l1ad synth open` and the latency of `l1ad verify` count when the firmware is as it was
    then, and of the algorithm that the run has now, whatever its thresholds.
    """
    trigger = run.trigger()
    lut, latency_cycles, latency_ns = _of_firmware(run, trigger)
    return Cost(
        lut=lut,
        latency_cycles=latency_cycles,
        latency_ns=latency_ns,
        ebops=sum(one.ebops for one in inspect(trigger)),
        sparsity=sparsity(trigger),
    )


def _of_firmware(run: RunDirectory, trigger: TriggerAlgorithm) -> tuple[int | None, int | None, float | None]:
    folder = run.firmware(trigger)
    if not (folder / TRIGGER_FILE).is_file():
        return None, None, None
    if algorithm_digest(load_trigger(folder / TRIGGER_FILE)) != algorithm_digest(trigger):
        return None, None, None
    estimate, verified = load_estimate(folder), load_verification(folder)
    lut = None if estimate is None else estimate.total.lut
    timing = None if verified is None else verified["timing"]
    if timing is None:
        return lut, None, None
    cycles = int(timing["latency_max"])
    return lut, cycles, cycles * load_config(folder / TARGET_FILE, TargetConfig).clock.period_ns
