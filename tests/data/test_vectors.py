"""Vectors of a firmware folder: what a test bench, `--against` and the global trigger's tools read."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from l1ad.core.ports import Interface, input_ports
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.data.result_file import read_results
from l1ad.data.vectors import write_vectors
from l1ad.emulate.engine import trace

Builder = Callable[..., TriggerAlgorithm]
Events = Callable[[TriggerAlgorithm, int], NDArray[np.int64]]


@pytest.fixture
def written(build_trigger: Builder, events_for: Events, tmp_path: Path) -> tuple[TriggerAlgorithm, Path]:
    trigger = build_trigger(thresholds={"loose": 10, "tight": 60})
    inputs_raw = events_for(trigger, 40)
    ports = input_ports(trigger.layout, Interface.UGT)
    write_vectors(trigger, ports, inputs_raw, trace(trigger, inputs_raw), tmp_path / "vectors")
    return trigger, tmp_path / "vectors"


def test_the_words_unpack_to_the_inputs_beside_them(written: tuple[TriggerAlgorithm, Path]) -> None:
    trigger, folder = written
    ports = input_ports(trigger.layout, Interface.UGT)
    rows = [line.split() for line in (folder / "words.txt").read_text().splitlines()]
    assert {tuple(map(len, row)) for row in rows} == {(16,) * 8 + (8,) * 48}
    words = np.array([[int(word, 16) for word in row] for row in rows], dtype=np.uint64)
    header, *lines = (folder / "inputs.csv").read_text().splitlines()
    assert header.split(",") == list(trigger.layout.names)
    inputs_raw = np.array([line.split(",") for line in lines], dtype=np.int64)
    np.testing.assert_array_equal(ports.unpack(words), inputs_raw)


def test_the_expected_results_are_a_table_that_verify_reads(written: tuple[TriggerAlgorithm, Path]) -> None:
    trigger, folder = written
    widths = {"score": 1, "accept:loose": 1, "accept:tight": 1}
    table = read_results(folder / "expected.csv", widths)
    inputs_raw = np.loadtxt(folder / "inputs.csv", delimiter=",", skiprows=1, dtype=np.int64)
    expected = trace(trigger, inputs_raw)
    for name, values in table.items():
        np.testing.assert_array_equal(values, expected[name])


def test_a_line_of_the_global_trigger_has_sixty_fields_with_our_accept_bits_first(
    written: tuple[TriggerAlgorithm, Path],
) -> None:
    _, folder = written
    expected = np.loadtxt(folder / "expected.csv", delimiter=",", skiprows=1, dtype=np.int64)
    words = (folder / "words.txt").read_text().splitlines()
    for number, line in enumerate((folder / "ugt.txt").read_text().splitlines()):
        fields = line.split()
        assert len(fields) == 60
        assert int(fields[0]) == number
        assert fields[1:57] == words[number].split()
        assert len(fields[58]) == 128  # 512 algorithm bits
        loose, tight = expected[number, 1:]
        assert int(fields[58], 16) == loose + 2 * tight
        assert int(fields[59]) == (loose or tight)
    assert 0 < expected[:, 1].sum() < len(expected)


def test_a_threshold_whose_name_would_break_the_table_goes_by_its_port(
    build_trigger: Builder, events_for: Events, tmp_path: Path
) -> None:
    trigger = build_trigger(thresholds={"1 kHz, pure": 300, "two\nlines": 400})
    inputs_raw = events_for(trigger, 2)
    ports = input_ports(trigger.layout, Interface.GENERIC)
    write_vectors(trigger, ports, inputs_raw, trace(trigger, inputs_raw), tmp_path / "vectors")
    header = (tmp_path / "vectors" / "expected.csv").read_text().splitlines()[0]
    assert header == "score,accept:ad_1_kHz_pure,accept:two_lines"
    assert not (tmp_path / "vectors" / "ugt.txt").exists()
