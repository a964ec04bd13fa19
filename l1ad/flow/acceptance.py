"""Step `accept`: a delivery of firmware against the budget of whoever takes it."""

import difflib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from l1ad.config.acceptance import AcceptanceConfig
from l1ad.core.errors import ConfigError, DivergenceError, ToolError
from l1ad.core.names import project_name
from l1ad.core.progress import Progress, silent
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.core.trigger_file import load_trigger, trigger_digest
from l1ad.flow import implementations
from l1ad.flow.accepted_firmware import (
    Delivery,
    equality_lines,
    hardware_lines,
    opened_delivery,
    provenance_lines,
)
from l1ad.flow.accepted_float import float_lines
from l1ad.flow.accepted_line import AcceptanceLine, Verdict, demanded, unmeasured
from l1ad.flow.accepted_rates import chosen_events, rate_lines
from l1ad.flow.build import TRIGGER_FILE
from l1ad.flow.run_directory import RunDirectory
from l1ad.flow.summary import ACCEPTANCE, verification_digest
from l1ad.flow.verify import verify_run, verify_trigger
from l1ad.rates.stream import Budget

__all__ = ["Acceptance", "accept", "save_acceptance"]

_KNOWN = (
    implementations.KERAS, implementations.FAST_ENGINE, implementations.C_SIMULATION,
    implementations.CMSSW_EMULATOR, implementations.RTL, implementations.ONNX_RUNTIME, implementations.QONNX,
    implementations.ORIGINAL,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """The verdict on a delivery.

    Attributes:
        budget: Name of the budget.
        folder: The firmware folder.
        lines: Every check.
    """

    budget: str
    folder: Path
    lines: tuple[AcceptanceLine, ...]

    @property
    def failed(self) -> tuple[AcceptanceLine, ...]:
        """The checks that failed."""
        return tuple(line for line in self.lines if line.verdict is Verdict.FAIL)

    @property
    def accepted(self) -> bool:
        """Whether no check failed."""
        return not self.failed

    def document(self) -> dict[str, Any]:
        """Lay the verdict out for JSON."""
        return {
            "budget": self.budget,
            "folder": str(self.folder),
            "accepted": self.accepted,
            "checks": [
                {
                    **asdict(line),
                    "measured_text": line.measured_text,
                    "limit_text": line.limit_text,
                    "reason": line.reason,
                }
                for line in self.lines
            ],
        }


def accept(
    folder: Path,
    budget: AcceptanceConfig,
    *,
    run: RunDirectory | None = None,
    events: str | None = None,
    verify: bool = False,
    progress: Progress = silent,
) -> Acceptance:
    """Hold everything known of a firmware folder against a budget.

    Provenance comes first, then equality bit by bit, the float model, latency and resources, and the rates. The
    results that lie in the folder bind themselves to its build by digest, but are not protected against whoever
    writes them by hand: `verify` measures equality and latency here.

    Args:
        folder: Firmware folder, e.g. `firmware/demo`.
        budget: What it must keep.
        run: The run that trained it, for the float model and for the events it has not trained on.
        events: Event file or `sample:NAME` to count rates on, instead of the budget's.
        verify: Whether to compare every implementation first, and keep the result in the folder.
        progress: Told what is done.

    Raises:
        ToolError: If it is no firmware folder.
        ConfigError: If the budget names an implementation or a rate that there is none of.
        DataError: If the events cannot be read, or are of another layout.
    """
    _check(budget)
    delivery = opened_delivery(folder)
    trigger, thresholds = delivery.trigger, tuple(budget.rates.thresholds)
    counted = None if trigger is None else chosen_events(budget.rates, trigger, run, events)
    divergence = ""
    if verify and trigger is not None and not delivery.fault:
        location = None if counted is None else counted.location
        divergence = _verified(delivery, trigger, run, location, progress)
    lines = [
        *provenance_lines(delivery, thresholds, run),
        *equality_lines(delivery, budget.bit_equality, divergence),
    ]
    if trigger is None:
        why = "trigger.json is not as it was saved"
        lines += [unmeasured("float_model", "of the algorithm", why)]
        lines += [*hardware_lines(delivery, budget.hardware), unmeasured("rates", "of the algorithm", why)]
    else:
        coverage = budget.rates.coverage
        lines += float_lines(trigger, run, thresholds, budget.float_model, coverage=coverage)
        lines += hardware_lines(delivery, budget.hardware)
        lines += rate_lines(trigger, budget.rates, counted, progress=progress)
    final = tuple(demanded(line, budget.demanded) for line in lines)
    return Acceptance(budget=budget.name, folder=folder, lines=final)


def _check(budget: AcceptanceConfig) -> None:
    """Refuse what nothing could be held against, before anything is measured."""
    for threshold in budget.rates.thresholds.values():
        for text in (threshold.total, threshold.pure):
            if text is not None:
                Budget.parse(text)
    for name in budget.bit_equality.implementations:
        if name not in _KNOWN:
            close = difflib.get_close_matches(name, _KNOWN, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(_KNOWN)}"
            raise ConfigError(f"budget {budget.name!r}: {name!r} is no implementation; {hint}")


def _verified(
    delivery: Delivery,
    trigger: TriggerAlgorithm,
    run: RunDirectory | None,
    events: str | None,
    progress: Progress,
) -> str:
    """Compare every implementation; the result goes into the folder, and what differs is told in words."""
    folder = delivery.folder.resolve()
    if folder.name != project_name(trigger.name):
        raise ToolError(
            f"{delivery.folder}: the firmware of {trigger.name!r} can only be verified in a folder called "
            f"{project_name(trigger.name)!r}; rename it"
        )
    try:
        if run is not None and trigger_digest(run.trigger()) == trigger_digest(trigger):
            verify_run(run, firmware=folder.parent, progress=progress)
        else:
            sources = () if events is None else (events,)
            verify_trigger(trigger, firmware=folder.parent, sources=sources, progress=progress)
    except DivergenceError as difference:
        return str(difference)
    return ""


def save_acceptance(run: RunDirectory, accepted: Acceptance) -> None:
    """Keep a verdict in the run, with the algorithm and the verification that it is of; reports show it."""
    digests = {
        "trigger_digest": trigger_digest(load_trigger(accepted.folder / TRIGGER_FILE)),
        "verification_digest": verification_digest(run),
    }
    run.write_json(ACCEPTANCE, {**digests, **accepted.document()})
