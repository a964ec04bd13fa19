"""Events from Python: arrays, files, tables, and what is refused."""

from pathlib import Path

import numpy as np
import pytest

import l1ad
from l1ad.core.errors import ConfigError, DataError


def test_an_array_becomes_events_and_comes_back_from_its_file(tmp_path: Path) -> None:
    sample = l1ad.load_events("sample:a_to_4l", stop=500)
    events = l1ad.make_events(sample.inputs_raw, sample="mine", run=np.full(500, 7))
    again = l1ad.load_events(l1ad.save_events(events, tmp_path / "mine.h5", provenance={"by": "a test"}))
    np.testing.assert_array_equal(again.inputs_raw, sample.inputs_raw)
    np.testing.assert_array_equal(again.event_number, np.arange(500))
    assert again.run is not None
    assert set(again.run) == {7}
    summary = l1ad.summarise_events(tmp_path / "mine.h5", check=True)
    assert summary.quality.n_events == 500
    assert summary.provenance == {"by": "a test"}


def test_units_are_refused_rounded_or_not() -> None:
    events = l1ad.load_events("sample:a_to_4l", stop=2000)
    physical = events.inputs_raw * np.array([field.lsb for field in events.layout.fields])
    with pytest.raises(DataError, match="inputs are float64, not hardware integers"):
        l1ad.make_events(physical)
    with pytest.raises(DataError, match="these look like GeV and radians rounded to integers"):
        l1ad.make_events(np.rint(physical).astype(np.int64))


def test_a_table_is_read_with_a_layout_and_counted(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(
        "name: mine\nfeatures:\n  - {name: ht, unit: GeV, step: 0.5, max: 100}\n", encoding="utf-8"
    )
    (tmp_path / "table.csv").write_text("ht\n12.5\n80.2\n300\n", encoding="utf-8")
    events = l1ad.load_events(tmp_path / "table.csv", layout=tmp_path / "mine.yaml")
    assert events.inputs_raw[:, 0].tolist() == [25, 160, 200]
    summary = l1ad.summarise_events(tmp_path / "table.csv", layout=tmp_path / "mine.yaml")
    tables = {table.name: table for table in summary.tables()}
    assert tables["repairs"].rows == (("ht saturated", "1"),)
    assert tables["inputs"].rows == (("ht", "0.5", "GeV", "25", "200", "1"),)


def test_unknown_formats_and_layouts_are_refused_with_those_that_are_known() -> None:
    with pytest.raises(ConfigError, match="format is 'root'; there are l1ad, adc2021, nanoaod"):
        l1ad.load_events("sample:a_to_4l", format="root")
    with pytest.raises(ConfigError, match="'ugt_58' is no layout; there are ugt_57"):
        l1ad.make_events(np.zeros((1, 58), np.int64), layout="ugt_58")
