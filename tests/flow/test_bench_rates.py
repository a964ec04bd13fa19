from pathlib import Path

from l1ad.core.trigger_file import load_trigger
from l1ad.flow.bench_rates import counting_speeds

REFERENCE = Path(__file__).parents[2] / "firmware" / "reference" / "trigger.json"


def test_as_many_events_as_were_asked_for_are_counted_alike_by_one_process_and_by_two() -> None:
    speeds = counting_speeds(load_trigger(REFERENCE), "sample:a_to_4l", 12_000)
    assert [(one.processes, one.events, one.same) for one in speeds] == [(1, 15_000, True), (2, 15_000, True)]
    assert speeds[0].ratio == 1
    assert all(one.events_per_second > 0 and one.resident_mb[0] > 10 for one in speeds)
