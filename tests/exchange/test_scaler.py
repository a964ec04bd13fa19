"""A standard scaler as offsets and shifts: what it becomes, what it loses, and what is refused."""

import json
import math
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray

from l1ad.core.errors import NotExactError
from l1ad.core.fixed import FixedType
from l1ad.core.layout import InputField, InputLayout
from l1ad.core.layouts import ugt_57
from l1ad.core.tensor import TensorType
from l1ad.exchange.imported import ModelFileError
from l1ad.exchange.scaler import read_scaler, scaling_from_mean_and_scale

RESULT = TensorType.from_spelling("ap_fixed<8,6,AP_RND_CONV,AP_SAT>")


def layout(*ranges: tuple[int, int]) -> InputLayout:
    """Lay out inputs of steps of a half."""
    fields = tuple(
        InputField(object_type="x", slot=i, quantity="pt", lsb=0.5, unit="GeV", raw_min=low, raw_max=high)
        for i, (low, high) in enumerate(ranges)
    )
    return InputLayout(name="test", fields=fields)


def of_ugt() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give means and scales as a background of the global trigger has them, in hardware steps."""
    rng = np.random.default_rng(57)
    of_quantity = {"pt": (20.3, 37.0), "eta": (0.1, 41.0), "phi": (71.7, 42.0)}
    both = np.array([of_quantity[field.quantity] for field in ugt_57().fields])
    return both[:, 0] + rng.normal(size=57), both[:, 1] * rng.uniform(0.5, 2, size=57)


def test_whole_means_and_powers_of_two_lose_nothing() -> None:
    inputs = layout((0, 100), (-50, 50))
    scaling, loss = scaling_from_mean_and_scale(
        inputs, np.array([12.0, -3.0]), np.array([8.0, 0.5]), working=None, result=RESULT
    )
    assert (scaling.offsets, scaling.shifts) == ((12.0, -3.0), (3, -1))
    assert scaling.lossless_before_cast
    assert loss.is_exact
    assert loss.notes == ()


def test_the_scaled_value_differs_by_no_more_than_the_loss_says() -> None:
    inputs, (mean, scale) = ugt_57(), of_ugt()
    wide = TensorType.from_spelling("ap_fixed<16,12,AP_RND_CONV,AP_SAT>")
    for working in (None, FixedType.from_cpp("ap_fixed<18,13>")):
        scaling, loss = scaling_from_mean_and_scale(inputs, mean, scale, working=working, result=wide)
        rng = np.random.default_rng(1)
        raw = rng.integers(inputs.raw_min, inputs.raw_max + 1, size=(3000, 57))
        raw[0], raw[1] = inputs.raw_min, inputs.raw_max
        ours = scaling.apply(raw)
        theirs = (raw - mean) / scale * 16
        told = np.array([one.largest_difference for one in loss.inputs])
        # The cast rounds by half a last bit more.
        assert (np.abs(ours - theirs) <= told + 0.5 + 1e-9).all()
        assert (np.abs(ours - theirs).max(axis=0) > 0.5 * told).mean() > 0.9


def test_the_shift_is_the_nearest_power_of_two_and_the_offset_the_nearest_that_is_held() -> None:
    inputs, (mean, scale) = ugt_57(), of_ugt()
    scaling, loss = scaling_from_mean_and_scale(inputs, mean, scale, working=None, result=RESULT)
    for one, shift, offset, wanted, width in zip(
        loss.inputs, scaling.shifts, scaling.offsets, mean, scale, strict=True
    ):
        assert abs(math.log2(width) - shift) <= 0.5
        assert one.ratio == pytest.approx(width / 2**shift, rel=1e-12)
        assert one.offset_error == pytest.approx(offset - wanted, abs=1e-12)
        assert abs(one.offset_error) / width <= 0.25 / 8
    assert scaling.lossless_before_cast


def test_a_working_type_of_few_fraction_bits_rounds_the_offset_to_them() -> None:
    scaling, loss = scaling_from_mean_and_scale(
        layout((0, 100)),
        np.array([12.3]),
        np.array([8.0]),
        working=FixedType.from_cpp("ap_fixed<10,9>"),
        result=RESULT,
    )
    assert scaling.offsets == (12.5,)
    assert loss.inputs[0].offset_error == pytest.approx(0.2)
    # 0.2 of 8, and what falls off the low end: up to 7 of 8 halves.
    assert 0.2 / 8 * 4 < loss.inputs[0].largest_difference <= (0.2 / 8 + 0.5) * 4


def test_physical_units_are_divided_by_the_hardware_step() -> None:
    inputs = layout((0, 100))
    in_steps, _ = scaling_from_mean_and_scale(
        inputs, np.array([12.0]), np.array([8.0]), working=None, result=RESULT
    )
    in_gev, _ = scaling_from_mean_and_scale(
        inputs, np.array([6.0]), np.array([4.0]), working=None, result=RESULT, physical=True
    )
    assert in_gev == in_steps


def test_an_input_of_many_integers_is_compared_at_its_ends_too() -> None:
    wide = TensorType.from_spelling("ap_fixed<40,30,AP_RND_CONV,AP_SAT>")
    _, loss = scaling_from_mean_and_scale(
        layout((0, 10_000_019)), np.array([0.0]), np.array([3.0]), working=None, result=wide
    )
    expected = abs(10_000_019 / 4 - 10_000_019 / 3) * 2**10
    assert loss.inputs[0].largest_difference == pytest.approx(expected, rel=1e-9)


def test_the_losses_are_told_as_a_table_and_in_a_sentence() -> None:
    _, loss = scaling_from_mean_and_scale(
        layout((0, 100), (-50, 50)), np.array([12.3, 0.0]), np.array([10.0, 4.0]), working=None, result=RESULT
    )
    rows = loss.table().splitlines()
    assert rows[0].split("  ")[0] == "input"
    assert [row.split()[0] for row in rows[1:]] == ["x_1_pt", "x_2_pt"]
    assert len({len(row) for row in rows}) == 1
    (note,) = loss.notes
    assert "inputs come out 1 to 1.25 times as large" in note
    assert "of 'x_1_pt'" in note


@pytest.mark.parametrize("name", ["scaler.json", "scaler.npz", "scaler.h5"])
@pytest.mark.parametrize("ending", ["", "_"])
def test_mean_and_scale_are_read_from_three_kinds_of_file(tmp_path: Path, name: str, ending: str) -> None:
    path, arrays = (
        tmp_path / name,
        {f"mean{ending}": [1.5, 2.0], f"scale{ending}": [3.0, 0.1], "var": [9.0, 0.01]},
    )
    if path.suffix == ".json":
        path.write_text(json.dumps(arrays), encoding="utf-8")
    elif path.suffix == ".npz":
        np.savez(path, **{key: np.array(values) for key, values in arrays.items()})  # type: ignore[arg-type]
    else:
        with h5py.File(path, "w") as file:
            for key, values in arrays.items():
                file[key] = values
    mean, scale = read_scaler(path)
    assert mean.tolist() == [1.5, 2.0]
    assert scale.tolist() == [3.0, 0.1]


def test_a_scaler_of_scikit_learn_comes_through_json(tmp_path: Path) -> None:
    preprocessing: Any = pytest.importorskip("sklearn.preprocessing")
    inputs = np.random.default_rng(5).normal(20, 9, size=(500, 2))
    scaler = preprocessing.StandardScaler().fit(inputs)
    path = tmp_path / "scaler.json"
    path.write_text(
        json.dumps({"mean": scaler.mean_.tolist(), "scale": scaler.scale_.tolist()}), encoding="utf-8"
    )
    mean, scale = read_scaler(path)
    np.testing.assert_array_equal((inputs - mean) / scale, scaler.transform(inputs))


def test_a_pickle_is_refused_unread(tmp_path: Path) -> None:
    for name in ("scaler.pkl", "scaler.joblib"):
        with pytest.raises(ModelFileError, match="a pickle runs code when it is read; write it as JSON"):
            read_scaler(tmp_path / name)
    np.savez(tmp_path / "scaler.npz", mean=np.array([None, 1], dtype=object), scale=np.ones(2))
    with pytest.raises(ModelFileError, match=r"no readable scaler .*allow_pickle"):
        read_scaler(tmp_path / "scaler.npz")


def test_files_that_hold_no_scaler_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "scaler.json"
    with pytest.raises(ModelFileError, match="no such file"):
        read_scaler(path)
    path.write_text('{"mean": [1.0]}', encoding="utf-8")
    with pytest.raises(ModelFileError, match="holds mean; both mean and scale are wanted"):
        read_scaler(path)
    for text in ("mean: 3", "[1, 2]", '{"mean": "much", "scale": [1]}'):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ModelFileError, match="no readable scaler"):
            read_scaler(path)


@pytest.mark.parametrize(
    ("mean", "scale", "words"),
    [
        ([0.0, 0.0], [1.0, 0.0], "the scale of 'x_2_pt' is 0.0; a positive finite number is wanted"),
        ([0.0, 0.0], [-2.0, 1.0], "the scale of 'x_1_pt' is -2.0"),
        ([0.0, 0.0], [1.0, math.inf], "the scale of 'x_2_pt' is inf"),
        ([0.0, math.nan], [1.0, 1.0], "the mean of 'x_2_pt' is nan"),
        ([0.0], [1.0], "means of shape .* for the 2 inputs of layout 'test'"),
        ([0.0, 0.0], [[1.0, 1.0]], "scales of shape .* for the 2 inputs"),
    ],
)
def test_means_and_scales_that_are_none_are_refused(mean: list[float], scale: list[Any], words: str) -> None:
    with pytest.raises(ModelFileError, match=words):
        scaling_from_mean_and_scale(
            layout((0, 10), (0, 10)), np.array(mean), np.array(scale), working=None, result=RESULT
        )


def test_a_working_type_that_does_not_hold_the_inputs_is_refused() -> None:
    with pytest.raises(NotExactError, match="'x_1_pt' at its end 100 is outside"):
        scaling_from_mean_and_scale(
            layout((0, 100)),
            np.array([1.0]),
            np.array([2.0]),
            working=FixedType.from_cpp("ap_fixed<8,6>"),
            result=RESULT,
        )
