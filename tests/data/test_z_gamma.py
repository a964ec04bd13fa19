"""Tables of Zγ events of the user: read by their columns, refused with a word on what is wrong."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from l1ad.core.errors import DataError
from l1ad.data.z_gamma import NAMES, VARIABLES, VariableKind, read_z_gamma_table


def written(path: Path, **changed: Any) -> Path:
    rng = np.random.default_rng(1)
    columns: dict[str, Any] = {one.name: rng.uniform(0.1, 3.0, 6) for one in VARIABLES}
    columns |= {one.name: rng.integers(0, 4, 6) for one in VARIABLES if one.kind is VariableKind.COUNT}
    columns |= {"weight": np.ones(6), "signal": [0, 1, 0, 0, 1, 0], **changed}
    kept = {name: values for name, values in columns.items() if values is not None}
    lines = [",".join(map(str, row)) for row in zip(*(list(one) for one in kept.values()), strict=True)]
    path.write_text("\n".join([",".join(kept), *lines]))
    return path


def test_events_are_told_apart_by_the_label_and_columns_come_in_order(tmp_path: Path) -> None:
    masses = [91.0, 250.0, 120.0, 130.0, 251.0, 140.0]
    found = read_z_gamma_table(written(tmp_path / "mine.csv", m_lly=masses), "signal")
    assert found.background.shape == (4, len(NAMES)) == (4, 18)
    np.testing.assert_array_equal(found.background[:, 0], [91.0, 120.0, 130.0, 140.0])
    np.testing.assert_array_equal(found.signal[:, 0], [250.0, 251.0])
    assert len(found.digest) == 64


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"pt_ll": None, "pt_lll": [1.0] * 6},
            "lacks 'pt_ll' (did you mean 'pt_lll'?); a table of Zγ events has",
        ),
        ({"signal": [1] * 6}, "column 'signal' has no two values; a study needs background 0 and signal 1"),
        ({"signal": [0, 1, 2, 0, 1, 0]}, "column 'signal' is 2; 1 is signal, 0 background"),
        ({"phi_met": [0.0, 3.5, 0, 0, 0, 0]}, "column 'phi_met' is 3.5; it lies between -π and π rad"),
        ({"dphi_ll": [-0.1, 0, 0, 0, 0, 0]}, "column 'dphi_ll' is -0.1; it lies between 0 and π rad"),
        ({"met": [5.0, -1.0, 1, 1, 1, 1]}, "column 'met' is -1; it is 0 or more"),
        ({"n_j": [0, 1, 1.5, 1, 1, 1]}, "column 'n_j' is 1.5; it is a whole number of 0 or more"),
    ],
)
def test_a_table_that_cannot_be_of_such_events_is_refused(
    changed: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=re.escape(message)):
        read_z_gamma_table(written(tmp_path / "mine.csv", **changed), "signal")
