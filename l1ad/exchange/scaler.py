"""A standard scaler `(x - mean) / scale` as the firmware's `(x - offset) >> shift`, and what that loses."""

import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from l1ad.core.fixed import FixedType, Overflow
from l1ad.core.integer import shift_raw
from l1ad.core.layout import InputLayout
from l1ad.core.scaling import Scaling, lossless_working_type
from l1ad.core.tensor import TensorType
from l1ad.exchange.imported import ModelFileError

__all__ = ["InputCorrection", "InputLoss", "ScalerLoss", "read_scaler", "scaling_from_mean_and_scale"]

_GUARD_BITS = 3
"""An offset is rounded to an eighth of the result's last bit, or to a whole hardware step if that is finer."""

_MOST_VALUES = 1 << 16
"""So many integers of an input are tried when a difference is sought, evenly spread if it has more."""

_PICKLES = (".pkl", ".pickle", ".joblib", ".sav")


@dataclass(frozen=True, slots=True, kw_only=True)
class InputLoss:
    """What one input loses.

    Attributes:
        name: Name of the input.
        offset_error: Offset less mean, in hardware steps.
        ratio: Scale over 2**shift: what the input comes out too large by; between 0.71 and 1.41.
        largest_difference: Between the scaled value and `(x - mean) / scale`, over the range of the layout, in
            units of the result's last bit; both limited to the range of a result that saturates, not rounded.
    """

    name: str
    offset_error: float
    ratio: float
    largest_difference: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class InputCorrection:
    """From inputs as the firmware scales them to those a model was trained on: `x * factor + shift`.

    Attributes:
        factor: Shape (n_inputs,).
        shift: Shape (n_inputs,).
    """

    factor: NDArray[np.float64]
    shift: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScalerLoss:
    """What is lost between a standard scaler and the firmware's scaling, input by input.

    `correction` takes all of it back, but for what the casts round: a float model bears it in the weights
    of its first layer; a quantised one has to be trained on inputs scaled as the firmware does.
    """

    inputs: tuple[InputLoss, ...]
    correction: InputCorrection

    @property
    def is_exact(self) -> bool:
        """Whether nothing is lost."""
        return all(one.largest_difference == 0 for one in self.inputs)

    @property
    def notes(self) -> tuple[str, ...]:
        """One sentence about the worst input; none when nothing is lost."""
        if self.is_exact:
            return ()
        ratios = [one.ratio for one in self.inputs]
        worst = max(self.inputs, key=lambda one: one.largest_difference)
        return (
            f"the scaler divides by numbers that became powers of two: inputs come out {min(ratios):.3g} to "
            f"{max(ratios):.3g} times as large; the largest difference within the layout's ranges is "
            f"{worst.largest_difference:.3g} last bits of the result, of {worst.name!r}",
        )

    def table(self) -> str:
        """Write the losses as a table for people."""
        width = max(len("input"), *(len(one.name) for one in self.inputs))
        head = f"{'input':<{width}}  offset error [steps]  scale / 2**shift  largest difference [last bits]"
        rows = (
            f"{one.name:<{width}}  {one.offset_error:>20.4g}  {one.ratio:>16.4f}  "
            f"{one.largest_difference:>30.4g}"
            for one in self.inputs
        )
        return "\n".join([head, *rows])


def scaling_from_mean_and_scale(
    layout: InputLayout,
    mean: NDArray[np.floating],
    scale: NDArray[np.floating],
    *,
    working: FixedType | None,
    result: TensorType,
    physical: bool = False,
) -> tuple[Scaling, ScalerLoss]:
    """Turn a standard scaler into offsets and power-of-two shifts.

    The offset is the mean rounded to what the working type holds; the shift is the power of two nearest to
    the scale (on a logarithmic scale).

    Args:
        layout: The inputs.
        mean: Means, shape (n_inputs,).
        scale: Standard deviations, shape (n_inputs,).
        working: Number format of difference and shift; None makes one that loses nothing.
        result: Number format(s) of the network's inputs.
        physical: Whether mean and scale are in physical units, e.g. GeV; else in hardware steps.

    Raises:
        ModelFileError: If there is not one finite mean and one finite positive scale for each input.
        NotExactError: If the working type given cannot hold the inputs.
    """
    mean, scale = _checked(layout, mean, scale)
    if physical:
        steps = np.array([field.lsb for field in layout.fields])
        mean, scale = mean / steps, scale / steps
    shifts = tuple(round(math.log2(one)) for one in scale)
    fractions = [one.fraction for one in result.of_each(layout.n_inputs)]
    if working is None:
        bits = [
            max(0, fraction - shift + _GUARD_BITS) for fraction, shift in zip(fractions, shifts, strict=True)
        ]
    else:
        bits = [working.fraction] * layout.n_inputs
    offsets = tuple(math.ldexp(np.rint(math.ldexp(one, n)), -n) for one, n in zip(mean, bits, strict=True))
    scaling = Scaling(
        layout=layout,
        offsets=offsets,
        shifts=shifts,
        working=working or lossless_working_type(layout, offsets, shifts),
        result=result,
    )
    losses = tuple(
        InputLoss(
            name=field.name,
            offset_error=float(offsets[i] - mean[i]),
            ratio=float(scale[i] / 2.0 ** shifts[i]),
            largest_difference=_largest_difference(scaling, i, mean[i], scale[i]) * 2.0 ** fractions[i],
        )
        for i, field in enumerate(layout.fields)
    )
    correction = InputCorrection(
        factor=np.array([1 / one.ratio for one in losses]),
        shift=np.array([one.offset_error for one in losses]) / scale,
    )
    return scaling, ScalerLoss(inputs=losses, correction=correction)


