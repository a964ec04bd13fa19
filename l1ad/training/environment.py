"""The training framework: found, quiet and deterministic, or a clear word on how to get it."""

import os
from importlib.metadata import PackageNotFoundError, version

from l1ad.core.errors import ToolError
from l1ad.core.quiet import silenced

__all__ = ["framework_found", "framework_versions", "prepared_framework"]

_PACKAGES = ("tensorflow", "keras", "qkeras-v3")
_TENSORFLOWS = ("tensorflow", "tensorflow-cpu")
"""Distributions that hold the package `tensorflow`."""


def framework_versions() -> dict[str, str]:
    """Name the installed versions of the training framework; packages that are absent are left out."""
    return {
        name: found for name in (*_TENSORFLOWS, *_PACKAGES[1:], "hgq2") if (found := _version(name)) is not None
    }


def framework_found() -> bool:
    """Tell whether the training framework is installed, without importing it."""
    return not _missing()


def prepared_framework(seed: int) -> None:
    """Import TensorFlow and Keras, quiet and with every source of randomness seeded.

    Raises:
        ToolError: If the extra `qkeras` is not installed, or hgq2 hides its package.
    """
    missing = _missing()
    if missing:
        raise ToolError(
            f"{', '.join(missing)} not installed; training comes with the extra 'qkeras': "
            "pip install 'l1ad[qkeras]'"
        )
    if "hgq2" in framework_versions():
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


def _missing() -> list[str]:
    found = framework_versions()
    present = {"tensorflow" if name in _TENSORFLOWS else name for name in found}
    return [name for name in _PACKAGES if name not in present]


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
