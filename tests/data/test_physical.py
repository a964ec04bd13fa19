import math
import re
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from l1ad.core.errors import DataError
from l1ad.core.layouts import hlt_57, ugt_57
from l1ad.data.physical import fill_objects, hardware_integers, physical_values
from l1ad.data.reader import Repairs

UGT = ugt_57()
FIELDS = {field.name: field for field in UGT.fields}


@pytest.mark.parametrize("layout", [ugt_57(), hlt_57()], ids=lambda layout: layout.name)
def test_every_hardware_integer_of_every_input_comes_back_from_its_physical_value(layout: object) -> None:
    for field in getattr(layout, "fields", ()):
        raw = np.arange(field.raw_min, field.raw_max + 1)
        if field.object_type == "mu" and field.quantity == "pt":
            raw = raw[raw > 0]  # 0 GeV is index 1 for the global trigger's muons; an absent one is not rounded
        back, cut = hardware_integers(field, physical_values(field, raw))
        np.testing.assert_array_equal(back, raw)
        assert not cut.any()


@given(st.floats(-20, 20))
def test_angles_come_round(phi: float) -> None:
    field = FIELDS["jet_1_phi"]
    (raw,), (cut,) = hardware_integers(field, np.array([phi]))
    assert not cut
    distance = math.remainder(raw * field.lsb - phi, 2 * math.pi)
    assert abs(distance) <= field.lsb / 2 * (1 + 1e-9)


def test_values_go_to_the_nearest_step_ties_to_the_even_one_and_stop_at_the_ends() -> None:
    raw, cut = hardware_integers(FIELDS["jet_1_pt"], np.array([0.24, 0.25, 0.75, 1.25, 1023.5, 1023.8, 5000.0]))
    assert raw.tolist() == [0, 0, 2, 2, 2047, 2047, 2047]
    assert cut.tolist() == [False] * 5 + [True, True]
    raw, cut = hardware_integers(FIELDS["eg_1_eta"], np.array([-9.0, -0.0435, 9.0]))
    assert raw.tolist() == [-127, -1, 127]


def test_the_pt_of_the_global_triggers_muons_counts_from_one() -> None:
    raw, _ = hardware_integers(FIELDS["mu_1_pt"], np.array([0.0, 0.5, 22.0, 400.0]))
    assert raw.tolist() == [1, 2, 45, 511]
    assert physical_values(FIELDS["mu_1_pt"], np.array([0, 1, 45])).tolist() == [0.0, 0.0, 22.0]
    muon = next(field for field in hlt_57().fields if field.name == "mu_1_pt")
    assert physical_values(muon, np.array([0, 8])).tolist() == [0.0, 8 * muon.lsb]


def filled(pt: list[list[float]], object_type: str = "eg") -> tuple[np.ndarray, Counter[str]]:
    """Fill lists of objects whose η is a hundredth of their pT."""
    width = max(map(len, pt))
    padded = np.array([row + [np.nan] * (width - len(row)) for row in pt])
    present = np.array([[True] * len(row) + [False] * (width - len(row)) for row in pt])
    inputs, repairs = np.zeros((len(pt), UGT.n_inputs), dtype=np.int16), Repairs()
    fill_objects(inputs, UGT, object_type, {"pt": padded, "eta": padded / 100}, present, repairs, where="file")
    return inputs, repairs.counts


def test_lists_are_sorted_capped_and_saturated_and_each_is_counted() -> None:
    inputs, counts = filled([[10, 30, 20], [9, 8, 7, 6, 5], [300], []])
    columns = [UGT.names.index(f"eg_{slot}_pt") for slot in range(1, 5)]
    assert inputs[:, columns].tolist() == [[60, 40, 20, 0], [18, 16, 14, 12], [511, 0, 0, 0], [0, 0, 0, 0]]
    assert inputs[0, UGT.names.index("eg_1_eta")] == round(0.3 / 0.0435)
    assert not inputs[3].any()
    assert dict(counts) == {
        "lists of eg sorted by pT": 1, "lists of eg capped at 4": 1, "eg pt saturated": 1,
    }  # fmt: skip


@pytest.mark.parametrize(("value", "word"), [(math.nan, "nan"), (math.inf, "inf"), (-3.0, "-3.0")])
def test_a_value_that_is_no_pt_is_refused_by_event_and_object(value: float, word: str) -> None:
    with pytest.raises(DataError, match=re.escape(f"file: event 1, eg 2: pt is {word}; 1 such values")):
        filled([[10, 9], [10, value]])