def read_scaler(path: Path) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Read mean and scale from `.json`, `.npz` or HDF5, under these names; `mean_` and `scale_` do too.

    Raises:
        ModelFileError: If the file is none of these. Pickles are not read: they run code.
    """
    if path.suffix.lower() in _PICKLES:
        raise ModelFileError(
            f"{path}: a pickle runs code when it is read; write it as JSON where you trust it: "
            'json.dump({"mean": scaler.mean_.tolist(), "scale": scaler.scale_.tolist()}, file)'
        )
    if not path.is_file():
        raise ModelFileError(f"{path}: no such file")
    try:
        found = _arrays(path)
    except (OSError, ValueError, TypeError) as fault:
        raise ModelFileError(f"{path}: no readable scaler ({' '.join(str(fault).split())[:160]})") from None
    mean, scale = (found.get(name, found.get(f"{name}_")) for name in ("mean", "scale"))
    if mean is None or scale is None:
        raise ModelFileError(f"{path}: holds {', '.join(found) or 'neither'}; both mean and scale are wanted")
    return mean, scale


def _arrays(path: Path) -> dict[str, NDArray[np.float64]]:
    """Read the arrays of mean and scale, whatever else a file holds."""
    import h5py

    wanted = ("mean", "scale", "mean_", "scale_")
    if path.suffix.lower() == ".npz":
        with np.load(path, allow_pickle=False) as archive:
            return {name: np.asarray(archive[name], dtype=np.float64) for name in archive if name in wanted}
    if h5py.is_hdf5(path):
        with h5py.File(path) as file:
            return {name: np.asarray(file[name], dtype=np.float64) for name in file if name in wanted}
    record = json.loads(path.read_bytes())
    if not isinstance(record, dict):
        raise ValueError("a record with mean and scale is wanted")
    return {name: np.asarray(record[name], dtype=np.float64) for name in record if name in wanted}


def _checked(
    layout: InputLayout, mean: NDArray[np.floating], scale: NDArray[np.floating]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    means, scales = np.asarray(mean, dtype=np.float64), np.asarray(scale, dtype=np.float64)
    for what, values in (("means", means), ("scales", scales)):
        if values.shape != (layout.n_inputs,):
            raise ModelFileError(
                f"{what} of shape {values.shape} for the {layout.n_inputs} inputs of layout {layout.name!r}"
            )
    for name, one_mean, one_scale in zip(layout.names, means, scales, strict=True):
        if not math.isfinite(one_mean):
            raise ModelFileError(f"the mean of {name!r} is {one_mean}; a finite number is wanted")
        if not (math.isfinite(one_scale) and one_scale > 0):
            raise ModelFileError(f"the scale of {name!r} is {one_scale}; a positive finite number is wanted")
    return means, scales


def _largest_difference(scaling: Scaling, index: int, mean: float, scale: float) -> float:
    """Compare one input's scaling with the scaler's over the range of the layout."""
    field = scaling.layout.fields[index]
    fraction, shift = scaling.working.fraction, scaling.shifts[index]
    stride = max(1, (field.raw_max - field.raw_min) // _MOST_VALUES)
    inputs = np.append(np.arange(field.raw_min, field.raw_max, stride), field.raw_max)
    shifted = shift_raw((inputs.astype(np.int64) << fraction) - scaling.offsets_raw[index], shift)
    ours, theirs = np.ldexp(shifted.astype(np.float64), -fraction), (inputs - mean) / scale
    result = scaling.result.of_each(scaling.layout.n_inputs)[index]
    if result.overflow in (Overflow.SAT, Overflow.SAT_SYM):
        ends = float(result.raw_min * result.lsb), float(result.raw_max * result.lsb)
        ours, theirs = np.clip(ours, *ends), np.clip(theirs, *ends)
    return float(np.abs(ours - theirs).max())
