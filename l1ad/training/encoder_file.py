"""The trained encoder as a Keras file: the mean only, quantisers included."""

import os
from pathlib import Path
from typing import Any

from l1ad.core.errors import DataError
from l1ad.training.model import MEAN

__all__ = ["load_encoder", "save_encoder"]


def save_encoder(encoder: Any, path: Path) -> None:
    """Write the encoder up to its mean, at once or not at all."""
    import keras

    mean_only = keras.Model(encoder.inputs, encoder.get_layer(MEAN).output, name="encoder")
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{os.getpid()}.partial.{path.name}")
    mean_only.save(temporary)
    temporary.replace(path)


def load_encoder(path: Path) -> Any:
    """Read an encoder that `save_encoder` wrote; no code from the file is run.

    Raises:
        DataError: If the file is missing or is not such a model.
    """
    if not path.is_file():
        raise DataError(f"{path}: no such file; `l1ad train` writes it")
    import keras
    import qkeras

    known = {
        name: getattr(qkeras, name) for name in ("QDense", "QActivation", "quantized_bits", "quantized_relu")
    }
    try:
        return keras.models.load_model(path, custom_objects=known, compile=False, safe_mode=True)
    except (OSError, ValueError, TypeError, KeyError) as fault:
        raise DataError(f"{path}: not a Keras encoder ({' '.join(str(fault).split())[:200]})") from None
