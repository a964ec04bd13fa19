"""The benchmark of formats: every one is written, read, and equal."""

import numpy as np
import pytest

from l1ad.flow.bench_formats import bench_formats, repeated_events


def test_every_format_gives_the_same_integers() -> None:
    pytest.importorskip("uproot")
    pytest.importorskip("pyarrow")
    heard: list[tuple[int, int]] = []
    found = bench_formats(
        repeated_events("sample:a_to_4l", 2000), progress=lambda done, total, _: heard.append((done, total))
    )
    assert [one.format for one in found] == [
        "l1ad HDF5", "ADC2021", "µGT test vectors", "NanoAOD", "Parquet", "HDF5 table", "CSV"
    ]  # fmt: skip
    assert {one.differing for one in found} == {0}
    assert found[0].ratio == 1.0
    assert found[2].bytes_per_event == 769.0
    assert all(done < total for done, total in heard)


def test_repeated_events_begin_anew_and_are_numbered_through() -> None:
    events = repeated_events("sample:a_to_4l", 10_500)
    np.testing.assert_array_equal(events.event_number, np.arange(10_500))
    np.testing.assert_array_equal(events.inputs_raw[10_000:], events.inputs_raw[:500])
