"""Running exported files: what is refused, and the recipe that qonnx's own users follow."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from l1ad.core.errors import DataError, NotExactError, ToolError
from l1ad.core.fixed import FixedType
from l1ad.core.layouts import ugt_57
from l1ad.core.network import Activation, ActivationFunction, Dense, FrozenNetwork, exact_accumulator
from l1ad.core.scaling import Scaling
from l1ad.core.score import Score
from l1ad.core.tensor import TensorType
from l1ad.core.trace import SCALED_INPUTS, SCORE, Trace
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.emulate.compare import crafted_extremes
from l1ad.emulate.engine import trace

onnx = pytest.importorskip("onnx")
pytest.importorskip("qonnx")
pytest.importorskip("onnxruntime")

from l1ad.exchange.imported import ModelFileError  # noqa: E402
from l1ad.exchange.qonnx.export import TENSORS_KEY, export_qonnx  # noqa: E402
from l1ad.exchange.qonnx.network import network_from_qonnx  # noqa: E402
from l1ad.exchange.qonnx.run import onnxruntime_trace, qonnx_trace  # noqa: E402

Runner = Callable[[Path, NDArray[np.int64]], Trace]

RUNNERS = pytest.mark.parametrize("run", [qonnx_trace, onnxruntime_trace])


@pytest.fixture(scope="module")
def trigger() -> TriggerAlgorithm:
    """Give a 57-16-3 encoder on the objects of the global trigger."""
    rng = np.random.default_rng(7)
    layout = ugt_57()
    shifts = {"pt": 6, "eta": 3, "phi": 2}
    scaling = Scaling(
        layout=layout,
        offsets=tuple(20.5 if field.quantity == "pt" else 0.0 for field in layout.fields),
        shifts=tuple(shifts[field.quantity] for field in layout.fields),
        working=FixedType.from_cpp("ap_fixed<18,13>"),
        result=TensorType.from_spelling("ap_fixed<8,6,AP_RND_CONV,AP_SAT>"),
    )
    given, n_in = scaling.result, layout.n_inputs
    layers: list[Dense | Activation] = []
    for number, n_out in enumerate((16, 3)):
        weights: dict[str, Any] = {
            "weights_raw": rng.integers(-8, 8, (n_in, n_out)),
            "weight_type": FixedType(4, 1),
        }
        bias: dict[str, Any] = {"bias_raw": rng.integers(-30, 30, n_out), "bias_type": FixedType(6, 3)}
        accumulator = exact_accumulator(given=given, **weights, **bias)
        layers.append(Dense(name=f"dense_{number}", accumulator=accumulator, **weights, **bias))
        given = TensorType.from_spelling("ap_fixed<9,6,AP_RND,AP_WRAP>")
        layers.append(
            Activation(name=f"relu_{number}", function=ActivationFunction.RELU, n=n_out, result=given)
        )
        n_in = n_out
    network = FrozenNetwork(n_inputs=layout.n_inputs, input_type=scaling.result, layers=tuple(layers))
    score = Score(FixedType.from_cpp("ap_ufixed<18,14,AP_TRN,AP_SAT>"))
    return TriggerAlgorithm(
        name="run", scaling=scaling, network=network, score=score, thresholds={"tight": 9000}
    )


@pytest.fixture(scope="module")
def exported(trigger: TriggerAlgorithm, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give its file."""
    path = tmp_path_factory.mktemp("export") / "trigger.qonnx"
    export_qonnx(trigger, path)
    return path


def with_fractions(exported: Path, path: Path, **changed: int) -> Path:
    """Copy a file whose metadata says other fraction bits."""
    model = onnx.load(exported)
    for entry in model.metadata_props:
        if entry.key == TENSORS_KEY:
            entry.value = json.dumps(json.loads(entry.value) | changed)
    onnx.save(model, path)
    return path


def test_blocks_of_many_events_join_to_the_emulators_trace(trigger: TriggerAlgorithm, exported: Path) -> None:
    layout = trigger.layout
    drawn = np.random.default_rng(1).integers(layout.raw_min, layout.raw_max + 1, (20_000, layout.n_inputs))
    inputs_raw = np.concatenate([crafted_extremes(layout), drawn])
    told: list[tuple[int, int]] = []
    found = onnxruntime_trace(exported, inputs_raw, progress=lambda done, of, *_: told.append((done, of)))
    expected = trace(trigger, inputs_raw)
    for name, raw in found.items():
        np.testing.assert_array_equal(raw, expected[name], err_msg=name)
    assert list(found) == [SCALED_INPUTS, "dense_0", "relu_0", "dense_1", "relu_1", SCORE]
    assert told[-1] == (len(inputs_raw), len(inputs_raw))


