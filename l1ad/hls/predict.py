"""hls4ml's own way to run a network in software, to compare speeds with."""

import contextlib
import io
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from l1ad.core.network import FrozenNetwork
from l1ad.hls.network import network_graph, without_keras
from l1ad.hls.target import HlsTarget

__all__ = ["hls4ml_predict"]

Predict = Callable[[NDArray[np.int64]], NDArray[np.int64]]


@contextlib.contextmanager
def hls4ml_predict(network: FrozenNetwork, target: HlsTarget) -> Iterator[Predict]:
    """Compile a network with hls4ml and give its `predict`, from scaled inputs to encoder means as integers."""
    with tempfile.TemporaryDirectory(prefix="l1ad-predict-") as folder:
        graph = network_graph(network, name="predicted", target=target, folder=Path(folder) / "project")
        with without_keras(), contextlib.redirect_stdout(io.StringIO()):
            graph.compile()
        step = 2.0**-network.input_type.fraction
        scale = 2.0**network.output_type.fraction

        def predict(scaled_raw: NDArray[np.int64]) -> NDArray[np.int64]:
            means = graph.predict(np.ascontiguousarray(scaled_raw * step))
            return np.asarray(np.rint(means.reshape(len(scaled_raw), -1) * scale), dtype=np.int64)

        yield predict
