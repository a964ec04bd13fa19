"""Counting in a process of its own, that can be killed, or whose workers can."""

import os
import signal
import sys
from pathlib import Path

from l1ad.core.trigger_file import load_trigger
from l1ad.data.arrays_file import write_arrays
from l1ad.flow.event_parts import EventParts, Part, Workers, counted_in_order, event_parts
from l1ad.flow.rate_pass import counted_events
from l1ad.rates.rate_account import RateAccount

REFERENCE = Path(__file__).parents[2] / "firmware" / "reference" / "trigger.json"
PART_EVENTS = 60_000
MARKER = "L1AD_TEST_MARKER"


def counted_or_killed(events: EventParts, part: Part) -> RateAccount:
    """Count a part; the first process that gets the third one dies of it."""
    marker = Path(os.environ[MARKER])
    if part.start == 2 * PART_EVENTS and not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    account: RateAccount | None = None
    for block, score_raw in events.scored(part):
        one = RateAccount.of(block, score_raw)
        account = one if account is None else account + one
    assert account is not None
    return account


def with_a_killed_worker(out: Path) -> None:
    """Count zero bias with two workers, one of which is killed, and keep the sums in a file."""
    parts = event_parts(load_trigger(REFERENCE), ["sample:zero_bias"], part_events=PART_EVENTS)
    total: RateAccount | None = None
    for _, account in counted_in_order(counted_or_killed, parts, Workers(processes=2)):
        total = account if total is None else total + account
    assert total is not None
    write_arrays(out, {}, **total.arrays())


def with_a_checkpoint(checkpoint: Path, part_events: int) -> None:
    """Count zero bias in small parts, each kept."""
    parts = event_parts(load_trigger(REFERENCE), ["sample:zero_bias"], part_events=part_events)
    counted_events(parts, checkpoint=checkpoint)


if __name__ == "__main__":
    if len(sys.argv) == 2:
        with_a_killed_worker(Path(sys.argv[1]))
    else:
        with_a_checkpoint(Path(sys.argv[1]), int(sys.argv[2]))