@RUNNERS
def test_one_event_and_none_give_tensors_of_the_right_shape(exported: Path, run: Runner) -> None:
    for n_events in (1, 0):
        if n_events == 0 and run is qonnx_trace:
            with pytest.raises(DataError, match="qonnx runs one event or more; there are none"):
                run(exported, np.zeros((0, 57), dtype=np.int64))
            return
        found = run(exported, np.zeros((n_events, 57), dtype=np.int64))
        assert {name: raw.shape for name, raw in found.items()} == {
            SCALED_INPUTS: (n_events, 57), "dense_0": (n_events, 16), "relu_0": (n_events, 16),
            "dense_1": (n_events, 3), "relu_1": (n_events, 3), SCORE: (n_events, 1),
        }  # fmt: skip


def test_the_recipe_of_qonnx_gives_the_scores(
    trigger: TriggerAlgorithm, exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from qonnx.core.modelwrapper import ModelWrapper
    from qonnx.core.onnx_exec import execute_onnx
    from qonnx.transformation.change_batchsize import ChangeBatchSize
    from qonnx.transformation.infer_shapes import InferShapes

    monkeypatch.setattr(onnx, "IR_VERSION", min(onnx.IR_VERSION, 10))  # see `exchange.qonnx.run`
    inputs_raw = crafted_extremes(trigger.layout)
    model = ModelWrapper(str(exported)).transform(ChangeBatchSize(len(inputs_raw))).transform(InferShapes())
    found = execute_onnx(model, {"inputs": inputs_raw.astype(np.float32)})["score_raw"]
    np.testing.assert_array_equal(found, trace(trigger, inputs_raw)[SCORE])


@RUNNERS
def test_a_value_between_two_steps_is_refused(exported: Path, tmp_path: Path, run: Runner) -> None:
    path = with_fractions(exported, tmp_path / "coarse.qonnx", dense_0=1)
    inputs_raw = crafted_extremes(ugt_57())
    with pytest.raises(
        NotExactError, match=r"event \d+, 'dense_0', element \d+: .* is no whole number of steps"
    ):
        run(path, inputs_raw)


@RUNNERS
@pytest.mark.parametrize(
    "inputs_raw", [np.zeros((2, 56), dtype=np.int64), np.zeros(57, dtype=np.int64), np.zeros((2, 57))]
)
def test_inputs_of_another_shape_or_no_integers_are_refused(
    exported: Path, run: Runner, inputs_raw: NDArray[np.int64]
) -> None:
    with pytest.raises(DataError, match=r"reads integers of shape \(events, 57\), not"):
        run(exported, inputs_raw)


@RUNNERS
def test_a_file_that_is_not_one_of_ours_is_refused(tmp_path: Path, run: Runner) -> None:
    path = tmp_path / "other.qonnx"
    inputs_raw = np.zeros((1, 57), dtype=np.int64)
    with pytest.raises(DataError, match="No such file"):
        run(path, inputs_raw)
    path.write_bytes(b"nothing")
    with pytest.raises(DataError, match="not a QONNX file of l1ad"):
        run(path, inputs_raw)
    onnx.save(onnx.helper.make_model(onnx.helper.make_graph([], "empty", [], [])), path)
    with pytest.raises(DataError, match="not a QONNX file of l1ad"):
        run(path, inputs_raw)


def test_an_exported_algorithm_is_not_read_back_as_a_network(exported: Path) -> None:
    with pytest.raises(ModelFileError, match=r"is a whole trigger algorithm of l1ad.*load its trigger\.json"):
        network_from_qonnx(exported)


@RUNNERS
def test_a_tensor_that_the_file_does_not_have_is_refused(exported: Path, tmp_path: Path, run: Runner) -> None:
    path = with_fractions(exported, tmp_path / "more.qonnx", dense_9=1)
    with pytest.raises(DataError, match="has no tensor 'dense_9'"):
        run(path, np.zeros((1, 57), dtype=np.int64))


@pytest.mark.parametrize(
    ("package", "use"),
    [
        ("onnx", lambda trigger, path: export_qonnx(trigger, path)),
        ("onnx", lambda _, path: onnxruntime_trace(path, np.zeros((1, 57), dtype=np.int64))),
        ("onnxruntime", lambda _, path: onnxruntime_trace(path, np.zeros((1, 57), dtype=np.int64))),
        ("qonnx.core.modelwrapper", lambda _, path: qonnx_trace(path, np.zeros((1, 57), dtype=np.int64))),
    ],
)
def test_a_missing_package_is_told_with_the_extra_that_brings_it(
    trigger: TriggerAlgorithm,
    exported: Path,
    monkeypatch: pytest.MonkeyPatch,
    package: str,
    use: Callable[[TriggerAlgorithm, Path], object],
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ToolError, match=r"install l1ad\[onnx\]"):
        use(trigger, exported)
