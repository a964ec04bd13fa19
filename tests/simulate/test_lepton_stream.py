"""Processes of a lepton + X stream: what passes the filter, and what it weighs."""

import math
from pathlib import Path

import numpy as np
import pytest

from l1ad.simulate.chunks import save_arrays
from l1ad.simulate.features import features_layout
from l1ad.simulate.lepton_stream import CHUNK_EVENTS, StreamSource, filtered_process, make_stream_chunk

W = ("WeakSingleBoson:ffbar2W = on", "24:onMode = off", "24:onIfAny = 11 13")


def source(generate: int) -> StreamSource:
    return StreamSource(
        pythia=W, beam_energy_gev=13_000.0, lepton_gev=23.0, seed=3, number=1, generate=generate
    )


def chunk_of(file: Path, passed: int, generated: int, section_mb: float) -> Path:
    raw = np.full((passed, 21), passed, np.int16)
    save_arrays(
        file, {"inputs_raw": raw, "generated": np.array(generated), "cross_section_mb": np.array(section_mb)}
    )
    return file


def test_a_process_weighs_its_cross_section_times_what_passes_with_errors_of_both(tmp_path: Path) -> None:
    files = [chunk_of(tmp_path / "1.npz", 30, 100, 1e-9), chunk_of(tmp_path / "2.npz", 10, 300, 3e-9)]
    found = filtered_process(files)
    assert found.inputs_raw[:, 0].tolist() == [30] * 30 + [10] * 10
    assert (found.generated, found.acceptance) == (400, 0.1)
    assert found.cross_section_pb == pytest.approx(2.5)  # weighted by collisions
    assert found.cross_section_error_pb == pytest.approx(math.sqrt(2) / math.sqrt(2))
    assert found.acceptance_error == pytest.approx(math.sqrt(0.1 * 0.9 / 400))
    assert found.filtered_pb == pytest.approx(0.25)
    assert found.filtered_error_pb == pytest.approx(math.hypot(2.5 * found.acceptance_error, 1.0 * 0.1))


def test_chunks_are_whole_but_for_the_last() -> None:
    assert [source(n).n_chunks for n in (1, CHUNK_EVENTS, CHUNK_EVENTS + 1)] == [1, 1, 2]


def test_only_events_with_the_lepton_are_kept_and_the_same_chunk_is_made_twice(tmp_path: Path) -> None:
    pytest.importorskip("pythia8mc", reason="the extra 'simulate' is not installed")
    pytest.importorskip("fastjet", reason="the extra 'simulate' is not installed")
    for name in ("first.npz", "second.npz"):
        make_stream_chunk(source(300), 0, tmp_path / name)
    first, second = (filtered_process([tmp_path / name]) for name in ("first.npz", "second.npz"))
    np.testing.assert_array_equal(first.inputs_raw, second.inputs_raw)
    layout = features_layout()
    layout.check(first.inputs_raw, where="chunk")
    assert (first.inputs_raw[:, layout.names.index("lepton_pt")] * 0.5 > 23).all()
    # Half of leptonic W have such a lepton; their cross section is about 30 nb (two flavours, leading order).
    assert first.generated == 300
    assert 0.3 < first.acceptance < 0.6
    assert 2e4 < first.cross_section_pb < 5e4
