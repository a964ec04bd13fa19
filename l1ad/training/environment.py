"""The training framework: found, quiet and deterministic, or a clear word on how to get it."""

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version

from l1ad.config.model import Backend
from l1ad.core.errors import ToolError
from l1ad.core.quiet import silenced

__all__ = ["framework_found", "framework_versions", "machine", "prepared_framework"]

_TENSORFLOWS = ("tensorflow", "tensorflow-cpu")
"""Distributions that hold the package `tensorflow`."""

_QUANTISERS = {"qkeras": "qkeras-v3", "hgq": "hgq2"}
"""Distribution of each backend that has one; its extra is called as the backend."""


def framework_versions() -> dict[str, str]:
    """Name the installed versions of the training framework; packages that are absent are left out."""
    names = (*_TENSORFLOWS, "keras", *_QUANTISERS.values())
    return {name: found for name in names if (found := _version(name)) is not None}


def machine() -> dict[str, str]:
    """Tell what a training ran on, beside its framework."""
    return {
        "python": sys.version.split()[0],
        "system": f"{platform.system()} {platform.machine()}",
        "processors": str(os.cpu_count()),
    }


def framework_found(backend: Backend) -> bool:
    """Tell whether what a backend needs is installed, without importing it."""
    return not _missing(backend)


def prepared_framework(backend: Backend, seed: int) -> None:
    """Import TensorFlow and Keras, quiet and with every source of randomness seeded.

    Raises:
        ToolError: If the backend's extra is not installed, or hgq2 hides QKeras.
    """
    missing = _missing(backend)
    if missing:
        extra = "qkeras" if backend == "float" else backend
        raise ToolError(
            f"{', '.join(missing)} not installed; training with backend {backend} comes with the extra "
            f"{extra!r}: pip install 'l1ad[{extra}]'"
            + (
                ", in an environment of its own"
                if set(framework_versions()) & set(_QUANTISERS.values())
                else ""
            )
        )
    if set(_QUANTISERS.values()) <= set(framework_versions()):
        raise ToolError(
            "qkeras-v3 and hgq2 are both installed, and hgq2 hides the package 'qkeras'; "
            "give each an environment of its own (extras 'qkeras' and 'hgq')"
        )
    if os.environ.setdefault("KERAS_BACKEND", "tensorflow") != "tensorflow":
        raise ToolError(
            f"KERAS_BACKEND is {os.environ['KERAS_BACKEND']!r}; training needs 'tensorflow': unset the variable"
        )
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # its sums depend on the number of threads
    with silenced(2):  # TensorFlow's start-up messages, which it writes whatever it is told
        import keras
        import tensorflow as tf

    tf.get_logger().setLevel("ERROR")
    keras.utils.set_random_seed(seed % 2**32)
    tf.config.experimental.enable_op_determinism()


def _missing(backend: Backend) -> list[str]:
    found = framework_versions()
    present = {"tensorflow" if name in _TENSORFLOWS else name for name in found}
    wanted = ["tensorflow", "keras", *([_QUANTISERS[backend]] if backend in _QUANTISERS else [])]
    return [name for name in wanted if name not in present]


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
