"""Where arrays live: NumPy on the processor, CuPy or PyTorch on a GPU, by the Python array API standard."""

import os
import sys
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import array_api_compat
import array_api_compat.numpy
import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import ToolError

__all__ = ["Array", "ArrayHome"]

Array = Any
"""An array of any library that keeps to the array API standard, 2023.12 or later."""


@dataclass(frozen=True)
class ArrayHome:
    """A library, a device of it, and the floating-point type to compute in.

    Attributes:
        namespace: The library's array API namespace.
        device: Its name for the device; None is its default.
        dtype: `float32` or `float64`.
    """

    namespace: Any
    device: Any
    dtype: str

    @classmethod
    def of(cls, array: Array, dtype: str) -> "ArrayHome":
        """Find the home of an array.

        Raises:
            ToolError: If the library is set to multiply in less than its full precision.
        """
        namespace = array_api_compat.array_namespace(array)
        if array_api_compat.is_numpy_array(array):
            return cls(namespace, None, dtype)
        _check_precision(array)
        return cls(namespace, array_api_compat.device(array), dtype)

    @cached_property
    def real(self) -> Any:
        """The floating-point type as the library names it."""
        return getattr(self.namespace, self.dtype)

    @cached_property
    def in_memory(self) -> bool:
        """Whether arrays are NumPy's, whose functions can put results where the values were."""
        return self.namespace is array_api_compat.numpy

    def constant(self, values: NDArray[Any] | float) -> Array:
        """Bring real numbers here; what all share becomes one plain number, which is faster."""
        found = np.asarray(values, dtype=np.float64)
        if found.ndim <= 1 and np.unique(found).size == 1:
            return float(found.flat[0])
        return self.namespace.asarray(found, dtype=self.real, device=self.device)

    def matrix(self, values: NDArray[Any]) -> Array:
        """Bring a matrix of real numbers here."""
        return self.namespace.asarray(values.astype(self.dtype), dtype=self.real, device=self.device)

    def indices(self, values: NDArray[np.int64]) -> Array:
        """Bring indices here."""
        return self.namespace.asarray(values, dtype=self.namespace.int64, device=self.device)


def _check_precision(array: Array) -> None:
    """Refuse TF32, in which a GPU keeps 10 bits of each factor: the proof of exactness needs them all."""
    if array_api_compat.is_torch_array(array):
        torch = sys.modules["torch"]
        reduced, cure = (
            torch.get_float32_matmul_precision() != "highest",
            ("torch.set_float32_matmul_precision('highest')"),
        )
    else:
        reduced, cure = os.environ.get("CUPY_TF32", "0") != "0", "CUPY_TF32=0"
    if reduced:
        raise ToolError(f"matrix products are set to reduced precision, which is not exact; set {cure}")
